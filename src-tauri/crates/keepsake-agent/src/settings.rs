//! The settings while they may change: the last good ones are kept, also over a restart.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use keepsake_core::atomic_file;
use keepsake_core::settings::{Settings, SettingsError};

use crate::log::Log;

/// The copy of the last good settings, in the folder of state.
const KEPT_NAME: &str = "agent-settings.toml";

/// What tells a file from what it was: the same for an unchanged file, and for none.
pub(crate) type Fingerprint = Option<(u64, u64, u64, i64, i64)>;

/// What tells a file from what it was.
pub(crate) fn fingerprint(path: &Path) -> Fingerprint {
    let of = |meta: Metadata| (meta.dev(), meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec());
    fs::metadata(path).ok().map(of)
}

/// The settings, read again when their file has changed.
pub(crate) struct WatchedSettings {
    path: PathBuf,
    kept_path: PathBuf,
    home: PathBuf,
    /// As it was when it was read; None before that.
    seen: Option<Fingerprint>,
    /// True when it is to be read even if it looks unchanged.
    is_to_be_read: bool,
    settings: Option<Settings>,
    /// True while the file is wrong and the kept copy is what holds.
    is_kept: bool,
    /// True while there is nothing to back up in them, and there was once.
    is_lost: bool,
    /// Why the file is wrong, while it is.
    trouble: Option<String>,
    /// Grows whenever the file says something else.
    version: u64,
}

impl WatchedSettings {
    pub fn new(path: &Path, data_dir: &Path, home: &Path) -> Self {
        let kept_path = data_dir.join(KEPT_NAME);
        Self {
            path: path.into(),
            kept_path,
            home: home.into(),
            seen: None,
            is_to_be_read: false,
            settings: None,
            is_kept: false,
            is_lost: false,
            trouble: None,
            version: 0,
        }
    }

    /// The settings that hold; None when nothing is set up.
    pub fn settings(&self) -> Option<&Settings> {
        self.settings.as_ref()
    }

    /// The file in which they stand.
    pub fn in_use(&self) -> &Path {
        if self.is_kept { &self.kept_path } else { &self.path }
    }

    /// Why the file is wrong, while it is.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// True when nothing is set up any more although it was once, as far as the kept settings tell.
    pub fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// True when there is a file, whatever is in it.
    pub fn is_there(&self) -> bool {
        self.seen.flatten().is_some()
    }

    /// Another number whenever the file is another. Also when all it says is the same: who is to change it must know it.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The next look reads the file even if it looks unchanged.
    pub fn read_again(&mut self) {
        self.is_to_be_read = true;
    }

    /// Reads the file if it has changed, and says what came of it.
    pub fn look(&mut self, log: &Log) {
        let now = Some(fingerprint(&self.path));
        let is_another = self.seen != now;
        if !is_another && !self.is_to_be_read {
            return;
        }
        (self.seen, self.is_to_be_read) = (now, false);
        let before = (self.settings.take(), self.trouble.take());
        match self.load() {
            Ok((settings, text)) => {
                log.event(&format!("settings read: {}", plans_in_words(&settings)));
                self.settings = Some(settings);
                self.is_kept = false;
                // The last ones that were good for something: a file that was emptied must not be all that is left.
                if !settings_are_empty(self.settings.as_ref())
                    && fs::read(&self.kept_path).ok().as_deref() != Some(text.as_bytes())
                    && let Err(e) = atomic_file::write_whole(&self.kept_path, text.as_bytes())
                {
                    log.trouble(&format!("the settings could not be kept for the case that they get lost: {e}"));
                }
            }
            Err(e) if e.is_missing() => {
                log.trouble(&format!("nothing is set up: there is no {}. Nothing is backed up", self.path.display()));
                self.settings = None;
                self.is_kept = false;
            }
            Err(e) => self.fall_back(&e, log),
        }
        self.is_lost = settings_are_empty(self.settings.as_ref())
            && Settings::load(&self.kept_path, &self.home).is_ok_and(|kept| !settings_are_empty(Some(&kept)));
        if is_another || before != (self.settings.clone(), self.trouble.clone()) {
            self.version += 1;
        }
    }

    /// Takes the last good settings where the present ones are wrong.
    fn fall_back(&mut self, error: &SettingsError, log: &Log) {
        let kept = Settings::load(&self.kept_path, &self.home);
        self.is_kept = kept.is_ok();
        self.settings = kept.ok();
        let what_holds = match self.is_kept {
            true => "Until they are corrected, the last good ones hold",
            false => "Until they are corrected, nothing is backed up",
        };
        log.trouble(&format!("the settings are wrong: {error}. {what_holds}"));
        self.trouble = Some(error.to_string());
    }

    fn load(&self) -> Result<(Settings, String), SettingsError> {
        let text = Settings::read_text(&self.path)?;
        Ok((Settings::parse(&text, &self.path, &self.home)?, text))
    }
}

/// True when nothing is backed up by them.
fn settings_are_empty(settings: Option<&Settings>) -> bool {
    settings.is_none_or(|settings| settings.plans.iter().all(|plan| plan.sources.is_empty()))
}

fn plans_in_words(settings: &Settings) -> String {
    if settings.plans.is_empty() {
        return "there is no plan in them. Nothing is backed up".into();
    }
    let plan = |plan: &keepsake_core::settings::Plan| format!("{} {}", plan.name, plan.schedule);
    settings.plans.iter().map(plan).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Log = Log { is_quiet: true };

    fn good(plan: &str) -> String {
        format!("backup_dir = \"/b\"\n[[plan]]\nname = \"{plan}\"\n[[plan.source]]\nname = \"home\"\npath = \"/h\"\n")
    }

    fn names(watched: &WatchedSettings) -> Vec<String> {
        watched.settings().map(|s| s.plans.iter().map(|p| p.name.clone()).collect()).unwrap_or_default()
    }

    #[test]
    fn broken_settings_leave_the_last_good_ones_also_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let begin = || WatchedSettings::new(&path, dir.path(), dir.path());
        let mut watched = begin();
        watched.look(&QUIET);
        assert_eq!(names(&watched), [""; 0]);

        fs::write(&path, good("family")).unwrap();
        watched.look(&QUIET);
        assert_eq!((names(&watched), watched.in_use()), (vec!["family".to_string()], path.as_path()));

        fs::write(&path, "retension = 7").unwrap();
        for mut watched in [watched, begin()] {
            watched.look(&QUIET);
            assert_eq!(names(&watched), ["family"]);
            let in_use = Settings::load(watched.in_use(), dir.path()).expect("what a backup is given is right");
            assert_eq!(in_use.plans[0].name, "family");
        }

        let mut watched = begin();
        fs::write(&path, good("house")).unwrap();
        watched.look(&QUIET);
        assert_eq!((names(&watched), watched.in_use()), (vec!["house".to_string()], path.as_path()));
        fs::remove_file(&path).unwrap();
        watched.look(&QUIET);
        assert_eq!(names(&watched), [""; 0], "who removes them wants nothing to be done");
    }

    #[test]
    fn settings_that_are_gone_or_empty_are_lost_only_where_there_were_some() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let begin = || WatchedSettings::new(&path, dir.path(), dir.path());
        let found = |watched: &mut WatchedSettings| {
            watched.look(&QUIET);
            (watched.is_lost(), watched.is_there())
        };
        let mut watched = begin();
        assert_eq!(found(&mut watched), (false, false));
        let empty = "backup_dir = \"/b\"\n";
        fs::write(&path, empty).unwrap();
        assert_eq!(found(&mut watched), (false, true), "nothing was ever set up");
        fs::write(&path, good("family")).unwrap();
        assert_eq!(found(&mut watched), (false, true));
        fs::write(&path, empty).unwrap();
        for mut watched in [begin(), watched] {
            assert_eq!(found(&mut watched), (true, true));
        }
        assert_eq!(fs::read_to_string(dir.path().join(KEPT_NAME)).unwrap(), good("family"), "the good ones are kept");
        fs::remove_file(&path).unwrap();
        assert_eq!(found(&mut begin()), (true, false));
        fs::write(&path, good("family")).unwrap();
        assert_eq!(found(&mut begin()), (false, true));
    }

    #[test]
    fn whatever_changes_in_the_file_is_another_version() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let mut watched = WatchedSettings::new(&path, dir.path(), dir.path());
        let mut version = |is_read_again: bool| {
            if is_read_again {
                watched.read_again();
            }
            watched.look(&QUIET);
            watched.version()
        };
        let none = version(false);
        let mut seen = vec![none];
        for text in [good("family"), format!("# ours\n{}", good("family")), "retension = 7".into(), good("family")] {
            fs::write(&path, text).unwrap();
            let now = version(false);
            assert!(!seen.contains(&now), "{now}");
            seen.push(now);
            assert_eq!((version(false), version(true)), (now, now), "nothing has changed");
        }
    }
}
