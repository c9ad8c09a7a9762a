import { describe, expect, test } from 'vitest';
import {
  MAX_SCROLL_PX,
  offsetShowing,
  realHeight,
  realOffset,
  scrollHeight,
  scrollOffset,
  stepItem,
  windowAt,
  type Shape,
} from './virtual';

const short: Shape = { total: 1000, columns: 1, rowPx: 50, viewPx: 500 };
const million: Shape = { total: 1_000_000, columns: 1, rowPx: 50, viewPx: 500 };
const tiles: Shape = { total: 250, columns: 4, rowPx: 200, viewPx: 500 };

describe('the part of a long list that is drawn', () => {
  test('is what is in view and a little more', () => {
    expect(windowAt(short, 0)).toEqual([0, 14]);
    expect(windowAt(short, 5000)).toEqual([96, 114]);
    expect(windowAt(short, realHeight(short) - 500)).toEqual([986, 1000]);
    expect(windowAt(tiles, 600, 1)).toEqual([8, 28]);
  });

  test('of a million things is reached to its ends by the scroll bar', () => {
    expect(scrollHeight(million)).toBe(MAX_SCROLL_PX);
    const end = scrollHeight(million) - million.viewPx;
    expect(windowAt(million, realOffset(million, end))[1]).toBe(1_000_000);
    expect(realOffset(million, 0)).toBe(0);
    const middle = 24_000_000;
    expect(realOffset(million, scrollOffset(million, middle))).toBeCloseTo(middle, 3);
  });

  test('moves no further than it must to show a row', () => {
    expect(offsetShowing(short, 1000, 20)).toBe(1000);
    expect(offsetShowing(short, 1000, 3)).toBe(150);
    expect(offsetShowing(short, 0, 20)).toBe(550);
  });

  test('is gone through with the keyboard', () => {
    expect(stepItem('ArrowDown', 5, short, false)).toBe(6);
    expect(stepItem('ArrowRight', 5, short, false)).toBe(null);
    expect(stepItem('End', 5, million, false)).toBe(999_999);
    expect(stepItem('Home', 5, short, false)).toBe(0);
    expect(stepItem('PageDown', 0, short, false)).toBe(9);
    expect(stepItem('ArrowDown', 5, tiles, false)).toBe(9);
    expect(stepItem('ArrowRight', 5, tiles, false)).toBe(6);
    expect(stepItem('ArrowRight', 5, tiles, true)).toBe(4);
    expect(stepItem('ArrowUp', 0, short, false)).toBe(0);
    expect(stepItem('x', 0, short, false)).toBe(null);
  });
});
