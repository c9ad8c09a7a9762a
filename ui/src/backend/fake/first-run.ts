// A computer on which nothing is set up yet: what could be protected, where to, and backups of an older computer.
import type { BackupSummary, PlaceSuggestion, SettingsView, SourceSuggestion } from '..';
import type { Answers } from '.';
import { NOW_SECS } from './now';

const DAY = 86_400;

function suggestion(
  name: string,
  folder: string,
  role: SourceSuggestion['role'],
  counts: SourceSuggestion['counts'],
  is_chosen: boolean,
): SourceSuggestion {
  return { path: `/home/rosa/${folder}`, shown: `~/${folder}`, name, role, counts, is_chosen };
}

const SOURCES: SourceSuggestion[] = [
  suggestion('Pictures', 'Pictures', 'pictures', { files: 12_471, pictures: 12_431, bytes: 84.2e9 }, true),
  suggestion('Documents', 'Documents', 'documents', { files: 3_208, pictures: 61, bytes: 2.9e9 }, true),
  suggestion('Desktop', 'Desktop', 'desktop', { files: 57, pictures: 9, bytes: 310e6 }, true),
  suggestion('Music', 'Music', 'music', { files: 4_120, pictures: 380, bytes: 31.7e9 }, false),
  suggestion('Downloads', 'Downloads', 'downloads', null, false),
];

export const PLACES: PlaceSuggestion[] = [
  {
    dir: '/media/rosa/Blue drive/Keepsake',
    shown: '/media/rosa/Blue drive/Keepsake',
    disk: 'Blue drive',
    is_removable: true,
    free_bytes: 1.61e12,
    total_bytes: 2e12,
    is_same_disk: false,
    backups: 12,
  },
  {
    dir: '/home/rosa/Backups',
    shown: '~/Backups',
    disk: '',
    is_removable: false,
    free_bytes: 412e9,
    total_bytes: 1e12,
    is_same_disk: true,
    backups: 0,
  },
  {
    dir: '/media/rosa/STICK/Keepsake',
    shown: '/media/rosa/STICK/Keepsake',
    disk: 'STICK',
    is_removable: true,
    free_bytes: 14.2e9,
    total_bytes: 16e9,
    is_same_disk: false,
    backups: 0,
  },
];

export const NO_SETTINGS: SettingsView = {
  file: '~/.config/keepsake/config.toml',
  fingerprint: '',
  backup_dir: null,
  plans: [],
  places: [],
  quiet_hours: null,
  waits_on_battery: true,
  waits_on_metered: true,
  wrong: null,
};

export function oldBackup(daysAgo: number, rest: Partial<BackupSummary> = {}): BackupSummary {
  const at = NOW_SECS - daysAgo * DAY;
  const day = new Date(at * 1000).toISOString().slice(0, 10);
  return {
    name: `family_${day.replaceAll('-', '')}_020500`,
    plan: 'family',
    computer: 'rosas-old-laptop',
    at,
    day,
    state: 'good',
    counts: { files: 11_902, pictures: 11_340, bytes: 79.1e9 },
    new_bytes: 120e6,
    stored_bytes: 118e6,
    problem_count: 0,
    ...rest,
  };
}

const OLD = [30, 31, 32, 33, 40, 47, 54, 85, 116, 147, 178, 209].map((days) =>
  oldBackup(days, days === 54 ? { state: 'problem' } : {}),
);

/** In the scenes in which something is set up, settings and history are those of others. */
export function firstRun(scene: string): Answers {
  const answers: Answers = {
    'suggest-sources': () => SOURCES,
    'suggest-places': () => PLACES,
    'measure-folder': ({ dir }) => {
      const name = dir.split('/').findLast(Boolean) ?? dir;
      const shown = dir.replace('/home/rosa', '~');
      if (name === 'Downloads') {
        const counts = { files: 8_312, pictures: 640, bytes: 41.2e9 };
        return { counts, is_whole: false, name: 'downloads-2', shown, unreadable: 2 };
      }
      return { counts: { files: 418, pictures: 12, bytes: 31e6 }, is_whole: true, name, shown, unreadable: 0 };
    },
  };
  if (scene !== 'not-set-up') return answers;
  return {
    ...answers,
    settings: () => NO_SETTINGS,
    'check-settings': () => [],
    'change-settings': () => ({ settings: { ...NO_SETTINGS, fingerprint: 'a1' }, wrong: [] }),
    history: ({ from }) => ({ backups: from?.startsWith('/media') ? OLD : [], failed: [], space: [] }),
  };
}
