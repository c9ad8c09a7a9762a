// Chapter 10 of the user guide explains every sentence about how things stand.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { t } from '../src/sentences';

const root = join(import.meta.dirname, '../..');

test('the user guide explains every sentence of the verdict', () => {
  const chapter = readFileSync(join(root, 'docs/user-guide/10-when-something-is-wrong.md'), 'utf8');
  const quoted = chapter.split('\n').flatMap((line) => (line.startsWith('> ') ? [line.slice(2)] : []));
  const source = readFileSync(join(root, 'ui/sentences/en/health.ftl'), 'utf8');
  // Of one reason there may be several: what they add is the same each time.
  const ids = [...source.matchAll(/^((?:health|verdict)-[\w-]+) =/gm)]
    .map((match) => match[1]!)
    .filter((id) => !/-(kept|more|some|by-hand|far|copied)$/.test(id));
  expect(ids.length).toBeGreaterThan(20);
  for (const id of ids) {
    const given = new Proxy({} as Record<string, string | number>, {
      get: (_, name) => (name === 'count' ? 3 : '§'),
      getOwnPropertyDescriptor: (_, name) => ({
        value: name === 'count' ? 3 : '§',
        configurable: true,
        enumerable: true,
      }),
      has: () => true,
    });
    const sentence = t(id, given).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const explained = quoted.some((line) => new RegExp(`^${sentence.replaceAll('§', '.+')}$`).test(line));
    expect(explained, `${id}: ${t(id, given)}`).toBe(true);
  }
});
