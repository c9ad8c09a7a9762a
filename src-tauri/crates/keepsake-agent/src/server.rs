//! The socket on which front ends ask. Each connection has a thread of its own, so that a slow or silent one holds nobody;
//! there are only so many.

mod allowance;
mod connection;
mod lines;
mod relay;
mod socket;

use std::collections::HashMap;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use keepsake_api::{RefusalKind, Said};

use crate::board::Board;
use crate::log::Log;
use crate::refusal;
use allowance::Allowance;
use connection::{Asker, Connection};
pub use socket::SocketError;
pub(crate) use socket::group_number;
use socket::{Bound, bind};

/// So many connections there are at most.
const MOST_CONNECTIONS: usize = 32;
/// So many of them for one user who is not the agent's own: the family shares the rest.
const MOST_OF_ANOTHER: usize = 8;
/// So many for all users who are not the agent's own: there is always room for who set it up.
const MOST_OF_OTHERS: usize = 24;
/// How long a write may take before whoever does not read is let go of.
const WRITE_WITHIN: Duration = Duration::from_secs(5);
/// How long whoever connects first waits for something to be told.
const OPEN_WITHIN: Duration = Duration::from_secs(5);
/// A connection's thread needs little.
const STACK_BYTES: usize = 256 << 10;

/// What connections need to know.
pub(crate) struct Service {
    /// Where everyone sees how things stand.
    pub board: Arc<Board>,
    /// The `keepsake` program, which answers what is read.
    pub program: PathBuf,
    /// The settings file.
    pub config: PathBuf,
    /// How long an answer may take that is read from archives and disks.
    pub answer_within: Duration,
    /// The agent's own user.
    pub uid: u32,
    /// Changes the pause; answers whether that could be kept.
    pub pause: crate::pause::Pauses,
    /// Where events go.
    pub log: Log,
}

/// The socket while it is served.
pub(crate) struct Server {
    service: Arc<Service>,
    path: PathBuf,
    group: Option<u32>,
    listening: Option<Listening>,
    /// Lets the first connections in.
    door: Option<Sender<()>>,
    /// What was told last of a socket that cannot be made.
    told: Option<String>,
}

/// What is listened on.
struct Listening {
    bound: Bound,
    /// Another handle of it, to end that.
    listener: UnixListener,
}

/// Who has how many connections.
#[derive(Default)]
struct Open(Mutex<HashMap<u32, usize>>);

/// A server that has begun, or could not.
pub(crate) struct Begun {
    server: Server,
    failed: Option<SocketError>,
}

impl Begun {
    /// The server, which must listen.
    pub fn listening(self) -> Result<Server, SocketError> {
        match self.failed {
            None => Ok(self.server),
            Some(error) => Err(error),
        }
    }

    /// The server, which listens as soon as that can be.
    pub fn listening_or_later(mut self) -> Server {
        if let Some(error) = self.failed {
            self.server.tell(&error);
        }
        self.server
    }
}

impl Server {
    /// Begins to listen; whoever connects waits at the door until [`Server::open`]. Only who holds the agent's lock may:
    /// what is at the path is replaced.
    pub fn begin(service: Service, path: &Path, group: Option<u32>) -> Begun {
        let service = Arc::new(service);
        let (door, is_open) = channel();
        let (listening, failed) = match listen(&service, path, group, Some(is_open)) {
            Ok(listening) => (Some(listening), None),
            Err(error) => (None, Some(error)),
        };
        let server = Self { service, path: path.into(), group, listening, door: Some(door), told: None };
        Begun { server, failed }
    }

    /// From now on there is something to be told.
    pub fn open(&mut self) {
        if let Some(door) = self.door.take() {
            let _ = door.send(());
        }
    }

    /// Listens anew when somebody has removed or replaced the socket.
    pub fn keep(&mut self) {
        if self.listening.as_ref().is_some_and(|listening| listening.bound.is_there()) {
            return;
        }
        match listen(&self.service, &self.path, self.group, None) {
            Ok(listening) => {
                if let Some(before) = self.listening.replace(listening) {
                    before.stop();
                }
                self.told = None;
                self.service.log.event(&format!("listens again at {}", self.path.display()));
            }
            // It is tried again at each look: the folder may come back.
            Err(error) => self.tell(&error),
        }
    }

    fn tell(&mut self, error: &SocketError) {
        let told = error.to_string();
        if self.told.as_ref() != Some(&told) {
            self.service.log.trouble(&format!("{told}: tray and window cannot ask the agent"));
        }
        self.told = Some(told);
    }
}

impl Listening {
    fn stop(&self) {
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.bound.remove();
            listening.stop();
        }
    }
}

fn listen(
    service: &Arc<Service>,
    path: &Path,
    group: Option<u32>,
    is_open: Option<Receiver<()>>,
) -> Result<Listening, SocketError> {
    let (bound, accepting) = bind(path, group)?;
    let failed = |source| SocketError::Listen { path: path.into(), source };
    let listener = accepting.try_clone().map_err(failed)?;
    let service = Arc::clone(service);
    let accept = move || {
        if let Some(is_open) = is_open {
            // Who opens it is never far behind.
            let _ = is_open.recv_timeout(OPEN_WITHIN);
        }
        accept_all(&accepting, &service);
    };
    let thread = std::thread::Builder::new().name("socket".into()).stack_size(STACK_BYTES);
    thread.spawn(accept).map_err(failed)?;
    Ok(Listening { bound, listener })
}

fn accept_all(listener: &UnixListener, service: &Arc<Service>) {
    let (open, allowance) = (Arc::new(Open::default()), Arc::new(Allowance::default()));
    loop {
        match listener.accept() {
            Ok((stream, _)) => welcome(stream, service, &open, &allowance),
            Err(e) if e.kind() == std::io::ErrorKind::InvalidInput => return,
            // Too many open files, or whoever connected has gone: others go on, and soon there is room.
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// Gives a connection its thread, or refuses it.
fn welcome(stream: UnixStream, service: &Arc<Service>, open: &Arc<Open>, allowance: &Arc<Allowance>) {
    let Ok(peer) = rustix::net::sockopt::socket_peercred(&stream) else { return };
    let uid = peer.uid.as_raw();
    if stream.set_write_timeout(Some(WRITE_WITHIN)).is_err() {
        return;
    }
    if !open.enter(uid, service.uid) {
        refuse(stream);
        return;
    }
    let (open_, service, allowance) = (Arc::clone(open), Arc::clone(service), Arc::clone(allowance));
    let serve = move || {
        let may_change = uid == service.uid || uid == 0;
        let asker = Asker { uid, may_change, allowance: &allowance };
        Connection::new(stream, &service, asker).serve();
        open_.leave(uid);
    };
    let thread = std::thread::Builder::new().name("connection".into()).stack_size(STACK_BYTES);
    if thread.spawn(serve).is_err() {
        open.leave(uid);
    }
}

/// Says that there are too many. What does not fit at once is not waited for.
fn refuse(mut stream: UnixStream) {
    let _ = stream.set_nonblocking(true);
    let reply = refusal::reply(0, *refusal::refused(RefusalKind::NotNow, Said::new("refused-too-many")));
    let _ = keepsake_api::wire::write_line(&mut stream, &reply);
}

impl Open {
    fn enter(&self, uid: u32, own: u32) -> bool {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_own = |uid: u32| uid == own || uid == 0;
        let all: usize = open.values().sum();
        let others: usize = open.iter().filter(|(uid, _)| !is_own(**uid)).map(|(_, count)| count).sum();
        let of_this = open.get(&uid).copied().unwrap_or_default();
        let fits = all < MOST_CONNECTIONS && (is_own(uid) || (others < MOST_OF_OTHERS && of_this < MOST_OF_ANOTHER));
        if fits {
            open.insert(uid, of_this + 1);
        }
        fits
    }

    fn leave(&self, uid: u32) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&uid) {
            Some(count) if *count > 1 => *count -= 1,
            _ => _ = open.remove(&uid),
        }
    }
}

#[cfg(test)]
mod tests;
