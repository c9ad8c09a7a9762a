//! What is remembered of a task that has ended.

use jiff::Timestamp;
use keepsake_core::schedule::{Due, PastRun, ShareDue, Tries, share_due};

use super::Looking;
use crate::work::{Ended, Task};

impl Looking<'_> {
    /// Takes note of what came of a task.
    pub(super) fn note(&mut self, task: &Task, began: (Timestamp, i64), ended: &Ended) {
        let finished = self.agent.clock.now();
        match task {
            Task::Backup(plan) => self.note_backup(plan, began, ended),
            Task::Copy(name) => {
                let Some((settings, _)) = self.look() else { return };
                let folder =
                    settings.destinations.iter().find(|place| place.name == *name).map(|place| place.path.clone());
                let place = folder.or_else(|| settings.drive(name).map(|drive| drive.id.place_path()));
                let Some(path) = place else { return };
                let (_, tries) = self.copies.entry(path.clone()).or_default();
                match self.known.lacks_copies(&path) {
                    true => tries.add(finished),
                    false => *tries = Tries::default(),
                }
            }
            Task::Read(share) => {
                if self.look().is_none() {
                    return;
                }
                let now = self.agent.clock.local_now();
                match share_due(self.known.share_reads(), &Tries::default(), &now) {
                    ShareDue::Now(due) if due == *share => self.reads.add(finished),
                    _ => self.reads = Tries::default(),
                }
            }
            _ => {}
        }
    }

    /// `began` is when, and the number of the newest run that was noted then.
    fn note_backup(&mut self, name: &str, (started, noted_before): (Timestamp, i64), ended: &Ended) {
        let turn = self.turns.values().max().map_or(1, |last| last + 1);
        self.turns.insert(name.into(), turn);
        let finished = self.agent.clock.now();
        let made_backup = matches!(ended, Ended::Good(_) | Ended::WithProblems(_));
        let run = PastRun { started, finished, made_backup };
        let Some(settings) = self.settings.settings().cloned() else { return self.known.remember(name, run) };
        let (clock, log) = (self.agent.clock.as_ref(), self.log);
        self.known.note(name, noted_before, run, ended, |known| _ = known.refresh(&settings, clock, &log));
        self.lacked.remove(name);
        if made_backup {
            // There is something new to copy: with new patience.
            self.copies.clear();
        }
        let Some(plan) = settings.plans.iter().find(|plan| plan.name == name) else { return };
        if let Due::Later { at, failures: failures @ 1.., is_raised } = self.due(&settings, plan) {
            let again = at.map_or("never".into(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string());
            match is_raised {
                false => self.log.event(&format!("{name}: tries again at {again}")),
                true => self.log.trouble(&format!(
                    "{name}: {failures} runs in a row failed. Look into it: `keepsake health` says what to do. It tries \
                     again at {again}, or when what was not there comes back"
                )),
            }
        }
    }
}
