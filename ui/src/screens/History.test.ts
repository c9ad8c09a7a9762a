import { screen, within } from '@testing-library/svelte';
import { expect, test } from 'vitest';
import { begin, click, expectAccessible, person } from '../../test/screens';
import { view } from '../state.svelte';
import History from './History.svelte';

test('a year is told by days: well, with problems, failed, and without a backup', async () => {
  await begin(History, { name: 'history' });
  const today = await screen.findByTestId('calendar-day-2026-03-03');
  expect(today.getAttribute('aria-label')).toMatch(/^Tuesday,? 3 March 2026: 1 backup\. All is well\.$/);
  expect(today.className).toContain('good');
  const yesterday = screen.getByTestId('calendar-day-2026-03-02');
  expect(yesterday.getAttribute('aria-label')).toContain('3 files could not be read.');
  expect(yesterday.querySelector('path')!.getAttribute('d')).not.toBe(today.querySelector('path')!.getAttribute('d'));
  const away = screen.getByTestId('calendar-day-2025-07-20');
  expect(away.getAttribute('aria-label')).toContain('No backup.');
  const failed = document.querySelectorAll('button.problem[aria-label*="failed that day"]');
  expect(failed.length).toBeGreaterThan(0);
  await expectAccessible();
});

test('days are gone through with arrows, one of them reached by Tab, and said below', async () => {
  await begin(History, { name: 'history' });
  const today = await screen.findByTestId('calendar-day-2026-03-03');
  expect(document.querySelectorAll('[data-day][tabindex="0"]')).toHaveLength(1);
  today.focus();
  await person.keyboard('{ArrowLeft}');
  expect(document.activeElement).toBe(screen.getByTestId('calendar-day-2026-03-02'));
  await person.keyboard('{ArrowUp}');
  expect(document.activeElement).toBe(screen.getByTestId('calendar-day-2026-02-23'));
  expect(document.querySelector('.told')!.textContent).toMatch(/Monday,? 23 February 2026/);
  await person.keyboard('{Enter}');
  expect(view.page).toEqual({ name: 'backup', backup: 'family_20260223_020500' });
});

test('a thousand backups are a list of which only some are drawn', async () => {
  await begin(History, { name: 'history' }, 'thousand');
  const list = await screen.findByTestId('backup-list');
  const rows = within(list).getAllByRole('listitem');
  expect(rows.length).toBeLessThan(40);
  expect(rows[0]!.getAttribute('aria-setsize')).toMatch(/^9\d\d$/);
  within(list).getAllByRole('button')[0]!.focus();
  await person.keyboard('{End}');
  const last = document.activeElement!.closest('[role=listitem]')!;
  expect(last.getAttribute('aria-posinset')).toBe(last.getAttribute('aria-setsize'));
});

test('a day with several backups lists them, and all days come back', async () => {
  await begin(History, { name: 'history' }, 'two-plans');
  await click('calendar-day-2026-03-03');
  expect(screen.getByTestId('history-list-title').textContent).toMatch(/Tuesday,? 3 March 2026/);
  expect(screen.getByTestId('backup-row-letters_20260303_030500')).toBeTruthy();
  expect(within(screen.getByTestId('backup-list')).getAllByRole('listitem')).toHaveLength(2);
  await click('history-all-days');
  expect(within(screen.getByTestId('backup-list')).getAllByRole('listitem').length).toBeGreaterThan(5);
});

test('one plan of several can be looked at alone', async () => {
  await begin(History, { name: 'history' }, 'two-plans');
  await person.selectOptions(await screen.findByTestId('history-plan'), 'letters');
  expect(screen.getByTestId('backup-row-letters_20260303_030500')).toBeTruthy();
  expect(screen.queryByTestId('backup-row-family_20260303_020500')).toBeNull();
  await expectAccessible();
});

test('without a backup it says what will be here', async () => {
  await begin(History, { name: 'history' }, 'empty');
  expect((await screen.findByTestId('history-empty')).textContent).toContain('No backup yet.');
  await expectAccessible();
});

test('a refusal stands there in words and can be tried again', async () => {
  let isWell = false;
  const backend = await begin(History, { name: 'history' }, 'good', {
    history: () => {
      if (!isWell) throw new Error('catalog is locked');
      return { backups: [], failed: [], space: [] };
    },
  });
  expect((await screen.findByTestId('refusal')).textContent).toContain('That did not work.');
  await expectAccessible();
  isWell = true;
  await click('refusal-retry');
  expect(await screen.findByTestId('history-empty')).toBeTruthy();
  expect(backend.asked.filter(({ ask }) => ask === 'history').length).toBeGreaterThan(1);
});
