//! The rules for USB drives and for the recovery sheet that opens their copies.

use jiff::{SignedDuration, Timestamp, Zoned};

use super::sentence::{age, day_and_time};
use super::{HealthFacts, HealthState, Reason, Rule, Said};
use crate::units::ByteCount;

/// How old the newest copy on any drive may be.
const DRIVE_COPY_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a drive that the family has just chosen may be without a copy.
const EMPTY_DRIVE_AGE: SignedDuration = SignedDuration::from_hours(24);
/// The longest that reminders can be put off, and a day for a clock that was put back since. What is said to be put off for
/// longer was noted by a clock that was wrong.
const LONGEST_SNOOZE: SignedDuration = SignedDuration::from_hours(31 * 24);

/// What is known of one of the family's drives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DriveFacts {
    /// What the family calls it: "Blue drive".
    pub name: String,
    /// When it came to hold the newest backup that it has whole; None when it has none.
    pub copied_at: Option<Timestamp>,
    /// When all of its copies were last read from the medium and found good; None when it has none.
    pub proven_at: Option<Timestamp>,
    /// The time of the oldest backup that is newer than those it has whole; None when it has the newest.
    pub lacks_since: Option<Timestamp>,
    /// What copying would write to it, in bytes; None when that is not known.
    pub lacks_bytes: Option<u64>,
    /// When the family chose it; None when that is not known.
    pub adopted_at: Option<Timestamp>,
    /// True while it is plugged in.
    pub is_here: bool,
    /// Until when nobody is to be reminded of it; None when reminders are not put off.
    pub snoozed_until: Option<Timestamp>,
}

/// How the recovery sheet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SheetFacts {
    /// No copy is locked with it.
    #[default]
    NotNeeded,
    /// Its check code was not typed back yet, so nobody knows that it was printed.
    Unchecked,
    /// Its check code was typed back.
    Checked,
    /// This computer has lost the key: copies can be made, and only the sheet opens them.
    KeyLost,
    /// This computer has lost also what making copies takes, or it is damaged.
    FamilyLost,
}

impl DriveFacts {
    fn lacks_something(&self) -> bool {
        self.copied_at.is_none() || self.lacks_since.is_some()
    }

    /// Until when reminders of it are put off, if they are now.
    fn snoozed_until(&self, now: &Zoned) -> Option<Timestamp> {
        let left = |until: &Timestamp| until.duration_since(now.timestamp());
        self.snoozed_until.filter(|until| left(until) > SignedDuration::ZERO && left(until) <= LONGEST_SNOOZE)
    }
}

/// The drive that should be plugged in next, so that several take turns: the one with the oldest copy, one without any before
/// all others; among equals the first. None when there is no drive, or when the only one has all there is.
pub fn next_drive(drives: &[DriveFacts]) -> Option<&DriveFacts> {
    drives.iter().filter(|drive| drive.lacks_something()).min_by_key(|drive| drive.copied_at)
}

/// Sheet and drives, by the rules that [`super::health`] names. `are_others_well` is true when nothing else is to be told.
pub(super) fn drive_reasons(facts: &HealthFacts, are_others_well: bool, now: &Zoned) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = sheet_reason(facts.sheet).into_iter().collect();
    let is_alone = are_others_well && reasons.is_empty();
    reasons.extend(old_reason(facts, is_alone, now));
    reasons.extend(facts.drives.iter().filter_map(|drive| empty_reason(drive, facts, now)));
    reasons
}

fn sheet_reason(sheet: SheetFacts) -> Option<Reason> {
    let (rule, said, message, advice) = match sheet {
        SheetFacts::NotNeeded | SheetFacts::Checked => return None,
        SheetFacts::Unchecked => (
            Rule::SheetUnchecked,
            Said::new("health-sheet-unchecked"),
            "Your recovery sheet is not checked yet.",
            "Print it, and type its check code back: keepsake sheet. Without it nobody can open the locked copies on another \
             computer.",
        ),
        SheetFacts::KeyLost => (
            Rule::KeyLost,
            Said::new("health-key-lost"),
            "This computer can no longer open your locked copies.",
            "Enter your recovery sheet: keepsake sheet --enter. If the sheet is lost, too, make a new one: new copies need only \
             that.",
        ),
        SheetFacts::FamilyLost => (
            Rule::KeyLost,
            Said::new("health-family-lost"),
            "This computer has lost the key of your drives: nothing is copied to them.",
            "Enter your recovery sheet: keepsake sheet --enter. If the sheet is lost, too, make a new one: keepsake sheet --new. What \
             is on the drives stays.",
        ),
    };
    Some(reason(rule, None, said, message.into(), advice.into()))
}

/// Whether the newest copy on any drive is too old.
fn old_reason(facts: &HealthFacts, is_alone: bool, now: &Zoned) -> Option<Reason> {
    let copied = facts.drives.iter().filter_map(|drive| drive.copied_at).max()?;
    let old = now.timestamp().duration_since(copied);
    // One drive that has everything is enough, however long ago that was copied.
    if old <= DRIVE_COPY_AGE || facts.drives.iter().any(|drive| !drive.lacks_something()) {
        return None;
    }
    let here = facts.drives.iter().filter(|drive| drive.is_here).min_by_key(|drive| drive.copied_at);
    let next = here.or_else(|| next_drive(&facts.drives))?;
    let name = &next.name;
    let since = || format!("It's been {} since the last USB copy.", age(old));
    let said = |id| Said::new(id).text("name", name).age("age", old);
    let (said, message, advice) = if here.is_some() {
        if facts.busy.is_some() {
            return None;
        }
        let message = format!("It's been {} since the last USB copy, and {name} is plugged in.", age(old));
        (said("health-drive-old-here"), message, format!("Copy to {name} now."))
    } else if let Some(until) = next.snoozed_until(now) {
        let advice = format!("Plug in {name}. You will be reminded from {}.", day_and_time(until, now));
        (said("health-drive-old-snoozed").moment("until", until), since(), advice)
    } else {
        // That all is safe here is only said when it is.
        let is_single = is_alone && facts.drives.len() == 1;
        let id = match (is_single, next.lacks_bytes) {
            (true, None) => "health-drive-old-single",
            (true, Some(_)) => "health-drive-old-single-sized",
            (false, None) => "health-drive-old",
            (false, Some(_)) => "health-drive-old-sized",
        };
        let message = if is_single { format!("Safe here, but {name} is {} old.", age(old)) } else { since() };
        match next.lacks_bytes {
            Some(bytes) => {
                let advice = format!("Plug in {name}: {} are to be copied.", ByteCount(bytes));
                (said(id).bytes("bytes", bytes), message, advice)
            }
            None => (said(id), message, format!("Plug in {name}.")),
        }
    };
    Some(reason(Rule::DriveOld, Some(name), said, message, advice))
}

/// Whether a drive should have had its first copy by now. A good one beside it changes nothing: the family believes that there
/// are backups on each.
fn empty_reason(drive: &DriveFacts, facts: &HealthFacts, now: &Zoned) -> Option<Reason> {
    let is_new = |adopted: Timestamp| now.timestamp().duration_since(adopted) <= EMPTY_DRIVE_AGE;
    if drive.copied_at.is_some() || drive.adopted_at.is_some_and(is_new) || (drive.is_here && facts.busy.is_some()) {
        return None;
    }
    let name = &drive.name;
    let said = |id| Said::new(id).text("name", name);
    let message = format!("There is no copy on {name} yet.");
    let (said, message, advice) = if drive.is_here {
        let message = format!("There is no copy on {name} yet, and it is plugged in.");
        (said("health-drive-empty-here"), message, format!("Copy to {name} now."))
    } else if let Some(until) = drive.snoozed_until(now) {
        let advice = format!("Plug in {name}. You will be reminded from {}.", day_and_time(until, now));
        (said("health-drive-empty-snoozed").moment("until", until), message, advice)
    } else {
        (said("health-drive-empty"), message, format!("Plug in {name}."))
    };
    Some(reason(Rule::DriveEmpty, Some(name), said, message, advice))
}

fn reason(rule: Rule, place: Option<&String>, said: Said, message: String, advice: String) -> Reason {
    let (plan, source, detail, state) = (None, None, None, HealthState::Attention);
    Reason { rule, plan, source, place: place.cloned(), message, advice, said, detail, state }
}
