//! What is told of drives that are plugged in: one notification for each volume, which changes with it. Pure.
//!
//! The rules, with their reasons in `docs/decisions/0023-drives.md`:
//! - Told is a stranger that asks, what is done with a drive of the family, whether it may be pulled out, and what is in the
//!   way of one. A stranger that cannot be used, or that is left alone, is a line in the window.
//! - One that stays plugged in is not told of each night: that it is copied to is told when it was plugged in.
//! - The state, the sentence or what was copied must be another one than the last time. What a person has put away comes
//!   back with the next state.
//! - All this answers what a person has just done, so that quiet hours do not hold it back. They do hold back what goes wrong
//!   later, by itself. A program that fills the screen holds back everything; what is no longer true is taken away at once.
//! - Who pulls a volume out has read enough: its notification goes. But for the one that says that this was too early.

use std::collections::{BTreeMap, BTreeSet};

use keepsake_api::{JobEnd, JobKind, JobOutcome, PluggedIn, PluggedState, Said, Status};
use serde::{Deserialize, Serialize};

use super::policy::Around;

/// The sentence that outlives the drive.
pub(super) const GONE_EARLY: &str = "drive-gone-early";
/// More volumes than anybody plugs in; of any beyond, nothing is told.
const MAX_VOLUMES: usize = 32;

/// A volume that is plugged in, as it was last looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    /// How requests name it.
    volume: String,
    /// The family's drive that it is.
    drive: Option<String>,
    /// How it stood.
    state: PluggedState,
    /// In words.
    said: Said,
    /// What was said to be copied to it.
    copied: Option<Copied>,
    /// The server's number of its notification; None when none is shown.
    number: Option<u32>,
    /// True once that came to an end for which it was plugged in: what follows comes by itself.
    is_settled: bool,
    /// True once it was ready, and stayed.
    stays: bool,
}

/// What a copy brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Copied {
    /// The newest backup that it brought, by name.
    pub(super) backup: Option<String>,
    /// How many files were copied.
    pub(super) files: u64,
    /// Their bytes.
    pub(super) bytes: u64,
}

/// What the last copy brought to each drive, by the drive's name.
pub(super) type AllCopied = BTreeMap<String, Copied>;

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    /// Show how this one stands.
    Show {
        /// The volume.
        of: Box<PluggedIn>,
        /// What was copied to it, where that is to be told.
        copied: Option<Copied>,
        /// In the place of this notification, if it is still there.
        replaces: Option<u32>,
    },
    /// It stands so, and that is not told; withdraw what was.
    Note {
        /// The volume.
        of: Box<PluggedIn>,
        /// The notification, if one is shown.
        number: Option<u32>,
    },
    /// What is shown is no longer true, and what is true is told later.
    TakeBack {
        /// The notification.
        number: u32,
    },
    /// It is not plugged in any more.
    Forget {
        /// The volume.
        volume: String,
        /// The notification, if one is shown.
        number: Option<u32>,
    },
}

/// What is to be done now. Of `unseen` volumes the agent, which has just begun, may not know yet that they are plugged in.
pub(super) fn notices(
    status: &Status,
    sessions: &[Session],
    copied: &AllCopied,
    around: Around,
    unseen: &BTreeSet<String>,
) -> Vec<Deed> {
    let mut seen: Vec<&PluggedIn> = Vec::new();
    let mut deeds = Vec::new();
    for of in &status.drives {
        if seen.len() == MAX_VOLUMES || seen.iter().any(|other| other.volume == of.volume) {
            continue;
        }
        seen.push(of);
        let before = sessions.iter().find(|session| session.volume == of.volume);
        let number = before.and_then(|before| before.number);
        let copied = copied_to(of, copied);
        let is_old = before.is_some_and(|before| {
            let brings_more = number.is_some() && copied.is_some() && before.copied != copied;
            before.state == of.state && before.said == of.said && before.drive == of.drive && !brings_more
        });
        if is_old {
            continue;
        }
        if !is_told(of, before, status.may_change) {
            deeds.push(Deed::Note { of: Box::new(of.clone()), number });
        } else if !is_withheld(of, before, around) {
            deeds.push(Deed::Show { of: Box::new(of.clone()), copied, replaces: number });
        } else if let Some(number) = number {
            deeds.push(Deed::TakeBack { number });
        }
    }
    for session in sessions.iter().filter(|session| seen.iter().all(|of| of.volume != session.volume)) {
        let is_back = seen.iter().any(|of| of.drive.is_some() && of.drive == session.drive);
        let outlives = session.said.id == GONE_EARLY && session.number.is_some() && !is_back;
        if !unseen.contains(&session.volume) && !outlives {
            deeds.push(Deed::Forget { volume: session.volume.clone(), number: session.number });
        }
    }
    deeds
}

/// What was copied, where that is to be told: when the drive can be put away.
fn copied_to(of: &PluggedIn, copied: &AllCopied) -> Option<Copied> {
    let is_done = matches!(of.state, PluggedState::SafeToRemove | PluggedState::Unmounted);
    of.drive.as_ref().filter(|_| is_done).and_then(|drive| copied.get(drive).cloned())
}

fn is_told(of: &PluggedIn, before: Option<&Session>, may_change: bool) -> bool {
    match of.state {
        // Nobody else could answer.
        PluggedState::Asks => may_change,
        PluggedState::Ignored | PluggedState::Ready => false,
        PluggedState::Locked | PluggedState::Unusable => of.drive.is_some(),
        PluggedState::Waiting | PluggedState::Busy => before.is_none_or(|before| !before.stays),
        PluggedState::Refused
        | PluggedState::SafeToRemove
        | PluggedState::Unmounted
        | PluggedState::Held
        | PluggedState::Failed => true,
    }
}

fn is_withheld(of: &PluggedIn, before: Option<&Session>, around: Around) -> bool {
    let goes_wrong = matches!(
        of.state,
        PluggedState::Failed | PluggedState::Refused | PluggedState::Locked | PluggedState::Unusable
    );
    let by_itself = goes_wrong && before.is_some_and(|before| before.is_settled);
    around.is_full_screen || (around.is_quiet && by_itself)
}

/// Notes how a volume stands, and which notification says so.
pub(super) fn note(sessions: &mut Vec<Session>, of: &PluggedIn, copied: Option<Copied>, number: Option<u32>) {
    let before = sessions.iter().position(|session| session.volume == of.volume).map(|at| sessions.swap_remove(at));
    let is_end = matches!(
        of.state,
        PluggedState::Ready | PluggedState::SafeToRemove | PluggedState::Unmounted | PluggedState::Failed
    );
    sessions.push(Session {
        volume: of.volume.clone(),
        drive: of.drive.clone(),
        state: of.state,
        said: of.said.clone(),
        copied,
        number,
        is_settled: is_end || before.as_ref().is_some_and(|before| before.is_settled),
        stays: of.state == PluggedState::Ready || before.is_some_and(|before| before.stays),
    });
}

/// Forgets a volume, and what was copied to it.
pub(super) fn forget(sessions: &mut Vec<Session>, copied: &mut AllCopied, volume: &str) {
    for session in sessions.iter().filter(|session| session.volume == volume) {
        session.drive.iter().for_each(|drive| _ = copied.remove(drive));
    }
    sessions.retain(|session| session.volume != volume);
}

/// Notes that a notification is shown no more. Answers whether it was one of these.
pub(super) fn close(sessions: &mut [Session], number: u32) -> bool {
    let of_it = sessions.iter_mut().find(|session| session.number == Some(number));
    of_it.map(|session| session.number = None).is_some()
}

/// Notes that another notification server shows them now: it shows none of these.
pub(super) fn now_elsewhere(sessions: &mut [Session]) {
    sessions.iter_mut().for_each(|session| session.number = None);
}

/// Without an agent nobody copies, and nobody hears an answer. Forgets what said so, and answers which notifications these were.
pub(super) fn without_agent(sessions: &mut Vec<Session>) -> Vec<u32> {
    let is_over = |session: &Session| {
        let needs_agent = matches!(session.state, PluggedState::Asks | PluggedState::Waiting | PluggedState::Busy);
        session.number.filter(|_| needs_agent)
    };
    let over = sessions.iter().filter_map(is_over).collect();
    sessions.retain(|session| is_over(session).is_none());
    over
}

/// All volumes that are known.
pub(super) fn volumes(sessions: &[Session]) -> BTreeSet<String> {
    sessions.iter().map(|session| session.volume.clone()).collect()
}

/// The number of the notification of a volume.
pub(super) fn number_of(sessions: &[Session], volume: &str) -> Option<u32> {
    sessions.iter().find(|session| session.volume == volume).and_then(|session| session.number)
}

/// Notes what a job has copied to a drive. Answers whether it is one that did.
pub(super) fn note_copied(copied: &mut AllCopied, end: &JobEnd) -> bool {
    let is_copy = matches!(end.kind, JobKind::Copy | JobKind::AdoptDrive);
    let is_done = matches!(end.outcome, JobOutcome::Good | JobOutcome::WithProblems);
    match &end.about {
        Some(drive) if is_copy && is_done => {
            let brought = Copied { backup: end.backup.clone(), files: end.files, bytes: end.bytes };
            copied.insert(drive.clone(), brought);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
