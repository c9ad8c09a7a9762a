// What the agent says of drives: every sentence is there, says what to do, and uses no word that only technicians know.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { advice, say, speak } from '../src/sentences';
import type { SaidArg } from '../src/backend';

/** As `PluggedIn.said` has them: their names, and what is put into them. */
const SAID: Record<string, string[]> = {
  'drive-asks': ['title', 'size'],
  'drive-ignored': ['title'],
  'drive-locked': ['title'],
  'drive-unformatted': ['title'],
  'drive-unknown-format': ['title'],
  'drive-read-only': ['title'],
  'drive-too-small': ['title', 'size', 'least'],
  'drive-refused-clone': ['name'],
  'drive-refused-twice': ['name'],
  'drive-refused-marker': ['name'],
  'drive-refused-no-marker': ['name'],
  'drive-refused-family': ['title'],
  'drive-no-key': ['name'],
  'drive-backups-found': ['title', 'count'],
  'drive-waiting': ['name'],
  'drive-busy': ['name'],
  'drive-ready': ['name'],
  'drive-safe': ['name'],
  'drive-unmounted': ['name'],
  'drive-held': ['name', 'program'],
  'drive-held-unknown': ['name'],
  'drive-failed': ['name'],
  'drive-full': ['name'],
  'drive-gone-early': ['name'],
  'drive-another-user': ['name'],
  'drive-not-allowed': ['name'],
};

const VALUES: Record<string, SaidArg> = {
  title: { kind: 'text', value: 'SanDisk' },
  name: { kind: 'text', value: 'Blue drive' },
  program: { kind: 'text', value: 'Shotwell' },
  least: { kind: 'bytes', value: 64_000_000 },
  size: { kind: 'bytes', value: 58e9 },
  count: { kind: 'count', value: 2 },
};

/** Words that stay in code, and out of people's way. */
const JARGON: Record<'en' | 'de', RegExp> = {
  en: /\b(un)?mount|\bUUID\b|\beject|encrypt|\bdestination|\bpartition|file ?system|\barchive|\bvolume|\bchecksum/i,
  de: /einh[äa]ng|\bUUID\b|auswerfen|schlüsselung|\bZiel\b|partition|dateisystem|archiv|prüfsumme|mounten/i,
};

afterAll(() => speak('en', 'en-GB'));

describe.each(['en', 'de'] as const)('%s', (language) => {
  test.each(Object.entries(SAID))('%s says what is, and what to do', (id, names) => {
    speak(language, language === 'de' ? 'de-DE' : 'en-GB');
    const args = Object.fromEntries(names.map((name) => [name, VALUES[name]!]));
    const text = say({ id, args });
    expect(text).not.toBe(id);
    // What lacks something is written as `{$name}`.
    expect(`${text} ${advice({ id, args })}`).not.toContain('{');
    for (const name of names.filter((one) => !['count', 'size', 'least'].includes(one))) {
      expect(`${text} ${advice({ id, args })}`).toContain(String(VALUES[name]!.value));
    }
    if (names.includes('size')) expect(text).toContain('58\u00a0GB');
    if (names.includes('least')) expect(text).toContain('64\u00a0MB');
    expect(advice({ id, args }).length).toBeGreaterThan(10);
  });

  test.each(['drives', 'drives-page', 'sheet'])('no jargon in %s', (file) => {
    const path = join(import.meta.dirname, '../sentences', language, `${file}.ftl`);
    const texts = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.replace(/^\s*[\w.-]+ = /, '').replace(/\{[^}]*\}?/g, ''));
    // The key of the printed sheet is for the one who helps, and “age-encryption.org” is an address.
    const found = texts.filter((text) => JARGON[language].test(text.replace('age-encryption.org', '')));
    expect(found).toEqual([]);
  });
});
