//! Hostile vectors: each file in `tests/vectors/KIND/` begins with a line that says its outcome, `expect: taken` or
//! `expect: refused "words of the message"`. What follows is the input, as text or in base64.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fs_err as fs;
use keepsake_core::archive::footer::FOOTER_BYTES;
use keepsake_tests::hostile::{IN_BASE64, KINDS, Reader, with_right_checksums};
use keepsake_tests::noise;

/// How many changed vectors are tried.
const CHANGED: usize = 20_000;

/// What a file holds behind its first line: bytes, which some kinds have in base64.
fn input_of(kind: &str, text: &str) -> Vec<u8> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    match IN_BASE64.contains(&kind) {
        true => STANDARD.decode(text.split_whitespace().collect::<String>()).expect("base64"),
        false => text.into(),
    }
}

/// What reads such input.
fn reader_of(kind: &str) -> Reader {
    KINDS.iter().find(|(name, _)| *name == kind).unwrap_or_else(|| panic!("{kind} is read by nothing")).1
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    files.sort();
    files
}

/// Every vector: its name, kind, what it expects, and the input.
fn vectors() -> Vec<(String, String, String, Vec<u8>)> {
    let top = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors"));
    let read = |path: PathBuf| {
        let name = path.strip_prefix(top).unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let (expect, input) = text.split_once('\n').expect("a line with the outcome");
        let expect = expect.strip_prefix("expect: ").unwrap_or_else(|| panic!("{name} does not say its outcome"));
        let kind = name.split_once('/').map_or("", |(kind, _)| kind);
        let input = input_of(kind, input);
        (name.clone(), kind.to_string(), expect.to_string(), input)
    };
    files(top).into_iter().map(read).collect()
}

#[test]
fn every_vector_ends_as_it_says() {
    let (mut wrong, all) = (Vec::new(), vectors());
    assert!(all.len() > 100, "{} vectors", all.len());
    for (name, kind, expect, input) in all {
        let found = reader_of(&kind)(&input);
        let is_right = match &found {
            Ok(()) => expect == "taken",
            Err(told) => {
                let words = expect.strip_prefix("refused \"").and_then(|words| words.strip_suffix('"'));
                words.is_some_and(|words| told.to_lowercase().contains(&words.to_lowercase()))
            }
        };
        if !is_right {
            wrong.push(format!("{name}: {expect}, but {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn whatever_is_changed_in_a_vector_is_answered() {
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    eprintln!("seed {seed}");
    let all: Vec<_> = vectors().into_iter().filter(|(.., input)| !input.is_empty() && input.len() < 20_000).collect();
    let dice = noise(seed, CHANGED * 16);
    for dice in dice.chunks_exact(16) {
        let die = |at: usize| u32::from_le_bytes(dice[at..at + 4].try_into().expect("four bytes")) as usize;
        let (name, kind, _, input) = &all[die(0) % all.len()];
        let mut bytes = input.clone();
        let at = die(4) % bytes.len();
        match dice[8] % 5 {
            0 => bytes[at] = dice[9],
            1 => bytes[at] ^= 1 << (dice[9] % 8),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..(at + usize::from(dice[9] % 16)).min(input.len()))),
            _ => drop(bytes.splice(at..at, [dice[9]; 8])),
        }
        if kind == "archive" && dice[10] % 4 > 0 {
            if let Some(end) = bytes.len().checked_sub(FOOTER_BYTES) {
                // Most of the numbers of a footer, which are where reading begins.
                bytes[end + 28 + usize::from(dice[11] % 40)] = dice[12];
            }
            with_right_checksums(&mut bytes);
        }
        let done = std::panic::catch_unwind(|| reader_of(kind)(&bytes));
        assert!(done.is_ok(), "seed {seed}: {name} changed to {}", STANDARD.encode(&bytes));
    }
}
