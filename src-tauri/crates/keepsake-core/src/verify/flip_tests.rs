//! One bit that is another, anywhere in an archive or its checksum file, is noticed by a full check.

use std::os::unix::fs::FileExt;

use super::*;
use crate::clock::FixedClock;
use crate::monitor::Silent;
use crate::rebuild::import_folder;

const FLIPS: u64 = 10_000;
/// Of so many flips one is in a checksum file, which would else hardly be met.
const SIDECARS: u64 = 10;

/// SplitMix64 (Steele, Lea, Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn flip(path: &Path, at: u64, bit: u8) {
    let file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1 << bit], at).unwrap();
}

/// The golden archives, which have everything that can be in one, patches among them.
fn golden() -> (tempfile::TempDir, Vec<ArchiveRow>) {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/golden/v1");
    for entry in std::fs::read_dir(golden).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let catalog = Catalog::open(data.path()).unwrap();
    let clock = FixedClock("2026-03-07T02:05:00+00:00[UTC]".parse().unwrap());
    import_folder(&catalog, folder.path(), "home", true, &clock, &Silent).unwrap();
    let archives = catalog.archives().unwrap();
    (folder, archives)
}

fn is_noticed(archive: &ArchiveRow, folder: &Path) -> bool {
    match look_at(archive, folder, How::Full, Share::all(), &Silent) {
        Verdict::Read { damaged, .. } => !damaged.is_empty(),
        Verdict::NotChecked(_) => true,
        Verdict::Stopped => panic!("nobody asked to stop"),
    }
}

#[test]
fn every_random_flip_is_noticed() {
    let (folder, archives) = golden();
    assert!(archives.len() >= 6 && archives.iter().all(|archive| !is_noticed(archive, folder.path())));
    let seed = std::env::var("KEEPSAKE_FLIP_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64
    });
    eprintln!("KEEPSAKE_FLIP_SEED={seed}");
    let mut state = seed;
    let mut missed = Vec::new();
    for number in 0..FLIPS {
        let archive = &archives[next(&mut state) as usize % archives.len()];
        let name = match number % SIDECARS {
            0 => crate::archive::name::sidecar_name(&archive.name),
            _ => archive.name.clone(),
        };
        let path = folder.path().join(&name);
        let at = next(&mut state) % std::fs::metadata(&path).unwrap().len();
        let bit = (next(&mut state) % 8) as u8;
        flip(&path, at, bit);
        if !is_noticed(archive, folder.path()) {
            missed.push((name, at, bit));
        }
        flip(&path, at, bit);
    }
    assert!(missed.is_empty(), "KEEPSAKE_FLIP_SEED={seed}: {} were missed: {:?}", missed.len(), &missed);
}
