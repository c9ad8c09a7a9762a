//! `metadata.json`: what an archive is, in one small JSON object.

use serde::{Deserialize, Serialize};

use super::FORMAT_VERSION;
use super::name::is_archive_name;
use crate::archive_path::shown;
use crate::monitor::Problem;

/// The most bytes of `metadata.json` that are read.
pub const MAX_METADATA_BYTES: u64 = 64 << 20;

/// The most bytes of a name in it: what file systems take.
const MAX_NAME_BYTES: usize = 255;

/// What an archive is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The format's version.
    pub format: u16,
    /// The program that wrote it, with its version.
    pub tool: String,
    /// The computer's name.
    pub computer: String,
    /// What tells two computers of the same name apart: 16 hexadecimal digits.
    pub computer_id: String,
    /// The plan's name.
    pub plan: String,
    /// The backup that this archive belongs to.
    pub backup: String,
    /// Which part of it this is, from 1.
    pub part: u32,
    /// True in the last part: only there are the lists below of the whole backup.
    pub last: bool,
    /// When the backup began: RFC 9557 with the computer's time zone.
    pub time: String,
    /// The same in seconds since 1970.
    pub time_secs: i64,
    /// Each source and how it fared. Empty but in the last part.
    pub sources: Vec<SourceSummary>,
    /// The first problems by name, at most 1,000. Empty but in the last part.
    pub problems: Vec<Problem>,
    /// All problems, also those not named.
    pub problem_count: u64,
    /// The other archives needed to restore this backup, oldest first; numbers in the manifest count from 1.
    pub archives_needed: Vec<NeededArchive>,
}

impl Metadata {
    /// Checks what others rely on: names become names of files, and parts count from 1. Whether the rest is true
    /// cannot be known.
    ///
    /// # Errors
    /// What is impossible, in words.
    pub fn check(&self) -> Result<(), String> {
        // The footer's version is the same: the reader accepts no other.
        if self.format != FORMAT_VERSION {
            return Err(format!("its format is {}, and the footer says {FORMAT_VERSION}", self.format));
        }
        if self.part == 0 {
            return Err("it is part 0: parts count from 1".into());
        }
        for (key, name) in [("plan", &self.plan), ("backup", &self.backup), ("computer_id", &self.computer_id)] {
            if !is_name(name) {
                return Err(format!("{key} cannot be \"{}\"", shown(name.as_bytes())));
            }
        }
        if let Some(source) = self.sources.iter().find(|source| !is_name(&source.name)) {
            return Err(format!("a source cannot be called \"{}\"", shown(source.name.as_bytes())));
        }
        match self.archives_needed.iter().find(|need| !is_archive_name(&need.name)) {
            Some(need) => Err(format!("it needs \"{}\", which is no name of an archive", shown(need.name.as_bytes()))),
            None => Ok(()),
        }
    }
}

/// True for what can be one part of a path, is not hidden there, and can be shown.
fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len())
        && !name.starts_with('.')
        && !name.contains('/')
        && !name.contains(char::is_control)
}

/// An archive that another one needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeededArchive {
    /// Its file name.
    pub name: String,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// How one source fared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSummary {
    /// Its name.
    pub name: String,
    /// Its kind: "folder".
    pub kind: String,
    /// Where it was on the computer.
    pub path: String,
    /// Whether it was found.
    pub state: SourceState,
    /// Files in the backup, hard links among them; folders and symbolic links are not counted.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Of these, those that are new or changed since the backup before.
    pub new_files: u64,
    /// Their bytes.
    pub new_bytes: u64,
    /// Problems below it.
    pub problems: u64,
}

impl SourceSummary {
    /// A folder that was found and of which nothing is counted yet.
    pub fn folder(name: &str, path: String) -> Self {
        Self {
            name: name.into(),
            kind: "folder".into(),
            path,
            state: SourceState::Collected,
            files: 0,
            bytes: 0,
            new_files: 0,
            new_bytes: 0,
            problems: 0,
        }
    }
}

/// Whether a source was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceState {
    /// It was read; single files may have had problems.
    Collected,
    /// It was missing or empty where files had been: nothing is known of it, nothing is deleted for it.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let source = |name: &str| SourceSummary::folder(name, "/p".into());
        let good = Metadata {
            format: FORMAT_VERSION,
            tool: "keepsake".into(),
            computer: "attic".into(),
            computer_id: "0011223344556677".into(),
            plan: "family".into(),
            backup: "family_20260303_020500".into(),
            part: 1,
            last: true,
            time: "2026-03-03T02:05:00+01:00[Europe/Berlin]".into(),
            time_secs: 1_772_499_900,
            sources: vec![source("photos"), source("Our house & garden")],
            problems: Vec::new(),
            problem_count: 0,
            archives_needed: Vec::new(),
        };
        assert_eq!(good.check(), Ok(()));
        let long = "x".repeat(256);
        for name in ["", ".", "..", "../..", "a/b", "/a", ".keepsake-undo", "a\nb", "a\u{1b}[2J", &long] {
            let bad = Metadata { sources: vec![source("photos"), source(name)], ..good.clone() };
            assert!(bad.check().is_err(), "a source {name:?}");
            let bad = Metadata { plan: name.into(), ..good.clone() };
            assert!(bad.check().is_err(), "a plan {name:?}");
        }
    }
}
