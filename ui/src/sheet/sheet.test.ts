import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { asked, expectAccessible, playScene } from '../../test/window';
import App from '../App.svelte';
import { Refused } from '../backend';
import type { Answers } from '../backend/fake';
import { SHEET } from '../backend/fake/drives';
import { longDay } from '../format';
import { speak } from '../sentences';
import { view } from '../state.svelte';
import { grouped, pictureOf } from './words';

const user = userEvent.setup();
const print = vi.fn();
beforeEach(() => {
  speak('en', 'en-GB');
  print.mockReset();
  vi.stubGlobal('print', print);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function sheet(scene = 'drives-sheet', answers: Answers = {}) {
  const one = playScene(scene, answers);
  view.page = { name: 'recovery-sheet' };
  render(App);
  await waitFor(() => expect(document.querySelector('[aria-busy=true]')).toBeNull());
  return one;
}

/** Everything in which something of the secret could stand. */
function everything(): string {
  return document.documentElement.outerHTML + location.href + JSON.stringify(Object.entries(localStorage));
}

function expectNoSecret(): void {
  const all = everything();
  for (const secret of [SHEET.key, SHEET.check_code, grouped(SHEET.check_code), ...SHEET.words.slice(0, 3)]) {
    expect(all.includes(secret), secret).toBe(false);
  }
  expect(JSON.stringify(view.page)).toBe(JSON.stringify({ name: view.page.name }));
}

describe('the recovery sheet', () => {
  test('is not asked for before it is to be printed', async () => {
    const one = await sheet();
    await screen.findByTestId('sheet-print');
    expect(asked(one, 'recovery-sheet')).toEqual([]);
    expectNoSecret();
    await expectAccessible();
  });

  test('is printed whole, beside the window and for printers only', async () => {
    const one = await sheet();
    await user.click(await screen.findByTestId('sheet-print'));
    await waitFor(() => expect(print).toHaveBeenCalledTimes(1));
    const paper = screen.getByTestId('printed-sheet');
    // The style sheet shows a printer what stands beside the window, and nothing else; nothing of it is read aloud.
    expect(paper.parentElement).toBe(document.body);
    expect(paper.getAttribute('aria-hidden')).toBe('true');
    const text = paper.textContent!.replace(/\s+/g, ' ');
    SHEET.words.forEach((word, index) => expect(text).toContain(`${index + 1} ${word}`));
    for (const part of [SHEET.key, 'K7QX 2M9P', 'rosas-laptop', longDay(SHEET.made)]) expect(text).toContain(part);
    expect(text).toContain('age -d -i key.txt family_20260303_020500.tar.gz.age | tar -xzf -');
    expect(paper.querySelector('img')!.src).toBe(pictureOf(SHEET.qr_svg));
    // Again needs no second secret.
    await user.click(screen.getByTestId('sheet-print'));
    await waitFor(() => expect(print).toHaveBeenCalledTimes(2));
    expect(asked(one, 'recovery-sheet')).toHaveLength(1);
    // To print is not to have: only the code says so.
    expect(asked(one, 'check-sheet')).toEqual([]);
  });

  test('is in the language of the window', async () => {
    speak('de', 'de-DE');
    await sheet();
    await user.click(await screen.findByTestId('sheet-print'));
    const paper = await screen.findByTestId('printed-sheet');
    expect(paper.textContent).toContain('Was zu tun ist: ohne Keepsake');
    expect(paper.textContent).toContain('HIER ANFANGEN.txt');
    expect(paper.textContent).toContain('Montag, 2. März 2026');
  });

  test('is gone from everywhere when the page is left', async () => {
    await sheet();
    await user.click(await screen.findByTestId('sheet-show'));
    await user.click(screen.getByTestId('sheet-print'));
    await waitFor(() => expect(print).toHaveBeenCalled());
    expect(everything()).toContain(SHEET.key);
    await user.click(screen.getByTestId('sheet-back'));
    await screen.findByTestId('sheet-card');
    expectNoSecret();
    // Back does not bring it back.
    view.back();
    await screen.findByTestId('sheet-print');
    expectNoSecret();
  });

  test('an answer that comes when the page was left prints nothing, and stays nowhere', async () => {
    let answer: (sheet: typeof SHEET) => void = () => {};
    await sheet('drives-sheet', { 'recovery-sheet': () => new Promise((done) => (answer = done)) });
    await user.click(await screen.findByTestId('sheet-print'));
    await user.click(screen.getByTestId('sheet-back'));
    await screen.findByTestId('sheet-card');
    answer(SHEET);
    // Whatever follows the answer at once has happened then.
    await new Promise((done) => setTimeout(done, 0));
    expect(print).not.toHaveBeenCalled();
    expectNoSecret();
  });

  test('can be written down, and hidden again', async () => {
    await sheet();
    expect(screen.queryByTestId('sheet-words')).toBeNull();
    await user.click(await screen.findByTestId('sheet-show'));
    const words = await screen.findByTestId('sheet-words');
    expect(within(words).getAllByRole('listitem')).toHaveLength(24);
    expect(words.textContent).toContain('K7QX 2M9P');
    await expectAccessible();
    await user.click(screen.getByTestId('sheet-hide'));
    expect(screen.queryByTestId('sheet-words')).toBeNull();
    expect(print).not.toHaveBeenCalled();
  });

  test('a wrong code says so kindly; the right one ends it, and the secret goes', async () => {
    const one = await sheet();
    await user.click(await screen.findByTestId('sheet-print'));
    await screen.findByTestId('printed-sheet');
    await user.type(screen.getByTestId('sheet-code'), 'K7QX 2M9B{Enter}');
    await waitFor(() =>
      expect(screen.getByTestId('sheet-wrong').textContent).toContain('That is not the code of your newest sheet.'),
    );
    expect(screen.queryByTestId('sheet-checked')).toBeNull();
    await expectAccessible();
    await user.clear(screen.getByTestId('sheet-code'));
    await user.type(screen.getByTestId('sheet-code'), 'k7qx-2m9p');
    await user.click(screen.getByTestId('sheet-check'));
    const done = await screen.findByTestId('sheet-checked');
    await waitFor(() => expect(document.activeElement).toBe(done));
    expect(asked(one, 'check-sheet')).toEqual([
      { ask: 'check-sheet', code: 'K7QX 2M9B' },
      { ask: 'check-sheet', code: 'k7qx-2m9p' },
    ]);
    expectNoSecret();
    await expectAccessible();
    await user.click(screen.getByTestId('sheet-done'));
    expect((await screen.findByTestId('sheet-card')).dataset['sheet']).toBe('checked');
  });

  test('a new one asks first, says what it means, and wants to be printed', async () => {
    const one = await sheet('good');
    await screen.findByTestId('sheet-is-checked');
    await user.click(screen.getByTestId('sheet-new'));
    expect(screen.getByRole('dialog').textContent).toContain('Copies from now on open with the new sheet only.');
    await user.click(screen.getByTestId('dialog-close'));
    expect(asked(one, 'new-key')).toEqual([]);
    await user.click(screen.getByTestId('sheet-print'));
    await screen.findByTestId('printed-sheet');
    await user.click(screen.getByTestId('sheet-new'));
    await user.click(screen.getByTestId('sheet-new-yes'));
    await screen.findByTestId('sheet-new-made');
    expect(asked(one, 'new-key')).toHaveLength(1);
    // The old one must not be printed again.
    expectNoSecret();
    await user.click(screen.getByTestId('sheet-print'));
    await waitFor(() => expect(asked(one, 'recovery-sheet')).toHaveLength(2));
  });

  test('what this computer has lost cannot be printed: it is typed in, or made anew', async () => {
    const one = await sheet('drives-key-lost');
    await screen.findByTestId('sheet-lost');
    expect(screen.queryByTestId('sheet-print')).toBeNull();
    expect(screen.getByTestId('sheet-new')).toBeTruthy();
    await expectAccessible();
    await user.click(screen.getByTestId('sheet-enter'));
    expect(view.page.name).toBe('enter-sheet');
    expect(asked(one, 'recovery-sheet')).toEqual([]);
  });

  test('when it cannot be had, that is said, and nothing is printed', async () => {
    await sheet('drives-sheet', {
      'recovery-sheet': () => {
        throw new Refused({ kind: 'failed', said: { id: 'failed-reading' }, detail: 'the keyring is locked' });
      },
    });
    await user.click(await screen.findByTestId('sheet-print'));
    expect((await screen.findByTestId('refusal')).textContent).toContain('the keyring is locked');
    expect(print).not.toHaveBeenCalled();
    expect(screen.queryByTestId('printed-sheet')).toBeNull();
  });
});

test('a code is read in groups, and left as it is when it has some', () => {
  expect(grouped('K7QX2M9P')).toBe('K7QX 2M9P');
  expect(grouped('K7QX-2M9P')).toBe('K7QX-2M9P');
});

test('a picture can run nothing: it is one, and no part of the page', () => {
  const picture = pictureOf('<svg onload="alert(1)"><script>alert(2)</script></svg>');
  expect(picture.startsWith('data:image/svg+xml,')).toBe(true);
  expect(picture).not.toContain('<');
});
