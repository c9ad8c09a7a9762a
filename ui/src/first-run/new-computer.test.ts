import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test } from 'vitest';
import { asked, expectAccessible, playScene } from '../../test/window';
import { Refused, type BackupSummary, type History } from '../backend';
import type { Answers } from '../backend/fake';
import { oldBackup } from '../backend/fake/first-run';
import NewComputer from '../screens/NewComputer.svelte';
import { view } from '../state.svelte';
import { groupsOf } from './found';

afterEach(cleanup);
const user = userEvent.setup();
const historyOf = (backups: BackupSummary[]): History => ({ backups, failed: [], space: [] });

async function newComputer(answers: Answers = {}) {
  const one = playScene('not-set-up', answers);
  view.page = { name: 'new-computer' };
  const frame = document.createElement('main');
  document.body.replaceChildren(frame);
  render(NewComputer, { target: frame });
  await screen.findByTestId('new-computer-place');
  return one;
}

describe('a new computer', () => {
  test('a disk with backups is found, its backups are named, and lead to the restore', async () => {
    const one = await newComputer();
    expect(screen.getAllByTestId('new-computer-place')).toHaveLength(1);
    await user.click(screen.getByTestId('new-computer-place'));
    const group = await screen.findByTestId('new-computer-group');
    const dir = '/media/rosa/Blue drive/Keepsake';
    expect(asked(one, 'history')).toEqual([{ ask: 'history', from: dir }]);
    expect(group.textContent).toContain('Backups of “family” from the computer rosas-old-laptop');
    expect(group.textContent).toContain('12 backups, the oldest of Wednesday, 6 August 2025');
    expect(screen.getByTestId('new-computer-damaged').textContent).toContain('1 backup is damaged');
    await expectAccessible();
    await user.click(screen.getByTestId('new-computer-restore'));
    expect(view.page).toEqual({ name: 'restore', from: dir, backup: 'family_20260201_020500' });
    // Nothing but reading was asked.
    expect(new Set(one.asked.map(({ ask }) => ask))).toEqual(new Set(['suggest-places', 'history']));
  });

  test('the newest may be damaged: the newest good one is offered', async () => {
    await newComputer({ history: () => historyOf([oldBackup(2, { state: 'problem' }), oldBackup(9), oldBackup(5)]) });
    await user.click(screen.getByTestId('new-computer-place'));
    await user.click(await screen.findByTestId('new-computer-restore'));
    expect(view.page.backup).toBe(oldBackup(5).name);
  });

  test('when all are damaged that is said, and what is still good can be seen', async () => {
    await newComputer({ history: () => historyOf([oldBackup(2, { state: 'problem' })]) });
    await user.click(screen.getByTestId('new-computer-place'));
    expect((await screen.findByTestId('new-computer-damaged')).textContent).toContain('None of these backups is whole');
    expect(screen.getByTestId('new-computer-restore').textContent).toContain('See what is still good');
    await expectAccessible();
  });

  test('a folder without backups says so, and which one to look for', async () => {
    const one = await newComputer();
    one.pickFolder = async () => ({ path: '/home/rosa/Recipes', shown: '~/Recipes' });
    await user.click(screen.getByTestId('new-computer-pick'));
    expect((await screen.findByTestId('new-computer-empty')).textContent).toContain('Look for the folder');
    expect(screen.queryByTestId('new-computer-restore')).toBeNull();
    expect(screen.getByTestId('new-computer-result').textContent).toContain(
      'There is no Keepsake backup in this folder.',
    );
    await expectAccessible();
  });

  test('a whole drive that was picked leads to its folder of backups', async () => {
    const one = await newComputer();
    one.pickFolder = async () => ({ path: '/media/rosa/Blue drive', shown: '/media/rosa/Blue drive' });
    one.answers.history = ({ from }) => historyOf(from?.endsWith('Keepsake') ? [oldBackup(3)] : []);
    await user.click(screen.getByTestId('new-computer-pick'));
    await user.click(await screen.findByTestId('new-computer-restore'));
    expect(view.page.from).toBe('/media/rosa/Blue drive/Keepsake');
  });

  test('a folder that cannot be read is refused in words', async () => {
    await newComputer({
      history: () => {
        throw new Refused({ kind: 'failed', said: { id: 'refused-window' }, detail: 'Permission denied' });
      },
    });
    await user.click(screen.getByTestId('new-computer-place'));
    expect((await screen.findByTestId('refusal')).textContent).toContain('Permission denied');
    expect(screen.queryByTestId('new-computer-result')).toBeNull();
  });

  test('whoever chooses nothing is left alone', async () => {
    const one = await newComputer();
    one.pickFolder = async () => null;
    await user.click(screen.getByTestId('new-computer-pick'));
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>('new-computer-pick').disabled).toBe(false));
    expect(asked(one, 'history')).toEqual([]);
    expect(screen.queryByTestId('refusal')).toBeNull();
  });

  test('backups of several computers stand apart', () => {
    const groups = groupsOf([oldBackup(9), oldBackup(2, { computer: 'desk' }), oldBackup(4)]);
    expect(groups.map(({ computer, backups }) => [computer, backups.length])).toEqual([
      ['desk', 1],
      ['rosas-old-laptop', 2],
    ]);
  });
});
