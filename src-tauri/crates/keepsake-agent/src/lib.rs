//! The part of Keepsake that is always on. It looks at the clock on the wall once a minute, and runs what is due,
//! one after the other, each as a process of its own: `keepsake backup PLAN`, then `keepsake copy` and a share of
//! `keepsake verify`. So the agent itself stays small, a backup that dies takes nothing with it, and there is one way
//! to make a backup.
//!
//! Front ends (tray, notifications, window) ask it over a Unix socket, as keepsake-api says: what they show is on the
//! `board`, what people ask for goes before what is scheduled, and what has to be read is read by a child process.
//!
//! It never sleeps for longer than a minute, because the timers of a sleeping computer stand still. Nothing is
//! lost when it is killed or the power fails: what was due is still due when it looks again.

mod board;
mod circumstances;
pub mod desktop;
mod job_end;
mod known;
mod log;
mod looking;
mod notify;
mod only_one;
mod pause;
mod plugged;
mod presence;
mod priority;
mod refusal;
mod said;
pub mod sentences;
mod server;
mod settings;
mod tray;
mod verdict;
mod work;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use keepsake_core::clock::Clock;
use keepsake_core::error::{FileError, plain};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use board::Board;
use log::Log;
use looking::Looking;
use only_one::take_lock;
use server::{Server, Service};

pub use known::unnoted_failures;
pub use server::SocketError;

/// How long it takes at most to end; a task under way has less.
const END_WITHIN: Duration = Duration::from_millis(4_800);
/// How long an answer may take that is read from archives and disks.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

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
    pub clock: Arc<dyn Clock>,
    /// True when only trouble is told.
    pub is_quiet: bool,
    /// True when there are a tray icon and notifications in the same process.
    pub with_tray: bool,
    /// Where front ends ask; None for `agent.sock` in the folder of state.
    pub socket: Option<PathBuf>,
    /// The group whose members may look, have backups made and pause; None for nobody but the agent's own user.
    pub group: Option<String>,
}

#[cfg(test)]
impl Agent {
    /// One with nothing set up, in a folder of a test's.
    pub(crate) fn in_folder(dir: &std::path::Path) -> Self {
        Self {
            program: "/bin/true".into(),
            config: dir.join("config.toml"),
            data_dir: dir.join("data"),
            home: dir.into(),
            computer_id: "here".into(),
            clock: Arc::new(keepsake_core::clock::SystemClock),
            is_quiet: true,
            with_tray: false,
            socket: None,
            group: None,
        }
    }
}

impl Agent {
    /// Where front ends ask.
    pub fn socket_path(&self) -> PathBuf {
        self.socket.clone().unwrap_or_else(|| self.data_dir.join(keepsake_api::wire::SOCKET_NAME))
    }
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
    /// Nobody could be listened to at the socket that was named.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// It could not ask to be told of signals.
    #[error("signals cannot be received: {}", plain(source))]
    Signals {
        /// What the system said.
        source: std::io::Error,
    },
}

/// What the loop is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// To end.
    Stop,
    /// To read the settings again, and look.
    Look,
    /// To see whether the backup has ended.
    Reap,
    /// To see whether somebody wishes something, or something is to be told.
    Wake,
    /// To judge anew: there are new facts.
    Judge,
    /// To stop the job with this number, if it runs still.
    StopJob(u64),
}

/// Runs until TERM or INT asks it to end; that takes five seconds at most, also in the middle of a backup.
///
/// # Errors
/// When it cannot begin, or when its folder of state was removed under it and another agent has begun there. Nothing
/// else ends it later on: what fails is told, and tried again.
pub fn run(agent: &Agent) -> Result<(), AgentError> {
    let lock = take_lock(agent)?;
    let (tell, asked) = mpsc::channel();
    listen(tell.clone()).map_err(|source| AgentError::Signals { source })?;
    let log = Log { is_quiet: agent.is_quiet };
    let board = Arc::new(Board::new(tell));
    // Its threads are begun before this one becomes nice: people wait for their answers.
    let server = serve(agent, log, &board)?;
    if agent.with_tray {
        desktop::start(agent.socket_path(), agent.data_dir.clone());
    }
    let circumstances = circumstances::OnTheBus::begin(Arc::clone(&board), log);
    priority::be_nice(log);
    log.event("the agent begins");
    let drives = looking::Drives::begin(agent, &board, log);
    let ended = Looking::new(agent, log, lock, asked, board, server, (Box::new(circumstances), drives)).go();
    log.event("the agent ends");
    ended
}

fn serve(agent: &Agent, log: Log, board: &Arc<Board>) -> Result<Server, AgentError> {
    let group = agent.group.as_deref().map(server::group_number).transpose()?;
    let pause = pause::Pauses::new(&agent.data_dir, Arc::clone(&agent.clock));
    board.set_paused(pause.kept());
    let service = Service {
        board: Arc::clone(board),
        program: agent.program.clone(),
        config: agent.config.clone(),
        answer_within: ANSWER_WITHIN,
        uid: rustix::process::geteuid().as_raw(),
        pause,
        log,
    };
    let server = Server::begin(service, &agent.socket_path(), group);
    match agent.socket {
        // Whoever named it waits for it there.
        Some(_) => Ok(server.listening()?),
        // Backups are made all the same.
        None => Ok(server.listening_or_later()),
    }
}

/// Signals as messages, so that every wait can be woken.
fn listen(tell: Sender<Asked>) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGCHLD])?;
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
    Ok(())
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
