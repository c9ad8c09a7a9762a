// What happened, played: a few months of nights. Scene `activity-none`: nothing yet.
import type { ActivityEntry, ActivityKind, Said, State } from '..';
import type { Answers } from '.';
import { NOW_SECS } from '.';

/** How many files came in a night. */
const NEW_FILES = [214, 3, 0, 41, 1, 18, 0, 367, 5];

function events(scene: string): ActivityEntry[] {
  if (scene === 'activity-none') return [];
  const all: Omit<ActivityEntry, 'id'>[] = [];
  const add = (at: number, kind: ActivityKind, state: State, said: Said, detail: string | null = null) =>
    all.push({
      at,
      kind,
      state,
      said,
      detail,
      backup: kind === 'backup' && state !== 'problem' ? 'family_20260303_020500' : null,
    });
  for (let night = 0; night < 90; night += 1) {
    const at = NOW_SECS - 7.4 * 3600 - night * 86_400;
    const plan = { kind: 'text' as const, value: 'family' };
    if (night === 3) {
      add(
        at,
        'backup',
        'problem',
        { id: 'activity-backup-failed', args: { plan } },
        'the disk is full: /home/rosa/Backups (os error 28)',
      );
    } else if (night === 1) {
      const problems = { kind: 'count' as const, value: 2 };
      add(at, 'backup', 'attention', { id: 'activity-backup-with-problems', args: { plan, problems } });
    } else {
      const files = { kind: 'count' as const, value: NEW_FILES[night % NEW_FILES.length]! };
      const bytes = { kind: 'bytes' as const, value: files.value * 3.1e6 };
      add(at, 'backup', 'good', { id: 'activity-backup-made', args: { plan, files, bytes } });
    }
    if (night % 7 === 0)
      add(at + 600, 'copy', 'good', {
        id: 'activity-copied',
        args: { place: { kind: 'text', value: 'Blue drive' }, bytes: { kind: 'bytes', value: 4.2e9 } },
      });
  }
  all.sort((one, other) => other.at - one.at);
  return all.map((one, at) => ({ ...one, id: all.length - at }));
}

export function activity(scene: string): Answers {
  const all = events(scene);
  return {
    activity: ({ filter, before, limit }) =>
      all
        .filter((one) => before === null || one.id < before)
        .filter((one) => filter.kind === null || one.kind === filter.kind)
        .slice(0, limit),
  };
}
