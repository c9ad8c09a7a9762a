import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test } from 'vitest';
import { asked, expectAccessible, playScene, tellStatus } from '../../test/window';
import App from '../App.svelte';
import { Refused, type JobEnd } from '../backend';
import type { Answers } from '../backend/fake';
import { aDrive, drivesOf, pluggedDrive } from '../backend/fake/drives';
import { quietStatus, running } from '../backend/fake/home';
import { view } from '../state.svelte';

afterEach(cleanup);
const user = userEvent.setup();
const volume = 'volume-SanDisk Ultra';
/** An agent never uses a job's number twice. */
let number = 70;

async function adopt(answers: Answers = {}, scene = 'drives-asks') {
  number += 2;
  const one = playScene(scene, { 'adopt-drive': () => number, ...answers });
  view.page = { name: 'drives' };
  render(App);
  await user.click(await screen.findByTestId('stranger-use'));
  await screen.findByTestId('drive-name');
  return one;
}
const name = () => screen.getByTestId<HTMLInputElement>('drive-name');

const ended = (rest: Partial<JobEnd> = {}): JobEnd => ({
  ...{ job: number, kind: 'adopt-drive', about: 'Green drive', outcome: 'good', said: { id: 'job-adopt-drive-good' } },
  ...{ detail: null, problems: [], problem_count: 0, backup: null, files: 9, bytes: 9, place: null, undo: null },
  ...rest,
});

describe('a new drive', () => {
  test('gets the next colour that is free, its name, and is locked', async () => {
    const one = await adopt();
    expect(screen.getByTestId<HTMLInputElement>('drive-color-green').checked).toBe(true);
    expect(name().value).toBe('Green drive');
    expect(screen.getByTestId<HTMLInputElement>('adopt-locked').checked).toBe(true);
    expect(document.body.textContent).toContain('If the drive is lost on a bus, nobody can read it.');
    await expectAccessible();
    await user.click(screen.getByTestId('adopt-begin'));
    expect(asked(one, 'adopt-drive')).toEqual([
      { ask: 'adopt-drive', volume, name: 'Green drive', color: 'green', is_encrypted: true },
    ]);
  });

  test('its name goes with its colour until another is typed; it need not be locked', async () => {
    const one = await adopt();
    await user.click(screen.getByTestId('drive-color-purple'));
    await waitFor(() => expect(name().value).toBe('Purple drive'));
    await user.clear(name());
    await user.type(name(), "Oma's drive ");
    await user.click(screen.getByTestId('drive-color-black'));
    await user.click(screen.getByTestId('adopt-open'));
    expect(name().value).toBe("Oma's drive ");
    await user.click(screen.getByTestId('adopt-begin'));
    expect(asked(one, 'adopt-drive')).toEqual([
      { ask: 'adopt-drive', volume, name: "Oma's drive", color: 'black', is_encrypted: false },
    ]);
  });

  test('a name that is taken is not suggested, and not accepted', async () => {
    const named = aDrive('Green drive', { color: 'blue' });
    await adopt({ drives: () => ({ ...drivesOf('drives-asks').page, drives: [named] }) });
    expect(name().value).toBe('Green drive 2');
    await user.clear(name());
    await user.type(name(), 'green drive');
    expect(screen.getByTestId<HTMLButtonElement>('adopt-begin').disabled).toBe(true);
    expect(screen.getByTestId('drive-name-wrong').textContent).toContain('There is a green drive already.');
  });

  test('one that is too small for everything is said to be', async () => {
    await adopt();
    expect(screen.getByTestId('adopt-room').textContent).toContain('more than this drive has');
    cleanup();
    await adopt({}, 'drives-first');
    expect(screen.getByTestId('adopt-room').textContent).not.toContain('more than this drive has');
  });

  test('one that was pulled out is gone, and nothing is asked', async () => {
    const one = await adopt();
    tellStatus(one, quietStatus());
    await screen.findByTestId('adopt-gone');
    expect(screen.queryByTestId('adopt-begin')).toBeNull();
    await user.click(screen.getByTestId('adopt-back'));
    expect(view.page.name).toBe('drives');
    expect(asked(one, 'adopt-drive')).toEqual([]);
  });

  test('is copied to before the eyes, is safe to remove, and then the sheet is printed', async () => {
    let sheet: 'unchecked' | 'not-needed' = 'not-needed';
    const one = await adopt({ drives: () => ({ ...drivesOf('drives-asks').page, sheet }), stop: () => null });
    await user.click(screen.getByTestId('adopt-begin'));
    await screen.findByTestId('adopt-running');
    const job = running({ job: number, kind: 'adopt-drive', about: 'Green drive', phase: 'copying' });
    const busy = { ...pluggedDrive('Green drive', 'busy', 'drive-busy'), volume };
    tellStatus(one, quietStatus({ state: 'busy', job, drives: [busy] }));
    await waitFor(() => expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('42'));
    await expectAccessible();
    await user.click(screen.getByTestId('stop-job'));
    expect(asked(one, 'stop')).toHaveLength(1);
    sheet = 'unchecked';
    const safe = { ...pluggedDrive('Green drive', 'safe-to-remove', 'drive-safe'), volume };
    tellStatus(one, quietStatus({ drives: [safe] }));
    one.tell({ event: { event: 'job-ended', value: ended() } });
    await screen.findByTestId('adopt-done');
    expect(screen.getByTestId('adopt-now').textContent).toContain('Green drive is safe to remove.');
    await user.click(await screen.findByTestId('adopt-print-sheet'));
    expect(view.page.name).toBe('recovery-sheet');
  });

  test('the end of another job is not its end', async () => {
    const one = await adopt();
    await user.click(screen.getByTestId('adopt-begin'));
    await screen.findByTestId('adopt-running');
    one.tell({ event: { event: 'job-ended', value: ended({ job: number - 1 }) } });
    await waitFor(() => expect(view.ended?.job).toBe(number - 1));
    expect(screen.queryByTestId('adopt-done')).toBeNull();
    one.tell({ event: { event: 'job-ended', value: ended() } });
    await screen.findByTestId('adopt-done');
    // The sheet was checked before: nothing is left to do.
    expect(screen.queryByTestId('adopt-print-sheet')).toBeNull();
  });

  test('what failed is said, and can be tried again with the same choices', async () => {
    const one = await adopt();
    await user.clear(name());
    await user.type(name(), 'Lake');
    await user.click(screen.getByTestId('adopt-begin'));
    const said = { id: 'job-adopt-drive-failed' };
    one.tell({ event: { event: 'job-ended', value: ended({ outcome: 'failed', said, detail: 'EIO' }) } });
    await screen.findByTestId('adopt-failed');
    expect(document.body.textContent).toContain('What was on it is as it was.');
    expect(document.body.textContent).toContain('EIO');
    await expectAccessible();
    await user.click(screen.getByTestId('adopt-again'));
    expect(name().value).toBe('Lake');
  });

  test('a refusal is said where the button is', async () => {
    await adopt({
      'adopt-drive': () => {
        throw new Refused({ kind: 'not-now', said: { id: 'refused-busy-backup' }, detail: null });
      },
    });
    await user.click(screen.getByTestId('adopt-begin'));
    expect((await screen.findByTestId('refusal')).textContent).toContain('A backup is being made.');
    expect(screen.getByTestId('adopt-begin')).toBeTruthy();
  });
});
