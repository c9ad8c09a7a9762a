//! How a job ended, for whoever listens: from what the command answered.

use keepsake_api::{JobEnd, JobKind, JobOutcome, Problem, Said, SaidArg};
use serde_json::Value;

use crate::said::word;
use crate::work::{Ended, Task};

/// More problems are counted, not named: [`JobEnd::problems`].
const MOST_NAMED: usize = 1_000;

/// The end of a job. `answer` is what the command said with `--json`; null when it said nothing.
///
/// The sentence is `job-KIND-OUTCOME`, as `job-backup-with-problems`, or `job-restore-look-again`, with what is known of `about`, `files`, `bytes`,
/// `problems` and `place`.
pub(crate) fn job_end(job: u64, task: &Task, ended: &Ended, answer: &Value) -> JobEnd {
    let (outcome, detail) = match ended {
        Ended::Good(told) => (JobOutcome::Good, told),
        Ended::WithProblems(told) => (JobOutcome::WithProblems, told),
        Ended::Failed(told) => (JobOutcome::Failed, told),
        Ended::Stopped | Ended::Busy => (JobOutcome::Stopped, &String::new()),
    };
    let of = the_one(task, answer);
    let (problems, count) = problems(of);
    let (files, bytes) = amount(task.kind(), of);
    let about = task.about_name();
    let place = of["to"].as_str().map(String::from);
    let id = match answer["error"]["word"].as_str() {
        // Nothing was done, and whoever asked looks at it once more.
        Some("look-again") => "job-restore-look-again".into(),
        // Which copies were read again, and that new ones come by copying, is another sentence than of a check of all backups.
        _ if matches!(task, Task::ProveDrive(_)) => format!("job-check-drive-{}", word(outcome)),
        _ => format!("job-{}-{}", word(task.kind()), word(outcome)),
    };
    let mut said = Said::new(id)
        .count("files", files)
        .with("bytes", SaidArg::Bytes(bytes))
        .count("problems", count)
        .text("about", about.clone().unwrap_or_default());
    if let Some(place) = &place {
        said = said.text("place", place);
    }
    JobEnd {
        job,
        kind: task.kind(),
        about,
        outcome,
        said,
        detail: Some(detail.clone()).filter(|detail| !detail.is_empty()),
        problems,
        problem_count: count,
        backup: of["backup"].as_str().map(String::from),
        files,
        bytes,
        place,
        undo: match task {
            Task::Restore { .. } => of["undo"].as_str().map(String::from),
            _ => None,
        },
    }
}

/// The part of the answer that is about what was asked for.
fn the_one<'a>(task: &Task, answer: &'a Value) -> &'a Value {
    match task {
        Task::Backup(_) | Task::Confirm(_) => &answer["plans"][0],
        Task::Copy(_) => &answer["destinations"][0],
        _ => answer,
    }
}

fn amount(kind: JobKind, of: &Value) -> (u64, u64) {
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    match kind {
        JobKind::Backup => (number(&of["files"]), number(&of["new_bytes"])),
        JobKind::Restore | JobKind::Undo => (number(&of["restored"]["files"]), number(&of["restored"]["bytes"])),
        JobKind::Copy => {
            let all = of["destinations"].as_array().map_or(std::slice::from_ref(of), Vec::as_slice);
            let copied = all.iter().map(|one| one["copied"].as_array().map_or(0, Vec::len) as u64).sum();
            (copied, all.iter().map(|one| number(&one["copied_bytes"])).sum())
        }
        JobKind::Import => (number(&of["files"]), 0),
        JobKind::Check | JobKind::TidyUp => (0, number(&of["bytes"])),
        JobKind::AdoptDrive | JobKind::EjectDrive | JobKind::ForgetDrive => (0, 0),
    }
}

/// Those that are named, and how many there are.
fn problems(of: &Value) -> (Vec<Problem>, u64) {
    let list = |name: &str| of[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let inner = of["destinations"].as_array().into_iter().flatten();
    let of_places = inner.flat_map(|one| one["problems"].as_array().into_iter().flatten());
    let named = list("problems").iter().chain(of_places).map(problem);
    let damaged = list("damaged").iter().map(|row| Problem {
        kind: "damaged".into(),
        path: row["path"].as_str().or_else(|| row["archive"].as_str()).unwrap_or_default().into(),
        message: row["message"].as_str().unwrap_or_default().into(),
    });
    let mut all: Vec<Problem> = named.chain(damaged).collect();
    let told = ["problem_count", "damage_count"].iter().filter_map(|name| of[*name].as_u64()).sum::<u64>();
    let count = told.max(all.len() as u64);
    all.truncate(MOST_NAMED);
    (all, count)
}

/// Some commands name what went wrong with kind and path, some only in words.
fn problem(value: &Value) -> Problem {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_string();
    match value.as_str() {
        Some(message) => Problem { kind: "other".into(), path: String::new(), message: message.into() },
        None => Problem { kind: text("kind"), path: text("path"), message: text("message") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_names_what_the_command_said() {
        let answer: Value = serde_json::from_str(
            r#"{"plans": [{"backup": "family_20260303_020500", "files": 12, "new_bytes": 99, "problem_count": 2000,
                "problems": [{"kind": "unreadable", "path": "home/x", "message": "no permission"}]}]}"#,
        )
        .unwrap();
        let end = job_end(7, &Task::Backup("family".into()), &Ended::WithProblems("2".into()), &answer);
        assert_eq!((end.job, end.said.id.as_str()), (7, "job-backup-with-problems"));
        assert_eq!((end.files, end.bytes, end.problem_count, end.problems.len()), (12, 99, 2000, 1));
        assert_eq!((end.backup.as_deref(), end.problems[0].path.as_str()), (Some("family_20260303_020500"), "home/x"));
        assert_eq!(end.about.as_deref(), Some("family"));

        let answer =
            serde_json::json!({"to": "/r", "restored": {"files": 3, "bytes": 40}, "undo": "u1", "problems": []});
        let task = Task::Restore { backup: "b".into(), paths: vec![], to: None, from: None, seen: None };
        let end = job_end(8, &task, &Ended::Good(String::new()), &answer);
        assert_eq!((end.said.id.as_str(), end.undo.as_deref()), ("job-restore-good", Some("u1")));
        assert_eq!((end.files, end.bytes, end.place.as_deref()), (3, 40, Some("/r")));

        let answer = serde_json::json!({"error": {"message": "changed", "advice": "Look.", "word": "look-again"}});
        let end = job_end(8, &task, &Ended::Failed("changed. Look.".into()), &answer);
        assert_eq!((end.said.id.as_str(), end.outcome), ("job-restore-look-again", JobOutcome::Failed));

        let answer = serde_json::json!({"destinations": [{"copied": ["a"], "copied_bytes": 5, "problems": ["full"]},
            {"copied": ["b", "c"], "copied_bytes": 6, "problems": []}]});
        let end = job_end(9, &Task::Copies, &Ended::WithProblems(String::new()), &answer);
        assert_eq!((end.files, end.bytes, end.problems[0].message.as_str()), (3, 11, "full"));

        let end = job_end(1, &Task::Undo("x".into()), &Ended::Failed("it is gone".into()), &Value::Null);
        assert_eq!((end.said.id.as_str(), end.detail.as_deref()), ("job-undo-failed", Some("it is gone")));
    }
}
