//! One task, as a process of its own.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use keepsake_core::schedule::SHARES;
use keepsake_core::units::{ByteCount, counted};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::Agent;

/// More of an answer is not read: it names a thousand problems at most.
const MOST_ANSWER_BYTES: u64 = 4 << 20;

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Task {
    /// The backup of a plan.
    Backup(String),
    /// Copies to a place.
    Copy(String),
    /// Reading a share of what is stored, from 1.
    Read(u32),
}

/// How a task ended, with what is to be said about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Everything as it should be.
    Good(String),
    /// Done, but not quite.
    WithProblems(String),
    /// Not done: why, and what to do.
    Failed(String),
    /// Someone stopped it.
    Stopped,
    /// Another run was faster with the lock.
    Busy,
}

/// A task under way.
pub(crate) struct Work {
    child: Child,
    answer: JoinHandle<Vec<u8>>,
}

impl Task {
    /// What it is about, for the log.
    pub fn about(&self) -> &str {
        match self {
            Self::Backup(name) | Self::Copy(name) => name,
            Self::Read(_) => "check",
        }
    }

    fn words(&self) -> Vec<String> {
        let words: Vec<&str> = match self {
            // What the copies take shall not hold up the other plans.
            Self::Backup(plan) => vec!["backup", "--no-copies", "--", plan],
            Self::Copy(place) => vec!["copy", "--", place],
            Self::Read(share) => {
                return ["verify", "--heal", "--part"]
                    .map(String::from)
                    .into_iter()
                    .chain([format!("{share}/{SHARES}")])
                    .collect();
            }
        };
        words.into_iter().map(String::from).collect()
    }
}

impl Work {
    /// Starts a task, in a process group of its own: what a terminal sends its foreground is the agent's to pass on.
    pub fn start(agent: &Agent, config: &Path, task: &Task) -> std::io::Result<Self> {
        let mut command = Command::new(&agent.program);
        command.arg0("keepsake").args(["--json", "--config"]).arg(config).args(task.words()).process_group(0);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take();
        let answer = std::thread::spawn(move || {
            let mut answer = Vec::new();
            if let Some(mut stdout) = stdout {
                let _ = stdout.by_ref().take(MOST_ANSWER_BYTES).read_to_end(&mut answer);
                let _ = std::io::copy(&mut stdout, &mut std::io::sink());
            }
            answer
        });
        Ok(Self { child, answer })
    }

    /// True once it has ended.
    pub fn has_ended(&mut self) -> bool {
        // When that cannot be asked nobody else waits for it, so there is nothing to know any more.
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to tidy up and end.
    pub fn ask_to_end(&self) {
        // It has not been waited for yet, so its number is still its own.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
    }

    /// Ends it at once. It is safe to kill it at any moment.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// Waits until it has ended, and answers how.
    pub fn end(mut self, task: &Task) -> Ended {
        let status = self.child.wait().ok();
        let answer = self.answer.join().unwrap_or_default();
        ended(task, status, &serde_json::from_slice(&answer).unwrap_or_default())
    }
}

/// What the exit code and the answer say.
fn ended(task: &Task, status: Option<ExitStatus>, answer: &Value) -> Ended {
    let code = status.and_then(|status| status.code());
    match code {
        Some(75) => return Ended::Busy,
        Some(130) => return Ended::Stopped,
        Some(0..=2) => {
            let told = match task {
                Task::Backup(_) => backup_ended(code, &answer["plans"][0]),
                Task::Copy(_) => copy_ended(answer),
                Task::Read(share) => read_ended(*share, answer),
            };
            if let Some(ended) = told {
                return ended;
            }
        }
        _ => {}
    }
    let error = &answer["error"];
    Ended::Failed(match (error["message"].as_str(), code) {
        (Some(message), _) => format!("{message}. {}", text(&error["advice"])),
        (None, Some(code)) => format!("it ended with {code} and did not say why"),
        (None, None) => "something killed it".into(),
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn texts(value: &Value) -> String {
    value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join("; ")
}

fn backup_ended(code: Option<i32>, plan: &Value) -> Option<Ended> {
    match (code, plan["error"].as_str()) {
        (_, Some(message)) => Some(Ended::Failed(format!("{message}. {}", text(&plan["advice"])))),
        (Some(0), None) => Some(Ended::Good(String::new())),
        (Some(1), None) => {
            let count = plan["problem_count"].as_u64().unwrap_or_default();
            let first = &plan["problems"][0];
            Some(Ended::WithProblems(format!(
                "{count}, the first is {}: {}",
                text(&first["path"]),
                text(&first["message"])
            )))
        }
        _ => None,
    }
}

fn copy_ended(answer: &Value) -> Option<Ended> {
    let report = &answer["destinations"][0];
    let whys = texts(&report["problems"]);
    let count = report["copied"].as_array().map_or(0, Vec::len) as u64;
    let copied = match count {
        0 => "nothing".into(),
        _ => format!("{} ({})", counted(count, "archive", "archives"), ByteCount(report["copied_bytes"].as_u64()?)),
    };
    Some(match report["outcome"].as_str()? {
        "good" => Ended::Good(copied),
        // The family was promised nothing of a place that is not there.
        "waiting" => Ended::Good(format!("{copied}; not there now: {whys}")),
        "busy" => Ended::Busy,
        "with-problems" => Ended::WithProblems(format!("{copied}; {whys}")),
        _ => Ended::Failed(whys),
    })
}

fn read_ended(share: u32, answer: &Value) -> Option<Ended> {
    let read = format!("share {share} of {SHARES} read ({})", ByteCount(answer["bytes"].as_u64()?));
    let not_checked = texts(&answer["not_checked"]);
    Some(match answer["outcome"].as_str()? {
        "damaged" => {
            let count = answer["damage_count"].as_u64().unwrap_or_default();
            let first = &answer["damaged"][0];
            let name = first["path"].as_str().unwrap_or_else(|| text(&first["archive"]));
            let healed = match answer["healed"].as_array().map_or(0, Vec::len) {
                0 => "`keepsake health` says what to do".into(),
                archives => {
                    format!("{} replaced by good copies", counted(archives as u64, "archive was", "archives were"))
                }
            };
            Ended::WithProblems(format!(
                "{read}: {}, the first is {name}: {}; {healed}",
                counted(count, "thing is damaged", "things are damaged"),
                text(&first["message"])
            ))
        }
        "not-checked" => Ended::Good(format!("{read}; not now: {not_checked}")),
        _ => Ended::Good(format!("{read}: all is whole")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn the_end_is_told_as_it_was() {
        let code = |code: i32| Some(ExitStatus::from_raw(code << 8));
        let failed = |text: &str| Ended::Failed(text.into());
        let problems =
            r#"{"plans": [{"problem_count": 3, "problems": [{"path": "home/x", "message": "no permission"}]}]}"#;
        let (backup, copy, read) = (Task::Backup("family".into()), Task::Copy("NAS".into()), Task::Read(3));
        let copied = |outcome: &str| {
            format!(
                r#"{{"destinations": [{{"outcome": "{outcome}", "copied": ["a"], "copied_bytes": 9000, "problems": ["it is full"]}}]}}"#
            )
        };
        let damaged = r#"{"bytes": 5000, "outcome": "damaged", "damage_count": 2, "healed": [{}],
            "damaged": [{"archive": "a.tar.gz", "path": null, "message": "other bytes"}]}"#;
        for (task, status, answer, expected) in [
            (&backup, code(0), "{\"plans\": []}", Ended::Good(String::new())),
            (&backup, code(1), problems, Ended::WithProblems("3, the first is home/x: no permission".into())),
            (&backup, code(75), "{}", Ended::Busy),
            (&backup, code(130), "{}", Ended::Stopped),
            (&backup, code(2), r#"{"plans": [{"error": "no room", "advice": "Make some."}]}"#, failed("no room. Make some.")),
            (&backup, code(78), r#"{"error": {"message": "wrong", "advice": "Correct it."}}"#, failed("wrong. Correct it.")),
            (&backup, code(101), "", failed("it ended with 101 and did not say why")),
            (&backup, Some(ExitStatus::from_raw(9)), "", failed("something killed it")),
            (&backup, None, "", failed("something killed it")),
            (&copy, code(0), &copied("good"), Ended::Good("1 archive (9 kB)".into())),
            (&copy, code(0), &copied("waiting"), Ended::Good("1 archive (9 kB); not there now: it is full".into())),
            (&copy, code(1), &copied("with-problems"), Ended::WithProblems("1 archive (9 kB); it is full".into())),
            (&copy, code(2), &copied("failed"), failed("it is full")),
            (&copy, code(2), r#"{"error": {"message": "no catalog", "advice": "Look."}}"#, failed("no catalog. Look.")),
            (&read, code(0), r#"{"bytes": 5000, "outcome": "good"}"#, Ended::Good("share 3 of 28 read (5 kB): all is whole".into())),
            (&read, code(2), r#"{"bytes": 5000, "outcome": "not-checked", "not_checked": ["/nas is away"]}"#,
                Ended::Good("share 3 of 28 read (5 kB); not now: /nas is away".into())),
            (&read, code(1), damaged, Ended::WithProblems(
                "share 3 of 28 read (5 kB): 2 things are damaged, the first is a.tar.gz: other bytes; 1 archive was \
                 replaced by good copies".into())),
        ] {
            assert_eq!(ended(task, status, &serde_json::from_str(answer).unwrap_or_default()), expected, "{answer}");
        }
    }
}
