use super::*;
use crate::error::Exit;

const HERE: &str = "1111";

/// A backup at a time in Berlin.
fn backup(chain: i64, plan: &str, computer: &str, time: &str, complete: bool) -> BackupRow {
    let time: Zoned = format!("{time}:00[Europe/Berlin]").parse().expect("a time");
    BackupRow {
        id: time.timestamp().as_second(),
        chain,
        name: format!("{plan}_{}", time.strftime("%Y%m%d_%H%M%S")),
        plan: plan.into(),
        computer: format!("computer {computer}"),
        computer_id: computer.into(),
        at: time.timestamp().as_second(),
        time: time.to_string(),
        stored_bytes: 0,
        complete,
        problem_count: 0,
        problems: Vec::new(),
        sources: Vec::new(),
    }
}

fn family(time: &str) -> BackupRow {
    backup(1, "family", HERE, time, true)
}

fn three_days() -> Vec<BackupRow> {
    ["2026-03-03T02:05", "2026-03-04T02:05", "2026-03-04T18:30", "2026-03-05T02:05"].map(family).into()
}

fn wanted(backup: &str, plan: Option<&str>) -> Wanted {
    Wanted { backup: backup.into(), plan: plan.map(String::from) }
}

fn chosen(backups: &[BackupRow], text: &str) -> String {
    let (found, remarks) = select(backups, &wanted(text, None), HERE).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    assert_eq!(remarks, [""; 0], "{text}");
    found.name.clone()
}

fn refused(backups: &[BackupRow], text: &str, plan: Option<&str>) -> CliError {
    let error = select(backups, &wanted(text, plan), HERE).err().unwrap_or_else(|| panic!("{text} was found"));
    assert_eq!(error.exit, Exit::Input);
    error
}

#[test]
fn names_and_days_and_minutes() {
    let backups = three_days();
    for (text, name) in [
        ("latest", "family_20260305_020500"),
        ("oldest", "family_20260303_020500"),
        ("2026-03-03", "family_20260303_020500"),
        ("2026-03-04", "family_20260304_183000"),
        ("2026-03-04 18:30", "family_20260304_183000"),
        ("2026-03-04 18:29", "family_20260304_020500"),
        ("2026-03-04T02:05", "family_20260304_020500"),
        ("2026-03-04 23:59", "family_20260304_183000"),
        ("family_20260304_020500", "family_20260304_020500"),
        ("family_20260304_020500.tar.gz", "family_20260304_020500"),
    ] {
        assert_eq!(chosen(&backups, text), name, "{text}");
    }
}

#[test]
fn the_day_is_that_of_the_computer_that_made_it() {
    // In Berlin it was the 4th already, in UTC still the 3rd.
    let backups = [family("2026-03-04T00:30")];
    assert_eq!(chosen(&backups, "2026-03-04"), "family_20260304_003000");
    refused(&backups, "2026-03-03", None);
}

#[test]
fn what_does_not_exist_gets_the_nearest() {
    let backups = three_days();
    for (text, near) in [
        ("2026-03-09", "family_20260305_020500"),
        ("2025-01-01", "family_20260303_020500"),
        // Before the first of that day: a backup of the day before is not what was asked for.
        ("2026-03-04 02:04", "family_20260304_020500"),
        ("family_20260303_02050", "family_20260303_020500"),
        ("fmaily_20260304_020500", "family_20260304_020500"),
        ("newest", "family_20260305_020500"),
        ("2026-13-40", "family_20260305_020500"),
        ("", "family_20260305_020500"),
    ] {
        let error = refused(&backups, text, None);
        assert!(error.advice.contains(near), "{text}: {error:?}");
        assert!(error.message.contains(text), "{error:?}");
    }
    assert!(refused(&[], "latest", None).message.contains("no backup yet"));
}

#[test]
fn of_several_plans_one_must_be_named() {
    let mut backups = three_days();
    backups.push(backup(2, "work", HERE, "2026-03-06T12:00", true));
    let error = refused(&backups, "latest", None);
    assert!(error.message.contains("family, work") && error.advice.contains("--plan"), "{error:?}");
    // Where only one plan has one, nothing is unclear.
    assert_eq!(chosen(&backups, "2026-03-06"), "work_20260306_120000");
    let (found, _) = select(&backups, &wanted("latest", Some("Family")), HERE).expect("found");
    assert_eq!(found.name, "family_20260305_020500");
    assert!(refused(&backups, "latest", Some("famly")).advice.contains("family"));
    assert!(refused(&backups, "latest", Some("zzz")).advice.contains("family, work"));
}

#[test]
fn backups_of_this_computer_come_before_imported_ones() {
    let mut backups = vec![
        backup(2, "family", "2222", "2026-03-06T12:00", true),
        backup(3, "family", "3333", "2026-03-07T12:00", true),
    ];
    let error = refused(&backups, "latest", None);
    assert!(error.message.contains("computer 2222, computer 3333"), "{error:?}");
    assert!(error.advice.contains("family_20260307_120000"), "{error:?}");
    backups.truncate(1);
    assert_eq!(chosen(&backups, "latest"), "family_20260306_120000");
    backups.insert(0, family("2026-03-03T02:05"));
    assert_eq!(chosen(&backups, "latest"), "family_20260303_020500");
    assert_eq!(chosen(&backups, "2026-03-06"), "family_20260306_120000");
}

#[test]
fn an_incomplete_backup_is_not_the_latest() {
    let mut backups = three_days();
    backups.push(backup(1, "family", HERE, "2026-03-06T02:05", false));
    let (found, remarks) = select(&backups, &wanted("latest", None), HERE).expect("found");
    assert_eq!(found.name, "family_20260305_020500");
    assert!(remarks[0].contains("family_20260306_020500 is newer"), "{remarks:?}");
    // Named, it is taken, and said.
    for text in ["family_20260306_020500", "2026-03-06"] {
        let (found, remarks) = select(&backups, &wanted(text, None), HERE).expect("found");
        assert_eq!(found.name, "family_20260306_020500");
        assert!(remarks[0].contains("incomplete"), "{remarks:?}");
    }
    // What is left of one is better than nothing.
    let rest = &backups[backups.len() - 1..];
    assert_eq!(select(rest, &wanted("latest", None), HERE).expect("found").1.len(), 1);
}

#[test]
fn a_newer_archive_that_cannot_be_read_is_told() {
    let backups = [backup(1, "family", HERE, "2026-03-04T12:00", true)];
    let told = |archive: &str, text: &str| {
        unreadable_newer(&backups[0], &wanted(text, None), &backups, &[archive.to_string()])
    };
    let remark = told("family_20260305_120000.tar.gz", "latest").expect("a remark");
    assert!(remark.contains("family_20260305_120000.tar.gz is newer") && remark.contains("family_20260304_120000"));
    assert!(told("family_20260305_120000_2.tar.gz", "latest").is_some());
    for (archive, text) in [
        ("family_20260303_120000.tar.gz", "latest"),
        ("family_20260304_120000.tar.gz", "latest"),
        ("family_20260304_120000_2.tar.gz", "latest"),
        ("familyx_20260305_120000.tar.gz", "latest"),
        ("family_20260305_120000.tar.gz", "oldest"),
        ("family_20260305_120000.tar.gz", "family_20260304_120000"),
    ] {
        assert_eq!(told(archive, text), None, "{archive} {text}");
    }
}

#[test]
fn a_newer_backup_that_was_made_and_is_nowhere_is_told() {
    let backups = [backup(1, "family", HERE, "2026-03-04T12:00", true)];
    let told = |made: &str, text: &str, here: &str| {
        vanished_newer(&backups[0], &wanted(text, None), &backups, &[made.to_string()], here)
    };
    let remark = told("family_20260305_120000", "latest", HERE).expect("a remark");
    assert!(remark.contains("family_20260305_120000 was made later"), "{remark}");
    assert_eq!(told("family_20260304_120000", "latest", HERE), None, "it is the one");
    assert_eq!(told("family_20260303_120000", "latest", HERE), None, "retention lets old ones go");
    assert_eq!(told("family_20260305_120000", "oldest", HERE), None);
    assert_eq!(told("family_20260305_120000", "latest", "another computer"), None);
}
