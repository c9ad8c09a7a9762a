import type { Answers } from '.';

export function history(_scene: string): Answers {
  return {};
}
