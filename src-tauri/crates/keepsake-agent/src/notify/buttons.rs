//! What the buttons of notifications do.

use keepsake_api::{Action, JobEnd, JobOutcome, Reason, Request};

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
        _ => None,
    }));
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
