// What backups and days are called.
import type { BackupSummary, Counts, Keeps, Problem } from '../backend';
import { bytes, day, longDay, moment, time } from '../format';
import { howManyInAll } from '../parts/counts';
import { hasSentence, t } from '../sentences';
import type { DayFacts } from './days';

/** What happened on a day, in a few words. */
export function dayWords(facts: DayFacts | undefined): string {
  if (!facts) return t('day-nothing');
  const made = facts.backups.length;
  const parts: string[] = [];
  if (made > 0) parts.push(t('day-made', { count: made }));
  const unread = facts.backups.reduce((sum, backup) => sum + backup.problem_count, 0);
  const damaged = facts.backups.filter((backup) => backup.state === 'problem').length;
  if (damaged > 0) parts.push(t('day-damaged', { count: damaged }));
  if (unread > 0) parts.push(t('day-unread', { count: unread }));
  if (facts.failed > 0) parts.push(t(made > 0 ? 'day-failed-once' : 'day-failed', { count: facts.failed }));
  if (made > 0 && parts.length === 1) parts.push(t('day-good'));
  return parts.join(' ');
}

/** "today 2:05", "Tuesday 2:05", "3 March, 2:05": a backup is always told by day and time. */
export function backupMoment(at: number): string {
  const said = moment(at);
  return said === day(at) ? t('backup-moment', { day: said, time: time(at) }) : said;
}

/** "Tuesday, 3 March 2026, 2:05". */
export function backupDate(at: number): string {
  return t('backup-moment', { day: longDay(at), time: time(at) });
}

/** "12,431 pictures and videos, 82.4 GB". */
export function countsAndBytes(counts: Counts): string {
  return t('counts-and-bytes', { counts: howManyInAll(counts), bytes: bytes(counts.bytes) });
}

/** How a backup is, in one sentence. */
export function stateWords(backup: BackupSummary): string {
  if (backup.state === 'problem') return t('backup-damaged');
  if (backup.problem_count > 0) return t('backup-unread', { count: backup.problem_count });
  return t(backup.state === 'attention' ? 'backup-attention' : 'backup-good');
}

/** A place by its name; this computer's backup folder has none. */
export function placeName(name: string): string {
  return name === '' ? t('backup-place-home') : name;
}

/** Why a backup is kept, in words. */
export function keepsWords(keeps: Keeps): string {
  switch (keeps.why) {
    case 'last':
      return t('keeps-last', { count: keeps.count });
    case 'days':
      return t('keeps-days', { count: keeps.days });
    default:
      return t(`keeps-${keeps.why}`);
  }
}

/** What a kind of problem means. Kinds as in `keepsake --json`. */
export function problemWords(problem: Problem): string {
  const id = `problem-is-${problem.kind}`;
  return t(hasSentence(id) ? id : 'problem-is-other');
}

/** Problems of one kind together, in the order in which the kinds come. */
export function problemsByKind(problems: Problem[]): [string, Problem[]][] {
  const kinds = new Map<string, Problem[]>();
  for (const problem of problems) kinds.set(problem.kind, [...(kinds.get(problem.kind) ?? []), problem]);
  return [...kinds];
}
