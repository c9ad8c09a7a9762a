//! A catalog with made-up backups, for tests of what is asked of it.

use super::{BackupRow, Catalog, NewBackup, StoredEntry};
use crate::archive::manifest::{Content, Entry, Node};
use crate::archive::metadata::{Metadata, SourceSummary};
use crate::archive_path::ArchivePath;
use crate::file_facts::FileFacts;
use std::path::Path;

/// An empty catalog with this computer's backup folder as place 1.
pub fn house() -> (tempfile::TempDir, Catalog) {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).unwrap();
    assert_eq!(catalog.place(Path::new("/backups"), "", true).unwrap(), 1);
    (dir, catalog)
}

/// A backup at this second, with new paths (folders end in `/`), and without those that went.
pub fn backup(catalog: &Catalog, at: i64, new: &[&str], gone: &[&str]) -> BackupRow {
    let new: Vec<(&str, u8)> = new.iter().map(|path| (*path, 0)).collect();
    backup_of(catalog, at, &new, gone)
}

/// As [`backup`]; each path with the byte that its hash is made of.
pub fn backup_of(catalog: &Catalog, at: i64, new: &[(&str, u8)], gone: &[&str]) -> BackupRow {
    let before = catalog.backups(None).unwrap();
    let before_at = before.last().map(|last| last.at);
    let id = before.len() as u32 + 1;
    let mut recorder = catalog.record("1", "attic", "family").unwrap();
    for (path, hash) in new {
        let is_folder = path.ends_with('/');
        let path = ArchivePath::new(path.trim_end_matches('/')).unwrap();
        let node = match is_folder {
            true => Node::Folder,
            false => Node::File(Content {
                size_bytes: 5,
                sha256: [*hash; 32],
                archive: id,
                tar_offset: 512,
                stored_bytes: 5,
                sparse: false,
                stored_as: None,
                patch: None,
            }),
        };
        let facts = FileFacts { mode: 0o644, ..FileFacts::default() };
        let entry = Entry { path, facts, user: "anna".into(), group: "anna".into(), node };
        let known = before_at.map(|_| catalog.open_entry(recorder.chain(), &entry.path).unwrap()).unwrap_or_default();
        if let (Some(known), Some(before_at)) = (known, before_at) {
            recorder.close(&entry.path, known.first_at, before_at).unwrap();
        }
        recorder.put(&StoredEntry { entry, first_at: at, last_at: None, described_in: id }).unwrap();
    }
    for path in gone {
        let path = ArchivePath::new(*path).unwrap();
        let known = catalog.open_entry(recorder.chain(), &path).unwrap().expect("it was there");
        recorder.close(&path, known.first_at, before_at.unwrap()).unwrap();
    }
    let name = format!("family_{at:08}");
    let time = jiff::Timestamp::from_second(at).unwrap().to_zoned(jiff::tz::TimeZone::UTC).to_string();
    let metadata = Metadata {
        format: 1,
        tool: "test".into(),
        computer: "attic".into(),
        computer_id: "1".into(),
        plan: "family".into(),
        backup: name.clone(),
        part: 1,
        last: true,
        time,
        time_secs: at,
        sources: vec![SourceSummary::folder("photos", "/home/anna/Pictures".into())],
        problems: vec![],
        problem_count: 0,
        archives_needed: vec![],
    };
    recorder.archive(id, &format!("{name}.tar.gz"), &metadata, 1000, &[0; 32], 1).unwrap();
    let needs: Vec<u32> = (1..=id).collect();
    let new = NewBackup { metadata: &metadata, stored_bytes: 1000, complete: true, needs: &needs };
    recorder.backup(&new).unwrap();
    recorder.commit().unwrap();
    catalog.backups(None).unwrap().pop().unwrap()
}
