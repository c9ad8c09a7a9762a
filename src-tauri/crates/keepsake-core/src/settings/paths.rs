//! Paths as people write them in the settings.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use crate::in_time;

/// Makes an absolute path of `~/...`, `$HOME/...`, `${HOME}/...` or `/...`.
///
/// # Errors
/// What is wrong, in words that follow "cannot be PATH:". Relative paths are refused, since the timer, the
/// tray and a terminal start in different folders.
pub(super) fn expand(text: &str, home: &Path) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("a path is needed, as in \"~/Pictures\"".into());
    }
    if text.contains('\0') {
        return Err("a path cannot contain a zero byte".into());
    }
    let below_home = ["~", "$HOME", "${HOME}"].iter().find_map(|prefix| {
        let rest = text.strip_prefix(prefix)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/'))
    });
    let path = match below_home {
        Some(_) if !home.is_absolute() => {
            return Err("nobody knows which home folder is meant, as HOME is not set; write the path in full".into());
        }
        Some(rest) => home.join(rest),
        None if text.starts_with('~') => {
            return Err("only your own home folder can be written as `~`; write other paths in full".into());
        }
        None if text.starts_with('$') => {
            return Err("of variables only `$HOME` is known here; write other paths in full".into());
        }
        None => PathBuf::from(text),
    };
    if !path.is_absolute() {
        return Err(format!("a path begins with `/` or `~/`; was \"~/{text}\" meant?"));
    }
    if path.components().any(|part| part == Component::ParentDir) {
        return Err("write the path without `..`".into());
    }
    Ok(path.components().collect())
}

/// The devices and numbers of folders, which tell them apart by whatever links or mounts they are named. Those that do not
/// answer in time, or are not there, are only known by their names.
#[derive(Debug, Default)]
pub(super) struct Places {
    known: HashMap<PathBuf, (u64, u64)>,
}

impl Places {
    pub fn of(paths: Vec<PathBuf>) -> Self {
        let place = |path: &Path| std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
        let found = in_time::look_at_each(&paths, place);
        let known = paths.into_iter().zip(found).filter_map(|(path, found)| Some((path, found.flatten()?)));
        Self { known: known.collect() }
    }

    /// True when both are the same folder.
    pub fn is_same(&self, one: &Path, other: &Path) -> bool {
        one == other || self.known.get(one).is_some_and(|here| Some(here) == self.known.get(other))
    }
}
