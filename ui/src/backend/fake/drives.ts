// Rosa's drives, strangers that are plugged in, and a recovery sheet that opens nothing. Scenes: `drives`, `drives-none`,
// `drives-first` (nothing but a stranger), `drives-asks`, `drives-backups`, `drives-copying`, `drives-safe`, `drives-ready`,
// `drives-held`, `drives-others`, `drives-sheet`, `drives-key-lost`, `drives-long`. A new computer (`not-set-up`) has a
// drive with backups plugged in.
import type { DriveCard, Drives, EnteredKey, PluggedIn, PluggedState, RecoverySheet, Said } from '..';
import { Refused } from '..';
import type { Answers } from '.';
import { NOW_SECS } from './now';
import { seeded } from './seeded';

const DAY = 86_400;

const text = (value: string) => ({ kind: 'text' as const, value });

export function aDrive(name: string, rest: Partial<DriveCard> = {}): DriveCard {
  return {
    name,
    color: 'blue',
    is_encrypted: true,
    stays_plugged_in: false,
    last_seen: NOW_SECS - 1.3 * DAY,
    last_copied: NOW_SECS - 1.3 * DAY,
    last_proven: NOW_SECS - 1.3 * DAY,
    backups: 7,
    bytes: 81.9e9,
    free_bytes: 1.6e12,
    total_bytes: 2e12,
    is_next: false,
    ...rest,
  };
}

const BLUE = aDrive('Blue drive');
const RED = aDrive('Red drive', {
  color: 'red',
  last_seen: NOW_SECS - 9.4 * DAY,
  last_copied: NOW_SECS - 9.4 * DAY,
  last_proven: NOW_SECS - 40 * DAY,
  backups: 5,
  free_bytes: 37e9,
  total_bytes: 128e9,
  is_next: true,
});

/** One of the family's drives that is plugged in. */
export function pluggedDrive(name: string, state: PluggedState, id: string, rest: Said['args'] = {}): PluggedIn {
  const said = { id, args: { name: text(name), ...rest } };
  return { volume: `volume-${name}`, drive: name, title: name, total_bytes: 2e12, state, said, backups: 0 };
}

/** A stranger that is plugged in. */
export function stranger(title: string, state: PluggedState, id: string, rest: Partial<PluggedIn> = {}): PluggedIn {
  const total_bytes = rest.total_bytes ?? 58e9;
  const args: Said['args'] = { title: text(title), name: text('Blue drive') };
  args['size'] = { kind: 'bytes', value: total_bytes };
  args['count'] = { kind: 'count', value: rest.backups ?? 0 };
  const said = { id, args };
  return { volume: `volume-${title}`, drive: null, title, total_bytes, state, said, backups: 0, ...rest };
}

const SANDISK = stranger('SanDisk Ultra', 'asks', 'drive-asks');
const OLD_DRIVE = stranger('HOLIDAY', 'asks', 'drive-backups-found', { backups: 1, total_bytes: 500e9 });

/** What is on the page of drives, and what is plugged in. */
export interface PlayedDrives {
  page: Drives;
  plugged: PluggedIn[];
}

export function drivesOf(scene: string): PlayedDrives {
  const page: Drives = { drives: [BLUE, RED], ignored: [], sheet: 'checked', needed_bytes: 87.1e9 };
  const one = (rest: Partial<Drives>, plugged: PluggedIn[] = []): PlayedDrives =>
    structuredClone({ page: { ...page, ...rest }, plugged });
  switch (scene) {
    case 'not-set-up':
      return one({ drives: [], sheet: 'not-needed' }, [OLD_DRIVE]);
    case 'drives-none':
      return one({ drives: [], sheet: 'not-needed' });
    case 'drives-asks':
      return one({ drives: [BLUE] }, [SANDISK]);
    case 'drives-first':
      return one({ drives: [], sheet: 'not-needed' }, [
        stranger('SanDisk Ultra', 'asks', 'drive-asks', { total_bytes: 256e9 }),
      ]);
    case 'drives-backups':
      return one({}, [OLD_DRIVE]);
    case 'drives-copying':
      return one({}, [pluggedDrive('Blue drive', 'busy', 'drive-busy')]);
    case 'drives-safe':
      return one({}, [pluggedDrive('Blue drive', 'safe-to-remove', 'drive-safe')]);
    case 'drives-ready':
      return one({ drives: [{ ...BLUE, stays_plugged_in: true }, RED] }, [
        pluggedDrive('Blue drive', 'ready', 'drive-ready'),
      ]);
    case 'drives-held':
      return one({}, [pluggedDrive('Blue drive', 'held', 'drive-held', { program: text('Shotwell') })]);
    case 'drives-others':
      return one({ ignored: [{ volume: 'volume-KINDLE', title: 'Kindle' }] }, [
        stranger('CAMERA', 'ignored', 'drive-ignored', { total_bytes: 32e9 }),
        stranger('Work laptop', 'locked', 'drive-locked', { total_bytes: 1e12 }),
        stranger('Generic Flash Disk', 'unusable', 'drive-read-only', { total_bytes: 8e9 }),
        stranger('Blue drive', 'refused', 'drive-refused-clone', { total_bytes: 2e12 }),
      ]);
    case 'drives-sheet':
      return one({ sheet: 'unchecked' });
    case 'drives-key-lost':
      return one({ sheet: 'key-lost' });
    case 'drives-long': {
      const name = 'Die alte silberne Festplatte aus der Schublade im Arbeitszimmer von Oma und Opa';
      const word = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';
      return one(
        {
          drives: [
            aDrive(name, { color: 'white', is_next: true, free_bytes: null, total_bytes: null }),
            aDrive(word, { color: 'black', is_encrypted: false, last_copied: null, last_proven: null, backups: 0 }),
          ],
          ignored: [{ volume: 'long', title: word }],
          sheet: 'unchecked',
        },
        [pluggedDrive(name, 'held', 'drive-held', { program: text(word) }), stranger(word, 'asks', 'drive-asks')],
      );
    }
    default:
      return one({});
  }
}

/** A square pattern that looks like a QR code, and says nothing. */
function pattern(): string {
  const side = 37;
  const chance = seeded(7);
  const isFinder = (x: number, y: number) => (x < 8 || x >= side - 8 ? y < 8 || (x < 8 && y >= side - 8) : false);
  const eye = (x: number, y: number) => `<path fill-rule="evenodd" d="M${x} ${y}h7v7h-7zm1 1v5h5v-5zm1 1h3v3h-3z"/>`;
  const dots: string[] = [];
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) if (chance() < 0.48 && !isFinder(x, y)) dots.push(`M${x} ${y}h1v1h-1z`);
  }
  const eyes = [eye(0, 0), eye(side - 7, 0), eye(0, side - 7)].join('');
  const size = side + 8;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 ${size} ${size}" shape-rendering="crispEdges">` +
    `<path fill="#fff" d="M-4-4h${size}v${size}h-${size}z"/>${eyes}<path d="${dots.join('')}"/></svg>`
  );
}

export const SHEET: RecoverySheet = {
  words: (
    'orbit candle maple river gentle oyster lamp winter harvest pencil tunnel garden ' +
    'mirror bread silver cousin anchor velvet planet basket ocean ladder honey spirit'
  ).split(' '),
  qr_svg: pattern(),
  key: 'AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPDEMO',
  check_code: 'K7QX2M9P',
  made: NOW_SECS - 0.4 * DAY,
  computer: 'rosas-laptop',
};

/** What is said to a sheet that was typed: the demo's own words are right, some others show what can be wrong. */
function entered(typed: string): EnteredKey {
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (typed.startsWith('AGE-SECRET-KEY-1')) return { entered: typed === SHEET.key ? 'good' : 'other-family' };
  if (words.length !== 24) return { entered: 'wrong-count', count: words.length };
  const typos = words.flatMap((word, index) => {
    const meant = SHEET.words.filter((one) => one !== word && one.slice(0, 2) === word.slice(0, 2)).slice(0, 3);
    return SHEET.words.includes(word) || word === 'zebra' ? [] : [{ number: index + 1, typed: word, meant }];
  });
  if (typos.length > 0) return { entered: 'typos', typos };
  return { entered: words.join(' ') === SHEET.words.join(' ') ? 'good' : 'wrong-word' };
}

/** What is answered; `changed` is called when what is plugged in changed. */
export function drives(played: PlayedDrives, changed: () => void): Answers {
  const { page } = played;
  const pluggedOf = (volume: string) => {
    const found = played.plugged.find((one) => one.volume === volume);
    if (!found) throw new Refused({ kind: 'not-now', said: { id: 'refused-nothing-there' }, detail: null });
    return found;
  };
  return {
    drives: () => structuredClone(page),
    'ignore-drive': ({ volume, forever }) => {
      const one = pluggedOf(volume);
      one.state = 'ignored';
      one.said = { id: 'drive-ignored', args: { title: text(one.title) } };
      if (forever) page.ignored.push({ volume, title: one.title });
      changed();
      return null;
    },
    'ask-again': ({ volume }) => {
      page.ignored = page.ignored.filter((one) => one.volume !== volume);
      const one = played.plugged.find((plugged) => plugged.volume === volume);
      if (one) Object.assign(one, stranger(one.title, 'asks', 'drive-asks', { total_bytes: one.total_bytes }));
      changed();
      return null;
    },
    'change-drive': ({ name, new_name, color, stays_plugged_in }) => {
      const card = page.drives.find((one) => one.name === name);
      if (!card) throw new Refused({ kind: 'not-now', said: { id: 'refused-nothing-there' }, detail: null });
      Object.assign(card, { name: new_name, color, stays_plugged_in });
      for (const one of played.plugged.filter(({ drive }) => drive === name)) {
        Object.assign(one, pluggedDrive(new_name, one.state, one.said.id), { volume: one.volume });
      }
      changed();
      return null;
    },
    'open-drive': () => ({ from: '/media/rosa/HOLIDAY/Keepsake', needs_key: true }),
    'snooze-drives': () => null,
    'recovery-sheet': () => structuredClone(SHEET),
    'check-sheet': ({ code }) => {
      const isRight = code.toUpperCase().replace(/[\s-]/g, '') === SHEET.check_code;
      if (isRight) page.sheet = 'checked';
      return isRight;
    },
    'enter-key': ({ text: typed, from }) => {
      const answer = entered(typed);
      if (answer.entered === 'good' && from === null && page.sheet === 'key-lost') page.sheet = 'checked';
      return answer;
    },
    'read-sheet': ({ picture }) => ({ entered: picture.endsWith('.png') ? 'good' : 'not-found' }),
    'new-key': () => {
      page.sheet = 'unchecked';
      return null;
    },
  };
}
