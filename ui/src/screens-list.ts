// Every screen of the window, as the user guide shows it and as axe-core looks at it. A page or a step that is not
// here has no picture, and a test says so.
import type { PageName } from './state.svelte';

/** What somebody does to get to a screen; elements are named by their `data-testid`. */
export type Step = { click: string } | { type: string; text: string } | { see: string };

export interface Screen {
  /** Names its pictures: `ID-light.png`, `ID-dark.png`, `ID-german.png`. */
  id: string;
  /** What is going on: `?scene=` of the demo. */
  scene: string;
  /** The page where one begins, when it is another. */
  begin?: PageName;
  steps?: Step[];
  /** How often what moves by itself, such as a job, does so before it stands still for its picture. */
  ticks?: number;
}

/** The demo's jobs are done after so many ticks. */
const DONE = 60;

const TO_WHERE: Step[] = [{ click: 'first-run-next' }];
const TO_WHEN: Step[] = [...TO_WHERE, { click: 'first-run-next' }];
const TO_RUNNING: Step[] = [...TO_WHEN, { click: 'first-run-begin' }];

export const screens: Record<PageName, Screen[]> = {
  home: [
    { id: 'home', scene: 'good' },
    { id: 'home-attention', scene: 'attention' },
    { id: 'home-unread', scene: 'attention', steps: [{ click: 'unread-Photos' }] },
    { id: 'home-problem', scene: 'problem' },
    { id: 'home-busy', scene: 'busy' },
    { id: 'home-overdue', scene: 'overdue' },
    { id: 'home-changed', scene: 'changed' },
    { id: 'home-paused', scene: 'paused' },
    { id: 'home-look-only', scene: 'look-only' },
    { id: 'home-lost', scene: 'lost' },
  ],
  history: [
    { id: 'history', scene: 'good' },
    { id: 'history-empty', scene: 'empty' },
  ],
  backup: [{ id: 'backup', scene: 'good', begin: 'history', steps: [{ click: 'backup-row-family_20260303_020500' }] }],
  restore: [{ id: 'restore-when', scene: 'good' }],
  settings: [{ id: 'settings', scene: 'good' }],
  activity: [{ id: 'activity', scene: 'good' }],
  'first-run': [
    { id: 'first-run-what', scene: 'not-set-up' },
    { id: 'first-run-where', scene: 'not-set-up', steps: TO_WHERE },
    { id: 'first-run-when', scene: 'not-set-up', steps: TO_WHEN },
    { id: 'first-run-running', scene: 'not-set-up', steps: [...TO_RUNNING, { see: 'job-progress' }], ticks: 16 },
    { id: 'first-run-done', scene: 'not-set-up', steps: [...TO_RUNNING, { see: 'first-run-done' }], ticks: DONE },
  ],
  'new-computer': [{ id: 'new-computer', scene: 'not-set-up' }],
};
