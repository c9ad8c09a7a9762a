// What the buttons of Home do. What asks first, or shows something first, is a dialog of Home.
import {
  backend,
  type Action,
  type Problem,
  type Reason,
  type Refusal,
  type Request,
  type SourceCard,
} from '../backend';
import { refusalOf } from '../parts/refusal';
import { view } from '../state.svelte';

/** Files that could not be read, of a source or of all. */
export interface Unread {
  source: string | null;
  problems: Problem[];
  count: number;
}

/** What only the owner may do. */
const OWNERS: Action[] = ['confirm-changes', 'open-settings', 'set-up', 'show-drives', 'print-sheet'];

export class HomeActions {
  refusal = $state<Refusal | null>(null);
  /** True from a click until the agent has said that it heard it. */
  isAsking = $state(false);
  unread = $state<Unread | null>(null);
  /** The plan whose many changes are in question. */
  inQuestion = $state<string | null>(null);

  async ask(request: Request): Promise<void> {
    this.refusal = null;
    this.isAsking = true;
    try {
      await backend().ask(request);
    } catch (error) {
      this.refusal = refusalOf(error);
    } finally {
      this.isAsking = false;
    }
  }

  /** Whether a button can do it for whoever looks: others than the owner may look, back up and pause only. */
  may(action: Action): boolean {
    if (view.status?.may_change) return true;
    return !OWNERS.includes(action);
  }

  /** Does what is advised; `reason` says what it is about. */
  run(action: Action, reason: Reason | null, sources: SourceCard[]): void {
    switch (action) {
      case 'back-up-now':
        return void this.ask({ ask: 'back-up-now', plan: reason?.plan ?? null });
      case 'check-now':
        return void this.ask({ ask: 'check-now' });
      case 'copy-now':
        return void this.ask({ ask: 'copy-now', place: reason?.place ?? null });
      case 'confirm-changes':
        this.inQuestion = reason?.plan ?? null;
        return;
      case 'open-settings':
        return view.show('settings');
      case 'set-up':
        return view.show('first-run');
      case 'show-drives':
        return view.show('drives');
      case 'print-sheet':
        return view.show('recovery-sheet');
      case 'show-problems': {
        const [source] = sources.filter(
          (one) => one.problem_count > 0 && (reason?.source === null || reason?.source === one.name),
        );
        if (source) this.showUnread(source);
        else view.show('activity');
      }
    }
  }

  showUnread({ name, problems, problem_count }: SourceCard): void {
    this.unread = { source: name, problems, count: problem_count };
  }
}
