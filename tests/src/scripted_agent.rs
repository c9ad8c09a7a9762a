//! An agent that says what a test wants it to say: for what a real one says seldom.

use std::io::BufReader;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use fs_err as fs;
use keepsake_api::wire::{MAX_REQUEST_BYTES, SOCKET_NAME, read_line, with_short_path, write_line};
use keepsake_api::{Answer, Envelope, Event, Home, Outcome, Refusal, RefusalKind, Reply, Request, Said, State, Status};

/// A status in which all is well.
pub fn all_is_well() -> Status {
    Status {
        state: State::Good,
        sentence: Said::new("verdict-good"),
        reasons: Vec::new(),
        plans: Vec::new(),
        job: None,
        paused_until: None,
        drives: Vec::new(),
        waits: None,
        newest_backup: None,
        may_change: true,
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

/// What it does and what it was asked.
#[derive(Default)]
struct Shared {
    asked: Vec<Request>,
    connections: Vec<UnixStream>,
    ended: bool,
}

/// Listens in a folder of state. It ends, with all its connections, when dropped.
pub struct ScriptedAgent {
    socket: PathBuf,
    state: Arc<Mutex<Shared>>,
}

impl ScriptedAgent {
    /// Begins to listen. It has this status and this Home; what `other` does not answer is refused.
    pub fn begin(
        data_dir: &Path,
        status: Status,
        home: Home,
        other: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        fs::create_dir_all(data_dir).expect("a folder");
        let socket = data_dir.join(SOCKET_NAME);
        let _ = fs::remove_file(&socket);
        let listener = with_short_path(&socket, |path| UnixListener::bind(path)).expect("a socket");
        let state = Arc::new(Mutex::new(Shared::default()));
        let (shared, other) = (Arc::clone(&state), Arc::new(other));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Ok(mut now) = shared.lock() else { return };
                if now.ended {
                    return;
                }
                now.connections.extend(stream.try_clone());
                drop(now);
                let (shared, other, status, home) =
                    (Arc::clone(&shared), Arc::clone(&other), status.clone(), home.clone());
                thread::spawn(move || {
                    serve(
                        stream,
                        &shared,
                        |request| match request {
                            Request::Status {} => Some(Answer::Status(Box::new(status.clone()))),
                            Request::Watch {} => Some(Answer::Watch(())),
                            Request::Home {} => Some(Answer::Home(home.clone())),
                            request => other(request),
                        },
                        &status,
                    );
                });
            }
        });
        Self { socket, state }
    }

    /// What it was asked until now.
    pub fn asked(&self) -> Vec<Request> {
        self.state.lock().expect("no thread panics while it holds this").asked.clone()
    }
}

fn serve(stream: UnixStream, state: &Mutex<Shared>, answer: impl Fn(&Request) -> Option<Answer>, status: &Status) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(line)) = read_line(&mut stream, MAX_REQUEST_BYTES) {
        let ask: Envelope = serde_json::from_slice(&line).expect("the window asks what can be asked");
        let Ok(mut now) = state.lock() else { return };
        now.asked.push(ask.request.clone());
        drop(now);
        let outcome = answer(&ask.request).map_or_else(
            || Outcome::Refused(Refusal { kind: RefusalKind::Failed, said: Said::new("refused-window"), detail: None }),
            Outcome::Answer,
        );
        let told = write_line(stream.get_mut(), &Reply { id: ask.id, outcome });
        if told.is_ok() && ask.request == (Request::Watch {}) {
            let _ = write_line(stream.get_mut(), &Event::Status(Box::new(status.clone())));
        }
    }
}

impl Drop for ScriptedAgent {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.socket);
        if let Ok(mut state) = self.state.lock() {
            state.ended = true;
            for connection in state.connections.drain(..) {
                let _ = connection.shutdown(std::net::Shutdown::Both);
            }
        }
    }
}
