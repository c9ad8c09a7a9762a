// A window's program that is played: for tests, for looking at the window in a browser, and for the pictures of the
// user guide. `?scene=NAME` chooses what is going on, `?page=`, `?language=` and `?now=` (seconds) the rest.
// First, for the scenes need it while they are read.
import { NOW_SECS } from './now';
import type { Backend, Request, ValueOf, WatchMessage } from '..';
import { Refused } from '..';
import { setClock } from '../../format';
import { firstRun } from './first-run';
import { history } from './history';
import { home } from './home';
import { playOn } from './playing';
import { restore } from './restore';
import { settings } from './settings';

export { NOW_SECS };

/** What is answered to each question; whatever is missing is refused. */
export type Answers = {
  [K in Request['ask']]?: (request: Extract<Request, { ask: K }>) => ValueOf<K> | Promise<ValueOf<K>>;
};

/** A backend whose answers a test has in its hands. `tell` says something to whoever watches. */
export interface Played extends Backend {
  answers: Answers;
  asked: Request[];
  tell(message: WatchMessage): void;
}

export function played(answers: Answers, around: Partial<Awaited<ReturnType<Backend['surroundings']>>> = {}): Played {
  const watchers = new Set<(message: WatchMessage) => void>();
  return {
    answers,
    asked: [],
    async ask<R extends Request>(request: R): Promise<ValueOf<R['ask']>> {
      this.asked.push(request);
      const answer = this.answers[request.ask] as ((request: R) => ValueOf<R['ask']>) | undefined;
      if (answer) return answer(request);
      throw new Refused({ kind: 'failed', said: { id: 'refused-window' }, detail: `nothing plays ${request.ask}` });
    },
    watch(told) {
      watchers.add(told);
      const status = this.answers.status;
      if (status) void Promise.resolve(status({ ask: 'status' })).then((now) => told({ connected: now }));
      return () => watchers.delete(told);
    },
    tell(message) {
      watchers.forEach((told) => told(message));
    },
    pickFolder: async () => ({ path: '/home/rosa/Recipes', shown: '~/Recipes' }),
    pickPicture: async () => '/home/rosa/Pictures/sheet.png',
    openFolder: async () => {},
    saveText: async () => true,
    surroundings: async () => ({
      language: 'en',
      locale: 'en-GB',
      hour12: null,
      page: null,
      home: '/home/rosa',
      version: '0.1.0',
      ...around,
    }),
    onPage: () => () => {},
  };
}

/** The scene that the address asks for. */
export function demo(address: URLSearchParams): Played {
  const nowSecs = Number(address.get('now') ?? NOW_SECS);
  setClock(() => new Date(nowSecs * 1000));
  const scene = address.get('scene') ?? 'good';
  const language = address.get('language') === 'de' ? 'de' : 'en';
  const one: Played = played(
    {
      ...{ ...home(scene), ...history(scene), ...settings(scene), ...firstRun(scene) },
      ...restore(scene, (message) => one.tell(message)),
    },
    { language, locale: language === 'de' ? 'de-DE' : 'en-GB', page: address.get('page') },
  );
  playOn(one, scene);
  return one;
}
