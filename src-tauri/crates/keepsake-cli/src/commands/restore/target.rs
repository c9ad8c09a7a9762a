//! Folders that a restore must not go to, or only with a word about it.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use keepsake_core::settings::Settings;

use crate::error::CliError;

/// Refuses a folder, for a restore beside, that belongs to Keepsake. Answers what a person should know of one
/// that is protected itself. `sources` are the names of what would be put into it. Of a folder whose disk does not answer
/// only the path is looked at.
///
/// # Errors
/// Exit code 65 when it lies among the backups or in the folder of the state.
pub fn check(
    dir: &Path,
    sources: &[&str],
    settings: Option<&Settings>,
    data_dir: &Path,
    is_silent: &dyn Fn(&Path) -> bool,
) -> Result<Option<String>, CliError> {
    let goes_to: Vec<PathBuf> = std::iter::once(dir.into()).chain(sources.iter().map(|name| dir.join(name))).collect();
    let goes_into = |folder: &Path| goes_to.iter().any(|path| leads_into(path, folder, is_silent));
    let refused = |folder: &Path, what: &str| {
        let shown = dir.display();
        let message = format!("nothing can be brought back to {shown}: {} is {what}", folder.display());
        CliError::input(message, "Nothing was changed. Choose another folder, as in: --to ~/brought-back")
    };
    let backups = settings.iter().flat_map(|settings| {
        let copies = settings.destinations.iter().map(|destination| &destination.path);
        std::iter::once(&settings.backup_dir).chain(copies)
    });
    for folder in backups {
        if goes_into(folder) {
            return Err(refused(folder, "where your backups are, and nothing else belongs there"));
        }
    }
    if goes_into(data_dir) {
        return Err(refused(data_dir, "where Keepsake notes what it knows, and nothing else belongs there"));
    }
    let mut protected = settings.iter().flat_map(|s| &s.plans).flat_map(|plan| &plan.sources);
    Ok(protected.find(|source| goes_into(&source.path)).map(|source| {
        format!(
            "keepsake: {} lies in {} ({}), which is protected: what is brought back there becomes part of the next \
             backup. Move it or remove it before, if that is not wanted.",
            dir.display(),
            source.name,
            source.path.display()
        )
    }))
}

/// True when `path`, or where it will be made, is `folder` or lies in it, by whatever links lead there.
fn leads_into(path: &Path, folder: &Path, is_silent: &dyn Fn(&Path) -> bool) -> bool {
    if is_silent(folder) {
        return path.starts_with(folder);
    }
    let place = |path: &Path| std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    let Some(wanted) = place(folder) else { return path.starts_with(folder) };
    let there = path.ancestors().find_map(|at| std::fs::canonicalize(at).ok());
    there.is_some_and(|there| there.ancestors().any(|at| place(at) == Some(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_folders_that_are_not_there_yet_are_seen_through() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(at("b/sub")).expect("folders");
        std::fs::create_dir_all(at("bb")).expect("folders");
        std::os::unix::fs::symlink(at("b"), at("link")).expect("a link");
        for (path, into) in [
            ("b", true),
            ("b/new/newer", true),
            ("link", true),
            ("link/sub", true),
            ("link/new", true),
            ("bb", false),
            ("bb/b", false),
            ("new", false),
            ("", false),
        ] {
            assert_eq!(leads_into(&at(path), &at("b"), &|_| false), into, "{path}");
        }
        assert!(leads_into(&at("none/x"), &at("none"), &|_| false));
        // A link there would be seen through, and is not asked.
        assert!(!leads_into(&at("link"), &at("b"), &|_| true) && leads_into(&at("b/new"), &at("b"), &|_| true));
        assert!(!leads_into(&at("nonesuch"), &at("none"), &|_| false));
    }
}
