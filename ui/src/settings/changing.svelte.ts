// The settings on the page, and how they are changed. What is one click (pause, remove, a switch) is saved at once. What
// is typed is checked while it is typed, and saved by a button that appears when it is another value and right: so a
// half-typed number is never in force.
import { backend, type Refusal, type Said, type SettingsChange, type SettingsView, type WrongChange } from '../backend';
import { refusalOf } from '../parts/refusal';

/** How long nobody types before what was typed is checked. */
const CHECK_AFTER_MS = 250;

export class Changing {
  view = $state<SettingsView | null>(null);
  /** Why the settings cannot be shown, or a change was not made. */
  refused = $state<Refusal | null>(null);
  /** What is to be told beside the settings: they were changed meanwhile. */
  told = $state<Said | null>(null);
  isSaving = $state(false);

  async load(): Promise<void> {
    try {
      this.view = await backend().ask({ ask: 'settings' });
      this.refused = null;
    } catch (error) {
      this.refused = refusalOf(error);
    }
  }

  /** Makes changes, all or none. What is wrong with them is the answer; null when they were refused. */
  async change(changes: SettingsChange[]): Promise<WrongChange[] | null> {
    this.isSaving = true;
    this.told = null;
    try {
      const fingerprint = this.view?.fingerprint ?? '';
      const changed = await backend().ask({ ask: 'change-settings', changes, fingerprint });
      this.view = changed.settings;
      this.refused = null;
      return changed.wrong;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.said.id === 'wrong-meanwhile') {
        await this.load();
        this.told = refusal.said;
      } else {
        this.refused = refusal;
      }
      return null;
    } finally {
      this.isSaving = false;
    }
  }
}

/** Checks changes while they are typed. */
export class Checking {
  wrong = $state<WrongChange[]>([]);
  /** True until the last that was typed has been checked. */
  isChecking = $state(false);

  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  check(changes: SettingsChange[]): void {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    this.isChecking = changes.length > 0;
    if (changes.length === 0) {
      this.wrong = [];
      return;
    }
    this.#timer = setTimeout(async () => {
      let wrong: WrongChange[] = [];
      try {
        wrong = await backend().ask({ ask: 'check-settings', changes });
      } catch {
        // Saving will say why it cannot be.
      }
      if (turn !== this.#turn) return;
      this.wrong = wrong;
      this.isChecking = false;
    }, CHECK_AFTER_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
  }
}
