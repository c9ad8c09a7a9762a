//! From the engine's words to the names of sentences: in this one place.

use keepsake_api::{Action, Reason, Said, SaidArg, State};
use keepsake_core::health::{self, HealthState, Rule};
use serde::Serialize;

/// A sentence of the verdict.
pub(crate) fn said_of(said: &health::Said) -> Said {
    let arg = |arg: &health::SaidArg| match arg {
        health::SaidArg::Text(text) => SaidArg::Text(text.clone()),
        health::SaidArg::Count(count) => SaidArg::Count(*count),
        health::SaidArg::Bytes(bytes) => SaidArg::Bytes(*bytes),
        health::SaidArg::Moment(moment) => SaidArg::Moment(*moment),
        health::SaidArg::AgeSecs(age) => SaidArg::AgeSecs(*age),
    };
    said.args.iter().fold(Said::new(said.id), |all, (name, value)| all.with(name, arg(value)))
}

/// A reason as front ends are told it.
pub(crate) fn reason(reason: &health::Reason) -> Reason {
    Reason {
        rule: word(reason.rule),
        plan: reason.plan.clone(),
        source: reason.source.clone(),
        place: reason.place.clone(),
        said: said_of(&reason.said),
        detail: reason.detail.clone(),
        state: state(reason.state),
        action: action(reason),
    }
}

/// The one thing to do about it that a button can do.
fn action(reason: &health::Reason) -> Option<Action> {
    match reason.rule {
        Rule::NothingProtected => Some(Action::SetUp),
        Rule::NeverBackedUp | Rule::Incomplete | Rule::Overdue | Rule::RunFailed | Rule::SourceUnknown => {
            Some(Action::BackUpNow)
        }
        // What is damaged is healed from a copy by a check, or stored anew by a backup: a check tells.
        Rule::Damaged | Rule::CheckFailed | Rule::Unchecked => Some(Action::CheckNow),
        Rule::NothingInIt | Rule::AllPaused => Some(Action::OpenSettings),
        Rule::RunWithProblems | Rule::Unread | Rule::UnusualSize => Some(Action::ShowProblems),
        Rule::ManyChanged => Some(Action::ConfirmChanges),
        Rule::CopyOld => Some(Action::CopyNow),
        // One that is plugged in can be copied to; any other one is for a person to fetch.
        Rule::DriveOld | Rule::DriveEmpty if reason.said.id.ends_with("-here") => Some(Action::CopyNow),
        Rule::DriveOld | Rule::DriveEmpty | Rule::KeyLost => Some(Action::ShowDrives),
        Rule::SheetUnchecked => Some(Action::PrintSheet),
        Rule::ClockWrong | Rule::DiskFillingUp => None,
    }
}

/// The verdict, for front ends.
pub(crate) fn state(state: HealthState) -> State {
    match state {
        HealthState::Good => State::Good,
        HealthState::Attention => State::Attention,
        HealthState::Problem => State::Problem,
        HealthState::Busy => State::Busy,
        HealthState::NotSetUp => State::NotSetUp,
    }
}

/// The word that stands for one of a few things in JSON.
pub(crate) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_core::health::{DriveFacts, HealthFacts, SheetFacts, health};

    #[test]
    fn each_reason_about_drives_and_the_sheet_has_its_button() {
        let now = "2026-03-03T08:30+01:00[Europe/Berlin]".parse().unwrap();
        let empty = |is_here| DriveFacts { name: "Blue drive".into(), is_here, ..DriveFacts::default() };
        for (drive, sheet, wanted) in [
            (Some(empty(false)), SheetFacts::NotNeeded, ("drive-empty", Action::ShowDrives)),
            (Some(empty(true)), SheetFacts::NotNeeded, ("drive-empty", Action::CopyNow)),
            (None, SheetFacts::Unchecked, ("sheet-unchecked", Action::PrintSheet)),
            (None, SheetFacts::KeyLost, ("key-lost", Action::ShowDrives)),
        ] {
            let facts = HealthFacts { drives: drive.into_iter().collect(), sheet, ..HealthFacts::default() };
            let reasons: Vec<Reason> = health(&facts, &now).reasons.iter().map(reason).collect();
            let told = reasons.iter().find(|reason| reason.rule == wanted.0).expect("it is told");
            assert_eq!(told.action, Some(wanted.1), "{told:?}");
        }
    }
}
