// A page of the window on a backend that is played, as a test begins it.
import { cleanup, render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import type { Component } from 'svelte';
import { expect, vi } from 'vitest';
import { useBackend } from '../src/backend';
import { NOW_SECS, played, type Answers, type Played } from '../src/backend/fake';
import { history } from '../src/backend/fake/history';
import { home } from '../src/backend/fake/home';
import { restore } from '../src/backend/fake/restore';
import { setClock } from '../src/format';
import { forgetWizard } from '../src/restore/wizard.svelte';
import { view, type Page } from '../src/state.svelte';

// axe takes its time with a year of days.
vi.setConfig({ testTimeout: 60_000 });

let ends: (() => void) | undefined;

/** Shows a page of a scene; answers may be replaced. */
export async function begin(screenOf: Component, page: Page, scene = 'good', answers: Answers = {}): Promise<Played> {
  ends?.();
  cleanup();
  forgetWizard();
  setClock(() => new Date(NOW_SECS * 1000));
  const backend: Played = played({
    ...{ ...home(scene), ...history(scene) },
    ...restore(scene, (message) => backend.tell(message), 10),
    ...answers,
  });
  view.home = (await backend.surroundings()).home ?? '';
  useBackend(backend);
  view.ended = null;
  view.lost = null;
  view.status = null;
  view.page = page;
  ends = view.listen();
  const main = document.createElement('main');
  document.body.replaceChildren(main);
  render(screenOf, { target: main });
  return backend;
}

export const person = userEvent.setup({ delay: null, pointerEventsCheck: 0 });

export async function click(testid: string): Promise<void> {
  await person.click(await screen.findByTestId(testid));
}

/** What was asked of one kind. */
export function asked<K extends string>(backend: Played, kind: K) {
  return backend.asked.filter((request) => request.ask === kind);
}

/** Nothing that axe finds wrong. Colours are tested elsewhere: jsdom draws nothing. */
export async function expectAccessible(): Promise<void> {
  const found = await axe.run(document.body, {
    resultTypes: ['violations'],
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  expect(
    found.violations.map(
      (one) =>
        `${one.id}: ${one.nodes
          .map((node) => node.html)
          .join(' | ')
          .slice(0, 400)}`,
    ),
  ).toEqual([]);
}
