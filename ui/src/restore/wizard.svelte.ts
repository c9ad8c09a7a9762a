// The answers of the restore wizard. They stay while the window is open, so that looking something up elsewhere, or
// going back a page, loses nothing.
import {
  backend,
  type BackupPage,
  type BackupSummary,
  type FileVersion,
  type History,
  type JobEnd,
  type PathText,
  type PickedFolder,
  type Refusal,
  type RestoreAsk,
  type RestorePreview,
  type Said,
} from '../backend';
import { refusalOf } from '../parts/refusal';
import { t } from '../sentences';
import { view, type Page } from '../state.svelte';
import { AwaitedJob } from './job.svelte';
import { folderOf, pathText, shownText, sourceOf } from './paths';
import type { Pick } from './selection';

export type Step = 'undos' | 'when' | 'what' | 'where' | 'check' | 'run';

interface Choice {
  isEverything: boolean;
  picks: Pick[];
}

export class Wizard {
  step = $state<Step>('when');
  history = $state.raw<History | null>(null);
  refusal = $state.raw<Refusal | null>(null);
  backup = $state.raw<BackupSummary | null>(null);
  /** More about that backup: where its sources were. */
  about = $state.raw<BackupPage | null>(null);
  isEverything = $state(false);
  picks = $state.raw<Pick[]>([]);
  /** The folder that is open in the browser; null for the sources. */
  folder = $state<PathText | null>(null);
  typed = $state('');
  target = $state<'beside' | 'in-place'>('beside');
  /** The folder that the person chose; null for the one that is suggested. */
  chosenDir = $state.raw<PickedFolder | null>(null);
  preview = $state.raw<RestorePreview | null>(null);
  /** Why the last page is shown again after all was agreed to; null when that is not so. */
  lookAgain = $state.raw<Said | null>(null);
  job = $state.raw<AwaitedJob | null>(null);
  /** What was chosen in other backups, so that going back to them finds it. */
  #choices = new Map<string, Choice>();
  #previews = 0;
  /** The job that this window began last; others may be shown, too. */
  #begun: number | null = null;

  constructor(
    /** Another folder of backups than one's own. */
    readonly from: PathText | null,
    begin: { backup?: string; path?: string } = {},
  ) {
    void this.load(begin);
  }

  /** The folder that is restored to: the one that was chosen, or one that is named by the backup's day. */
  get dir(): PickedFolder {
    const below = `${t('restore-folder')}/${this.backup?.day ?? ''}`;
    return this.chosenDir ?? { path: `${view.home}/${below}`, shown: `~/${below}` };
  }

  get hasPicks(): boolean {
    return this.isEverything || this.picks.length > 0;
  }

  get request(): RestoreAsk | null {
    if (!this.backup || !this.hasPicks) return null;
    return {
      name: this.backup.name,
      paths: this.isEverything ? [] : this.picks.map((pick) => pick.path),
      target: this.target === 'in-place' ? { to: 'in-place' } : { to: 'beside', dir: this.dir.path },
      from: this.from,
    };
  }

  /** Where what is chosen was; null when that is not known here, so that it cannot go back there. */
  get origins(): { source: string; path: string }[] | null {
    // The engine puts nothing in place from another folder of backups than one's own.
    if (this.from !== null) return null;
    if (!this.about || this.about.summary.name !== this.backup?.name) return null;
    const wanted = this.isEverything ? null : new Set(this.picks.map((pick) => sourceOf(pick.path)));
    const origins: { source: string; path: string }[] = [];
    for (const source of this.about.sources) {
      if (wanted && !wanted.has(source.name)) continue;
      if (source.path === null) return null;
      origins.push({ source: source.name, path: source.path });
    }
    return origins;
  }

  /** The folder that Open folder opens at the end. */
  get openable(): PathText | null {
    // Where another window has put things is not where this one would.
    if (this.job && this.job.number !== this.#begun) return null;
    if (this.target === 'beside') return this.backup ? this.dir.path : null;
    const origins = this.origins;
    return origins?.length === 1 ? pathText(origins[0]!.path) : null;
  }

  async load(begin: { backup?: string; path?: string } = {}): Promise<void> {
    try {
      this.history = await backend().ask({ ask: 'history', from: this.from });
      this.refusal = null;
    } catch (error) {
      this.refusal = refusalOf(error);
      return;
    }
    const { backups } = this.history;
    const asked = backups.find((backup) => backup.name === (begin.backup ?? this.backup?.name));
    this.choose(asked ?? backups[0] ?? null);
    if (!asked || begin.backup === undefined) return;
    if (begin.path !== undefined) {
      // Whether it is a folder is not said; it does no harm to take it for one.
      this.picks = [{ path: begin.path, bytes: 0, isFolder: true }];
      this.folder = folderOf(begin.path);
      this.step = 'where';
    } else this.step = 'what';
  }

  /** Asks for the backups again. When the chosen one is gone, the first question is asked again. */
  async refresh(): Promise<void> {
    if (this.history === null) return this.load();
    try {
      this.history = await backend().ask({ ask: 'history', from: this.from });
    } catch {
      // What is shown stays; whatever is asked next says what is wrong.
      return;
    }
    const { backups } = this.history;
    if (backups.some((backup) => backup.name === this.backup?.name)) return;
    if (this.step !== 'run' && this.step !== 'undos') this.step = 'when';
    this.choose(backups[0] ?? null);
  }

  /** Chooses the backup. What was chosen in it before is chosen again; else the same things as now. */
  choose(backup: BackupSummary | null): void {
    if (!backup || backup.name === this.backup?.name) return;
    if (this.backup) this.#choices.set(this.backup.name, { isEverything: this.isEverything, picks: this.picks });
    const kept = this.#choices.get(backup.name);
    if (kept && (kept.isEverything || kept.picks.length > 0))
      [this.isEverything, this.picks] = [kept.isEverything, kept.picks];
    this.backup = backup;
    this.preview = null;
  }

  /** Takes one version of a file, from the backup that has it. */
  takeVersion(path: PathText, bytes: number, version: FileVersion): void {
    const backup = this.history?.backups.find((one) => one.name === version.backup);
    if (!backup) return;
    const pick = { path, bytes, isFolder: false };
    if (backup.name !== this.backup?.name) {
      this.choose(backup);
      this.picks = [pick];
    } else if (!this.picks.some((one) => one.path === path)) this.picks = [...this.picks, pick];
    this.isEverything = false;
    this.step = 'where';
  }

  /** Asks where the sources of the backup were. */
  async lookAbout(): Promise<void> {
    const backup = this.backup;
    if (!backup || this.about?.summary.name === backup.name) return;
    try {
      const about = await backend().ask({ ask: 'backup', name: backup.name, from: this.from });
      if (this.backup?.name === backup.name) this.about = about;
    } catch {
      // Then nothing can go back in place; beside always can.
      this.about = null;
    }
  }

  /** Asks what the restore would find and do. */
  async look(): Promise<void> {
    const request = this.request;
    if (!request) return;
    const turn = ++this.#previews;
    this.preview = null;
    this.refusal = null;
    try {
      const preview = await backend().ask({ ask: 'preview-restore', restore: request });
      if (turn === this.#previews) this.preview = preview;
    } catch (error) {
      if (turn === this.#previews) this.refusal = refusalOf(error);
    }
  }

  /** Begins. `confirm` is RESTORE when the person typed the word. */
  async begin(confirm: 'RESTORE' | null): Promise<void> {
    const request = this.request;
    if (!request) return;
    // Consent is to what is on the page, and to nothing that came to be later.
    const seen = confirm === null ? null : (this.preview?.seen ?? null);
    [this.refusal, this.lookAgain] = [null, null];
    try {
      this.job = new AwaitedJob(await backend().ask({ ask: 'restore', restore: request, confirm, seen }));
      this.#begun = this.job.number;
      this.step = 'run';
    } catch (error) {
      this.refusal = refusalOf(error);
    }
  }

  /** When what was agreed to is not what would be done any more, nothing was: the person looks at it once more. */
  goBackToLook(end: JobEnd): void {
    if (end.job !== this.#begun || end.said.id !== 'job-restore-look-again' || !this.hasPicks) return;
    // Where things were is by the settings as they were.
    [this.job, this.about] = [null, null];
    this.lookAgain = end.said;
    this.step = 'check';
  }

  /** What is brought back, as one path; null when it is everything or several things. */
  get onlyPath(): string | null {
    return !this.isEverything && this.picks.length === 1 ? shownText(this.picks[0]!.path) : null;
  }
}

let current: Wizard | null = null;

/** The wizard for a page: a new one when the page says what to begin with, else the one that is under way. */
export function wizardFor(page: Page): Wizard {
  const says = page.backup !== undefined || page.path !== undefined || page.from !== undefined;
  if (says || !current || (current.from !== null && page.from === undefined)) {
    current = new Wizard(page.from ?? null, { backup: page.backup, path: page.path });
  }
  const job = view.status?.job;
  // A restore that this window did not begin, or that it began before it was closed.
  if (job?.kind === 'restore' && current.job?.number !== job.job) {
    current.job = new AwaitedJob(job.job);
    current.step = 'run';
  }
  return current;
}

/** Forgets all answers. */
export function forgetWizard(): void {
  current = null;
}
