import { afterEach, describe, expect, test } from 'vitest';
import { age, bytes, count, daysAgo, list, longDay, moment, range, setClock, time, timeOfDay, weekday } from './format';
import { speak } from './sentences';

const now = new Date(2026, 2, 3, 9, 30);
const at = (month: number, day: number, hour = 2, minute = 5, year = 2026) =>
  new Date(year, month - 1, day, hour, minute).getTime() / 1000;
/** With plain spaces. */
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ');

setClock(() => now);
afterEach(() => speak('en', 'en-GB'));

describe('as people of the language write it', () => {
  test('sizes', () => {
    expect([0, 999, 999_500, 1_500, 99_949_000, 99_951_000, 2.1e9, 3e12].map((size) => plain(bytes(size)))).toEqual([
      '0 B',
      '999 B',
      '1 MB',
      '1.5 kB',
      '99.9 MB',
      '100 MB',
      '2.1 GB',
      '3 TB',
    ]);
    speak('de', 'de-DE');
    expect(plain(bytes(2.1e9))).toBe('2,1 GB');
    expect(count(12_431)).toBe('12.431');
  });

  test('moments', () => {
    expect(moment(at(3, 3))).toBe('today 2:05');
    expect(moment(at(3, 2, 23, 59))).toBe('yesterday 23:59');
    expect(moment(at(3, 4))).toBe('tomorrow 2:05');
    expect(moment(at(2, 26))).toBe('Thursday 2:05');
    expect(moment(at(2, 24))).toBe('24 February');
    expect(moment(at(2, 24, 2, 5, 2024))).toBe('24 February 2024');
    expect(longDay(at(3, 3))).toBe('Tuesday, 3 March 2026');
    speak('de', 'de-DE');
    expect(moment(at(3, 3))).toBe('heute, 2:05 Uhr');
    expect(moment(at(2, 24))).toBe('24. Februar');
  });

  test('clocks of 12 hours', () => {
    speak('en', 'en-US', null);
    expect(plain(time(at(3, 3, 14)))).toBe('2:05 PM');
    speak('en', 'en-US', false);
    expect(time(at(3, 3, 14))).toBe('14:05');
  });

  test('days are counted by the calendar, also over the change of the clocks', () => {
    setClock(() => new Date(2026, 2, 30, 0, 10));
    expect(daysAgo(at(3, 29, 23, 50))).toBe(1);
    expect(daysAgo(at(3, 28, 23, 50))).toBe(2);
    setClock(() => now);
  });

  test('ages and what is left', () => {
    expect([20, 5_399, 5_401, 3 * 3600, 2 * 86_400, 12.9 * 86_400].map((secs) => age(secs))).toEqual([
      '1 minute',
      '90 minutes',
      '2 hours',
      '3 hours',
      '2 days',
      '12 days',
    ]);
    expect(range(200, 290)).toBe('3–5 minutes');
    expect(range(118, 119)).toBe('1–2 minutes');
    expect(range(12, 28)).toBe('10–30 seconds');
    expect(range(3600, 7100)).toBe('1–2 hours');
    speak('de', 'de-DE');
    expect(range(200, 290)).toBe('3–5 Minuten');
  });

  test('days of the week, times of the day, and things in a row', () => {
    expect([1, 7].map(weekday)).toEqual(['Monday', 'Sunday']);
    expect(timeOfDay(125)).toBe('2:05');
    expect(list(['Photos', 'Documents', 'Recipes'])).toBe('Photos, Documents and Recipes');
  });
});
