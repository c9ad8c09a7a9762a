// A job that this window began, until it ended.
import type { JobEnd, JobProgress } from '../backend';
import { view } from '../state.svelte';

export class AwaitedJob {
  /** True when the agent went away before it said how the job ended. */
  isLost = $state(false);
  #end = $state.raw<JobEnd | null>(null);

  constructor(readonly number: number) {}

  /** How far it is, while it runs. */
  get progress(): JobProgress | null {
    return view.status?.job?.job === this.number ? view.status.job : null;
  }

  /** How it ended. */
  get end(): JobEnd | null {
    return this.#end ?? (view.ended?.job === this.number ? view.ended : null);
  }

  /** To be called within an effect: keeps the end, and notices when the agent goes away. */
  follow(): void {
    if (view.ended?.job === this.number) this.#end = view.ended;
    else if (view.lost !== null && !this.#end) this.isLost = true;
  }
}
