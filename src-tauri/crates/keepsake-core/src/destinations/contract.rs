//! What every destination must do, as tests over the trait. A further kind of destination adds one [`Ground`] and
//! calls [`keeps_the_contract`].

use std::cell::Cell;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use fs_err as fs;
use ring::digest;

use super::drive::tests::{Stick, is_through_handle_below};
use super::drive::{DriveFolder, NotOurs};
use super::{Destination, DestinationError, InFolder};
use crate::atomic_file::{FAULT_TESTS, Step, set_fault};

const ONE: &str = "family_20260303_020500.tar.gz";
const TWO: &str = "family_20260304_020500.tar.gz";

/// Where a kind of destination is tried.
trait Ground {
    type Place: Destination;
    /// True where it has checksum files of its own kind, and those that are put are passed over.
    const HAS_OWN_CHECKSUMS: bool = false;
    /// A new, empty place.
    fn new() -> Self;
    /// The place; `held_archives` when archives are known to be in it.
    fn open(&self, held_archives: bool) -> Result<Self::Place, DestinationError>;
    /// Makes it look as when its drive or server is away, and back.
    fn set_absent(&self, absent: bool);
    /// True for steps on files of this place.
    fn is_mine(&self) -> Box<dyn Fn(&Path) -> bool + Send + Sync>;
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().unwrap()
}

fn bytes(seed: u8) -> Vec<u8> {
    (0..2_500_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8 ^ seed).collect()
}

fn put(place: &impl Destination, name: &str, content: &[u8]) -> Result<(), DestinationError> {
    place.put(name, &mut &*content, &sha256(content), &mut |_| true)
}

fn names(place: &impl Destination) -> Vec<(String, u64)> {
    place.list().unwrap().into_iter().map(|held| (held.name, held.bytes)).collect()
}

fn read_all(place: &impl Destination, name: &str) -> Vec<u8> {
    let file = place.open(name).unwrap();
    let mut found = vec![0; file.length().unwrap() as usize];
    file.read_exact_at(&mut found, 0).unwrap();
    found
}

fn keeps_the_contract<G: Ground>() {
    what_is_put_is_listed_and_read_back::<G>();
    each_byte_is_told_when_it_is_read_and_when_it_is_read_back::<G>();
    odd_names_are_refused::<G>();
    removing_twice_is_once::<G>();
    what_is_not_as_recorded_is_not_stored::<G>();
    stopped_in_the_middle_nothing_is_listed::<G>();
    whatever_step_fails_the_old_file_or_the_whole_new_one_is_there::<G>();
    a_full_disk_is_told_from_other_errors::<G>();
    an_absent_place_is_never_empty::<G>();
    one_at_a_time::<G>();
}

fn what_is_put_is_listed_and_read_back<G: Ground>() {
    let ground = G::new();
    let place = ground.open(false).unwrap();
    assert_eq!(names(&place), []);
    let (first, second) = (bytes(1), bytes(2));
    put(&place, TWO, &second[..77]).unwrap();
    put(&place, ONE, &first).unwrap();
    let sidecar = format!("{ONE}.sha256");
    put(&place, &sidecar, b"x").unwrap();
    let mut expected = vec![(ONE.to_string(), 2_500_000), (sidecar, 1), (TWO.to_string(), 77)];
    expected.retain(|(_, length)| *length != 1 || !G::HAS_OWN_CHECKSUMS);
    assert_eq!(names(&place), expected);
    let file = place.open(ONE).unwrap();
    assert_eq!(file.length().unwrap(), 2_500_000);
    let mut range = [0; 1000];
    file.read_exact_at(&mut range, 1_234_567).unwrap();
    assert_eq!(range, first[1_234_567..1_235_567]);
    assert!(file.read_exact_at(&mut range, 2_499_500).is_err(), "there are not so many");
    put(&place, ONE, &second).unwrap();
    assert_eq!(read_all(&place, ONE), second, "a further put replaces");
    assert!(place.free_bytes().unwrap() > 0);
}

fn each_byte_is_told_when_it_is_read_and_when_it_is_read_back<G: Ground>() {
    let (ground, content) = (G::new(), bytes(1));
    let place = ground.open(false).unwrap();
    let (mut told, mut told_once) = (0, false);
    let mut note = |bytes| {
        told += bytes;
        told_once |= told == content.len() as u64;
        true
    };
    place.put(ONE, &mut &content[..], &sha256(&content), &mut note).unwrap();
    // What is locked is some bytes longer.
    let (least, most) = (2 * content.len() as u64, 2 * content.len() as u64 + 2_000);
    assert!(told_once && (least..most).contains(&told), "{told}");
}

fn odd_names_are_refused<G: Ground>() {
    let ground = G::new();
    let place = ground.open(false).unwrap();
    put(&place, ONE, b"1").unwrap();
    for name in ["", ".", "..", "../x_20260303_020500.tar.gz", "notes.txt", "a\nb_20260303_020500.tar.gz", ".sha256"] {
        assert!(matches!(put(&place, name, b"1"), Err(DestinationError::BadName { .. })), "{name:?}");
        assert!(matches!(place.remove(name), Err(DestinationError::BadName { .. })), "{name:?}");
        assert!(matches!(place.open(name), Err(DestinationError::BadName { .. })), "{name:?}");
    }
    let partial = format!("{TWO}.partial");
    assert!(matches!(put(&place, &partial, b"1"), Err(DestinationError::BadName { .. })));
    assert_eq!(names(&place).len(), 1);
}

fn removing_twice_is_once<G: Ground>() {
    let ground = G::new();
    let place = ground.open(false).unwrap();
    put(&place, ONE, b"1").unwrap();
    place.remove(ONE).unwrap();
    place.remove(ONE).unwrap();
    assert_eq!(names(&place), []);
    assert!(place.open(ONE).is_err());
}

fn what_is_not_as_recorded_is_not_stored<G: Ground>() {
    let ground = G::new();
    let place = ground.open(false).unwrap();
    put(&place, ONE, b"good").unwrap();
    let other = place.put(ONE, &mut &b"bad"[..], &sha256(b"good"), &mut |_| true);
    assert!(matches!(other, Err(DestinationError::NotAsRecorded)), "{other:?}");
    let broken = place.put(ONE, &mut b"go".chain(Broken), &sha256(b"good"), &mut |_| true);
    assert!(matches!(broken, Err(DestinationError::Unreadable { .. })), "{broken:?}");
    assert_eq!(read_all(&place, ONE), b"good");
}

/// A disk that fails while it is read.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(rustix::io::Errno::IO.into())
    }
}

fn stopped_in_the_middle_nothing_is_listed<G: Ground>() {
    let ground = G::new();
    let place = ground.open(false).unwrap();
    let content = bytes(3);
    let asked = Cell::new(0);
    let mut until = 1;
    while let Err(e) = place.put(ONE, &mut &*content, &sha256(&content), &mut |_| {
        asked.set(asked.get() + 1);
        asked.get() < until
    }) {
        assert!(matches!(e, DestinationError::Stopped), "{e:?}");
        assert_eq!(names(&place), []);
        (until, _) = (until + 1, asked.take());
    }
    assert!(until > 4, "it is asked while it writes and while it reads back: {until}");
    assert_eq!(names(&place).len(), 1);
}

fn whatever_step_fails_the_old_file_or_the_whole_new_one_is_there<G: Ground>() {
    let _alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (old, new) = (bytes(4), bytes(5));
    for nth in 0.. {
        let ground = G::new();
        let place = ground.open(false).unwrap();
        put(&place, ONE, &old).unwrap();
        let is_mine = ground.is_mine();
        let count = std::sync::atomic::AtomicUsize::new(0);
        set_fault(Some(Box::new(move |_, path| {
            // From then on everything fails, as when the process dies: nobody tidies up.
            let fails = is_mine(path) && count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) >= nth;
            fails.then(|| rustix::io::Errno::IO.into())
        })));
        let done = put(&place, ONE, &new).and_then(|()| put(&place, TWO, &new));
        set_fault(None);
        let found = read_all(&place, ONE);
        assert!(found == old || found == new, "step {nth}");
        assert!(names(&place).iter().all(|(_, length)| *length == 2_500_000), "step {nth}");
        place.remove_leftovers(&|name| name == ONE).unwrap();
        put(&place, TWO, &new).unwrap();
        if done.is_ok() {
            assert!(nth > 10, "{nth}");
            break;
        }
    }
}

fn a_full_disk_is_told_from_other_errors<G: Ground>() {
    let _alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for (step, errno, is_full) in [
        (Step::Write, rustix::io::Errno::NOSPC, true),
        (Step::Sync, rustix::io::Errno::DQUOT, true),
        (Step::Write, rustix::io::Errno::IO, false),
        (Step::Create, rustix::io::Errno::ROFS, false),
    ] {
        let ground = G::new();
        let place = ground.open(false).unwrap();
        let is_mine = ground.is_mine();
        set_fault(Some(Box::new(move |at, path| (at == step && is_mine(path)).then(|| errno.into()))));
        let done = put(&place, ONE, &bytes(6));
        set_fault(None);
        assert_eq!(matches!(done, Err(DestinationError::Full { .. })), is_full, "{done:?}");
        assert!(done.is_err());
        assert_eq!(names(&place), []);
    }
}

fn an_absent_place_is_never_empty<G: Ground>() {
    let ground = G::new();
    let place = ground.open(false).unwrap();
    put(&place, ONE, b"1").unwrap();
    let known = ground.open(true).unwrap();
    ground.set_absent(true);
    let is_absent = |error: Option<DestinationError>| matches!(error, Some(DestinationError::Absent { .. }));
    for place in [&place, &known] {
        assert!(is_absent(place.list().err()));
        assert!(is_absent(put(place, TWO, b"2").err()), "nothing is written elsewhere");
        assert!(is_absent(place.remove(ONE).err()));
        assert!(is_absent(place.open(ONE).err()));
        assert!(is_absent(place.free_bytes().err()));
        assert!(is_absent(place.lock("x", false).err()));
    }
    assert!(is_absent(ground.open(true).err()));
    ground.set_absent(false);
    assert_eq!(names(&ground.open(true).unwrap()), [(ONE.to_string(), 1)]);
}

fn one_at_a_time<G: Ground>() {
    let ground = G::new();
    let (one, other) = (ground.open(false).unwrap(), ground.open(false).unwrap());
    let held = one.lock("kitchen is copying since 02:00", false).unwrap();
    assert!(held.is_some());
    let told = other.lock("attic is copying", false).unwrap_err();
    assert!(told.to_string().contains("kitchen is copying since 02:00"), "{told}");
    drop(held);
    assert!(other.lock("attic is copying", false).unwrap().is_some(), "it never goes stale");
    assert_eq!(names(&one), [], "the lock is not listed");
}

/// A folder that can be taken away, leaving an empty one as a mount point does.
struct FolderGround {
    dir: tempfile::TempDir,
}

impl FolderGround {
    fn path(&self) -> PathBuf {
        self.dir.path().join("mnt")
    }
}

impl Ground for FolderGround {
    type Place = InFolder;
    fn new() -> Self {
        let ground = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(ground.path()).unwrap();
        ground
    }
    fn open(&self, held_archives: bool) -> Result<InFolder, DestinationError> {
        InFolder::open(&self.path(), held_archives)
    }
    fn set_absent(&self, absent: bool) {
        let away = self.dir.path().join("away");
        if absent {
            fs::rename(self.path(), away).unwrap();
            fs::create_dir(self.path()).unwrap();
        } else {
            fs::remove_dir(self.path()).expect("nothing was written into the mount point");
            fs::rename(away, self.path()).unwrap();
        }
    }
    fn is_mine(&self) -> Box<dyn Fn(&Path) -> bool + Send + Sync> {
        let path = self.path();
        Box::new(move |at| at.starts_with(&path))
    }
}

#[test]
fn a_folder_keeps_the_contract() {
    keeps_the_contract::<FolderGround>();
}

#[test]
fn a_folder_that_is_missing_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("not-there");
    assert!(matches!(InFolder::open(&missing, false), Err(DestinationError::Absent { .. })));
    assert!(!missing.exists());
    fs::write(&missing, "a file").unwrap();
    assert!(matches!(InFolder::open(&missing, false), Err(DestinationError::Absent { .. })));
}

/// A drive that can be pulled out, which leaves its mount point empty.
struct DriveGround<const LOCKED: bool>(Stick);

impl<const LOCKED: bool> Ground for DriveGround<LOCKED> {
    type Place = DriveFolder;
    const HAS_OWN_CHECKSUMS: bool = true;
    fn new() -> Self {
        Self(if LOCKED { Stick::locked() } else { Stick::new() })
    }
    fn open(&self, _: bool) -> Result<DriveFolder, DestinationError> {
        self.0.open().map_err(|e| match e {
            NotOurs::Destination(e) => e,
            // Whoever opens it was told by its UUID that it is there.
            NotOurs::NoMarker => DestinationError::Absent { path: self.0.path(""), why: "it is not mounted" },
            other => panic!("{other}"),
        })
    }
    fn set_absent(&self, absent: bool) {
        let (at, away) = (self.0.mounted().folder, self.0.dir.path().join("away"));
        if absent {
            fs::rename(&at, away).unwrap();
            fs::create_dir(at).unwrap();
        } else {
            fs::remove_dir(&at).expect("nothing was written into the mount point");
            fs::rename(away, at).unwrap();
        }
    }
    fn is_mine(&self) -> Box<dyn Fn(&Path) -> bool + Send + Sync> {
        let dir = self.0.dir.path().canonicalize().unwrap();
        Box::new(move |at| is_through_handle_below(&dir, at))
    }
}

#[test]
fn a_drive_keeps_the_contract() {
    keeps_the_contract::<DriveGround<false>>();
}

#[test]
fn a_drive_with_locked_copies_keeps_the_contract() {
    keeps_the_contract::<DriveGround<true>>();
}
