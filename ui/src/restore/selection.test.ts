import { describe, expect, test } from 'vitest';
import { folderOf, isInside, partsOf, pathText, shownText } from './paths';
import { MAX_PICKS, picked, toggle, type Pick } from './selection';

const file = (path: string): Pick => ({ path, bytes: 1, isFolder: false });
const folder = (path: string): Pick => ({ path, bytes: 0, isFolder: true });

describe('what is chosen', () => {
  test('comes and goes', () => {
    const one = toggle([], file('photos/a.jpg'));
    expect(picked(one, 'photos/a.jpg')).toBe('yes');
    expect(picked(one, 'photos/b.jpg')).toBe('no');
    expect(toggle(one, file('photos/a.jpg'))).toEqual([]);
  });

  test('as a folder holds what is in it, and names it no more', () => {
    const both = toggle(toggle([], file('photos/lake/a.jpg')), file('photos/lake 2/a.jpg'));
    const whole = toggle(both, folder('photos/lake'));
    expect(whole.map((pick) => pick.path)).toEqual(['photos/lake 2/a.jpg', 'photos/lake']);
    expect(picked(whole, 'photos/lake/b/c.jpg')).toBe('inside');
    expect(picked(whole, 'photos/lake 2')).toBe('no');
    expect(toggle(whole, file('photos/lake/a.jpg'))).toBe(whole);
  });

  test('is never more than the engine takes', () => {
    const many = Array.from({ length: MAX_PICKS }, (_, index) => file(`photos/${index}`));
    expect(toggle(many, file('photos/more'))).toHaveLength(MAX_PICKS);
  });
});

describe('a path', () => {
  test('is shown with what is no text marked, and a backslash as itself', () => {
    expect(shownText('a\\\\b')).toBe('a\\b');
    expect(shownText('caf\\xe9.txt')).toBe('caf\ufffd.txt');
    expect(shownText('a\\\\x41')).toBe('a\\x41');
    expect(pathText('a\\b')).toBe('a\\\\b');
  });

  test('has folders that lead to it', () => {
    expect(partsOf('photos/Lake/a').map((part) => part.path)).toEqual(['photos', 'photos/Lake', 'photos/Lake/a']);
    expect(folderOf('photos/Lake')).toBe('photos');
    expect(folderOf('photos')).toBe(null);
    expect(isInside('photos2/a', 'photos')).toBe(false);
  });
});
