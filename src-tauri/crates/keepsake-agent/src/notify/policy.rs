//! Which notifications are shown, replaced and withdrawn. Pure: what is known and a moment in, what to do out.
//!
//! The rules: one notification an episode (rule with plan, source and place); replaced while it is shown and its words
//! change, and whenever attention turns into a problem; withdrawn when it is over; never again for the same cause within
//! a day, unless it has become worse. In quiet hours and over a full-screen program only problems are shown, the rest
//! afterwards, if it still holds. What a person has put away stays away while the episode lasts. For drives that are to be
//! plugged in there is a reminder of its own (`reminder`).

use keepsake_api::{Action, Reason, Said, SaidArg, State, Status};
use serde::{Deserialize, Serialize};

use super::drives::{self, Session};
use super::reminder::{Reminded, is_snoozed};

/// For so long nothing is told twice, in seconds.
pub(super) const SILENCE_SECS: i64 = 24 * 3600;

/// What was shown, and what of it lasts. Kept in a file, so that a new start tells nothing twice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    /// Which notification server the numbers are from.
    pub(super) server: String,
    /// What was shown.
    pub(super) episodes: Vec<Episode>,
    /// The volumes that are plugged in.
    pub(super) drives: Vec<Session>,
    /// The reminder to plug one in.
    pub(super) reminded: Reminded,
}

/// One thing that was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Episode {
    /// What it is about.
    pub(super) about: About,
    /// True when it was told as a problem.
    pub(super) is_problem: bool,
    /// When it was told last, in seconds since 1970.
    pub(super) at: i64,
    /// What was said.
    pub(super) said: Said,
    /// The server's number of the notification; None when it is shown no more.
    pub(super) number: Option<u32>,
    /// True until it is over.
    pub(super) lasts: bool,
}

/// What tells one episode from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct About {
    rule: String,
    plan: Option<String>,
    source: Option<String>,
    place: Option<String>,
}

impl About {
    pub(super) fn of(reason: &Reason) -> Self {
        let Reason { rule, plan, source, place, .. } = reason;
        Self { rule: rule.clone(), plan: plan.clone(), source: source.clone(), place: place.clone() }
    }
}

/// What is around the person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// These are quiet hours.
    pub(super) is_quiet: bool,
    /// A program fills the screen.
    pub(super) is_full_screen: bool,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    /// Show this.
    Show {
        /// What it tells.
        reason: Reason,
        /// In the place of this one, if it is still there.
        replaces: Option<u32>,
    },
    /// It is over.
    Withdraw {
        /// What is over.
        about: About,
        /// The notification, if it is still shown.
        number: Option<u32>,
    },
}

/// What is to be done now.
pub(super) fn notices(now: i64, status: &Status, shown: &Shown, around: Around) -> Vec<Deed> {
    let mut told: Vec<About> = Vec::new();
    let mut deeds = Vec::new();
    for reason in status.reasons.iter().filter(|reason| is_told(reason)) {
        let about = About::of(reason);
        // The worse of two about the same comes first.
        if told.contains(&about) {
            continue;
        }
        let before = shown.episodes.iter().find(|episode| episode.about == about);
        let is_withheld = reason.state != State::Problem && (around.is_quiet || around.is_full_screen);
        if !is_withheld && is_news(now, reason, before) {
            deeds.push(Deed::Show { reason: reason.clone(), replaces: before.and_then(|episode| episode.number) });
        }
        told.push(about);
    }
    let over = shown.episodes.iter().filter(|episode| episode.lasts && !told.contains(&episode.about));
    deeds.extend(over.map(|over| Deed::Withdraw { about: over.about.clone(), number: over.number }));
    deeds
}

/// What somebody should hear of who does not look.
fn is_told(reason: &Reason) -> bool {
    match reason.state {
        State::Problem => true,
        State::Attention => match reason.rule.as_str() {
            // Whoever has just set it up knows that the first backup is still to be made, and the sheet to be printed.
            "never-backed-up" | "sheet-unchecked" => false,
            "drive-old" => false,
            // What becomes of one that is plugged in is told by itself.
            "drive-empty" => !is_snoozed(reason) && reason.action != Some(Action::CopyNow),
            _ => true,
        },
        _ => false,
    }
}

fn is_news(now: i64, reason: &Reason, before: Option<&Episode>) -> bool {
    let Some(before) = before else { return true };
    if reason.state == State::Problem && !before.is_problem {
        return true;
    }
    if before.lasts {
        return before.number.is_some() && !says_the_same(&before.said, &reason.said);
    }
    // A moment in the future is one of a clock that was wrong.
    !(0..SILENCE_SECS).contains(&now.saturating_sub(before.at))
}

/// Whether nothing has changed but an age that grows by itself.
fn says_the_same(one: &Said, other: &Said) -> bool {
    let lasting = |said: &Said| {
        let args = said.args.iter().filter(|(_, arg)| !matches!(arg, SaidArg::AgeSecs(_)));
        args.map(|(name, arg)| (name.clone(), arg.clone())).collect::<Vec<_>>()
    };
    one.id == other.id && lasting(one) == lasting(other)
}

impl Shown {
    /// Notes that it was shown, under that number.
    pub(super) fn show(&mut self, now: i64, reason: &Reason, number: u32) {
        let about = About::of(reason);
        let is_problem = reason.state == State::Problem;
        if let Some(episode) = self.episodes.iter_mut().find(|episode| episode.about == about) {
            // One that begins anew is as bad as it is now.
            episode.is_problem = is_problem || (episode.lasts && episode.is_problem);
            episode.at = now;
            episode.said = reason.said.clone();
            episode.number = Some(number);
            episode.lasts = true;
        } else {
            let said = reason.said.clone();
            self.episodes.push(Episode { about, is_problem, at: now, said, number: Some(number), lasts: true });
        }
    }

    /// Notes that it is over, and forgets what need not be known any more.
    pub(super) fn end(&mut self, now: i64, about: &About) {
        for episode in self.episodes.iter_mut().filter(|episode| episode.about == *about) {
            episode.lasts = false;
            episode.number = None;
        }
        self.episodes.retain(|episode| episode.lasts || (0..SILENCE_SECS).contains(&now.saturating_sub(episode.at)));
    }

    /// Notes that a notification is shown no more. Answers whether it was one of these.
    pub(super) fn close(&mut self, number: u32) -> bool {
        let mut is_one = false;
        for episode in self.episodes.iter_mut().filter(|episode| episode.number == Some(number)) {
            episode.number = None;
            is_one = true;
        }
        is_one | drives::close(&mut self.drives, number) | self.reminded.close(number)
    }

    /// Notes that this server shows notifications now: another one shows none of these.
    pub(super) fn now_at(&mut self, server: String) {
        if self.server != server {
            self.episodes.iter_mut().for_each(|episode| episode.number = None);
            drives::now_elsewhere(&mut self.drives);
            self.reminded.number = None;
            self.server = server;
        }
    }
}

/// Whether a minute of the day is in the quiet hours: from and to in minutes since midnight, also over midnight.
pub(super) fn is_quiet(minute: u16, hours: Option<(u16, u16)>) -> bool {
    match hours {
        Some((from, to)) if from <= to => (from..to).contains(&minute),
        Some((from, to)) => minute >= from || minute < to,
        None => false,
    }
}

#[cfg(test)]
mod tests;
