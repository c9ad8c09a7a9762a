//! What everyone in the agent can see: how things stand, the job that runs, and what people have asked for. The loop and
//! the connections share it; nobody holds it while waiting for anything.

mod listeners;
mod wishes;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use keepsake_api::{Event, JobEnd, JobKind, JobPhase, JobProgress, PluggedIn, Said, State, Status, Waits};

use crate::Asked;
use crate::plugged::OfDrives;
use crate::work::{Task, TaskProgress};

use listeners::Listeners;
pub(crate) use listeners::{Line, Listener, MOST_WAITING};
pub(crate) use wishes::Wish;

/// The status is told at most so often: what is drawn anew each time takes the processor from the backup.
const TOLD_EACH: Duration = Duration::from_millis(500);

/// What everyone can see.
pub(crate) struct Board {
    inner: Mutex<Inner>,
    loop_: Sender<Asked>,
    next_job: AtomicU64,
}

struct Inner {
    /// As the agent's own user sees it.
    status: Status,
    running: Option<Running>,
    wishes: VecDeque<Wish>,
    /// Names of all plans and places of the settings.
    plans: Vec<String>,
    places: Vec<String>,
    listeners: Listeners,
    /// What was said of drives, for the loop.
    of_drives: Vec<OfDrives>,
    told_at: Option<Instant>,
    /// True when the status has changed since it was told.
    is_new: bool,
}

/// The job that runs.
#[derive(Debug, Clone)]
struct Running {
    job: u64,
    task: Task,
    is_wished: bool,
    /// True when it was killed and has not ended: nobody knows when it will.
    is_stuck: bool,
}

/// The verdict and what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    pub state: State,
    pub sentence: Said,
    pub reasons: Vec<keepsake_api::Reason>,
    pub plans: Vec<keepsake_api::PlanStatus>,
    pub newest_backup: Option<i64>,
}

impl Board {
    /// `loop_` wakes the loop.
    pub fn new(loop_: Sender<Asked>) -> Self {
        let status = Status {
            // Nothing is called good before it was looked at.
            state: State::Attention,
            sentence: Said::new("status-looking"),
            reasons: Vec::new(),
            plans: Vec::new(),
            job: None,
            paused_until: None,
            drives: Vec::new(),
            waits: None,
            newest_backup: None,
            may_change: true,
            version: env!("CARGO_PKG_VERSION").into(),
        };
        let inner = Inner {
            status,
            running: None,
            wishes: VecDeque::new(),
            plans: Vec::new(),
            places: Vec::new(),
            listeners: Listeners::default(),
            of_drives: Vec::new(),
            told_at: None,
            is_new: false,
        };
        Self { inner: Mutex::new(inner), loop_, next_job: AtomicU64::new(1) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // What is on it is whole at any moment: each change is one assignment.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the loop. It may have ended: then there is nobody to wake.
    pub fn wake(&self, asked: Asked) {
        let _ = self.loop_.send(asked);
    }

    /// How things stand, as somebody sees it who may change things or not.
    pub fn status(&self, may_change: bool) -> Status {
        Status { may_change, ..self.lock().status.clone() }
    }

    /// Changes the status, and has it told when it is another now.
    fn change(&self, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.lock();
        let before = inner.status.clone();
        change(&mut inner);
        if inner.status != before && !inner.tell_status(Instant::now()) {
            drop(inner);
            // The loop tells it in a moment.
            self.wake(Asked::Wake);
        }
    }

    /// Tells what could not be told yet; answers how long the next time is to be waited for.
    pub fn tell_in_time(&self) -> Option<Duration> {
        let mut inner = self.lock();
        if !inner.is_new || inner.tell_status(Instant::now()) {
            return None;
        }
        inner.told_at.map(|at| (at + TOLD_EACH).saturating_duration_since(Instant::now()))
    }

    /// The verdict as it is now.
    pub fn set_verdict(&self, verdict: Verdict) {
        self.change(|inner| inner.judge(verdict));
    }

    /// Names of all plans and places.
    pub fn set_names(&self, plans: Vec<String>, places: Vec<String>) {
        let mut inner = self.lock();
        (inner.plans, inner.places) = (plans, places);
    }

    /// How drives that are plugged in stand.
    pub fn set_drives(&self, drives: Vec<PluggedIn>) {
        self.change(|inner| inner.status.drives = drives);
    }

    /// What runs.
    pub fn running(&self) -> Option<Task> {
        self.lock().running.as_ref().map(|running| running.task.clone())
    }

    /// What somebody says of drives that are plugged in, for the loop: see [`crate::plugged`].
    pub fn say_of_drives(&self, what: OfDrives) {
        self.lock().of_drives.push(what);
        self.wake(Asked::Wake);
    }

    /// What was said of drives since the last time.
    pub fn take_of_drives(&self) -> Vec<OfDrives> {
        std::mem::take(&mut self.lock().of_drives)
    }

    /// Why what is due waits.
    pub fn set_waits(&self, waits: Option<Waits>) {
        self.change(|inner| inner.status.waits = waits);
    }

    /// Until when nothing begins by itself, in seconds since 1970.
    pub fn set_paused(&self, until: Option<i64>) {
        self.change(|inner| inner.status.paused_until = until);
    }

    /// Until when nothing begins by itself, in seconds since 1970.
    pub fn paused_until(&self) -> Option<i64> {
        self.lock().status.paused_until
    }

    /// What kind of job runs.
    pub fn busy_with(&self) -> Option<JobKind> {
        self.lock().running.as_ref().map(|running| running.task.kind())
    }

    /// Begins a job that nobody asked for; None when somebody has asked for something meanwhile.
    pub fn begin_scheduled(&self, task: &Task) -> Option<u64> {
        let job = self.next_job.fetch_add(1, Ordering::Relaxed);
        let mut begun = None;
        self.change(|inner| {
            if inner.wishes.is_empty() {
                inner.begin(Running { job, task: task.clone(), is_wished: false, is_stuck: false });
                begun = Some(job);
            }
        });
        begun
    }

    /// Begins what was asked for first.
    pub fn begin_wish(&self) -> Option<Wish> {
        let mut begun = None;
        self.change(|inner| {
            begun = inner.wishes.pop_front();
            if let Some(wish) = &begun {
                inner.begin(Running { job: wish.job, task: wish.task.clone(), is_wished: true, is_stuck: false });
            }
        });
        begun
    }

    /// How far a job is.
    pub fn progress(&self, job: u64, progress: &TaskProgress) {
        self.change(|inner| {
            if let Some(shown) = inner.status.job.as_mut().filter(|shown| shown.job == job) {
                // It tidies up until it ends, whatever it says of that.
                if shown.phase != JobPhase::Stopping {
                    shown.phase = progress.phase;
                }
                (shown.files, shown.total_files) = (progress.files, progress.total_files);
                (shown.bytes, shown.total_bytes) = (progress.bytes, progress.total_bytes);
                (shown.bytes_per_sec, shown.left_secs) = (progress.bytes_per_sec, progress.left_secs);
                shown.problems = progress.problems;
            }
        });
    }

    /// The job that runs was asked to end.
    pub fn is_stopping(&self) {
        self.change(|inner| {
            if let Some(job) = &mut inner.status.job {
                job.phase = JobPhase::Stopping;
            }
        });
    }

    /// The job that runs was killed, and has not ended.
    pub fn is_stuck(&self) {
        if let Some(running) = &mut self.lock().running {
            running.is_stuck = true;
        }
    }

    /// Nothing runs any more. What is told of the end is told at once, and that what was read may be old.
    pub fn end_job(&self, end: Option<JobEnd>, verdict: Option<Verdict>) {
        self.change(|inner| {
            (inner.running, inner.status.job) = (None, None);
            if let Some(verdict) = verdict {
                inner.judge(verdict);
            }
            if let Some(end) = end {
                inner.listeners.tell_end(&end);
                inner.listeners.tell(&Event::Changed {});
            }
        });
    }

    /// What was read of backups or settings may be old.
    pub fn tell_changed(&self) {
        self.lock().listeners.tell(&Event::Changed {});
    }

    /// Tells a listener from now on what happens; the first thing is how things stand.
    pub fn listen(&self, listener: Listener) -> u64 {
        let mut inner = self.lock();
        let status = inner.status.clone();
        inner.listeners.add(listener, &status)
    }

    /// A listener has gone away.
    pub fn forget(&self, listener: u64) {
        self.lock().listeners.remove(listener);
    }
}

impl Inner {
    fn judge(&mut self, verdict: Verdict) {
        let Verdict { state, sentence, reasons, plans, newest_backup } = verdict;
        let status = &mut self.status;
        (status.state, status.sentence, status.reasons) = (state, sentence, reasons);
        (status.plans, status.newest_backup) = (plans, newest_backup);
    }

    fn begin(&mut self, running: Running) {
        self.status.waits = None;
        self.status.job = Some(JobProgress {
            job: running.job,
            kind: running.task.kind(),
            about: running.task.about_name(),
            phase: JobPhase::Starting,
            files: 0,
            total_files: None,
            bytes: 0,
            total_bytes: None,
            bytes_per_sec: None,
            left_secs: None,
            problems: 0,
        });
        self.running = Some(running);
    }

    /// Tells all listeners how things stand, unless they were told a moment ago.
    fn tell_status(&mut self, now: Instant) -> bool {
        let is_time = self.told_at.is_none_or(|at| now.saturating_duration_since(at) >= TOLD_EACH);
        if is_time {
            self.listeners.tell_status(&self.status);
            self.told_at = Some(now);
        }
        self.is_new = !is_time;
        is_time
    }
}

#[cfg(test)]
mod tests;
