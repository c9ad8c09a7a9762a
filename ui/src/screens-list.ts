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
  steps?: Step[];
}

export const screens: Record<PageName, Screen[]> = {
  home: [{ id: 'home', scene: 'good' }],
  history: [{ id: 'history', scene: 'good' }],
  backup: [{ id: 'backup', scene: 'good' }],
  restore: [{ id: 'restore-when', scene: 'good' }],
  settings: [{ id: 'settings', scene: 'good' }],
  activity: [{ id: 'activity', scene: 'good' }],
  'first-run': [{ id: 'first-run-what', scene: 'first-run' }],
  'new-computer': [{ id: 'new-computer', scene: 'new-computer' }],
};
