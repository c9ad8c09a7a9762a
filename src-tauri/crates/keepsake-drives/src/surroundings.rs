//! Where the world is found: the computer's own, or what a test puts in its place.

use std::path::PathBuf;
use std::time::Duration;

/// Where mounts, processes and the bus are found.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The address of another bus than the system's, in the words of D-Bus.
    pub bus: Option<String>,
    /// The table of mounts.
    pub mountinfo: PathBuf,
    /// Where processes are found.
    pub proc: PathBuf,
    /// How long what may take.
    pub limits: Limits,
}

/// How long what may take. A call that takes longer is given up; what it asked for may still happen.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A question that is answered at once: 25 s, as D-Bus itself has it, since it may start UDisks2.
    pub ask: Duration,
    /// Until UDisks2 knows a device of which udev told.
    pub known: Duration,
    /// Mounting: a journal may have to be replayed.
    pub mount: Duration,
    /// Unmounting: all that was written must reach a slow stick.
    pub unmount: Duration,
    /// Locking and powering off.
    pub let_go: Duration,
    /// The pause before a busy volume is tried again the first time; each further one is twice as long.
    pub pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ask: Duration::from_secs(25),
            known: Duration::from_secs(5),
            mount: Duration::from_secs(60),
            unmount: Duration::from_secs(600),
            let_go: Duration::from_secs(60),
            pause: Duration::from_millis(100),
        }
    }
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { bus: None, mountinfo: "/proc/self/mountinfo".into(), proc: "/proc".into(), limits: Limits::default() }
    }
}

impl Surroundings {
    /// A connection to the bus.
    pub(crate) async fn connect(&self) -> zbus::Result<zbus::Connection> {
        match &self.bus {
            Some(address) => zbus::connection::Builder::address(address.as_str())?.build().await,
            None => zbus::Connection::system().await,
        }
    }
}
