//! The socket: how lines go over it, and a client that asks one question after the other.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Answer, Envelope, Event, Outcome, Refusal, Reply, Request};

/// The socket's name in the folder of state of an agent for one person.
pub const SOCKET_NAME: &str = "agent.sock";
/// The socket of an agent that runs as a system service.
pub const SYSTEM_SOCKET: &str = "/run/keepsake/agent.sock";
/// The longest question, in bytes: 10,000 paths of a restore, each of 400 bytes.
pub const MAX_REQUEST_BYTES: u64 = 4 << 20;
/// The longest reply or event, in bytes: 64 small pictures, or the history of a hundred thousand backups.
pub const MAX_REPLY_BYTES: u64 = 64 << 20;
/// The longest path of a socket that the system takes, in bytes (`unix(7)`, `sun_path`, less its NUL).
const MAX_SOCKET_PATH_BYTES: usize = 107;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Nobody listens there.
    #[error("no agent answers at {}: {source}", path.display())]
    NotThere {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The connection broke.
    #[error("the connection to the agent broke: {source}")]
    Broken {
        /// What the system said.
        source: io::Error,
    },
    /// What came is no message of this protocol.
    #[error("what came over the socket is no message: {source}")]
    NoMessage {
        /// Why not.
        source: serde_json::Error,
    },
    /// It was refused.
    #[error("refused: {}", .0.detail.as_deref().unwrap_or(&.0.said.id))]
    Refused(Box<Refusal>),
}

/// Reads one line of at most `most_bytes`; None at the end.
///
/// # Errors
/// What reading says; `InvalidData` when the line is longer, or ends without a line feed.
pub fn read_line(from: &mut impl BufRead, most_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = from.by_ref().take(most_bytes + 1).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long, or was cut off"));
    }
    Ok(Some(line))
}

/// Writes one message as a line, in one piece.
///
/// # Errors
/// What writing says.
pub fn write_line(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message).map_err(io::Error::other)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Does something with a path to a socket that is short enough for the system, also where the real one is not.
///
/// # Errors
/// What `with` answers, or opening the folder.
pub fn with_short_path<T>(socket: &Path, with: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    if socket.as_os_str().as_bytes().len() <= MAX_SOCKET_PATH_BYTES {
        return with(socket);
    }
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let folder = std::fs::File::open(folder)?;
    let short = Path::new("/proc/self/fd").join(std::os::fd::AsRawFd::as_raw_fd(&folder).to_string()).join(name);
    with(&short)
}

/// A connection to an agent.
pub struct Client {
    reader: BufReader<UnixStream>,
    last_id: u64,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// [`WireError::NotThere`] when nobody listens at that socket, or it is another user's.
    pub fn connect(socket: &Path) -> Result<Self, WireError> {
        let stream = with_short_path(socket, |path| UnixStream::connect(path))
            .map_err(|source| WireError::NotThere { path: socket.into(), source })?;
        Ok(Self { reader: BufReader::new(stream), last_id: 0 })
    }

    /// How long an answer may take; None for as long as it takes, as to begin with.
    ///
    /// # Errors
    /// [`WireError::Broken`] when the system refuses.
    pub fn wait_at_most(&self, longest: Option<Duration>) -> Result<(), WireError> {
        self.reader.get_ref().set_read_timeout(longest).map_err(|source| WireError::Broken { source })
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// [`WireError::Refused`] when the agent refuses, the others when there is no answer.
    pub fn ask(&mut self, request: Request) -> Result<Answer, WireError> {
        self.last_id += 1;
        let envelope = Envelope { id: self.last_id, request };
        write_line(self.reader.get_mut(), &envelope).map_err(|source| WireError::Broken { source })?;
        let reply: Reply = self.next()?;
        match reply.outcome {
            Outcome::Answer(answer) => Ok(answer),
            Outcome::Refused(refusal) => Err(WireError::Refused(Box::new(refusal))),
        }
    }

    /// Listens from now on. The first event is the status as it is.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn watch(mut self) -> Result<Listener, WireError> {
        self.ask(Request::Watch {})?;
        Ok(Listener { client: self })
    }

    fn next<T: DeserializeOwned>(&mut self) -> Result<T, WireError> {
        let line = read_line(&mut self.reader, MAX_REPLY_BYTES)
            .and_then(|line| line.ok_or_else(|| io::ErrorKind::UnexpectedEof.into()));
        let line = line.map_err(|source| WireError::Broken { source })?;
        serde_json::from_slice(&line).map_err(|source| WireError::NoMessage { source })
    }
}

/// A connection that is told what happens.
pub struct Listener {
    client: Client,
}

impl Listener {
    /// Waits for the next event.
    ///
    /// # Errors
    /// [`WireError::Broken`] when the agent has ended.
    pub fn next_event(&mut self) -> Result<Event, WireError> {
        self.client.next()
    }

    /// Another handle of the connection: shutting it down ends [`Listener::next_event`] in another thread.
    ///
    /// # Errors
    /// [`WireError::Broken`] when the system has no more handles.
    pub fn handle(&self) -> Result<UnixStream, WireError> {
        self.client.reader.get_ref().try_clone().map_err(|source| WireError::Broken { source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RefusalKind, Said};
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_question_and_its_answer_are_these_lines() {
        let ask = Envelope { id: 7, request: Request::Backup { name: "family_20260303_020500".into(), from: None } };
        let line = r#"{"id":7,"request":{"ask":"backup","name":"family_20260303_020500","from":null}}"#;
        assert_eq!(serde_json::to_string(&ask).unwrap(), line);
        assert_eq!(serde_json::from_str::<Envelope>(line).unwrap(), ask);
        let reply = Reply { id: 7, outcome: Outcome::Answer(Answer::Stop(())) };
        let line = r#"{"id":7,"answer":{"answer":"stop","value":null}}"#;
        assert_eq!(serde_json::to_string(&reply).unwrap(), line);
        assert_eq!(serde_json::from_str::<Reply>(line).unwrap(), reply);
        for wrong in [
            r#"{"id":7,"request":{"ask":"backup","name":"x","from":null,"more":1}}"#,
            r#"{"id":7,"request":{"ask":"format-disk"}}"#,
            r#"{"id":-1,"request":{"ask":"stop"}}"#,
        ] {
            assert!(serde_json::from_str::<Envelope>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lines_have_an_end_and_a_largest_length() {
        let read = |bytes: &[u8]| read_line(&mut io::Cursor::new(bytes.to_vec()), 5);
        assert_eq!(read(b"").unwrap(), None);
        assert_eq!(read(b"12345\n").unwrap().as_deref(), Some(&b"12345"[..]));
        assert!(read(b"123456\n").is_err());
        assert!(read(b"123").is_err());
    }

    #[test]
    fn a_client_asks_and_listens_also_where_the_path_is_long() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("long".repeat(40));
        std::fs::create_dir(&folder).unwrap();
        let socket = folder.join(SOCKET_NAME);
        assert!(matches!(Client::connect(&socket), Err(WireError::NotThere { .. })));
        let listener = with_short_path(&socket, |path| UnixListener::bind(path)).unwrap();
        let agent = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = BufReader::new(stream);
            let mut answer = |outcome: Outcome| {
                let line = read_line(&mut stream, MAX_REQUEST_BYTES).unwrap().unwrap();
                let ask: Envelope = serde_json::from_slice(&line).unwrap();
                write_line(stream.get_mut(), &Reply { id: ask.id, outcome }).unwrap();
            };
            let refusal = Refusal { kind: RefusalKind::NotNow, said: Said::new("refused-x"), detail: None };
            answer(Outcome::Refused(refusal));
            answer(Outcome::Answer(Answer::Watch(())));
            write_line(stream.get_mut(), &Event::Changed {}).unwrap();
        });
        let mut client = Client::connect(&socket).unwrap();
        assert!(matches!(client.ask(Request::Stop {}), Err(WireError::Refused(_))));
        let mut listener = client.watch().unwrap();
        assert_eq!(listener.next_event().unwrap(), Event::Changed {});
        assert!(matches!(listener.next_event(), Err(WireError::Broken { .. })));
        agent.join().unwrap();
    }
}
