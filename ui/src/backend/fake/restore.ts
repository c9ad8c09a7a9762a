// What is in the backups of the scenes, and restores that run before the eyes. Scenes: `million`, `in-the-way`,
// `damaged`, `long-names`, `running` (a restore stands at two fifths), `done-problems`, `not-allowed`, `old-undos`.
import type {
  Item,
  ItemKind,
  JobEnd,
  JobProgress,
  Listing,
  RestoreAsk,
  RestorePreview,
  SaidArg,
  UndoEntry,
  WatchMessage,
} from '..';
import type { Answers } from '.';
import { NOW_SECS } from '.';
import { historyOf } from './history';
import { home } from './home';
import { drawnJpeg } from './pictures';
import { seeded } from './seeded';

const DAY_SECS = 86_400;
const MILLION = 1_000_000;

interface Folder {
  [name: string]: Folder | [bytes: number, agoDays: number];
}

function pictures(count: number, agoDays: number, seed: number): Folder {
  const chance = seeded(seed);
  const folder: Folder = {};
  for (let index = 1; index <= count; index += 1) {
    const ending = index % 23 === 0 ? 'mp4' : 'jpg';
    folder[`IMG_${1000 + seed * 200 + index}.${ending}`] = [
      Math.round((ending === 'mp4' ? 60e6 : 3.1e6) * (0.6 + chance())),
      agoDays + Math.floor(index / 40),
    ];
  }
  return folder;
}

const LONG = 'Grandmother Wilhelmine’s recipes, letters and photographs from the house by the lake (scanned twice) ';

function treeOf(scene: string): Folder {
  const tree: Folder = {
    photos: {
      'Christmas 2024': pictures(132, 434, 1),
      Garden: pictures(57, 20, 2),
      'Grandpa’s 80th birthday': pictures(64, 260, 3),
      'Lake 2019': pictures(248, 2400, 4),
      'Clara’s first day of school': pictures(38, 180, 5),
    },
    documents: {
      House: { 'Floor plan.pdf': [2.4e6, 900], 'Heating.odt': [48_000, 40], 'list 1.odt': [31_000, 3] },
      Letters: { 'To Aunt Martha.odt': [22_000, 11], 'To the landlord.odt': [19_000, 300] },
      'Tax 2025.pdf': [812_000, 12],
      'Recipe <img src=x onerror=alert(1)>.txt': [1_200, 77],
      'Shopping.txt': [420, 1],
    },
    recipes: { 'Recipes.db': [2_100_000, 0] },
  };
  if (scene === 'long-names') {
    tree['photos'] = {};
    for (let index = 1; index < 30; index += 1) tree['photos'][`${LONG.repeat(2)}${index}.jpg`] = [3e6, index];
    tree['documents'] = { [LONG]: { [`${LONG}${'x'.repeat(120)}.pdf`]: [1e6, 2] }, [`${LONG}1.odt`]: [1e5, 2] };
  }
  return tree;
}

function kindOf(name: string): ItemKind {
  if (/\.(jpg|png)$/.test(name)) return 'picture';
  return name.endsWith('.mp4') ? 'video' : 'file';
}

function itemOf(folder: string, name: string, what: Folder | [number, number]): Item {
  const isFile = Array.isArray(what);
  return {
    path: folder === '' ? name : `${folder}/${name}`,
    name,
    folder,
    kind: isFile ? kindOf(name) : 'folder',
    bytes: isFile ? (what[0] as number) : 0,
    mtime: isFile ? NOW_SECS - (what[1] as number) * DAY_SECS - 4000 : NOW_SECS - DAY_SECS,
  };
}

function millionth(index: number): Item {
  const name = `scan_${String(index).padStart(7, '0')}.${index % 5 === 0 ? 'pdf' : 'txt'}`;
  return itemOf('photos', name, [1000 + ((index * 7919) % 900_000), index % 2000]);
}

function list(tree: Folder, folder: string | null): Item[] {
  let here: Folder | [number, number] = tree;
  for (const part of folder === null ? [] : folder.split('/')) {
    const next: Folder | [number, number] | undefined = (here as Folder)[part];
    if (!next || Array.isArray(next)) return [];
    here = next;
  }
  return Object.entries(here as Folder)
    .map(([name, what]) => itemOf(folder ?? '', name, what))
    .sort((a, b) => Number(b.kind === 'folder') - Number(a.kind === 'folder'));
}

function all(tree: Folder, folder: string | null = null): Item[] {
  return list(tree, folder).flatMap((item) => (item.kind === 'folder' ? [item, ...all(tree, item.path)] : [item]));
}

const text = (value: string): SaidArg => ({ kind: 'text', value });

let lastJob = 40;

/** Says something to whoever watches. */
export type Tell = (message: WatchMessage) => void;

/** What is played, and for whom. */
interface Playing {
  scene: string;
  tell: Tell;
  /** How long a step of a job takes, in milliseconds. */
  stepMs: number;
}

/** Plays a job in some steps, and tells its end. */
function play(
  playing: Playing,
  kind: JobProgress['kind'],
  end: Partial<JobEnd>,
  stopped: () => boolean = () => false,
): number {
  const job = (lastJob += 1);
  const status = home('good').status!({ ask: 'status' });
  const [files, bytes] = [end.files ?? 100, end.bytes ?? 4e8];
  const { tell, scene } = playing;
  let share = scene === 'running' ? 0.4 : 0;
  const step = async () => {
    const now = await status;
    if (share < 1 && !stopped()) {
      const progress: JobProgress = {
        job,
        kind,
        about: null,
        phase: kind === 'restore' ? 'restoring' : 'starting',
        files: Math.round(files * share),
        total_files: files,
        bytes: Math.round(bytes * share),
        total_bytes: bytes,
        bytes_per_sec: share > 0 ? 84e6 : null,
        left_secs: share > 0 ? [70, 110] : null,
        problems: 0,
      };
      tell({ event: { event: 'status', value: { ...now, state: 'busy', job: progress } } });
      if (scene === 'running') return;
      share += 0.2;
      setTimeout(() => void step(), playing.stepMs);
      return;
    }
    const isStopped = stopped();
    tell({ event: { event: 'status', value: now } });
    const value: JobEnd = {
      job,
      kind,
      about: null,
      outcome: isStopped ? 'stopped' : 'good',
      said: { id: `job-${kind}-${isStopped ? 'stopped' : 'good'}`, args: { files: { kind: 'count', value: files } } },
      detail: null,
      problems: [],
      problem_count: 0,
      backup: null,
      place: null,
      undo: null,
      ...end,
      files: Math.round(files * Math.min(1, share)),
      bytes: Math.round(bytes * Math.min(1, share)),
    };
    if (isStopped) value.outcome = 'stopped';
    tell({ event: { event: 'job-ended', value } });
  };
  setTimeout(() => void step(), 50);
  return job;
}

export function restore(scene: string, tell: Tell, stepMs = 250): Answers {
  const playing: Playing = { scene, tell, stepMs };
  const tree = treeOf(scene);
  const everything = all(tree);
  const history = historyOf(scene);
  const atOf = (name: string) => history.backups.find((backup) => backup.name === name)?.at ?? NOW_SECS;
  let isStopped = false;
  let undos: UndoEntry[] = [];
  if (scene !== 'empty' && history.backups[4]) {
    const at = NOW_SECS - 5 * DAY_SECS;
    undos = [{ undo: 'u1', at, backup: history.backups[4].name, files: 12, until: at + 30 * DAY_SECS }];
  }

  const chosen = (ask: RestoreAsk): Item[] => {
    const files = everything.filter((item) => item.kind !== 'folder');
    if (ask.paths.length === 0) return files;
    return files.filter((item) => ask.paths.some((path) => item.path === path || item.path.startsWith(`${path}/`)));
  };
  const amount = (items: Item[]) => ({ files: items.length, bytes: items.reduce((sum, item) => sum + item.bytes, 0) });
  const placeOf = (ask: RestoreAsk) =>
    ask.target.to === 'beside'
      ? ask.target.dir.replace('~', '/home/rosa')
      : '/home/rosa/Pictures, /home/rosa/Documents';

  return {
    browse({ folder, offset, limit }): Listing {
      if (scene === 'million' && folder === 'photos') {
        const length = Math.max(0, Math.min(limit, MILLION - offset));
        return { total: MILLION, items: Array.from({ length }, (_, index) => millionth(offset + index)) };
      }
      const items = list(tree, folder);
      return { total: items.length, items: items.slice(offset, offset + limit) };
    },
    search({ text, limit }) {
      const found = everything.filter((item) => item.name.toLowerCase().includes(text.toLowerCase()));
      return { items: found.slice(0, limit), has_more: found.length > limit };
    },
    versions({ path }) {
      const item = everything.find((one) => one.path === path);
      const ages = [0, 12, 60, 200].filter((age) => history.backups[age + 5]);
      return ages.map((age, index) => {
        const next = history.backups[(ages[index + 1] ?? age + 90) - 1] ?? history.backups[age]!;
        return {
          backup: history.backups[age]!.name,
          first_at: next.at,
          last_at: history.backups[age]!.at,
          bytes: Math.round((item?.bytes ?? 1000) * (1 - index * 0.11)),
          mtime: next.at - 3600,
          is_current: index === 0,
          is_damaged: scene === 'damaged' && index === 1,
        };
      });
    },
    thumbnails: ({ paths }) =>
      paths.map((path) => ({
        path,
        jpeg: path.endsWith('17.jpg')
          ? null
          : drawnJpeg([...path].reduce((sum, letter) => sum * 3 + letter.charCodeAt(0), 0)),
      })),
    'preview-restore'({ restore: ask }): RestorePreview {
      const items = chosen(ask);
      const isInPlace = ask.target.to === 'in-place';
      const [changed, newer] = isInPlace ? [items.slice(0, 14), items.slice(0, 3)] : [[], []];
      const fresh = isInPlace ? items.slice(14, 60) : items;
      return {
        new: amount(fresh),
        changed: amount(changed),
        same: amount(isInPlace ? items.slice(60) : []),
        newer_here: amount(newer),
        place: placeOf(ask),
        backup_at: atOf(ask.name),
        obstacles:
          scene === 'in-the-way'
            ? [
                {
                  id: 'preview-disk-too-small',
                  args: {
                    folder: text(placeOf(ask)),
                    needed: { kind: 'bytes', value: amount(items).bytes },
                    free: { kind: 'bytes', value: 41e6 },
                  },
                },
              ]
            : [],
        warnings:
          scene === 'damaged'
            ? [
                {
                  id: 'preview-file-damaged-other-version',
                  args: {
                    path: text('photos/Lake 2019/IMG_1803.jpg'),
                    at: { kind: 'moment', value: NOW_SECS - 9 * DAY_SECS },
                  },
                },
                { id: 'preview-file-damaged', args: { path: text('photos/Lake 2019/IMG_1804.jpg') } },
                { id: 'preview-more-files-damaged', args: { count: { kind: 'count', value: 3 } } },
                {
                  id: 'preview-backup-is-old',
                  args: { age: { kind: 'age-secs', value: NOW_SECS - atOf(ask.name) + 40 * DAY_SECS } },
                },
              ]
            : [],
        free_bytes: scene === 'in-the-way' ? 41e6 : 212e9,
        seen: isInPlace && scene !== 'in-the-way' ? '5ee11e5ee11e5ee11e5ee11e5ee11e55' : null,
      };
    },
    restore({ restore: ask }) {
      isStopped = false;
      const isInPlace = ask.target.to === 'in-place';
      // In place only what is new or changed is written, as the preview says.
      const { files, bytes } = amount(isInPlace ? chosen(ask).slice(0, 60) : chosen(ask));
      const undo = isInPlace ? `u${lastJob + 1}` : null;
      if (undo !== null) {
        undos = [{ undo, at: NOW_SECS, backup: ask.name, files, until: NOW_SECS + 30 * DAY_SECS }, ...undos];
      }
      const hasProblems = scene === 'done-problems';
      return play(
        playing,
        'restore',
        {
          files,
          bytes,
          backup: ask.name,
          place: placeOf(ask),
          undo,
          outcome: hasProblems ? 'with-problems' : 'good',
          problem_count: hasProblems ? 2 : 0,
          problems: hasProblems
            ? [
                { kind: 'damaged', path: 'photos/Lake 2019/IMG_1803.jpg', message: 'block 41 has another hash' },
                { kind: 'not-restored', path: 'documents/House/Heating.odt', message: 'Read-only file system' },
              ]
            : [],
        },
        () => isStopped,
      );
    },
    stop() {
      isStopped = true;
      return null;
    },
    undos: () => structuredClone(undos),
    undo({ undo }) {
      undos = undos.filter((entry) => entry.undo !== undo);
      return play(playing, 'undo', { files: 12 });
    },
    'delete-backup': () => play(playing, 'tidy-up', { files: 1 }),
  };
}
