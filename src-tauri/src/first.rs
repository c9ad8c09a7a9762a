//! One window only: a second start raises the first one, and tells it the page. By a lock and a socket in the folder of
//! state, so that it works without D-Bus, too.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use keepsake_api::wire::{read_line, with_short_path, write_line};
use serde::{Deserialize, Serialize};

/// The lock's name in the folder of state. It ends with its holder, however that ends.
const LOCK_NAME: &str = "window.lock";
/// The socket's name in the folder of state.
const DOOR_NAME: &str = "window.sock";
/// The longest message, in bytes.
const MAX_MESSAGE_BYTES: u64 = 4096;
/// How long the first window may take to take note.
const LONGEST: Duration = Duration::from_secs(3);

/// What a second start tells the first window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knock {
    /// The page that is wanted; None to stay where it is.
    pub page: Option<String>,
    /// What the desktop gave for the right to come to the front: `XDG_ACTIVATION_TOKEN`, `DESKTOP_STARTUP_ID`.
    pub token: Option<String>,
}

/// The first window's lock and socket.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    _lock: File,
}

/// What a start comes to.
#[derive(Debug)]
pub enum Start {
    /// It is the first window.
    First(Door),
    /// The first window has taken note.
    Told,
}

/// Takes the place of the first window, or tells the one that has it.
///
/// # Errors
/// When the folder cannot be written, or the first window does not take note: whoever asks can still open a window.
pub fn come_in(data_dir: &Path, knock: &Knock) -> io::Result<Start> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir)?;
    let lock = File::options().create(true).truncate(false).write(true).open(data_dir.join(LOCK_NAME))?;
    let door = data_dir.join(DOOR_NAME);
    let end = Instant::now() + LONGEST;
    loop {
        match rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Start::First(open(&door, lock)?)),
            Err(rustix::io::Errno::WOULDBLOCK) => {}
            Err(error) => return Err(error.into()),
        }
        match tell(&door, knock) {
            Ok(()) => return Ok(Start::Told),
            // It has the lock and not yet the socket, or is just ending.
            Err(_) if Instant::now() < end => std::thread::sleep(Duration::from_millis(20)),
            Err(error) => return Err(error),
        }
    }
}

fn open(door: &Path, lock: File) -> io::Result<Door> {
    match fs::remove_file(door) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = with_short_path(door, |path| UnixListener::bind(path))?;
    fs::set_permissions(door, fs::Permissions::from_mode(0o600))?;
    Ok(Door { listener, _lock: lock })
}

fn tell(door: &Path, knock: &Knock) -> io::Result<()> {
    let mut stream = with_short_path(door, |path| UnixStream::connect(path))?;
    stream.set_read_timeout(Some(LONGEST))?;
    write_line(&mut stream, knock)?;
    match read_line(&mut BufReader::new(stream), MAX_MESSAGE_BYTES)? {
        Some(_) => Ok(()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

impl Door {
    /// Tells `heard` of every start that comes, as long as the program runs.
    pub fn listen(self, heard: impl Fn(Knock) + Send + 'static) {
        // All of it moves there: the lock, too.
        std::thread::spawn(move || self.listen_here(heard));
    }

    fn listen_here(self, heard: impl Fn(Knock)) {
        for stream in self.listener.incoming() {
            // Whoever may connect could as well start the window; what they say must still be a message.
            if let Some(knock) = stream.ok().and_then(answer) {
                heard(knock);
            }
        }
    }
}

fn answer(mut stream: UnixStream) -> Option<Knock> {
    // Whoever says nothing does not keep the others waiting for long.
    stream.set_read_timeout(Some(LONGEST)).ok()?;
    let line = read_line(&mut BufReader::new(&stream), MAX_MESSAGE_BYTES).ok()??;
    let knock: Knock = serde_json::from_slice(&line).ok()?;
    if knock.page.as_deref().is_some_and(|page| crate::options::page(page).is_err()) {
        return None;
    }
    write_line(&mut stream, &"raised").ok()?;
    Some(knock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::mpsc;

    #[test]
    fn a_second_start_tells_the_first() {
        let dir = tempfile::tempdir().unwrap();
        // Longer than a socket's path may be.
        let folder = dir.path().join("long".repeat(40));
        let knock = |page: Option<&str>| Knock { page: page.map(Into::into), token: Some("t".into()) };
        let Start::First(door) = come_in(&folder, &knock(None)).unwrap() else { panic!("it is the first") };
        assert_eq!(fs::metadata(folder.join(DOOR_NAME)).unwrap().permissions().mode() & 0o777, 0o600);
        let (say, heard) = mpsc::channel();
        door.listen(move |knock| say.send(knock).unwrap());
        assert!(matches!(come_in(&folder, &knock(Some("history"))).unwrap(), Start::Told));
        assert_eq!(heard.recv().unwrap(), knock(Some("history")));
        // What is no message is not heard, and does no harm.
        for wrong in ["{}x\n", "{\"page\":\"<b>\",\"token\":null}\n", "\n"] {
            let mut stream = with_short_path(&folder.join(DOOR_NAME), |path| UnixStream::connect(path)).unwrap();
            stream.write_all(wrong.as_bytes()).unwrap();
        }
        assert!(matches!(come_in(&folder, &knock(None)).unwrap(), Start::Told));
        assert_eq!(heard.recv().unwrap(), knock(None));
    }

    #[test]
    fn a_window_that_was_killed_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        let first = come_in(dir.path(), &Knock::default()).unwrap();
        // Its lock goes with it, its socket stays.
        drop(first);
        assert!(dir.path().join(DOOR_NAME).exists());
        assert!(matches!(come_in(dir.path(), &Knock::default()).unwrap(), Start::First(_)));
        let nowhere = Path::new("/proc/keepsake");
        assert!(come_in(nowhere, &Knock::default()).is_err());
    }
}
