//! The verdict as it is now, for whoever looks.

use keepsake_api::{JobEnd, JobKind};

use super::Looking;
use crate::board::Verdict;
use crate::settings::WatchedSettings;
use crate::verdict::{FoundSettings, Look};

impl Looking<'_> {
    /// Puts the verdict as it is now where everyone sees it.
    pub(super) fn judge(&mut self) {
        let busy_with = self.board.busy_with();
        if let Some(verdict) = self.verdict(busy_with) {
            self.board.set_verdict(verdict);
        }
    }

    /// Tells of the end of a job, together with what it has changed.
    pub(super) fn finish(&mut self, end: JobEnd) {
        let now = self.agent.clock.now();
        let versions = (self.known.version(), self.settings.version());
        self.facts.keep_up(versions, self.settings.settings(), &self.board, now);
        self.facts.wait(now);
        // Both at once: nobody sees a job that has ended and still is busy.
        let verdict = self.verdict(None);
        self.board.end_job(Some(end), verdict);
    }

    fn verdict(&mut self, busy_with: Option<JobKind>) -> Option<Verdict> {
        let now = self.agent.clock.local_now();
        let settings = self.settings.settings();
        let versions = (self.known.version(), self.settings.version());
        self.facts.keep_up(versions, settings, &self.board, now.timestamp());
        let folder = settings.map(|settings| settings.backup_dir.as_path());
        let found = folder.and_then(|folder| self.presence.look(folder, self.known.archives_in(folder)));
        // Something was stored: then its folder should be there.
        let is_stored = self.known.share_reads().iter().any(Option::is_some);
        let away = folder.filter(|_| is_stored && found.is_none());
        let space = found.and_then(|found| found.space);
        let unnoted_failures = self.known.unnoted_failures().collect();
        let plugged_in = settings.map(|settings| self.drives.names(settings)).unwrap_or_default();
        let (drives_of, data_dir) = (settings, self.agent.data_dir.as_path());
        let found = found_of(&self.settings);
        let look = Look { now: &now, settings: found, away, space, drives_of, data_dir, plugged_in, unnoted_failures };
        self.facts.verdict(&look, busy_with)
    }
}

fn found_of(settings: &WatchedSettings) -> FoundSettings<'_> {
    match settings.trouble() {
        Some(trouble) => FoundSettings::Wrong(trouble),
        None => FoundSettings::Right { is_lost: settings.is_lost(), is_there: settings.is_there() },
    }
}
