//! The hot paths, one at a time: `cargo bench -p keepsake-core`. Ratios within one run count; absolute
//! times depend on the machine and on what else it does.

use std::fs;
use std::path::Path;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use keepsake_core::archive::block::{BLOCK_BYTES, Packed, Packer, stored_pieces, unpack};
use keepsake_core::archive::manifest::{Content, Entry, Node, parse_line, write_as_in, write_full};
use keepsake_core::archive_path::ArchivePath;
use keepsake_core::backup::{BackupRequest, FolderSource, backup};
use keepsake_core::catalog::Catalog;
use keepsake_core::clock::SystemClock;
use keepsake_core::file_facts::{FileFacts, FileTime};
use keepsake_core::monitor::Silent;

fn main() {
    divan::main();
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(next).collect()
}

fn text(length: usize) -> Vec<u8> {
    let words = [b"the ", b"lake", b" and", b" sum", b"mer ", b"1234"];
    noise(length / 4).into_iter().flat_map(|b| *words[usize::from(b) % words.len()]).collect()
}

#[divan::bench(args = [1, 3, 6])]
fn pack_a_block_of_text(bencher: Bencher, level: u8) {
    let data = text(BLOCK_BYTES);
    let (mut packer, mut room) = (Packer::new(level), Vec::new());
    bencher.counter(BytesCount::new(data.len())).bench_local(|| packer.pack(black_box(&data), &mut room));
}

#[divan::bench]
fn pack_a_block_of_a_photo(bencher: Bencher) {
    let data = noise(BLOCK_BYTES);
    let (mut packer, mut room) = (Packer::new(1), Vec::new());
    bencher.counter(BytesCount::new(data.len())).bench_local(|| packer.pack(black_box(&data), &mut room));
}

#[divan::bench(args = [false, true])]
fn unpack_a_block(bencher: Bencher, photo: bool) {
    let data = if photo { noise(BLOCK_BYTES) } else { text(BLOCK_BYTES) };
    let mut room = Vec::new();
    let (packed, row) = Packer::new(1).pack(&data, &mut room);
    let member = match packed {
        Packed::Compressed(length) => room[..length].to_vec(),
        Packed::Stored { frame } => {
            let mut bytes = Vec::new();
            stored_pieces(&frame, &data, |piece| bytes.extend_from_slice(piece));
            bytes
        }
    };
    let mut decompressor = libdeflater::Decompressor::new();
    let mut out = Vec::new();
    bencher
        .counter(BytesCount::new(data.len()))
        .bench_local(|| unpack(&mut decompressor, black_box(&member), &row, &mut out));
}

fn entry(number: u32) -> Entry {
    let content = Content {
        size_bytes: 4_000_000,
        sha256: [number as u8; 32],
        archive: 0,
        tar_offset: u64::from(number) * 4_001_000,
        stored_bytes: 4_000_000,
        sparse: false,
        stored_as: None,
        patch: None,
    };
    let time = FileTime { secs: 1_700_000_000, nanos: number };
    Entry {
        path: ArchivePath::new(format!("photos/2019-07 Lake/IMG_{number:05}.jpg")).expect("a path"),
        facts: FileFacts { mode: 0o644, mtime: time, ctime: time, inode: number.into(), ..FileFacts::default() },
        user: "mum".into(),
        group: "family".into(),
        node: Node::File(content),
    }
}

#[divan::bench]
fn write_manifest_lines(bencher: Bencher) {
    let entries: Vec<_> = (0..1000).map(entry).collect();
    bencher.counter(ItemsCount::new(2 * entries.len())).bench_local(|| {
        let mut out = Vec::new();
        for entry in &entries {
            write_full(&mut out, entry);
            write_as_in(&mut out, entry.path.as_bytes(), 7);
        }
        out
    });
}

#[divan::bench]
fn parse_manifest_lines(bencher: Bencher) {
    let mut lines = Vec::new();
    for number in 0..1000 {
        write_full(&mut lines, &entry(number));
    }
    bencher
        .counter(ItemsCount::new(1000usize))
        .bench_local(|| lines.split(|&b| b == b'\n').filter(|line| parse_line(line, 0).is_ok()).count());
}

fn request(top: &Path) -> BackupRequest {
    let source = FolderSource {
        name: "home".into(),
        path: top.join("home"),
        exclude: Vec::new(),
        one_file_system: true,
        exclude_caches: true,
    };
    BackupRequest {
        plan: "family".into(),
        computer: ("bench".into(), "0".repeat(16)),
        sources: vec![source],
        backup_dir: top.join("store"),
        places: Vec::new(),
        data_dir: top.join("data"),
        compression: 1,
        max_archive_bytes: 4_000_000_000,
        patch_from_bytes: keepsake_core::backup::PATCH_FROM_BYTES,
        renewal: keepsake_core::backup::RenewalRules::default(),
        full: false,
    }
}

/// 2,000 small files and 32 photos of 1 MiB.
fn home() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let letters = text(4_000);
    for i in 0..2000 {
        let folder = dir.path().join(format!("home/letters/{}", i / 50));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("{i}.txt")), &letters[..500 + i]).expect("a file");
    }
    fs::create_dir_all(dir.path().join("home/photos")).expect("a folder");
    for i in 0..32 {
        fs::write(dir.path().join(format!("home/photos/{i}.jpg")), noise(BLOCK_BYTES + i)).expect("a file");
    }
    dir
}

#[divan::bench(sample_count = 20)]
fn first_backup(bencher: Bencher) {
    let dir = home();
    bencher.counter(BytesCount::new(40_000_000usize)).bench_local(|| {
        let request = request(dir.path());
        let _ = fs::remove_dir_all(&request.backup_dir);
        let _ = fs::remove_dir_all(&request.data_dir);
        let catalog = Catalog::open(&request.data_dir).expect("a catalog");
        backup(&catalog, &request, &SystemClock, &Silent).expect("a backup")
    });
}

#[divan::bench(sample_count = 20)]
fn backup_of_what_is_unchanged(bencher: Bencher) {
    let dir = home();
    let request = request(dir.path());
    let catalog = Catalog::open(&request.data_dir).expect("a catalog");
    // Twice, so that times have settled and nothing is read again.
    for _ in 0..2 {
        backup(&catalog, &request, &SystemClock, &Silent).expect("a backup");
    }
    bencher
        .counter(ItemsCount::new(2074usize))
        .bench_local(|| backup(&catalog, &request, &SystemClock, &Silent).expect("a backup"));
}
