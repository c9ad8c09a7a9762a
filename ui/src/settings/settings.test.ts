// The settings page on a backend that is played.
import axe from 'axe-core';
import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { useBackend, type SettingsChange } from '../backend';
import { played, type Played } from '../backend/fake';
import { home } from '../backend/fake/home';
import { settings } from '../backend/fake/settings';
import Settings from '../screens/Settings.svelte';
import { speak } from '../sentences';
import { view } from '../state.svelte';
import { keepWords, patternWords } from './words';

let backend: Played;

async function show(scene = ''): Promise<ReturnType<typeof userEvent.setup>> {
  backend = played({ ...home('good'), ...settings(scene) });
  useBackend(backend);
  render(Settings);
  await screen.findByText(/config\.toml/, { selector: 'p' });
  return userEvent.setup();
}

function changes(): SettingsChange[][] {
  return backend.asked.flatMap((asked) => (asked.ask === 'change-settings' ? [asked.changes] : []));
}

async function axeFinds(): Promise<string[]> {
  const found = await axe.run(document.body, {
    // jsdom draws nothing, and the page's frame is not here.
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  return found.violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`);
}

beforeEach(() => {
  view.status = null;
  speak('en', 'en-GB');
});
afterEach(cleanup);

describe('settings', () => {
  test.each(['', 'settings-several', 'settings-wrong', 'settings-none'])(
    'axe finds nothing (%s)',
    async (scene) => {
      await show(scene);
      expect(await axeFinds()).toEqual([]);
    },
    120_000,
  );

  test('a source is paused by one click and removed only after a question', async () => {
    const user = await show();
    const row = screen.getAllByTestId('settings-source')[0]!;
    await user.click(within(row).getByTestId('settings-pause-source'));
    await within(screen.getAllByTestId('settings-source')[0]!).findByTestId('settings-paused');
    expect(changes()).toEqual([[{ change: 'pause-source', plan: 'family', source: 'Photos', is_paused: true }]]);
    await user.click(screen.getAllByTestId('settings-remove-source')[0]!);
    expect(screen.getByText(/the last of them stays for good/)).toBeTruthy();
    await user.click(screen.getByTestId('settings-remove-no'));
    expect(changes()).toHaveLength(1);
    await user.click(screen.getAllByTestId('settings-remove-source')[0]!);
    await user.click(screen.getByTestId('settings-remove-yes'));
    await waitFor(() => expect(screen.getAllByTestId('settings-source')).toHaveLength(2));
    expect(changes()[1]).toEqual([{ change: 'remove-source', plan: 'family', source: 'Photos' }]);
  });

  test('what is typed is checked beside its field, and saved only when it is right', async () => {
    const user = await show();
    expect(screen.queryByTestId('settings-save')).toBeNull();
    for (const name of ['daily', 'weekly', 'monthly']) {
      const field = screen.getByTestId(`settings-keep-${name}`);
      await user.clear(field);
      await user.type(field, '0');
    }
    const wrong = await screen.findByTestId('settings-wrong');
    expect(wrong.textContent).toBe('At least one backup must be kept.');
    expect(screen.getByTestId('settings-save').hasAttribute('disabled')).toBe(true);
    const daily = screen.getByTestId('settings-keep-daily');
    await user.clear(daily);
    await user.type(daily, '9');
    await waitFor(() => expect(screen.getByTestId('settings-save').hasAttribute('disabled')).toBe(false));
    expect(changes()).toEqual([]);
    await user.click(screen.getByTestId('settings-save'));
    await waitFor(() => expect(screen.queryByTestId('settings-save')).toBeNull());
    const keep = { by: 'tiered', daily: 9, weekly: 0, monthly: 0 };
    expect(changes()).toEqual([[{ change: 'retention', plan: 'family', keep }]]);
    expect(screen.getByTestId('settings-keep-words').textContent).toContain('the last 9 days is kept');
  });

  test('a time that was typed can be left as it was', async () => {
    const user = await show();
    await user.selectOptions(screen.getByTestId('settings-each'), 'week');
    await user.selectOptions(screen.getByTestId('settings-weekday'), '3');
    await user.click(screen.getByTestId('settings-undo'));
    expect(screen.queryByTestId('settings-save')).toBeNull();
    expect((screen.getByTestId('settings-each') as HTMLSelectElement).value).toBe('day');
  });

  test('a folder is added under a name that is not taken', async () => {
    const user = await show();
    await user.click(screen.getByTestId('settings-add-source'));
    await screen.findByText(/212 files/);
    const wrong = await screen.findByTestId('settings-wrong');
    expect(wrong.textContent).toBe('There is a Recipes already. Choose another name.');
    const name = screen.getByTestId('settings-name');
    await user.clear(name);
    await user.type(name, 'Grandma');
    await waitFor(() => expect(screen.getByTestId('settings-add-yes').hasAttribute('disabled')).toBe(false));
    await user.click(screen.getByTestId('settings-add-yes'));
    await waitFor(() => expect(screen.getAllByTestId('settings-source')).toHaveLength(4));
    const source = { name: 'Grandma', path: '/home/rosa/Recipes', exclude: [] };
    expect(changes()).toEqual([[{ change: 'add-source', plan: 'family', source }]]);
  });

  test('a change made meanwhile by hand is told, and nothing is overwritten', async () => {
    const user = await show();
    const answer = backend.answers['settings']!;
    backend.answers.settings = async (asked) => ({
      ...(await answer(asked)),
      fingerprint: 'by hand',
      waits_on_battery: false,
    });
    backend.answers['change-settings'] = (asked) => settings('')['change-settings']!({ ...asked, fingerprint: 'old' });
    await user.click(screen.getByTestId('settings-metered'));
    expect((await screen.findByTestId('settings-told')).textContent).toContain('changed meanwhile');
    await waitFor(() => expect((screen.getByTestId('settings-battery') as HTMLInputElement).checked).toBe(false));
  });

  test('who may not change them, and a wrong file, lock everything', async () => {
    await show('settings-wrong');
    expect(screen.getByTestId('settings-file-wrong').textContent).toContain(':7: unknown key `retension`');
    expect(screen.getByTestId('settings-pause-plan').hasAttribute('disabled')).toBe(true);
    cleanup();
    await show();
    view.status = { ...(await home('good').status!({ ask: 'status' })), may_change: false };
    await screen.findByTestId('settings-read-only');
    for (const id of ['settings-pause-plan', 'settings-battery', 'settings-add-place', 'settings-move'])
      expect(screen.getByTestId(id).hasAttribute('disabled'), id).toBe(true);
  });

  test('the words of a plan are only there when there are several', async () => {
    await show();
    expect(screen.queryByText('family')).toBeNull();
    cleanup();
    await show('settings-several');
    expect(screen.getByText('family') && screen.getByText('shop')).toBeTruthy();
  });
});

test('what is kept and left out, in words', () => {
  expect(keepWords({ by: 'tiered', daily: 7, weekly: 4, monthly: 1 })).toBe(
    'A backup of each of the last 7 days, the last 4 weeks, and the last month is kept.',
  );
  expect(keepWords({ by: 'last', last: 1 })).toBe('The newest backup is kept.');
  expect(['*.tmp', '.cache/', '/Old', 'a*b', 'x', '!keep'].map(patternWords)).toEqual([
    'All files that end in .tmp',
    'All folders called .cache',
    'Old, at the top',
    'Everything like a*b',
    'Everything called x',
    'But not keep',
  ]);
});
