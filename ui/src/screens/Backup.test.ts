import { screen, within } from '@testing-library/svelte';
import { expect, test } from 'vitest';
import { asked, begin, click, expectAccessible } from '../../test/screens';
import { view } from '../state.svelte';
import Backup from './Backup.svelte';

const NEWEST = 'family_20260303_020500';
const SECOND = 'family_20260302_020500';

test('it says when, how it is, what is in it, where it is, what keeps it and since when it is proven', async () => {
  await begin(Backup, { name: 'backup', backup: SECOND });
  expect((await screen.findByRole('heading', { level: 1 })).textContent).toMatch(
    /^Backup of Monday,? 2 March 2026, 0?2:05$/,
  );
  expect(screen.getByTestId('backup-state').textContent).toBe('3 files could not be read.');
  expect(screen.getByTestId('backup-places').textContent).toContain('This computer');
  expect(screen.getByTestId('backup-places').textContent).toContain('Blue drive');
  expect(screen.getByTestId('backup-keeps').textContent).toContain('last one of its day');
  expect(screen.getByTestId('backup-proven').textContent).toContain('Proven: Sunday');
  expect(screen.getByTestId('source-recipes').textContent).toContain('was not found that day');
  await expectAccessible();
});

test('problems are named with what they mean, and names are text', async () => {
  await begin(Backup, { name: 'backup', backup: SECOND });
  const list = await screen.findByTestId('problems-unreadable');
  expect(list.textContent).toContain('documents/Mail/inbox <b>1</b>.mbox');
  expect(list.querySelector('b')).toBeNull();
  expect(document.body.textContent).toContain('so they are not in this backup');
});

test('what came is listed page by page, and each file leads to its restore', async () => {
  const backend = await begin(Backup, { name: 'backup', backup: SECOND });
  await click('change-came');
  const list = await screen.findByTestId('changes-came');
  expect(asked(backend, 'changes')).toEqual([{ ask: 'changes', name: SECOND, kind: 'came', offset: 0, limit: 200 }]);
  await expectAccessible();
  within(list).getAllByRole('button')[0]!.click();
  expect(view.page).toEqual({ name: 'restore', backup: SECOND, path: 'photos/Lake 2026/IMG_4000.jpg' });
});

test('what went is brought back from the backup before', async () => {
  await begin(Backup, { name: 'backup', backup: NEWEST }, 'good', {
    changes: () => ({ total: 1, files: [{ path: 'photos/a.jpg', shown: 'photos/a.jpg', bytes: 1 }] }),
  });
  await click('change-went');
  within(await screen.findByTestId('changes-went'))
    .getByRole('button')
    .click();
  expect(view.page).toEqual({ name: 'restore', backup: SECOND, path: 'photos/a.jpg' });
});

test('it leads to its neighbours and to the restore', async () => {
  await begin(Backup, { name: 'backup', backup: NEWEST });
  expect(((await screen.findByTestId('backup-after')) as HTMLButtonElement).disabled).toBe(true);
  await click('backup-before');
  expect(view.page.backup).toBe(SECOND);
  await screen.findByText(/Monday,? 2 March/);
  await click('restore-from-this');
  expect(view.page).toEqual({ name: 'restore', backup: SECOND });
});

test('it is deleted only after a question, and is gone when its own job has ended', async () => {
  let end = () => {};
  const backend = await begin(Backup, { name: 'backup', backup: SECOND }, 'good', {
    'delete-backup': () => {
      end = () =>
        backend.tell({
          event: {
            event: 'job-ended',
            value: {
              job: 77,
              kind: 'tidy-up',
              about: null,
              outcome: 'good',
              said: { id: 'deleted' },
              detail: null,
              problems: [],
              problem_count: 0,
              backup: null,
              files: 0,
              bytes: 0,
              place: null,
              undo: null,
            },
          },
        });
      return 77;
    },
  });
  await click('delete-backup');
  const dialog = screen.getByRole('dialog', { hidden: true });
  expect(dialog.textContent).toMatch(/Monday,? 2 March 2026, 0?2:05/);
  expect(dialog.textContent).toMatch(/That gives .*B back/);
  await expectAccessible();
  await click('delete-keep');
  expect(asked(backend, 'delete-backup')).toEqual([]);
  await click('delete-backup');
  await click('delete-confirm');
  expect(asked(backend, 'delete-backup')).toEqual([{ ask: 'delete-backup', name: SECOND }]);
  expect(screen.queryByTestId('backup-deleted')).toBeNull();
  end();
  expect(await screen.findByTestId('backup-deleted')).toBeTruthy();
  await expectAccessible();
});

test('the last good one is not deleted, and it says why', async () => {
  const backend = await begin(Backup, { name: 'backup', backup: NEWEST }, 'one');
  await click('delete-backup');
  expect(screen.getByTestId('delete-refused').textContent).toContain('It is the last good one.');
  expect(screen.queryByTestId('delete-confirm')).toBeNull();
  await click('delete-close');
  expect(asked(backend, 'delete-backup')).toEqual([]);
});
