// A year of a family's backups, or what the scene says: `empty`, `thousand`, `long-names`.
import type { BackupPage, BackupSummary, ChangedFile, Counts, History, Problem } from '..';
import { Refused } from '..';
import type { Answers } from '.';
import { NOW_SECS } from '.';
import { seeded } from './seeded';

const DAY_SECS = 86_400;

function dayName(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function backupAt(at: Date, plan: string, counts: Counts, newBytes: number): BackupSummary {
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  const day = dayName(at);
  return {
    name: `${plan}_${day.replaceAll('-', '')}_${clock}`,
    plan,
    computer: null,
    at: at.getTime() / 1000,
    day,
    state: 'good',
    counts,
    new_bytes: newBytes,
    stored_bytes: Math.round(newBytes * 0.93),
    problem_count: 0,
  };
}

/** Backups of `days` days, newest first; with `plans` of them a day. */
function someDays(days: number, plans: string[], seed: number): History {
  const today = new Date(NOW_SECS * 1000);
  const chance = seeded(seed);
  const backups: BackupSummary[] = [];
  const failed: [string, number][] = [];
  const space: [string, number][] = [];
  let stored = 61e9;
  let files = 11_020;
  for (let ago = days - 1; ago >= 0; ago -= 1) {
    // The computer was away for two weeks of the summer.
    if (days > 300 && days < 400 && ago > 214 && ago < 229) continue;
    for (const [index, plan] of plans.entries()) {
      const at = new Date(today.getFullYear(), today.getMonth(), today.getDate() - ago, 2 + index, 5, 0);
      const luck = chance();
      if (luck < 0.012 && ago > 0) {
        failed.push([dayName(at), luck < 0.004 ? 3 : 1]);
        if (luck > 0.005) continue;
      }
      files += Math.floor(chance() * 8);
      const newBytes = Math.round(2e6 + chance() ** 6 * 3e9);
      const counts =
        index === 0
          ? { files: files + 3208, pictures: files, bytes: Math.round(6.7e6 * files) }
          : { files: 412, pictures: 0, bytes: 31e6 };
      const backup = backupAt(at, plan, counts, newBytes);
      if (luck > 0.965) [backup.state, backup.problem_count] = ['attention', 1 + Math.floor(chance() * 12)];
      if (luck > 0.9965 && ago > 10) backup.state = 'problem';
      stored += backup.stored_bytes - (ago % 30 === 0 ? 4.1e9 : 0);
      backups.push(backup);
      space.push([backup.day, stored]);
    }
  }
  return { backups: backups.reverse(), failed, space };
}

const longName =
  'Grandmother Wilhelmine’s recipes, letters and photographs from the house by the lake 1948 to 2011 (scanned by Uncle Johann-Sebastian, second attempt, final, really final)';

/** The history of a scene. */
export function historyOf(scene: string): History {
  if (scene === 'empty') return { backups: [], failed: [], space: [] };
  if (scene === 'thousand') return someDays(1000, ['family'], 7);
  if (scene === 'long-names') return someDays(180, ['everything-of-grandmother-wilhelmine-and-the-children', 'b'], 3);
  const history = someDays(365, scene === 'two-plans' ? ['family', 'letters'] : ['family'], 11);
  const second = history.backups[1];
  if (second) [second.state, second.problem_count] = ['attention', 3];
  if (scene === 'one') history.backups.splice(1);
  return history;
}

const CAME = ['Lake 2026', 'Clara’s birthday', 'Garden', 'Carnival'];

/** The n-th file that came, changed or went. */
function changedFile(kind: string, index: number, scene: string): ChangedFile {
  const folder = kind === 'went' ? 'Downloads' : CAME[index % CAME.length];
  const name = scene === 'long-names' ? `${longName} ${index + 1}.jpg` : `IMG_${4000 + index}.jpg`;
  const path = kind === 'changed' ? `documents/House/list ${index + 1}.odt` : `photos/${folder}/${name}`;
  return { path, shown: path, bytes: 40_000 + ((index * 7919) % 6_000_000) };
}

function problems(count: number, state: string): Problem[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: state === 'problem' ? 'damaged' : index % 3 === 2 ? 'changed-while-read' : 'unreadable',
    path: `documents/Mail/inbox <b>${index + 1}</b>.mbox`,
    message: 'Permission denied (os error 13)',
  }));
}

/** How many files came, changed and went in a backup. */
function changesIn(backup: BackupSummary): [number, number, number] {
  return [Math.round(backup.new_bytes / 4.2e6) + 3, 1 + (backup.at % 17), backup.at % 5];
}

export function history(scene: string): Answers {
  const all = historyOf(scene);
  const find = (name: string): [BackupSummary, number] => {
    const index = all.backups.findIndex((backup) => backup.name === name);
    const backup = all.backups[index];
    if (backup) return [backup, index];
    throw new Refused({ kind: 'not-found', said: { id: 'refused-window' }, detail: `there is no backup ${name}` });
  };
  return {
    history: () => structuredClone(all),
    backup({ name }): BackupPage {
      const [summary, index] = find(name);
      const siblings = all.backups.filter((backup) => backup.plan === summary.plan);
      const place = siblings.indexOf(summary);
      const [came, changed, went] = changesIn(summary);
      const isOld = index > 20;
      const { counts } = summary;
      return {
        summary,
        before: siblings[place + 1]?.name ?? null,
        after: siblings[place - 1]?.name ?? null,
        sources: [
          {
            name: scene === 'long-names' ? longName : 'photos',
            path: '~/Pictures',
            was_found: true,
            counts: { files: counts.pictures, pictures: counts.pictures, bytes: counts.bytes * 0.9 },
          },
          {
            name: 'documents',
            path: '~/Documents',
            was_found: true,
            counts: { files: 3207, pictures: 12, bytes: counts.bytes * 0.1 },
          },
          {
            name: 'recipes',
            path: '~/Recipes',
            was_found: index % 40 !== 1,
            counts: { files: 1, pictures: 0, bytes: 2_100_000 },
          },
        ],
        came: { files: came, pictures: came, bytes: summary.new_bytes },
        changed: { files: changed, pictures: 0, bytes: 310_000 },
        went: { files: went, pictures: went, bytes: went * 2_400_000 },
        problems: problems(summary.problem_count, summary.state),
        places: isOld ? ['', 'Blue drive'] : ['', 'Blue drive', 'Google Drive'],
        kept: index === 0 ? [{ why: 'recent' }, { why: 'day' }] : isOld ? [{ why: 'month' }] : [{ why: 'day' }],
        is_last_good: all.backups.length === 1,
        proven: index === 0 ? null : NOW_SECS - 2 * DAY_SECS,
        frees_bytes: index === 0 ? 0 : Math.round(summary.stored_bytes * 0.4),
      };
    },
    changes({ name, kind, offset, limit }) {
      const [came, changed, went] = changesIn(find(name)[0]);
      const total = { came, changed, went }[kind];
      const length = Math.max(0, Math.min(limit, total - offset));
      return { total, files: Array.from({ length }, (_, index) => changedFile(kind, offset + index, scene)) };
    },
  };
}
