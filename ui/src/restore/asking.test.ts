// What is asked while somebody types and scrolls.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useBackend, type Found } from '../backend';
import { played } from '../backend/fake';
import { QUIET_MS, Search } from './search.svelte';
import { BATCH, Thumbnails } from './thumbnails.svelte';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const found = (name: string): Found => ({
  items: [{ path: name, name, folder: '', kind: 'file', bytes: 1, mtime: 1 }],
  has_more: false,
});

test('a search waits until the typing rests, and asks once', async () => {
  const backend = played({ search: ({ text }) => found(text) });
  useBackend(backend);
  const search = new Search();
  for (const text of ['l', 'la', 'lak', 'lake']) {
    search.type(text, 'b', null);
    await vi.advanceTimersByTimeAsync(QUIET_MS - 1);
  }
  expect(backend.asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(backend.asked).toEqual([{ ask: 'search', name: 'b', text: 'lake', limit: 1000, from: null }]);
  expect(search.found?.items[0]?.name).toBe('lake');
  search.type('  ', 'b', null);
  expect(search.found).toBe(null);
});

test('an answer to what was typed before is dropped', async () => {
  const answers: ((found: Found) => void)[] = [];
  useBackend(played({ search: () => new Promise<Found>((resolve) => answers.push(resolve)) }));
  const search = new Search();
  search.type('lake', 'b', null);
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  search.type('garden', 'b', null);
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  answers[1]!(found('garden'));
  await vi.advanceTimersByTimeAsync(0);
  answers[0]!(found('lake'));
  await vi.advanceTimersByTimeAsync(0);
  expect(search.found?.items[0]?.name).toBe('garden');
});

test('thumbnails are asked for in small lots, and not for what was scrolled away', async () => {
  const answers: (() => void)[] = [];
  const backend = played({
    thumbnails: ({ paths }) =>
      new Promise((resolve) => answers.push(() => resolve(paths.map((path) => ({ path, jpeg: 'AA' }))))),
  });
  useBackend(backend);
  const thumbnails = new Thumbnails('b', null);
  const names = (from: number, count: number) => Array.from({ length: count }, (_, index) => `p${from + index}`);
  const lots = () => backend.asked.map((asked) => (asked.ask === 'thumbnails' ? asked.paths : []));
  // Fast scrolling asks for nothing.
  for (let from = 0; from < 5000; from += 50) {
    thumbnails.want(names(from, 60));
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(lots()).toEqual([]);
  thumbnails.want(names(6000, 60));
  await vi.advanceTimersByTimeAsync(100);
  expect(lots()).toEqual([names(6000, BATCH), names(6000 + BATCH, BATCH)]);
  // The last twelve are scrolled away before their turn.
  thumbnails.want(names(7000, 10));
  answers[0]!();
  await vi.advanceTimersByTimeAsync(100);
  expect(lots()[2]).toEqual(names(7000, 10));
  expect(thumbnails.of('p6000')).toBe('AA');
  expect(thumbnails.of('p6050')).toBeUndefined();
});

test('thumbnails are kept, and not without bound', async () => {
  const backend = played({ thumbnails: ({ paths }) => paths.map((path) => ({ path, jpeg: null })) });
  useBackend(backend);
  const thumbnails = new Thumbnails('b', null);
  for (let from = 0; from < 800; from += 20) {
    thumbnails.want(Array.from({ length: 20 }, (_, index) => `p${from + index}`));
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(thumbnails.of('p799')).toBe(null);
  expect(thumbnails.of('p0')).toBeUndefined();
  const before = backend.asked.length;
  thumbnails.want(['p790']);
  await vi.advanceTimersByTimeAsync(100);
  expect(backend.asked).toHaveLength(before);
});
