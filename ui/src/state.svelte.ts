// What the whole window knows: how things stand, whether the agent answers, and which page is shown.
import type { JobEnd, Status } from './backend';
import { backend } from './backend';

// prettier-ignore
const PAGES = [
  'home', 'history', 'backup', 'restore', 'drives', 'adopt-drive', 'recovery-sheet', 'enter-sheet',
  'settings', 'activity', 'first-run', 'new-computer',
] as const;
export type PageName = (typeof PAGES)[number];
/** Pages about something that must be named, too. */
const NEEDING_MORE: PageName[] = ['backup', 'adopt-drive'];

/** So many ends of jobs are remembered. */
const MOST_ENDS = 50;

/** A page, and what it is about: a backup's name, what a restore begins with. */
export interface Page {
  name: PageName;
  backup?: string;
  path?: string;
  from?: string;
  folder?: string;
  /** A drive that is plugged in. */
  volume?: string;
}

/** The page that the tray, a notification or the command line names; Home for one that needs to know more. */
export function pageOf(text: string): Page {
  return { name: PAGES.find((page) => page === text && !NEEDING_MORE.includes(page)) ?? 'home' };
}

class WindowState {
  status = $state<Status | null>(null);
  /** Why the agent does not answer; null while it does. */
  lost = $state<string | null>(null);
  /** Grows when backups, copies or settings changed: what shows them asks again. */
  revision = $state(0);
  /** The last job that ended, for whoever waits for it. */
  ended = $state<JobEnd | null>(null);
  /** How often the agent has gone away: another one counts its jobs anew. */
  losses = $state(0);
  /** The home folder, without a stroke at its end. */
  home = '';
  page = $state<Page>({ name: 'home' });
  /** Whether the window has already gone to the first run by itself: it does so once, and never insists. */
  hasOfferedFirstRun = false;

  /** The last jobs that ended, the newest last, for pages that were not shown when they did. */
  #ends: { losses: number; end: JobEnd }[] = [];
  #history: Page[] = [];
  #endWatching: (() => void) | null = null;

  /** Shows a page; Back comes back to the present one. */
  show(page: Page | PageName): void {
    this.#history.push($state.snapshot(this.page) as Page);
    this.page = typeof page === 'string' ? { name: page } : page;
  }

  back(): void {
    this.page = this.#history.pop() ?? { name: 'home' };
  }

  /** How a job ended that was begun when the agent had gone away so often; null when that is not known. */
  endOf(job: number, losses: number): JobEnd | null {
    // Asked again whenever one ends.
    void this.ended;
    return this.#ends.find((one) => one.losses === losses && one.end.job === job)?.end ?? null;
  }

  /** Listens to the agent; the answer ends it. */
  listen(): () => void {
    this.#endWatching = backend().watch((message) => {
      if ('connected' in message) {
        this.status = message.connected;
        this.lost = null;
        this.revision += 1;
      } else if ('lost' in message) {
        this.lost = message.lost;
        this.losses += 1;
      } else if (message.event.event === 'status') {
        this.status = message.event.value;
      } else if (message.event.event === 'job-ended') {
        this.#ends = [...this.#ends.slice(1 - MOST_ENDS), { losses: this.losses, end: message.event.value }];
        this.ended = message.event.value;
        this.revision += 1;
      } else {
        this.revision += 1;
      }
    });
    return () => this.#endWatching?.();
  }

  /** Looks for the agent again, which starts one when there is none. */
  reconnect(): void {
    this.#endWatching?.();
    this.listen();
  }
}

export const view = new WindowState();
