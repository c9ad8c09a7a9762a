//! Starting the agent when there is none.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use keepsake_api::wire::Client;

/// How long an agent may take until it answers: a slow disk that has just woken up.
pub const LONGEST_START: Duration = Duration::from_secs(15);
/// How often it is looked at whether it answers by now.
const LOOK: Duration = Duration::from_millis(15);

/// Why there is no agent.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its program is nowhere.
    #[error("the program keepsake is neither beside keepsake-window nor on the PATH")]
    NoProgram,
    /// The system does not start it.
    #[error("{} does not start: {source}", program.display())]
    NotStarted {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It ended before it answered.
    #[error("{} agent --tray ended before it answered: {status}", program.display())]
    Ended {
        /// The program.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
    },
    /// It runs, and does not answer.
    #[error("{} agent --tray does not answer", program.display())]
    Silent {
        /// The program.
        program: PathBuf,
    },
}

impl StartError {
    /// The name of the sentence that says so.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::NoProgram => "window-agent-missing",
            Self::NotStarted { .. } | Self::Ended { .. } => "window-agent-ended",
            Self::Silent { .. } => "window-agent-silent",
        }
    }
}

/// The program `keepsake`: beside this one, as it was installed or built, or on the PATH.
pub fn program(this: Option<&Path>, path: Option<&OsStr>) -> Option<PathBuf> {
    let beside = this.and_then(Path::parent).map(Path::to_path_buf);
    let folders = beside.into_iter().chain(path.into_iter().flat_map(std::env::split_paths));
    folders.map(|folder| folder.join("keepsake")).find(|program| program.is_file())
}

/// Starts the agent, and waits until it answers. It goes on when the window has closed.
///
/// # Errors
/// [`StartError`]: it does not run, or does not answer in time.
pub fn start(program: Option<&Path>, socket: &Path, longest: Duration) -> Result<(), StartError> {
    let program = program.ok_or(StartError::NoProgram)?;
    let mut agent = Command::new(program);
    // A group of its own: what ends the window from a terminal is not meant for the agent. Nor is the way in which a
    // test drives the window.
    agent.args(["agent", "--tray"]).process_group(0).env_remove("TAURI_WEBVIEW_AUTOMATION");
    agent.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let spawned = agent.spawn().map_err(|source| StartError::NotStarted { program: program.into(), source });
    let answer = until_it_answers(spawned?, program, socket, longest);
    match answer {
        Ok(agent) => {
            // Nobody else takes note of its end while the window is open.
            std::thread::spawn(move || agent.map(|mut agent| agent.wait()));
            Ok(())
        }
        Err(why) => Err(why),
    }
}

/// The agent that answers; None when another one does, and this one has ended.
fn until_it_answers(
    mut agent: Child,
    program: &Path,
    socket: &Path,
    longest: Duration,
) -> Result<Option<Child>, StartError> {
    let end = Instant::now() + longest;
    loop {
        let status = agent.try_wait().unwrap_or_default();
        // Asked after its end: when two are started at once, one of them ends, and the other one answers.
        if Client::connect(socket).is_ok() {
            return Ok(status.is_none().then_some(agent));
        }
        if let Some(status) = status {
            return Err(StartError::Ended { program: program.into(), status });
        }
        if Instant::now() >= end {
            std::thread::spawn(move || agent.wait());
            return Err(StartError::Silent { program: program.into() });
        }
        // Nothing tells when a socket begins to listen.
        std::thread::sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    fn script(folder: &Path, text: &str) -> PathBuf {
        let program = folder.join("keepsake");
        fs::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    #[test]
    fn the_program_beside_comes_before_the_one_on_the_path() {
        let (beside, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let this = beside.path().join("keepsake-window");
        let path = std::env::join_paths([Path::new("/nowhere"), other.path()]).unwrap();
        assert_eq!(program(Some(&this), Some(&path)), None);
        let second = script(other.path(), "");
        assert_eq!(program(Some(&this), Some(&path)), Some(second));
        let first = script(beside.path(), "");
        assert_eq!(program(Some(&this), Some(&path)), Some(first));
    }

    #[test]
    fn an_agent_is_started_or_it_is_said_why_not() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("agent.sock");
        let short = Duration::from_millis(200);
        let failed = |program: Option<&Path>| start(program, &socket, short).unwrap_err();
        assert!(matches!(failed(None), StartError::NoProgram));
        assert!(matches!(failed(Some(Path::new("/dev/null"))), StartError::NotStarted { .. }));
        let ends = script(dir.path(), "exit 78");
        let error = failed(Some(&ends));
        assert!(matches!(error, StartError::Ended { .. }) && error.to_string().contains("78"), "{error}");
        let silent = script(dir.path(), "exec sleep 2");
        assert!(matches!(failed(Some(&silent)), StartError::Silent { .. }));

        // The first one waits for the second, as a slow agent would be waited for.
        let asked = dir.path().join("asked");
        let slow = script(dir.path(), &format!("echo \"$@\" > {}; exec sleep 3", asked.display()));
        let listens = std::thread::spawn({
            let socket = socket.clone();
            move || {
                while !asked.exists() {
                    std::thread::yield_now();
                }
                (UnixListener::bind(socket).unwrap(), asked)
            }
        });
        start(Some(&slow), &socket, LONGEST_START).unwrap();
        let (_listener, asked) = listens.join().unwrap();
        assert_eq!(fs::read_to_string(asked).unwrap(), "agent --tray\n");
    }
}
