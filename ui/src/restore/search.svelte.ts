// Looks for names in a backup while somebody types; an answer to what was typed before is dropped.
import { backend, type Found, type PathText, type Refusal } from '../backend';
import { refusalOf } from '../parts/refusal';

export const QUIET_MS = 150;
const LIMIT = 1000;
const MAX_LETTERS = 200;

export class Search {
  found = $state.raw<Found | null>(null);
  refusal = $state.raw<Refusal | null>(null);
  isAsking = $state(false);
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** What is in the box now. */
  type(text: string, name: string, from: PathText | null): void {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    this.refusal = null;
    const letters = [...text.trim()].slice(0, MAX_LETTERS).join('');
    if (letters === '') {
      this.found = null;
      this.isAsking = false;
      return;
    }
    this.isAsking = true;
    this.#timer = setTimeout(async () => {
      try {
        const found = await backend().ask({ ask: 'search', name, text: letters, limit: LIMIT, from });
        if (turn === this.#turn) this.found = found;
      } catch (error) {
        if (turn === this.#turn) this.refusal = refusalOf(error);
      }
      if (turn === this.#turn) this.isAsking = false;
    }, QUIET_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
  }
}
