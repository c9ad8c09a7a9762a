//! The part of Keepsake that is always on. It looks at the clock on the wall once a minute, and runs what is due,
//! one after the other, each as a process of its own: `keepsake backup PLAN`. So the agent itself stays small, a
//! backup that dies takes nothing with it, and there is one way to make a backup.
//!
//! It never sleeps for longer than a minute, because the timers of a sleeping computer stand still. Nothing is
//! lost when it is killed or the power fails: what was due is still due when it looks again.

mod history;
mod log;
mod settings;
mod work;

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use jiff::Zoned;
use keepsake_core::clock::Clock;
use keepsake_core::error::{FileError, plain};
use keepsake_core::lock::{self, AgentLock, LockError};
use keepsake_core::schedule::{Due, Why, is_due};
use keepsake_core::settings::Plan;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use history::Histories;
use log::Log;
use settings::WatchedSettings;
use work::{Ended, Work};

/// It looks at least so often.
const LOOK_EACH: Duration = Duration::from_secs(60);
/// How long a backup may tidy up when the agent is to end. It is safe to kill it afterwards.
const TIDY_UP: Duration = Duration::from_secs(4);
/// How much less of the processor backups get than what people do; reading and writing follow it.
const NICENESS: i32 = 10;

/// What the agent needs to know.
pub struct Agent {
    /// The `keepsake` program.
    pub program: PathBuf,
    /// The settings file, whether it is there or not; absolute.
    pub config: PathBuf,
    /// The folder of state; absolute.
    pub data_dir: PathBuf,
    /// What `~` in the settings stands for.
    pub home: PathBuf,
    /// What tells this computer's backups from those of others.
    pub computer_id: String,
    /// Where the time comes from.
    pub clock: Box<dyn Clock>,
    /// True when only trouble is told.
    pub is_quiet: bool,
}

/// Why the agent could not begin.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// There is one already.
    #[error("Keepsake's agent runs already, {since}")]
    Running {
        /// Since when, as it wrote it: "since 2026-03-03 02:05".
        since: String,
    },
    /// Its lock could not be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// It could not ask to be told of signals.
    #[error("signals cannot be received: {}", plain(source))]
    Signals {
        /// What the system said.
        source: std::io::Error,
    },
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// To end.
    Stop,
    /// To read the settings again, and look.
    Look,
    /// To see whether the backup has ended.
    Reap,
}

/// Runs until TERM or INT asks it to end; that takes five seconds at most, also in the middle of a backup.
///
/// # Errors
/// When it cannot begin. Nothing ends it later on: what fails is told, and tried again.
pub fn run(agent: &Agent) -> Result<(), AgentError> {
    let began = agent.clock.local_now().strftime("%Y-%m-%d %H:%M");
    let _lock = AgentLock::take(&agent.data_dir, &format!("since {began}")).map_err(|error| match error {
        LockError::Held { doing, .. } => AgentError::Running { since: doing },
        LockError::File(error) => error.into(),
    })?;
    let asked = listen().map_err(|source| AgentError::Signals { source })?;
    be_nice();
    let log = Log { is_quiet: agent.is_quiet };
    log.event("the agent begins");
    Looking {
        agent,
        log,
        settings: WatchedSettings::new(&agent.config, &agent.data_dir, &agent.home),
        histories: Histories::new(&agent.data_dir, &agent.computer_id),
        asked,
        told_of_waiting: false,
    }
    .go();
    log.event("the agent ends");
    Ok(())
}

/// Signals as messages, so that every wait can be woken.
fn listen() -> std::io::Result<Receiver<Asked>> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGCHLD])?;
    let (tell, asked) = mpsc::channel();
    let listen = move || {
        for signal in signals.forever() {
            let what = match signal {
                SIGHUP => Asked::Look,
                SIGCHLD => Asked::Reap,
                _ => Asked::Stop,
            };
            if tell.send(what).is_err() {
                break;
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(listen)?;
    Ok(asked)
}

/// Backups inherit it. Whoever started the agent may have set it already.
fn be_nice() {
    if rustix::process::getpriority_process(None) == Ok(0) {
        // As important as anything else it works just as well.
        let _ = rustix::process::nice(NICENESS);
    }
}

/// The agent at work.
struct Looking<'a> {
    agent: &'a Agent,
    log: Log,
    settings: WatchedSettings,
    histories: Histories,
    asked: Receiver<Asked>,
    told_of_waiting: bool,
}

/// What one look came to.
enum Look {
    /// Something ran: look again at once.
    Again,
    /// Nothing to do before this moment.
    Wait(Option<Zoned>),
    /// Someone asked to end.
    Stop,
}

impl Looking<'_> {
    fn go(mut self) {
        loop {
            self.settings.look(&self.log);
            let wait_until = match self.look() {
                Look::Stop => return,
                Look::Again => Some(self.agent.clock.local_now()),
                Look::Wait(moment) => moment,
            };
            match self.asked.recv_timeout(self.pause(wait_until)) {
                Ok(Asked::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Asked::Look) => self.settings.read_again(),
                Ok(Asked::Reap) | Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn pause(&self, wait_until: Option<Zoned>) -> Duration {
        let Some(moment) = wait_until else { return LOOK_EACH };
        let left = moment.timestamp().duration_since(self.agent.clock.now());
        // A moment that has come just now is not to be met a hair too early.
        Duration::try_from(left).unwrap_or(Duration::ZERO).saturating_add(Duration::from_millis(5)).min(LOOK_EACH)
    }

    /// Runs the first plan that is due.
    fn look(&mut self) -> Look {
        let Some(settings) = self.settings.settings() else { return Look::Wait(None) };
        let plans = settings.plans.clone();
        self.histories.refresh(&self.log);
        let mut earliest: Option<Zoned> = None;
        for plan in &plans {
            match self.due(plan) {
                Due::Now(why) => return self.run_due(plan, &why),
                Due::Later { at: Some(at), .. } => earliest = Some(earliest.map_or(at.clone(), |other| other.min(at))),
                Due::Later { at: None, .. } => {}
            }
        }
        Look::Wait(earliest)
    }

    fn due(&self, plan: &Plan) -> Due {
        is_due(&plan.schedule, &self.histories.of(&plan.name), &self.agent.clock.local_now())
    }

    fn run_due(&mut self, plan: &Plan, why: &Why) -> Look {
        if let Some(doing) = lock::holder(&self.agent.data_dir) {
            // Each minute another line would only hide the others.
            if !self.told_of_waiting {
                self.log.event(&format!("{}: due ({why}), and waits: {doing}", plan.name));
                self.told_of_waiting = true;
            }
            return Look::Wait(None);
        }
        self.told_of_waiting = false;
        self.log.event(&format!("{}: backing up, {why}", plan.name));
        let started = self.agent.clock.now();
        let work = match Work::start(self.agent, self.settings.in_use(), &plan.name) {
            Ok(work) => work,
            Err(e) => {
                self.log.trouble(&format!("{}: the backup could not be started: {}", plan.name, plain(&e)));
                self.histories.remember(&plan.name, started, self.agent.clock.now(), false);
                return Look::Again;
            }
        };
        let (ended, is_stopping) = work.wait(&self.asked, TIDY_UP);
        if is_stopping {
            self.log
                .event(&format!("{}: the backup was stopped, and is made up for when the agent is back", plan.name));
            return Look::Stop;
        }
        if matches!(ended, Ended::Busy) {
            return Look::Wait(None);
        }
        self.log.told(&plan.name, &ended);
        self.histories.note(&plan.name, started, self.agent.clock.now(), &ended, &self.log);
        if let Due::Later { at, failures, is_raised } = self.due(plan)
            && failures > 0
        {
            let again = at.map_or("never".into(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string());
            match is_raised {
                false => self.log.event(&format!("{}: tries again at {again}", plan.name)),
                true => self.log.trouble(&format!(
                    "{}: {failures} runs in a row failed. Look into it: `keepsake health` says what to do. It tries \
                     again at {again}",
                    plan.name
                )),
            }
        }
        Look::Again
    }
}
