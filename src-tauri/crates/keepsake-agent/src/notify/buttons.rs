//! What the buttons of notifications do.

use keepsake_api::{Action, JobEnd, JobOutcome, PluggedIn, PluggedState, Reason, Request};

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Button {
    /// Opens the window, at a page if one is named.
    Details(Option<&'static str>),
    /// Opens a folder.
    OpenFolder(String),
    /// Asks the agent.
    Ask(Request),
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    /// How the notification server names it.
    pub(super) key: &'static str,
    /// The sentence on it.
    pub(super) label: &'static str,
    /// What it does.
    pub(super) button: Button,
}

/// "Show details".
pub(super) fn details(page: Option<&'static str>) -> Offer {
    Offer { key: "details", label: "notify-details", button: Button::Details(page) }
}

/// What can be done about a reason; the last one only shows more of it.
pub(super) fn of_reason(reason: &Reason, may_change: bool) -> Vec<Offer> {
    let ask = |key, label, request| Offer { key, label, button: Button::Ask(request) };
    let plan = reason.plan.clone();
    let mut offers = Vec::new();
    match (reason.rule.as_str(), reason.action) {
        ("run-failed", _) => offers.push(ask("try-again", "notify-try-again", Request::BackUpNow { plan })),
        ("many-changed", _) => {
            if let Some(plan) = plan.filter(|_| may_change) {
                offers.push(ask("changes-mine", "notify-changes-mine", Request::ConfirmChanges { plan }));
            }
            let (key, label) = ("look-closer", "notify-look-closer");
            offers.push(Offer { key, label, button: Button::Details(Some("history")) });
            return offers;
        }
        (_, Some(Action::BackUpNow)) => {
            offers.push(ask("back-up-now", "notify-back-up-now", Request::BackUpNow { plan }));
        }
        (_, Some(Action::CopyNow)) => {
            let place = reason.place.clone();
            offers.push(ask("copy-now", "notify-copy-now", Request::CopyNow { place }));
        }
        (_, Some(Action::CheckNow)) => offers.push(ask("check-now", "notify-check-now", Request::CheckNow {})),
        _ => {}
    }
    offers.push(details(match reason.action {
        Some(Action::OpenSettings) => Some("settings"),
        Some(Action::ShowProblems) => Some("history"),
        Some(Action::ShowDrives | Action::PrintSheet) => Some("drives"),
        _ => None,
    }));
    offers
}

/// What can be done about a volume that is plugged in. Of a stranger the first opens the window, where it is adopted.
pub(super) fn of_drive(of: &PluggedIn, may_change: bool) -> Vec<Offer> {
    let ask = |key, label, request| Offer { key, label, button: Button::Ask(request) };
    let open = |key, label| Offer { key, label, button: Button::Details(Some("drives")) };
    let volume = || of.volume.clone();
    let mut offers = Vec::new();
    match (of.state, &of.drive) {
        (PluggedState::Asks, _) => {
            offers.push(match of.backups {
                0 => open("use-it", "notify-use-it"),
                _ => open("look-at-them", "notify-look-at-them"),
            });
            let ignore = |forever| Request::IgnoreDrive { volume: volume(), forever };
            offers.push(ask("not-this-one", "notify-not-this-one", ignore(false)));
            offers.push(ask("never-ask", "notify-never-ask", ignore(true)));
            return offers;
        }
        (PluggedState::Held, _) if may_change => {
            offers.push(ask("remove", "notify-remove", Request::EjectDrive { volume: volume() }));
        }
        (PluggedState::Failed, Some(drive)) if of.said.id != super::drives::GONE_EARLY => {
            let place = Some(drive.clone());
            offers.push(ask("copy-now", "notify-copy-now", Request::CopyNow { place }));
        }
        _ => {}
    }
    offers.push(details(Some("drives")));
    offers
}

/// What can be done when it is time to plug in a drive.
pub(super) fn of_reminder(may_change: bool) -> Vec<Offer> {
    let snooze = |key, label, days| Offer { key, label, button: Button::Ask(Request::SnoozeDrives { days }) };
    let mut offers = Vec::new();
    if may_change {
        offers.push(snooze("tomorrow", "notify-remind-tomorrow", 1));
        offers.push(snooze("two-weeks", "notify-remind-two-weeks", 14));
    }
    offers.push(details(Some("drives")));
    offers
}

/// What can be done after a restore.
pub(super) fn of_restore(end: &JobEnd, may_change: bool) -> Vec<Offer> {
    let mut offers = Vec::new();
    if let Some(undo) = end.undo.clone().filter(|_| may_change) {
        offers.push(Offer { key: "undo", label: "notify-undo", button: Button::Ask(Request::Undo { undo }) });
    }
    match end.place.clone().filter(|place| place.starts_with('/') && end.outcome != JobOutcome::Failed) {
        Some(place) => {
            let (key, label) = ("open-folder", "notify-open-folder");
            offers.push(Offer { key, label, button: Button::OpenFolder(place) });
        }
        None => offers.push(details(Some("activity"))),
    }
    offers
}
