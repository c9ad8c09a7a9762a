// The log on a backend that is played.
import axe from 'axe-core';
import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { useBackend } from '../backend';
import { played, type Played } from '../backend/fake';
import { home } from '../backend/fake/home';
import { settings } from '../backend/fake/settings';
import Activity from '../screens/Activity.svelte';
import { speak } from '../sentences';

let backend: Played;

async function show(scene = ''): Promise<ReturnType<typeof userEvent.setup>> {
  backend = played({ ...home('good'), ...settings(scene) });
  useBackend(backend);
  render(Activity);
  await waitFor(() => expect(screen.queryAllByTestId(/^log-(entry|empty)$/)).not.toEqual([]));
  return userEvent.setup();
}

beforeEach(() => speak('en', 'en-GB'));
afterEach(cleanup);

describe('activity', () => {
  test.each(['', 'activity-none'])(
    'axe finds nothing (%s)',
    async (scene) => {
      await show(scene);
      const found = await axe.run(document.body, {
        rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
      });
      expect(found.violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`)).toEqual([]);
    },
    120_000,
  );

  test('older ones come when they are asked for, and each once', async () => {
    const user = await show();
    expect(screen.getAllByTestId('log-entry')).toHaveLength(50);
    await user.click(screen.getByTestId('log-older'));
    await waitFor(() => expect(screen.getAllByTestId('log-entry')).toHaveLength(100));
    await user.click(screen.getByTestId('log-older'));
    await waitFor(() => expect(screen.queryByTestId('log-older')).toBeNull());
    expect(screen.getAllByTestId('log-entry')).toHaveLength(103);
  });

  test('one kind alone can be seen', async () => {
    const user = await show();
    await user.selectOptions(screen.getByTestId('log-kind'), 'copy');
    await waitFor(() => expect(screen.getAllByTestId('log-entry')).toHaveLength(13));
    await user.selectOptions(screen.getByTestId('log-source'), 'Photos');
    await waitFor(() =>
      expect(backend.asked.at(-1)).toMatchObject({ ask: 'activity', filter: { kind: 'copy', source: 'Photos' } }),
    );
  });

  test('the text for the one who helps has everything, with version and details', async () => {
    const user = await show();
    let saved = '';
    backend.saveText = async (_title, name, text) => {
      saved = `${name}\n${text}`;
      return true;
    };
    await user.click(screen.getByTestId('log-export'));
    await waitFor(() => expect(screen.getByTestId('log-told').textContent).toContain('Saved.'));
    expect(saved).toContain('keepsake-activity.txt\nKeepsake 0.1.0: what happened');
    expect(saved.match(/^ {6}\d{4}-\d\d-\d\dT/gm)).toHaveLength(103);
    expect(saved).toContain('the disk is full: /home/rosa/Backups (os error 28)');
  });
});
