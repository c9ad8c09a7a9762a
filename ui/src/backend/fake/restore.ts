import type { Answers } from '.';

export function restore(_scene: string): Answers {
  return {};
}
