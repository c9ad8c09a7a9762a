//! Asking the agent: many questions at the same time, over a few connections.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keepsake_api::wire::{Client, WireError};
use keepsake_api::{Answer, Refusal, RefusalKind, Request};

use crate::refusals::{bad_request, refusal, unanswered};
use crate::starting::{self, LONGEST_START};

/// How many connections of one kind there are at most: each has a process of its own that reads for it.
const MOST_CONNECTIONS: usize = 3;

/// What kind of connection a question goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A new connection each time: the agent itself answers, at once. Never asked twice, as it would be done twice.
    Own,
    /// It reads, and is answered soon.
    Quick,
    /// It reads, and may take long: it must not hold up what is quick.
    Long,
}

impl Way {
    fn of(request: &Request) -> Self {
        match request {
            Request::Status {}
            | Request::Watch {}
            | Request::BackUpNow { .. }
            | Request::CopyNow { .. }
            | Request::CheckNow {}
            | Request::Stop {}
            | Request::Pause { .. }
            | Request::Resume {}
            | Request::ConfirmChanges { .. }
            | Request::Restore { .. }
            | Request::Undo { .. }
            | Request::DeleteBackup { .. }
            | Request::Import { .. }
            | Request::AdoptDrive { .. }
            | Request::IgnoreDrive { .. }
            | Request::AskAgain { .. }
            | Request::EjectDrive { .. }
            | Request::ForgetDrive { .. }
            | Request::ProveDrive { .. }
            | Request::ChangeDrive { .. }
            | Request::SnoozeDrives { .. }
            | Request::NewKey {}
            | Request::CheckSheet { .. }
            | Request::Quit {}
            | Request::ChangeSettings { .. } => Self::Own,
            Request::PreviewRestore { .. }
            | Request::MeasureFolder { .. }
            | Request::Thumbnails { .. }
            | Request::OpenDrive { .. }
            | Request::EnterKey { .. }
            | Request::ReadSheet { .. }
            | Request::SuggestSources {} => Self::Long,
            // Of a folder that is not one's own, all archives may have to be read first.
            Request::History { from: Some(_) }
            | Request::Backup { from: Some(_), .. }
            | Request::Browse { from: Some(_), .. }
            | Request::Search { from: Some(_), .. }
            | Request::Versions { from: Some(_), .. } => Self::Long,
            Request::Home {}
            | Request::Drives {}
            | Request::RecoverySheet {}
            | Request::History { .. }
            | Request::Backup { .. }
            | Request::Changes { .. }
            | Request::Browse { .. }
            | Request::Search { .. }
            | Request::Versions { .. }
            | Request::Undos {}
            | Request::Activity { .. }
            | Request::Settings {}
            | Request::CheckSettings { .. }
            | Request::SuggestPlaces { .. } => Self::Quick,
        }
    }

    /// How long an answer may take, until it is said that there is none.
    fn longest(self) -> Duration {
        Duration::from_secs(match self {
            Self::Own => 30,
            Self::Quick => 120,
            Self::Long => 3600,
        })
    }
}

/// Connections of one kind, those that nobody uses at the moment.
#[derive(Default)]
struct Pool {
    state: Mutex<PoolState>,
    given_back: Condvar,
}

#[derive(Default)]
struct PoolState {
    free: Vec<Client>,
    used: usize,
}

/// A connection, until it is dropped; it is given back when its last question was answered.
struct Taken<'a> {
    pool: &'a Pool,
    client: Option<Client>,
    /// It had been used before, so that it may have broken meanwhile.
    used_before: bool,
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, connect: impl FnOnce() -> Result<Client, Refusal>) -> Result<Taken<'_>, Refusal> {
        let mut state = self.state();
        while state.used >= MOST_CONNECTIONS {
            state = self.given_back.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.used += 1;
        let free = state.free.pop();
        drop(state);
        let used_before = free.is_some();
        // From here on it is given back, whatever happens.
        let mut taken = Taken { pool: self, client: free, used_before };
        if taken.client.is_none() {
            taken.client = Some(connect()?);
        }
        Ok(taken)
    }

    fn forget(&self) {
        self.state().free.clear();
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.used -= 1;
        state.free.extend(self.client.take());
        drop(state);
        self.pool.given_back.notify_one();
    }
}

/// Whether an agent is being started.
#[derive(Default)]
enum Start {
    #[default]
    NotYet,
    Underway,
    Over,
}

/// The agent, for whoever has a question.
pub struct Agent {
    socket: PathBuf,
    /// Whether it is one's own, which is started when there is none.
    own: bool,
    program: Option<PathBuf>,
    start: Mutex<Start>,
    started: Condvar,
    quick: Pool,
    long: Pool,
}

impl Agent {
    /// One's own agent; `program` starts it when there is none.
    pub fn own(socket: PathBuf, program: Option<PathBuf>) -> Self {
        Self::at(socket, program, true)
    }

    /// An agent that somebody else sees to, as that of a system service.
    pub fn of_others(socket: PathBuf) -> Self {
        Self::at(socket, None, false)
    }

    fn at(socket: PathBuf, program: Option<PathBuf>, own: bool) -> Self {
        let (start, started) = Default::default();
        Self { socket, own, program, start, started, quick: Pool::default(), long: Pool::default() }
    }

    /// Starts it when there is none. While one call does so, the others wait for it.
    ///
    /// # Errors
    /// When it cannot be started; in a sentence.
    pub fn see_to_it(&self) -> Result<(), Refusal> {
        let mut start = self.start.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*start, Start::Underway) {
            while matches!(*start, Start::Underway) {
                start = self.started.wait(start).unwrap_or_else(PoisonError::into_inner);
            }
            return Ok(());
        }
        *start = Start::Underway;
        drop(start);
        let outcome = match Client::connect(&self.socket) {
            Ok(_) => Ok(()),
            Err(error) if !self.own => Err(unanswered(error)),
            Err(_) => starting::start(self.program.as_deref(), &self.socket, LONGEST_START)
                .map_err(|error| refusal(RefusalKind::Failed, error.sentence(), error)),
        };
        *self.start.lock().unwrap_or_else(PoisonError::into_inner) = Start::Over;
        self.started.notify_all();
        outcome
    }

    /// A new connection. Whoever comes while the agent is being started waits for it.
    ///
    /// # Errors
    /// When there is no agent; in a sentence.
    pub fn connect(&self) -> Result<Client, Refusal> {
        if let Ok(client) = Client::connect(&self.socket) {
            return Ok(client);
        }
        let start = self.start.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*start, Start::Over) {
            drop(start);
        } else {
            // What comes of it is seen below, and said by whoever watches.
            drop(start);
            self.see_to_it()?;
        }
        Client::connect(&self.socket).map_err(unanswered)
    }

    /// Lets go of connections that nobody uses: the agent that they led to has ended.
    pub fn forget_connections(&self) {
        self.quick.forget();
        self.long.forget();
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When it is refused, or there is no answer; in a sentence.
    pub fn ask(&self, request: Request) -> Result<Answer, Refusal> {
        let way = Way::of(&request);
        let pool = match way {
            Way::Own => {
                let mut client = self.connect()?;
                client.wait_at_most(Some(way.longest())).map_err(unanswered)?;
                return client.ask(request).map_err(unanswered);
            }
            Way::Quick => &self.quick,
            Way::Long => &self.long,
        };
        loop {
            let mut taken = pool.take(|| {
                let client = self.connect()?;
                client.wait_at_most(Some(way.longest())).map_err(unanswered)?;
                Ok(client)
            })?;
            let Some(client) = taken.client.as_mut() else { return Err(bad_request("no connection")) };
            match client.ask(request.clone()) {
                Ok(answer) => return Ok(answer),
                Err(WireError::Refused(refusal)) => return Err(*refusal),
                Err(error) => {
                    // What comes over it later would be the answer to another question.
                    taken.client = None;
                    // The agent may have been another one when it was made. To read twice does no harm.
                    if !taken.used_before {
                        return Err(unanswered(error));
                    }
                    self.forget_connections();
                }
            }
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use keepsake_api::wire::{MAX_REQUEST_BYTES, SOCKET_NAME, read_line, write_line};
    use keepsake_api::{Envelope, Listing, Outcome, PathText, Reply, Said};
    use std::io::BufReader;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, mpsc};
    use std::thread;

    /// An agent that answers as `answer` says; the connection breaks when that says nothing.
    pub fn scripted(
        folder: &Path,
        answer: impl Fn(Request, &mut UnixStream) -> Option<Outcome> + Send + Sync + 'static,
    ) -> PathBuf {
        let socket = folder.join(SOCKET_NAME);
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).unwrap();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, mut stream) = (Arc::clone(&answer), BufReader::new(stream.unwrap()));
                thread::spawn(move || {
                    while let Ok(Some(line)) = read_line(&mut stream, MAX_REQUEST_BYTES) {
                        let ask: Envelope = serde_json::from_slice(&line).unwrap();
                        let Some(outcome) = answer(ask.request, stream.get_mut()) else { return };
                        if write_line(stream.get_mut(), &Reply { id: ask.id, outcome }).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        socket
    }

    fn measure() -> Request {
        Request::MeasureFolder { dir: PathText::of(b"/d") }
    }

    fn undos() -> Outcome {
        Outcome::Answer(Answer::Undos(Vec::new()))
    }

    #[test]
    fn a_long_question_does_not_hold_up_a_short_one() {
        let dir = tempfile::tempdir().unwrap();
        let (go_on, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(wait);
        let socket = scripted(dir.path(), move |request, _| {
            if request == measure() {
                let _ = wait.lock().unwrap().recv();
            }
            Some(undos())
        });
        let agent = Arc::new(Agent::of_others(socket));
        // More of them than there are connections for what is long.
        let long: Vec<_> = (0..2 * MOST_CONNECTIONS)
            .map(|_| {
                let agent = Arc::clone(&agent);
                thread::spawn(move || agent.ask(measure()))
            })
            .collect();
        for _ in 0..50 {
            assert_eq!(agent.ask(Request::Undos {}), Ok(Answer::Undos(Vec::new())));
            assert!(agent.ask(Request::Stop {}).is_ok());
        }
        assert!(long.iter().all(|asking| !asking.is_finished()));
        for _ in &long {
            go_on.send(()).unwrap();
        }
        for asking in long {
            assert!(asking.join().unwrap().is_ok());
        }
        assert_eq!(agent.long.state().used, 0);
        assert!((1..=MOST_CONNECTIONS).contains(&agent.long.state().free.len()));
    }

    #[test]
    fn what_is_refused_and_what_is_cut_off_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let socket = scripted(dir.path(), |request, _| match request {
            Request::Undos {} => {
                let said = Said::new("refused-x");
                Some(Outcome::Refused(Refusal { kind: RefusalKind::NotNow, said, detail: None }))
            }
            _ => None,
        });
        let agent = Agent::of_others(socket.clone());
        for _ in 0..2 * MOST_CONNECTIONS {
            assert_eq!(agent.ask(Request::Undos {}).unwrap_err().said.id, "refused-x");
            let refused = agent.ask(Request::Settings {}).unwrap_err();
            assert_eq!((refused.kind, refused.said.id.as_str()), (RefusalKind::Failed, "window-agent-no-answer"));
        }
        std::fs::remove_file(socket).unwrap();
        agent.forget_connections();
        let refused = agent.ask(Request::Undos {}).unwrap_err();
        assert_eq!(refused.said.id, "window-agent-gone");
        assert!(refused.detail.unwrap().contains(SOCKET_NAME));
    }

    #[test]
    fn what_reads_is_asked_again_and_what_does_something_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        // Each connection is cut off at its second question, as if the agent had been started anew.
        let answer = |asked: Arc<AtomicUsize>| {
            move |request, _: &mut UnixStream| {
                let number = asked.fetch_add(1, Ordering::SeqCst);
                (request == Request::Undos {} && number != 1).then(undos)
            }
        };
        let socket = scripted(dir.path(), answer(Arc::clone(&asked)));
        let agent = Agent::of_others(socket);
        assert!(agent.ask(Request::Undos {}).is_ok());
        assert!(agent.ask(Request::Undos {}).is_ok());
        assert_eq!(asked.load(Ordering::SeqCst), 3);
        assert!(agent.ask(Request::Undo { undo: "u".into() }).is_err());
        assert_eq!(asked.load(Ordering::SeqCst), 4);
    }

    #[test]
    fn questions_wait_for_an_agent_that_is_being_started() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let asked = dir.path().join("asked");
        let program = dir.path().join("keepsake");
        std::fs::write(&program, format!("#!/bin/sh\necho x >> {}\nexec sleep 2\n", asked.display())).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let agent = Arc::new(Agent::own(dir.path().join(SOCKET_NAME), Some(program)));
        let asking: Vec<_> = (0..4)
            .map(|_| {
                let agent = Arc::clone(&agent);
                thread::spawn(move || agent.ask(Request::Undos {}))
            })
            .collect();
        while !asked.exists() {
            thread::yield_now();
        }
        scripted(dir.path(), |_, _| Some(undos()));
        for asking in asking {
            assert!(asking.join().unwrap().is_ok());
        }
        assert_eq!(std::fs::read_to_string(asked).unwrap(), "x\n");
    }

    #[test]
    fn listings_come_as_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let listing = Listing { total: 0, items: Vec::new() };
        let answer = Answer::Browse(listing);
        let socket = scripted(dir.path(), {
            let answer = answer.clone();
            move |_, _| Some(Outcome::Answer(answer.clone()))
        });
        let ask = Request::Browse { name: "n".into(), folder: None, offset: 0, limit: 1, from: None };
        assert_eq!(Agent::of_others(socket).ask(ask), Ok(answer));
    }
}
