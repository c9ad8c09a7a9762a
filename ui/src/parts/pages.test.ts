import { expect, test } from 'vitest';
import { PAGE_ITEMS, Pages } from './pages.svelte';

/** Answers in the order in which a test lets them come. */
function held() {
  const asked: { offset: number; come: () => void }[] = [];
  const pages = new Pages<number>(
    (offset, limit) =>
      new Promise((resolve) => {
        const items = Array.from({ length: limit }, (_, index) => offset + index);
        asked.push({ offset, come: () => resolve({ total: 1_000_000, items }) });
      }),
  );
  return { asked, pages };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test('what is in view is asked for by pages, each once', async () => {
  const { asked, pages } = held();
  expect(asked.map(({ offset }) => offset)).toEqual([0]);
  pages.see(0, 20);
  expect(asked).toHaveLength(1);
  asked[0]!.come();
  await settled();
  expect(pages.total).toBe(1_000_000);
  expect(pages.at(7)).toBe(7);
  pages.see(PAGE_ITEMS * 3 - 5, PAGE_ITEMS * 3 + 5);
  expect(asked.map(({ offset }) => offset)).toEqual([0, 400, 600]);
});

test('pages that were scrolled past before their turn are never asked for, and late ones do no harm', async () => {
  const { asked, pages } = held();
  for (let page = 1; page < 4000; page += 1) pages.see(page * PAGE_ITEMS, page * PAGE_ITEMS + 20);
  // Two are under way; of thousands that went by none is waiting.
  expect(asked).toHaveLength(2);
  asked[1]!.come();
  await settled();
  expect(asked.map(({ offset }) => offset)).toEqual([0, 200, 3999 * PAGE_ITEMS]);
  asked[2]!.come();
  await settled();
  asked[0]!.come();
  await settled();
  expect(pages.at(3999 * PAGE_ITEMS + 3)).toBe(3999 * PAGE_ITEMS + 3);
  expect(pages.at(3)).toBe(3);
});

test('the oldest pages are forgotten', async () => {
  const pages = new Pages<number>(async (offset, limit) => ({
    total: 1_000_000,
    items: Array.from({ length: limit }, (_, index) => offset + index),
  }));
  for (let page = 0; page < 60; page += 1) {
    pages.see(page * PAGE_ITEMS, page * PAGE_ITEMS + 1);
    await settled();
  }
  expect(pages.at(0)).toBeUndefined();
  expect(pages.at(59 * PAGE_ITEMS)).toBe(59 * PAGE_ITEMS);
  expect(pages.here().length).toBeLessThanOrEqual(40 * PAGE_ITEMS);
});

test('a refusal is kept until somebody tries again', async () => {
  let isWell = false;
  const pages = new Pages<number>(async () => {
    if (!isWell) throw new Error('gone');
    return { total: 0, items: [] };
  });
  await pages.ready;
  expect(pages.refusal?.detail).toContain('gone');
  isWell = true;
  pages.again();
  await settled();
  expect([pages.refusal, pages.total]).toEqual([null, 0]);
});
