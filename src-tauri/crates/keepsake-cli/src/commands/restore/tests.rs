use super::*;
use keepsake_core::archive::metadata::{SourceState, SourceSummary};
use keepsake_core::catalog::CatalogError;

fn source(name: &str, path: &str, state: SourceState) -> SourceSummary {
    let (name, kind, path) = (name.into(), "folder".into(), path.into());
    SourceSummary { name, kind, path, state, files: 0, bytes: 0, new_files: 0, new_bytes: 0, problems: 0 }
}

pub(super) fn backup() -> BackupRow {
    BackupRow {
        id: 1,
        chain: 1,
        name: "family_20260303_020500".into(),
        plan: "family".into(),
        computer: "attic".into(),
        computer_id: "1".into(),
        at: 1_772_499_900,
        time: "2026-03-03T02:05:00+01:00[Europe/Berlin]".into(),
        stored_bytes: 0,
        complete: true,
        problem_count: 0,
        problems: vec![],
        sources: vec![
            source("photos", "/old/photos", SourceState::Collected),
            source("notes", "/old/notes", SourceState::Collected),
            source("disk", "/old/disk", SourceState::Unknown),
            source("database", "postgres:memu", SourceState::Collected),
        ],
    }
}

#[test]
fn in_place_is_where_the_settings_say_and_otherwise_where_it_was() {
    let text = "backup_dir = \"/b\"\n[[plan]]\nname = \"family\"\n[[plan.source]]\nname = \"photos\"\nkind = \"folder\"\npath = \"/new/photos\"\n";
    let settings = Settings::parse(text, Path::new("c"), Path::new("/h")).expect("settings");
    let sources = folders(&backup(), Some(&settings), "1");
    assert_eq!(sources["photos"], Path::new("/new/photos"));
    assert_eq!(sources["notes"], Path::new("/old/notes"));
    assert!(!sources.contains_key("database"));
    let target = Target::InPlace { sources };
    assert_eq!(place(&target, &backup(), &[], &|_| false), "/old/notes, /new/photos");
    let one = ArchivePath::new("notes/a").expect("a path");
    assert_eq!(place(&target, &backup(), &[one], &|_| false), "/old/notes");
    assert_eq!(folders(&backup(), None, "1")["photos"], Path::new("/old/photos"));
    // Another computer's archive does not say where to write.
    assert_eq!(folders(&backup(), None, "2"), BTreeMap::new());
    assert_eq!(folders(&backup(), Some(&settings), "2").len(), 1);
}

#[test]
fn the_preview_has_four_counted_lines() {
    let found = Preview {
        new: FilesAndBytes { files: 1, bytes: 10_000 },
        changed: FilesAndBytes { files: 2, bytes: 4 },
        same: FilesAndBytes { files: 41_204, bytes: 2_100_000_000 },
        newer_here: FilesAndBytes { files: 1, bytes: 2 },
        backup_at: backup().at,
        backup_time: backup().time,
    };
    let target = Target::InPlace { sources: BTreeMap::new() };
    let request = RestoreRequest { backup: backup(), paths: vec![], target };
    let now = Timestamp::from_second(backup().at + 2 * 86_400).expect("a time");
    let lines = preview_lines(&request, &found, "/home/anna", true, now);
    assert_eq!(lines[0], "The backup of Tuesday 3 March 2026, 02:05 (family_20260303_020500) is 2 days old.");
    assert_eq!(lines[1], "  new                1 file       10 kB   not there now");
    assert_eq!(lines[3], "  same         41,204 files      2.1 GB   there already");
    assert_eq!(lines.len(), 6);
    assert!(lines[5].contains("/home/anna"));
}

#[test]
fn every_refusal_has_its_code() {
    let consent = RestoreError::NeedsConsent { folders: vec!["/home/anna".into()] };
    let told_consent = told(consent);
    assert_eq!(told_consent.exit, Exit::Input);
    assert!(told_consent.advice.contains("RESTORE"));
    let full = RestoreError::NotEnoughRoom { folder: "/x".into(), needed_bytes: 2, free_bytes: 1 };
    assert_eq!(told(full).exit, Exit::Failed);
    let damaged = CatalogError::Path(ArchivePath::new("/x").expect_err("absolute"));
    assert!(told(RestoreError::Catalog(damaged)).is_catalog_damaged);
}
