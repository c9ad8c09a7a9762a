import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test } from 'vitest';
import { asked, expectAccessible, playScene, tellStatus } from '../../test/window';
import App from '../App.svelte';
import { Refused, type JobEnd, type PluggedState, type Reason } from '../backend';
import type { Answers } from '../backend/fake';
import { aDrive, drivesOf, pluggedDrive, stranger } from '../backend/fake/drives';
import { quietStatus, running } from '../backend/fake/home';
import { pageOf, view } from '../state.svelte';

afterEach(cleanup);
const user = userEvent.setup();

/** What stands there, with plain spaces. */
const read = (id: string) => screen.getByTestId(id).textContent?.replaceAll('\u00a0', ' ').replace(/\s+/g, ' ') ?? '';

async function drives(scene: string, answers: Answers = {}) {
  const one = playScene(scene, answers);
  view.page = { name: 'drives' };
  render(App);
  await screen.findByTestId('rail-drives');
  await waitFor(() => expect(document.querySelector('[aria-busy=true]')).toBeNull());
  return one;
}

const AGE: Reason['said']['args'] = { age: { kind: 'age-secs', value: 9 * 86_400 } };
const ENDED: JobEnd = {
  ...{ job: 90, kind: 'forget-drive', about: 'Blue drive', outcome: 'good', said: { id: 'job-forget-drive-good' } },
  ...{ detail: null, problems: [], problem_count: 0, backup: null, files: 0, bytes: 0, place: null, undo: null },
};

describe('the page of drives', () => {
  test('is in the rail, and teaches when there is none', async () => {
    playScene('drives-none');
    render(App);
    await user.click(await screen.findByTestId('rail-drives'));
    await screen.findByTestId('drives-empty');
    expect(read('drives-empty')).toContain('No drive yet. Plug one in, and we will ask you first.');
    expect(read('drives-empty')).toContain('87.1 GB');
    expect(screen.queryByTestId('sheet-card')).toBeNull();
    await expectAccessible();
  });

  test('says of each drive what is on it, and which to plug in next', async () => {
    await drives('good');
    const blue = await screen.findByTestId('drive-Blue drive');
    expect(read('drive-Blue drive')).toContain('Last copy yesterday 2:18');
    expect(read('drive-Blue drive')).toContain('Last proven yesterday 2:18');
    expect(read('drive-Blue drive')).toContain('Backups 7');
    expect(read('drive-Blue drive')).toContain('1.6 TB free of 2 TB');
    expect(within(blue).getByRole('img').getAttribute('aria-label')).toBe('Blue, with a circle');
    expect(within(blue).queryByTestId('drive-next')).toBeNull();
    expect(within(screen.getByTestId('drive-Red drive')).getByTestId('drive-next').textContent).toContain(
      'Plug this one in next',
    );
    // Nothing can be copied to what is not there.
    expect(screen.queryByTestId('drive-copy')).toBeNull();
    await expectAccessible();
  });

  test('what is not known is said to be unknown', async () => {
    const bare = { last_seen: null, last_copied: null, last_proven: null, backups: 0, free_bytes: null };
    await drives('good', {
      drives: () => ({ ...drivesOf('good').page, drives: [aDrive('Blue drive', { ...bare, total_bytes: null })] }),
    });
    await screen.findByTestId('drive-Blue drive');
    expect(read('drive-Blue drive')).toContain('Not plugged in');
    expect(read('drive-Blue drive')).toContain('Last copy Not yet');
    expect(read('drive-Blue drive')).toContain('Room Not known yet');
  });

  test('a drive that is copied to shows how far it is, and can be removed all the same', async () => {
    const one = await drives('drives-copying', { 'eject-drive': () => 7 });
    const card = within(await screen.findByTestId('drive-Blue drive'));
    expect(card.getByTestId('drive-now').textContent).toContain('Keepsake is at work on Blue drive.');
    expect(card.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('42');
    expect(card.queryByTestId('drive-copy')).toBeNull();
    expect(within(screen.getByTestId('drive-Red drive')).queryByRole('progressbar')).toBeNull();
    await expectAccessible();
    await user.click(card.getByTestId('drive-remove'));
    expect(asked(one, 'eject-drive')).toEqual([{ ask: 'eject-drive', volume: 'volume-Blue drive' }]);
    // Another one that is plugged in meanwhile waits, and shows no progress of its own.
    const job = running({ kind: 'copy', about: 'Blue drive', phase: 'copying' });
    const both = [
      pluggedDrive('Blue drive', 'busy', 'drive-busy'),
      pluggedDrive('Red drive', 'waiting', 'drive-waiting'),
    ];
    tellStatus(one, quietStatus({ state: 'busy', job, drives: both }));
    await waitFor(() => expect(within(screen.getByTestId('drive-Red drive')).getByTestId('drive-now')).toBeTruthy());
    expect(screen.getAllByRole('progressbar')).toHaveLength(1);
  });

  test.each<[PluggedState, string, string[]]>([
    ['waiting', 'drive-waiting', ['drive-remove']],
    ['busy', 'drive-busy', ['drive-remove']],
    ['ready', 'drive-ready', ['drive-copy', 'drive-remove', 'drive-prove']],
    ['held', 'drive-held-unknown', ['drive-copy', 'drive-remove', 'drive-prove']],
    ['failed', 'drive-failed', ['drive-copy', 'drive-remove', 'drive-prove']],
    ['safe-to-remove', 'drive-safe', []],
    ['unmounted', 'drive-unmounted', []],
    ['refused', 'drive-refused-twice', []],
  ])('%s: its sentence, and only what can be done', async (state, id, buttons) => {
    const one = await drives('good');
    tellStatus(one, quietStatus({ drives: [pluggedDrive('Blue drive', state, id)] }));
    const card = within(await screen.findByTestId('drive-Blue drive'));
    await waitFor(() => expect(card.getByTestId('drive-now').textContent).toContain('Blue drive'));
    const all = ['drive-copy', 'drive-remove', 'drive-prove'];
    expect(all.filter((button) => card.queryByTestId(button))).toEqual(buttons);
    // Changing and forgetting are always possible.
    expect(card.getByTestId('drive-change')).toBeTruthy();
    expect(card.getByTestId('drive-forget')).toBeTruthy();
  });

  test('copy now and prove ask for this drive', async () => {
    const one = await drives('drives-ready', { 'copy-now': () => null, 'prove-drive': () => 8 });
    await user.click(await screen.findByTestId('drive-copy'));
    await user.click(screen.getByTestId('drive-prove'));
    expect(asked(one, 'copy-now')).toEqual([{ ask: 'copy-now', place: 'Blue drive' }]);
    expect(asked(one, 'prove-drive')).toEqual([{ ask: 'prove-drive', name: 'Blue drive' }]);
  });

  test('a program that holds it is named', async () => {
    await drives('drives-held');
    await screen.findByTestId('drive-now');
    expect(read('drive-now')).toContain('Shotwell is still using Blue drive. Close Shotwell, then press');
  });

  test('to forget asks first, says that what stands on it stays, and can be left', async () => {
    const one = await drives('good', { 'forget-drive': () => 9 });
    await user.click((await screen.findAllByTestId('drive-forget'))[0]!);
    expect(screen.getByRole('dialog').textContent).toContain('What stands on it stays');
    expect(screen.getByRole('dialog').textContent).toContain('Keep your recovery sheet');
    await expectAccessible();
    await user.click(screen.getByTestId('forget-no'));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(asked(one, 'forget-drive')).toEqual([]);
    await user.click(screen.getAllByTestId('drive-forget')[0]!);
    await user.click(screen.getByTestId('forget-yes'));
    expect(asked(one, 'forget-drive')).toEqual([{ ask: 'forget-drive', name: 'Blue drive' }]);
    one.tell({ event: { event: 'job-ended', value: ENDED } });
    expect((await screen.findByTestId('job-result')).textContent).toContain('The drive is forgotten.');
  });

  test('name and colour are changed, and a name that another drive has is refused while it is typed', async () => {
    const one = await drives('good');
    await user.click((await screen.findAllByTestId('drive-change'))[0]!);
    const name = screen.getByTestId<HTMLInputElement>('drive-name');
    await user.clear(name);
    expect(read('drive-name-wrong')).toContain('A name is needed.');
    await user.type(name, ' red DRIVE ');
    expect(read('drive-name-wrong')).toContain('There is a red DRIVE already.');
    expect(screen.getByTestId<HTMLButtonElement>('drive-save').disabled).toBe(true);
    await user.clear(name);
    await user.type(name, ' Sky ');
    await user.click(screen.getByTestId('drive-color-white'));
    await user.click(screen.getByTestId('drive-stays'));
    await expectAccessible();
    await user.click(screen.getByTestId('drive-save'));
    expect(asked(one, 'change-drive')).toEqual([
      { ask: 'change-drive', name: 'Blue drive', new_name: 'Sky', color: 'white', stays_plugged_in: true },
    ]);
    expect((await screen.findByTestId('drive-Sky')).textContent).toContain('Stays plugged in');
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  test('a change that is refused stays open, and says why', async () => {
    await drives('good', {
      'change-drive': () => {
        throw new Refused({ kind: 'failed', said: { id: 'refused-settings-wrong' }, detail: 'line 7' });
      },
    });
    await user.click((await screen.findAllByTestId('drive-change'))[0]!);
    await user.click(screen.getByTestId('drive-save'));
    expect((await screen.findByTestId('refusal')).textContent).toContain('The settings are not right.');
    expect(screen.getByTestId<HTMLInputElement>('drive-name').value).toBe('Blue drive');
  });
});

describe('strangers', () => {
  test('one that asks can be used, left, or never asked about', async () => {
    const one = await drives('drives-asks', { 'ignore-drive': () => null });
    const card = await screen.findByTestId('stranger-SanDisk Ultra');
    expect(card.textContent?.replaceAll('\u00a0', ' ')).toContain('Use SanDisk Ultra (58 GB) for backups?');
    await expectAccessible();
    await user.click(screen.getByTestId('stranger-not'));
    await user.click(screen.getByTestId('stranger-never'));
    await waitFor(() => expect(document.activeElement?.tagName).toBe('H1'));
    const volume = 'volume-SanDisk Ultra';
    expect(asked(one, 'ignore-drive')).toEqual([
      { ask: 'ignore-drive', volume, forever: false },
      { ask: 'ignore-drive', volume, forever: true },
    ]);
    await user.click(screen.getByTestId('stranger-use'));
    expect(view.page).toEqual({ name: 'adopt-drive', volume });
    // To look at the question is no answer to it.
    expect(asked(one, 'adopt-drive')).toEqual([]);
  });

  test('one that is never asked about is asked about again', async () => {
    const one = await drives('drives-others');
    expect((await screen.findAllByTestId('drive-ask-again')).length).toBe(1);
    await user.click(screen.getByTestId('drive-ask-again'));
    expect(asked(one, 'ask-again')).toEqual([{ ask: 'ask-again', volume: 'volume-KINDLE' }]);
    await waitFor(() => expect(screen.queryByTestId('drive-ask-again')).toBeNull());
  });

  test('those that cannot be used say why and what to do, and offer nothing else', async () => {
    await drives('drives-others');
    await screen.findByTestId('stranger-CAMERA');
    expect(read('stranger-Work laptop')).toContain(
      'Work laptop is locked with a password. Open it in your file manager',
    );
    expect(read('stranger-Generic Flash Disk')).toContain('Nothing can be written to Generic Flash Disk.');
    expect(read('stranger-Blue drive')).toContain('This is not Blue drive.');
    for (const id of ['Work laptop', 'Blue drive']) {
      expect(within(screen.getByTestId(`stranger-${id}`)).queryAllByRole('button'), id).toEqual([]);
    }
    // What can only be read may hold backups.
    const flash = within(screen.getByTestId('stranger-Generic Flash Disk')).getAllByRole('button');
    expect(flash.map((button) => button.dataset['testid'])).toEqual(['stranger-look-for']);
    // What was only left alone can be used after all.
    await user.click(within(screen.getByTestId('stranger-CAMERA')).getByTestId('stranger-use'));
    expect(view.page).toEqual({ name: 'adopt-drive', volume: 'volume-CAMERA' });
  });

  test('backups on one are looked at, reading only; the sheet comes first when it is needed', async () => {
    const one = await drives('drives-backups');
    await user.click(await screen.findByTestId('stranger-look'));
    expect(asked(one, 'open-drive')).toEqual([{ ask: 'open-drive', volume: 'volume-HOLIDAY' }]);
    await waitFor(() => expect(view.page).toEqual({ name: 'enter-sheet', from: '/media/rosa/HOLIDAY/Keepsake' }));
    expect(asked(one, 'adopt-drive')).toEqual([]);
  });

  test('backups that need no sheet lead to the restore of a new computer at once', async () => {
    const from = '/media/rosa/HOLIDAY/Keepsake';
    const one = await drives('drives-backups', { 'open-drive': () => ({ from, needs_key: false }) });
    await user.click(await screen.findByTestId('stranger-look'));
    await screen.findByTestId('new-computer-result');
    expect(view.page).toEqual({ name: 'new-computer', from });
    expect(asked(one, 'history').at(-1)).toEqual({ ask: 'history', from });
  });

  test('one that nobody has looked at is looked at when somebody asks for it', async () => {
    const none = { id: 'refused-drive-without-backups', args: { title: { kind: 'text' as const, value: 'SanDisk' } } };
    const one = await drives('drives-asks', {
      'open-drive': () => {
        throw new Refused({ kind: 'not-found', said: none, detail: null });
      },
    });
    expect(asked(one, 'open-drive')).toEqual([]);
    await user.click(await screen.findByTestId('stranger-look-for'));
    expect(asked(one, 'open-drive')).toEqual([{ ask: 'open-drive', volume: 'volume-SanDisk Ultra' }]);
    expect((await screen.findByTestId('refusal')).textContent).toContain('There are no Keepsake backups on SanDisk.');
    expect(view.page.name).toBe('drives');
  });

  test('one whose backups were looked at is let go of, and that is said', async () => {
    const one = await drives('drives-backups', { 'eject-drive': () => 9 });
    await user.click(await screen.findByTestId('stranger-remove'));
    expect(asked(one, 'eject-drive')).toEqual([{ ask: 'eject-drive', volume: 'volume-HOLIDAY' }]);
    tellStatus(one, quietStatus({ drives: [stranger('HOLIDAY', 'unmounted', 'drive-unmounted', { backups: 1 })] }));
    await waitFor(() => expect(screen.queryByTestId('stranger-remove')).toBeNull());
    expect(screen.getByTestId('stranger-look')).not.toBeNull();
  });

  test('a drive that cannot be opened says why, and stays', async () => {
    await drives('drives-backups', {
      'open-drive': () => {
        throw new Refused({ kind: 'failed', said: { id: 'refused-nothing-there' }, detail: 'NotAuthorized' });
      },
    });
    await user.click(await screen.findByTestId('stranger-look'));
    expect((await screen.findByTestId('refusal')).textContent).toContain('NotAuthorized');
    expect(view.page.name).toBe('drives');
  });

  test("another family's drive leads to the sheet", async () => {
    const one = await drives('good');
    tellStatus(one, quietStatus({ drives: [stranger('HOLIDAY', 'refused', 'drive-refused-family')] }));
    await user.click(await screen.findByTestId('stranger-sheet'));
    expect(view.page).toEqual({ name: 'enter-sheet' });
  });

  test('where nothing is set up, one is not offered for backups, and no room is said to be needed', async () => {
    const drives = () => ({ drives: [], ignored: [], sheet: 'not-needed' as const, needed_bytes: 0 });
    const one = playScene('not-set-up', { drives });
    view.page = { name: 'drives' };
    render(App);
    await screen.findByTestId('drives-empty');
    expect(read('drives-empty')).not.toContain('Your backups need');
    const status = quietStatus({ state: 'not-set-up', drives: [stranger('CAMERA', 'ignored', 'drive-ignored')] });
    tellStatus(one, status);
    const card = within(await screen.findByTestId('stranger-CAMERA'));
    expect(card.getAllByRole('button').map((button) => button.dataset['testid'])).toEqual(['stranger-look-for']);
    expect(read('stranger-CAMERA')).toContain('Keepsake has not looked at it yet.');
  });

  test('a new computer offers what is plugged in, for looking only', async () => {
    const one = playScene('not-set-up');
    view.page = { name: 'new-computer' };
    render(App);
    const card = within(await screen.findByTestId('stranger-HOLIDAY'));
    expect(card.queryByTestId('stranger-use')).toBeNull();
    expect(card.queryByTestId('stranger-not')).toBeNull();
    await user.click(card.getByTestId('stranger-look'));
    await waitFor(() => expect(view.page.name).toBe('enter-sheet'));
    expect(new Set(one.asked.map(({ ask }) => ask))).toEqual(new Set(['suggest-places', 'open-drive']));
  });
});

describe('around it', () => {
  const MISSED: Reason = {
    ...{ rule: 'drive-old', plan: null, source: null, place: 'Red drive', said: { id: 'health-unchecked', args: AGE } },
    ...{ detail: null, state: 'attention', action: 'show-drives' },
  };

  test('a drive that is not at hand can wait', async () => {
    const one = await drives('good');
    expect(screen.queryByTestId('drive-snooze')).toBeNull();
    tellStatus(one, quietStatus({ reasons: [MISSED] }));
    const red = within(await screen.findByTestId('drive-Red drive'));
    await user.click(await red.findByTestId('drive-snooze-3'));
    expect(asked(one, 'snooze-drives')).toEqual([{ ask: 'snooze-drives', days: 3 }]);
    await screen.findByTestId('drives-snoozed');
    expect(screen.queryByTestId('drive-snooze')).toBeNull();
  });

  test('whoever was asked to wait is not asked again', async () => {
    const one = await drives('good');
    tellStatus(one, quietStatus({ reasons: [{ ...MISSED, said: { id: 'health-drive-old-snoozed' } }] }));
    await screen.findByTestId('drive-Red drive');
    expect(screen.queryByTestId('drive-snooze')).toBeNull();
  });

  test('that a copy failed is said here; that a backup ended is not', async () => {
    const one = await drives('good');
    await screen.findByTestId('drive-Blue drive');
    const backup: JobEnd = { ...ENDED, job: 91, kind: 'backup', about: 'family', said: { id: 'job-backup-good' } };
    one.tell({ event: { event: 'job-ended', value: backup } });
    await waitFor(() => expect(view.ended?.job).toBe(91));
    expect(screen.queryByTestId('job-result')).toBeNull();
    const said = { id: 'job-copy-failed' };
    one.tell({ event: { event: 'job-ended', value: { ...ENDED, job: 92, kind: 'copy', outcome: 'failed', said } } });
    expect((await screen.findByTestId('job-result')).dataset['outcome']).toBe('failed');
    await user.click(screen.getByTestId('job-result-dismiss'));
    expect(screen.queryByTestId('job-result')).toBeNull();
  });

  test('whoever may only look is told so, and nothing is asked', async () => {
    const one = playScene('good', { status: () => quietStatus({ may_change: false }) });
    view.page = { name: 'home' };
    render(App);
    await screen.findByTestId('look-only');
    await user.click(screen.getByTestId('rail-drives'));
    await screen.findByTestId('drives-look-only');
    expect(asked(one, 'drives')).toEqual([]);
  });

  test('a question that is not answered can be asked again', async () => {
    let fails = true;
    const page = drivesOf('good').page;
    await drives('good', {
      drives: () => {
        if (fails) throw new Refused({ kind: 'failed', said: { id: 'failed-reading' }, detail: 'EIO' });
        return page;
      },
    });
    await screen.findByTestId('refusal');
    fails = false;
    await user.click(screen.getByTestId('refusal-retry'));
    await screen.findByTestId('drive-Blue drive');
    expect(screen.queryByTestId('refusal')).toBeNull();
  });

  test('the sheet that is missing stands above all drives', async () => {
    await drives('drives-sheet');
    const card = await screen.findByTestId('sheet-card');
    expect(card.textContent).toContain('If this computer broke today, nobody could open your drives.');
    const drive = screen.getByTestId('drive-Blue drive');
    expect(card.compareDocumentPosition(drive) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
    await user.click(screen.getByTestId('sheet-open'));
    expect(view.page.name).toBe('recovery-sheet');
  });

  test.each(['drives-long', 'drives-others', 'drives-backups', 'drives-key-lost', 'drives-safe'])(
    'axe finds nothing: %s',
    async (scene) => {
      await drives(scene);
      await waitFor(() => expect(document.querySelector('article, section')).toBeTruthy());
      await expectAccessible();
    },
  );
});

test('tray and command line can name the page; a page that needs a drive is Home', () => {
  expect(pageOf('drives')).toEqual({ name: 'drives' });
  expect(pageOf('recovery-sheet')).toEqual({ name: 'recovery-sheet' });
  expect(pageOf('adopt-drive')).toEqual({ name: 'home' });
});

describe('home', () => {
  test('a drive among the places has no way to it while it is away', async () => {
    const home = await playScene('good').answers.home!({ ask: 'home' });
    const places = home.places.map((place) => (place.is_home ? place : { ...place, path: '', is_there: false }));
    playScene('good', { home: () => ({ ...home, places }) });
    render(App);
    const card = await screen.findByTestId('place-card-Blue drive');
    expect(card.textContent).toContain('not plugged in just now');
    expect([...card.querySelectorAll('p')].every((line) => line.textContent?.trim() !== '')).toBe(true);
  });

  test('a stranger that asks and a drive that is safe to remove each have a line there', async () => {
    const one = playScene('drives-asks');
    render(App);
    expect((await screen.findByTestId('drive-line-SanDisk Ultra')).textContent).toContain('Use SanDisk Ultra');
    await expectAccessible();
    await user.click(screen.getByTestId('drive-line-show'));
    expect(view.page.name).toBe('drives');
    await user.click(screen.getByTestId('rail-home'));
    tellStatus(one, quietStatus({ drives: [pluggedDrive('Blue drive', 'safe-to-remove', 'drive-safe')] }));
    expect((await screen.findByTestId('drive-line-Blue drive')).textContent).toContain('safe to remove');
    tellStatus(one, quietStatus({ drives: [pluggedDrive('Blue drive', 'busy', 'drive-busy')], job: running() }));
    await waitFor(() => expect(screen.queryByTestId('drive-lines')).toBeNull());
  });

  test.each([
    ['show-drives', 'drives'],
    ['print-sheet', 'recovery-sheet'],
  ] as const)('the button for %s shows the page %s', async (action, page) => {
    const reason: Reason = {
      ...{ rule: 'drive-old', plan: null, source: null, place: null, said: { id: 'health-unchecked', args: AGE } },
      ...{ detail: null, state: 'attention', action },
    };
    playScene('good', { status: () => quietStatus({ state: 'attention', reasons: [reason] }) });
    render(App);
    await user.click(await screen.findByTestId('advised-action'));
    expect(view.page.name).toBe(page);
  });
});
