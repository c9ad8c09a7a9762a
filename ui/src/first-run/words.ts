// Times in words.
import type { Times } from '../backend';
import { timeOfDay, weekday } from '../format';
import { t } from '../sentences';

/** "every day at 2:00", to stand in a sentence. */
export function timesInWords(times: Times): string {
  switch (times.each) {
    case 'hour':
      return t('times-hour');
    case 'day':
      return t('times-day', { time: timeOfDay(times.minute) });
    case 'week':
      return t('times-week', { weekday: weekday(times.weekday), time: timeOfDay(times.minute) });
    case 'never':
      return t('times-never');
    case 'other':
      return times.text;
  }
}
