// How what is played says something to whoever watches: the progress of a job, and its end.
import type { WatchMessage } from '..';

let told: (message: WatchMessage) => void = () => {};

/** Chooses who is told. */
export function tellTo(one: (message: WatchMessage) => void): void {
  told = one;
}

export function tell(message: WatchMessage): void {
  told(message);
}
