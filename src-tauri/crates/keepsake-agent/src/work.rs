//! One backup, as a process of its own.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{Agent, Asked};

/// More of an answer is not read: it names a thousand problems at most.
const MOST_ANSWER_BYTES: u64 = 4 << 20;
/// The signal of the child's end cannot be lost; this is for the case that it is.
const LOOK_AFTER: Duration = Duration::from_secs(60);

/// How a backup ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Everything is in it.
    Good,
    /// Something could not be read: how much.
    WithProblems(String),
    /// No backup was made: why, and what to do.
    Failed(String),
    /// Someone stopped it.
    Stopped,
    /// Another run was faster with the lock.
    Busy,
}

/// A backup under way.
pub(crate) struct Work {
    child: Child,
    answer: JoinHandle<Vec<u8>>,
}

impl Work {
    /// Starts the backup of a plan.
    pub fn start(agent: &Agent, config: &Path, plan: &str) -> std::io::Result<Self> {
        let mut command = Command::new(&agent.program);
        command.arg0("keepsake").args(["backup", "--json", "--config"]).arg(config).arg("--").arg(plan);
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

    /// Waits until it has ended. When the agent is asked to end meanwhile, the backup is asked, too, and killed
    /// when it has not tidied up in time. True in the end when that was so.
    pub fn wait(mut self, asked: &Receiver<Asked>, tidy_up: Duration) -> (Ended, bool) {
        let mut kill_at: Option<Instant> = None;
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) => {}
                // Nobody else waits for it, so there is nothing to know any more.
                Err(_) => break None,
            }
            let left = kill_at.map_or(LOOK_AFTER, |moment| moment.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                // It is safe to kill a backup at any moment.
                let _ = self.child.kill();
                break self.child.wait().ok();
            }
            if asked.recv_timeout(left) == Ok(Asked::Stop) && kill_at.is_none() {
                // It has not been waited for yet, so its number is still its own.
                let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
                kill_at = Some(Instant::now() + tidy_up);
            }
        };
        let answer = self.answer.join().unwrap_or_default();
        (ended(status, &answer), kill_at.is_some())
    }
}

/// What the exit code and the answer say.
fn ended(status: Option<ExitStatus>, answer: &[u8]) -> Ended {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let plan = &answer["plans"][0];
    match status.and_then(|status| status.code()) {
        Some(0) => Ended::Good,
        Some(1) => {
            let count = plan["problem_count"].as_u64().unwrap_or_default();
            let first = plan["problems"][0]["path"].as_str().unwrap_or_default();
            let message = plan["problems"][0]["message"].as_str().unwrap_or_default();
            Ended::WithProblems(format!("{count}, the first is {first}: {message}"))
        }
        Some(75) => Ended::Busy,
        Some(130) => Ended::Stopped,
        code => {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
            let (message, advice) = match plan["error"].as_str() {
                Some(message) => (message.to_string(), text(&plan["advice"])),
                None => (text(&answer["error"]["message"]), text(&answer["error"]["advice"])),
            };
            Ended::Failed(match (message.is_empty(), code) {
                (false, _) => format!("{message}. {advice}"),
                (true, Some(code)) => format!("it ended with {code} and did not say why"),
                (true, None) => "something killed it".into(),
            })
        }
    }
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
        for (status, answer, expected) in [
            (code(0), "{}", Ended::Good),
            (code(1), problems, Ended::WithProblems("3, the first is home/x: no permission".into())),
            (code(75), "{}", Ended::Busy),
            (code(130), "{}", Ended::Stopped),
            (code(2), r#"{"plans": [{"error": "no room", "advice": "Make some."}]}"#, failed("no room. Make some.")),
            (code(78), r#"{"error": {"message": "wrong", "advice": "Correct it."}}"#, failed("wrong. Correct it.")),
            (code(101), "", failed("it ended with 101 and did not say why")),
            (Some(ExitStatus::from_raw(9)), "", failed("something killed it")),
            (None, "", failed("something killed it")),
        ] {
            assert_eq!(ended(status, answer.as_bytes()), expected, "{answer}");
        }
    }
}
