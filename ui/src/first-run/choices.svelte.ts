// What has been chosen in the first run. It lives as long as the window, so that Back, and going elsewhere, lose nothing.
import {
  backend,
  type Counts,
  type Keep,
  type PathText,
  type PlaceSuggestion,
  type Refusal,
  type SettingsChange,
  type Times,
  type WrongChange,
} from '../backend';
import { refusalOf } from '../parts/refusal';
import { sum } from '../parts/counts';
import { t } from '../sentences';
import { placeOf, type Place } from './place';

export type Step = 'what' | 'where' | 'when' | 'running' | 'done';

/** A folder that may be protected. */
export interface Choice {
  path: PathText;
  shown: string;
  name: string;
  /** Null while it is not known. */
  counts: Counts | null;
  /** False when there is more than was counted. */
  isWhole: boolean;
  isMeasuring: boolean;
  unreadable: number;
  isChosen: boolean;
}

/** How backups of a first year may grow: by a quarter of what is there. An estimate, and said as such. */
const GROWTH_IN_A_YEAR = 0.25;

export class Choices {
  step = $state<Step>('what');
  what = $state<Choice[]>([]);
  places = $state<Place[]>([]);
  place = $state<PathText | null>(null);
  each = $state<'hour' | 'day' | 'week'>('day');
  /** Minutes since midnight. */
  minute = $state(2 * 60);
  /** 1 for Monday to 7 for Sunday. */
  weekday = $state(7);
  keep = $state<'tiered' | 'long' | 'days' | 'last'>('tiered');
  isLoading = $state(false);
  refusal = $state<Refusal | null>(null);
  wrong = $state<WrongChange[]>([]);
  /** The plan that was written; null before. */
  plan: string | null = null;
  /** The last job that ended before the first backup began: only a later one is its end. */
  jobBefore = $state(0);

  #hasSuggestions = false;

  readonly chosen = $derived(this.what.filter((one) => one.isChosen));
  readonly total = $derived(sum(this.chosen.flatMap(({ counts }) => counts ?? [])));
  /** False when something that is chosen is larger than what was counted. */
  readonly isWhole = $derived(this.chosen.every(({ counts, isWhole }) => counts !== null && isWhole));
  readonly chosenPlace = $derived(this.places.find(({ dir }) => dir === this.place) ?? null);
  readonly bytesInAYear = $derived(this.total.bytes * (1 + GROWTH_IN_A_YEAR));

  get times(): Times {
    if (this.each === 'hour') return { each: 'hour' };
    if (this.each === 'week') return { each: 'week', weekday: this.weekday, minute: this.minute };
    return { each: 'day', minute: this.minute };
  }

  get keeps(): Keep {
    if (this.keep === 'last') return { by: 'last', last: 7 };
    if (this.keep === 'days') return { by: 'days', days: 30 };
    if (this.keep === 'long') return { by: 'tiered', daily: 14, weekly: 8, monthly: 36 };
    return { by: 'tiered', daily: 7, weekly: 4, monthly: 12 };
  }

  /** Does something that may be refused; what is refused is shown. */
  async #try(does: () => Promise<void>): Promise<boolean> {
    this.refusal = null;
    this.isLoading = true;
    try {
      await does();
      return true;
    } catch (error) {
      this.refusal = refusalOf(error);
      return false;
    } finally {
      this.isLoading = false;
    }
  }

  async suggestSources(): Promise<void> {
    if (this.#hasSuggestions) return;
    await this.#try(async () => {
      const suggestions = await backend().ask({ ask: 'suggest-sources' });
      this.#hasSuggestions = true;
      for (const { path, shown, name, counts, is_chosen } of suggestions) {
        if (this.what.some((one) => one.path === path)) continue;
        this.what.push({
          ...{ path, shown, name: this.#freeName(name), counts, isChosen: is_chosen },
          ...{ isWhole: counts !== null, isMeasuring: false, unreadable: 0 },
        });
      }
    });
    // What was too large to count at once is counted as far as that goes, one after the other.
    for (const choice of this.what) {
      if (choice.counts !== null || choice.isMeasuring) continue;
      await this.#measure(choice).catch(() => '');
    }
  }

  /** Counts what is in it; the answer is a name for it that is allowed. */
  async #measure(choice: Choice): Promise<string> {
    choice.isMeasuring = true;
    try {
      const size = await backend().ask({ ask: 'measure-folder', dir: choice.path });
      const { counts, is_whole: isWhole, shown, unreadable } = size;
      Object.assign(choice, { counts, isWhole, shown, unreadable });
      return size.name;
    } finally {
      choice.isMeasuring = false;
    }
  }

  async addFolder(): Promise<void> {
    await this.#try(async () => {
      const picked = await backend().pickFolder(t('first-run-pick-source'));
      if (!picked) return;
      const known = this.what.find(({ path }) => path === picked.path);
      if (known) {
        known.isChosen = true;
        return;
      }
      const name = this.#freeName(picked.shown.split('/').findLast(Boolean) ?? picked.shown);
      this.what.push({
        ...{ path: picked.path, shown: picked.shown, name, counts: null, isChosen: true },
        ...{ isWhole: false, isMeasuring: true, unreadable: 0 },
      });
      try {
        const added = this.what.at(-1)!;
        added.name = this.#freeName(await this.#measure(added), added);
      } catch (error) {
        this.what = this.what.filter(({ path }) => path !== picked.path);
        throw error;
      }
    });
  }

  /** Two folders may have one name; as sources they must not. */
  #freeName(name: string, own?: Choice): string {
    const others = this.what.filter((choice) => choice !== own);
    return freeOf(
      name,
      others.map((choice) => choice.name),
    );
  }

  /** A folder that another one, which is chosen, has in it already. */
  holderOf(choice: Choice): Choice | null {
    return this.chosen.find((one) => one !== choice && choice.path.startsWith(`${one.path}/`)) ?? null;
  }

  async suggestPlaces(): Promise<void> {
    await this.#try(async () => {
      const sources = this.chosen.map(({ path }) => path);
      const suggestions = await backend().ask({ ask: 'suggest-places', sources });
      const own = this.places.filter(({ isPicked, dir }) => isPicked && !suggestions.some((one) => one.dir === dir));
      this.places = [
        ...suggestions.map((one) => ({ ...one, isPicked: false })),
        ...own.map((one) => ({ ...placeOf(one, suggestions, sources), backups: one.backups })),
      ];
      if (!this.chosenPlace) this.place = this.#bestPlace(this.places)?.dir ?? null;
    });
  }

  #bestPlace(places: PlaceSuggestion[]): PlaceSuggestion | undefined {
    const large = places.filter(({ free_bytes }) => free_bytes > this.total.bytes);
    return large.find((one) => !one.is_same_disk) ?? large[0] ?? places[0];
  }

  async addPlace(): Promise<void> {
    await this.#try(async () => {
      const picked = await backend().pickFolder(t('first-run-pick-place'));
      if (!picked) return;
      if (!this.places.some(({ dir }) => dir === picked.path)) {
        const change: SettingsChange = { change: 'backup-dir', dir: picked.path };
        this.wrong = await backend().ask({ ask: 'check-settings', changes: [change] });
        if (this.wrong.length > 0) return;
        const sources = this.chosen.map(({ path }) => path);
        const place = placeOf(
          { dir: picked.path, shown: picked.shown },
          this.places.filter((one) => !one.isPicked),
          sources,
        );
        this.places.push({ ...place, backups: await countBackups(picked.path) });
      }
      this.place = picked.path;
    });
  }

  /** Writes the settings. False when something is wrong with them, which is then shown. */
  async save(): Promise<boolean> {
    let isSaved = false;
    await this.#try(async () => {
      const { fingerprint, backup_dir, plans } = await backend().ask({ ask: 'settings' });
      const names = plans.map(({ name }) => name);
      // After a first backup that failed it is there already, and is written anew; one of somebody else stays as it is.
      const isOwn = this.plan !== null && names.includes(this.plan);
      const plan = isOwn ? this.plan! : freeOf(t('first-run-plan-name'), names);
      const sources = this.chosen.map(({ name, path }) => ({ name, path, exclude: [] }));
      const changes: SettingsChange[] = [
        ...(backup_dir === this.place ? [] : [{ change: 'backup-dir' as const, dir: this.place! }]),
        ...(isOwn ? [{ change: 'remove-plan' as const, plan }] : []),
        { change: 'add-plan', plan, times: this.times, keep: this.keeps, sources },
      ];
      const { wrong } = await backend().ask({ ask: 'change-settings', changes, fingerprint });
      this.wrong = wrong;
      isSaved = wrong.length === 0;
      if (isSaved) this.plan = plan;
      const [first] = wrong;
      if (first && changes[first.change]?.change === 'backup-dir') this.step = 'where';
      else if (first?.field.startsWith('source')) this.step = 'what';
    });
    return isSaved;
  }

  async backUp(): Promise<boolean> {
    return this.#try(async () => void (await backend().ask({ ask: 'back-up-now', plan: this.plan })));
  }
}

/** The name, or the name with a number, that none of the others has. */
function freeOf(name: string, taken: string[]): string {
  let free = name;
  for (let number = 2; taken.includes(free); number += 1) free = `${name}-${number}`;
  return free;
}

/** How many backups are in a folder already; none when that cannot be told. */
async function countBackups(dir: PathText): Promise<number> {
  try {
    return (await backend().ask({ ask: 'history', from: dir })).backups.length;
  } catch {
    return 0;
  }
}

let kept = new Choices();

export function choices(): Choices {
  return kept;
}

/** Begins anew: after the first backup, and for tests. */
export function forgetChoices(): void {
  kept = new Choices();
}
