// Every screen has its pictures in the user guide, and every picture is of a screen. `make screenshots` draws them.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { screens } from '../src/screens-list';

const guide = join(import.meta.dirname, '../../docs/user-guide');
const images = join(guide, 'images');
const all = Object.values(screens).flat();
const chapters = readdirSync(guide)
  .filter((name) => name.endsWith('.md'))
  .map((name) => readFileSync(join(guide, name), 'utf8'))
  .join('\n');

describe('screens', () => {
  test('are listed for every page', () => {
    const source = readFileSync(join(import.meta.dirname, '../src/state.svelte.ts'), 'utf8');
    const names = /const PAGES = \[([^\]]+)\]/
      .exec(source)![1]!
      .match(/'[^']+'/g)!
      .map((name) => name.slice(1, -1));
    expect(names.length).toBeGreaterThan(7);
    expect(Object.keys(screens).sort()).toEqual(names.sort());
    for (const [page, listed] of Object.entries(screens)) expect(listed, page).not.toEqual([]);
  });

  test('are listed for every step of what goes step by step', () => {
    for (const [page, file] of [
      ['restore', 'restore/wizard.svelte.ts'],
      ['first-run', 'first-run/choices.svelte.ts'],
    ] as const) {
      const source = readFileSync(join(import.meta.dirname, '../src', file), 'utf8');
      const steps = /export type Step =([^;]+);/
        .exec(source)![1]!
        .match(/'[^']+'/g)!
        .map((name) => name.slice(1, -1));
      expect(steps.length).toBeGreaterThan(4);
      for (const step of steps) {
        const listed = screens[page].some(({ id }) => id === `${page}-${step}` || id.startsWith(`${page}-${step}-`));
        expect(listed, `${page}-${step}`).toBe(true);
      }
    }
  });

  test('have names of their own', () => {
    const ids = all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('have a light, a dark and a German picture of less than 100 kB, and there are no others', () => {
    const wanted = all.flatMap(({ id }) => ['light', 'dark', 'german'].map((look) => `${id}-${look}.png`));
    expect(readdirSync(images).sort()).toEqual(wanted.sort());
    for (const name of wanted) expect(statSync(join(images, name)).size, name).toBeLessThan(100_000);
  });

  test('are shown in the guide, all three pictures of each', () => {
    const shown = new Set([...chapters.matchAll(/images\/([\w-]+\.png)/g)].map((match) => match[1]!));
    expect([...shown].sort()).toEqual(readdirSync(images).sort());
  });
});
