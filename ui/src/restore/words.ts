// The answers of the wizard in a few words.
import { hasSentence, t } from '../sentences';
import type { Said } from '../backend';
import type { Wizard } from './wizard.svelte';

export function whatWords(wizard: Wizard): string {
  if (wizard.isEverything) return t('what-everything');
  return wizard.onlyPath ?? t('what-things', { count: wizard.picks.length });
}

export function whereWords(wizard: Wizard): string {
  return wizard.target === 'in-place' ? t('where-in-place') : wizard.dir.shown;
}

/** A sentence of the engine; one that this window does not know is said in general. */
export function sayOr(said: Said, otherwise: string): Said {
  return hasSentence(said.id) ? said : { id: otherwise };
}

/** A name of at most 60 letters; of a longer one the middle is left out, because ends tell names apart. */
export function shortened(name: string): string {
  const letters = [...name];
  return letters.length <= 60 ? name : `${letters.slice(0, 36).join('')}…${letters.slice(-22).join('')}`;
}
