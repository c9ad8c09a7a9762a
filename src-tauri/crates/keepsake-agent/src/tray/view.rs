//! What the tray shows, made from what is known of the agent. Pure.

use jiff::Zoned;
use keepsake_api::{JobKind, JobPhase, JobProgress, Said, State, Status, Waits};

use super::drives::{self, DriveEntry};
use super::picture::Picture;
use crate::desktop::Agent;
use crate::sentences::Sentences;

/// What the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    /// The state.
    pub(super) picture: Picture,
    /// The state in a sentence.
    pub(super) sentence: String,
    /// More of it, in lines.
    pub(super) text: String,
    /// True when the agent answers.
    pub(super) is_there: bool,
    /// True when a job runs.
    pub(super) is_busy: bool,
    /// True when a backup can be asked for.
    pub(super) can_back_up: bool,
    /// True when somebody has paused it.
    pub(super) is_paused: bool,
    /// What can be done with drives that are plugged in.
    pub(super) drives: Vec<DriveEntry>,
}

pub(super) fn view(agent: &Agent, sentences: &Sentences, now: &Zoned) -> View {
    match agent {
        Agent::There(status) => of_status(status, sentences, now),
        Agent::Sought => without_agent(Picture::NotSetUp, &Said::new("tray-starting"), sentences, now),
        // Nobody knows how things stand: that is never shown as good.
        Agent::Gone => without_agent(Picture::Attention, &Said::new("tray-not-running"), sentences, now),
    }
}

fn without_agent(picture: Picture, said: &Said, sentences: &Sentences, now: &Zoned) -> View {
    View {
        picture,
        sentence: sentences.say(said, now),
        text: sentences.advice(said, now).unwrap_or_default(),
        is_there: false,
        is_busy: false,
        can_back_up: false,
        is_paused: false,
        drives: Vec::new(),
    }
}

fn of_status(status: &Status, sentences: &Sentences, now: &Zoned) -> View {
    let picture = match status.state {
        State::Good => Picture::Good,
        State::Attention => Picture::Attention,
        State::Problem => Picture::Problem,
        State::NotSetUp => Picture::NotSetUp,
        State::Busy => Picture::Busy(status.job.as_ref().and_then(tenths).unwrap_or(0)),
    };
    let job = status.job.as_ref().map(|job| line_of(job, sentences));
    let mut lines = Vec::new();
    let sentence = match (&job, status.state) {
        (Some(job), State::Busy) => job.clone(),
        (job, _) => {
            lines.extend(job.clone());
            sentences.say(&status.sentence, now)
        }
    };
    lines.extend(drives::lines(status, sentences, now));
    let worst = status.reasons.first();
    lines.extend(worst.and_then(|reason| sentences.advice(&reason.said, now)));
    if let more @ 1.. = status.reasons.len().saturating_sub(1) {
        lines.push(sentences.say(&Said::new("verdict-more").count("count", more as u64), now));
    }
    let moment = |id, name, secs| sentences.with(id, &[(name, sentences.moment(secs, now))]);
    if status.reasons.is_empty() {
        lines.extend(status.newest_backup.map(|secs| moment("tray-newest", "moment", secs)));
    }
    lines.extend(status.paused_until.map(|secs| moment("tray-paused", "until", secs)));
    lines.extend(status.waits.map(|waits| {
        sentences.text(match waits {
            Waits::Battery => "tray-waits-battery",
            Waits::Metered => "tray-waits-metered",
            Waits::OtherRun => "tray-waits-other-run",
        })
    }));
    View {
        picture,
        sentence,
        text: lines.join("\n"),
        is_there: true,
        is_busy: status.job.is_some(),
        can_back_up: status.state != State::NotSetUp,
        is_paused: status.paused_until.is_some(),
        drives: drives::entries(status, sentences, now),
    }
}

/// How far a job is, by bytes, else by files; None when nobody knows.
fn part(job: &JobProgress) -> Option<f64> {
    let of = |done: u64, total: Option<u64>| {
        let total = total.filter(|total| *total > 0)?;
        Some((done as f64 / total as f64).min(1.0))
    };
    of(job.bytes, job.total_bytes).or_else(|| of(job.files, job.total_files))
}

fn tenths(job: &JobProgress) -> Option<u8> {
    part(job).map(|part| (part * 10.0) as u8)
}

/// What a job does, in a sentence with how long it will still take.
fn line_of(job: &JobProgress, sentences: &Sentences) -> String {
    let kind = match job.kind {
        JobKind::Backup => "backup",
        JobKind::Copy => "copy",
        JobKind::Check => "check",
        JobKind::Restore => "restore",
        JobKind::Undo => "undo",
        JobKind::TidyUp => "tidy-up",
        JobKind::Import => "import",
        JobKind::AdoptDrive => "adopt-drive",
        JobKind::EjectDrive => "eject-drive",
        JobKind::ForgetDrive => "forget-drive",
    };
    let doing = match &job.about {
        _ if job.phase == JobPhase::Stopping => sentences.text("job-stopping"),
        Some(about) => sentences.with(&format!("job-doing-{kind}"), &[("about", about.clone())]),
        None => sentences.text(&format!("job-doing-{kind}-all")),
    };
    match (job.left_secs, part(job)) {
        _ if job.phase == JobPhase::Stopping => sentences.with("job-line", &[("job", doing)]),
        (Some(left), _) => sentences.with("job-line-left", &[("job", doing), ("left", sentences.range(left))]),
        (None, Some(part)) => {
            let percent = ((part * 100.0) as u8).to_string();
            sentences.with("job-line-part", &[("job", doing), ("percent", percent)])
        }
        (None, None) => sentences.with("job-line", &[("job", doing)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_api::{Reason, SaidArg};

    fn now() -> Zoned {
        "2026-03-03T08:30+01:00[Europe/Berlin]".parse().expect("a moment")
    }

    fn status(state: State) -> Status {
        Status {
            state,
            sentence: Said::new("verdict-good"),
            reasons: Vec::new(),
            plans: Vec::new(),
            job: None,
            paused_until: None,
            drives: Vec::new(),
            waits: None,
            newest_backup: Some(now().timestamp().as_second() - 6 * 3600),
            may_change: true,
            version: String::new(),
        }
    }

    fn job() -> JobProgress {
        JobProgress {
            job: 1,
            kind: JobKind::Copy,
            about: Some("Blue drive".into()),
            phase: JobPhase::Copying,
            files: 1,
            total_files: Some(9),
            bytes: 34,
            total_bytes: Some(100),
            bytes_per_sec: None,
            left_secs: Some((110, 120)),
            problems: 0,
        }
    }

    fn shown(status: Status) -> View {
        view(&Agent::There(Box::new(status)), &Sentences::of("en"), &now())
    }

    #[test]
    fn all_well_is_said_with_the_newest_backup() {
        let view = shown(status(State::Good));
        assert_eq!(view.picture, Picture::Good);
        assert_eq!(
            (view.sentence.as_str(), view.text.as_str()),
            ("Everything is safe.", "Newest backup: today 02:30.")
        );
        assert!(view.can_back_up && !view.is_busy && !view.is_paused && view.is_there);
        assert!(!shown(status(State::NotSetUp)).can_back_up);
    }

    #[test]
    fn a_job_is_told_with_the_time_left_and_hides_no_problem() {
        let mut busy = status(State::Busy);
        busy.job = Some(job());
        let view = shown(busy.clone());
        assert_eq!(view.picture, Picture::Busy(3));
        assert_eq!(view.sentence, "Copying to Blue drive, about 1–2 minutes left.");
        assert!(view.is_busy);
        busy.job.as_mut().unwrap().left_secs = None;
        assert_eq!(shown(busy.clone()).sentence, "Copying to Blue drive, 34 % done.");
        busy.job.as_mut().unwrap().phase = JobPhase::Stopping;
        assert_eq!(shown(busy.clone()).sentence, "Stopping.");
        busy.state = State::Problem;
        busy.sentence = Said::new("health-check-failed");
        let view = shown(busy);
        assert_eq!((view.picture, view.sentence.as_str()), (Picture::Problem, "Your backups could not be checked."));
        assert!(view.text.starts_with("Stopping."), "{}", view.text);
    }

    #[test]
    fn the_worst_speaks_with_its_advice_and_the_others_are_counted() {
        let reason = |id: &str| Reason {
            rule: "copy-old".into(),
            plan: None,
            source: None,
            place: Some("NAS".into()),
            said: Said::new(id).text("place", "NAS").with("age", SaidArg::AgeSecs(1_036_800)),
            detail: None,
            state: State::Attention,
            action: None,
        };
        let mut some = status(State::Attention);
        some.reasons = vec![reason("health-copy-old"), reason("health-copy-old-none")];
        some.sentence = some.reasons[0].said.clone();
        some.paused_until = Some(now().timestamp().as_second() + 3600);
        let view = shown(some);
        assert_eq!(view.picture, Picture::Attention);
        assert_eq!(view.sentence, "The copy at NAS is 12 days old.");
        assert_eq!(
            view.text,
            "See that NAS is plugged in or can be reached, then copy again.\nOne more thing needs a look.\nPaused until today 09:30."
        );
        assert!(view.is_paused);
    }

    #[test]
    fn without_an_agent_nothing_is_called_good() {
        for (agent, sentence) in [(Agent::Sought, "Keepsake is starting."), (Agent::Gone, "Keepsake is not running.")] {
            let view = view(&agent, &Sentences::of("en"), &now());
            assert_eq!(view.sentence, sentence);
            assert!(view.picture != Picture::Good && !view.can_back_up && !view.is_there);
        }
    }
}
