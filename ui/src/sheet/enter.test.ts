import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test } from 'vitest';
import { asked, expectAccessible, playScene } from '../../test/window';
import App from '../App.svelte';
import { Refused } from '../backend';
import type { Answers } from '../backend/fake';
import { SHEET } from '../backend/fake/drives';
import { view } from '../state.svelte';
import { isKey, wordsIn } from './words';

afterEach(cleanup);
const user = userEvent.setup();
const FROM = '/media/rosa/HOLIDAY/Keepsake';
const ALL = SHEET.words.join(' ');

async function enter(from?: string, answers: Answers = {}) {
  const one = playScene('drives-key-lost', answers);
  view.page = from === undefined ? { name: 'enter-sheet' } : { name: 'enter-sheet', from };
  render(App);
  await screen.findByTestId('enter-word-1');
  return one;
}
const field = (number: number) => screen.getByTestId<HTMLInputElement>(`enter-word-${number}`);
const values = () => Array.from({ length: 24 }, (_, index) => field(index + 1).value);
const said = () => screen.getByTestId('enter-said').textContent!.replace(/\s+/g, ' ');

async function paste(text: string, number = 1): Promise<void> {
  await user.click(field(number));
  await user.paste(text);
}

describe('typing a sheet in', () => {
  test('the space bar leads from word to word', async () => {
    const one = await enter();
    await expectAccessible();
    await user.click(field(1));
    await user.keyboard(ALL);
    expect(values()).toEqual(SHEET.words);
    await user.click(screen.getByTestId('enter-check'));
    await screen.findByTestId('enter-good');
    expect(asked(one, 'enter-key')).toEqual([{ ask: 'enter-key', text: ALL, from: null }]);
    // Nothing of it stays.
    for (const word of SHEET.words) expect(document.documentElement.outerHTML).not.toContain(`"${word}"`);
    expect(location.href).not.toContain(SHEET.words[0]);
    await user.click(screen.getByTestId('enter-to-drives'));
    expect(view.page.name).toBe('drives');
  });

  test('Enter leads on as well, and Backspace in an empty field leads back', async () => {
    await enter();
    await user.click(field(3));
    await user.keyboard('maple{Enter}');
    expect(document.activeElement).toBe(field(4));
    await user.keyboard('{Backspace}');
    expect(document.activeElement).toBe(field(3));
    expect(field(3).value).toBe('maple');
  });

  test('what is pasted is spread over the fields, numbers, commas and lines aside', async () => {
    await enter();
    await paste(SHEET.words.map((word, index) => `${index + 1}. ${word},`).join('\n'));
    expect(values()).toEqual(SHEET.words);
    await user.click(screen.getByTestId('enter-clear'));
    expect(values().every((value) => value === '')).toBe(true);
    await paste('ladder honey spirit more than fit', 22);
    expect(values().slice(21)).toEqual(['ladder', 'honey', 'spirit']);
    expect(screen.queryByTestId('enter-word-25')).toBeNull();
  });

  test('the key itself can be pasted, too', async () => {
    const one = await enter();
    await paste(` ${SHEET.key}\n`);
    await screen.findByTestId('enter-good');
    expect(asked(one, 'enter-key')).toEqual([{ ask: 'enter-key', text: SHEET.key, from: null }]);
  });

  test('words that are none are named, and one click takes what was meant', async () => {
    const one = await enter();
    await paste(ALL.replace('oyster', 'oystar').replace('pencil', 'xq'));
    await user.click(screen.getByTestId('enter-check'));
    await screen.findByTestId('enter-said');
    expect(said()).toContain('2 words are spelled differently on the sheet.');
    expect(said()).toContain('Word 6: “oystar”. Did you mean oyster');
    expect(said()).toContain('Word 10: “xq” is not one of the words');
    expect(field(6).getAttribute('aria-invalid')).toBe('true');
    expect(field(7).getAttribute('aria-invalid')).toBe('false');
    await expectAccessible();
    await user.click(screen.getByTestId('enter-take-6-oyster'));
    expect(field(6).value).toBe('oyster');
    expect(said()).toContain('One word is spelled differently');
    await user.clear(field(10));
    await user.type(field(10), 'pencil');
    // What was said of the words before holds no more.
    expect(screen.queryByTestId('enter-said')).toBeNull();
    await user.click(screen.getByTestId('enter-check'));
    await screen.findByTestId('enter-good');
    expect(asked(one, 'enter-key').at(-1)!.text).toBe(ALL);
  });

  test.each([
    ['wrong-count', SHEET.words.slice(1).join(' '), 'Those are 23 words. There are 24 on the sheet.'],
    ['wrong-word', ALL.replace('oyster', 'zebra'), 'together they do not fit'],
    ['other-family', 'AGE-SECRET-KEY-1OTHER', 'it belongs to other backups'],
  ])('%s is said, and what to do', async (what, text, sentence) => {
    await enter();
    await paste(text);
    if (!screen.queryByTestId('enter-said')) await user.click(screen.getByTestId('enter-check'));
    const alert = await screen.findByRole('alert');
    expect(alert.dataset['said']).toBe(what);
    expect(said()).toContain(sentence);
    await waitFor(() => expect(document.activeElement).toBe(alert));
    expect(screen.queryByTestId('enter-good')).toBeNull();
    await expectAccessible();
  });

  test('how many are missing is told while typing', async () => {
    await enter();
    expect(screen.getByTestId<HTMLButtonElement>('enter-check').disabled).toBe(true);
    await paste(SHEET.words.slice(0, 20).join(' '));
    expect(screen.getByTestId('enter-missing').textContent).toContain('4 words are missing.');
  });

  test('a sheet of backups elsewhere is asked about with their folder, and leads to them', async () => {
    const one = await enter(FROM);
    await paste(ALL);
    await user.click(screen.getByTestId('enter-check'));
    await user.click(await screen.findByTestId('enter-look'));
    expect(asked(one, 'enter-key')).toEqual([{ ask: 'enter-key', text: ALL, from: FROM }]);
    expect(view.page).toEqual({ name: 'new-computer', from: FROM });
    await screen.findByTestId('new-computer-result');
    expect(asked(one, 'history').at(-1)).toEqual({ ask: 'history', from: FROM });
  });

  test('a refusal is said, and the words stay', async () => {
    await enter(undefined, {
      'enter-key': () => {
        throw new Refused({ kind: 'failed', said: { id: 'failed-reading' }, detail: 'EIO' });
      },
    });
    await paste(ALL);
    await user.click(screen.getByTestId('enter-check'));
    expect((await screen.findByTestId('refusal')).textContent).toContain('EIO');
    expect(values()).toEqual(SHEET.words);
  });

  test('is not there any more when one comes back', async () => {
    await enter();
    await paste(ALL);
    await user.click(screen.getByTestId('rail-home'));
    view.back();
    await screen.findByTestId('enter-word-1');
    expect(values().every((value) => value === '')).toBe(true);
  });
});

describe('a picture of a sheet', () => {
  test('is chosen in the dialog of the system, and read', async () => {
    const one = await enter(FROM);
    one.pickPicture = async () => '/home/rosa/photo.png';
    await user.click(screen.getByTestId('enter-photo'));
    await screen.findByTestId('enter-good');
    expect(asked(one, 'read-sheet')).toEqual([{ ask: 'read-sheet', picture: '/home/rosa/photo.png', from: FROM }]);
  });

  test('that shows none is said to', async () => {
    const one = await enter();
    one.pickPicture = async () => '/home/rosa/cat.jpg';
    await user.click(screen.getByTestId('enter-photo'));
    await screen.findByTestId('enter-said');
    expect(said()).toContain('In this picture there is no recovery sheet that can be read. Take it again');
  });

  test('that nobody chose changes nothing', async () => {
    const one = await enter();
    one.pickPicture = async () => null;
    await user.click(screen.getByTestId('enter-photo'));
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>('enter-photo').disabled).toBe(false));
    expect(asked(one, 'read-sheet')).toEqual([]);
    expect(screen.queryByTestId('enter-said')).toBeNull();
  });
});

test('words are found however they are written', () => {
  expect(wordsIn('1. orbit, 2) candle;3:maple\n4 river')).toEqual(['orbit', 'candle', 'maple', 'river']);
  expect(wordsIn('  ')).toEqual([]);
  expect(isKey(' age-secret-key-1ABC')).toBe(true);
  expect(isKey('orbit candle')).toBe(false);
});
