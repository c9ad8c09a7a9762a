// Every screen of the window, as the user guide shows it and as axe-core looks at it. A page or a step that is not
// here has no picture, and a test says so.
import type { PageName } from './state.svelte';

/** What somebody does to get to a screen; elements are named by their `data-testid`. */
export type Step = { click: string } | { type: string; text: Record<'en' | 'de', string> } | { see: string };

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

const TO_ADOPT: Step[] = [{ click: 'stranger-use' }, { see: 'adopt-begin' }];

const TO_WHAT: Step[] = [{ click: 'restore-next' }];
const TO_TARGET: Step[] = [...TO_WHAT, { click: 'choose-photos' }, { click: 'restore-next' }];
const TO_BESIDE: Step[] = [...TO_TARGET, { click: 'restore-next' }, { see: 'restore-preview' }];
const TO_IN_PLACE: Step[] = [
  ...TO_TARGET,
  { click: 'restore-in-place' },
  { click: 'restore-next' },
  { see: 'restore-preview' },
];
const IN_PLACE: Step[] = [
  ...TO_IN_PLACE,
  { type: 'restore-confirm-word', text: { en: 'RESTORE', de: 'WIEDERHERSTELLEN' } },
  { click: 'restore-begin' },
];

const FIRST_WORDS = 'orbit candle maple river gentle oystar lamp winter harvest pencle tunnel garden';
const LAST_WORDS = ' mirror bread silver cousin anchor velvet planet basket ocean ladder honey spirit';
const TYPED: Step = { type: 'enter-word-1', text: { en: FIRST_WORDS + LAST_WORDS, de: FIRST_WORDS + LAST_WORDS } };

export const screens: Record<PageName, Screen[]> = {
  home: [
    { id: 'home', scene: 'good' },
    { id: 'home-attention', scene: 'attention' },
    { id: 'home-unread', scene: 'attention', steps: [{ click: 'unread-Photos' }] },
    { id: 'home-problem', scene: 'problem' },
    { id: 'home-busy', scene: 'busy' },
    { id: 'home-overdue', scene: 'overdue' },
    { id: 'home-changed', scene: 'changed' },
    { id: 'home-drive', scene: 'drives-asks' },
    { id: 'home-paused', scene: 'paused' },
    { id: 'home-look-only', scene: 'look-only' },
    { id: 'home-lost', scene: 'lost' },
  ],
  history: [
    { id: 'history', scene: 'good' },
    { id: 'history-empty', scene: 'empty' },
  ],
  backup: [{ id: 'backup', scene: 'good', begin: 'history', steps: [{ click: 'backup-row-family_20260303_020500' }] }],
  restore: [
    { id: 'restore-when', scene: 'good' },
    {
      id: 'restore-what',
      scene: 'good',
      steps: [...TO_WHAT, { click: 'open-photos' }, { click: 'open-Lake 2019' }, { see: 'restore-tiles' }],
    },
    {
      id: 'restore-what-search',
      scene: 'good',
      steps: [...TO_WHAT, { type: 'restore-search', text: { en: 'list', de: 'list' } }, { see: 'item-list 1.odt' }],
    },
    {
      id: 'restore-what-versions',
      scene: 'good',
      steps: [
        ...TO_WHAT,
        { click: 'open-documents' },
        { click: 'open-Letters' },
        { click: 'versions-To Aunt Martha.odt' },
        { see: 'versions-take' },
      ],
    },
    { id: 'restore-where', scene: 'good', steps: TO_TARGET },
    { id: 'restore-check', scene: 'good', steps: TO_BESIDE },
    { id: 'restore-check-in-place', scene: 'good', steps: TO_IN_PLACE },
    {
      id: 'restore-check-no-room',
      scene: 'in-the-way',
      steps: [...TO_TARGET, { click: 'restore-next' }, { see: 'restore-obstacle' }],
    },
    { id: 'restore-run', scene: 'running', steps: [...TO_BESIDE, { click: 'restore-begin' }, { see: 'stop-job' }] },
    { id: 'restore-run-done', scene: 'good', steps: [...IN_PLACE, { see: 'restore-done' }] },
    { id: 'restore-undos', scene: 'good', steps: [{ click: 'restore-undos' }] },
  ],
  drives: [
    { id: 'drives', scene: 'good' },
    { id: 'drives-empty', scene: 'drives-none' },
    { id: 'drives-asks', scene: 'drives-asks' },
    { id: 'drives-copying', scene: 'drives-copying' },
    { id: 'drives-safe', scene: 'drives-safe' },
    { id: 'drives-ready', scene: 'drives-ready' },
    { id: 'drives-held', scene: 'drives-held' },
    { id: 'drives-others', scene: 'drives-others' },
    { id: 'drives-backups', scene: 'drives-backups' },
    { id: 'drives-change', scene: 'good', steps: [{ click: 'drive-change' }, { see: 'drive-save' }] },
    { id: 'drives-forget', scene: 'good', steps: [{ click: 'drive-forget' }, { see: 'forget-no' }] },
    { id: 'drives-sheet', scene: 'drives-sheet' },
    { id: 'drives-key-lost', scene: 'drives-key-lost' },
  ],
  'adopt-drive': [
    { id: 'adopt-drive', scene: 'drives-first', begin: 'drives', steps: TO_ADOPT },
    {
      id: 'adopt-drive-running',
      scene: 'drives-first',
      begin: 'drives',
      steps: [...TO_ADOPT, { click: 'adopt-begin' }, { see: 'job-progress' }],
      ticks: 16,
    },
    {
      id: 'adopt-drive-done',
      scene: 'drives-first',
      begin: 'drives',
      steps: [...TO_ADOPT, { click: 'adopt-begin' }, { see: 'adopt-print-sheet' }],
      ticks: DONE,
    },
  ],
  'recovery-sheet': [
    { id: 'recovery-sheet', scene: 'drives-sheet' },
    { id: 'recovery-sheet-by-hand', scene: 'drives-sheet', steps: [{ click: 'sheet-show' }, { see: 'sheet-words' }] },
    {
      id: 'recovery-sheet-wrong',
      scene: 'drives-sheet',
      steps: [
        { type: 'sheet-code', text: { en: 'K7QX 2M9B', de: 'K7QX 2M9B' } },
        { click: 'sheet-check' },
        { see: 'sheet-wrong' },
      ],
    },
    {
      id: 'recovery-sheet-checked',
      scene: 'drives-sheet',
      steps: [
        { type: 'sheet-code', text: { en: 'k7qx 2m9p', de: 'k7qx 2m9p' } },
        { click: 'sheet-check' },
        { see: 'sheet-checked' },
      ],
    },
    { id: 'recovery-sheet-new', scene: 'good', steps: [{ click: 'sheet-new' }, { see: 'sheet-new-yes' }] },
  ],
  'enter-sheet': [
    { id: 'enter-sheet', scene: 'drives-key-lost' },
    {
      id: 'enter-sheet-typos',
      scene: 'drives-key-lost',
      steps: [TYPED, { click: 'enter-check' }, { see: 'enter-said' }],
    },
    {
      id: 'enter-sheet-good',
      scene: 'drives-key-lost',
      steps: [
        TYPED,
        { click: 'enter-check' },
        { click: 'enter-take-6-oyster' },
        { click: 'enter-take-10-pencil' },
        { click: 'enter-check' },
        { see: 'enter-good' },
      ],
    },
  ],
  settings: [
    { id: 'settings', scene: 'good' },
    { id: 'settings-add', scene: 'good', steps: [{ click: 'settings-add-source' }, { see: 'settings-add-yes' }] },
    {
      id: 'settings-remove',
      scene: 'good',
      steps: [{ click: 'settings-remove-source' }, { see: 'settings-remove-no' }],
    },
    { id: 'settings-wrong', scene: 'settings-wrong' },
  ],
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
