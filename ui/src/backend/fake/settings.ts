// Settings that are played: changes are really made, in memory. Scenes: `settings-several` (two plans, long names),
// `settings-wrong` (the file has a mistake), `settings-none`.
import { Refused, type SettingsChange, type SettingsView, type SourceView, type WrongChange } from '..';
import type { Answers } from '.';
import { activity } from './activity';

function first(scene: string): SettingsView {
  const source = (name: string, shown: string, exclude: string[] = []): SourceView => ({
    name,
    path: shown.replace('~', '/home/rosa'),
    shown,
    exclude,
    is_paused: false,
  });
  const view: SettingsView = {
    file: '~/.config/keepsake/config.toml',
    fingerprint: '1',
    backup_dir: '/home/rosa/Backups',
    plans: [
      {
        name: 'family',
        schedule: 'daily 02:00',
        times: { each: 'day', minute: 120 },
        keep: { by: 'tiered', daily: 7, weekly: 4, monthly: 12 },
        is_paused: false,
        sources: [
          source('Photos', '~/Pictures', ['*.tmp', '.cache/']),
          source('Documents', '~/Documents'),
          { ...source('Recipes', '~/Recipes'), is_paused: true },
        ],
      },
    ],
    places: [{ name: 'Blue drive', path: '/media/rosa/Blue drive/Keepsake', shown: '/media/rosa/Blue drive/Keepsake' }],
    quiet_hours: [21 * 60, 8 * 60],
    waits_on_battery: true,
    waits_on_metered: true,
    wrong: null,
  };
  if (scene === 'settings-none') return { ...view, fingerprint: '', plans: [], places: [], backup_dir: null };
  if (scene === 'settings-wrong') {
    view.wrong =
      '~/.config/keepsake/config.toml:7: unknown key `retension` in [[plan]] "family"; did you mean `retention`?\n  7 | retension = { last = 7 }';
  }
  if (scene === 'settings-several') {
    view.plans[0]!.sources.push(
      source('Photographs-of-the-whole-family-since-1962-'.repeat(2), `~/${'long/'.repeat(30)}`),
    );
    view.plans.push({
      name: 'shop',
      schedule: '0 2 * * 1-5',
      times: null,
      keep: { by: 'days', days: 30 },
      is_paused: true,
      sources: [source('Books', '/srv/books')],
    });
  }
  return view;
}

/** What is wrong with changes, as far as pages need it. */
function wrongOf(view: SettingsView, changes: SettingsChange[]): WrongChange[] {
  const wrong: WrongChange[] = [];
  changes.forEach((change, number) => {
    const add = (field: string, id: string, args?: WrongChange['said']['args']) =>
      wrong.push({ change: number, field, said: { id, args }, detail: id });
    const name = (field: string, text: string, taken: string[]) => {
      if (text.trim() === '') add(field, 'wrong-name-empty');
      else if (text.includes('/')) add(field, 'wrong-name-slash');
      else if (taken.some((one) => one.toLowerCase() === text.toLowerCase()))
        add(field, 'wrong-name-taken', { name: { kind: 'text', value: text } });
    };
    if (change.change === 'add-source') {
      const taken = view.plans.find((plan) => plan.name === change.plan)?.sources.map((one) => one.name) ?? [];
      name('source.name', change.source.name, taken);
    }
    if (change.change === 'add-place') {
      name(
        'name',
        change.name,
        view.places.map((one) => one.name),
      );
      if (change.dir === view.backup_dir) add('dir', 'wrong-place-same');
    }
    if (change.change === 'retention') {
      const { by: _, ...numbers } = change.keep;
      if (Object.values(numbers).every((one) => one === 0)) add('keep', 'wrong-keep-nothing');
    }
    if (change.change === 'exclude') {
      const bad = change.patterns.find((pattern) => pattern.includes('[') && !pattern.includes(']'));
      if (bad) add('patterns', 'wrong-pattern', { pattern: { kind: 'text', value: bad } });
    }
    if (change.change === 'quiet-hours' && change.hours && change.hours[0] === change.hours[1])
      add('hours', 'wrong-hours');
  });
  return wrong;
}

function make(view: SettingsView, change: SettingsChange): void {
  const planOf = (name: string) => view.plans.find((plan) => plan.name === name)!;
  const sourceOf = (plan: string, name: string) => planOf(plan).sources.find((source) => source.name === name)!;
  switch (change.change) {
    case 'backup-dir':
      view.backup_dir = change.dir;
      break;
    case 'remove-plan':
      view.plans = view.plans.filter((plan) => plan.name !== change.plan);
      break;
    case 'schedule':
      planOf(change.plan).times = change.times;
      break;
    case 'retention':
      planOf(change.plan).keep = change.keep;
      break;
    case 'pause-plan':
      planOf(change.plan).is_paused = change.is_paused;
      break;
    case 'add-source':
      planOf(change.plan).sources.push({ ...change.source, shown: change.source.path, is_paused: false });
      break;
    case 'remove-source':
      planOf(change.plan).sources = planOf(change.plan).sources.filter((one) => one.name !== change.source);
      break;
    case 'pause-source':
      sourceOf(change.plan, change.source).is_paused = change.is_paused;
      break;
    case 'exclude':
      sourceOf(change.plan, change.source).exclude = change.patterns;
      break;
    case 'add-place':
      view.places.push({ name: change.name, path: change.dir, shown: change.dir });
      break;
    case 'remove-place':
      view.places = view.places.filter((place) => place.name !== change.name);
      break;
    case 'quiet-hours':
      view.quiet_hours = change.hours;
      break;
    case 'wait-on-battery':
      view.waits_on_battery = change.waits;
      break;
    case 'wait-on-metered':
      view.waits_on_metered = change.waits;
      break;
    case 'add-plan': {
      const sources = change.sources.map((one) => ({ ...one, shown: one.path, is_paused: false }));
      view.plans.push({
        name: change.plan,
        schedule: '',
        times: change.times,
        keep: change.keep,
        is_paused: false,
        sources,
      });
      view.fingerprint ||= '0';
    }
  }
}

export function settings(scene: string): Answers {
  let view = first(scene);
  return {
    settings: () => structuredClone(view),
    'check-settings': ({ changes }) => wrongOf(view, changes),
    'change-settings': ({ changes, fingerprint }) => {
      if (fingerprint !== view.fingerprint) {
        throw new Refused({ kind: 'wrong-settings', said: { id: 'wrong-meanwhile' }, detail: null });
      }
      const wrong = wrongOf(view, changes);
      if (wrong.length === 0) {
        view = structuredClone(view);
        changes.forEach((change) => make(view, change));
        view.fingerprint = String(Number(view.fingerprint) + 1);
      }
      return { settings: structuredClone(view), wrong };
    },
    'measure-folder': ({ dir }) => ({
      counts: { files: 212, pictures: 40, bytes: 2_100_000 },
      is_whole: true,
      name: dir.split('/').at(-1) ?? 'Folder',
      shown: dir.replace('/home/rosa', '~'),
      unreadable: 0,
    }),
    ...activity(scene),
  };
}
