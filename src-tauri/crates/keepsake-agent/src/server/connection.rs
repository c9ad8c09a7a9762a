//! One connection: reads questions, answers them in their order, or listens.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use keepsake_api::wire::write_line;
use keepsake_api::{Answer, Envelope, Outcome, Refusal, RefusalKind, Reply, Request, Said};
use serde::Deserialize;

use super::allowance::Allowance;
use super::lines::Lines;
use super::relay::{Gone, Relay};
use super::{STACK_BYTES, Service};
use crate::Asked;
use crate::board::{Line, Listener, MOST_WAITING};
use crate::plugged::OfDrives;
use crate::refusal::{Refused, bad_request, not_allowed, refused, reply, with_detail};

/// A connection.
pub(super) struct Connection<'s> {
    stream: UnixStream,
    service: &'s Arc<Service>,
    asker: Asker<'s>,
    relay: Relay<'s>,
}

/// Who asks.
pub(super) struct Asker<'s> {
    /// The user.
    pub uid: u32,
    /// True for the agent's own user, and root.
    pub may_change: bool,
    /// What others have left of what they may ask for.
    pub allowance: &'s Allowance,
}

impl Asker<'_> {
    /// True when this may be asked for now, as far as its number goes.
    fn may_ask_for(&self, request: &Request) -> bool {
        self.may_change || !wakes_the_loop(request) || self.allowance.take(self.uid, Instant::now())
    }
}

/// What becomes of the connection after a question.
enum Then {
    Next,
    Listen,
    Close,
    Quit,
}

/// The number of a question that cannot be read further, if it can be read.
#[derive(Deserialize)]
struct OnlyId {
    id: u64,
}

impl<'s> Connection<'s> {
    pub fn new(stream: UnixStream, service: &'s Arc<Service>, asker: Asker<'s>) -> Self {
        Self { stream, service, asker, relay: Relay::new(service) }
    }

    /// Answers until it ends.
    pub fn serve(mut self) {
        let Ok(reading) = self.stream.try_clone() else { return };
        let mut lines = Lines::new(reading);
        loop {
            let then = match lines.next() {
                Ok(Some(line)) => self.answer(&line),
                Ok(None) => Then::Close,
                Err(e) => {
                    // What comes behind it is the rest of something: nothing can be made of it.
                    let refusal = bad_request(format!("no line could be read: {e}"));
                    let _ = write_line(&mut self.stream, &reply(0, *refusal));
                    Then::Close
                }
            };
            match then {
                Then::Next => {}
                Then::Close => return,
                // Who listens only listens.
                Then::Listen if lines.has_more() => return,
                Then::Listen => return self.listen(),
                Then::Quit => {
                    self.service.log.event("somebody asked the agent to end");
                    crate::end_in_time();
                    return self.service.board.wake(Asked::Stop);
                }
            }
        }
    }

    fn answer(&mut self, line: &[u8]) -> Then {
        let envelope: Envelope = match serde_json::from_slice(line) {
            Ok(envelope) => envelope,
            Err(e) => {
                let id = serde_json::from_slice::<OnlyId>(line).map_or(0, |only| only.id);
                return self.write(&reply(id, *bad_request(format!("the question cannot be read: {e}"))), Then::Next);
            }
        };
        let Envelope { id, request } = envelope;
        if !self.asker.may_change && needs_owner(&request) {
            return self.write(&reply(id, *not_allowed()), Then::Next);
        }
        if !self.asker.may_ask_for(&request) {
            let refusal = refused(RefusalKind::NotNow, Said::new("refused-too-much"));
            return self.write(&reply(id, *refusal), Then::Next);
        }
        let (answered, then) = match request {
            Request::Status {} => {
                (Ok(Answer::Status(Box::new(self.service.board.status(self.asker.may_change)))), Then::Next)
            }
            Request::Watch {} => (Ok(Answer::Watch(())), Then::Listen),
            Request::Quit {} => (Ok(Answer::Quit(())), Then::Quit),
            Request::Pause { until } => (self.pause(Some(until)), Then::Next),
            Request::Resume {} => (self.pause(None), Then::Next),
            Request::IgnoreDrive { volume, forever } => {
                self.service.board.say_of_drives(OfDrives::Ignore { volume, forever });
                (Ok(Answer::IgnoreDrive(())), Then::Next)
            }
            Request::AskAgain { volume } => {
                self.service.board.say_of_drives(OfDrives::AskAgain(volume));
                (Ok(Answer::AskAgain(())), Then::Next)
            }
            Request::SnoozeDrives { days: days @ 1..=30 } => {
                self.service.board.say_of_drives(OfDrives::Snooze(days));
                (Ok(Answer::SnoozeDrives(())), Then::Next)
            }
            Request::SnoozeDrives { .. } => (Err(bad_request("from 1 to 30 days".into())), Then::Next),
            ref wish => match self.service.board.wish(wish, self.asker.may_change) {
                Some(answered) => (answered, Then::Next),
                None => return self.relay(id, line, &request),
            },
        };
        match answered {
            Ok(answer) => self.write(&Reply { id, outcome: Outcome::Answer(answer) }, then),
            Err(refusal) => self.write(&reply(id, *refusal), then),
        }
    }

    fn pause(&self, until: Option<keepsake_api::PauseUntil>) -> Result<Answer, Refused> {
        let before = self.service.board.paused_until();
        let done = self.service.pause.put(until, &self.service.board);
        let failed = |e: keepsake_core::error::FileError| {
            with_detail(RefusalKind::Failed, "refused-pause-not-kept", e.to_string())
        };
        done.map_err(failed)?;
        if self.service.board.paused_until() != before {
            self.service.board.wake(Asked::Wake);
        }
        Ok(if until.is_some() { Answer::Pause(()) } else { Answer::Resume(()) })
    }

    /// Has a child process answer what is read from archives and disks.
    fn relay(&mut self, id: u64, line: &[u8], request: &Request) -> Then {
        let changes = matches!(request, Request::ChangeSettings { .. } | Request::ChangeDrive { .. });
        match self.relay.ask(line, &mut self.stream) {
            Ok(()) => {
                if changes {
                    // The loop reads them again, and whoever shows them does.
                    self.service.board.wake(Asked::Look);
                    self.service.board.tell_changed();
                }
                Then::Next
            }
            Err(Gone::Asker) => Then::Close,
            Err(Gone::Answerer(why)) => {
                let refusal = Refusal { detail: Some(why), ..*refused(RefusalKind::Failed, said_of_no_answer()) };
                self.write(&reply(id, refusal), Then::Next)
            }
        }
    }

    fn write(&mut self, reply: &Reply, then: Then) -> Then {
        match write_line(&mut self.stream, reply) {
            Ok(()) => then,
            Err(_) => Then::Close,
        }
    }

    /// Only listens from now on: each message goes out as it comes.
    fn listen(mut self) {
        let (to, told) = sync_channel::<Line>(MOST_WAITING);
        let (Ok(connection), Ok(mut reading)) = (self.stream.try_clone(), self.stream.try_clone()) else { return };
        let number = self.service.board.listen(Listener { to, connection, may_change: self.asker.may_change });
        let board = Arc::clone(&self.service.board);
        // Nobody who listens says anything: whatever comes, or its end, ends it.
        let wait_for_end = move || {
            let _ = reading.set_read_timeout(None);
            let _ = std::io::Read::read(&mut reading, &mut [0]);
            board.forget(number);
            let _ = reading.shutdown(std::net::Shutdown::Both);
        };
        let thread = std::thread::Builder::new().name("listener".into()).stack_size(STACK_BYTES);
        if thread.spawn(wait_for_end).is_ok() {
            // Ends when it is forgotten.
            while let Ok(line) = told.recv() {
                if self.stream.write_all(&line).is_err() {
                    break;
                }
            }
        }
        self.service.board.forget(number);
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

fn said_of_no_answer() -> Said {
    Said::new("refused-no-answer")
}

/// What only the agent's own user and root may ask. Members of the group of a system service see how things stand and
/// have backups made; what is in the backups, and which folders there are, is as private as the folders themselves.
fn needs_owner(request: &Request) -> bool {
    match request {
        Request::Status {}
        | Request::Watch {}
        | Request::BackUpNow { .. }
        | Request::CopyNow { .. }
        | Request::CheckNow {}
        | Request::Stop {}
        | Request::Pause { .. }
        | Request::Resume {}
        | Request::Home {} => false,
        Request::History { from } => from.is_some(),
        _ => true,
    }
}

/// What has the loop look again, or stops what it does.
fn wakes_the_loop(request: &Request) -> bool {
    matches!(
        request,
        Request::BackUpNow { .. }
            | Request::CopyNow { .. }
            | Request::CheckNow {}
            | Request::Stop {}
            | Request::Pause { .. }
            | Request::Resume {}
    )
}
