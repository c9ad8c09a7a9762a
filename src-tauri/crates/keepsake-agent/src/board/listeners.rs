//! Those who are told what happens. Each has a line of things to be told that is never long: who does not keep up is
//! let go of, and holds nobody.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use keepsake_api::{Event, JobEnd, Status};
use serde::Serialize;

/// One message with its line feed, shared by all who are told it.
pub(crate) type Line = Arc<[u8]>;

/// So many messages wait for a listener at most; then it is let go of.
pub(crate) const MOST_WAITING: usize = 64;

/// Somebody who is told what happens.
pub(crate) struct Listener {
    /// Takes the messages to its connection.
    pub to: SyncSender<Line>,
    /// Its connection, to be ended when it does not keep up.
    pub connection: UnixStream,
    /// Whether it may change things, as its status says.
    pub may_change: bool,
}

/// All of them, by a number.
#[derive(Default)]
pub(crate) struct Listeners {
    all: Vec<(u64, Listener)>,
    last: u64,
}

impl Listeners {
    /// One more; the first thing it is told is how things stand.
    pub fn add(&mut self, listener: Listener, status: &Status) -> u64 {
        self.last += 1;
        // There is room for the first.
        let _ = listener.to.try_send(status_line(status, listener.may_change));
        self.all.push((self.last, listener));
        self.last
    }

    /// It has gone away.
    pub fn remove(&mut self, number: u64) {
        self.all.retain(|(this, _)| *this != number);
    }

    /// Tells all of them how things stand.
    pub fn tell_status(&mut self, status: &Status) {
        if !self.all.is_empty() {
            let lines = [status_line(status, false), status_line(status, true)];
            self.send(|listener| &lines[usize::from(listener.may_change)]);
        }
    }

    /// Tells all of them that a job has ended.
    pub fn tell_end(&mut self, end: &JobEnd) {
        if !self.all.is_empty() {
            let lines = [end_line(end, false), end_line(end, true)];
            self.send(|listener| &lines[usize::from(listener.may_change)]);
        }
    }

    /// Tells all of them something.
    pub fn tell(&mut self, event: &Event) {
        if !self.all.is_empty() {
            let line = line(event);
            self.send(|_| &line);
        }
    }

    fn send<'l>(&mut self, of: impl Fn(&Listener) -> &'l Line) {
        self.all.retain(|(_, listener)| {
            let is_told = listener.to.try_send(Arc::clone(of(listener))).is_ok();
            if !is_told {
                // Whoever writes to it or reads from it stops waiting.
                let _ = listener.connection.shutdown(std::net::Shutdown::Both);
            }
            is_told
        });
    }
}

/// The end of a job; who may not change things is not told what was in it, nor where it went.
fn end_line(end: &JobEnd, may_change: bool) -> Line {
    let mut end = end.clone();
    if !may_change {
        (end.problems, end.detail, end.place, end.undo) = (Vec::new(), None, None, None);
    }
    line(&Event::JobEnded(Box::new(end)))
}

fn status_line(status: &Status, may_change: bool) -> Line {
    line(&Event::Status(Box::new(Status { may_change, ..status.clone() })))
}

/// A message as a line.
pub(crate) fn line(message: &impl Serialize) -> Line {
    // Plain data of ours can always be written.
    let mut line = serde_json::to_vec(message).unwrap_or_default();
    line.push(b'\n');
    line.into()
}
