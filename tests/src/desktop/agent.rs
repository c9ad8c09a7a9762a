//! An agent that answers as a test wants it to.

use std::io::BufReader;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use keepsake_api::wire::{MAX_REQUEST_BYTES, read_line, write_line};
use keepsake_api::{
    Answer, Envelope, Event, Outcome, Refusal, RefusalKind, Reply, Request, Said, SettingsView, State, Status,
};

/// An agent that says what it was told to say, and notes what it was asked.
#[derive(Debug)]
pub struct ScriptedAgent {
    socket: PathBuf,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    status: Status,
    quiet_hours: Option<(u16, u16)>,
    refuses: Option<Said>,
    asked: Vec<Request>,
    listeners: Vec<UnixStream>,
    connections: Vec<UnixStream>,
    has_ended: bool,
}

impl ScriptedAgent {
    /// Begins to answer at that socket.
    pub fn begin(socket: &Path, status: Status) -> Self {
        let listener = UnixListener::bind(socket).expect("a socket");
        let inner = Arc::new(Mutex::new(Inner {
            status,
            quiet_hours: None,
            refuses: None,
            asked: Vec::new(),
            listeners: Vec::new(),
            connections: Vec::new(),
            has_ended: false,
        }));
        let of_all = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.expect("a connection");
                if of_all.lock().unwrap().has_ended {
                    return;
                }
                let of_one = Arc::clone(&of_all);
                std::thread::spawn(move || answer(stream, &of_one));
            }
        });
        Self { socket: socket.into(), inner }
    }

    /// From now on this is how things stand.
    pub fn set(&self, status: Status) {
        let mut inner = self.inner.lock().unwrap();
        inner.status = status.clone();
        inner.tell(&Event::Status(Box::new(status)));
    }

    /// Tells all that listen.
    pub fn tell(&self, event: &Event) {
        self.inner.lock().unwrap().tell(event);
    }

    /// From now on these are the quiet hours of the settings.
    pub fn be_quiet(&self, hours: Option<(u16, u16)>) {
        let mut inner = self.inner.lock().unwrap();
        inner.quiet_hours = hours;
        inner.tell(&Event::Changed {});
    }

    /// From now on everything that is asked for is refused with this; with None it is done again.
    pub fn refuse(&self, said: Option<Said>) {
        self.inner.lock().unwrap().refuses = said;
    }

    /// What it was asked for since the last time, but status, watching and settings.
    pub fn asked(&self) -> Vec<Request> {
        std::mem::take(&mut self.inner.lock().unwrap().asked)
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.inner.lock().unwrap().listeners.len()
    }

    /// Ends as one that was killed.
    pub fn end(self) {}
}

impl Drop for ScriptedAgent {
    fn drop(&mut self) {
        let mut inner = self.inner.lock().unwrap();
        inner.has_ended = true;
        for stream in inner.connections.drain(..) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
        drop(inner);
        // It wakes the thread that waits for the next one.
        let _ = UnixStream::connect(&self.socket);
        let _ = std::fs::remove_file(&self.socket);
    }
}

impl Inner {
    fn tell(&mut self, event: &Event) {
        self.listeners.retain_mut(|stream| write_line(stream, event).is_ok());
    }
}

fn answer(stream: UnixStream, inner: &Mutex<Inner>) {
    inner.lock().unwrap().connections.push(stream.try_clone().expect("a handle"));
    let mut reader = BufReader::new(stream);
    while let Ok(Some(line)) = read_line(&mut reader, MAX_REQUEST_BYTES) {
        let Envelope { id, request } = serde_json::from_slice(&line).expect("a question of the API");
        let mut inner = inner.lock().unwrap();
        let outcome = match (&inner.refuses, outcome_of(&request, &inner)) {
            (_, (outcome, false)) => outcome,
            (refuses, (outcome, true)) => {
                let refusal = |said| Refusal { kind: RefusalKind::NotNow, said, detail: None };
                let outcome = refuses.clone().map_or(outcome, |said| Outcome::Refused(refusal(said)));
                inner.asked.push(request.clone());
                outcome
            }
        };
        let stream = reader.get_mut();
        if write_line(stream, &Reply { id, outcome }).is_err() {
            return;
        }
        if request == (Request::Watch {}) {
            let first = Event::Status(Box::new(inner.status.clone()));
            if write_line(stream, &first).is_ok() {
                inner.listeners.push(stream.try_clone().expect("a handle"));
            }
        }
    }
}

/// The answer, and whether it is something that somebody wanted done.
fn outcome_of(request: &Request, inner: &Inner) -> (Outcome, bool) {
    let (answer, is_wish) = match request {
        Request::Status {} => (Answer::Status(Box::new(inner.status.clone())), false),
        Request::Watch {} => (Answer::Watch(()), false),
        Request::Settings {} => (Answer::Settings(settings(inner.quiet_hours)), false),
        Request::BackUpNow { .. } => (Answer::BackUpNow(()), true),
        Request::CopyNow { .. } => (Answer::CopyNow(()), true),
        Request::CheckNow {} => (Answer::CheckNow(()), true),
        Request::Stop {} => (Answer::Stop(()), true),
        Request::Pause { .. } => (Answer::Pause(()), true),
        Request::Resume {} => (Answer::Resume(()), true),
        Request::ConfirmChanges { .. } => (Answer::ConfirmChanges(()), true),
        Request::IgnoreDrive { .. } => (Answer::IgnoreDrive(()), true),
        Request::EjectDrive { .. } => (Answer::EjectDrive(8), true),
        Request::SnoozeDrives { .. } => (Answer::SnoozeDrives(()), true),
        Request::Undo { .. } => (Answer::Undo(7), true),
        Request::Quit {} => (Answer::Quit(()), true),
        other => panic!("nobody should ask {other:?}"),
    };
    (Outcome::Answer(answer), is_wish)
}

fn settings(quiet_hours: Option<(u16, u16)>) -> SettingsView {
    SettingsView {
        file: String::new(),
        fingerprint: String::new(),
        backup_dir: None,
        plans: Vec::new(),
        places: Vec::new(),
        quiet_hours,
        waits_on_battery: true,
        waits_on_metered: true,
        wrong: None,
    }
}

/// How things stand when nothing is said but the state and its sentence.
pub fn status(state: State, sentence: Said) -> Status {
    Status {
        state,
        sentence,
        reasons: Vec::new(),
        plans: Vec::new(),
        job: None,
        paused_until: None,
        drives: Vec::new(),
        waits: None,
        newest_backup: None,
        may_change: true,
        version: "0".into(),
    }
}
