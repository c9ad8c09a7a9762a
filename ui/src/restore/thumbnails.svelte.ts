// Small pictures of what is in view. They are asked for a few at a time; what was scrolled away before it was its turn
// is not asked for. The last ones are remembered.
import { backend, type PathText } from '../backend';

export const BATCH = 24;
const KEPT = 600;
const ASKED_AT_ONCE = 2;
/** While somebody scrolls fast, nothing is asked. */
const QUIET_MS = 60;

export class Thumbnails {
  #came = $state(0);
  #kept = new Map<PathText, string | null>();
  #underWay = new Set<PathText>();
  #asking = 0;
  #wanted: PathText[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly name: string,
    readonly from: PathText | null,
  ) {}

  /** The picture as base64; null when it cannot be shown, undefined when it is not here yet. */
  of(path: PathText): string | null | undefined {
    void this.#came;
    return this.#kept.get(path);
  }

  /** Says which are in view, and takes back what was said before. */
  want(paths: PathText[]): void {
    this.#wanted = paths;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#next(), QUIET_MS);
  }

  /** Nobody looks any more. */
  end(): void {
    this.#wanted = [];
    clearTimeout(this.#timer);
  }

  #next(): void {
    while (this.#asking < ASKED_AT_ONCE) {
      const paths = this.#wanted.filter((path) => !this.#kept.has(path) && !this.#underWay.has(path)).slice(0, BATCH);
      if (paths.length === 0) return;
      void this.#ask(paths);
    }
  }

  async #ask(paths: PathText[]): Promise<void> {
    this.#asking += 1;
    paths.forEach((path) => this.#underWay.add(path));
    try {
      const answer = await backend().ask({ ask: 'thumbnails', name: this.name, paths, from: this.from });
      const came = new Map(answer.map(({ path, jpeg }) => [path, jpeg]));
      for (const path of paths) this.#kept.set(path, came.get(path) ?? null);
    } catch {
      // A picture that cannot be shown has its symbol; the file itself is not in question.
      for (const path of paths) this.#kept.set(path, null);
    }
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      if (!this.#wanted.includes(old)) this.#kept.delete(old);
    }
    paths.forEach((path) => this.#underWay.delete(path));
    this.#asking -= 1;
    this.#came += 1;
    this.#next();
  }
}
