//! What people ask for. It goes before what is scheduled, and a scheduled copy or check gives way to it at once.
//!
//! Two kinds of wishes:
//! - **For later** (back up, copy, check, confirm changes): each waits for its turn, once.
//! - **For now** (restore, undo, delete, import): somebody stands before the screen until it is done. A copy or a check
//!   gives way to it, also one that somebody asked for; while anything else runs it is refused with the reason, so that
//!   nobody waits for hours without knowing, and whoever asks can stop what runs, or wait.

use std::sync::atomic::Ordering;

use keepsake_api::{Answer, JobEnd, JobKind, RefusalKind, Request, RestoreTarget, Said};

use super::{Board, Inner, Running};
use crate::Asked;
use crate::refusal::{Refused, bad_request, refused};
use crate::said;
use crate::work::Task;

/// So many wishes wait at most.
const MOST_WISHES: usize = 200;
/// The longest name that is passed on, in bytes: a file's on Linux.
const MAX_NAME_BYTES: usize = 255;
/// As [`keepsake_api::RestoreAsk::paths`] says.
const MOST_PATHS: usize = 10_000;
/// The longest token of what was seen.
const MOST_TOKEN_LETTERS: usize = 64;
/// What must be typed for a restore in place.
const CONSENT_WORD: &str = "RESTORE";

/// Something that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    /// The number of its job.
    pub job: u64,
    /// What is to be done.
    pub task: Task,
}

impl Board {
    /// Takes a wish, or refuses it. None when the request is none.
    pub fn wish(&self, request: &Request, may_change: bool) -> Option<Result<Answer, Refused>> {
        Some(match request {
            Request::BackUpNow { plan } => self.back_up(plan.as_deref()).map(|()| Answer::BackUpNow(())),
            Request::CopyNow { place } => self.copy(place.as_deref()).map(|()| Answer::CopyNow(())),
            Request::CheckNow {} => self.later(vec![Task::Check]).map(|()| Answer::CheckNow(())),
            Request::ConfirmChanges { plan } => {
                self.known_plan(plan).and_then(|plan| self.later(vec![Task::Confirm(plan)])).map(Answer::ConfirmChanges)
            }
            Request::Restore { restore, confirm, seen } => {
                let task = restore_task(restore, confirm.as_deref(), seen.as_deref());
                task.and_then(|task| self.now(task)).map(Answer::Restore)
            }
            Request::Undo { undo } => name(undo).and_then(|id| self.now(Task::Undo(id))).map(Answer::Undo),
            Request::DeleteBackup { name: backup } => {
                name(backup).and_then(|name| self.now(Task::Delete(name))).map(Answer::DeleteBackup)
            }
            Request::Import { dir } => absolute(dir).and_then(|dir| self.now(Task::Import(dir))).map(Answer::Import),
            Request::AdoptDrive { volume, name: drive, color, is_encrypted } => {
                let task = || {
                    Ok(Task::AdoptDrive {
                        volume: name(volume)?,
                        name: name(drive)?,
                        color: color.word(),
                        is_encrypted: *is_encrypted,
                    })
                };
                task().and_then(|task| self.now(task)).map(Answer::AdoptDrive)
            }
            Request::EjectDrive { volume } => {
                name(volume).and_then(|volume| self.now(Task::EjectDrive(volume))).map(Answer::EjectDrive)
            }
            Request::ForgetDrive { name: drive } => {
                name(drive).and_then(|drive| self.now(Task::ForgetDrive(drive))).map(Answer::ForgetDrive)
            }
            Request::ProveDrive { name: drive } => {
                name(drive).and_then(|drive| self.now(Task::ProveDrive(drive))).map(Answer::ProveDrive)
            }
            Request::Stop {} => self.stop(may_change).map(Answer::Stop),
            _ => return None,
        })
    }

    fn back_up(&self, plan: Option<&str>) -> Result<(), Refused> {
        let plans = match plan {
            Some(plan) => vec![self.known_plan(plan)?],
            None => self.lock().plans.clone(),
        };
        if plans.is_empty() {
            return Err(refused(RefusalKind::NotNow, Said::new("refused-not-set-up")));
        }
        self.later(plans.into_iter().map(Task::Backup).collect())
    }

    fn known_plan(&self, plan: &str) -> Result<String, Refused> {
        let known = self.lock().plans.iter().find(|known| known.eq_ignore_ascii_case(plan)).cloned();
        known.ok_or_else(|| refused(RefusalKind::NotFound, Said::new("refused-no-such-plan").text("plan", plan)))
    }

    fn copy(&self, place: Option<&str>) -> Result<(), Refused> {
        let Some(place) = place else { return self.later(vec![Task::Copies]) };
        if !self.lock().places.iter().any(|known| known == place) {
            return Err(refused(RefusalKind::NotFound, Said::new("refused-no-such-place").text("place", place)));
        }
        self.later(vec![Task::Copy(place.into())])
    }

    /// Each waits for its turn. What runs or waits already is not done twice.
    fn later(&self, tasks: Vec<Task>) -> Result<(), Refused> {
        let mut inner = self.lock();
        let before = inner.wishes.len();
        for task in tasks {
            let runs = inner.running.as_ref().is_some_and(|running| running.task == task);
            if runs || inner.wishes.iter().any(|wish| wish.task == task) {
                continue;
            }
            if inner.wishes.len() >= MOST_WISHES {
                return Err(refused(RefusalKind::NotNow, Said::new("refused-too-much")));
            }
            let job = self.next_job.fetch_add(1, Ordering::Relaxed);
            inner.wishes.push_back(Wish { job, task });
        }
        let is_new = inner.wishes.len() > before;
        drop(inner);
        if is_new {
            self.wake(Asked::Wake);
        }
        Ok(())
    }

    /// It is the next to be done, or is refused.
    fn now(&self, task: Task) -> Result<u64, Refused> {
        let mut inner = self.lock();
        if let Some(in_the_way) = inner.in_the_way() {
            let said = Said::new(format!("refused-busy-{}", said::word(in_the_way.kind())));
            return Err(refused(RefusalKind::NotNow, said));
        }
        let job = self.next_job.fetch_add(1, Ordering::Relaxed);
        inner.wishes.push_front(Wish { job, task });
        drop(inner);
        self.wake(Asked::Wake);
        Ok(job)
    }

    /// Stops what runs, and forgets what waits: who says stop does not want the next thing to begin.
    fn stop(&self, may_change: bool) -> Result<(), Refused> {
        let mut inner = self.lock();
        if let Some(running) = &inner.running {
            if !may_change && running.task.needs_owner() {
                return Err(crate::refusal::not_allowed());
            }
            self.wake(Asked::StopJob(running.job));
        }
        let (gone, stay): (Vec<Wish>, _) =
            inner.wishes.drain(..).partition(|wish| may_change || !wish.task.needs_owner());
        inner.wishes = stay.into();
        for wish in gone {
            let end = stopped_before_it_began(&wish);
            inner.listeners.tell(&keepsake_api::Event::JobEnded(Box::new(end)));
        }
        Ok(())
    }

    /// True when what runs gives way to something that was asked for.
    pub fn gives_way(&self) -> bool {
        let inner = self.lock();
        let (Some(running), Some(next)) = (&inner.running, inner.wishes.front()) else { return false };
        running.task.can_give_way() && (!running.is_wished || next.task.is_for_now())
    }

    /// What was asked for and gave way waits for its turn again.
    pub fn put_back(&self, wish: Wish) {
        self.lock().wishes.push_back(wish);
    }
}

impl Inner {
    /// What keeps something that is asked for now from being done now.
    fn in_the_way(&self) -> Option<&Task> {
        let in_the_way = |running: &&Running| running.is_stuck || !running.task.can_give_way();
        let running = self.running.as_ref().filter(in_the_way).map(|running| &running.task);
        running.or_else(|| self.wishes.iter().map(|wish| &wish.task).find(|task| task.is_for_now()))
    }
}

fn stopped_before_it_began(wish: &Wish) -> JobEnd {
    crate::job_end::job_end(wish.job, &wish.task, &crate::work::Ended::Stopped, &serde_json::Value::Null)
}

/// A name that can be a word of a command line.
fn name(text: &str) -> Result<String, Refused> {
    let is_name = !text.is_empty() && text.len() <= MAX_NAME_BYTES && !text.contains(char::is_control);
    match is_name {
        true => Ok(text.into()),
        false => Err(bad_request(format!("{text:?} is no name of a backup or a restore"))),
    }
}

/// A path that does not depend on where somebody stands.
fn absolute(path: &keepsake_api::PathText) -> Result<std::path::PathBuf, Refused> {
    let found = std::path::PathBuf::from(path.os_string());
    match found.is_absolute() && !path.bytes().contains(&0) {
        true => Ok(found),
        false => Err(bad_request(format!("{path:?} is no path that begins with /"))),
    }
}

fn restore_task(asked: &keepsake_api::RestoreAsk, confirm: Option<&str>, seen: Option<&str>) -> Result<Task, Refused> {
    let backup = name(&asked.name)?;
    if asked.paths.len() > MOST_PATHS {
        return Err(bad_request(format!("more than {MOST_PATHS} paths")));
    }
    let paths: Vec<Vec<u8>> = asked.paths.iter().map(keepsake_api::PathText::bytes).collect();
    if paths.iter().any(|path| path.is_empty() || path.contains(&0)) {
        return Err(bad_request("a path is empty, or holds a NUL".into()));
    }
    let from = asked.from.as_ref().map(absolute).transpose()?;
    let to = match &asked.target {
        RestoreTarget::Beside { dir } => Some(absolute(dir)?),
        RestoreTarget::InPlace {} if from.is_some() => {
            return Err(bad_request("a restore in place takes this computer's own backups".into()));
        }
        RestoreTarget::InPlace {} if confirm != Some(CONSENT_WORD) => {
            return Err(refused(RefusalKind::NotNow, Said::new("refused-needs-consent")));
        }
        RestoreTarget::InPlace {} => None,
    };
    let seen = match (&to, seen) {
        (Some(_), _) => None,
        (None, Some(seen)) if is_token(seen) => Some(seen.into()),
        (None, _) => return Err(bad_request("what was seen before is missing, or nothing that a look answers".into())),
    };
    Ok(Task::Restore { backup, paths, to, from, seen })
}

/// As [`keepsake_api::RestorePreview::seen`] is written; whether it is the right one is for the restore itself to say.
fn is_token(text: &str) -> bool {
    (1..=MOST_TOKEN_LETTERS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Task {
    /// True for what somebody waits for before the screen.
    pub fn is_for_now(&self) -> bool {
        let is_restore = matches!(self, Self::Restore { .. } | Self::Undo(_) | Self::Delete(_) | Self::Import(_));
        is_restore || matches!(self, Self::AdoptDrive { .. } | Self::EjectDrive(_) | Self::ForgetDrive(_))
    }

    /// True for what gives way to what was asked for.
    pub fn can_give_way(&self) -> bool {
        matches!(self.kind(), JobKind::Copy | JobKind::Check)
    }

    /// True when only the agent's own user, or root, may begin or stop it.
    pub fn needs_owner(&self) -> bool {
        self.is_for_now() || matches!(self, Self::Confirm(_) | Self::ProveDrive(_))
    }
}
