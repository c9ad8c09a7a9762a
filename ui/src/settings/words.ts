// What settings mean, in words.
import type { Keep, PlanView, Times } from '../backend';
import { t } from '../sentences';
import { time } from '../format';

/** The minute of a day as clocks show it. */
export function clockTime(minute: number): string {
  return time(new Date(2026, 0, 5, Math.floor(minute / 60), minute % 60).getTime() / 1000);
}

/** As a field for times has it: `02:05`. */
export function fieldTime(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

/** The minute that such a field says; null while it says none. */
export function minuteOf(text: string): number | null {
  const parts = /^(\d{1,2}):(\d{2})/.exec(text);
  return parts ? Number(parts[1]) * 60 + Number(parts[2]) : null;
}

export function timesWords(times: Times | null, schedule: string): string {
  switch (times?.each) {
    case 'hour':
      return t('settings-each-hour');
    case 'day':
      return t('settings-each-day', { time: clockTime(times.minute) });
    case 'week':
      return t('settings-each-week', { day: t(`settings-weekday-${times.weekday}`), time: clockTime(times.minute) });
    case 'never':
      return t('settings-each-never');
    default:
      return t('settings-each-other', { text: times?.each === 'other' ? times.text : schedule });
  }
}

export function keepWords(keep: Keep): string {
  if (keep.by === 'last') return t('settings-keep-last', { count: keep.last });
  if (keep.by === 'days') return t('settings-keep-days', { count: keep.days });
  const parts = (['daily', 'weekly', 'monthly'] as const)
    .filter((part) => keep[part] > 0)
    .map((part) => t(`settings-keep-${part}`, { count: keep[part] }));
  const list = new Intl.ListFormat(document.documentElement.lang || 'en', { type: 'conjunction' }).format(parts);
  return t('settings-keep-tiered', { list });
}

/** What a pattern leaves out. */
export function patternWords(pattern: string): string {
  const bare = pattern.replace(/^!/, '');
  const name = bare.replace(/\/$/, '').replace(/^\//, '');
  const ending = /^\*(\.[^*?[\]/]+)$/.exec(bare);
  if (pattern.startsWith('!')) return t('settings-pattern-back', { name: bare });
  if (ending) return t('settings-pattern-ending', { ending: ending[1]! });
  if (/[*?[\]]/.test(name)) return t('settings-pattern-like', { name: bare });
  if (bare.startsWith('/')) return t('settings-pattern-top', { name });
  return t(bare.endsWith('/') ? 'settings-pattern-folder' : 'settings-pattern-name', { name });
}

/** All sources of all plans go on: nothing of this plan is paused. */
export function isResting(plan: PlanView): boolean {
  return plan.is_paused || plan.sources.every((source) => source.is_paused);
}
