// The log as text: for a page, and for the one who helps.
import type { ActivityEntry } from '../backend';
import { longDay, time } from '../format';
import { say, t } from '../sentences';

/** Entries of one day, newest first. */
export interface Day {
  /** The whole date in words. */
  title: string;
  entries: ActivityEntry[];
}

export function byDay(entries: ActivityEntry[]): Day[] {
  const days: Day[] = [];
  for (const entry of entries) {
    const title = longDay(entry.at);
    const last = days.at(-1);
    if (last?.title === title) last.entries.push(entry);
    else days.push({ title, entries: [entry] });
  }
  return days;
}

/** One line of it. */
const oneLine = (text: string) => text.replace(/\s*\n\s*/g, ' / ');

/** A text that helps: version, times with their zone, sentences and details. It holds no settings and no secrets. */
export function exported(entries: ActivityEntry[], version: string, isAll: boolean): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const lines = [`${t('log-export-head', { version })}`, `${new Date().toISOString()} (${zone})`, ''];
  for (const day of byDay(entries)) {
    lines.push(day.title);
    for (const entry of day.entries) {
      lines.push(`  ${time(entry.at)}  [${t(`log-state-${entry.state}`)}] ${oneLine(say(entry.said))}`);
      lines.push(`      ${new Date(entry.at * 1000).toISOString()} ${entry.kind} ${entry.said.id}`);
      if (entry.backup) lines.push(`      ${entry.backup}`);
      if (entry.detail) lines.push(`      ${oneLine(entry.detail)}`);
    }
    lines.push('');
  }
  if (!isAll) lines.push(t('log-export-more'));
  return lines.join('\n');
}
