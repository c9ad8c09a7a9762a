import type { Answers } from '.';

export function settings(_scene: string): Answers {
  return {};
}
