// All sentences, in the language of the window. They stand in ui/sentences/; the agent uses some of them, too.
import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import type { Said, SaidArg } from './backend';
import { age, bytes, configureFormat, moment } from './format';

const files = import.meta.glob<string>('../sentences/*/*.ftl', { query: '?raw', import: 'default', eager: true });

export type Language = 'en' | 'de';

function bundleOf(language: Language, locale: string): FluentBundle {
  // Names are set apart by <bdi> where they stand, so that no invisible letters get into what people copy.
  const bundle = new FluentBundle(locale.startsWith(language) ? [locale, language] : language, { useIsolating: false });
  for (const [path, text] of Object.entries(files)) {
    if (!path.includes(`/sentences/${language}/`)) continue;
    const [error] = bundle.addResource(new FluentResource(text));
    if (error) throw error;
  }
  return bundle;
}

let bundle = bundleOf('en', 'en');

/** Chooses the language of all sentences, and how numbers and dates are written. */
export function speak(language: Language, locale: string, hour12: boolean | null = null): void {
  bundle = bundleOf(language, locale);
  configureFormat(locale.startsWith(language) ? locale : language, hour12, (day, time) =>
    t('day-and-time', { day, time }),
  );
}

/** The sentence of that name. A missing one shows its name: a test sees to it that there is none. */
export function t(id: string, args?: Record<string, FluentVariable>): string {
  const dot = id.indexOf('.');
  const message = bundle.getMessage(dot < 0 ? id : id.slice(0, dot));
  const pattern = dot < 0 ? message?.value : message?.attributes[id.slice(dot + 1)];
  if (!pattern) {
    // `make look` and `make screenshots` hear it.
    if (__DEMO__) console.warn(`there is no sentence ${id}`);
    return id;
  }
  const wrong: Error[] = [];
  const text = bundle.formatPattern(pattern, args, wrong);
  if (__DEMO__ && wrong.length > 0) console.warn(`the sentence ${id} lacks something: ${wrong.join(', ')}`);
  return text;
}

export function hasSentence(id: string): boolean {
  const dot = id.indexOf('.');
  const message = bundle.getMessage(dot < 0 ? id : id.slice(0, dot));
  return Boolean(dot < 0 ? message?.value : message?.attributes[id.slice(dot + 1)]);
}

function variable(arg: SaidArg): FluentVariable {
  switch (arg.kind) {
    case 'text':
    case 'count':
      return arg.value;
    case 'bytes':
      return bytes(arg.value);
    case 'moment':
      return moment(arg.value);
    case 'age-secs':
      return age(arg.value);
  }
}

function variables(said: Said): Record<string, FluentVariable> {
  const given: Record<string, FluentVariable> = {};
  for (const [name, arg] of Object.entries(said.args ?? {})) if (arg) given[name] = variable(arg);
  return given;
}

/** What the agent says. */
export function say(said: Said): string {
  return t(said.id, variables(said));
}

/** What to do about it; empty when it has no advice. */
export function advice(said: Said): string {
  const id = `${said.id}.advice`;
  return hasSentence(id) ? t(id, variables(said)) : '';
}
