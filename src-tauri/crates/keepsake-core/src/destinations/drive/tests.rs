use std::os::unix::fs::symlink;
use std::path::PathBuf;

use fs_err as fs;

use super::*;
use crate::atomic_file::{FAULT_TESTS, Step, set_fault};
use crate::hash::sha256;
use crate::settings::DriveColor;

const ONE: &str = "family_20260303_020500.tar.gz";

/// A drive that was just set up, and all that belongs to it.
pub(crate) struct Stick {
    pub dir: tempfile::TempDir,
    pub family: Family,
    pub drive: DriveSettings,
    /// What opens its copies, where they are locked.
    pub key: Option<RecoveryKey>,
}

pub(crate) fn family(seed: u8) -> Family {
    let recipient = RecoveryKey::generate().recipient();
    Family {
        id: format!("{:016x}", u64::from(seed)),
        drive_key: DriveKey::new(&[seed; 32]),
        recipient,
        older: Vec::new(),
    }
}

impl Stick {
    pub fn new() -> Self {
        let stick = Self::stranger();
        stick.adopt(&stick.family).unwrap();
        stick
    }

    pub fn stranger() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("mnt")).unwrap();
        let drive = DriveSettings {
            name: "Blue drive".into(),
            id: DriveId::of_bytes([7; 16]),
            file_system: "4F21-99AB".into(),
            color: DriveColor::Blue,
            is_encrypted: false,
            stays_plugged_in: false,
        };
        Self { dir, family: family(1), drive, key: None }
    }

    /// One whose copies are locked.
    pub fn locked() -> Self {
        let mut stick = Self::stranger();
        let key = RecoveryKey::generate();
        stick.drive.is_encrypted = true;
        stick.family.recipient = key.recipient();
        stick.key = Some(key);
        stick.adopt(&stick.family).unwrap();
        stick
    }

    pub fn mounted(&self) -> Mounted {
        let file_system = self.drive.file_system.clone();
        Mounted { folder: self.dir.path().join("mnt"), device: None, file_system, is_fat: false }
    }

    pub fn adopt(&self, family: &Family) -> Result<DriveFolder, NotOurs> {
        let adoption = Adoption { drive: &self.drive, hardware: "SanDisk_4C53", now_secs: 1, computer: "kitchen" };
        DriveFolder::adopt(&self.mounted(), &adoption, family)
    }

    pub fn open(&self) -> Result<DriveFolder, NotOurs> {
        let drive = DriveFolder::open(&self.mounted(), &self.drive, "SanDisk_4C53", &self.family)?;
        Ok(drive.with_keys(self.key.iter().cloned().collect()))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("mnt/Keepsake").join(name)
    }
}

/// True for what is done through a handle on a folder below this one.
pub(crate) fn is_through_handle_below(folder: &Path, at: &Path) -> bool {
    let handle: PathBuf = at.components().take(5).collect();
    at.starts_with("/proc/self/fd") && fs::read_link(handle).is_ok_and(|real| real.starts_with(folder))
}

fn put(drive: &DriveFolder, name: &str, content: &[u8]) {
    drive.put(name, &mut &*content, &sha256(content), &mut |_| true).unwrap();
}

#[test]
fn a_drive_is_known_by_all_of_it_or_not_at_all() {
    let stick = Stick::new();
    assert_eq!(stick.open().unwrap().id(), stick.drive.id);
    let with = |change: &dyn Fn(&mut DriveSettings)| {
        let mut drive = stick.drive.clone();
        change(&mut drive);
        DriveFolder::open(&stick.mounted(), &drive, "SanDisk_4C53", &stick.family).unwrap_err()
    };
    assert!(matches!(with(&|drive| drive.id = DriveId::of_bytes([8; 16])), NotOurs::OtherDrive));
    assert!(matches!(with(&|drive| drive.file_system = "0000-0000".into()), NotOurs::CopiedMarker));
    let on_other = Mounted { file_system: "1111-1111".into(), ..stick.mounted() };
    let copied = DriveFolder::open(&on_other, &stick.drive, "SanDisk_4C53", &stick.family);
    assert!(matches!(copied.unwrap_err(), NotOurs::CopiedMarker));
    let on_clone = DriveFolder::open(&stick.mounted(), &stick.drive, "Generic_01", &stick.family);
    assert!(matches!(on_clone.unwrap_err(), NotOurs::Clone));
    // Some hardware tells nothing of itself.
    DriveFolder::open(&stick.mounted(), &stick.drive, "", &stick.family).unwrap();
    let other = DriveFolder::open(&stick.mounted(), &stick.drive, "", &family(2));
    assert!(matches!(other.unwrap_err(), NotOurs::OtherFamily { computer } if computer == "kitchen"));
    // Somebody changed the marker.
    let marker = stick.path(MARKER_NAME);
    let text = fs::read_to_string(&marker).unwrap();
    fs::write(&marker, text.replace("kitchen", "kitchem")).unwrap();
    assert!(matches!(stick.open().unwrap_err(), NotOurs::DamagedMarker));
    fs::remove_file(&marker).unwrap();
    assert!(matches!(stick.open().unwrap_err(), NotOurs::NoMarker));
}

#[test]
fn looking_at_a_stranger_writes_nothing() {
    let stick = Stick::stranger();
    assert_eq!(DriveFolder::look(&stick.mounted(), Some(&stick.family)).unwrap(), FoundMarker::Nothing);
    assert!(matches!(stick.open().unwrap_err(), NotOurs::NoMarker));
    assert_eq!(fs::read_dir(stick.mounted().folder).unwrap().count(), 0);
}

#[test]
fn another_familys_drive_is_not_taken_over() {
    let stick = Stick::new();
    let before = fs::read_to_string(stick.path(MARKER_NAME)).unwrap();
    assert!(matches!(stick.adopt(&family(2)).unwrap_err(), NotOurs::OtherFamily { .. }));
    assert_eq!(fs::read_to_string(stick.path(MARKER_NAME)).unwrap(), before);
}

#[test]
fn what_stands_in_the_place_of_the_folder_is_left_alone() {
    for stands in ["file", "link", "broken link"] {
        let stick = Stick::stranger();
        let (at, elsewhere) = (stick.mounted().folder.join(FOLDER_NAME), stick.dir.path().join("elsewhere"));
        fs::create_dir(&elsewhere).unwrap();
        match stands {
            "file" => fs::write(&at, "mine").unwrap(),
            "link" => symlink(&elsewhere, &at).unwrap(),
            _ => symlink("/nowhere", &at).unwrap(),
        }
        let refused = stick.adopt(&stick.family).unwrap_err();
        assert!(matches!(&refused, NotOurs::Destination(DestinationError::File(_))), "{stands}: {refused:?}");
        assert!(refused.to_string().contains("mnt/Keepsake"), "{refused}");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0, "{stands}");
    }
}

#[test]
fn only_what_is_whole_is_listed() {
    let stick = Stick::new();
    let drive = stick.open().unwrap();
    put(&drive, ONE, b"an archive");
    assert_eq!(drive.list().unwrap(), [HeldFile { name: ONE.into(), bytes: 10 }]);
    let sidecar = stick.path(&sidecar_name(ONE));
    let good = fs::read_to_string(&sidecar).unwrap();
    for (file, content) in [
        (ONE, "an archiv".to_string()),
        (&sidecar_name(ONE), good.replace("bytes 10", "bytes 11")),
        (&sidecar_name(ONE), good.lines().next().unwrap().to_string() + "\n"),
        (&sidecar_name(ONE), String::new()),
    ] {
        let before = fs::read(stick.path(file)).unwrap();
        fs::write(stick.path(file), content).unwrap();
        assert_eq!(drive.list().unwrap(), []);
        assert!(!drive.prove(ONE, &sha256(b"an archive"), &mut |_| true).unwrap());
        fs::write(stick.path(file), before).unwrap();
    }
    // A pipe, a folder and a link with such names are passed over, and nobody waits for them.
    for name in ["a_20260303_020500.tar.gz", "b_20260303_020500.tar.gz.age"] {
        symlink(stick.path(ONE), stick.path(name)).unwrap();
        fs::create_dir(stick.path(&sidecar_name(name))).unwrap();
    }
    assert_eq!(drive.list().unwrap().len(), 1);
}

#[test]
fn every_changed_byte_on_the_medium_is_found_without_a_key() {
    let stick = Stick::new();
    let drive = stick.open().unwrap();
    let content: Vec<u8> = (0..3_000_000u32).map(|n| n as u8).collect();
    put(&drive, ONE, &content);
    let sum = sha256(&content);
    let mut read_bytes = 0;
    let proven = drive.prove(ONE, &sum, &mut |bytes| {
        read_bytes += bytes;
        true
    });
    assert!(proven.unwrap());
    assert_eq!(read_bytes, 3_000_000);
    assert!(!drive.prove(ONE, &[0; 32], &mut |_| true).unwrap(), "it is of another archive");
    for at in [0, 1_500_000, 2_999_999] {
        let mut changed = content.clone();
        changed[at] ^= 1;
        fs::write(stick.path(ONE), changed).unwrap();
        assert!(!drive.prove(ONE, &sum, &mut |_| true).unwrap(), "{at}");
    }
    assert!(matches!(drive.prove(ONE, &sum, &mut |_| false).unwrap_err(), DestinationError::Stopped));
}

#[test]
fn a_file_that_fat_refuses_is_in_pieces_that_cat_joins() {
    let stick = Stick::new();
    let mut drive = stick.open().unwrap();
    drive.most_bytes = 1_000;
    let content: Vec<u8> = (0..2_500u32).map(|n| (n / 7) as u8).collect();
    put(&drive, ONE, &content);
    assert_eq!(drive.list().unwrap(), [HeldFile { name: ONE.into(), bytes: 2_500 }]);
    assert!(drive.prove(ONE, &sha256(&content), &mut |_| true).unwrap());
    // `NAME.*` would be the checksum file, too.
    let parts = std::process::Command::new("sh")
        .args(["-c", &"cat NAME.[0-9]* > NAME && sha256sum -c NAME.sha256".replace("NAME", ONE)])
        .current_dir(stick.path(""))
        .output()
        .unwrap();
    assert!(parts.status.success(), "{}", String::from_utf8_lossy(&parts.stderr));
    let mut found = vec![0; 1_200];
    drive.open(ONE).unwrap().read_exact_at(&mut found, 900).unwrap();
    assert_eq!(found, content[900..2_100]);
    drive.remove(ONE).unwrap();
    assert_eq!(drive.list().unwrap(), []);
    let left: Vec<_> = fs::read_dir(stick.path("")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("family")), "{left:?}");
}

#[test]
fn whatever_stands_at_the_path_only_the_drive_itself_is_written() {
    let stick = Stick::new();
    let drive = stick.open().unwrap();
    put(&drive, ONE, b"1");
    // Pulled out, and another one mounted in its place, with a folder of Keepsake.
    fs::rename(stick.dir.path().join("mnt"), stick.dir.path().join("away")).unwrap();
    fs::create_dir_all(stick.path("")).unwrap();
    for done in [
        drive.put("family_20260304_020500.tar.gz", &mut &b"2"[..], &sha256(b"2"), &mut |_| true),
        drive.remove(ONE),
        drive.remove_leftovers(&|_| true),
        drive.explain(true),
    ] {
        assert!(matches!(done.unwrap_err(), DestinationError::Absent { .. }));
    }
    assert_eq!(fs::read_dir(stick.path("")).unwrap().count(), 0);
}

#[test]
fn one_that_is_pulled_out_is_told_by_its_device() {
    let stick = Stick::new();
    let device = stick.dir.path().join("sdb1");
    fs::write(&device, "").unwrap();
    let mounted = Mounted { device: Some(device.clone()), ..stick.mounted() };
    let drive = DriveFolder::open(&mounted, &stick.drive, "", &stick.family).unwrap();
    put(&drive, ONE, b"1");
    fs::remove_file(&device).unwrap();
    let error = drive.list().unwrap_err();
    assert!(matches!(&error, DestinationError::Absent { why, .. } if *why == "it was pulled out"), "{error}");
}

#[test]
fn leftovers_of_a_killed_run_go_and_nothing_else() {
    let stick = Stick::new();
    let drive = stick.open().unwrap();
    put(&drive, ONE, b"1");
    let leftovers = [
        format!("{ONE}.partial"),
        format!("{ONE}.age.partial"),
        format!("{ONE}.age.003.partial"),
        format!("{ONE}.sha256.partial"),
        format!("{ONE}.age.sha256.partial"),
    ];
    let others = ["holiday.partial".to_string(), format!("other_{}.partial", &ONE[7..])];
    for name in leftovers.iter().chain(&others) {
        fs::write(stick.path(name), "x").unwrap();
    }
    drive.remove_leftovers(&|name| name == ONE).unwrap();
    for name in &leftovers {
        assert!(!stick.path(name).exists(), "{name}");
    }
    assert!(others.iter().all(|name| stick.path(name).exists()));
    assert_eq!(drive.list().unwrap().len(), 1);
}

#[test]
fn locked_copies_are_proven_without_the_key_and_opened_with_it() {
    let mut stick = Stick::locked();
    let key = stick.key.take().unwrap();
    let mut drive = stick.open().unwrap();
    drive.most_bytes = 1_000_000;
    let content: Vec<u8> = (0..2_500_000u32).map(|n| (n / 3) as u8).collect();
    put(&drive, ONE, &content);
    assert_eq!(drive.list().unwrap(), [HeldFile { name: ONE.into(), bytes: 2_500_000 }]);
    assert!(drive.prove(ONE, &sha256(&content), &mut |_| true).unwrap());
    let names: Vec<String> =
        fs::read_dir(stick.path("")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.contains(&format!("{ONE}.age.003")) && !names.contains(&ONE.to_string()), "{names:?}");
    // Nothing of it can be read by who finds the drive.
    let lock = drive.open(ONE).unwrap_err();
    assert!(matches!(lock, DestinationError::Unreadable { .. }), "{lock:?}");
    assert!(stick.open().unwrap().with_keys(vec![RecoveryKey::generate()]).open(ONE).is_err());
    let opened = stick.open().unwrap().with_keys(vec![key]).open(ONE).unwrap();
    let mut found = vec![0; 1_000_000];
    opened.read_exact_at(&mut found, 900_000).unwrap();
    assert_eq!(opened.length().unwrap(), 2_500_000);
    assert!(found == content[900_000..1_900_000]);
    let text = fs::read_to_string(stick.path("START HERE.txt")).unwrap();
    assert!(text.contains("recovery sheet"));
}

#[test]
fn a_drive_from_before_the_key_was_changed_is_known_and_belongs_to_the_new_one_from_then_on() {
    let mut stick = Stick::new();
    put(&stick.open().unwrap(), ONE, b"an archive");
    let before = std::mem::replace(&mut stick.family, family(2));
    assert!(matches!(stick.open().unwrap_err(), NotOurs::OtherFamily { .. }), "nobody has said that it was ours");
    stick.family.older = vec![(before.id.clone(), before.drive_key.clone())];
    let drive = stick.open().unwrap();
    assert_eq!(drive.list().unwrap().len(), 1);
    assert!(drive.prove(ONE, &sha256(b"an archive"), &mut |_| true).unwrap());
    drive.explain(false).unwrap();
    stick.family.older.clear();
    stick.open().unwrap();
    stick.family = before;
    assert!(matches!(stick.open().unwrap_err(), NotOurs::OtherFamily { .. }));
}

#[test]
fn links_on_a_hostile_drive_lead_nowhere() {
    let stick = Stick::new();
    let precious = stick.dir.path().join("precious");
    fs::write(&precious, "mine").unwrap();
    let drive = stick.open().unwrap();
    for name in ["START HERE.txt", MARKER_NAME, ONE, &sidecar_name(ONE)] {
        let _ = fs::remove_file(stick.path(name));
        symlink(&precious, stick.path(&format!("{name}.partial"))).unwrap();
        symlink(&precious, stick.path(name)).unwrap();
    }
    drive.explain(false).unwrap();
    put(&drive, ONE, b"an archive");
    stick.adopt(&stick.family).unwrap();
    assert_eq!(fs::read(&precious).unwrap(), b"mine");
    assert_eq!(stick.open().unwrap().list().unwrap().len(), 1);
}

/// At each step on the drive that can fail, whatever is done there: people are told the drive's own path.
#[test]
fn no_message_names_the_handle() {
    use crate::atomic_file::{FAULT_TESTS, set_fault};
    type Act = fn(&Stick) -> Result<(), String>;
    let said = |e: &dyn fmt::Display| e.to_string();
    let adopt: Act = |stick| stick.adopt(&stick.family).map(drop).map_err(|e| e.to_string());
    let put: Act = |stick| {
        let drive = stick.open().map_err(|e| e.to_string())?;
        drive.put(ONE, &mut &b"content"[..], &sha256(b"content"), &mut |_| true).map_err(|e| e.to_string())
    };
    let tidy: Act = |stick| {
        let drive = stick.open().map_err(|e| e.to_string())?;
        let _lock = drive.lock("copying", false).map_err(|e| e.to_string())?;
        drive.explain(true).map_err(|e| e.to_string())?;
        drive.remove_leftovers(&|_| true).map_err(|e| e.to_string())?;
        drive.remove(ONE).map_err(|e| e.to_string())
    };
    let _alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for (name, act) in [("adopt", adopt), ("put", put), ("tidy", tidy)] {
        let mut fails_at = 0;
        loop {
            let stick = Stick::locked();
            self::put(&stick.open().unwrap(), ONE, b"before");
            let (count, top) = (std::sync::atomic::AtomicUsize::new(0), stick.dir.path().to_path_buf());
            set_fault(Some(Box::new(move |_, path| {
                if !path.starts_with(&top) && !is_through_handle_below(&top, path) {
                    return None;
                }
                let step = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                (step == fails_at).then(|| std::io::Error::other("the medium is worn out"))
            })));
            let done = act(&stick);
            set_fault(None);
            let Err(told) = done else { break };
            assert!(!told.contains("/proc/"), "{name}, step {fails_at}: {told}");
            fails_at += 1;
            assert!(fails_at < 100, "{name} never succeeds");
        }
        assert!(fails_at >= 2, "{name}: only {fails_at} steps failed");
    }
    // What cannot be listed at all.
    let stick = Stick::locked();
    let drive = stick.open().unwrap();
    fs::remove_dir_all(stick.path("")).unwrap();
    assert!(!said(&drive.list().unwrap_err()).contains("/proc/"));
}

#[test]
fn parts_that_a_power_cut_left_of_a_removed_copy_take_no_room_for_ever() {
    for left in [&["002", "003"][..], &["001", "003"], &["000"], &["007"]] {
        let stick = Stick::new();
        for number in left {
            fs::write(stick.path(&format!("{ONE}.{number}")), "of an older one").unwrap();
        }
        let drive = stick.open().unwrap();
        assert!(drive.stands().unwrap().contains(ONE));
        // A copy that is made beside them is one all the same.
        put(&drive, ONE, b"content");
        assert_eq!(drive.list().unwrap().len(), 1, "{left:?}");
        for number in left {
            fs::write(stick.path(&format!("{ONE}.{number}")), "of an older one").unwrap();
        }
        drive.remove(ONE).unwrap();
        assert!(drive.stands().unwrap().is_empty(), "{left:?}: {:?}", drive.stands());
    }
}

#[test]
fn a_copy_in_parts_goes_from_its_end_so_that_what_is_left_is_still_found() {
    let _alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let stick = Stick::new();
    for number in 1..=3 {
        fs::write(stick.path(&format!("{ONE}.{number:03}")), "of an older one").unwrap();
    }
    let (drive, dir) = (stick.open().unwrap(), stick.dir.path().canonicalize().unwrap());
    let removed = std::sync::atomic::AtomicUsize::new(0);
    set_fault(Some(Box::new(move |step, path| {
        let is_part = step == Step::Remove
            && is_through_handle_below(&dir, path)
            && whole_of_piece(&path.to_string_lossy()).is_some();
        let is_cut = is_part && removed.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0;
        is_cut.then(|| std::io::Error::other("no power"))
    })));
    let done = drive.remove(ONE);
    set_fault(None);
    assert!(done.is_err());
    assert!(stick.path(&format!("{ONE}.001")).exists() && !stick.path(&format!("{ONE}.003")).exists());
}
