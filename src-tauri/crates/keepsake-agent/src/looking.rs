//! The loop: looks, runs the one thing that is to be done first, and looks again.

mod accompanying;
mod drives;
mod judging;
mod key;
mod noting;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use jiff::{Timestamp, Zoned};
use keepsake_api::Waits;
use keepsake_core::error::plain;
use keepsake_core::lock::{self, AgentLock};
use keepsake_core::schedule::{CopyDue, Due, ShareDue, Tries, Why, is_copy_due, is_due, share_due};
use keepsake_core::settings::{Plan, Settings};

use crate::board::{Board, Wish};
use crate::circumstances::{KnowsCircumstances, waits_for};
use crate::job_end::job_end;
use crate::known::Known;
use crate::log::Log;
use crate::pause;
use crate::presence::{Device, Presence, came_back};
use crate::server::Server;
use crate::settings::WatchedSettings;
use crate::verdict::Facts;
use crate::work::{Ended, Task, Told, Work};
use crate::{Agent, AgentError, Asked, take_lock};
use accompanying::Accompanied;
pub(crate) use drives::Drives;

/// It looks at least so often.
const LOOK_EACH: Duration = Duration::from_secs(60);
/// So often while a drive waits that was plugged in, as another program is at work: somebody stands there.
const LOOK_EACH_WITH_DRIVE: Duration = Duration::from_secs(2);

/// The agent at work.
pub(crate) struct Looking<'a> {
    agent: &'a Agent,
    log: Log,
    lock: AgentLock,
    asked: Receiver<Asked>,
    settings: WatchedSettings,
    /// Of which version of the settings everyone was told.
    told_settings: u64,
    known: Known,
    presence: Presence,
    told_of_waiting: bool,
    spread: Duration,
    /// When each plan had its last turn, as a number that grows.
    turns: HashMap<String, u64>,
    /// On which devices a plan's folders were when it failed: the backup folder first, then its sources.
    lacked: HashMap<String, Vec<Device>>,
    /// What became of copying to each place, and on which device it was then.
    copies: HashMap<PathBuf, (Device, Tries)>,
    reads: Tries,
    board: Arc<Board>,
    server: Server,
    facts: Facts,
    circumstances: Box<dyn KnowsCircumstances>,
    drives: Drives,
    /// When the family's key was last looked for.
    key_looked_for_at: Option<Timestamp>,
}

/// What is to be done now.
enum Next {
    /// What is due, and why.
    Do(Task, Option<Why>),
    /// What somebody has asked for.
    Wish(Wish),
    /// Nothing before this moment.
    Wait(Option<Zoned>),
}

/// How much later than the clock says a computer wakes up for a moment: another time on each, from 0 to 44 s. At the same
/// second, two computers with plans of one name would make archives of one name, which cannot lie in one folder.
fn spread_of(computer_id: &str) -> Duration {
    let mixed = computer_id.bytes().fold(0u64, |mixed, byte| mixed.wrapping_mul(31).wrapping_add(byte.into()));
    Duration::from_secs(mixed % 45)
}

impl<'a> Looking<'a> {
    pub fn new(
        agent: &'a Agent,
        log: Log,
        lock: AgentLock,
        asked: Receiver<Asked>,
        board: Arc<Board>,
        server: Server,
        (circumstances, drives): (Box<dyn KnowsCircumstances>, Drives),
    ) -> Self {
        Self {
            agent,
            log,
            lock,
            asked,
            settings: WatchedSettings::new(&agent.config, &agent.data_dir, &agent.home),
            told_settings: 0,
            known: Known::new(&agent.data_dir, &agent.computer_id),
            presence: Presence::default(),
            told_of_waiting: false,
            spread: spread_of(&agent.computer_id),
            turns: HashMap::new(),
            lacked: HashMap::new(),
            copies: HashMap::new(),
            reads: Tries::default(),
            board,
            server,
            facts: Facts::new(&agent.data_dir, &agent.computer_id),
            circumstances,
            drives,
            key_looked_for_at: None,
        }
    }

    /// Goes on until it is asked to end.
    pub fn go(mut self) -> Result<(), AgentError> {
        self.look();
        self.judge();
        self.server.open();
        loop {
            self.keep_lock()?;
            self.server.keep();
            let wait_until = match self.next() {
                Next::Wait(moment) => moment,
                Next::Do(task, why) => match self.run(&task, why) {
                    Run::Done => Some(self.agent.clock.local_now()),
                    Run::NotNow => None,
                    Run::Stop => return Ok(()),
                },
                Next::Wish(wish) => match self.run_wish(wish) {
                    Run::Stop => return Ok(()),
                    _ => Some(self.agent.clock.local_now()),
                },
            };
            self.judge();
            if self.wait(wait_until) {
                return Ok(());
            }
        }
    }

    /// Waits until there may be something to do; true when the agent is to end.
    fn wait(&mut self, wait_until: Option<Zoned>) -> bool {
        let until = Instant::now() + self.pause(wait_until);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let wait = self.board.tell_in_time().map_or(left, |moment| moment.min(left));
            match self.asked.recv_timeout(wait) {
                Ok(Asked::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
                Ok(Asked::Look) => {
                    self.settings.read_again();
                    return false;
                }
                Ok(Asked::Judge) => self.judge(),
                Ok(Asked::Reap | Asked::Wake) => return false,
                Ok(Asked::StopJob(_)) => {}
                Err(RecvTimeoutError::Timeout) if wait < left => {}
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
    }

    /// Takes the lock anew when somebody has removed the folder of state, unless another agent was faster.
    fn keep_lock(&mut self) -> Result<(), AgentError> {
        if !self.lock.still_counts() {
            match take_lock(self.agent) {
                Ok(lock) => self.lock = lock,
                Err(running @ AgentError::Running { .. }) => return Err(running),
                // It cannot be written now; backups will say so.
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn pause(&self, wait_until: Option<Zoned>) -> Duration {
        let Some(moment) = wait_until else {
            let waits = self.settings.settings().is_some_and(|settings| self.drives.came(settings).is_some());
            return if waits && self.board.paused_until().is_none() { LOOK_EACH_WITH_DRIVE } else { LOOK_EACH };
        };
        let left = moment.timestamp().duration_since(self.agent.clock.now());
        match Duration::try_from(left) {
            // A moment that has come just now is not to be met a hair too early.
            Ok(left) if !left.is_zero() => {
                left.saturating_add(Duration::from_millis(5)).saturating_add(self.spread).min(LOOK_EACH)
            }
            _ => Duration::from_millis(5),
        }
    }

    /// Reads the settings if they have changed, by whoever, and has everyone read them anew who shows them.
    fn look_at_settings(&mut self) {
        self.settings.look(&self.log);
        if self.told_settings != self.settings.version() {
            self.told_settings = self.settings.version();
            self.board.tell_changed();
        }
    }

    /// The settings, and true beside them when what was done until now is known; None when nothing is set up.
    fn look(&mut self) -> Option<(Settings, bool)> {
        self.look_at_settings();
        let Some(settings) = self.settings.settings().cloned() else {
            self.board.set_names(Vec::new(), Vec::new());
            return None;
        };
        let plans = settings.plans.iter().map(|plan| plan.name.clone()).collect();
        self.board.set_names(plans, names_of_places(&settings));
        self.look_for_key();
        let is_known = self.known.refresh(&settings, self.agent.clock.as_ref(), &self.log);
        Some((settings, is_known))
    }

    /// True while somebody wants nothing to begin by itself.
    fn is_paused(&self) -> bool {
        let Some(until) = self.board.paused_until() else { return false };
        let holds = pause::holds(until, self.agent.clock.now());
        if !holds {
            self.board.set_paused(None);
        }
        holds
    }

    /// What is to be done first: what somebody asked for, then a backup that is due, then copies, then reading.
    fn next(&mut self) -> Next {
        let looked = self.look();
        self.look_at_drives();
        if let Some(wish) = self.board.begin_wish() {
            return Next::Wish(wish);
        }
        let Some((settings, true)) = looked else { return Next::Wait(None) };
        if self.is_paused() {
            self.board.set_waits(None);
            return Next::Wait(None);
        }
        let mut waits = None;
        let next = self.next_scheduled(&settings, &mut waits);
        if matches!(next, Next::Wait(_)) {
            self.board.set_waits(waits);
        }
        next
    }

    /// `waits` becomes why something that is due waits, when something does.
    fn next_scheduled(&mut self, settings: &Settings, waits: &mut Option<Waits>) -> Next {
        let circumstances = self.circumstances.now();
        let mut may_begin = |task: &Task| {
            let why = waits_for(task, settings, circumstances);
            // What a backup waits for is said before what a copy waits for.
            *waits = waits.or(why);
            why.is_none()
        };
        // Somebody has just plugged it in, and waits.
        if let Some(name) = self.drives.came(settings) {
            return Next::Do(Task::Copy(name), None);
        }
        let (due, mut wait_until) = self.due_plans(settings);
        let due: Vec<(String, Why)> =
            due.into_iter().filter(|(plan, _)| may_begin(&Task::Backup(plan.clone()))).collect();
        if let Some((plan, why)) = whose_turn(due, &self.turns) {
            return Next::Do(Task::Backup(plan), Some(why));
        }
        let now = self.agent.clock.local_now();
        let mut or_at = |at: Option<Zoned>| wait_until = wait_until.take().into_iter().chain(at).min();
        for place in settings.destinations.iter().filter(|place| self.known.lacks_copies(&place.path)) {
            let device = self.presence.device(&place.path, self.known.archives_in(&place.path));
            let (before, tries) = self.copies.entry(place.path.clone()).or_default();
            if *before != device {
                (*before, *tries) = (device, Tries::default());
            }
            match is_copy_due(true, device.is_some(), tries, &now) {
                CopyDue::Now => {
                    let task = Task::Copy(place.name.clone());
                    if may_begin(&task) {
                        return Next::Do(task, None);
                    }
                }
                CopyDue::Later(at) => or_at(at),
            }
        }
        if let Some(name) = self.drive_that_lacks(settings) {
            let task = Task::Copy(name);
            if may_begin(&task) {
                return Next::Do(task, None);
            }
        }
        let archives = self.known.archives_in(&settings.backup_dir);
        match share_due(self.known.share_reads(), &self.reads, &now) {
            ShareDue::Now(share) if self.presence.device(&settings.backup_dir, archives).is_some() => {
                let task = Task::Read(share);
                if may_begin(&task) {
                    return Next::Do(task, None);
                }
            }
            ShareDue::Now(_) => {}
            ShareDue::Later(at) => or_at(at),
        }
        Next::Wait(wait_until)
    }

    /// The plans that are due, and when the next of the others is.
    fn due_plans(&mut self, settings: &Settings) -> (Vec<(String, Why)>, Option<Zoned>) {
        let mut due = Vec::new();
        let mut earliest: Option<Zoned> = None;
        for plan in &settings.plans {
            match self.due(settings, plan) {
                Due::Now(why) => due.push((plan.name.clone(), why)),
                Due::Later { at, .. } => earliest = earliest.into_iter().chain(at).min(),
            }
        }
        (due, earliest)
    }

    fn due(&mut self, settings: &Settings, plan: &Plan) -> Due {
        if plan.is_resting() {
            return Due::Later { at: None, failures: 0, is_raised: false };
        }
        let now = self.agent.clock.local_now();
        let due = is_due(&plan.schedule, &self.known.runs(&plan.name), &now);
        if !matches!(due, Due::Later { failures: 1.., .. }) {
            self.lacked.remove(&plan.name);
            return due;
        }
        // What it lacked may have come back: then there is no reason to wait any longer.
        let devices = self.devices(settings, plan);
        match self.lacked.get(&plan.name) {
            None => {
                self.lacked.insert(plan.name.clone(), devices);
                due
            }
            Some(before) if came_back(before, &devices) => {
                self.lacked.insert(plan.name.clone(), devices);
                self.known.forgive(&plan.name);
                is_due(&plan.schedule, &self.known.runs(&plan.name), &now)
            }
            Some(_) => due,
        }
    }

    fn devices(&mut self, settings: &Settings, plan: &Plan) -> Vec<Device> {
        let backups = self.presence.device(&settings.backup_dir, self.known.archives_in(&settings.backup_dir));
        let sources = plan.sources.iter().map(|source| self.presence.device(&source.path, &[]));
        [backups].into_iter().chain(sources).collect()
    }

    fn run(&mut self, task: &Task, why: Option<Why>) -> Run {
        let about = task.about();
        if let Some(doing) = lock::holder(&self.agent.data_dir) {
            // Each minute another line would only hide the others.
            if let Some(why) = why.filter(|_| !self.told_of_waiting) {
                self.log.event(&format!("{about}: due ({why}), and waits: {doing}"));
                self.told_of_waiting = true;
            }
            self.board.set_waits(Some(Waits::OtherRun));
            return Run::NotNow;
        }
        // What somebody asked for meanwhile goes before.
        let Some(job) = self.board.begin_scheduled(task) else { return Run::Done };
        self.told_of_waiting = false;
        match (task, why) {
            (Task::Backup(plan), Some(why)) => self.log.event(&format!("{plan}: backing up, {why}")),
            (Task::Copy(place), _) => self.log.event(&format!("{place}: copying")),
            _ => {}
        }
        self.drive_begins(task);
        self.judge();
        let began = (Instant::now(), self.agent.clock.now());
        let noted_before = self.known.newest_id(about);
        let told = Told { board: Arc::clone(&self.board), job, is_wished: false };
        let (ended, answer) = match Work::start(self.agent, self.settings.in_use(), task, told) {
            Ok(work) => match self.accompany(work, job, task, began) {
                Accompanied::Ended(ended, answer) => (ended, answer),
                Accompanied::GaveWay => {
                    self.board.end_job(None, None);
                    self.log.event(&format!("{about}: gives way to a backup, and goes on later"));
                    return Run::Done;
                }
                Accompanied::Stop(Some(ended)) => {
                    self.log.told(task, &ended);
                    return Run::Stop;
                }
                Accompanied::Stop(None) => {
                    let what = match task {
                        Task::Backup(_) => "the backup was stopped, and is made up for when the agent is back",
                        _ => "stopped; it goes on when the agent is back",
                    };
                    self.log.event(&format!("{about}: {what}"));
                    return Run::Stop;
                }
            },
            Err(e) => (Ended::Failed(format!("it could not be started: {}", plain(&e))), serde_json::Value::Null),
        };
        if matches!(ended, Ended::Busy) {
            self.board.end_job(None, None);
            return Run::NotNow;
        }
        self.log.told(task, &ended);
        self.note(task, (began.1, noted_before), &ended);
        self.drive_ended(task, &answer);
        self.finish(job_end(job, task, &ended, &answer));
        Run::Done
    }

    /// Does what somebody has asked for.
    fn run_wish(&mut self, wish: Wish) -> Run {
        let Wish { job, task } = &wish;
        let about = task.about();
        self.log.event(&format!("{about}: somebody asked for it: {}", crate::said::word(task.kind())));
        self.drive_begins(task);
        self.judge();
        let began = (Instant::now(), self.agent.clock.now());
        let noted_before = self.known.newest_id(about);
        let told = Told { board: Arc::clone(&self.board), job: *job, is_wished: true };
        let (ended, answer) = match Work::start(self.agent, self.settings.in_use(), task, told) {
            Ok(work) => match self.accompany(work, *job, task, began) {
                Accompanied::Ended(ended, answer) => (ended, answer),
                Accompanied::GaveWay => {
                    self.board.end_job(None, None);
                    self.log.event(&format!("{about}: gives way to what somebody asked for, and goes on later"));
                    self.board.put_back(wish);
                    return Run::Done;
                }
                Accompanied::Stop(Some(ended)) => {
                    self.log.told(task, &ended);
                    return Run::Stop;
                }
                Accompanied::Stop(None) => {
                    self.log.event(&format!("{about}: stopped, as the agent ends"));
                    return Run::Stop;
                }
            },
            Err(e) => (Ended::Failed(format!("it could not be started: {}", plain(&e))), serde_json::Value::Null),
        };
        let was_busy = matches!(ended, Ended::Busy);
        let ended = match ended {
            // It waited for the lock, and for another computer's in the backup folder it does not.
            Ended::Busy => Ended::Failed("another run of Keepsake is at work in the same backup folder".into()),
            ended => ended,
        };
        self.log.told(task, &ended);
        match task {
            // Whoever asked is told; that another is at work is no failed backup.
            Task::Backup(_) | Task::Copy(_) => {
                self.note(task, (began.1, noted_before), if was_busy { &Ended::Busy } else { &ended });
            }
            _ => _ = self.look(),
        }
        self.drive_ended(task, &answer);
        self.finish(job_end(*job, task, &ended, &answer));
        Run::Done
    }
}

/// What running a task came to.
enum Run {
    /// Look again at once.
    Done,
    /// Another run is at work: look again in a minute, or soon where somebody waits.
    NotNow,
    /// The agent is to end.
    Stop,
}

/// Names of all places that can be copied to.
fn names_of_places(settings: &Settings) -> Vec<String> {
    let folders = settings.destinations.iter().map(|place| place.name.clone());
    folders.chain(settings.drives.iter().map(|drive| drive.name.clone())).collect()
}

/// Of the plans that are due, the one whose turn is longest ago; of those without one, the first. So each gets its turn,
/// also beside one that takes longer than its pause.
fn whose_turn(due: Vec<(String, Why)>, turns: &HashMap<String, u64>) -> Option<(String, Why)> {
    due.into_iter().min_by_key(|(plan, _)| turns.get(plan).copied())
}

#[cfg(test)]
mod tests;
