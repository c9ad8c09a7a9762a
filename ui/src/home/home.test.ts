import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { asked, expectAccessible, playScene, tellStatus } from '../../test/window';
import App from '../App.svelte';
import { Refused, type Reason } from '../backend';
import { quietStatus, running, UNREAD } from '../backend/fake/home';
import { NOW_SECS } from '../backend/fake/now';
import { view } from '../state.svelte';

afterEach(cleanup);
const user = userEvent.setup();

/** What stands there, with plain spaces. */
const read = (id: string) => screen.getByTestId(id).textContent?.replaceAll('\u00a0', ' ') ?? '';

async function home(scene: string, answers = {}) {
  const one = playScene(scene, answers);
  render(App);
  await screen.findByTestId('health-sentence');
  return one;
}

describe('home', () => {
  test('says how things stand, and backs up at a click', async () => {
    const one = await home('good', { 'back-up-now': () => null });
    expect(screen.getByTestId('health-sentence').dataset['state']).toBe('good');
    expect(screen.getByTestId('newest-backup').textContent).toContain('today 2:06');
    const card = await screen.findByTestId('source-card-Photos');
    expect(card.textContent).toContain('12,431 photos and videos');
    expect(card.textContent).toContain('214 new');
    expect(screen.getByTestId('source-card-Documents').textContent).toContain('3,208 files');
    expect(screen.getByTestId('source-card-Documents').textContent).toContain('Nothing new');
    expect(read('place-card-home')).toContain('7 backups, 96.4 GB');
    expect(read('place-card-home')).toContain('412 GB free');
    await user.click(screen.getByTestId('back-up-now'));
    expect(asked(one, 'back-up-now')).toEqual([{ ask: 'back-up-now', plan: null }]);
  });

  test('the one advised thing is the button, a backup the other', async () => {
    const one = await home('attention', { 'copy-now': () => null });
    await user.click(screen.getByTestId('advised-action'));
    expect(asked(one, 'copy-now')).toEqual([{ ask: 'copy-now', place: 'Blue drive' }]);
    expect(screen.getByTestId('back-up-now').textContent).toContain('Back up now');
    // What else is not good stands below, once.
    expect(screen.getByTestId('reason-unread')).toBeTruthy();
    expect(screen.queryByTestId('reason-copy-old')).toBeNull();
  });

  test('a backup that is being made is not advised', async () => {
    const one = await home('busy');
    const said = { id: 'health-never-backed-up', args: { name: { kind: 'text' as const, value: 'family' } } };
    const missing: Reason = {
      ...{ rule: 'never-backed-up', plan: 'family', source: null, place: null, said, detail: null },
      ...{ state: 'attention', action: 'back-up-now' },
    };
    const others = { ...missing, plan: 'others' };
    tellStatus(one, quietStatus({ state: 'busy', job: running({ about: 'family' }), reasons: [missing, others] }));
    expect(await screen.findAllByTestId('reason-never-backed-up')).toHaveLength(1);
    tellStatus(one, quietStatus({ state: 'busy', job: running({ about: 'family' }), reasons: [missing] }));
    await waitFor(() => expect(screen.queryByTestId('reason-never-backed-up')).toBeNull());
    const failed: Reason = { ...missing, rule: 'run-failed', state: 'problem' };
    tellStatus(one, quietStatus({ state: 'problem', job: running({ about: 'family' }), reasons: [failed] }));
    await screen.findByTestId('reason-run-failed');
  });

  test('a place that does not answer is said to be so, and is asked again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { home: played } = await import('../backend/fake/home');
      const all = await played('good').home!({ ask: 'home' });
      let answers = false;
      const one = await home('good', {
        home: () => ({
          ...all,
          places: all.places.map((place) => (place.is_home ? { ...place, answers, is_there: answers } : place)),
        }),
      });
      await waitFor(() => expect(read('place-card-home')).toContain('does not answer now'));
      expect(read('place-card-home')).not.toContain('free');
      answers = true;
      await vi.advanceTimersByTimeAsync(5000);
      await waitFor(() => expect(read('place-card-home')).not.toContain('does not answer now'));
      const times = asked(one, 'home').length;
      await vi.advanceTimersByTimeAsync(60_000);
      expect(asked(one, 'home')).toHaveLength(times);
    } finally {
      vi.useRealTimers();
    }
  });

  test('files that could not be read are named', async () => {
    await home('attention');
    await user.click(await screen.findByTestId('unread-Photos'));
    const dialog = screen.getByTestId('unread-dialog');
    for (const { path } of UNREAD) expect(dialog.textContent).toContain(path);
    expect(document.activeElement?.textContent).toBe('3 files in Photos could not be read');
    await expectAccessible();
    await user.click(screen.getByTestId('dialog-close'));
    expect(screen.queryByTestId('unread-dialog')).toBeNull();
  });

  test('the reason of unread files opens the same list', async () => {
    await home('attention');
    await screen.findByTestId('source-card-Photos');
    await user.click(screen.getByTestId('reason-action'));
    expect(screen.getByTestId('unread-dialog').textContent).toContain('grandfather.tif');
  });

  test('many changes are confirmed only after a question', async () => {
    const one = await home('changed', { 'confirm-changes': () => null });
    await user.click(screen.getByTestId('advised-action'));
    expect(asked(one, 'confirm-changes')).toEqual([]);
    await expectAccessible();
    await user.click(screen.getByTestId('changes-mine'));
    expect(asked(one, 'confirm-changes')).toEqual([{ ask: 'confirm-changes', plan: 'family' }]);
  });

  test('looking closer at many changes shows that backup', async () => {
    await home('changed');
    await screen.findByTestId('source-card-Photos');
    await user.click(screen.getByTestId('advised-action'));
    await user.click(screen.getByTestId('changes-look'));
    expect(view.page).toEqual({ name: 'backup', backup: 'family_20260303_020500' });
  });

  test('a running backup shows how far it is, and stops', async () => {
    const one = await home('busy', { stop: () => null });
    expect(read('job-facts')).toBe('5,204 of 12,471 files · 35.6 GB of 84.2 GB · 212 MB/s');
    expect(screen.getByTestId('job-left').textContent).toBe('about 3–5 minutes left');
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('42');
    expect(screen.queryByTestId('back-up-now')).toBeNull();
    await user.click(screen.getByTestId('stop-job'));
    expect(asked(one, 'stop')).toHaveLength(1);
    expect(screen.getByTestId<HTMLButtonElement>('stop-job').disabled).toBe(true);
  });

  test('screen readers hear of a quarter, not of each tick', async () => {
    const one = await home('busy');
    const heard = () => screen.getByTestId('job-progress').querySelector('[role=status]')?.textContent;
    expect(heard()).toBe('Backing up, 25 percent done');
    tellStatus(one, quietStatus({ state: 'busy', job: running({ bytes: 38e9 }) }));
    await waitFor(() => expect(read('job-facts')).toContain('38 GB'));
    expect(heard()).toBe('Backing up, 25 percent done');
    tellStatus(one, quietStatus({ state: 'busy', job: running({ bytes: 43e9 }) }));
    await waitFor(() => expect(heard()).toBe('Backing up, 50 percent done'));
  });

  test('a refusal stands where it happened', async () => {
    await home('good', {
      'back-up-now': () => {
        throw new Refused({ kind: 'not-now', said: { id: 'refused-window' }, detail: 'another run has the lock' });
      },
    });
    await user.click(screen.getByTestId('back-up-now'));
    const refusal = await screen.findByTestId('refusal');
    expect(refusal.textContent).toContain('That did not work.');
    expect(refusal.textContent).toContain('another run has the lock');
  });

  test('the end of a job is told, with its problems', async () => {
    const one = await home('good');
    const end = { job: 42, kind: 'backup', about: 'family', outcome: 'with-problems', said: { id: 'refused-window' } };
    const more = {
      detail: null,
      problems: UNREAD,
      problem_count: 3,
      backup: null,
      files: 9,
      bytes: 9,
      place: null,
      undo: null,
    };
    one.tell({ event: { event: 'job-ended', value: { ...end, ...more } as never } });
    await user.click(await screen.findByTestId('job-result-problems'));
    expect(screen.getByTestId('unread-dialog').textContent).toContain('IMG_2041.JPG');
    await user.click(screen.getByTestId('dialog-close'));
    await user.click(screen.getByTestId('job-result-dismiss'));
    expect(screen.queryByTestId('job-result')).toBeNull();
  });

  test('what changed is asked for again', async () => {
    const one = await home('good');
    await screen.findByTestId('source-card-Photos');
    const before = asked(one, 'home').length;
    one.tell({ event: { event: 'changed', value: {} } });
    await waitFor(() => expect(asked(one, 'home')).toHaveLength(before + 1));
  });

  test('a pause is shown, and ends at a click', async () => {
    const one = await home('paused');
    expect(screen.getByTestId('paused').textContent).toContain('today 10:20');
    await user.click(screen.getByTestId('resume'));
    expect(asked(one, 'resume')).toHaveLength(1);
    await waitFor(() => expect(screen.queryByTestId('paused')).toBeNull());
    await user.click(screen.getByTestId('pause-tomorrow'));
    expect(asked(one, 'pause')).toEqual([{ ask: 'pause', until: 'tomorrow' }]);
  });

  test('why a backup waits stands in place of its time', async () => {
    await home('overdue');
    expect(screen.getByTestId('next-backup').textContent).toContain('until the computer is plugged in');
  });

  test('whoever may only look is not offered what is not theirs', async () => {
    const one = await home('look-only');
    expect(screen.getByTestId('look-only')).toBeTruthy();
    const reason = { rule: 'many-changed', plan: 'family', source: null, place: null, detail: null } as const;
    const asks = { ...reason, said: { id: 'refused-window' }, state: 'attention', action: 'confirm-changes' } as const;
    tellStatus(one, quietStatus({ state: 'attention', reasons: [asks], may_change: false }));
    await waitFor(() => expect(screen.getByTestId('health-sentence').dataset['state']).toBe('attention'));
    expect(screen.queryByTestId('advised-action')).toBeNull();
    expect(screen.getByTestId('back-up-now')).toBeTruthy();
  });

  test('names that try to be a page stay text', async () => {
    await home('long-names');
    expect((await screen.findByTestId('source-card-<b>Rezepte</b> & "mehr"')).querySelector('b')).toBeNull();
  });

  test('an old newest backup is said by its day', async () => {
    const one = await home('good');
    tellStatus(one, quietStatus({ newest_backup: NOW_SECS - 40 * 86_400 }));
    await waitFor(() => expect(screen.getByTestId('newest-backup').textContent).toContain('22 January'));
  });

  test.each([
    'good',
    'attention',
    'problem',
    'busy',
    'overdue',
    'changed',
    'lost',
    'paused',
    'long-names',
    'look-only',
  ])('axe finds nothing: %s', async (scene) => {
    await home(scene);
    if (scene !== 'lost') await screen.findByTestId('place-card-home');
    await expectAccessible();
  });
});
