// What the window may ask, whoever answers: the real program (tauri.ts) or the one for tests and pictures (fake/).
import type { Answer, Event, PathText, Refusal, Request, Status } from './api';

export type * from './api';

/** The value that belongs to a question, by its name. */
export type ValueOf<K extends Request['ask']> = Extract<Answer, { answer: K }>['value'];

/** What whoever watches is told. */
export type WatchMessage = { connected: Status } | { event: Event } | { lost: string };

/** What the window finds around it. */
export interface Surroundings {
  /** The language of the sentences. */
  language: 'en' | 'de';
  /** The locale for numbers and dates, as in BCP 47. */
  locale: string;
  /** Whether clocks show 12 hours; null for what the locale says. */
  hour12: boolean | null;
  /** The page to begin with; null for Home. */
  page: string | null;
  /** The home folder; null when there is none. */
  home: PathText | null;
  version: string;
}

export interface PickedFolder {
  path: PathText;
  shown: string;
}

export interface Backend {
  /** Asks; a refusal is thrown as {@link Refused}. */
  ask<R extends Request>(request: R): Promise<ValueOf<R['ask']>>;
  /** Calls back with what happens, beginning with how things stand. The answer ends it. */
  watch(told: (message: WatchMessage) => void): () => void;
  /** Lets the person choose a folder in the system's own dialog. */
  pickFolder(title: string): Promise<PickedFolder | null>;
  /** Lets the person choose a picture in the system's own dialog; null when they chose none. */
  pickPicture(title: string): Promise<PathText | null>;
  /** Opens a folder in the file manager. */
  openFolder(path: PathText): Promise<void>;
  /** Lets the person choose where a text is saved. False when they chose nowhere. */
  saveText(title: string, suggestedName: string, text: string): Promise<boolean>;
  surroundings(): Promise<Surroundings>;
  /** Calls back when somebody wants to see a page: the tray's menu, a notification's button. */
  onPage(show: (page: string) => void): () => void;
}

/** The agent, or the window's own program, says no. */
export class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.detail ?? refusal.said.id);
  }
}

let chosen: Backend | undefined;

/** The one that is used; set once at the start, or by a test. */
export function backend(): Backend {
  if (!chosen) throw new Error('no backend was chosen');
  return chosen;
}

export function useBackend(one: Backend): void {
  chosen = one;
}
