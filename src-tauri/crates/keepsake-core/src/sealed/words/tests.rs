use super::*;
use fs_err as fs;
use proptest::prelude::*;

/// 24 times `abandon`, but for the checksum: the first test vector of BIP 39 with 256 bits.
const ZEROS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                     abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art";

fn typos(text: &str) -> Vec<Typo> {
    match typed(text) {
        Err(TypedKeyError::Typos { typos }) => typos,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_list_is_sorted_and_four_letters_tell_each_word() {
    let list = Language::English.word_list();
    assert!(list.is_sorted());
    let mut begins: Vec<&str> = list.iter().map(|word| &word[..word.len().min(TOLD_BY)]).collect();
    begins.dedup();
    assert_eq!(begins.len(), 2048);
}

#[test]
fn however_it_is_typed_it_is_the_same_key() {
    let numbered: String = (1..).zip(ZEROS.split(' ')).map(|(n, word)| format!("{n}. {word}\n")).collect();
    let tight: String = (1..).zip(ZEROS.split(' ')).map(|(n, word)| format!("{n}.{word} ")).collect();
    let brackets: String = (1..).zip(ZEROS.split(' ')).map(|(n, word)| format!("{n}) {word}; ")).collect();
    let four: String = ZEROS.split(' ').map(|word| format!("{} ", &word[..word.len().min(4)])).collect();
    let key = RecoveryKey::of_bytes(&[0; 32]).to_text();
    let spaced: String =
        key.chars().enumerate().map(|(n, c)| format!("{c}{}", if n % 8 == 7 { " " } else { "" })).collect();
    for text in [
        ZEROS.into(),
        ZEROS.to_uppercase(),
        ZEROS.replace(' ', ", "),
        ZEROS.replace(' ', "\r\n\t"),
        numbered,
        tight,
        brackets,
        four,
        spaced.to_lowercase(),
        format!("The key: {spaced}\nCheck code: 1234"),
        spaced,
    ] {
        assert_eq!(typed(&text).unwrap_or_else(|e| panic!("{text}: {e}")).bytes(), &[0; 32], "{text}");
    }
}

#[test]
fn typos_are_told_with_their_number_and_what_may_be_meant() {
    let wrong = ZEROS.replacen("abandon", "abandno", 1).replace("art", "Qwertyuiop");
    let told = typos(&wrong);
    assert_eq!(told.iter().map(|typo| typo.number).collect::<Vec<_>>(), [1, 24]);
    assert_eq!((told[0].typed.as_str(), told[0].meant[0]), ("abandno", "abandon"));
    assert_eq!((told[1].typed.as_str(), told[1].meant.len()), ("qwertyuiop", 0));
    for (typed, meant) in
        [("acheive", "achieve"), ("wich", "wish"), ("zooo", "zoo"), ("abondon", "abandon"), ("ar", "art")]
    {
        let told = &typos(&ZEROS.replace("art", typed))[0];
        assert!(told.meant.contains(&meant) && told.meant.len() <= 3, "{told:?}");
    }
    assert!(typos(&ZEROS.replace("art", &"x".repeat(9_000)))[0].meant.is_empty());
}

#[test]
fn wrong_numbers_and_wrong_words_are_told_apart() {
    let count = |text: &str| match typed(text) {
        Err(TypedKeyError::WrongCount { count }) => count,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!((count(""), count(" \n"), count("1. 2. 3."), count("hello")), (0, 0, 0, 1));
    assert_eq!(count(&ZEROS.replacen("abandon ", "", 1)), 23);
    assert_eq!(count(&format!("{ZEROS} art")), 25);
    assert_eq!(count(&"abandon ".repeat(5_000)), 5_000);
    assert_eq!(typed(&ZEROS.replacen("abandon", "ability", 1)).unwrap_err(), TypedKeyError::WrongWord);
    assert_eq!(typed("AGE-SECRET-KEY-1 QQQQ").unwrap_err(), TypedKeyError::WrongText);
}

#[test]
fn no_error_says_the_words_that_are_right() {
    let error = typed(&ZEROS.replace("art", "qwertz")).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("abandon"), "{error:?}");
}

/// The vectors in `tests/sheets`: each file begins with what is expected of the rest.
#[test]
fn the_vectors_are_read_as_they_say() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/sheets");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let (head, sheet) = text.split_once("\n\n").unwrap();
        let mut expected = head.lines();
        let outcome = expected.next().unwrap().strip_prefix("expect: ").unwrap();
        let facts = |key: &RecoveryKey| {
            let drive_key = crate::hash::hex(&key.drive_key());
            [key.to_text().to_string(), key.recipient().to_string(), key.check_code(), drive_key]
        };
        let found = match typed(sheet) {
            Ok(key) => {
                let wanted: Vec<&str> =
                    expected.by_ref().take(4).map(|line| line.split_once(": ").unwrap().1).collect();
                assert_eq!(facts(&key), wanted[..], "{}", path.display());
                "good".to_string()
            }
            Err(TypedKeyError::Typos { typos }) => {
                let told: Vec<String> =
                    typos.iter().map(|t| format!("{} {} {}", t.number, t.typed, t.meant.join("/"))).collect();
                format!("typos {}", told.join(", ")).trim_end().to_string()
            }
            Err(TypedKeyError::WrongCount { count }) => format!("wrong count {count}"),
            Err(TypedKeyError::WrongWord) => "wrong word".into(),
            Err(TypedKeyError::WrongText) => "wrong text".into(),
        };
        assert_eq!(found, outcome, "{}", path.display());
        assert_eq!(expected.next(), None, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 10, "{seen}");
}

proptest! {
    #[test]
    fn what_is_read_ends_in_no_panic(text in "\\PC{0,300}", words in prop::collection::vec("[a-zA-Z]{1,9}", 24)) {
        let _ = typed(&text);
        let _ = typed(&words.join(" "));
    }

    #[test]
    fn two_words_that_changed_places_are_nearly_always_noticed(bytes: [u8; 32], a in 0usize..24, b in 0usize..24) {
        let key = RecoveryKey::of_bytes(&bytes);
        let mut words = key.words();
        prop_assume!(words[a] != words[b]);
        words.swap(a, b);
        // Eight bits of checksum let one in 256 through: then it is another key, and opens nothing.
        match typed(&words.join(" ")) {
            Ok(other) => prop_assert_ne!(other.bytes(), &bytes),
            Err(e) => prop_assert_eq!(e, TypedKeyError::WrongWord),
        }
    }
}
