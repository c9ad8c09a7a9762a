import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test } from 'vitest';
import { asked, expectAccessible, playScene } from '../../test/window';
import App from '../App.svelte';
import { Refused, type JobEnd, type WrongChange } from '../backend';
import type { Answers } from '../backend/fake';
import { NO_SETTINGS } from '../backend/fake/first-run';
import { NOTHING_PROTECTED, quietStatus, running } from '../backend/fake/home';
import { view } from '../state.svelte';

afterEach(cleanup);
const user = userEvent.setup();
const click = async (id: string) => user.click(await screen.findByTestId(id));
const read = (id: string) => screen.getByTestId(id).textContent?.replaceAll('\u00a0', ' ') ?? '';
const step = () => screen.getByTestId('first-run-title').dataset['step'];

async function begin(answers: Answers = {}) {
  const one = playScene('not-set-up', { 'back-up-now': () => null, stop: () => null, ...answers });
  render(App);
  await screen.findByTestId('first-run-source-Pictures');
  return one;
}

const END: JobEnd = {
  ...{ job: 51, kind: 'backup', about: 'family', outcome: 'good', said: { id: 'refused-window' }, detail: null },
  ...{ problems: [], problem_count: 0, backup: 'family_20260303_093000', files: 15_736, bytes: 87.4e9 },
  ...{ place: null, undo: null },
};

/** The cards of places, by their titles. */
function places(): HTMLElement[] {
  return screen.getAllByTestId('first-run-place');
}

describe('the first run', () => {
  test('from what to where to when to the first backup', async () => {
    const one = await begin();
    expect(read('first-run-sum')).toBe('Together: 15,736 files, 87.4 GB');
    await user.click(screen.getByTestId('first-run-source-Desktop'));
    expect(read('first-run-sum')).toBe('Together: 15,679 files, 87.1 GB');
    await click('first-run-next');
    await waitFor(() => expect(places()).toHaveLength(3));
    expect(asked(one, 'suggest-places')[0]!.sources).toEqual(['/home/rosa/Pictures', '/home/rosa/Documents']);
    // A disk of its own with room is chosen to begin with, and what is there already is named.
    expect(places()[0]!.querySelector('input')!.checked).toBe(true);
    expect(read('first-run-existing')).toContain('12 Keepsake backups are here already');
    await click('first-run-next');
    expect(read('first-run-estimate')).toContain('about 87.1 GB');
    expect(read('first-run-estimate')).toContain('Our estimate for a year from now: about 109 GB');
    await user.selectOptions(screen.getByTestId('first-run-time'), '1260');
    await user.click(screen.getByTestId('first-run-keep-days'));
    expect(read('first-run-summary')).toContain('Pictures and Documents will be kept in');
    expect(read('first-run-summary')).toContain('every day at 21:00');
    await click('first-run-begin');
    await waitFor(() => expect(asked(one, 'back-up-now')).toEqual([{ ask: 'back-up-now', plan: 'family' }]));
    expect(asked(one, 'change-settings')).toEqual([
      {
        ask: 'change-settings',
        fingerprint: '',
        changes: [
          { change: 'backup-dir', dir: '/media/rosa/Blue drive/Keepsake' },
          {
            change: 'add-plan',
            plan: 'family',
            times: { each: 'day', minute: 1260 },
            keep: { by: 'days', days: 30 },
            sources: [
              { name: 'Pictures', path: '/home/rosa/Pictures', exclude: [] },
              { name: 'Documents', path: '/home/rosa/Documents', exclude: [] },
            ],
          },
        ],
      },
    ]);
    one.tell({ event: { event: 'status', value: quietStatus({ state: 'busy', job: running({ job: 51 }) }) } });
    await screen.findByTestId('job-progress');
    await expectAccessible();
    one.tell({ event: { event: 'job-ended', value: END } });
    await screen.findByTestId('first-run-done');
    expect(document.querySelector('main')!.textContent).toContain('every day at 21:00');
    await expectAccessible();
    one.tell({ event: { event: 'status', value: quietStatus() } });
    await click('first-run-done');
    expect(view.page.name).toBe('home');
  });

  test('Back, and going elsewhere, lose nothing', async () => {
    await begin();
    await click('first-run-add-folder');
    await screen.findByTestId('first-run-source-Recipes');
    await user.click(screen.getByTestId('first-run-source-Documents'));
    await click('first-run-next');
    await waitFor(() => expect(places()).toHaveLength(3));
    await user.click(places()[1]!.querySelector('input')!);
    await click('first-run-next');
    await user.click(screen.getByTestId('first-run-each-week'));
    await click('first-run-back');
    expect(places()[1]!.querySelector('input')!.checked).toBe(true);
    await click('first-run-back');
    expect(screen.getByTestId<HTMLInputElement>('first-run-source-Recipes').checked).toBe(true);
    expect(screen.getByTestId<HTMLInputElement>('first-run-source-Documents').checked).toBe(false);
    await click('rail-home');
    await click('advised-action');
    expect(screen.getByTestId<HTMLInputElement>('first-run-source-Documents').checked).toBe(false);
    await click('first-run-next');
    await click('first-run-next');
    expect(screen.getByTestId<HTMLInputElement>('first-run-each-week').checked).toBe(true);
  });

  test('a folder is added once, and two of one name get two names', async () => {
    const one = await begin();
    const folders = ['/home/rosa/Recipes', '/home/rosa/Recipes', '/srv/old/Recipes'];
    one.pickFolder = async () => {
      const path = folders.shift()!;
      return { path, shown: path };
    };
    for (let time = 0; time < 3; time += 1) {
      await click('first-run-add-folder');
      await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>('first-run-add-folder').disabled).toBe(false));
    }
    const measured = asked(one, 'measure-folder').map(({ dir }) => dir);
    expect(measured).toEqual(['/home/rosa/Downloads', '/home/rosa/Recipes', '/srv/old/Recipes']);
    expect(screen.getByTestId<HTMLInputElement>('first-run-source-Recipes').checked).toBe(true);
    expect(screen.getByTestId<HTMLInputElement>('first-run-source-Recipes-2').checked).toBe(true);
  });

  test('what is too large to count at once is counted as far as that goes, and said so', async () => {
    const one = await begin();
    await screen.findByText(/at least 8,312 files/);
    // It keeps the name that was suggested for it.
    expect(screen.getByTestId('first-run-source-Downloads')).toBeTruthy();
    expect(asked(one, 'measure-folder')).toEqual([{ ask: 'measure-folder', dir: '/home/rosa/Downloads' }]);
    await click('first-run-source-Downloads');
    expect(read('first-run-sum')).toBe('Together: at least 24,048 files, 129 GB');
    expect(document.querySelector('main')!.textContent).toContain('2 things in it cannot be read');
  });

  test('a folder that cannot be looked at is refused, and not chosen', async () => {
    await begin({
      'measure-folder': () => {
        throw new Refused({ kind: 'not-found', said: { id: 'refused-window' }, detail: 'no such folder' });
      },
    });
    await click('first-run-add-folder');
    expect((await screen.findByTestId('refusal')).textContent).toContain('no such folder');
    expect(screen.queryByTestId('first-run-source-Recipes')).toBeNull();
  });

  test('nothing chosen is said, and nothing is asked', async () => {
    const one = await begin();
    for (const name of ['Pictures', 'Documents', 'Desktop']) await click(`first-run-source-${name}`);
    await click('first-run-next');
    expect(read('first-run-missing')).toBe('Choose at least one thing to protect.');
    expect(step()).toBe('what');
    expect(asked(one, 'suggest-places')).toEqual([]);
  });

  test('the same disk is warned of, and one that is too small is refused', async () => {
    await begin();
    await click('first-run-next');
    await waitFor(() => expect(places()).toHaveLength(3));
    expect(places()[1]!.querySelector('[data-testid=first-run-same-disk]')).toBeTruthy();
    expect(places()[0]!.querySelector('[data-testid=first-run-same-disk]')).toBeNull();
    await user.click(places()[2]!.querySelector('input')!);
    expect(places()[2]!.querySelector('[data-testid=first-run-too-small]')).toBeTruthy();
    await click('first-run-next');
    expect(step()).toBe('where');
    expect(read('first-run-missing')).toContain('does not fit there');
  });

  test('a picked folder on a known disk has its space and its warning, and its backups are named', async () => {
    const one = await begin();
    await click('first-run-next');
    await waitFor(() => expect(places()).toHaveLength(3));
    one.pickFolder = async () => ({ path: '/home/rosa/Safe', shown: '~/Safe' });
    await click('first-run-add-place');
    await waitFor(() => expect(places()).toHaveLength(4));
    expect(asked(one, 'check-settings')[0]!.changes).toEqual([{ change: 'backup-dir', dir: '/home/rosa/Safe' }]);
    expect(places()[3]!.textContent!.replaceAll('\u00a0', ' ')).toContain('412 GB free of 1 TB');
    expect(places()[3]!.querySelector('[data-testid=first-run-same-disk]')).toBeTruthy();
    expect(places()[3]!.querySelector('input')!.checked).toBe(true);
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>('first-run-add-place').disabled).toBe(false));
    one.pickFolder = async () => ({ path: '/media/rosa/Blue drive/Old', shown: '/media/rosa/Blue drive/Old' });
    await click('first-run-add-place');
    await waitFor(() => expect(places()).toHaveLength(5));
    expect(places()[4]!.querySelector('[data-testid=first-run-same-disk]')).toBeNull();
    expect(places()[4]!.textContent).toContain('12 Keepsake backups are here already');
  });

  test('a folder that cannot be used is refused with its sentence', async () => {
    const wrong: WrongChange[] = [{ change: 0, field: 'dir', said: { id: 'refused-window' }, detail: null }];
    await begin({ 'check-settings': () => wrong });
    await click('first-run-next');
    await waitFor(() => expect(places()).toHaveLength(3));
    await click('first-run-add-place');
    expect((await screen.findByRole('alert')).textContent).toContain('That did not work.');
    expect(places()).toHaveLength(3);
  });

  test('settings that are refused lead to their page, and nothing runs', async () => {
    const wrong: WrongChange[] = [{ change: 0, field: 'dir', said: { id: 'refused-window' }, detail: null }];
    const one = await begin({ 'change-settings': () => ({ settings: NO_SETTINGS, wrong }) });
    await click('first-run-next');
    await waitFor(() => expect(places()).toHaveLength(3));
    await click('first-run-next');
    await click('first-run-begin');
    await waitFor(() => expect(step()).toBe('where'));
    expect(screen.getByRole('alert').textContent).toContain('That did not work.');
    expect(asked(one, 'back-up-now')).toEqual([]);
  });

  test('a failed first backup says so, keeps the choices, and is tried again', async () => {
    const one = await begin();
    await click('first-run-next');
    await waitFor(() => expect(places()).toHaveLength(3));
    await click('first-run-next');
    await click('first-run-begin');
    await waitFor(() => expect(asked(one, 'back-up-now')).toHaveLength(1));
    one.tell({ event: { event: 'job-ended', value: { ...END, outcome: 'failed', detail: 'ENOSPC' } } });
    expect((await screen.findByTestId('first-run-failed')).textContent).toContain('ENOSPC');
    await expectAccessible();
    // The plan is there now: it is written anew, and not a second time.
    const there = { name: 'family', schedule: '', times: null, keep: { by: 'last' as const, last: 7 } };
    const plans = [{ ...there, is_paused: false, sources: [] }];
    const dir = '/media/rosa/Blue drive/Keepsake';
    one.answers.settings = () => ({ ...NO_SETTINGS, fingerprint: 'b2', backup_dir: dir, plans });
    await click('first-run-again');
    await waitFor(() => expect(asked(one, 'back-up-now')).toHaveLength(2));
    expect(asked(one, 'change-settings')[1]!.changes.map(({ change }) => change)).toEqual(['remove-plan', 'add-plan']);
    expect(screen.queryByTestId('first-run-failed')).toBeNull();
  });

  test('a plan of somebody else is never replaced', async () => {
    const theirs = { name: 'family', schedule: '', times: null, keep: { by: 'last' as const, last: 7 } };
    const plans = [{ ...theirs, is_paused: false, sources: [] }];
    const one = await begin({ settings: () => ({ ...NO_SETTINGS, plans }) });
    await click('first-run-next');
    await waitFor(() => expect(places()).toHaveLength(3));
    await click('first-run-next');
    await click('first-run-begin');
    await waitFor(() => expect(asked(one, 'back-up-now')).toEqual([{ ask: 'back-up-now', plan: 'family-2' }]));
    const changes = asked(one, 'change-settings')[0]!.changes;
    expect(changes.map(({ change }) => change)).toEqual(['backup-dir', 'add-plan']);
  });

  test('a backup that may not begin now is refused, and can be tried again', async () => {
    let isBusy = true;
    const one = await begin({
      'back-up-now': () => {
        if (isBusy) throw new Refused({ kind: 'not-now', said: { id: 'refused-window' }, detail: 'a job runs' });
        return null;
      },
    });
    await click('first-run-next');
    await waitFor(() => expect(places()).toHaveLength(3));
    await click('first-run-next');
    await click('first-run-begin');
    expect((await screen.findByTestId('refusal')).textContent).toContain('a job runs');
    isBusy = false;
    await click('first-run-again');
    await waitFor(() => expect(screen.queryByTestId('refusal')).toBeNull());
    expect(asked(one, 'back-up-now')).toHaveLength(2);
  });

  test('whoever may only look sets nothing up', async () => {
    const status = { state: 'not-set-up' as const, reasons: [NOTHING_PROTECTED], may_change: false };
    const one = playScene('not-set-up', { status: () => quietStatus(status) });
    render(App);
    await screen.findByTestId('health-sentence');
    expect(view.page.name).toBe('home');
    expect(screen.queryByTestId('advised-action')).toBeNull();
    view.show('first-run');
    await screen.findByText(/ask the one who set Keepsake up/);
    expect(asked(one, 'suggest-sources')).toEqual([]);
  });

  test('axe finds nothing on the three pages, and each title gets the focus', async () => {
    await begin();
    await expectAccessible();
    await click('first-run-next');
    await waitFor(() => expect(places()).toHaveLength(3));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('first-run-title')));
    await expectAccessible();
    await click('first-run-next');
    await user.click(screen.getByTestId('first-run-each-week'));
    await waitFor(() => expect(document.activeElement).not.toBe(document.body));
    await expectAccessible();
  });
});
