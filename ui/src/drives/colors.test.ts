import { expect, test } from 'vitest';
import { t } from '../sentences';
import { COLORS, LOOKS, nextColor } from './colors';

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const luminance = (colour: string) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const share = parseInt(colour.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

test('the shape on each drive can be seen', () => {
  for (const color of COLORS) {
    const { body, mark } = LOOKS[color];
    expect(contrast(body, mark), color).toBeGreaterThanOrEqual(3);
  }
});

test('no colour is told by colour alone: each has a shape and words of its own', () => {
  expect(COLORS).toHaveLength(8);
  expect(new Set(COLORS.map((color) => LOOKS[color].shape)).size).toBe(8);
  expect(new Set(COLORS.map((color) => t(`drives-drawing-${color}`))).size).toBe(8);
  for (const color of COLORS) expect(t(`drives-drawing-${color}`), color).toContain(t(`drives-color-${color}`));
});

test('the next colour is the first that no drive has', () => {
  expect(nextColor([])).toBe('blue');
  expect(nextColor(['blue', 'red'])).toBe('green');
  expect(nextColor(COLORS)).toBe('blue');
});
