// A long list that is asked for by pages, as they come into view. One is made for each folder or kind of change, so
// that an answer that comes too late goes to nobody.
import type { Refusal } from '../backend';
import { refusalOf } from './refusal';

export const PAGE_ITEMS = 200;
/** So many pages are remembered. */
const KEPT_PAGES = 40;
/** So many are asked for at one time. */
const ASKED_AT_ONCE = 2;

export class Pages<T> {
  /** How many there are; null until that is known. */
  total = $state<number | null>(null);
  refusal = $state.raw<Refusal | null>(null);
  /** Grows with every page that comes. */
  #came = $state(0);
  #pages = new Map<number, T[]>();
  #underWay = new Set<number>();
  #wanted: number[] = [0];
  #isReady: () => void = () => {};
  /** Done when the first page came, or cannot come. */
  readonly ready = new Promise<void>((resolve) => (this.#isReady = resolve));

  constructor(readonly ask: (offset: number, limit: number) => Promise<{ total: number; items: T[] }>) {
    this.#next();
  }

  /** The item, when it is here. */
  at(index: number): T | undefined {
    void this.#came;
    return this.#pages.get(Math.floor(index / PAGE_ITEMS))?.[index % PAGE_ITEMS];
  }

  /** All items that are here. */
  here(): T[] {
    void this.#came;
    return [...this.#pages.values()].flat();
  }

  /** Says what is in view: it is asked for, what was wanted before and not yet asked for is not. */
  see(first: number, end: number): void {
    this.#wanted = [];
    for (let page = Math.floor(first / PAGE_ITEMS); page * PAGE_ITEMS < end; page += 1) this.#wanted.push(page);
    this.#next();
  }

  again(): void {
    this.refusal = null;
    this.#next();
  }

  #next(): void {
    if (this.refusal) return;
    for (const page of this.#wanted) {
      const kept = this.#pages.get(page);
      if (kept) {
        // The newest stay longest.
        this.#pages.delete(page);
        this.#pages.set(page, kept);
      } else if (!this.#underWay.has(page) && this.#underWay.size < ASKED_AT_ONCE) void this.#load(page);
    }
  }

  async #load(page: number): Promise<void> {
    this.#underWay.add(page);
    try {
      const answer = await this.ask(page * PAGE_ITEMS, PAGE_ITEMS);
      this.#pages.set(page, answer.items);
      for (const old of this.#pages.keys()) {
        if (this.#pages.size <= KEPT_PAGES) break;
        this.#pages.delete(old);
      }
      this.total = answer.total;
      this.#came += 1;
    } catch (error) {
      this.refusal = refusalOf(error);
    } finally {
      this.#underWay.delete(page);
      this.#isReady();
    }
    this.#next();
  }
}
