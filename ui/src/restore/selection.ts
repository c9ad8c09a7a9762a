// What is chosen to be brought back. A folder stands for all that is in it. Pure.
import type { Item, PathText } from '../backend';
import { isInside } from './paths';

/** The engine takes no more at one time. */
export const MAX_PICKS = 10_000;

export interface Pick {
  path: PathText;
  bytes: number;
  isFolder: boolean;
}

export function pickOf(item: Item): Pick {
  return { path: item.path, bytes: item.bytes, isFolder: item.kind === 'folder' };
}

/** Whether it is chosen, comes with a folder that is, or neither. */
export function picked(picks: Pick[], path: PathText): 'yes' | 'inside' | 'no' {
  for (const pick of picks) {
    if (pick.path === path) return 'yes';
    if (pick.isFolder && isInside(path, pick.path)) return 'inside';
  }
  return 'no';
}

/** Chooses it, or takes the choice back. What is in a folder that is chosen is not named any more. */
export function toggle(picks: Pick[], one: Pick): Pick[] {
  switch (picked(picks, one.path)) {
    case 'yes':
      return picks.filter((pick) => pick.path !== one.path);
    case 'inside':
      return picks;
    case 'no':
      if (picks.length >= MAX_PICKS) return picks;
      return [...picks.filter((pick) => !one.isFolder || !isInside(pick.path, one.path)), one];
  }
}
