//! The rules. Each is a function that adds its reasons; [`health`] takes the worst.

use jiff::{SignedDuration, Timestamp, Zoned};

use super::drives::drive_reasons;
use super::sentence::{age, day_and_time, is_paused, named, rfc3339, verdict_said, verdict_sentence, with_plans};
use super::*;
use crate::units::{ByteCount, Count, counted};

/// What an age is allowed beyond the schedule's interval: the time that the run itself takes.
const SLACK: SignedDuration = SignedDuration::from_hours(1);
/// A backup is never a problem by its age alone before two missed days.
const MIN_PROBLEM_AGE: SignedDuration = SignedDuration::from_hours(49);
/// How often someone is expected to run a manual plan.
const MANUAL_INTERVAL: SignedDuration = SignedDuration::from_hours(30 * 24);
/// From when on a source that cannot be found is a problem.
const UNKNOWN_PROBLEM_AGE: SignedDuration = SignedDuration::from_hours(49);
/// How long a backup may be without a copy in another place.
const COPY_AGE: SignedDuration = SignedDuration::from_hours(25);
/// From when on a backup should have been checked: a month of daily thirtieths, and some days more.
const CHECK_AGE: SignedDuration = SignedDuration::from_hours(35 * 24);
/// How far a backup may be ahead of the clock before the clock is called wrong.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_hours(1);
/// What is further ahead does not pass soon enough by itself.
const FAR_AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The free space that a disk must have whatever its size, but not more than a quarter of a small one.
const MIN_FREE_BYTES: u64 = 1_000_000_000;

/// The verdict at a moment, by these rules:
/// - **Nothing set up**: no plan with a source → not set up.
/// - **Never backed up**: a source without a backup → attention; problem once its plan has been known for
///   longer than the problem age of *overdue*.
/// - **Incomplete**: archives that the newest backup of a plan needs are missing → problem.
/// - **Nothing in it**: a source that never had a file → attention.
/// - **Overdue**: the newest backup of a source is older than the schedule's longest pause nearby
///   ([`Schedule::interval`]) and an hour → attention; than twice the pause and an hour, and never before 49 h →
///   problem. So a daily plan gets 25 h and 49 h, a weekly one 169 h and 337 h, an hourly one 2 h and 49 h, for a
///   notebook that slept over night is no problem. A manual plan is expected every 30 days.
/// - **Paused** by the settings, a plan or a source: it is expected as rarely as a manual one, and its age is never more
///   than attention. A paused source that cannot be found is no reason. The sentence says what is paused.
/// - **All paused** by the settings, so that nothing is left that is backed up → attention.
/// - **Run failed**: the last run of a plan made no backup → problem at once. A stopped run says nothing.
/// - **Unread**: files that the last run could not read → attention, named.
/// - **Unknown**: a source that the last run could not find → attention, after 49 h problem.
/// - **Unusual size**: far from the usual total or far more new than usual → attention.
/// - **Many changed**: many files changed or vanished at once, and nobody has said that this is right → attention.
/// - **Disk**: less free than 1 GB (a quarter of a disk below 4 GB), than 5 %, or than twice the largest of the last ten backups → attention.
/// - **Damage**, or a check that could not be done → problem.
/// - **Unchecked**: something stored was neither written nor checked in the last 35 days → attention.
/// - **Copies**: a place that a backup has been missing from for more than 25 h → attention.
/// - **Drives** take turns, so the newest copy on *any* of them counts: older than 7 days, while each of them lacks a
///   backup → attention, never more, however long it lasts: to wait for a drive is no error. What has not changed since
///   it was copied is not old. The reason names the drive to plug in next ([`next_drive`]), or the one that is there.
/// - **Empty drive**: one that has had no copy since the family chose it, 24 h ago or longer → attention, for each: a
///   good drive says nothing of another one.
/// - Both are silent while such a drive is plugged in and a job runs. A snooze changes the words, not the colour.
/// - **Recovery sheet**: copies are locked, and its check code was not typed back → attention; so is a lost key.
/// - **Clock**: a backup more than an hour in the future → attention, since ages mean nothing then.
///
/// The worst wins. A running job is shown as busy unless there is a problem.
pub fn health(facts: &HealthFacts, now: &Zoned) -> HealthReport {
    let mut reasons = Vec::new();
    // Before all else that is attention: new backups would mend most of that, and there are none.
    reasons.extend(all_paused(facts));
    for plan in &facts.plans {
        plan_reasons(plan, facts, now, &mut reasons);
    }
    stored_reasons(facts, now, &mut reasons);
    reasons.extend(drive_reasons(facts, reasons.is_empty(), now));
    let is_set_up = facts.plans.iter().any(|plan| !plan.sources.is_empty());
    if !is_set_up {
        reasons.push(Reason {
            rule: Rule::NothingProtected,
            plan: None,
            source: None,
            place: None,
            message: "Nothing is protected yet.".into(),
            advice: "Choose what Keepsake should protect.".into(),
            said: Said::new("health-nothing-protected"),
            detail: None,
            state: HealthState::NotSetUp,
        });
    }
    reasons.sort_by_key(|reason| match reason.state {
        HealthState::Problem => 0,
        HealthState::NotSetUp => 1,
        _ => 2,
    });

    let worst = reasons.iter().fold(HealthState::Good, |state, reason| state.or_worse(reason.state));
    let state = match worst {
        HealthState::Problem => HealthState::Problem,
        _ if facts.busy.is_some() => HealthState::Busy,
        _ if !is_set_up => HealthState::NotSetUp,
        worst => worst,
    };
    let sentence = verdict_sentence(state, &reasons, facts, now);
    let plans = facts.plans.iter().map(|plan| plan_health(plan, &reasons, now)).collect();
    let said = verdict_said(state, &reasons, facts);
    HealthReport { state, sentence, said, reasons, plans }
}

/// A reason when somebody has paused all there is. What is paused among other things is told in passing; here nothing is
/// protected from now on, and that must not look like safety.
fn all_paused(facts: &HealthFacts) -> Option<Reason> {
    let mut sources = with_plans(facts).peekable();
    sources.peek()?;
    sources.all(|one| is_paused(&one)).then(|| Reason {
        rule: Rule::AllPaused,
        plan: None,
        source: None,
        place: None,
        message: "Everything is paused: nothing is being backed up.".into(),
        advice: "The backups that are there stay. Let what you need go on in the settings.".into(),
        said: Said::new("health-all-paused"),
        detail: None,
        state: HealthState::Attention,
    })
}

fn plan_health(plan: &PlanFacts, reasons: &[Reason], now: &Zoned) -> PlanHealth {
    let of_plan = || reasons.iter().filter(|reason| reason.plan.as_ref() == Some(&plan.name));
    let sources = plan.sources.iter().map(|source| SourceHealth {
        name: source.name.clone(),
        state: of_plan()
            .filter(|reason| reason.source.as_ref().is_none_or(|name| *name == source.name))
            .fold(HealthState::Good, |state, reason| state.or_worse(reason.state)),
        newest_backup: source.newest_backup.map(|moment| rfc3339(moment, now)),
    });
    PlanHealth {
        plan: plan.name.clone(),
        state: of_plan().fold(HealthState::Good, |state, reason| state.or_worse(reason.state)),
        next_due: plan.schedule.next_due(now).filter(|_| !plan.is_paused).map(|due| rfc3339(due.timestamp(), now)),
        sources: sources.collect(),
    }
}

fn since(moment: Timestamp, now: &Zoned) -> SignedDuration {
    now.timestamp().duration_since(moment)
}

/// The ages from which the backups of one of a plan's sources are attention and problem.
fn allowed_ages(plan: &PlanFacts, source: &SourceFacts, now: &Zoned) -> (SignedDuration, SignedDuration) {
    if plan.is_paused || source.is_paused {
        // Somebody wanted it so: there is nothing to alarm about, and still it must not look safe for ever.
        return (MANUAL_INTERVAL.saturating_add(SLACK), SignedDuration::MAX);
    }
    let interval = plan.schedule.interval(now).unwrap_or(MANUAL_INTERVAL);
    let attention = interval.saturating_add(SLACK);
    (attention, interval.saturating_add(attention).max(MIN_PROBLEM_AGE))
}

fn plan_reasons(plan: &PlanFacts, facts: &HealthFacts, now: &Zoned, reasons: &mut Vec<Reason>) {
    let before = reasons.len();
    let reason = |rule, source: Option<&SourceFacts>, state, said: Said, message, advice: &str| Reason {
        rule,
        plan: Some(plan.name.clone()),
        source: source.map(|source| source.name.clone()),
        place: None,
        message,
        advice: advice.into(),
        said,
        detail: None,
        state,
    };
    if let Some(RunFacts { time, outcome: RunOutcome::Failed { error, advice } }) = &plan.last_run {
        let when = day_and_time(*time, now);
        let mut message = format!("The backup of {} failed ({when}): {error}.", plan.name);
        let are_earlier_fine =
            facts.damage.is_empty() && plan.sources.iter().any(|source| source.newest_backup.is_some());
        if are_earlier_fine {
            message.push_str(" Your earlier backups are fine.");
        }
        // The words that `crate::error::plain` has for it.
        let id = match (error.contains("the disk is full"), are_earlier_fine) {
            (true, true) => "health-run-failed-disk-full-kept",
            (true, false) => "health-run-failed-disk-full",
            (false, true) => "health-run-failed-kept",
            (false, false) => "health-run-failed",
        };
        let said = Said::new(id).text("plan", &plan.name).moment("moment", *time);
        let detail = Some(advice.as_ref().map_or_else(|| format!("{error}."), |advice| format!("{error}. {advice}")));
        let advice = advice.as_deref().unwrap_or("Try it again. If it fails again, the message says what to look at.");
        let failed = reason(Rule::RunFailed, None, HealthState::Problem, said, message, advice);
        reasons.push(Reason { detail, ..failed });
    }
    if let Some(missing) = plan.missing_archives {
        let lacks = if missing == 0 { "some".into() } else { Count(missing).to_string() };
        let message = format!("The newest backup of {} lacks {lacks} of its parts.", plan.name);
        let advice = "Back up now. Then look for the missing files, and put them back into the backup folder.";
        let said = match missing {
            0 => Said::new("health-incomplete-some").text("plan", &plan.name),
            _ => Said::new("health-incomplete").text("plan", &plan.name).count("count", missing),
        };
        reasons.push(reason(Rule::Incomplete, None, HealthState::Problem, said, message, advice));
    }
    if let Some(change) = &plan.mass_change {
        let MassChangeFacts { time, gone_files, files } = change;
        let message = format!(
            "{} of {} files in {} changed or vanished at once ({}). Until someone says that this is right, all old backups are kept.",
            Count(*gone_files),
            Count(*files),
            plan.name,
            day_and_time(*time, now)
        );
        let advice = "Look whether your files are as they should be. If something has spoilt them, bring back an older backup. \
                      If the changes were yours, say so.";
        let said = Said::new("health-many-changed").text("plan", &plan.name).moment("moment", *time);
        let said = said.count("gone", *gone_files).count("files", *files);
        reasons.push(reason(Rule::ManyChanged, None, HealthState::Attention, said, message, advice));
    }
    for source in &plan.sources {
        let name = &source.name;
        if source.never_had_files && source.unread_count == 0 && source.unknown_since.is_none() {
            let message = format!("{name} has nothing in it yet.");
            let advice = "Is it the right folder, is its disk connected?";
            let said = Said::new("health-nothing-in-it").text("name", name);
            reasons.push(reason(Rule::NothingInIt, Some(source), HealthState::Attention, said, message, advice));
        }
        if let Some(unknown_since) = source.unknown_since.filter(|_| !source.is_paused) {
            let is_old = since(unknown_since, now) > UNKNOWN_PROBLEM_AGE;
            let state = if is_old { HealthState::Problem } else { HealthState::Attention };
            let (id, kept) = match source.newest_backup {
                Some(_) => ("health-source-unknown-kept", " Its earlier backups are kept."),
                None => ("health-source-unknown", ""),
            };
            let said = Said::new(id).text("name", name).moment("since", unknown_since);
            let message = format!("{name} could not be found since {}.{kept}", day_and_time(unknown_since, now));
            let advice = "If it is on another disk, plug that in. If it moved, change its place in the settings.";
            reasons.push(reason(Rule::SourceUnknown, Some(source), state, said, message, advice));
        }
        if source.unread_count > 0 || !source.unread.is_empty() {
            let count = source.unread_count.max(source.unread.len() as u64);
            let verb = "could not be read";
            let message =
                format!("{} in {name} {verb}: {}.", counted(count, "file", "files"), named(&source.unread, count));
            let advice = "See whether you can open them yourself. Leave out what you do not need.";
            let said = Said::new("health-unread").text("name", name).count("count", count);
            let said = said.names(&source.unread, count, "health-unread-unnamed", "health-unread-more");
            reasons.push(reason(Rule::Unread, Some(source), HealthState::Attention, said, message, advice));
        }
        if let Some((said, message)) = sizes::unusual(source) {
            let advice = "If you did not do this yourself, look at it before older backups are tidied up.";
            reasons.push(reason(Rule::UnusualSize, Some(source), HealthState::Attention, said, message, advice));
        }
        if let Some(ahead) = source.newest_backup.map(|newest| -since(newest, now)).filter(|ahead| *ahead > CLOCK_SLACK)
        {
            let message = format!("The newest backup of {name} is from the future: the clock is or was wrong.");
            // Backups are in the order of their times, so those that follow are from the future, too.
            let (id, advice) = match ahead > FAR_AHEAD {
                true => (
                    "health-clock-wrong-far",
                    "Check the date and time of this computer. If they are right now, give the plan another name in the \
                     settings: it then begins anew, and its backups until now stay.",
                ),
                false => (
                    "health-clock-wrong",
                    "Check the date and time of this computer. If they are right now, this passes by itself.",
                ),
            };
            let said = Said::new(id).text("name", name);
            reasons.push(reason(Rule::ClockWrong, Some(source), HealthState::Attention, said, message, advice));
        }
    }
    reasons.extend(age_reasons(plan, now));
    if let Some(RunFacts { time, outcome: RunOutcome::WithProblems }) = &plan.last_run
        && reasons[before..].iter().all(|reason| !matches!(reason.rule, Rule::Unread | Rule::SourceUnknown))
    {
        let message = format!("The backup of {} had problems ({}).", plan.name, day_and_time(*time, now));
        let advice = "Back up again. What is still wrong is then named.";
        let said = Said::new("health-run-with-problems").text("plan", &plan.name).moment("moment", *time);
        reasons.push(reason(Rule::RunWithProblems, None, HealthState::Attention, said, message, advice));
    }
}

/// Never backed up and overdue: one reason for the whole plan when all its sources fare alike. A source that
/// is unknown has its own rule.
fn age_reasons(plan: &PlanFacts, now: &Zoned) -> Vec<Reason> {
    let verdict_of = |source: &SourceFacts| {
        let is_told = source.only_incomplete && plan.missing_archives.is_some();
        if (source.unknown_since.is_some() && !source.is_paused) || is_told {
            return None;
        }
        let (attention_age, problem_age) = allowed_ages(plan, source, now);
        let (rule, waited) = match source.newest_backup {
            Some(newest) => (Rule::Overdue, since(newest, now)),
            None => (Rule::NeverBackedUp, plan.known_since.map_or(SignedDuration::ZERO, |moment| since(moment, now))),
        };
        let state = if waited > problem_age {
            HealthState::Problem
        } else if waited > attention_age || rule == Rule::NeverBackedUp {
            HealthState::Attention
        } else {
            return None;
        };
        Some((rule, state, source.newest_backup, plan.is_paused || source.is_paused))
    };
    let verdicts: Vec<_> = plan.sources.iter().map(|source| (source, verdict_of(source))).collect();
    let all_alike = verdicts.len() > 1 && verdicts.windows(2).all(|pair| pair[0].1 == pair[1].1);
    let shown = if all_alike { &verdicts[..1] } else { &verdicts[..] };
    let advice = if plan.schedule.is_manual() {
        "Back up now."
    } else {
        "Back up now. If this comes again, the computer may be off or asleep at the planned times."
    };
    shown
        .iter()
        .filter_map(|(source, verdict)| {
            let (rule, state, newest, is_paused) = (*verdict)?;
            let name = if all_alike { &plan.name } else { &source.name };
            let is_manual = plan.schedule.is_manual();
            let (said, message) = match newest {
                Some(newest) => {
                    let old = since(newest, now);
                    let (id, message) = match (is_paused, is_manual) {
                        (true, _) => (
                            "health-overdue-paused",
                            format!("{name} is paused, and its newest backup is {} old.", age(old)),
                        ),
                        (_, true) => {
                            ("health-overdue-by-hand", format!("The newest backup of {name} is {} old.", age(old)))
                        }
                        _ => ("health-overdue", format!("The newest backup of {name} is {} old.", age(old))),
                    };
                    (Said::new(id).text("name", name).age("age", old), message)
                }
                None => {
                    let (id, message) = match (is_paused, is_manual) {
                        (true, _) => (
                            "health-never-backed-up-paused",
                            format!("{name} is paused, and there is no backup of it yet."),
                        ),
                        (_, true) => ("health-never-backed-up-by-hand", format!("There is no backup of {name} yet.")),
                        _ => ("health-never-backed-up", format!("There is no backup of {name} yet.")),
                    };
                    (Said::new(id).text("name", name), message)
                }
            };
            let advice = if is_paused { "Let it go on in the settings, and back up now." } else { advice };
            let source = (!all_alike).then(|| source.name.clone());
            let plan = Some(plan.name.clone());
            Some(Reason { rule, plan, source, place: None, message, advice: advice.into(), said, detail: None, state })
        })
        .collect()
}

/// Disk, damage, checks and copies: what is about all plans.
fn stored_reasons(facts: &HealthFacts, now: &Zoned, reasons: &mut Vec<Reason>) {
    let reason = |rule, state, said: Said, message: String, advice: &str| Reason {
        rule,
        plan: None,
        source: None,
        place: None,
        message,
        advice: advice.into(),
        said,
        detail: None,
        state,
    };
    if !facts.damage.is_empty() {
        let mut names: Vec<String> =
            facts.damage.iter().map(|damage| damage.path.clone().unwrap_or_else(|| damage.archive.clone())).collect();
        names.sort();
        names.dedup();
        let count = names.len() as u64;
        let things = if count == 1 { "1 thing is".into() } else { counted(count, "", "things are") };
        let message = format!("{things} damaged in your backups: {}.", named(&names, count));
        // A place that has a copy of each.
        let has_all = |place: &&String| facts.damage.iter().all(|damage| damage.copies_at.contains(place));
        let (said, advice) = match facts.damage[0].copies_at.iter().find(has_all) {
            Some(place) => {
                let said = Said::new("health-damaged-copied").text("place", place).count("count", count);
                let advice = format!(
                    "{place} should have good copies: see that it is connected, and copy; what is damaged is mended from \
                     there. Then check the disk with your backups."
                );
                (said.names(&names, count, "health-damaged-copied", "health-damaged-copied-more"), advice)
            }
            None => {
                let said = Said::new("health-damaged").count("count", count);
                let advice = "Back up now: what is still on this computer is stored anew. Then check the disk with your backups.";
                (said.names(&names, count, "health-damaged", "health-damaged-more"), advice.to_owned())
            }
        };
        reasons.push(reason(Rule::Damaged, HealthState::Problem, said, message, &advice));
    }
    if let Some(why) = &facts.check_failed {
        let message = format!("Your backups could not be checked: {}.", why.trim_end_matches('.'));
        let advice = "See whether the disk with your backups is there and can be read, then check again.";
        let failed = reason(Rule::CheckFailed, HealthState::Problem, Said::new("health-check-failed"), message, advice);
        reasons.push(Reason { detail: Some(why.clone()), ..failed });
    }
    if let Some(moment) = facts.longest_unchecked
        && since(moment, now) > CHECK_AGE
    {
        let unchecked = since(moment, now);
        let message = format!("Some backups have not been checked for {}.", age(unchecked));
        let said = Said::new("health-unchecked").age("age", unchecked);
        let advice = "Let Keepsake check all backups.";
        reasons.push(reason(Rule::Unchecked, HealthState::Attention, said, message, advice));
    }
    if let Some(disk) = &facts.disk {
        let largest = disk.recent_stored_bytes.iter().copied().max().unwrap_or(0);
        let needed = MIN_FREE_BYTES.min(disk.total_bytes / 4).max(disk.total_bytes / 20).max(largest.saturating_mul(2));
        if disk.free_bytes < needed {
            let free = ByteCount(disk.free_bytes);
            let message =
                format!("The disk with your backups is filling up: {free} free of {}.", ByteCount(disk.total_bytes));
            let advice = "Make room on it, or keep backups for a shorter time.";
            let said =
                Said::new("health-disk-filling-up").bytes("free", disk.free_bytes).bytes("total", disk.total_bytes);
            reasons.push(reason(Rule::DiskFillingUp, HealthState::Attention, said, message, advice));
        }
    }
    for place in &facts.places {
        let (said, message) = match place.copied_at {
            None => (Said::new("health-copy-old-none"), format!("There is no copy at {} yet.", place.name)),
            Some(copied) if place.lacks_since.is_some_and(|backup| since(backup, now) > COPY_AGE) => {
                let old = since(copied, now);
                let message = format!("The copy at {} is {} old.", place.name, age(old));
                (Said::new("health-copy-old").age("age", old), message)
            }
            Some(_) => continue,
        };
        let advice = format!("See that {} can be reached, then copy again.", place.name);
        let said = said.text("place", &place.name);
        let about_it = reason(Rule::CopyOld, HealthState::Attention, said, message, &advice);
        reasons.push(Reason { place: Some(place.name.clone()), ..about_it });
    }
}
