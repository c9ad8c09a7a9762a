//! Looking at archives that the catalog does not know: what each is, and its checksum. Only a few hundred
//! bytes of each are kept.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::RebuildError;
use crate::archive::error::ArchiveError;
use crate::archive::reader::ArchiveReader;
use crate::archive_path::shown;
use crate::catalog::Catalog;
use crate::destinations::folder::{FoundArchive, Sidecar, read_sidecar};
use crate::destinations::stored::{open_archive, sha256_of_archive};
use crate::hash::{hex, sha256_of_hex};
use crate::monitor::Monitor;

/// What an archive says it is.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    pub name: String,
    pub path: PathBuf,
    pub computer_id: String,
    pub computer: String,
    pub plan: String,
    pub backup: String,
    pub at: i64,
    pub part: u32,
    pub last: bool,
    pub sha256: [u8; 32],
    /// The places that hold a copy, each with the time at which it was made, in seconds since 1970.
    pub copies: Vec<(i64, i64)>,
    /// True when the catalog had it before.
    pub known: bool,
}

/// The checksums by which archives are called where others need them.
#[derive(Debug, Default)]
pub(super) struct NeededSums {
    sums: HashMap<String, BTreeSet<[u8; 32]>>,
    /// By the archive's name: the backups that need it; None is what the catalog knows already.
    needed_by: HashMap<String, BTreeSet<Option<String>>>,
    /// Backups whose last part was found.
    finished: BTreeSet<String>,
}

impl NeededSums {
    pub fn add(&mut self, name: &str, sha256: [u8; 32], by: Option<&str>) {
        self.sums.entry(name.into()).or_default().insert(sha256);
        self.needed_by.entry(name.into()).or_default().insert(by.map(str::to_owned));
    }
    /// True when a finished backup other than its own needs an archive. The parts of one that was never finished
    /// need each other: that makes none of them worth keeping.
    pub fn is_needed(&self, name: &str, own_backup: &str) -> bool {
        let counts = |by: &Option<String>| by.as_ref().is_none_or(|by| by != own_backup && self.finished.contains(by));
        self.needed_by.get(name).is_some_and(|needed_by| needed_by.iter().any(counts))
    }
}

/// Opens an archive's tail and checks that it is the one that its name says.
pub(super) fn open(path: &Path, name: &str) -> Result<ArchiveReader, ArchiveError> {
    let reader = open_archive(path)?;
    let says = reader.own_name();
    if reader.metadata().part == 0 || says != name {
        let why = format!("its name is not its own: it says that it is {}", shown(says.as_bytes()));
        return Err(ArchiveError::NotAnArchive { path: path.into(), why });
    }
    Ok(reader)
}

/// Reads the tails of archives that the catalog does not know. What cannot be read is told in `problems`.
pub(super) fn read_tails(
    found: &[FoundArchive],
    sums: &mut NeededSums,
    problems: &mut Vec<String>,
    monitor: &dyn Monitor,
) -> Result<Vec<Tail>, RebuildError> {
    let mut tails = Vec::new();
    for archive in found {
        if monitor.should_stop() {
            return Err(RebuildError::Stopped);
        }
        let reader = match open(&archive.path, &archive.name) {
            Ok(reader) => reader,
            Err(e) => {
                problems.push(e.to_string());
                continue;
            }
        };
        for need in &reader.metadata().archives_needed {
            if let Some(sha256) = sha256_of_hex(&need.sha256) {
                sums.add(&need.name, sha256, Some(&reader.metadata().backup));
            }
        }
        if reader.metadata().last {
            sums.finished.insert(reader.metadata().backup.clone());
        }
        tails.push(tail(&archive.name, &reader));
    }
    Ok(tails)
}

/// What a reader tells, without checksum and copies.
pub(super) fn tail(name: &str, reader: &ArchiveReader) -> Tail {
    let metadata = reader.metadata();
    Tail {
        name: name.into(),
        path: reader.path().into(),
        computer_id: metadata.computer_id.clone(),
        computer: metadata.computer.clone(),
        plan: metadata.plan.clone(),
        backup: metadata.backup.clone(),
        at: metadata.time_secs,
        part: metadata.part,
        last: metadata.last,
        sha256: [0; 32],
        copies: Vec::new(),
        known: false,
    }
}

/// Finds the checksum of each archive: from its sidecar or from the archives that need it when they agree,
/// else by reading it. An archive that is another than the one that is needed is told in `problems` and
/// left out.
pub(super) fn find_sums(
    catalog: &Catalog,
    folder: &Path,
    tails: Vec<Tail>,
    sums: &mut NeededSums,
    problems: &mut Vec<String>,
    monitor: &dyn Monitor,
) -> Result<Vec<Tail>, RebuildError> {
    let mut kept = Vec::new();
    for mut tail in tails {
        if let Some(ghost) = catalog.archive_named(&tail.name)?.filter(|known| known.ghost) {
            sums.add(&tail.name, ghost.sha256, None);
        }
        let sidecar = match read_sidecar(folder, &tail.name) {
            Ok(Sidecar::Sha256(sha256)) => Some(sha256),
            Ok(Sidecar::Missing) => None,
            Ok(Sidecar::Malformed(why)) => {
                problems.push(format!("the checksum file of {} is not used: {why}", tail.name));
                None
            }
            Err(e) => {
                problems.push(e.to_string());
                None
            }
        };
        let needed = sums.sums.get(&tail.name);
        let said: BTreeSet<[u8; 32]> = needed.into_iter().flatten().copied().chain(sidecar).collect();
        tail.sha256 = match said.len() {
            1 => said.into_iter().next().expect("it has one"),
            _ => match sha256_of_archive(&tail.path, |_| !monitor.should_stop()) {
                Ok(Some(sha256)) => sha256,
                Ok(None) => return Err(RebuildError::Stopped),
                Err(e) => {
                    problems.push(e.to_string());
                    continue;
                }
            },
        };
        if needed.is_some_and(|needed| !needed.contains(&tail.sha256)) {
            problems.push(format!(
                "{} is not the archive that other archives need (its SHA-256 is {})",
                tail.path.display(),
                hex(&tail.sha256)
            ));
            continue;
        }
        if sidecar.is_some_and(|sidecar| sidecar != tail.sha256) {
            problems.push(format!("the checksum file of {} does not agree with the archive", tail.name));
        }
        kept.push(tail);
    }
    Ok(kept)
}
