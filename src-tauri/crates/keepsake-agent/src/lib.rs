//! The part of Keepsake that is always on. It looks at the clock on the wall once a minute, and runs what is due,
//! one after the other, each as a process of its own: `keepsake backup PLAN`, then `keepsake copy` and a share of
//! `keepsake verify`. So the agent itself stays small, a backup that dies takes nothing with it, and there is one way
//! to make a backup.
//!
//! It never sleeps for longer than a minute, because the timers of a sleeping computer stand still. Nothing is
//! lost when it is killed or the power fails: what was due is still due when it looks again.

pub mod desktop;
mod known;
mod log;
mod looking;
mod notify;
mod presence;
pub mod sentences;
mod settings;
mod tray;
mod work;

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use keepsake_core::clock::Clock;
use keepsake_core::error::{FileError, plain};
use keepsake_core::lock::{AgentLock, LockError};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use log::Log;
use looking::Looking;

/// How long it takes at most to end; a task under way has less.
const END_WITHIN: Duration = Duration::from_millis(4_800);
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
/// When it cannot begin, or when its folder of state was removed under it and another agent has begun there. Nothing
/// else ends it later on: what fails is told, and tried again.
pub fn run(agent: &Agent) -> Result<(), AgentError> {
    let lock = take_lock(agent)?;
    let asked = listen().map_err(|source| AgentError::Signals { source })?;
    be_nice();
    let log = Log { is_quiet: agent.is_quiet };
    log.event("the agent begins");
    let ended = Looking::new(agent, log, lock, asked).go();
    log.event("the agent ends");
    ended
}

fn take_lock(agent: &Agent) -> Result<AgentLock, AgentError> {
    let began = agent.clock.local_now().strftime("%Y-%m-%d %H:%M");
    AgentLock::take(&agent.data_dir, &format!("since {began}")).map_err(|error| match error {
        LockError::Held { doing, .. } => AgentError::Running { since: doing },
        LockError::File(error) => error.into(),
    })
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
            if what == Asked::Stop {
                end_in_time();
            }
            if tell.send(what).is_err() {
                break;
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(listen)?;
    Ok(asked)
}

/// Sees to it that the process ends in time, also when a disk or a network holds the loop: nothing is lost by that.
fn end_in_time() {
    let wait = || {
        std::thread::sleep(END_WITHIN);
        std::process::exit(0);
    };
    // Without it the loop ends by itself, as it nearly always does.
    let _ = std::thread::Builder::new().name("end".into()).spawn(wait);
}

/// Backups inherit it. Whoever started the agent may have set it already.
fn be_nice() {
    if rustix::process::getpriority_process(None) == Ok(0) {
        // As important as anything else it works just as well.
        let _ = rustix::process::nice(NICENESS);
    }
}
