// A job that this window began, until it ended; whichever page is shown meanwhile.
import type { JobEnd, JobProgress } from '../backend';
import { view } from '../state.svelte';

export class AwaitedJob {
  #losses = view.losses;
  #end = $state.raw<JobEnd | null>(null);

  constructor(readonly number: number) {}

  /** How far it is, while it runs. */
  get progress(): JobProgress | null {
    return view.status?.job?.job === this.number ? view.status.job : null;
  }

  /** How it ended. */
  get end(): JobEnd | null {
    return this.#end ?? view.endOf(this.number, this.#losses);
  }

  /** True when the agent went away before it said how the job ended. */
  get isLost(): boolean {
    return this.end === null && (view.lost !== null || view.losses > this.#losses);
  }

  /** To be called within an effect: keeps the end, however many other jobs end after it. */
  follow(): void {
    this.#end ??= this.end;
  }
}
