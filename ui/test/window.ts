// For tests of pages: a fresh window on a backend that is played, and axe.
import axe from 'axe-core';
import { expect, vi } from 'vitest';
import { useBackend, type Request, type Status } from '../src/backend';
import { demo, type Answers, type Played } from '../src/backend/fake';
import { forgetChoices } from '../src/first-run/choices.svelte';
import { view } from '../src/state.svelte';

// Whole journeys, with axe on each page, take their time on a computer that does other things, too.
vi.setConfig({ testTimeout: 30_000 });

// jsdom knows <dialog>, and not how to show it.
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.open = false;
};

/** Sets the window back to its beginning, in a scene; `answers` replace those of the scene. */
export function playScene(scene: string, answers: Answers = {}): Played {
  const one = demo(new URLSearchParams({ scene }));
  Object.assign(one.answers, answers);
  useBackend(one);
  forgetChoices();
  view.status = null;
  view.lost = null;
  view.ended = null;
  view.page = { name: 'home' };
  view.hasOfferedFirstRun = false;
  return one;
}

/** Everything of one kind that was asked. */
export function asked<K extends Request['ask']>(one: Played, ask: K): Extract<Request, { ask: K }>[] {
  return one.asked.filter((request): request is Extract<Request, { ask: K }> => request.ask === ask);
}

export function tellStatus(one: Played, status: Status): void {
  one.tell({ event: { event: 'status', value: status } });
}

/** axe finds nothing. Contrast is tested by the tokens, for jsdom draws nothing. */
export async function expectAccessible(): Promise<void> {
  const { violations } = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
}
