//! What was seen before a restore in place was agreed to. Between a look and the word RESTORE the settings can change, so
//! the look answers a token of what it looked at, and the restore that is agreed to is of exactly that.

use std::os::unix::ffi::OsStrExt;

use keepsake_core::hash::{hex, sha256};
use keepsake_core::restore::{RestoreRequest, Target};

use super::{real, written_sources};
use crate::error::CliError;

/// For whoever asks for the restore: it must be looked at again.
const LOOK_AGAIN: &str = "look-again";
/// Of the hash so much is enough to tell one restore from all others.
const TOKEN_BYTES: usize = 16;

/// A token of which backup, which paths of it, and which folders a restore in place writes to, as they are on disk now: where
/// a link leads counts. None for one beside, which replaces nothing.
pub fn token(request: &RestoreRequest) -> Option<String> {
    let Target::InPlace { sources } = &request.target else { return None };
    let mut all = Vec::new();
    // Each part has its length before it, and each list has its own: nothing can be taken for something else.
    let mut part = |bytes: &[u8]| {
        all.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        all.extend_from_slice(bytes);
    };
    let backup = &request.backup;
    part(backup.name.as_bytes());
    part(backup.computer_id.as_bytes());
    part(&backup.at.to_be_bytes());
    let mut paths: Vec<&[u8]> = request.paths.iter().map(|path| path.as_bytes()).collect();
    paths.sort_unstable();
    paths.dedup();
    part(&(paths.len() as u64).to_be_bytes());
    paths.into_iter().for_each(&mut part);
    for (name, folder) in written_sources(sources, backup, &request.paths) {
        part(name.as_bytes());
        part(folder.as_os_str().as_bytes());
        part(real(folder).as_deref().unwrap_or(folder).as_os_str().as_bytes());
    }
    Some(hex(&sha256(&all)[..TOKEN_BYTES]))
}

/// Refuses a restore that is not the one that was seen.
///
/// # Errors
/// Exit code 65, with a word for the program that asked.
pub fn check(seen: &str, request: &RestoreRequest) -> Result<(), CliError> {
    if token(request).as_deref() == Some(seen) {
        return Ok(());
    }
    let message = "the settings have changed since you looked, so nothing was changed";
    let error = CliError::input(message, "Look again at what would happen.");
    Err(CliError { word: Some(LOOK_AGAIN), ..error })
}

#[cfg(test)]
mod tests {
    use super::super::tests::backup;
    use super::*;
    use keepsake_core::archive_path::ArchivePath;
    use std::collections::BTreeMap;
    use std::path::Path;

    fn request(paths: &[&str], sources: &[(&str, &Path)]) -> RestoreRequest {
        let sources: BTreeMap<_, _> = sources.iter().map(|(name, path)| (name.to_string(), path.into())).collect();
        let paths = paths.iter().map(|path| ArchivePath::new(*path).expect("a path")).collect();
        RestoreRequest { backup: backup(), paths, target: Target::InPlace { sources } }
    }

    #[test]
    fn a_token_is_of_one_restore_only() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let (one, other, link) = (dir.path().join("one"), dir.path().join("other"), dir.path().join("link"));
        std::fs::create_dir(&one).expect("a folder");
        std::fs::create_dir(&other).expect("a folder");
        std::os::unix::fs::symlink(&one, &link).expect("a link");
        let at = |paths: &[&str], photos: &Path| request(paths, &[("photos", photos), ("notes", &other)]);
        let seen = token(&at(&["photos/a", "photos/b"], &link)).expect("in place has one");
        assert_eq!(seen.len(), 2 * TOKEN_BYTES);
        assert!(check(&seen, &at(&["photos/b", "photos/a", "photos/b"], &link)).is_ok(), "the order says nothing");
        // A source of which nothing is brought back may go where it wants.
        assert!(check(&seen, &request(&["photos/a", "photos/b"], &[("photos", &link)])).is_ok());
        let mut later = at(&["photos/a", "photos/b"], &link);
        later.backup.name.push('1');
        let mut elsewhere = at(&["photos/a", "photos/b"], &link);
        elsewhere.backup.computer_id.push('1');
        for (what, changed) in [
            ("less", at(&["photos/a"], &link)),
            ("everything", at(&[], &link)),
            ("two that look like one", at(&["photos/a", "photos/b", "notes"], &link)),
            ("the folder by its own name", at(&["photos/a", "photos/b"], &one)),
            ("another folder", at(&["photos/a", "photos/b"], &other)),
            ("another backup", later),
            ("another computer's", elsewhere),
        ] {
            let refused = check(&seen, &changed).expect_err(what);
            assert_eq!((refused.exit, refused.word), (crate::error::Exit::Input, Some("look-again")), "{what}");
            assert!(refused.message.contains("settings have changed since you looked"), "{}", refused.message);
        }
        // So does what is not there yet, below it.
        let (new, new_seen) = (link.join("new"), token(&at(&[], &link.join("new"))).expect("in place has one"));
        // The link leads elsewhere now.
        std::fs::remove_file(&link).expect("it was there");
        std::os::unix::fs::symlink(&other, &link).expect("a link");
        check(&seen, &at(&["photos/a", "photos/b"], &link)).expect_err("another folder behind the same path");
        check(&new_seen, &at(&[], &new)).expect_err("a folder to be made elsewhere");
    }

    #[test]
    fn no_other_text_is_a_token() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let asked = request(&[], &[("photos", dir.path())]);
        let seen = token(&asked).expect("in place has one");
        let long = seen.repeat(1000);
        for wrong in ["", " ", &seen[1..], &long, &seen.to_uppercase().replace(char::is_numeric, "A")] {
            assert!(check(wrong, &asked).is_err(), "{wrong}");
        }
        let beside = RestoreRequest { target: Target::Beside(dir.path().into()), ..asked };
        assert!(token(&beside).is_none() && check(&seen, &beside).is_err());
    }
}
