//! Hostile vectors: each file in `tests/vectors/KIND/` begins with a line that says its outcome, `expect: taken` or
//! `expect: refused "words of the message"`. What follows is the input, as text or in base64.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fs_err as fs;
use keepsake_core::archive::block::decode_table;
use keepsake_core::archive::footer::FOOTER_BYTES;
use keepsake_core::archive::manifest::parse_line;
use keepsake_core::archive::metadata::Metadata;
use keepsake_core::archive::reader::ArchiveReader;
use keepsake_core::archive_path::ArchivePath;
use keepsake_core::settings::Settings;
use keepsake_tests::noise;

/// Archives that the line of a manifest may name.
const NEEDED_ARCHIVES: u32 = 2;
/// How many changed vectors are tried.
const CHANGED: usize = 20_000;

/// What a file holds behind its first line: bytes, which some kinds have in base64.
fn input_of(kind: &str, text: &str) -> Vec<u8> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    match kind {
        "block-table" | "path" | "archive" => {
            STANDARD.decode(text.split_whitespace().collect::<String>()).expect("base64")
        }
        _ => text.into(),
    }
}

/// Gives the input to what reads such things. None when nothing reads that kind.
fn read(kind: &str, input: &[u8], folder: &Path) -> Option<Result<(), String>> {
    Some(match kind {
        "manifest" => parse_line(input, NEEDED_ARCHIVES).map(drop).map_err(|e| e.to_string()),
        "block-table" => decode_table(input).map(drop),
        "path" => ArchivePath::new(input).map(drop).map_err(|e| e.to_string()),
        "metadata" => serde_json::from_slice::<Metadata>(input).map_err(|e| e.to_string()).and_then(|m| m.check()),
        "config" => {
            let text = String::from_utf8_lossy(input);
            let settings = Settings::parse(&text, Path::new("config.toml"), Path::new("/home/anna"));
            settings.map(drop).map_err(|e| e.to_string())
        }
        "archive" => {
            let path = folder.join("family_20260304_020500.tar.gz");
            fs::write(&path, input).expect("it can be written");
            // Whoever opens an archive reads all of its list, too.
            ArchiveReader::open(&path)
                .and_then(|a| a.manifest().try_for_each(|l| l.map(drop)))
                .map_err(|e| e.to_string())
        }
        _ => return None,
    })
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
    let folder = tempfile::tempdir().unwrap();
    let (mut wrong, all) = (Vec::new(), vectors());
    assert!(all.len() > 100, "{} vectors", all.len());
    for (name, kind, expect, input) in all {
        let found = read(&kind, &input, folder.path()).unwrap_or_else(|| panic!("{name} is run by nothing"));
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

/// Puts right checksums over what was changed, so that what lies behind them is reached.
fn with_right_checksums(archive: &mut [u8]) {
    let Some(end) = archive.len().checked_sub(FOOTER_BYTES) else { return };
    let table = u64::from_le_bytes(archive[end + 52..end + 60].try_into().expect("eight bytes"));
    if let Some(members) = usize::try_from(table).ok().and_then(|table| archive.get(table..end)) {
        let checksum = crc32(members).to_le_bytes();
        archive[end + 68..end + 72].copy_from_slice(&checksum);
    }
    let checksum = crc32(&archive[end + 16..end + 72]).to_le_bytes();
    archive[end + 72..end + 76].copy_from_slice(&checksum);
}

/// CRC-32 (RFC 1952, section 8).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & 0u32.wrapping_sub(crc & 1)))
    })
}

#[test]
fn whatever_is_changed_in_a_vector_is_answered() {
    let folder = tempfile::tempdir().unwrap();
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
        let done = std::panic::catch_unwind(|| read(kind, &bytes, folder.path()));
        assert!(done.is_ok(), "seed {seed}: {name} changed to {}", STANDARD.encode(&bytes));
    }
}
