// Every sentence that the window's code names is there. What the agent says is told by its own tests.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(root, folder, file));
}

const sentences = files('sentences/en')
  .filter((file) => file.endsWith('.ftl'))
  .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^([a-z][\w-]*) =/gm)].map(([, id]) => id!));

const sources = files('src').filter(
  (file) => /\.(svelte|ts)$/.test(file) && !file.endsWith('.test.ts') && !file.includes(join('backend', 'fake')),
);

/** The names in `t('...')`, and the beginnings of those in t(`...${`, with their files. */
function used(pattern: RegExp): [string, string][] {
  return sources.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, id]): [string, string] => [id!, file.slice(root.length)]),
  );
}

test('every sentence that is named is there', () => {
  const whole = used(/\bt\(\s*'([a-z][\w-]*)(?:\.\w+)?'/g);
  expect(whole.length).toBeGreaterThan(50);
  expect(whole.filter(([id]) => !sentences.includes(id))).toEqual([]);
  const begun = used(/\bt\(\s*`([a-z][\w-]*)\$\{/g);
  expect(begun.length).toBeGreaterThan(3);
  expect(begun.filter(([begin]) => !sentences.some((id) => id.startsWith(begin)))).toEqual([]);
});
