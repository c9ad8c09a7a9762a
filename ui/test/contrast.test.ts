// WCAG 2.2 AA: 4.5 : 1 for text, 3 : 1 for the edges of controls and the focus ring. The formulas are those of
// https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const css = readFileSync(join(import.meta.dirname, '../src/tokens.css'), 'utf8');

/** The colours in a part of the file, by name. */
function colours(part: string): Map<string, string> {
  return new Map([...part.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name!, value!]));
}

const [lightPart, darkPart] = css.split('@media (prefers-color-scheme: dark)') as [string, string];
const schemes = { light: colours(lightPart), dark: colours(darkPart) };

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

const STATES = ['good', 'attention', 'problem', 'busy', 'not-set-up'];
const GROUNDS = ['paper', 'card', ...STATES];

/** Which ink stands on which ground. */
const TEXT: [string, string][] = [
  ...GROUNDS.map((ground): [string, string] => ['ink', ground]),
  ['soft-ink', 'paper'],
  ['soft-ink', 'card'],
  ['soft-ink', 'not-set-up'],
  // The primary button, and the same when the mouse is over it.
  ['paper', 'ink'],
  ['paper', 'soft-ink'],
  ...STATES.flatMap((state): [string, string][] => [
    [`${state}-ink`, state],
    [`${state}-ink`, 'paper'],
    [`${state}-ink`, 'card'],
  ]),
];
/** Edges of buttons and fields, the ring of the focus, the bar of a progress on its ground. */
const EDGES: [string, string][] = [
  ...GROUNDS.map((ground): [string, string] => ['soft-ink', ground]),
  ...GROUNDS.map((ground): [string, string] => ['ink', ground]),
  ['busy-ink', 'card'],
];

describe.each(Object.entries(schemes))('%s', (_, tokens) => {
  test.each(TEXT)('%s can be read on %s', (ink, ground) => {
    expect(contrast(tokens.get(ink)!, tokens.get(ground)!)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(EDGES)('%s can be seen on %s', (edge, ground) => {
    expect(contrast(tokens.get(edge)!, tokens.get(ground)!)).toBeGreaterThanOrEqual(3);
  });

  test('every colour is in a pair', () => {
    const used = new Set([...TEXT, ...EDGES].flat());
    // Hairlines are decoration: nothing is told by them alone.
    expect([...tokens.keys()].filter((name) => !used.has(name))).toEqual(['line']);
    expect([...used].filter((name) => !tokens.has(name))).toEqual([]);
  });
});

test('the formula is right', () => {
  expect(contrast('#ffffff', '#000000')).toBeCloseTo(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});
