// The days of a year as a calendar, and what happened on each. Pure; days are `2026-03-03`.
import type { BackupSummary, History, State } from '../backend';

/** What happened on one day. */
export interface DayFacts {
  day: string;
  /** The worst of the day. A failed run with a backup beside it was tried again: attention. */
  state: Extract<State, 'good' | 'attention' | 'problem'>;
  backups: BackupSummary[];
  /** Runs that failed and made no backup. */
  failed: number;
}

export interface Month {
  year: number;
  /** 0 to 11. */
  month: number;
  /** Weeks of seven; null where a day belongs to another month. */
  weeks: (string | null)[][];
}

export function dayName(year: number, month: number, date: number): string {
  return `${String(year).padStart(4, '0')}-${String(month + 1).padStart(2, '0')}-${String(date).padStart(2, '0')}`;
}

/** Noon of that day, local time. */
export function dateOf(day: string): Date {
  const [year, month, date] = day.split('-').map(Number);
  return new Date(year ?? 1970, (month ?? 1) - 1, date ?? 1, 12);
}

export function dayOf(date: Date): string {
  return dayName(date.getFullYear(), date.getMonth(), date.getDate());
}

export function addDays(day: string, days: number): string {
  const date = dateOf(day);
  return dayOf(new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, 12));
}

/** So many months up to and with the one of `today`, oldest first. Weeks begin on `firstWeekday`: 0 for Sunday. */
export function monthsUntil(today: string, months: number, firstWeekday: number): Month[] {
  const last = dateOf(today);
  return Array.from({ length: months }, (_, index) => {
    const begin = new Date(last.getFullYear(), last.getMonth() - (months - 1 - index), 1, 12);
    const [year, month] = [begin.getFullYear(), begin.getMonth()];
    const days = new Date(year, month + 1, 0, 12).getDate();
    const cells: (string | null)[] = Array.from({ length: (begin.getDay() - firstWeekday + 7) % 7 }, () => null);
    for (let date = 1; date <= days; date += 1) cells.push(dayName(year, month, date));
    while (cells.length % 7) cells.push(null);
    return { year, month, weeks: Array.from({ length: cells.length / 7 }, (_, w) => cells.slice(w * 7, w * 7 + 7)) };
  });
}

/** 0 for Sunday to 6. Monday where nobody can say. */
export function firstWeekday(locale: string): number {
  const asked = new Intl.Locale(locale) as Intl.Locale & {
    getWeekInfo?: () => { firstDay: number };
    weekInfo?: { firstDay: number };
  };
  return (asked.getWeekInfo?.() ?? asked.weekInfo ?? { firstDay: 1 }).firstDay % 7;
}

/** The plans that have backups, in the order of their names. */
export function plansOf(history: History): string[] {
  return [...new Set(history.backups.map((backup) => backup.plan))].sort();
}

const RANK = { good: 0, attention: 1, problem: 2 };

/** What happened on each day on which anything did. Backups stay newest first. */
export function factsByDay(backups: BackupSummary[], failed: [string, number][]): Map<string, DayFacts> {
  const days = new Map<string, DayFacts>();
  for (const backup of backups) {
    const state = backup.state === 'problem' || backup.state === 'attention' ? backup.state : 'good';
    const facts = days.get(backup.day);
    if (!facts) days.set(backup.day, { day: backup.day, state, backups: [backup], failed: 0 });
    else {
      facts.backups.push(backup);
      if (RANK[state] > RANK[facts.state]) facts.state = state;
    }
  }
  for (const [day, count] of failed) {
    const facts = days.get(day);
    if (!facts) days.set(day, { day, state: 'problem', backups: [], failed: count });
    else {
      facts.failed += count;
      if (facts.state === 'good') facts.state = 'attention';
    }
  }
  return days;
}

/** Where an arrow key leads from a day, between the first and the last; null for other keys. */
export function stepDay(key: string, from: string, first: string, last: string, isRtl: boolean): string | null {
  const side = isRtl ? -1 : 1;
  const date = dateOf(from);
  const monthDay = (months: number) => {
    const end = new Date(date.getFullYear(), date.getMonth() + months + 1, 0, 12).getDate();
    return dayOf(new Date(date.getFullYear(), date.getMonth() + months, Math.min(date.getDate(), end), 12));
  };
  const to =
    key === 'ArrowRight'
      ? addDays(from, side)
      : key === 'ArrowLeft'
        ? addDays(from, -side)
        : key === 'ArrowDown'
          ? addDays(from, 7)
          : key === 'ArrowUp'
            ? addDays(from, -7)
            : key === 'PageDown'
              ? monthDay(1)
              : key === 'PageUp'
                ? monthDay(-1)
                : key === 'Home'
                  ? first
                  : key === 'End'
                    ? last
                    : null;
  if (to === null) return null;
  return to < first ? first : to > last ? last : to;
}
