import type { Answers } from '.';

export function firstRun(_scene: string): Answers {
  return {};
}
