import { describe, expect, test } from 'vitest';
import type { BackupSummary } from '../backend';
import { addDays, factsByDay, firstWeekday, monthsUntil, stepDay } from './days';
import { niceTop, steps } from './space';

function backup(day: string, state: BackupSummary['state'] = 'good'): BackupSummary {
  const counts = { files: 1, pictures: 0, bytes: 1 };
  return {
    name: `family_${day}`,
    plan: 'family',
    computer: null,
    at: new Date(`${day}T02:05:00`).getTime() / 1000,
    day,
    state,
    counts,
    new_bytes: 1,
    stored_bytes: 1,
    problem_count: 0,
  };
}

describe('the calendar', () => {
  test('has twelve months up to today, with their days in the weeks where they belong', () => {
    const months = monthsUntil('2026-03-03', 12, 1);
    expect(months.map(({ year, month }) => `${year}-${month + 1}`)).toEqual(
      '2025-4 2025-5 2025-6 2025-7 2025-8 2025-9 2025-10 2025-11 2025-12 2026-1 2026-2 2026-3'.split(' '),
    );
    const march = months[11]!;
    // 1 March 2026 is a Sunday: the last of its week where weeks begin on Monday, the first where on Sunday.
    expect(march.weeks[0]).toEqual([null, null, null, null, null, null, '2026-03-01']);
    expect(monthsUntil('2026-03-03', 1, 0)[0]!.weeks[0]![0]).toBe('2026-03-01');
    expect(march.weeks.flat().filter(Boolean)).toHaveLength(31);
    expect(months.every(({ weeks }) => weeks.every((week) => week.length === 7))).toBe(true);
  });

  test('knows leap days, and days when the clock changes', () => {
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(addDays('2026-03-28', 2)).toBe('2026-03-30');
    expect(addDays('2025-10-25', 2)).toBe('2025-10-27');
    expect(monthsUntil('2024-02-10', 1, 1)[0]!.weeks.flat().filter(Boolean)).toHaveLength(29);
  });

  test('begins weeks as the country does', () => {
    expect(firstWeekday('de-DE')).toBe(1);
    expect(firstWeekday('en-US')).toBe(0);
  });

  test('shows the worst of a day, and never calls a day with a failed run good', () => {
    const days = factsByDay(
      [backup('2026-03-03'), backup('2026-03-02', 'attention'), backup('2026-03-02', 'problem'), backup('2026-03-01')],
      [
        ['2026-03-01', 1],
        ['2026-02-28', 3],
      ],
    );
    expect(days.get('2026-03-03')!.state).toBe('good');
    expect(days.get('2026-03-02')!.state).toBe('problem');
    expect(days.get('2026-03-02')!.backups).toHaveLength(2);
    expect(days.get('2026-03-01')!.state).toBe('attention');
    expect(days.get('2026-02-28')).toMatchObject({ state: 'problem', failed: 3, backups: [] });
    expect(days.get('2026-02-27')).toBeUndefined();
  });

  test('is gone through with the keyboard, and stays within its days', () => {
    const step = (key: string, from: string, isRtl = false) => stepDay(key, from, '2025-04-01', '2026-03-03', isRtl);
    expect(step('ArrowLeft', '2026-03-01')).toBe('2026-02-28');
    expect(step('ArrowLeft', '2026-03-01', true)).toBe('2026-03-02');
    expect(step('ArrowUp', '2026-03-03')).toBe('2026-02-24');
    expect(step('PageUp', '2025-12-31')).toBe('2025-11-30');
    expect(step('ArrowDown', '2026-03-01')).toBe('2026-03-03');
    expect(step('Home', '2026-03-01')).toBe('2025-04-01');
    expect(step('Enter', '2026-03-01')).toBe(null);
  });
});

describe('the chart of space', () => {
  test('begins at its first day, ends today, and is as high as its bytes', () => {
    const space: [string, number][] = [
      ['2026-03-01', 50],
      ['2026-03-03', 100],
    ];
    expect(steps(space, '2026-03-05', 200)).toEqual([
      [0, 75],
      [500, 50],
      [1000, 50],
    ]);
    expect(steps([], '2026-03-05', 1)).toEqual([]);
  });

  test('has a round number at its top', () => {
    expect(niceTop(127e9)).toBe(200e9);
    expect(niceTop(1e9)).toBe(1e9);
    expect(niceTop(0)).toBe(1);
  });
});
