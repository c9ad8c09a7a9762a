// What happens by itself in the demo: a job that runs, an agent that is lost and comes back, a pause.
import type { JobEnd, JobKind, Status } from '..';
import { NOW_SECS, type Answers, type Played } from '.';
import { quietStatus, running } from './home';

const TICK_MS = 120;
const TICKS = 40;

/** Makes the answers that change something do so, in the eyes of whoever watches. */
export function playOn(one: Played, scene: string): void {
  let status: Status | undefined;
  let job = 50;
  let timer: ReturnType<typeof setInterval> | undefined;

  const now = () => status ?? quietStatus();
  const change = (rest: Partial<Status>) => {
    status = { ...now(), ...rest };
    one.tell({ event: { event: 'status', value: status } });
  };
  const end = (kind: JobKind, outcome: JobEnd['outcome'], files: number, bytes: number) => {
    clearInterval(timer);
    timer = undefined;
    const said = { id: `job-${kind}-${outcome}`, args: { bytes: { kind: 'bytes' as const, value: bytes } } };
    status = quietStatus({ newest_backup: outcome === 'good' ? NOW_SECS : now().newest_backup });
    one.tell({ event: { event: 'status', value: status } });
    one.tell({
      event: {
        event: 'job-ended',
        value: {
          ...{ job, kind, about: 'family', outcome, said, detail: null, problems: [], problem_count: 0 },
          ...{ backup: 'family_20260303_093000', files, bytes, place: null, undo: null },
        },
      },
    });
  };
  const run = (kind: JobKind) => {
    clearInterval(timer);
    job += 1;
    let tick = 0;
    const [files, bytes] = [15_639, 87.1e9];
    timer = setInterval(() => {
      tick += 1;
      if (tick > TICKS) return end(kind, 'good', files, bytes);
      const share = tick / TICKS;
      const left = (1 - share) * 400;
      const progress = {
        ...{ job, kind, files: Math.round(files * share), total_files: files },
        ...{ bytes: bytes * share, total_bytes: bytes, left_secs: [left * 0.9, left * 1.2] as [number, number] },
      };
      change({ state: 'busy', sentence: { id: 'verdict-busy' }, job: running(progress) });
    }, TICK_MS);
  };

  const stopOther = one.answers.stop;
  const answers: Answers = {
    'back-up-now': () => (run('backup'), null),
    'copy-now': () => (run('copy'), null),
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
