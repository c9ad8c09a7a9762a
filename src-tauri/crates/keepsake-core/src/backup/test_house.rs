//! A home folder that is backed up day after day, for tests.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;
use jiff::Zoned;

use super::{BackupError, BackupReport, BackupRequest, FolderSource, backup};
use crate::archive::reader::ArchiveReader;
use crate::catalog::Catalog;
use crate::clock::FixedClock;
use crate::monitor::{Collecting, Monitor};

/// A home folder, a backup folder and a state folder.
pub(crate) struct Home {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) request: BackupRequest,
    pub(crate) day: i64,
}

impl Home {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("home")).unwrap();
        let request = BackupRequest {
            plan: "family".into(),
            computer: ("kitchen".into(), "0123456789abcdef".into()),
            sources: vec![source("home", at("home"))],
            backup_dir: at("store"),
            places: Vec::new(),
            data_dir: at("data"),
            compression: 1,
            max_archive_bytes: 4_000_000_000,
            patch_from_bytes: 50_000,
            renewal: crate::backup::RenewalRules::default(),
            full: false,
        };
        Self { dir, request, day: 0 }
    }
    pub(crate) fn at(&self, relative: &str) -> PathBuf {
        self.dir.path().join("home").join(relative)
    }
    pub(crate) fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        fs::create_dir_all(self.at(relative).parent().unwrap()).unwrap();
        fs::write(self.at(relative), content).unwrap();
    }
    /// Waits until the times of a file would tell of a change: until then it is read again each time.
    pub(crate) fn until_settled(&self, relative: &str) {
        let changed = fs::symlink_metadata(self.at(relative)).unwrap();
        let changed = std::time::Duration::new(changed.ctime() as u64, changed.ctime_nsec() as u32);
        let age = || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().saturating_sub(changed);
        while age() <= crate::backup::content::TIME_STEP {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
    pub(crate) fn catalog(&self) -> Catalog {
        Catalog::open(&self.request.data_dir).unwrap()
    }
    pub(crate) fn back_up(&mut self) -> BackupReport {
        self.try_back_up(&Collecting::default()).unwrap()
    }
    pub(crate) fn try_back_up(&mut self, monitor: &dyn Monitor) -> Result<BackupReport, BackupError> {
        self.day += 1;
        backup(&self.catalog(), &self.request, &clock(self.day), monitor)
    }
    pub(crate) fn paths(&self, report: &BackupReport) -> Vec<String> {
        let catalog = self.catalog();
        let row = catalog.backups(None).unwrap().into_iter().find(|b| b.name == report.backup).unwrap();
        catalog.entries(&row, None).map(|e| e.unwrap().entry.path.to_string()).collect()
    }
    /// Unpacks everything the newest backup needs with tar, oldest first, and runs the script.
    pub(crate) fn by_hand(&self, report: &BackupReport) -> PathBuf {
        let out = self.dir.path().join(format!("by-hand-{}", self.day));
        fs::create_dir(&out).unwrap();
        let last = self.request.backup_dir.join(report.archives.last().unwrap());
        let reader = ArchiveReader::open(&last).unwrap();
        let needed = reader.metadata().archives_needed.iter().map(|need| need.name.clone());
        for name in needed.chain([report.archives.last().unwrap().clone()]) {
            run(Command::new("tar").arg("-xpzf").arg(self.request.backup_dir.join(&name)).current_dir(&out));
        }
        let script = out.join("FINISH_BY_HAND.sh");
        if script.exists() {
            run(Command::new("sh").arg(&script).current_dir(&out));
        }
        out.join("home")
    }
}

pub(crate) fn source(name: &str, path: PathBuf) -> FolderSource {
    FolderSource { name: name.into(), path, exclude: Vec::new(), one_file_system: true, exclude_caches: true }
}

pub(crate) fn clock(day: i64) -> FixedClock {
    let start: Zoned = "2026-03-03T02:05:00+01:00[Europe/Berlin]".parse().unwrap();
    FixedClock(start.checked_add(jiff::Span::new().days(day)).unwrap())
}

pub(crate) fn run(command: &mut Command) {
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// A file that a person would miss: path, content, mode, time.
pub(crate) type Missed = (Vec<u8>, Vec<u8>, u32, i64);

/// Every file below a folder.
pub(crate) fn contents(top: &Path) -> Vec<Missed> {
    let mut found = Vec::new();
    let mut folders = vec![top.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            if meta.is_dir() {
                folders.push(path);
            } else {
                let relative = path.strip_prefix(top).unwrap().as_os_str().as_bytes().to_vec();
                // A link's mode and time are not worth anything to anybody.
                if meta.is_symlink() {
                    let target = fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes();
                    found.push((relative, target, 0, 0));
                } else {
                    found.push((relative, fs::read(&path).unwrap(), meta.mode() & 0o7777, meta.mtime()));
                }
            }
        }
    }
    found.sort();
    found
}
