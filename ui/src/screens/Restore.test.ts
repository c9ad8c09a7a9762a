import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import { asked, begin, click, expectAccessible, person } from '../../test/screens';
import type { JobEnd, JobProgress, RestorePreview } from '../backend';
import { speak } from '../sentences';
import { view } from '../state.svelte';
import Restore from './Restore.svelte';

const NEWEST = 'family_20260303_020500';
const SECOND = 'family_20260302_020500';

const title = () => screen.getByRole('heading', { level: 1 }).textContent;

/** Goes on to the page of that question with everything chosen. */
async function goTo(step: 'where' | 'check'): Promise<void> {
  await click('restore-next');
  await click('restore-everything');
  await click('restore-next');
  if (step === 'check') await click('restore-next');
}

/** The end of a job, as the agent tells it. */
function ended(job: number, id: string, more: Partial<JobEnd> = {}): JobEnd {
  return {
    job,
    kind: 'restore',
    about: null,
    outcome: 'good',
    said: { id, args: { problems: { kind: 'count', value: 1 } } },
    detail: null,
    problems: [],
    problem_count: 0,
    backup: null,
    files: 0,
    bytes: 0,
    place: null,
    undo: null,
    ...more,
  };
}

test('from day to done: a folder beside, and the folder is opened', async () => {
  const backend = await begin(Restore, { name: 'restore' });
  backend.openFolder = vi.fn(async () => {});
  await screen.findByTestId(`restore-backup-${SECOND}`);
  expect(title()).toBe('As it was on which day?');
  await click('calendar-day-2026-03-02');
  expect(screen.getByTestId(`restore-backup-${SECOND}`).getAttribute('aria-pressed')).toBe('true');
  await click('restore-next');
  await click('open-photos');
  await click('open-Lake 2019');
  await click('choose-IMG_1801.jpg');
  await click('choose-IMG_1803.jpg');
  await click('restore-next');
  expect(screen.getByTestId('restore-dir').textContent).toBe('~/Restored/2026-03-02');
  await click('restore-next');
  const restore = {
    name: SECOND,
    paths: ['photos/Lake 2019/IMG_1801.jpg', 'photos/Lake 2019/IMG_1803.jpg'],
    target: { to: 'beside', dir: '/home/rosa/Restored/2026-03-02' },
    from: null,
  };
  expect(asked(backend, 'preview-restore')).toEqual([{ ask: 'preview-restore', restore }]);
  expect((await screen.findByTestId('restore-place')).textContent).toBe('/home/rosa/Restored/2026-03-02');
  expect(screen.queryByTestId('restore-confirm-word')).toBeNull();
  await click('restore-begin');
  expect(asked(backend, 'restore')).toEqual([{ ask: 'restore', restore, confirm: null, seen: null }]);
  const done = await screen.findByTestId('restore-done', {}, { timeout: 6000 });
  expect(done.textContent).toContain('Everything is back.');
  expect(done.textContent).toContain('2 files');
  expect(screen.queryByTestId('restore-undo')).toBeNull();
  await click('restore-open-folder');
  expect(backend.openFolder).toHaveBeenCalledWith('/home/rosa/Restored/2026-03-02');
});

test('in place only the right word begins; a wrong one is said kindly and sends nothing', async () => {
  const backend = await begin(Restore, { name: 'restore' });
  await goTo('where');
  await click('restore-in-place');
  await click('restore-next');
  await screen.findByTestId('restore-preview');
  expect(screen.getByTestId('restore-newer-here').textContent).toContain('3');
  await expectAccessible();
  for (const wrong of ['', 'restore', 'RESTOR']) {
    const field = screen.getByTestId('restore-confirm-word');
    await person.clear(field);
    if (wrong) await person.type(field, wrong);
    if (wrong === 'RESTOR') await person.keyboard('{Enter}');
    else await click('restore-begin');
    expect(screen.getByTestId('restore-wrong-word').textContent).toContain('Nothing has been touched');
    expect(field.getAttribute('aria-invalid')).toBe('true');
  }
  await expectAccessible();
  expect(asked(backend, 'restore')).toEqual([]);
  await person.clear(screen.getByTestId('restore-confirm-word'));
  await person.type(screen.getByTestId('restore-confirm-word'), 'RESTORE');
  await click('restore-begin');
  expect(asked(backend, 'restore')).toMatchObject([
    {
      confirm: 'RESTORE',
      seen: '5ee11e5ee11e5ee11e5ee11e5ee11e55',
      restore: { paths: [], target: { to: 'in-place' } },
    },
  ]);
  await screen.findByTestId('restore-done', {}, { timeout: 6000 });
  await click('restore-undo');
  await expectAccessible();
  await click('undo-confirm');
  expect(asked(backend, 'undo')).toHaveLength(1);
  await waitFor(() => expect(screen.getByTestId('restore-done').textContent).toContain('Taken back.'), {
    timeout: 6000,
  });
});

test('when the settings have changed since the look, it is looked at again before anything is touched', async () => {
  const amount = (files: number) => ({ files, bytes: files });
  const looks = ['/home/rosa/Pictures', '/srv/pictures'];
  let [looked, job] = [0, 6];
  const backend = await begin(Restore, { name: 'restore' }, 'good', {
    'preview-restore': () => {
      const place = looks[Math.min(looked, 1)]!;
      looked += 1;
      const counts = { new: amount(0), changed: amount(1), same: amount(0), newer_here: amount(0) };
      const seen = `a${looked}`;
      return { ...counts, place, backup_at: 0, obstacles: [], warnings: [], free_bytes: null, seen };
    },
    restore: () => (job += 1),
  });
  await goTo('where');
  await click('restore-in-place');
  await click('restore-next');
  await person.type(await screen.findByTestId('restore-confirm-word'), 'RESTORE');
  await click('restore-begin');
  expect(screen.queryByTestId('restore-preview')).toBeNull();
  const end = ended(7, 'job-restore-look-again', { outcome: 'failed' });
  backend.tell({ event: { event: 'job-ended', value: end } });
  const said = await screen.findByTestId('restore-look-again');
  expect(said.textContent).toContain('The settings have changed since you looked, so nothing was touched.');
  expect(title()).toBe('This is what would happen');
  await waitFor(() => expect(screen.getByTestId('restore-place').textContent).toBe('/srv/pictures'));
  await expectAccessible();
  // Consent is given anew, and to what is seen now.
  expect((screen.getByTestId('restore-confirm-word') as HTMLInputElement).value).toBe('');
  await person.type(screen.getByTestId('restore-confirm-word'), 'RESTORE');
  await click('restore-begin');
  expect(asked(backend, 'restore')).toMatchObject([{ seen: 'a1' }, { seen: 'a2' }]);
});

test('in German the word is German, and what is sent is RESTORE', async () => {
  speak('de', 'de-DE');
  try {
    const backend = await begin(Restore, { name: 'restore' });
    await goTo('where');
    await click('restore-in-place');
    await click('restore-next');
    await person.type(await screen.findByTestId('restore-confirm-word'), 'RESTORE');
    await click('restore-begin');
    expect(asked(backend, 'restore')).toEqual([]);
    await person.clear(screen.getByTestId('restore-confirm-word'));
    await person.type(screen.getByTestId('restore-confirm-word'), 'WIEDERHERSTELLEN');
    await click('restore-begin');
    expect(asked(backend, 'restore')).toMatchObject([{ confirm: 'RESTORE' }]);
  } finally {
    speak('en', 'en-GB');
  }
});

test('Back loses nothing, and neither does looking elsewhere', async () => {
  await begin(Restore, { name: 'restore' });
  await click('restore-next');
  await click('open-documents');
  await click('choose-Tax 2025.pdf');
  await click('restore-next');
  await click('restore-in-place');
  await click('restore-next');
  await screen.findByTestId('restore-preview');
  await click('restore-back');
  expect((screen.getByTestId('restore-in-place') as HTMLInputElement).checked).toBe(true);
  await click('restore-back');
  expect(((await screen.findByTestId('choose-Tax 2025.pdf')) as HTMLInputElement).checked).toBe(true);
  await click('restore-back');
  await click(`restore-backup-${SECOND}`);
  await click('restore-next');
  expect(((await screen.findByTestId('choose-Tax 2025.pdf')) as HTMLInputElement).checked).toBe(true);
  expect(screen.getByTestId('restore-trail').textContent).toContain('yesterday');
  expect(screen.getByTestId('restore-trail').textContent).toContain('documents/Tax 2025.pdf');
});

test('a backup that is deleted meanwhile is not restored from: the first question is asked again', async () => {
  let isGone = false;
  const { history } = await import('../backend/fake/history');
  const all = await history('good').history!({ ask: 'history', from: null });
  const backend = await begin(Restore, { name: 'restore', backup: NEWEST }, 'good', {
    history: () => ({ ...all, backups: isGone ? all.backups.slice(1) : all.backups }),
  });
  await waitFor(() => expect(title()).toBe('What would you like back?'));
  isGone = true;
  backend.tell({ event: { event: 'changed', value: {} } });
  await waitFor(() => expect(title()).toBe('As it was on which day?'));
  expect(screen.getByTestId(`restore-backup-${SECOND}`).getAttribute('aria-pressed')).toBe('true');
  expect(screen.queryByTestId(`restore-backup-${NEWEST}`)).toBeNull();
});

test('without a choice it does not go on, and says why', async () => {
  await begin(Restore, { name: 'restore' });
  await click('restore-next');
  await click('restore-next');
  expect(screen.getByTestId('restore-missing').textContent).toContain('Choose something first');
  expect(title()).toBe('What would you like back?');
  await expectAccessible();
});

test('a folder brings all that is in it, and things in it cannot be chosen twice', async () => {
  const backend = await begin(Restore, { name: 'restore' });
  await click('restore-next');
  await click('open-photos');
  await click('open-Garden');
  await click('choose-IMG_1401.jpg');
  await click('restore-everything');
  const inside = screen.getByTestId('choose-IMG_1401.jpg') as HTMLInputElement;
  expect(inside.checked).toBe(true);
  await person.click(inside);
  expect(inside.checked).toBe(true);
  await expectAccessible();
  await click('restore-next');
  await click('restore-next');
  expect(asked(backend, 'preview-restore')).toMatchObject([{ restore: { paths: ['photos/Garden'] } }]);
});

test('things are found by name wherever they are, and hostile names are text', async () => {
  const backend = await begin(Restore, { name: 'restore' });
  await click('restore-next');
  await person.type(screen.getByTestId('restore-search'), 'img src');
  const item = await screen.findByTestId('item-Recipe <img src=x onerror=alert(1)>.txt');
  expect(item.querySelector('img')).toBeNull();
  expect(item.textContent).toContain('documents');
  await waitFor(() => expect(screen.getByTestId('search-said').textContent).toContain('1 found'));
  await expectAccessible();
  expect(asked(backend, 'search')).toMatchObject([{ text: 'img src', name: NEWEST }]);
  await person.keyboard('{ArrowDown} ');
  expect(screen.getByTestId('restore-chosen').textContent).toContain('1 thing chosen');
});

test('an older version of a file is taken from the backup that has it', async () => {
  const backend = await begin(Restore, { name: 'restore' });
  await click('restore-next');
  await click('open-documents');
  await click('versions-Tax 2025.pdf');
  const dialog = within(screen.getByRole('dialog', { hidden: true }));
  const radios = (await dialog.findAllByRole('radio', { hidden: true })) as HTMLInputElement[];
  expect(radios).toHaveLength(4);
  expect(radios[0]!.checked).toBe(true);
  await expectAccessible();
  await person.click(radios[2]!);
  await click('versions-take');
  expect(title()).toBe('Where should it go?');
  await click('restore-next');
  const [request] = asked(backend, 'preview-restore');
  expect(request).toMatchObject({ restore: { name: radios[2]!.value, paths: ['documents/Tax 2025.pdf'] } });
  expect(radios[2]!.value).not.toBe(NEWEST);
});

test('what stands in the way is said before anything is written, and nothing can begin', async () => {
  const backend = await begin(Restore, { name: 'restore' }, 'in-the-way');
  await goTo('check');
  expect((await screen.findByTestId('restore-obstacle')).textContent).toContain(
    'There is too little room in /home/rosa/Restored/2026-03-03: ',
  );
  expect((screen.getByTestId('restore-begin') as HTMLButtonElement).disabled).toBe(true);
  await expectAccessible();
  expect(asked(backend, 'restore')).toEqual([]);
});

test('damage is said, and may be accepted', async () => {
  await begin(Restore, { name: 'restore' }, 'damaged');
  await goTo('check');
  const warnings = (await screen.findAllByTestId('restore-warning')).map((one) => one.textContent);
  expect(warnings).toHaveLength(4);
  expect(warnings[0]).toContain('photos/Lake 2019/IMG_1803.jpg is damaged in this backup.');
  expect(warnings[2]).toContain('3 more files are damaged.');
  expect((screen.getByTestId('restore-begin') as HTMLButtonElement).disabled).toBe(false);
});

test('an obstacle that this window has no sentence for still stops it, in words', async () => {
  const preview: RestorePreview = {
    new: { files: 1, bytes: 1 },
    changed: { files: 0, bytes: 0 },
    same: { files: 0, bytes: 0 },
    newer_here: { files: 0, bytes: 0 },
    place: '/x',
    backup_at: 0,
    obstacles: [{ id: 'from-a-newer-engine' }],
    warnings: [],
    free_bytes: null,
    seen: null,
  };
  await begin(Restore, { name: 'restore' }, 'good', { 'preview-restore': () => preview });
  await goTo('check');
  expect((await screen.findByTestId('restore-obstacle')).textContent).toContain('Something stands in the way');
  expect((screen.getByTestId('restore-begin') as HTMLButtonElement).disabled).toBe(true);
});

test('it shows how far it is, can be stopped, and says that whole files stay', async () => {
  const backend = await begin(Restore, { name: 'restore' }, 'running');
  await goTo('check');
  await click('restore-begin');
  const progress = await screen.findByTestId('job-progress');
  await waitFor(() => expect(progress.textContent).toMatch(/219 (files )?of 548/));
  expect(document.body.textContent).toContain('Each file is there whole or not at all.');
  await expectAccessible();
  await click('stop-job');
  expect(asked(backend, 'stop')).toHaveLength(1);
});

test('how it ended is known, whatever page was shown and whatever ended since', async () => {
  const backend = await begin(Restore, { name: 'restore' }, 'good', { restore: () => 5007 });
  await goTo('check');
  await click('restore-begin');
  // Somebody looks at another page, and there comes no answer but to who listens.
  cleanup();
  backend.tell({ event: { event: 'job-ended', value: ended(5007, 'job-restore-good', { files: 3 }) } });
  backend.tell({ event: { event: 'job-ended', value: ended(5008, 'job-backup-good', { kind: 'backup' }) } });
  render(Restore);
  expect((await screen.findByTestId('restore-done')).textContent).toContain('Everything is back.');
  expect(screen.getByTestId('restore-open-folder')).toBeTruthy();
});

test('what another window has brought back is not looked for where this one would have put it', async () => {
  const backend = await begin(Restore, { name: 'restore' });
  await screen.findByTestId(`restore-backup-${SECOND}`);
  const job: JobProgress = {
    job: 5010,
    kind: 'restore',
    about: null,
    phase: 'restoring',
    files: 1,
    total_files: 3,
    bytes: 1,
    total_bytes: 3,
    bytes_per_sec: null,
    left_secs: null,
    problems: 0,
  };
  cleanup();
  backend.tell({ event: { event: 'status', value: { ...view.status!, job } } });
  render(Restore);
  await screen.findByTestId('job-progress');
  const end = ended(5010, 'job-restore-good', { files: 3, place: '/srv/elsewhere' });
  backend.tell({ event: { event: 'status', value: { ...view.status!, job: null } } });
  backend.tell({ event: { event: 'job-ended', value: end } });
  expect((await screen.findByTestId('restore-done-place')).textContent).toBe('/srv/elsewhere');
  expect(screen.queryByTestId('restore-open-folder')).toBeNull();
});

test('a restore that could not be taken back whole is not said to be', async () => {
  const problem = { kind: 'not-restored', path: 'documents/Letter.odt', message: 'it was changed since' };
  const backend = await begin(Restore, { name: 'restore' }, 'good', { undo: () => 5020 });
  await click('restore-undos');
  await click('undo-ask-u1');
  await click('undo-confirm');
  const end = ended(5020, 'job-undo-with-problems', { kind: 'undo', outcome: 'with-problems', problem_count: 1 });
  backend.tell({ event: { event: 'job-ended', value: { ...end, problems: [problem] } } });
  const partly = await screen.findByTestId('undo-partly');
  expect(partly.textContent).toContain('Not everything could be put back as it was before.');
  expect(partly.textContent).toContain('documents/Letter.odt');
  expect(document.body.textContent).not.toContain('Taken back.');
  await expectAccessible();
});

test('what did not come back is named with the reason', async () => {
  await begin(Restore, { name: 'restore' }, 'done-problems');
  await goTo('check');
  await click('restore-begin');
  await screen.findByTestId('restore-done', {}, { timeout: 6000 });
  expect(document.body.textContent).toContain('2 files did not come back as they were');
  expect(screen.getByTestId('problems-not-restored').textContent).toContain('documents/House/Heating.odt');
  await expectAccessible();
});

test('when the agent goes away in the middle it says that nothing is broken', async () => {
  const backend = await begin(Restore, { name: 'restore' }, 'running');
  await goTo('check');
  await click('restore-begin');
  await screen.findByTestId('job-progress');
  backend.tell({ lost: 'the socket closed' });
  expect((await screen.findByTestId('restore-lost')).textContent).toContain('Nothing is broken');
});

test('a backup page begins further on, with its backup and its file', async () => {
  const backend = await begin(Restore, { name: 'restore', backup: SECOND, path: 'photos/Garden/IMG_1401.jpg' });
  await waitFor(() => expect(title()).toBe('Where should it go?'));
  await click('restore-next');
  expect(asked(backend, 'preview-restore')).toMatchObject([
    { restore: { name: SECOND, paths: ['photos/Garden/IMG_1401.jpg'] } },
  ]);
  await click('restore-back');
  await click('restore-back');
  expect(((await screen.findByTestId('choose-IMG_1401.jpg')) as HTMLInputElement).checked).toBe(true);
});

test('from another folder all questions name it, and in place is not offered where nobody knows the place', async () => {
  const backend = await begin(Restore, { name: 'restore', from: '/media/blue' }, 'good', {
    backup: ({ name }) => ({ ...newComputer, summary: { ...newComputer.summary, name } }),
  });
  await goTo('where');
  await waitFor(() => expect(document.body.textContent).toContain('is not known on this computer'));
  expect((screen.getByTestId('restore-in-place') as HTMLInputElement).disabled).toBe(true);
  await click('restore-next');
  await screen.findByTestId('restore-preview');
  for (const request of backend.asked) if ('from' in request) expect(request.from, request.ask).toBe('/media/blue');
  expect(asked(backend, 'undos')).toEqual([]);
  expect(asked(backend, 'preview-restore')).toMatchObject([{ restore: { from: '/media/blue' } }]);
});

test('earlier restores can be taken back from the first page', async () => {
  const backend = await begin(Restore, { name: 'restore' });
  await click('restore-undos');
  expect((await screen.findByTestId('undo-u1')).textContent).toContain('12 files');
  await expectAccessible();
  await click('undo-ask-u1');
  await click('undo-confirm');
  expect(asked(backend, 'undo')).toEqual([{ ask: 'undo', undo: 'u1' }]);
  expect(await screen.findByTestId('undos-empty', {}, { timeout: 6000 })).toBeTruthy();
});

test('another folder is chosen in the dialog of the system', async () => {
  const backend = await begin(Restore, { name: 'restore' });
  await goTo('where');
  await expectAccessible();
  await click('restore-choose-dir');
  expect(screen.getByTestId('restore-dir').textContent).toBe('~/Recipes');
  await click('restore-next');
  expect(asked(backend, 'preview-restore')).toMatchObject([
    { restore: { target: { to: 'beside', dir: '/home/rosa/Recipes' } } },
  ]);
});

test('a folder of a million things draws some, and reaches the last with the keyboard', async () => {
  const backend = await begin(Restore, { name: 'restore' }, 'million');
  await click('restore-next');
  await click('open-photos');
  const first = await screen.findByTestId('choose-scan_0000000.pdf');
  await waitFor(() => expect(document.activeElement).toBe(first));
  expect(screen.getAllByRole('checkbox').length).toBeLessThan(60);
  await person.keyboard('{End}');
  const last = await screen.findByTestId('choose-scan_0999999.txt');
  await waitFor(() => expect(document.activeElement).toBe(last));
  await person.keyboard('{Home}');
  expect(document.activeElement).toBe(screen.getByTestId('choose-scan_0000000.pdf'));
  expect(asked(backend, 'browse').length).toBeLessThan(6);
});

test('without a backup, and without the right to restore, it says so', async () => {
  await begin(Restore, { name: 'restore' }, 'empty');
  expect((await screen.findByTestId('restore-empty')).textContent).toContain('Nothing to bring back yet.');
  await expectAccessible();
  const backend = await begin(Restore, { name: 'restore' });
  view.status = { ...view.status!, may_change: false };
  expect(await screen.findByTestId('restore-not-allowed')).toBeTruthy();
  await goTo('check');
  await screen.findByTestId('restore-preview');
  expect((screen.getByTestId('restore-begin') as HTMLButtonElement).disabled).toBe(true);
  expect(asked(backend, 'restore')).toEqual([]);
});

const counts = { files: 1, pictures: 0, bytes: 1 };
const newComputer = {
  summary: {
    name: '',
    plan: 'family',
    computer: 'old-laptop',
    at: 1_772_503_500,
    day: '2026-03-03',
    state: 'good' as const,
    counts,
    new_bytes: 1,
    stored_bytes: 1,
    problem_count: 0,
  },
  before: null,
  after: null,
  sources: [{ name: 'photos', path: null, was_found: true, counts }],
  came: counts,
  changed: counts,
  went: counts,
  problems: [],
  places: [],
  kept: [],
  is_last_good: false,
  proven: null,
  frees_bytes: 0,
};
