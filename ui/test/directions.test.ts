// Languages are written from left to right or from right to left. Styles say "start" and "end", so that the page turns
// round with the language; `make look` looks at every screen so.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '../src');

/** What may say left and right, and why. */
const ALLOWED: Record<string, string> = {
  'restore/ItemRow.svelte: inset: 30% 28% 30% 38%': 'the sign for a video points to the right in all languages',
};

const PHYSICAL = [
  /(?:^|[\s;{"])(?:left|right)\s*:/,
  /-(?:left|right)(?:-[a-z]+)*\s*:/,
  /(?:text-align|float|clear|justify-[a-z]+)\s*:\s*(?:left|right)\b/,
  /style:(?:left|right|[a-z-]+-(?:left|right))\b/,
  /translateX|translate3d|to (?:left|right)\b/,
];
/** Four values go round from the top: what is right and left may not differ. */
const ROUND = /(?:^|[\s;{])(?:margin|padding|inset|border-width|scroll-margin|scroll-padding)\s*:\s*([^;{}]+)/;

/** The lines of a file's styles and style attributes that say left or right. */
function physical(text: string): string[] {
  const isStylesOnly = !text.includes('<');
  const styles = isStylesOnly ? text : (text.split('<style>')[1] ?? '');
  const attributes = text.match(/style(?::[a-z-]+)?="[^"]*"/g) ?? [];
  const withoutComments = styles.replace(/\/\*[^]*?\*\//g, '');
  return [...withoutComments.split('\n'), ...attributes]
    .map((line) => line.trim().replace(/;$/, ''))
    .filter((line) => {
      const values =
        ROUND.exec(line)?.[1]
          ?.trim()
          .split(/\s+(?![^(]*\))/) ?? [];
      return PHYSICAL.some((pattern) => pattern.test(line)) || (values.length === 4 && values[1] !== values[3]);
    });
}

test('it is seen when a style says left or right', () => {
  for (const line of [
    'margin-left: 8px',
    'left: 0',
    'a { right: 0 }',
    'text-align: right',
    'border-top-left-radius: 4px',
    'padding: 1px 2px 3px 4px',
    'border-left-color: red',
    'float: left',
    'transform: translateX(4px)',
    'background: linear-gradient(to right, red, blue)',
    'margin: 0 calc(1px + 2px) 0 0',
  ])
    expect(physical(`<style>\n${line};\n</style>`), line).toHaveLength(1);
  expect(physical('<p style="left: 4px"></p>')).toHaveLength(1);
  for (const line of [
    'padding: 1px 2px 3px 2px',
    'margin-inline-start: 8px',
    'inset-inline-end: 0',
    'padding: 1px 2px',
  ])
    expect(physical(`<style>\n${line};\n</style>`), line).toHaveLength(0);
});

test('styles say start and end, not left and right', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(svelte|css)$/.test(file));
  expect(files.length).toBeGreaterThan(40);
  const found = files.flatMap((file) =>
    physical(readFileSync(join(src, file), 'utf8')).map((line) => `${file}: ${line}`),
  );
  expect(found.sort()).toEqual(Object.keys(ALLOWED).sort());
});
