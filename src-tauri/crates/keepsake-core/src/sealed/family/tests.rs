use std::cell::RefCell;
use std::os::unix::fs::PermissionsExt;

use fs_err as fs;

use super::*;
use crate::atomic_file::{FAULT_TESTS, Step, set_fault};
use crate::sealed::{FileKeyStore, KeptKeys, Whose};

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
    assert_eq!(store.load().unwrap().own, []);
}

#[test]
fn a_key_that_was_kept_before_power_failed_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileKeyStore::in_folder(dir.path());
    let kept = RecoveryKey::generate();
    store.add(&kept, Whose::Own).unwrap();
    assert_eq!(Family::load_or_make(dir.path(), &store, NOW).unwrap().recipient, kept.recipient());
    assert_eq!(store.load().unwrap().own.len(), 1);
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
    let keys = store.load().unwrap().own;
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
    assert_eq!(store.load().unwrap().own.len(), 1);
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
    fn load(&self) -> Result<KeptKeys, KeyStoreError> {
        Ok(KeptKeys::default())
    }
    fn add(&self, _: &RecoveryKey, _: Whose) -> Result<(), KeyStoreError> {
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

/// A key store of which a part cannot be had now, as of a keyring that is locked.
#[derive(Debug)]
struct HalfLocked(FileKeyStore);

impl KeyStore for HalfLocked {
    fn load(&self) -> Result<KeptKeys, KeyStoreError> {
        Ok(KeptKeys { withheld: Some(KeyStoreError::Locked), ..self.0.load()? })
    }
    fn add(&self, key: &RecoveryKey, whose: Whose) -> Result<(), KeyStoreError> {
        self.0.add(key, whose)
    }
}

#[test]
fn a_key_that_may_be_where_nobody_can_look_now_is_not_called_lost() {
    let dir = tempfile::tempdir().unwrap();
    let file = FileKeyStore::in_folder(dir.path());
    let old = Family::load_or_make(dir.path(), &file, NOW).unwrap();
    Family::renew(dir.path(), &file, NOW).unwrap();
    let new = Family::load(dir.path()).unwrap().unwrap();
    // The new one is in the keyring only.
    let old_key = old.key(&file).unwrap().unwrap();
    fs::write(file.path(), old_key.to_text().as_bytes()).unwrap();
    let store = HalfLocked(file.clone());
    assert!(matches!(new.key(&store), Err(KeyStoreError::Locked)));
    let checked = new.clone().check_sheet(dir.path(), &store, "0000-0000");
    assert!(matches!(checked, Err(FamilyError::Keys(KeyStoreError::Locked))));
    assert_eq!(new.key(&file).unwrap(), None, "without a keyring it is lost");
    // What is in the file is not the family's from now on only because nobody can look into the keyring.
    fs::remove_file(dir.path().join(FAMILY_NAME)).unwrap();
    let made = Family::load_or_make(dir.path(), &store, NOW);
    assert!(matches!(made, Err(FamilyError::Keys(KeyStoreError::Locked))), "{made:?}");
}

#[test]
fn a_relatives_key_never_becomes_the_familys_when_only_the_rest_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileKeyStore::in_folder(dir.path());
    let family = Family::load_or_make(dir.path(), &store, NOW).unwrap();
    let theirs = RecoveryKey::generate();
    assert!(Family::is_anothers(dir.path(), &store, &theirs).unwrap());
    store.add(&theirs, Whose::Others).unwrap();
    fs::remove_file(dir.path().join(FAMILY_NAME)).unwrap();
    assert!(Family::is_anothers(dir.path(), &store, &theirs).unwrap());
    // Also where nobody says of which copies it is.
    assert_eq!(Family::enter(dir.path(), &store, &theirs, NOW).unwrap(), Entered::OtherFamily);
    assert_eq!(Family::load_or_make(dir.path(), &store, NOW).unwrap().recipient, family.recipient);
    // On a new computer there is no own one.
    let new = tempfile::tempdir().unwrap();
    assert!(!Family::is_anothers(new.path(), &FileKeyStore::in_folder(new.path()), &theirs).unwrap());
}

#[test]
fn a_lost_file_is_made_of_the_secrets_with_the_older_ones() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileKeyStore::in_folder(dir.path());
    Family::load_or_make(dir.path(), &store, NOW).unwrap();
    let renewed = Family::renew(dir.path(), &store, NOW).unwrap();
    assert_eq!(renewed.older.len(), 1);
    fs::remove_file(dir.path().join(FAMILY_NAME)).unwrap();
    assert_eq!(Family::load_or_make(dir.path(), &store, NOW).unwrap(), renewed);
    let key = renewed.key(&store).unwrap().unwrap();
    fs::remove_file(dir.path().join(FAMILY_NAME)).unwrap();
    Family::enter(dir.path(), &store, &key, NOW).unwrap();
    assert_eq!(Family::load(dir.path()).unwrap().unwrap().older, renewed.older);
}

/// Names of the files that a damaged one was put aside as.
fn aside(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|item| item.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("family.json.damaged")).collect();
    names.sort();
    names
}

#[test]
fn a_damaged_file_is_mended_by_the_sheet_and_keeps_its_older_keys() {
    for (name, damage) in [
        ("cut short", (|text: &str| text[..text.len() - 4].to_owned()) as fn(&str) -> String),
        ("a letter in the recipient", |text| text.replacen("age1", "age1b", 1)),
        ("no JSON", |text| text.replace(['{', '}', ':'], " ")),
        ("a drive key that is none", |text| text.replacen("drive_key\":\"", "drive_key\":\"x", 1)),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = FileKeyStore::in_folder(dir.path());
        Family::load_or_make(dir.path(), &store, NOW).unwrap();
        Family::renew(dir.path(), &store, NOW).unwrap();
        let whole = Family::renew(dir.path(), &store, NOW).unwrap();
        let key = whole.key(&store).unwrap().unwrap();
        let path = dir.path().join(FAMILY_NAME);
        let damaged = damage(&fs::read_to_string(&path).unwrap());
        fs::write(&path, &damaged).unwrap();
        assert!(matches!(Family::load(dir.path()), Err(FamilyError::Damaged { .. })), "{name}");
        // The older secrets are gone, too: what is known of them stands in the damaged file only.
        fs::write(store.path(), key.to_text().as_bytes()).unwrap();
        assert_eq!(Family::enter(dir.path(), &store, &key, NOW).unwrap(), Entered::Good, "{name}");
        let mended = Family::load(dir.path()).unwrap().unwrap();
        assert_eq!(mended, Family { is_sheet_checked: true, ..whole }, "{name}");
        assert_eq!(aside(dir.path()), ["family.json.damaged"], "{name}");
        let kept = dir.path().join("family.json.damaged");
        assert_eq!(fs::read_to_string(&kept).unwrap(), damaged);
        assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_damaged_file_that_still_names_another_key_is_not_mended_with_a_strangers() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileKeyStore::in_folder(dir.path());
    let whole = Family::load_or_make(dir.path(), &store, NOW).unwrap();
    let path = dir.path().join(FAMILY_NAME);
    let text = fs::read_to_string(&path).unwrap().replace("\"made\"", "\"maed\"");
    fs::write(&path, &text).unwrap();
    let theirs = RecoveryKey::generate();
    assert_eq!(Family::enter(dir.path(), &store, &theirs, NOW).unwrap(), Entered::OtherFamily);
    assert_eq!((fs::read_to_string(&path).unwrap(), aside(dir.path()).len()), (text, 0));
    // Without the sheet a new key mends it, and what was is known as the older one.
    fs::remove_file(store.path()).unwrap();
    let renewed = Family::renew(dir.path(), &store, NOW).unwrap();
    let older: Vec<_> = renewed.older.iter().map(|one| (one.recipient.clone(), one.drive_key)).collect();
    assert_eq!(older, [(whole.recipient, whole.drive_key)]);
    // Damaged once more: what was put aside first stays.
    fs::write(&path, "nothing").unwrap();
    let key = renewed.key(&store).unwrap().unwrap();
    assert_eq!(Family::enter(dir.path(), &store, &key, NOW).unwrap(), Entered::Good);
    assert_eq!(aside(dir.path()), ["family.json.damaged", "family.json.damaged-2"]);
}

#[test]
fn two_who_make_or_change_the_key_at_once_agree_on_it_and_forget_none() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let store = FileKeyStore::in_folder(dir.path());
        let at_once = |act: &(dyn Fn() -> Family + Sync)| {
            std::thread::scope(|scope| {
                let acting: Vec<_> = (0..4).map(|_| scope.spawn(act)).collect();
                acting.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
            })
        };
        let made = at_once(&|| Family::load_or_make(dir.path(), &store, NOW).unwrap());
        let first = Family::load(dir.path()).unwrap().unwrap();
        // A drive that one of them chooses for backups is known to the other, too.
        assert!(made.iter().all(|family| *family == first), "each has a family of its own");
        assert_eq!(store.load().unwrap().own.len(), 1);
        let renewed = at_once(&|| Family::renew(dir.path(), &store, NOW).unwrap());
        let last = Family::load(dir.path()).unwrap().unwrap();
        let is_known = |one: &Family| {
            one.recipient == last.recipient || last.older.iter().any(|older| older.recipient == one.recipient)
        };
        assert!(renewed.iter().all(is_known) && is_known(&first), "{} are known", last.older.len() + 1);
    }
}

#[test]
fn a_sheet_that_is_checked_while_the_key_is_changed_brings_no_old_key_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileKeyStore::in_folder(dir.path());
    let read_before = Family::load_or_make(dir.path(), &store, NOW).unwrap();
    let code = read_before.key(&store).unwrap().unwrap().check_code();
    let renewed = Family::renew(dir.path(), &store, NOW).unwrap();
    assert_eq!(read_before.check_sheet(dir.path(), &store, &code).unwrap(), Some(true));
    assert_eq!(Family::load(dir.path()).unwrap().unwrap(), renewed, "that sheet was the old one's");
}
