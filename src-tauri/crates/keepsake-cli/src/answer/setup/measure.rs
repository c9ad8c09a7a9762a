//! How much there is in folders, in a short time.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use keepsake_api::Counts;

/// Endings of pictures and videos.
const PICTURES: [&str; 22] = [
    "jpg", "jpeg", "png", "gif", "webp", "heic", "heif", "avif", "tif", "tiff", "bmp", "dng", "cr2", "nef", "arw",
    "raf", "mp4", "mov", "avi", "mkv", "m4v", "webm",
];
/// How long an answer is waited for beyond the moment at which looking ends.
const GRACE: Duration = Duration::from_millis(200);

/// What was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measured {
    /// Files and links, and their bytes.
    pub counts: Counts,
    /// True when all was seen.
    pub is_whole: bool,
    /// How many things could not be looked at.
    pub unreadable: u64,
}

/// Measures each folder, in a thread of its own, until a moment. None for one that did not answer by then: its disk may
/// hang, and nobody waits for it.
pub fn all(folders: Vec<PathBuf>, until: Instant) -> Vec<Option<Measured>> {
    let (tell, told) = mpsc::channel();
    let mut found = vec![None; folders.len()];
    let count = folders.len();
    for (number, folder) in folders.into_iter().enumerate() {
        let tell = tell.clone();
        thread::spawn(move || {
            // Nobody may be there any more.
            let _ = tell.send((number, one(&folder, until)));
        });
    }
    for _ in 0..count {
        match told.recv_timeout((until + GRACE).saturating_duration_since(Instant::now())) {
            Ok((number, measured)) => found[number] = Some(measured),
            Err(_) => break,
        }
    }
    found
}

/// Walks a folder on its own file system, without following links.
fn one(folder: &Path, until: Instant) -> Measured {
    let mut measured = Measured { is_whole: true, ..Measured::default() };
    let Ok(device) = fs::metadata(folder).map(|facts| facts.dev()) else {
        return Measured { unreadable: 1, ..Measured::default() };
    };
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            measured.unreadable += 1;
            continue;
        };
        for entry in entries {
            if Instant::now() >= until {
                measured.is_whole = false;
                return measured;
            }
            let Ok((entry, facts)) = entry.and_then(|entry| entry.metadata().map(|facts| (entry, facts))) else {
                measured.unreadable += 1;
                continue;
            };
            if facts.is_dir() {
                if facts.dev() == device {
                    folders.push(entry.path());
                }
            } else if facts.is_file() || facts.is_symlink() {
                measured.counts.files += 1;
                measured.counts.pictures += u64::from(facts.is_file() && is_picture(entry.file_name().as_bytes()));
                measured.counts.bytes += if facts.is_file() { facts.len() } else { 0 };
            }
        }
    }
    measured
}

fn is_picture(name: &[u8]) -> bool {
    let ending = name.iter().rposition(|byte| *byte == b'.').map(|dot| &name[dot + 1..]).unwrap_or_default();
    PICTURES.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(ending))
}
