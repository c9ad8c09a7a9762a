// A place for backups that is offered, or that was picked in the system's dialog.
import type { PathText, PlaceSuggestion } from '../backend';

export interface Place extends PlaceSuggestion {
  /** True for one that was picked; what is not known of it is left at what its disk says. */
  isPicked: boolean;
}

/** The folder that holds it. */
function parent(path: PathText): PathText {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

function isBelow(path: PathText, folder: PathText): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/**
 * What can be told of a picked folder: it is on the disk of the suggestion whose surroundings it is in. A folder that is
 * in none of them has no known space (`total_bytes` is 0), and counts as on the same disk when it is beside a source.
 */
export function placeOf(
  picked: { dir: PathText; shown: string },
  suggestions: PlaceSuggestion[],
  sources: PathText[],
): Place {
  const [disk] = suggestions
    .filter(({ dir }) => isBelow(picked.dir, parent(dir)))
    .sort((one, other) => parent(other.dir).length - parent(one.dir).length);
  const isBesideSource = sources.some((source) => isBelow(picked.dir, parent(source)));
  return {
    dir: picked.dir,
    shown: picked.shown,
    disk: disk?.disk ?? '',
    is_removable: disk?.is_removable ?? false,
    free_bytes: disk?.free_bytes ?? 0,
    total_bytes: disk?.total_bytes ?? 0,
    is_same_disk: disk?.is_same_disk ?? isBesideSource,
    backups: 0,
    isPicked: true,
  };
}

/** What people call it: the disk, or the folder that they picked. */
export function nameOf(place: Place): string {
  if (place.isPicked) return place.shown.split('/').findLast(Boolean) ?? place.shown;
  return place.disk || place.shown;
}
