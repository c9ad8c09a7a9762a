// Rosa's family: what Home shows in each scene.
import type { Counts, Home, JobProgress, PlaceCard, Problem, Reason, Said, SourceCard, State, Status } from '..';
import { NOW_SECS, type Answers } from '.';
import { drivesOf } from './drives';

const HOUR = 3600;
const DAY = 24 * HOUR;
const LAST_NIGHT = NOW_SECS - 7.4 * HOUR;

function counts(files: number, pictures: number, bytes: number): Counts {
  return { files, pictures, bytes };
}

function source(name: string, path: string, all: Counts, fresh: Counts): SourceCard {
  return {
    plan: 'family',
    name,
    path,
    state: 'good',
    newest_backup: LAST_NIGHT,
    backup: 'family_20260303_020500',
    counts: all,
    new: fresh,
    problems: [],
    problem_count: 0,
    is_paused: false,
  };
}

function place(name: string, path: string, rest: Partial<PlaceCard> = {}): PlaceCard {
  return {
    name,
    is_home: name === '',
    path,
    state: 'good',
    is_there: true,
    answers: true,
    newest: LAST_NIGHT,
    backups: 7,
    bytes: 96.4e9,
    free_bytes: 412e9,
    proven: NOW_SECS - 2.3 * DAY,
    next: NOW_SECS + 16.6 * HOUR,
    ...rest,
  };
}

export const UNREAD: Problem[] = [
  {
    kind: 'unreadable',
    path: 'Photos/2019/Lake/IMG_2041.JPG',
    message: 'cannot read /home/rosa/Pictures/2019/Lake/IMG_2041.JPG: Input/output error (os error 5)',
  },
  {
    kind: 'unreadable',
    path: 'Photos/2019/Lake/IMG_2042.JPG',
    message: 'cannot read /home/rosa/Pictures/2019/Lake/IMG_2042.JPG: Input/output error (os error 5)',
  },
  {
    kind: 'unreadable',
    path: 'Photos/scans/grandfather.tif',
    message: 'cannot open /home/rosa/Pictures/scans/grandfather.tif: Permission denied (os error 13)',
  },
];

function calm(): Home {
  return {
    sources: [
      source('Photos', '~/Pictures', counts(12_471, 12_431, 84.2e9), counts(215, 214, 1.3e9)),
      source('Documents', '~/Documents', counts(3_208, 61, 2.9e9), counts(0, 0, 0)),
      source('Recipes', '~/Recipes', counts(418, 12, 31e6), counts(1, 0, 120e3)),
    ],
    places: [
      place('', '/home/rosa/Backups'),
      place('Blue drive', '/media/rosa/Blue drive/Keepsake', {
        newest: NOW_SECS - 1.3 * DAY,
        bytes: 81.9e9,
        free_bytes: 1.6e12,
        next: null,
      }),
    ],
  };
}

export function quietStatus(rest: Partial<Status> = {}): Status {
  return {
    state: 'good',
    sentence: { id: 'verdict-good', args: { newest: { kind: 'moment', value: LAST_NIGHT } } },
    reasons: [],
    plans: [{ plan: 'family', state: 'good', next_due: NOW_SECS + 16.6 * HOUR }],
    job: null,
    paused_until: null,
    waits: null,
    newest_backup: LAST_NIGHT,
    drives: [],
    may_change: true,
    version: '0.1.0',
    ...rest,
  };
}

export function aReason(rule: string, state: State, said: Said, rest: Partial<Reason> = {}): Reason {
  return { rule, plan: 'family', source: null, place: null, said, detail: null, state, action: 'back-up-now', ...rest };
}

/** A verdict that is its worst reason. */
function verdict(state: State, reasons: Reason[], rest: Partial<Status> = {}): Status {
  const plans = [{ plan: 'family', state, next_due: NOW_SECS + 16.6 * HOUR }];
  return quietStatus({ state, sentence: reasons[0]!.said, reasons, plans, ...rest });
}

export function running(rest: Partial<JobProgress> = {}): JobProgress {
  return {
    job: 41,
    kind: 'backup',
    about: 'family',
    phase: 'backing-up',
    files: 5_204,
    total_files: 12_471,
    bytes: 35.6e9,
    total_bytes: 84.2e9,
    bytes_per_sec: 212e6,
    left_secs: [200, 290],
    problems: 0,
    ...rest,
  };
}

export const NOTHING_PROTECTED = aReason(
  'nothing-protected',
  'not-set-up',
  { id: 'health-nothing-protected' },
  {
    plan: null,
    action: 'set-up',
  },
);

const text = (value: string) => ({ kind: 'text' as const, value });
const COPY_OLD = aReason(
  'copy-old',
  'attention',
  {
    id: 'health-copy-old',
    args: { name: text('Blue drive'), place: text('Blue drive'), age: { kind: 'age-secs', value: 12 * DAY } },
  },
  { place: 'Blue drive', plan: null, action: 'copy-now' },
);
const SHEET_UNCHECKED = aReason(
  'sheet-unchecked',
  'attention',
  { id: 'health-sheet-unchecked' },
  { plan: null, action: 'print-sheet' },
);
const UNREAD_PHOTOS = aReason(
  'unread',
  'attention',
  {
    id: 'health-unread-unnamed',
    args: { count: { kind: 'count', value: 3 }, name: text('Photos') },
  },
  { source: 'Photos', action: 'show-problems' },
);
const DISK_FULL = aReason(
  'run-failed',
  'problem',
  {
    id: 'health-run-failed-disk-full-kept',
    args: { plan: text('family'), moment: { kind: 'moment', value: LAST_NIGHT } },
  },
  {
    detail:
      'cannot write /home/rosa/Backups/family_20260303_020500.tar.gz.partial: No space left on device (os error 28)',
  },
);
const OVERDUE = aReason(
  'overdue',
  'attention',
  {
    id: 'health-overdue',
    args: { name: text('Photos'), age: { kind: 'age-secs', value: 3 * DAY } },
  },
  { source: 'Photos' },
);
const MANY_CHANGED = aReason(
  'many-changed',
  'attention',
  {
    id: 'health-many-changed',
    args: {
      gone: { kind: 'count', value: 8_112 },
      files: { kind: 'count', value: 12_471 },
      plan: text('family'),
      moment: { kind: 'moment', value: LAST_NIGHT },
    },
  },
  { action: 'confirm-changes' },
);

function scene(name: string): { status: Status; home: Home } {
  const home = calm();
  const [photos, documents, recipes] = home.sources as [SourceCard, SourceCard, SourceCard];
  const [here, drive] = home.places as [PlaceCard, PlaceCard];
  switch (name) {
    case 'attention':
      Object.assign(photos, { state: 'attention', problems: UNREAD, problem_count: 3 });
      Object.assign(drive, { state: 'attention', is_there: false, newest: NOW_SECS - 12 * DAY });
      return { status: verdict('attention', [COPY_OLD, UNREAD_PHOTOS]), home };
    case 'problem': {
      const old = NOW_SECS - 1.31 * DAY;
      for (const card of home.sources) Object.assign(card, { state: 'problem', newest_backup: old });
      Object.assign(here, { state: 'problem', newest: old, free_bytes: 1.1e6 });
      return { status: verdict('problem', [DISK_FULL], { newest_backup: old }), home };
    }
    case 'busy':
      return { status: quietStatus({ state: 'busy', sentence: { id: 'verdict-busy' }, job: running() }), home };
    case 'overdue':
      Object.assign(photos, { state: 'attention', newest_backup: NOW_SECS - 3 * DAY });
      Object.assign(here, { state: 'attention', newest: NOW_SECS - 3 * DAY });
      return { status: verdict('attention', [OVERDUE], { newest_backup: NOW_SECS - 3 * DAY, waits: 'battery' }), home };
    case 'changed':
      Object.assign(photos, { state: 'attention', new: counts(8_112, 8_100, 51e9) });
      return { status: verdict('attention', [MANY_CHANGED]), home };
    case 'not-set-up':
      return {
        status: verdict('not-set-up', [NOTHING_PROTECTED], { newest_backup: null, plans: [] }),
        home: { sources: [], places: [] },
      };
    case 'paused':
      return { status: quietStatus({ paused_until: NOW_SECS + 50 * 60 }), home };
    case 'drives-copying':
      return {
        status: quietStatus({
          ...{ state: 'busy', sentence: { id: 'status-busy-copy' } },
          job: running({ job: 43, kind: 'copy', about: 'Blue drive', phase: 'copying', bytes_per_sec: 96e6 }),
        }),
        home,
      };
    case 'drives-sheet':
      return { status: verdict('attention', [SHEET_UNCHECKED]), home };
    case 'drives-old':
      Object.assign(drive, { state: 'attention', is_there: false, newest: NOW_SECS - 12 * DAY });
      return { status: verdict('attention', [{ ...COPY_OLD, action: 'show-drives' }]), home };
    case 'look-only':
      return { status: quietStatus({ may_change: false }), home };
    case 'long-names': {
      const long = 'Die Fotos von der großen Reise mit Oma und Opa durch Nordnorwegen im Sommer 2019 (unsortiert)';
      Object.assign(photos, { name: long, state: 'attention', problems: UNREAD, problem_count: 3 });
      Object.assign(documents, {
        name: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
      });
      Object.assign(recipes, { name: '<b>Rezepte</b> & "mehr"', newest_backup: null, backup: null });
      Object.assign(drive, {
        name: 'The old silver drive that used to be in the drawer of the desk in the study',
        path: '/media/rosa/8f3f2a1c-77d0-4d52-9a5e-0c3b1d2e4f5a/Keepsake/of-the-whole-family/backups',
      });
      const reason = aReason(
        'unread',
        'attention',
        { id: 'health-unread-unnamed', args: { count: { kind: 'count', value: 3 }, name: text(long) } },
        { source: long, action: 'show-problems' },
      );
      return { status: verdict('attention', [reason, COPY_OLD]), home };
    }
    default:
      return { status: quietStatus(), home };
  }
}

export function home(name: string): Answers {
  const { status, home } = scene(name);
  const drives = drivesOf(name).plugged;
  return { status: () => ({ ...status, drives }), home: () => home };
}
