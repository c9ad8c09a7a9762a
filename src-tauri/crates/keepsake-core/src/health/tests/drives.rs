//! Drives take turns, waiting for one is no error, and the recovery sheet is printed.

use proptest::prelude::*;

use super::said::{can_be_said, speaks_plainly};
use super::*;
use HealthState::{Attention, Busy, Good, Problem};

const DAY_HOURS: i64 = 24;

/// A drive whose newest copy is so old, and that lacks a backup since an hour.
pub(super) fn lacking(name: &str, copied_hours: i64) -> DriveFacts {
    DriveFacts {
        name: name.into(),
        copied_at: Some(hours_ago(copied_hours)),
        lacks_since: Some(hours_ago(1)),
        adopted_at: Some(hours_ago(9_000)),
        ..DriveFacts::default()
    }
}

/// One without any copy, so long after the family chose it.
pub(super) fn empty(name: &str, adopted_hours: i64) -> DriveFacts {
    DriveFacts { name: name.into(), adopted_at: Some(hours_ago(adopted_hours)), ..DriveFacts::default() }
}

/// One that has everything.
fn full(name: &str, copied_hours: i64) -> DriveFacts {
    DriveFacts { lacks_since: None, ..lacking(name, copied_hours) }
}

fn report(drives: &[DriveFacts]) -> HealthReport {
    health(&HealthFacts { drives: drives.to_vec(), ..safe() }, &now())
}

fn told(drives: &[DriveFacts]) -> (HealthState, String, String) {
    let report = report(drives);
    report.reasons.iter().for_each(|reason| can_be_said(&reason.said));
    let advice = report.reasons.first().map(|reason| reason.advice.clone());
    (report.state, report.sentence, advice.unwrap_or_default())
}

#[test]
fn one_drive_is_attention_after_seven_days_and_never_a_problem() {
    assert_eq!(told(&[lacking("Blue drive", 7 * DAY_HOURS)]).0, Good);
    let old = |hours| told(&[lacking("Blue drive", hours)]);
    let sentence = |days| format!("Safe here, but Blue drive is {days} days old.");
    assert_eq!(old(7 * DAY_HOURS + 1), (Attention, sentence(7), "Plug in Blue drive.".into()));
    assert_eq!(old(12 * DAY_HOURS), (Attention, sentence(12), "Plug in Blue drive.".into()));
    assert_eq!(old(900 * DAY_HOURS), (Attention, sentence(900), "Plug in Blue drive.".into()));
    let sized = DriveFacts { lacks_bytes: Some(2_100_000_000), ..lacking("Blue drive", 12 * DAY_HOURS) };
    assert_eq!(told(&[sized]).2, "Plug in Blue drive: 2.1 GB are to be copied.");
    // What has not changed since is not old.
    assert_eq!(told(&[full("Blue drive", 900 * DAY_HOURS)]).0, Good);
}

#[test]
fn of_several_the_newest_copy_counts_and_the_oldest_has_its_turn() {
    let old = [lacking("Blue drive", 9 * DAY_HOURS), lacking("Green drive", 30 * DAY_HOURS)];
    let wanted = "It's been 9 days since the last USB copy.";
    assert_eq!(told(&old), (Attention, wanted.into(), "Plug in Green drive.".into()));
    let reasons = report(&old).reasons;
    assert_eq!((reasons.len(), reasons[0].rule, reasons[0].place.as_deref()), (1, Rule::DriveOld, Some("Green drive")));
    assert_eq!(told(&[lacking("Blue drive", 24), lacking("Green drive", 30 * DAY_HOURS)]).0, Good);
    assert_eq!(told(&[full("Blue drive", 500), lacking("Green drive", 30 * DAY_HOURS)]).0, Good);

    let next = |drives: &[DriveFacts]| next_drive(drives).map(|drive| drive.name.clone());
    assert_eq!(next(&old).as_deref(), Some("Green drive"));
    assert_eq!(next(&[full("a", 500), lacking("b", 9)]).as_deref(), Some("b"), "not the one that has everything");
    assert_eq!(next(&[lacking("a", 500), empty("b", 1), empty("c", 1)]).as_deref(), Some("b"), "no copy is the oldest");
    assert_eq!(next(&[lacking("a", 5), lacking("b", 5)]).as_deref(), Some("a"), "the first of equals");
    assert_eq!((next(&[full("a", 1), full("b", 2)]), next(&[])), (None, None));
}

#[test]
fn a_drive_without_a_copy_is_told_a_day_after_it_was_chosen() {
    assert_eq!(told(&[empty("Blue drive", 24)]).0, Good);
    let wanted = ("There is no copy on Blue drive yet.".to_owned(), "Plug in Blue drive.".to_owned());
    assert_eq!(told(&[empty("Blue drive", 25)]), (Attention, wanted.0.clone(), wanted.1.clone()));
    let unknown = DriveFacts { adopted_at: None, ..empty("Blue drive", 0) };
    assert_eq!(told(&[unknown]).0, Attention, "nobody knows when: that must not look safe for ever");
    // A good one beside it does not hide it.
    assert_eq!(told(&[full("Green drive", 1), empty("Blue drive", 25)]), (Attention, wanted.0, wanted.1));
    let both = report(&[lacking("Green drive", 10 * DAY_HOURS), empty("Blue drive", 25)]).reasons;
    let rules: Vec<_> = both.iter().map(|reason| (reason.rule, reason.place.as_deref())).collect();
    assert_eq!(rules, [(Rule::DriveOld, Some("Blue drive")), (Rule::DriveEmpty, Some("Blue drive"))]);
}

#[test]
fn it_is_silent_while_a_drive_is_plugged_in_and_a_job_runs_and_no_longer() {
    let here = |drive| DriveFacts { is_here: true, ..drive };
    let drives = [lacking("Blue drive", 9 * DAY_HOURS), here(lacking("Green drive", 8 * DAY_HOURS))];
    let with = |drives: &[DriveFacts], busy: Option<&str>| {
        let facts = HealthFacts { drives: drives.to_vec(), busy: busy.map(Into::into), ..safe() };
        health(&facts, &now())
    };
    let busy = with(&drives, Some("Copying to Green drive"));
    assert_eq!((busy.state, busy.reasons.len()), (Busy, 0));
    // It could not be copied to: the one that is there is named, not the one whose turn it would be.
    let idle = with(&drives, None);
    let wanted = "It's been 8 days since the last USB copy, and Green drive is plugged in.";
    assert_eq!((idle.state, idle.sentence.as_str()), (Attention, wanted));
    assert_eq!(
        (idle.reasons[0].place.as_deref(), idle.reasons[0].said.id),
        (Some("Green drive"), "health-drive-old-here")
    );
    let empty = [here(empty("Blue drive", 30))];
    assert_eq!(with(&empty, Some("Copying to Blue drive")).reasons.len(), 0);
    assert_eq!(with(&empty, None).sentence, "There is no copy on Blue drive yet, and it is plugged in.");
    // A job says nothing of drives that are away.
    assert_eq!(with(&[lacking("Blue drive", 9 * DAY_HOURS)], Some("Backing up family")).reasons.len(), 1);
}

#[test]
fn a_snooze_changes_the_words_and_not_the_colour() {
    let snoozed = |hours: i64, drive: DriveFacts| DriveFacts { snoozed_until: Some(hours_ago(-hours)), ..drive };
    let old = || lacking("Blue drive", 9 * DAY_HOURS);
    let (state, sentence, advice) = told(&[snoozed(24, old())]);
    assert_eq!((state, sentence.as_str()), (Attention, "It's been 9 days since the last USB copy."));
    assert_eq!(advice, "Plug in Blue drive. You will be reminded from 4 March.");
    let ids = |drives: &[DriveFacts]| report(drives).reasons.iter().map(|one| one.said.id).collect::<Vec<_>>();
    assert_eq!(ids(&[snoozed(24, old())]), ["health-drive-old-snoozed"]);
    assert_eq!(ids(&[snoozed(24, empty("Blue drive", 30))]), ["health-drive-empty-snoozed"]);
    assert_eq!(ids(&[snoozed(30 * 24, old())]), ["health-drive-old-snoozed"]);
    // It is over, or a clock that was wrong has noted it.
    for over in [0, -24, 32 * 24, 100_000] {
        assert_eq!(ids(&[snoozed(over, old())]), ["health-drive-old-single"], "{over}");
    }
}

#[test]
fn what_is_not_safe_here_is_not_called_safe_here() {
    let mut facts = HealthFacts { drives: vec![lacking("Blue drive", 9 * DAY_HOURS)], ..safe() };
    failed(&mut facts);
    let report = health(&facts, &now());
    assert_eq!(report.state, Problem);
    assert!(report.reasons.iter().all(|reason| !reason.message.contains("Safe here")), "{report:?}");
    assert_eq!(report.reasons[1].message, "It's been 9 days since the last USB copy.");
}

#[test]
fn the_sheet_is_attention_until_its_code_was_typed_back() {
    for (sheet, rule) in [
        (SheetFacts::NotNeeded, None),
        (SheetFacts::Checked, None),
        (SheetFacts::Unchecked, Some(Rule::SheetUnchecked)),
        (SheetFacts::KeyLost, Some(Rule::KeyLost)),
        (SheetFacts::FamilyLost, Some(Rule::KeyLost)),
    ] {
        let report = health(&HealthFacts { sheet, ..safe() }, &now());
        assert_eq!(report.reasons.first().map(|reason| reason.rule), rule);
        assert_eq!(report.state, if rule.is_some() { Attention } else { Good });
        report.reasons.iter().for_each(|reason| can_be_said(&reason.said));
    }
}

pub(super) fn any_drive() -> impl Strategy<Value = DriveFacts> {
    let moment = || prop::option::of((-2_000i64..20_000).prop_map(hours_ago));
    let bytes = prop::option::of(any::<u64>());
    (moment(), moment(), bytes, moment(), any::<bool>(), moment()).prop_map(
        |(copied_at, lacks_since, lacks_bytes, adopted_at, is_here, snoozed_until)| {
            let name = "x".into();
            DriveFacts {
                name,
                copied_at,
                proven_at: None,
                lacks_since,
                lacks_bytes,
                adopted_at,
                is_here,
                snoozed_until,
            }
        },
    )
}

fn any_drives() -> impl Strategy<Value = Vec<DriveFacts>> {
    prop::collection::vec(any_drive(), 0..4).prop_map(|mut drives| {
        drives.iter_mut().zip(0..).for_each(|(drive, number)| drive.name = format!("drive {number}"));
        drives
    })
}

/// The rules that speak, with their places, but for those that `busy` silences.
fn spoken(drives: &[DriveFacts], now: &Zoned) -> Vec<(Rule, Option<String>)> {
    let report = health(&HealthFacts { drives: drives.to_vec(), ..HealthFacts::default() }, now);
    let of_drives = report.reasons.into_iter().filter(|one| matches!(one.rule, Rule::DriveOld | Rule::DriveEmpty));
    of_drives.map(|reason| (reason.rule, reason.place)).collect()
}

proptest! {
    /// Whatever is known of drives, it is never worse than attention, can be said, and names a drive that there is.
    #[test]
    fn waiting_for_a_drive_is_never_an_error(drives in any_drives(), busy in any::<bool>()) {
        let busy = busy.then(|| "Copying".to_owned());
        let report = health(&HealthFacts { drives: drives.clone(), busy, ..safe() }, &now());
        prop_assert!(report.state != Problem);
        for reason in &report.reasons {
            prop_assert_eq!(reason.state, Attention);
            prop_assert!(drives.iter().any(|drive| Some(&drive.name) == reason.place.as_ref()), "{:?}", reason);
            can_be_said(&reason.said);
            speaks_plainly(&reason.message);
            speaks_plainly(&reason.advice);
        }
    }

    /// What needs a drive needs it still when time goes by and nothing is done. (Only a snooze and a drive that is here say
    /// which words and which place.)
    #[test]
    fn what_is_old_grows_only_older(drives in any_drives(), hours in 0i64..5_000) {
        let later = now().checked_add(SignedDuration::from_hours(hours)).unwrap();
        let (before, after) = (spoken(&drives, &now()), spoken(&drives, &later));
        for reason in before {
            prop_assert!(after.contains(&reason), "{:?} in {:?}", reason, after);
        }
    }

    /// One drive that has everything is enough for the age of the newest copy, and hides no drive without a copy.
    #[test]
    fn a_drive_that_has_everything_is_enough(drives in any_drives(), hours in 0i64..5_000) {
        let before = spoken(&drives, &now());
        let all: Vec<_> = drives.into_iter().chain([full("good", hours)]).collect();
        let after = spoken(&all, &now());
        let empty: Vec<_> = before.into_iter().filter(|(rule, _)| *rule == Rule::DriveEmpty).collect();
        prop_assert_eq!(after, empty);
    }

    /// Good drives and a checked sheet change nothing of what else is wrong.
    #[test]
    fn a_good_drive_hides_nothing(hours in 0i64..5_000, which in 0usize..3) {
        let mut facts = safe();
        match which {
            0 => failed(&mut facts),
            1 => facts.check_failed = Some("it broke".into()),
            _ => facts.places[0].copied_at = None,
        }
        let before = health(&facts, &now());
        facts.drives = vec![full("Blue drive", hours)];
        facts.sheet = SheetFacts::Checked;
        let after = health(&facts, &now());
        prop_assert_eq!((after.state, after.reasons), (before.state, before.reasons));
    }
}
