use std::cell::RefCell;
use std::os::unix::fs::PermissionsExt;

use fs_err as fs;

use super::*;
use crate::atomic_file::{FAULT_TESTS, Step, set_fault};
use crate::sealed::FileKeyStore;

const NOW: i64 = 1_772_500_000;

#[test]
fn a_family_is_made_once_and_comes_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("state");
    let store = FileKeyStore::in_folder(&data_dir);
    assert_eq!(Family::load(&data_dir).unwrap(), None);
    let made = Family::load_or_make(&data_dir, &store, NOW).unwrap();
    assert_eq!((made.is_sheet_checked, made.made_secs), (false, NOW));
    assert_eq!(Family::load(&data_dir).unwrap().as_ref(), Some(&made));
    assert_eq!(Family::load_or_make(&data_dir, &store, NOW + 1).unwrap(), made);
    let key = made.key(&store).unwrap().unwrap();
    assert_eq!((key.recipient(), key.drive_key()), (made.recipient.clone(), made.drive_key));
    assert_eq!(fs::metadata(data_dir.join(FAMILY_NAME)).unwrap().permissions().mode() & 0o777, 0o600);
    let said = format!("{made:?}");
    assert!(!said.contains(&hex(&made.drive_key)) && !said.contains("drive_key"), "{said}");
    assert_eq!(made.id().len(), 16);
}

#[test]
fn the_file_is_as_it_is_written_down() {
    let dir = tempfile::tempdir().unwrap();
    let key = RecoveryKey::from_text("AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQPR49U8").ok();
    let key = key.unwrap_or_else(|| RecoveryKey::of_bytes(&[0; 32]));
    Family::of(&key, true, NOW).save(dir.path()).unwrap();
    let text = fs::read_to_string(dir.path().join(FAMILY_NAME)).unwrap();
    let begins =
        format!("{{\"format\":1,\"recipient\":\"{}\",\"drive_key\":\"{}\"", key.recipient(), hex(&key.drive_key()));
    assert_eq!(text, format!("{begins},\"is_sheet_checked\":true,\"made\":{NOW}}}\n"));
}

#[test]
fn a_wrong_file_is_told_and_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FAMILY_NAME);
    let store = FileKeyStore::in_folder(dir.path());
    let good = Family::of(&RecoveryKey::generate(), false, NOW);
    good.save(dir.path()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let secret = hex(&good.drive_key);
    for (wrong, said) in [
        (String::new(), "damaged"),
        ("{".into(), "damaged"),
        (text.replace("age1", "age2"), "recipient"),
        (text.replace(&secret, &secret[1..]), "drive key"),
        (text.replace(&format!("\"{secret}\""), "17"), "damaged"),
        (text.replace(&secret, &format!("{secret}\\x")), "damaged"),
        (text.replace("\"format\":1", "\"format\":2"), "later Keepsake"),
        ("{\"format\":2,\"keys\":[]}".into(), "later Keepsake"),
        (" ".repeat(100_000), "damaged"),
    ] {
        fs::write(&path, &wrong).unwrap();
        let error = Family::load_or_make(dir.path(), &store, NOW).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains(FAMILY_NAME), "{error}");
        assert!(!error.contains(&secret[2..20]), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), wrong);
    }
    assert_eq!(store.load().unwrap(), []);
}

#[test]
fn a_key_that_was_kept_before_power_failed_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileKeyStore::in_folder(dir.path());
    let kept = RecoveryKey::generate();
    store.add(&kept).unwrap();
    assert_eq!(Family::load_or_make(dir.path(), &store, NOW).unwrap().recipient, kept.recipient());
    assert_eq!(store.load().unwrap().len(), 1);
}

/// At every step that changes something on the disk, power fails from then on: there is never a family whose secret is kept
/// nowhere, and never less than before.
#[test]
fn power_that_fails_at_any_step_never_leaves_a_family_without_its_secret() {
    type Act = fn(&Path, &dyn KeyStore) -> Result<(), FamilyError>;
    let make: Act = |dir, store| Family::load_or_make(dir, store, NOW).map(drop);
    let renew: Act = |dir, store| Family::renew(dir, store, NOW).map(drop);
    let enter: Act = |dir, store| Family::enter(dir, store, &RecoveryKey::of_bytes(&[9; 32]), NOW).map(drop);
    let _alone = FAULT_TESTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for (name, act, had_one) in [("make", make, false), ("renew", renew, true), ("enter", enter, false)] {
        let mut fails_at = 0;
        loop {
            let dir = tempfile::tempdir().unwrap();
            let store = FileKeyStore::in_folder(dir.path());
            let before = had_one.then(|| Family::load_or_make(dir.path(), &store, NOW).unwrap());
            let (count, top) = (std::sync::atomic::AtomicUsize::new(0), dir.path().to_path_buf());
            set_fault(Some(Box::new(move |step, path| {
                if !path.starts_with(&top) || step == Step::Read {
                    return None;
                }
                let step = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                (step >= fails_at).then(|| io::Error::other("no power"))
            })));
            let done = act(dir.path(), &store);
            set_fault(None);
            match Family::load(dir.path()).unwrap() {
                Some(family) => assert!(family.key(&store).unwrap().is_some(), "{name}, step {fails_at}"),
                None => assert!(before.is_none(), "{name}, step {fails_at}"),
            }
            if let Some(before) = &before {
                assert!(before.key(&store).unwrap().is_some(), "{name}, step {fails_at}");
            }
            // Afterwards it goes on.
            act(dir.path(), &store).unwrap();
            assert!(Family::load(dir.path()).unwrap().unwrap().key(&store).unwrap().is_some());
            if done.is_ok() {
                break;
            }
            fails_at += 1;
        }
        assert!(fails_at >= 8, "{name}: only {fails_at} steps failed");
    }
}

#[test]
fn a_new_key_leaves_the_old_one_for_older_copies() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileKeyStore::in_folder(dir.path());
    let old = Family::load_or_make(dir.path(), &store, NOW).unwrap();
    let old_key = old.key(&store).unwrap().unwrap();
    assert_eq!(old.check_sheet(dir.path(), &store, &old_key.check_code()).unwrap(), Some(true));
    let new = Family::renew(dir.path(), &store, NOW + 1).unwrap();
    assert!(!new.is_sheet_checked && new.recipient != old_key.recipient());
    let keys = store.load().unwrap();
    assert_eq!((keys.len(), &keys[1]), (2, &old_key));
    assert_eq!(keys[0].recipient(), new.recipient);
    // The old sheet is no stranger's, and its code is not the new one's.
    assert_eq!(Family::enter(dir.path(), &store, &old_key, NOW).unwrap(), Entered::Good);
    let code = old_key.check_code();
    assert_eq!(Family::load(dir.path()).unwrap().unwrap().check_sheet(dir.path(), &store, &code).unwrap(), Some(false));
    assert!(!Family::load(dir.path()).unwrap().unwrap().is_sheet_checked);
}

#[test]
fn a_sheet_counts_once_its_code_was_typed_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileKeyStore::in_folder(dir.path());
    let family = Family::load_or_make(dir.path(), &store, NOW).unwrap();
    let code = family.key(&store).unwrap().unwrap().check_code();
    assert_eq!(family.clone().check_sheet(dir.path(), &store, "00000000").unwrap(), Some(false));
    assert!(!Family::load(dir.path()).unwrap().unwrap().is_sheet_checked);
    assert_eq!(family.check_sheet(dir.path(), &store, &code.to_lowercase()).unwrap(), Some(true));
    assert!(Family::load(dir.path()).unwrap().unwrap().is_sheet_checked);
}

#[test]
fn a_key_is_entered_on_a_new_computer_and_where_it_was_lost() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let family = Family::load_or_make(old.path(), &FileKeyStore::in_folder(old.path()), NOW).unwrap();
    let key = family.key(&FileKeyStore::in_folder(old.path())).unwrap().unwrap();
    let store = FileKeyStore::in_folder(new.path());
    assert_eq!(Family::enter(new.path(), &store, &key, NOW + 5).unwrap(), Entered::Good);
    let there = Family::load(new.path()).unwrap().unwrap();
    assert_eq!((there.drive_key, there.recipient.clone()), (family.drive_key, family.recipient.clone()));
    assert!(there.is_sheet_checked);
    assert_eq!(Family::enter(new.path(), &store, &RecoveryKey::generate(), NOW).unwrap(), Entered::OtherFamily);
    assert_eq!(store.load().unwrap().len(), 1);
    // The secret is lost: copies can be made, the code cannot be checked, and the sheet brings it back.
    fs::remove_file(store.path()).unwrap();
    assert_eq!(there.key(&store).unwrap(), None);
    assert_eq!(there.clone().check_sheet(new.path(), &store, &key.check_code()).unwrap(), None);
    assert_eq!(Family::enter(new.path(), &store, &key, NOW).unwrap(), Entered::Good);
    assert_eq!(there.key(&store).unwrap(), Some(key));
}

/// Keeps nothing.
#[derive(Debug, Default)]
struct Refuses {
    asked: RefCell<u32>,
}

impl KeyStore for Refuses {
    fn load(&self) -> Result<Vec<RecoveryKey>, KeyStoreError> {
        Ok(Vec::new())
    }
    fn add(&self, _: &RecoveryKey) -> Result<(), KeyStoreError> {
        *self.asked.borrow_mut() += 1;
        Err(KeyStoreError::Locked)
    }
}

#[test]
fn where_the_secret_cannot_be_kept_there_is_no_family() {
    let dir = tempfile::tempdir().unwrap();
    let store = Refuses::default();
    let error = Family::load_or_make(dir.path(), &store, NOW).unwrap_err();
    assert!(matches!(error, FamilyError::Keys(KeyStoreError::Locked)), "{error}");
    assert_eq!((*store.asked.borrow(), Family::load(dir.path()).unwrap()), (1, None));
}
