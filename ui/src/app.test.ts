import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test } from 'vitest';
import { asked, playScene } from '../test/window';
import App from './App.svelte';
import { pageOf, view } from './state.svelte';

afterEach(cleanup);
const user = userEvent.setup();

describe('the frame', () => {
  test('the rail shows pages, says which one it is, and gives its title the focus', async () => {
    playScene('good');
    render(App);
    await screen.findByTestId('health-sentence');
    expect(screen.getByTestId('rail-home').getAttribute('aria-current')).toBe('page');
    await user.click(screen.getByTestId('rail-history'));
    expect(view.page.name).toBe('history');
    expect(screen.getByTestId('rail-history').getAttribute('aria-current')).toBe('page');
    expect(screen.getByTestId('rail-home').getAttribute('aria-current')).toBeNull();
    const main = document.querySelector('main')!;
    await waitFor(() => expect(document.activeElement).toBe(main.querySelector('h1') ?? main));
    expect(document.title).toBe('History – Keepsake');
  });

  test('the keyboard skips the rail', async () => {
    playScene('good');
    render(App);
    await screen.findByTestId('health-sentence');
    await user.tab();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('health-sentence')));
    await user.tab();
    expect(document.activeElement).toBe(screen.getByTestId('back-up-now'));
  });

  test('an agent that is lost is said on every page, and found again', async () => {
    const one = playScene('good');
    render(App);
    await screen.findByTestId('health-sentence');
    one.tell({ lost: 'it went away' });
    await screen.findByTestId('agent-lost');
    expect(screen.queryByTestId('back-up-now')).toBeNull();
    await user.click(screen.getByTestId('rail-settings'));
    await user.click(await screen.findByTestId('start-again'));
    await waitFor(() => expect(screen.queryByTestId('agent-lost')).toBeNull());
    expect(view.lost).toBeNull();
    // The old watching has ended: one message is heard once.
    const before = view.revision;
    one.tell({ event: { event: 'changed', value: {} } });
    expect(view.revision).toBe(before + 1);
  });

  test('who has done the first run comes to Home, also before the agent knows of it', async () => {
    const one = playScene('not-set-up');
    view.page = { name: 'first-run' };
    render(App);
    await screen.findByTestId('first-run-next');
    expect(one.asked.length).toBeGreaterThan(0);
    view.show('home');
    await screen.findByTestId('health-sentence');
    expect(view.page.name).toBe('home');
  });

  test('with nothing protected the first run begins by itself, and does not insist', async () => {
    const one = playScene('not-set-up');
    render(App);
    await screen.findByTestId('first-run-title');
    expect(asked(one, 'suggest-sources')).toHaveLength(1);
    await user.click(screen.getByTestId('rail-home'));
    await screen.findByTestId('home-empty');
    await user.click(screen.getByTestId('advised-action'));
    expect(view.page.name).toBe('first-run');
  });

  test('pages are named from outside', () => {
    expect(pageOf('history')).toEqual({ name: 'history' });
    expect(pageOf('backup')).toEqual({ name: 'home' });
    expect(pageOf('../etc')).toEqual({ name: 'home' });
  });
});
