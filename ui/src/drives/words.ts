// What stands behind the states of drives, for the page.
import type { PluggedIn, PluggedState, State } from '../backend';

/** The shape and colour that go with a state. */
export const ICONS: Record<PluggedState, State> = {
  asks: 'not-set-up',
  ignored: 'not-set-up',
  locked: 'not-set-up',
  unusable: 'attention',
  refused: 'attention',
  waiting: 'busy',
  busy: 'busy',
  ready: 'good',
  'safe-to-remove': 'good',
  unmounted: 'good',
  held: 'attention',
  failed: 'attention',
};

/** It is safe to unplug it: nothing is to be let go of any more. */
export function isOut(state: PluggedState): boolean {
  return state === 'safe-to-remove' || state === 'unmounted';
}

/** Something could be done with it now. */
export function isFree(state: PluggedState): boolean {
  return state === 'ready' || state === 'held' || state === 'failed';
}

/** Why a drive cannot be called so; the name of a sentence. `others` are the names of the other drives. */
export function wrongName(name: string, others: string[]): 'drives-name-missing' | 'drives-name-taken' | null {
  const wanted = name.trim().toLowerCase();
  if (wanted === '') return 'drives-name-missing';
  return others.some((one) => one.toLowerCase() === wanted) ? 'drives-name-taken' : null;
}

/** Strangers that nobody has looked at: those with something to read on them. */
const READABLE = ['drive-asks', 'drive-ignored', 'drive-read-only', 'drive-too-small'];

/** Backups may be on it, and it is only looked at when a person asks for that. */
export function canBeLookedAt({ drive, said }: PluggedIn): boolean {
  return drive === null && READABLE.includes(said.id);
}
