//! What is left out: patterns in gitignore syntax (gitignore(5)), by the `ignore` crate.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Patterns of a source.
#[derive(Debug)]
pub struct Excludes {
    patterns: Option<Gitignore>,
}

/// A pattern that is not one.
#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is not an exclude pattern: {source}")]
pub struct BadPattern {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub source: ignore::Error,
}

impl Excludes {
    /// Compiles the patterns; later ones win, `!` takes back.
    ///
    /// # Errors
    /// [`BadPattern`] for the first that is malformed.
    pub fn new(patterns: &[String]) -> Result<Self, BadPattern> {
        if patterns.is_empty() {
            return Ok(Self { patterns: None });
        }
        let mut builder = GitignoreBuilder::new("");
        builder.allow_unclosed_class(false);
        for pattern in patterns {
            builder.add_line(None, pattern).map_err(|source| BadPattern { pattern: pattern.clone(), source })?;
        }
        let built = builder.build().map_err(|source| BadPattern { pattern: patterns.join("\n"), source })?;
        Ok(Self { patterns: Some(built) })
    }

    /// True when a path, relative to the source, is to be left out. What lies in a folder that is left out
    /// is never asked for, as git does it.
    pub fn is_excluded(&self, relative: &[u8], is_folder: bool) -> bool {
        self.patterns
            .as_ref()
            .is_some_and(|patterns| patterns.matched(Path::new(OsStr::from_bytes(relative)), is_folder).is_ignore())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_work_as_in_git() {
        let lines = ["*.tmp", ".cache/", "/Top", "!keep.tmp", "a/**/z"].map(String::from);
        let excludes = Excludes::new(&lines).unwrap();
        for (path, folder, out) in [
            ("x.tmp", false, true),
            ("d/x.tmp", false, true),
            ("d/keep.tmp", false, false),
            (".cache", true, true),
            (".cache", false, false),
            ("d/.cache", true, true),
            ("Top", false, true),
            ("d/Top", false, false),
            ("a/b/c/z", false, true),
            ("photo.jpg", false, false),
        ] {
            assert_eq!(excludes.is_excluded(path.as_bytes(), folder), out, "{path}");
        }
        for wrong in ["{a", "["] {
            assert!(Excludes::new(&[wrong.to_string()]).is_err(), "{wrong}");
        }
    }
}
