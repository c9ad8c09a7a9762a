// What the buttons on the page of drives do, and which question is open.
import type { DriveCard } from '../backend';
import { HomeActions } from '../home/actions.svelte';
import { focusTitle } from '../parts/focus';

export class DriveActions extends HomeActions {
  /** The drive whose name and colour are being changed. */
  changes = $state.raw<DriveCard | null>(null);
  /** The drive that may be forgotten. */
  forgets = $state.raw<DriveCard | null>(null);
  isSnoozed = $state(false);

  /** Nothing is said of drives for so many days. */
  async snooze(days: number): Promise<void> {
    await this.ask({ ask: 'snooze-drives', days });
    this.isSnoozed = this.refusal === null;
    // The buttons are gone.
    if (this.isSnoozed) await focusTitle();
  }
}
