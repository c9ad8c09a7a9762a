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
