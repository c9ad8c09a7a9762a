// Every sentence is there in both languages, with the same things put into it.
import { FluentResource } from '@fluent/bundle';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const folder = join(import.meta.dirname, '../sentences');

/** The variables in a pattern, wherever they stand. */
function variables(part: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(part)) part.forEach((one) => variables(one, found));
  else if (part && typeof part === 'object') {
    const { type, name } = part as { type?: string; name?: string };
    if (type === 'var' && name) found.add(name);
    Object.values(part).forEach((one) => variables(one, found));
  }
  return found;
}

function sentences(language: string): Map<string, string> {
  const all = new Map<string, string>();
  for (const file of readdirSync(join(folder, language))) {
    const text = readFileSync(join(folder, language, file), 'utf8');
    const ids = [...text.matchAll(/^([a-z][\w-]*) *=/gm)].map((match) => match[1]!);
    const { body } = new FluentResource(text);
    expect(body.map((message) => message.id).sort(), `${language}/${file}: all can be read`).toEqual(ids.sort());
    for (const message of body) {
      const add = (id: string, pattern: unknown) => {
        expect(all.has(id), `${language}: ${id} is there once`).toBe(false);
        all.set(id, [...variables(pattern)].sort().join(' '));
      };
      if (message.value) add(message.id, message.value);
      for (const [name, pattern] of Object.entries(message.attributes)) add(`${message.id}.${name}`, pattern);
    }
  }
  return all;
}

describe('sentences', () => {
  test('are the same in English and German', () => {
    const [en, de] = [sentences('en'), sentences('de')];
    expect([...de.keys()].sort()).toEqual([...en.keys()].sort());
    for (const [id, used] of en) expect(de.get(id), id).toBe(used);
    expect(en.size).toBeGreaterThan(5);
  });
});
