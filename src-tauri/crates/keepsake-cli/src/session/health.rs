//! The verdict on safety, from all that a session knows.

use jiff::Timestamp;
use keepsake_core::health::gather::{Gathered, gather};
use keepsake_core::health::{HealthReport, MassChangeFacts, Rule, episodes, health};
use keepsake_core::retire::unconfirmed_change;
use keepsake_core::sealed::Family;
use keepsake_core::settings::Settings;

use super::Session;
use crate::error::CliError;
use crate::keyring::Keys;
use crate::say;

impl Session<'_> {
    /// What is known, and the verdict on it. `holder` is what the holder of the job lock does.
    ///
    /// # Errors
    /// When what is known cannot be read.
    pub fn verdict(&self, holder: Option<&str>) -> Result<(Gathered, HealthReport), CliError> {
        let mut gathered = gather(self.settings.as_ref(), Some(&self.catalog), &self.computer_id, holder)?;
        gathered.put_drives(
            self.settings.as_ref(),
            &self.around.data_dir,
            &crate::drives::plugged_in(self.settings.as_ref()),
            self.is_key_there(),
        );
        gathered.health.check_failed = self.home_trouble.as_ref().map(|trouble| trouble.message.clone());
        let failures = keepsake_agent::unnoted_failures(&self.around.data_dir, &self.catalog, &self.computer_id)?;
        for plan in &mut gathered.health.plans {
            if let Some((_, run)) = failures.iter().find(|(name, _)| *name == plan.name) {
                plan.last_run = Some(run.clone());
            }
            let change = unconfirmed_change(&self.catalog, &self.around.data_dir, &self.computer_id, &plan.name);
            plan.mass_change = change?.map(|change| MassChangeFacts {
                time: Timestamp::from_second(change.at).unwrap_or_default(),
                gone_files: change.gone_files,
                files: change.files,
            });
        }
        let mut report = health(&gathered.health, &self.around.clock.local_now());
        for reason in report.reasons.iter_mut().filter(|reason| reason.rule == Rule::ManyChanged) {
            let plan = reason.plan.as_deref().unwrap_or_default();
            reason.advice.push_str(&format!(" With: keepsake prune {plan} --confirm-changes"));
        }
        Ok((gathered, report))
    }

    /// Whether the family's key is where it is kept; None where none is needed, or nobody can tell now. Who holds the job lock keeps
    /// what is found out.
    fn is_key_there(&self) -> Option<bool> {
        let needs_one = |settings: &&Settings| settings.drives.iter().any(|drive| drive.is_encrypted);
        self.settings.as_ref().filter(needs_one)?;
        let (around, keys) = (self.around, Keys::around(self.around));
        let family = Family::load(&around.data_dir).ok()??;
        let found = match self._lock {
            Some(_) => keys.note(&family, around.clock.now().as_second()),
            None => keys.look_for(&family.recipient),
        };
        found.is_there()
    }

    /// Notes which episodes of ill health begin and end with what this command has done. Only who holds the job
    /// lock may. That this fails changes nothing about what was done.
    pub fn follow_health(&self) {
        if self.is_forgetful {
            return;
        }
        let followed = self.verdict(None).and_then(|(_, report)| {
            Ok(self.note(|| episodes::follow(&self.catalog, &report, self.around.clock.as_ref()))?)
        });
        if let Err(error) = followed {
            say::note(format_args!("keepsake: what is not well could not be noted: {}", error.message));
        }
    }
}
