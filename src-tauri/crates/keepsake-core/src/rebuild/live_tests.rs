//! Real backups of a folder that lives for some days, and the catalog made anew from their archives.

use std::path::PathBuf;

use fs_err as fs;

use super::test_house::answers;
use super::*;
use crate::archive::test_support::noise;
use crate::backup::{BackupRequest, FolderSource, backup};
use crate::clock::FixedClock;
use crate::monitor::Silent;

/// A small generator of numbers, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn source(name: &str, path: PathBuf) -> FolderSource {
    FolderSource { name: name.into(), path, exclude: Vec::new(), one_file_system: true, exclude_caches: true }
}

fn clock(day: i64) -> FixedClock {
    let start: jiff::Zoned = "2026-03-03T02:05:00+01:00[Europe/Berlin]".parse().unwrap();
    FixedClock(start.checked_add(jiff::Span::new().days(day)).unwrap())
}

/// One thing that a family does to its files. Fails where there is nothing to do it to.
fn happen(top: &Path, dice: &mut Dice) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = ["", "sub", "sub/deep", "b"][dice.below(4) as usize];
    let at = top.join(folder).join(format!("f{}", dice.below(8)));
    let other = top.join("sub").join(format!("f{}", dice.below(8)));
    std::fs::create_dir_all(top.join(folder))?;
    std::fs::create_dir_all(top.join("sub"))?;
    match dice.below(10) {
        0..=1 => std::fs::write(at, noise(dice.below(6), dice.below(40) as usize * 1000)),
        // A large file, of which little changes later.
        2 if !at.is_file() => std::fs::write(at, noise(dice.below(6), 200_000)),
        2 => std::fs::OpenOptions::new().write(true).open(at).and_then(|file| {
            std::os::unix::fs::FileExt::write_all_at(&file, &noise(dice.below(99), 500), dice.below(180_000))
        }),
        3 => std::fs::rename(at, other),
        4 => std::fs::copy(at, other).map(|_| ()),
        5 => std::fs::remove_file(at),
        6 => std::fs::hard_link(at, other),
        7 => std::os::unix::fs::symlink("f1", at),
        8 => std::fs::set_permissions(at, std::fs::Permissions::from_mode(0o600 + dice.below(64) as u32)),
        _ => std::fs::remove_dir_all(top.join("sub/deep")),
    }
}

#[test]
fn real_histories_are_rebuilt_as_they_were_recorded() {
    let mut further_parts = 0;
    for seed in 1..=6 {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let mut dice = Dice(seed * 0x9e37_79b9);
        let mut request = BackupRequest {
            plan: "family".into(),
            computer: ("kitchen".into(), "0123456789abcdef".into()),
            sources: vec![source("home", at("home")), source("music", at("music"))],
            backup_dir: at("store"),
            places: Vec::new(),
            data_dir: at("data"),
            compression: 1,
            max_archive_bytes: 1 << 20,
            patch_from_bytes: 50_000,
            renewal: crate::backup::RenewalRules::default(),
            full: false,
        };
        fs::create_dir(at("home")).unwrap();
        fs::create_dir(at("music")).unwrap();
        for day in 0..7 {
            for top in ["home", "music"] {
                for _ in 0..if day == 0 { 60 } else { 6 } {
                    let _ = happen(&at(top), &mut dice);
                }
            }
            // Sometimes a drive is absent, a source leaves the plan, or everything is stored anew.
            let absent = dice.below(3) == 0;
            if absent {
                fs::rename(at("music"), at("away")).unwrap();
            }
            request.sources.truncate(1);
            if dice.below(4) > 0 {
                request.sources.push(source("music", at("music")));
            }
            request.full = dice.below(6) == 0;
            // Small parts, so that there are several.
            request.max_archive_bytes = if dice.below(2) == 0 { 1 << 17 } else { 1 << 22 };
            let catalog = Catalog::open(&request.data_dir).unwrap();
            backup(&catalog, &request, &clock(day), &Silent).unwrap();
            if absent {
                fs::rename(at("away"), at("music")).unwrap();
            }
        }
        let live = Catalog::open(&request.data_dir).unwrap();
        let anew = Catalog::open(&at("anew")).unwrap();
        let imported = import_folder(&anew, &request.backup_dir, "this computer", true, &clock(9), &Silent).unwrap();
        assert_eq!(imported.problems, Vec::<String>::new(), "seed {seed}");
        assert_eq!((imported.backups, imported.unfinished.len()), (7, 0));
        let (live_answers, answers_anew) = (answers(&live), answers(&anew));
        for (live, anew) in live_answers.iter().zip(&answers_anew) {
            assert_eq!(live, anew, "seed {seed}");
        }
        assert_eq!(live_answers.len(), answers_anew.len(), "seed {seed}");
        // Whichever archive turns up last, the answer is the same.
        let names: Vec<String> = live.archives().unwrap().into_iter().map(|a| a.name).collect();
        further_parts += names.len() - 7;
        let late = &names[dice.below(names.len() as u64 - 1) as usize];
        fs::rename(at("store").join(late), at("late")).unwrap();
        let gap = Catalog::open(&at("gap")).unwrap();
        import_folder(&gap, &request.backup_dir, "this computer", true, &clock(9), &Silent).unwrap();
        fs::rename(at("late"), at("store").join(late)).unwrap();
        reconcile(&gap, &request.backup_dir, &clock(9), &Silent).unwrap();
        assert!(answers(&gap) == live_answers, "seed {seed}, {late}");
        assert!(reconcile(&live, &request.backup_dir, &clock(9), &Silent).unwrap().imported.archives.is_empty());
    }
    assert!(further_parts > 10, "{further_parts}");
}
