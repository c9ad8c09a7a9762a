//! Watching what is plugged in.
//!
//! A thread waits for udev's events, for a change of the table of mounts, and for UDisks2 (see
//! [`second_source`](crate::second_source)); after each it looks at everything, and the [ledger](crate::ledger) says what is
//! new. The monitor listens before the first look, so nothing can come between.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use fs_err as fs;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use udev::{EventType, MonitorBuilder, MonitorSocket};

use crate::error::DrivesError;
use crate::ledger::Ledger;
use crate::mounts::{Mounts, Number};
use crate::second_source::SecondSource;
use crate::surroundings::Surroundings;
use crate::volume::Volume;
use crate::{facts, judge};

/// Where udev answers; without it no drive is seen.
const UDEV_CONTROL: &str = "/run/udev/control";
/// How much stack a thread needs that only looks, in bytes.
const STACK_BYTES: usize = 512 << 10;

/// What a [`Watcher`] tells.
// Few are told, and each goes to who keeps it.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It came, or it is another than before: mounted, unlocked, formatted.
    Here(Volume),
    /// It was unplugged, or what held it was taken apart.
    Gone {
        /// The key of a volume that was told.
        key: String,
    },
    /// The first look is done: all that is plugged in was told.
    Ready,
}

/// Tells what is plugged in, from threads of its own. They end when this is dropped.
#[derive(Debug)]
pub struct Watcher {
    shared: Arc<Shared>,
    looking: Option<JoinHandle<()>>,
    _second_source: Option<SecondSource>,
    missing: Option<String>,
}

/// What both threads have.
#[derive(Debug)]
pub(crate) struct Shared {
    wake: OwnedFd,
    is_over: AtomicBool,
    hinted: Mutex<BTreeSet<Number>>,
}

impl Shared {
    /// Makes the looking thread look.
    pub fn look(&self) {
        // A full pipe wakes it as well.
        let _ = rustix::io::write(&self.wake, b"x");
    }

    /// From now on UDisks2 would show these by itself.
    pub fn hint(&self, devices: BTreeSet<Number>) {
        *self.hinted.lock().unwrap_or_else(PoisonError::into_inner) = devices;
        self.look();
    }
}

impl Watcher {
    /// Begins. `tell` is called by one thread: first for all that is plugged in, then [`Seen::Ready`], then for what
    /// comes, goes and changes. It should not wait for anything: what happens meanwhile is told afterwards.
    ///
    /// # Errors
    /// [`DrivesError::NoUdev`] when udev cannot be listened to. Without a system bus or UDisks2 it works with udev alone.
    pub fn begin(tell: impl Fn(Seen) + Send + 'static) -> Result<Self, DrivesError> {
        Self::begin_noting(tell, |_| ())
    }

    /// As [`Watcher::begin`]; `note` is given one line when something is missing: UDisks2, or the bus.
    ///
    /// # Errors
    /// As [`Watcher::begin`].
    pub fn begin_noting(
        tell: impl Fn(Seen) + Send + 'static,
        note: impl Fn(&str) + Send + 'static,
    ) -> Result<Self, DrivesError> {
        Self::begin_in(Surroundings::default(), tell, note)
    }

    #[doc(hidden)]
    pub fn begin_in(
        surroundings: Surroundings,
        tell: impl Fn(Seen) + Send + 'static,
        note: impl Fn(&str) + Send + 'static,
    ) -> Result<Self, DrivesError> {
        let no_udev = |source: io::Error| DrivesError::NoUdev { source };
        let flags = rustix::pipe::PipeFlags::CLOEXEC | rustix::pipe::PipeFlags::NONBLOCK;
        let (woken, wake) = rustix::pipe::pipe_with(flags).map_err(|e| no_udev(e.into()))?;
        let shared = Arc::new(Shared { wake, is_over: AtomicBool::new(false), hinted: Mutex::default() });
        let missing = (!std::path::Path::new(UDEV_CONTROL).exists())
            .then(|| "udev does not run here, so no drive is seen".to_owned());
        let own = Arc::clone(&shared);
        let mountinfo = surroundings.mountinfo.clone();
        let (say, begun) = std::sync::mpsc::sync_channel(1);
        let look = move || {
            // libudev's things stay in one thread.
            let monitor = match monitor() {
                Ok(monitor) => monitor,
                Err(e) => return drop(say.send(Err(e))),
            };
            let _ = say.send(Ok(()));
            watch(&own, &monitor, &woken, &mountinfo, &tell);
        };
        let looking = std::thread::Builder::new().name("drives".into()).stack_size(STACK_BYTES).spawn(look);
        let looking = looking.map_err(no_udev)?;
        begun.recv().unwrap_or_else(|_| Err(io::Error::other("its thread ended"))).map_err(no_udev)?;
        let second_source = SecondSource::begin(surroundings, Arc::clone(&shared), note);
        Ok(Self { shared, looking: Some(looking), _second_source: second_source, missing })
    }

    /// What is missing, in one line: udev itself. None when all is well. What else is missing is told to `note`.
    pub fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        self.shared.look();
        if let Some(looking) = self.looking.take()
            && looking.thread().id() != std::thread::current().id()
        {
            // What it panicked with was said where it happened.
            let _ = looking.join();
        }
    }
}

/// One look at what is plugged in.
///
/// # Errors
/// [`DrivesError::NoUdev`] when devices cannot be listed, [`DrivesError::Unreadable`] when mounts cannot.
pub fn volumes() -> Result<Vec<Volume>, DrivesError> {
    volumes_in(&Surroundings::default())
}

#[doc(hidden)]
pub fn volumes_in(surroundings: &Surroundings) -> Result<Vec<Volume>, DrivesError> {
    let mountinfo = &surroundings.mountinfo;
    let mounts =
        Mounts::read(mountinfo).map_err(|source| DrivesError::Unreadable { path: mountinfo.clone(), source })?;
    let all = facts::all().map_err(|source| DrivesError::NoUdev { source })?;
    let hinted = crate::second_source::hinted_now(surroundings);
    Ok(judge::volumes(&all, &mounts, &hinted))
}

fn monitor() -> io::Result<MonitorSocket> {
    MonitorBuilder::new()?.match_subsystem("block")?.listen()
}

/// Until it is over.
fn watch(shared: &Shared, monitor: &MonitorSocket, woken: &OwnedFd, mountinfo: &std::path::Path, tell: &impl Fn(Seen)) {
    let mut ledger = Ledger::default();
    let table = fs::File::open(mountinfo).ok();
    let mut is_first = true;
    while !shared.is_over.load(Ordering::Acquire) {
        for event in monitor.iter() {
            let name = event.sysname().to_string_lossy();
            let sequence = event.property_value("DISKSEQ").and_then(|text| text.to_str()?.parse().ok());
            match event.event_type() {
                EventType::Remove => ledger.went(&name, sequence).into_iter().for_each(tell),
                _ => ledger.arrived(&name),
            }
        }
        // A look that fails tells nothing: that nothing could be seen does not mean that all is gone.
        if let Ok(there) = look(shared, mountinfo) {
            ledger.look(Instant::now(), is_first, there).into_iter().for_each(tell);
        }
        if std::mem::take(&mut is_first) {
            tell(Seen::Ready);
        }
        wait(monitor, woken, table.as_ref(), ledger.look_again_at());
    }
}

fn look(shared: &Shared, mountinfo: &std::path::Path) -> io::Result<Vec<Volume>> {
    let all = facts::all()?;
    let mounts = Mounts::read(mountinfo)?;
    let hinted = shared.hinted.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(judge::volumes(&all, &mounts, &hinted))
}

/// Until something happens, or it is time to look again.
fn wait(monitor: &MonitorSocket, woken: &OwnedFd, table: Option<&fs::File>, until: Option<Instant>) {
    // The table of mounts is ready with an error when it has changed: proc(5).
    let mut fds = vec![PollFd::new(monitor, PollFlags::IN), PollFd::new(woken, PollFlags::IN)];
    fds.extend(table.map(|table| PollFd::new(table, PollFlags::PRI)));
    let left = until.map(|until| until.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
    let left = left.and_then(|left| Timespec::try_from(left).ok());
    // Interrupted or not: what happened is looked at.
    let _ = poll(&mut fds, left.as_ref());
    while rustix::io::read(woken, &mut [0_u8; 64]).is_ok_and(|count| count > 0) {}
}
