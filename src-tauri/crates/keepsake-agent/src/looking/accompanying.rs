//! A task while it runs: the loop goes on looking, and asks it to end when something goes before it.

use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{LOOK_EACH, Looking};
use crate::Asked;
use crate::work::{Ended, Task, Work};

/// How long a task may tidy up when it is to end. It is safe to kill it afterwards.
const TIDY_UP: Duration = Duration::from_secs(4);
/// How long one may that somebody has stopped: he wants all tidy, and the agent goes on.
const TIDY_UP_WHEN_STOPPED: Duration = Duration::from_secs(30);
/// How soon one that was killed is gone, unless it waits for a disk that does not answer.
const GONE_WITHIN: Duration = Duration::from_millis(300);
/// A copy gives way to a backup that is due when it has been at work for so long.
const COPY_TURN: SignedDuration = SignedDuration::from_hours(1);

/// How a task that was accompanied came to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Accompanied {
    /// It has ended, and this is what it said.
    Ended(Ended, Value),
    /// It was asked to end, as a backup is due or somebody has asked for something, and is not done.
    GaveWay,
    /// The agent is to end. How the task ended, if it was done before it could be stopped.
    Stop(Option<Ended>),
}

/// Why a task is to end before it is done, and how far that is.
#[derive(Debug, Default)]
struct Ending {
    /// The agent is to end.
    is_stopping: bool,
    /// Somebody stopped it.
    is_stopped: bool,
    /// When it is killed; None while it may go on.
    kill_at: Option<Instant>,
    killed_at: Option<Instant>,
    /// True when it was told that it does not end although it was killed.
    is_stuck: bool,
}

impl Ending {
    /// What it came to, now that the task has ended.
    fn came_to(&self, ended: Ended, answer: Value) -> Accompanied {
        let is_done = matches!(ended, Ended::Good(_) | Ended::WithProblems(_));
        match self {
            Self { is_stopping: true, .. } => Accompanied::Stop(is_done.then_some(ended)),
            // It was faster.
            _ if is_done => Accompanied::Ended(ended, answer),
            Self { is_stopped: true, .. } => Accompanied::Ended(Ended::Stopped, answer),
            Self { kill_at: Some(_), .. } => Accompanied::GaveWay,
            _ => Accompanied::Ended(ended, answer),
        }
    }

    /// How long nothing is to be done about it; None when nothing is, whatever the time.
    fn wait(&self, now: Instant) -> Option<Duration> {
        let next = match self.killed_at {
            None => self.kill_at?,
            Some(_) if self.is_stuck && !self.is_stopping => return None,
            Some(at) => at + GONE_WITHIN,
        };
        Some(next.saturating_duration_since(now))
    }
}

impl Looking<'_> {
    /// Waits until a task has ended. When the agent is asked to end meanwhile, somebody stops it, or it gives way, it is
    /// asked to end, too, and killed when it has not tidied up in time.
    ///
    /// One that waits for a disk that does not answer stays also when it was killed: then the loop goes on looking, and
    /// an agent that is to end leaves it behind.
    pub(super) fn accompany(
        &mut self,
        mut work: Work,
        job: u64,
        task: &Task,
        began: (Instant, Timestamp),
    ) -> Accompanied {
        let mut ending = Ending::default();
        let mut judge_at = Instant::now() + LOOK_EACH;
        loop {
            if let Some((ended, answer)) = work.end(task) {
                return ending.came_to(ended, answer);
            }
            let now = Instant::now();
            if ending.kill_at.is_some_and(|at| now >= at) && ending.killed_at.is_none() {
                work.kill();
                ending.killed_at = Some(now);
            }
            if ending.killed_at.is_some_and(|at| now >= at + GONE_WITHIN) {
                if !ending.is_stuck {
                    ending.is_stuck = true;
                    self.board.is_stuck();
                    self.log.trouble(&format!(
                        "{}: it was killed and has not ended. It waits for a disk or a network that does not answer; \
                         nothing else can begin before it does",
                        task.about()
                    ));
                }
                if ending.is_stopping {
                    return Accompanied::Stop(None);
                }
            }
            if now >= judge_at {
                judge_at = now + LOOK_EACH;
                // What it is to go on with changes, and it grows old, also while something else runs.
                let _ = self.keep_lock();
                self.server.keep();
                self.look();
                self.judge();
            }
            let to_judge = judge_at.saturating_duration_since(Instant::now());
            let waits = [ending.wait(now), work.wait(), self.board.tell_in_time(), Some(to_judge)];
            match self.asked.recv_timeout(waits.into_iter().flatten().min().unwrap_or(LOOK_EACH)) {
                Ok(Asked::Stop) | Err(RecvTimeoutError::Disconnected) => ending.is_stopping = true,
                Ok(Asked::Look) => {
                    self.settings.read_again();
                    judge_at = Instant::now();
                }
                Ok(Asked::StopJob(this)) => ending.is_stopped |= this == job,
                Ok(Asked::Judge) => self.judge(),
                Ok(Asked::Wake) => self.look_at_new_drives(),
                Ok(Asked::Reap) | Err(RecvTimeoutError::Timeout) => {}
            }
            let is_to_end =
                ending.is_stopping || ending.is_stopped || (ending.kill_at.is_none() && self.gives_way(task, began));
            if ending.kill_at.is_none() && is_to_end {
                work.ask_to_end();
                self.board.is_stopping();
                let patience = if ending.is_stopped { TIDY_UP_WHEN_STOPPED } else { TIDY_UP };
                ending.kill_at = Some(Instant::now() + patience);
            } else if ending.is_stopping && ending.kill_at.is_some_and(|at| at > Instant::now() + TIDY_UP) {
                // Now there is less time.
                ending.kill_at = Some(Instant::now() + TIDY_UP);
            }
        }
    }

    /// True when a backup is due and the task is one that waits for backups.
    fn gives_way(&mut self, task: &Task, began: (Instant, Timestamp)) -> bool {
        if self.board.gives_way() {
            return true;
        }
        let had_its_turn = match task {
            Task::Backup(_) => {
                // Another agent that has begun meanwhile is met when this backup has ended.
                let _ = self.keep_lock();
                self.look_at_settings();
                return false;
            }
            Task::Copy(_) => {
                let by_clock = self.agent.clock.now().duration_since(began.1);
                by_clock >= COPY_TURN || SignedDuration::try_from(began.0.elapsed()).is_ok_and(|time| time >= COPY_TURN)
            }
            Task::Read(_) => true,
            // What somebody asked for is done to its end.
            _ => return false,
        };
        if self.is_paused() {
            return false;
        }
        match self.look() {
            Some((settings, true)) if had_its_turn => !self.due_plans(&settings).0.is_empty(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_done_whatever_it_was_asked_for_meanwhile() {
        let now = Instant::now();
        let goes_on = Ending::default();
        let gives_way = || Ending { kill_at: Some(now), ..Ending::default() };
        let is_stopped = || Ending { is_stopped: true, ..gives_way() };
        let is_stopping = || Ending { is_stopping: true, ..is_stopped() };
        let good = || Ended::Good("all".into());
        let failed = || Ended::Failed("it broke".into());
        let ended = |ended| Accompanied::Ended(ended, Value::Null);
        for (ending, how, expected) in [
            (&goes_on, good(), ended(good())),
            (&goes_on, failed(), ended(failed())),
            (&goes_on, Ended::Stopped, ended(Ended::Stopped)),
            (&gives_way(), Ended::Stopped, Accompanied::GaveWay),
            (&gives_way(), failed(), Accompanied::GaveWay),
            (&gives_way(), good(), ended(good())),
            (&gives_way(), Ended::WithProblems("1".into()), ended(Ended::WithProblems("1".into()))),
            (&is_stopped(), Ended::Stopped, ended(Ended::Stopped)),
            (&is_stopped(), failed(), ended(Ended::Stopped)),
            (&is_stopped(), good(), ended(good())),
            (&is_stopping(), Ended::Stopped, Accompanied::Stop(None)),
            (&is_stopping(), good(), Accompanied::Stop(Some(good()))),
        ] {
            let told = format!("{ending:?} {how:?}");
            assert_eq!(ending.came_to(how, Value::Null), expected, "{told}");
        }
    }

    #[test]
    fn nothing_is_waited_for_of_one_that_does_not_end_although_it_was_killed() {
        let now = Instant::now();
        let wait = |ending: Ending| ending.wait(now);
        assert_eq!(wait(Ending::default()), None);
        assert_eq!(wait(Ending { kill_at: Some(now + TIDY_UP), ..Ending::default() }), Some(TIDY_UP));
        let killed = || Ending { kill_at: Some(now), killed_at: Some(now), ..Ending::default() };
        assert_eq!(wait(killed()), Some(GONE_WITHIN));
        assert_eq!(wait(Ending { is_stuck: true, ..killed() }), None);
        assert_eq!(wait(Ending { is_stuck: true, is_stopping: true, ..killed() }), Some(GONE_WITHIN));
    }
}
