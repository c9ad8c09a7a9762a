// What happens by itself in the demo: a job that runs, an agent that is lost and comes back, a pause.
import { Refused, type JobEnd, type JobKind, type JobPhase, type Status } from '..';
import { NOW_SECS, type Answers, type Played } from '.';
import { aDrive, drives, drivesOf, pluggedDrive } from './drives';
import { quietStatus, running } from './home';

const TICK_MS = 120;
const TICKS = 40;

/** Makes the answers that change something do so, in the eyes of whoever watches. */
export function playOn(one: Played, scene: string): void {
  let status: Status | undefined;
  let job = 50;
  let timer: ReturnType<typeof setInterval> | undefined;
  /** What the job that runs is about. */
  let about = 'family';
  const played = drivesOf(scene);

  const now = () => status ?? quietStatus();
  const change = (rest: Partial<Status>) => {
    status = { ...now(), ...rest };
    one.tell({ event: { event: 'status', value: status } });
  };
  const end = (kind: JobKind, outcome: JobEnd['outcome'], files: number, bytes: number) => {
    clearInterval(timer);
    timer = undefined;
    const said = { id: `job-${kind}-${outcome}`, args: { bytes: { kind: 'bytes' as const, value: bytes } } };
    const newest_backup = kind === 'backup' && outcome === 'good' ? NOW_SECS : now().newest_backup;
    status = quietStatus({ newest_backup, drives: structuredClone(played.plugged) });
    one.tell({ event: { event: 'status', value: status } });
    one.tell({
      event: {
        event: 'job-ended',
        value: {
          ...{ job, kind, about, outcome, said, detail: null, problems: [], problem_count: 0 },
          ...{ backup: 'family_20260303_093000', files, bytes, place: null, undo: null },
        },
      },
    });
  };
  const run = (kind: JobKind, of = 'family', phase: JobPhase = 'backing-up', done: () => void = () => {}) => {
    clearInterval(timer);
    job += 1;
    about = of;
    let tick = 0;
    const [files, bytes] = [15_639, 87.1e9];
    timer = setInterval(() => {
      tick += 1;
      if (tick > TICKS) {
        done();
        return end(kind, 'good', files, bytes);
      }
      const share = tick / TICKS;
      const left = (1 - share) * 400;
      const progress = {
        ...{ job, kind, about, phase, files: Math.round(files * share), total_files: files },
        ...{ bytes: bytes * share, total_bytes: bytes, left_secs: [left * 0.9, left * 1.2] as [number, number] },
      };
      change({ state: 'busy', sentence: { id: 'verdict-busy' }, job: running(progress) });
    }, TICK_MS);
    return job;
  };
  const showDrives = () => change({ drives: structuredClone(played.plugged) });
  /** What is plugged in as this drive of the family stands so from now on. */
  const stand = (name: string, state: Parameters<typeof pluggedDrive>[1], id: string) => {
    for (const plugged of played.plugged.filter(({ drive }) => drive === name)) {
      Object.assign(plugged, pluggedDrive(name, state, id), { volume: plugged.volume });
    }
  };

  const stopOther = one.answers.stop;
  const answers: Answers = {
    'back-up-now': () => (run('backup'), null),
    'copy-now': ({ place }) => {
      const name = place ?? 'Blue drive';
      stand(name, 'busy', 'drive-busy');
      showDrives();
      run('copy', name, 'copying', () => stand(name, 'safe-to-remove', 'drive-safe'));
      return null;
    },
    'check-now': () => (run('check'), null),
    stop(request) {
      // A restore is played elsewhere, and stopped there.
      if (now().job?.kind === 'backup' || timer !== undefined) setTimeout(() => end('backup', 'stopped', 0, 0), 600);
      else stopOther?.(request);
      return null;
    },
    pause: () => (change({ paused_until: NOW_SECS + 3600 }), null),
    resume: () => (change({ paused_until: null }), null),
    'confirm-changes': () => (change(quietStatus()), null),
    ...drives(played, showDrives),
    'adopt-drive': ({ volume, name, color, is_encrypted }) => {
      const plugged = played.plugged.find((some) => some.volume === volume);
      if (!plugged) throw new Refused({ kind: 'not-now', said: { id: 'refused-nothing-there' }, detail: null });
      const { total_bytes } = plugged;
      Object.assign(plugged, pluggedDrive(name, 'busy', 'drive-busy'), { volume, total_bytes });
      showDrives();
      return run('adopt-drive', name, 'copying', () => {
        const card = aDrive(name, { color, is_encrypted, total_bytes, free_bytes: total_bytes - 51e9, bytes: 51e9 });
        played.page.drives.push({ ...card, last_seen: NOW_SECS, last_copied: NOW_SECS, last_proven: NOW_SECS });
        if (is_encrypted) played.page.sheet = 'unchecked';
        stand(name, 'safe-to-remove', 'drive-safe');
      });
    },
    'eject-drive': ({ volume }) => {
      const name = played.plugged.find((some) => some.volume === volume)?.drive ?? '';
      return run('eject-drive', name, 'starting', () => stand(name, 'safe-to-remove', 'drive-safe'));
    },
    'forget-drive': ({ name }) => {
      return run('forget-drive', name, 'starting', () => {
        played.page.drives = played.page.drives.filter((some) => some.name !== name);
        played.plugged = played.plugged.filter(({ drive }) => drive !== name);
      });
    },
    'prove-drive': ({ name }) => {
      stand(name, 'busy', 'drive-busy');
      showDrives();
      return run('check', name, 'verifying', () => stand(name, 'ready', 'drive-ready'));
    },
  };
  Object.assign(one.answers, answers);

  const watch = one.watch.bind(one);
  let isLost = scene === 'lost';
  one.watch = (told) => {
    const endWatching = watch((message) => {
      if ('connected' in message) {
        status ??= message.connected;
        if (isLost) return told({ lost: 'nobody answers' });
        return told({ connected: status });
      }
      told(message);
    });
    // Whoever asks a second time finds it again.
    setTimeout(() => (isLost = false), 0);
    return endWatching;
  };
}
