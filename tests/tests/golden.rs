//! Archives of every format version stay readable for ever: `tests/golden` holds some of each, made once by
//! the writer of that version and never made again. Every file there must be expected by a listing.
//!
//! `tests/golden/vN.expected.jsonl` says what the archives in `tests/golden/vN/` hold. A line with `backup` begins
//! an archive; the lines behind it are those of its manifest, in order, with `file_sha256` added: the
//! SHA-256 of the file as it was on disk when the archive was made.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use fs_err as fs;
use keepsake_core::archive::error::ArchiveError;
use keepsake_core::archive::manifest::{Content, Line, Node, time_text};
use keepsake_core::archive::patch::read_patched;
use keepsake_core::archive::reader::{ArchiveReader, BlockCursor};
use keepsake_core::archive::{BY_HAND_NAME, FORMAT_VERSION};
use keepsake_core::hash::hex;
use keepsake_tests::{needs, sh};
use ring::digest::{Context, SHA256, digest};
use serde_json::{Map, Value, json};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden");

/// What a listing says of one archive: its own line, then those of its manifest.
type Expected = Vec<(Value, Vec<Value>)>;

fn expected(version: u16) -> Expected {
    let path = format!("{GOLDEN}/v{version}.expected.jsonl");
    let mut archives: Expected = Vec::new();
    for line in fs::read_to_string(&path).expect("every version has a listing").lines() {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{path}: {e}: {line}"));
        match value.get("backup") {
            Some(_) => archives.push((value, Vec::new())),
            None => archives.last_mut().expect("an archive's line comes first").1.push(value),
        }
    }
    archives
}

fn archive_path(version: u16, name: &str) -> PathBuf {
    Path::new(GOLDEN).join(format!("v{version}")).join(name)
}

/// Text, or base64 under a key of its own.
fn set_bytes(to: &mut Map<String, Value>, key: &str, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(text) => to.insert(key.into(), text.into()),
        Err(_) => to.insert(format!("{key}_b64"), BASE64.encode(bytes).into()),
    };
}

fn bytes_of(line: &Value, key: &str) -> Vec<u8> {
    match line[key].as_str() {
        Some(text) => text.into(),
        None => BASE64.decode(line[format!("{key}_b64")].as_str().expect("text or base64")).expect("base64"),
    }
}

/// What the reader says of an archive, in the form of the listing.
fn described(reader: &ArchiveReader, bytes: &[u8]) -> Value {
    let metadata = reader.metadata();
    json!({
        "archive": reader.path().file_name().and_then(OsStr::to_str),
        "archive_bytes": bytes.len(),
        "archive_sha256": hex(digest(&SHA256, bytes).as_ref()),
        "format": metadata.format,
        "computer": metadata.computer,
        "computer_id": metadata.computer_id,
        "plan": metadata.plan,
        "backup": metadata.backup,
        "part": metadata.part,
        "last": metadata.last,
        "time": metadata.time,
        "time_secs": metadata.time_secs,
        "sources": metadata.sources,
        "problem_count": metadata.problem_count,
        "archives_needed": metadata.archives_needed,
        "blocks": reader.block_count(),
        "tar_bytes": reader.tar_bytes(),
    })
}

fn described_line(line: &Line) -> Value {
    let mut said = Map::new();
    set_bytes(&mut said, "path", line.path().as_bytes());
    let entry = match line {
        Line::AsIn { archive, .. } => {
            said.insert("in".into(), (*archive).into());
            return said.into();
        }
        Line::Full(entry) => entry,
    };
    let facts = &entry.facts;
    said.insert("mode".into(), format!("{:04o}", facts.mode).into());
    said.insert("owner".into(), format!("{}:{} {}:{}", facts.uid, facts.gid, entry.user, entry.group).into());
    said.insert("mtime".into(), time_text(facts.mtime).into());
    let pairs = facts.xattrs.iter().map(|x| json!([BASE64.encode(&x.name), BASE64.encode(&x.value)]));
    said.insert("xattrs".into(), pairs.collect());
    let kind = match &entry.node {
        Node::Folder => "folder",
        Node::Symlink(target) => {
            set_bytes(&mut said, "target", target);
            "symlink"
        }
        Node::HardLink { target, in_tar } => {
            set_bytes(&mut said, "target", target.as_bytes());
            said.insert("in_tar".into(), (*in_tar).into());
            "hardlink"
        }
        Node::File(content) => {
            said.insert("size".into(), content.size_bytes.into());
            said.insert("stored".into(), content.stored_bytes.into());
            said.insert("sha256".into(), hex(&content.sha256).into());
            said.insert("in_archive".into(), content.archive.into());
            said.insert("offset".into(), content.tar_offset.into());
            if let Some(stored_as) = &content.stored_as {
                set_bytes(&mut said, "stored_as", stored_as.as_bytes());
            }
            match &content.patch {
                Some(patch) => {
                    said.insert("stored_sha256".into(), hex(&patch.sha256).into());
                    let base = &patch.base;
                    let base =
                        json!([base.archive, base.tar_offset, base.size_bytes, BASE64.encode(base.path.as_bytes())]);
                    said.insert("base".into(), base);
                    "patched"
                }
                None if content.sparse => "sparse",
                None => "file",
            }
        }
    };
    said.insert("type".into(), kind.into());
    said.into()
}

fn lines_of(reader: &ArchiveReader) -> Vec<Line> {
    reader.manifest().map(|line| line.unwrap_or_else(|e| panic!("{e}"))).collect()
}

/// What went wrong, as a sentence.
#[derive(Debug)]
#[expect(dead_code, reason = "it is shown when a test fails")]
struct Why(String);

impl From<ArchiveError> for Why {
    fn from(error: ArchiveError) -> Self {
        Self(error.to_string())
    }
}
impl From<String> for Why {
    fn from(sentence: String) -> Self {
        Self(sentence)
    }
}

fn sha256_of(cursor: &mut BlockCursor, content: &Content) -> String {
    let mut hash = Context::new(&SHA256);
    cursor
        .read_range::<ArchiveError>(content.tar_offset, content.stored_bytes, |piece| {
            hash.update(piece);
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{e}"));
    hex(hash.finish().as_ref())
}

#[test]
fn every_golden_archive_is_read_and_is_what_it_was() {
    for version in 1..=FORMAT_VERSION {
        let archives = expected(version);
        assert!(!archives.is_empty(), "version {version} has golden archives");
        for (own, lines) in &archives {
            let name = own["archive"].as_str().expect("a name");
            let path = archive_path(version, name);
            let bytes = fs::read(&path).unwrap();
            let reader = ArchiveReader::open(&path).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(&described(&reader, &bytes), own, "{name}");
            let sidecar = fs::read_to_string(path.with_file_name(format!("{name}.sha256"))).unwrap();
            assert_eq!(sidecar, format!("{}  {name}\n", own["archive_sha256"].as_str().expect("a hash")));

            let found = lines_of(&reader);
            assert_eq!(found.len(), lines.len(), "{name} lists another number of things");
            let needed: Vec<ArchiveReader> = reader
                .metadata()
                .archives_needed
                .iter()
                .map(|need| ArchiveReader::open(&archive_path(version, &need.name)).unwrap_or_else(|e| panic!("{e}")))
                .collect();
            for (line, wanted) in found.iter().zip(lines) {
                let mut wanted = wanted.clone();
                wanted.as_object_mut().expect("an object").remove("file_sha256");
                assert_eq!(described_line(line), wanted, "{name}");
                if let Line::Full(entry) = line
                    && let Node::File(content) = &entry.node
                {
                    let holder = content.archive.checked_sub(1).map_or(&reader, |n| &needed[n as usize]);
                    assert_eq!(
                        sha256_of(&mut holder.cursor(), content),
                        hex(content.stored_sha256()),
                        "{}",
                        entry.path
                    );
                    if let Some(patch) = &content.patch {
                        let base = &needed[patch.base.archive as usize - 1];
                        let mut hash = Context::new(&SHA256);
                        let whole =
                            read_patched::<Why>((&mut base.cursor(), &mut holder.cursor()), content, patch, |b| {
                                hash.update(b);
                                Ok(())
                            });
                        assert!(whole.is_ok(), "{}: {whole:?}", entry.path);
                        assert_eq!(hex(hash.finish().as_ref()), hex(&content.sha256), "{}", entry.path);
                    }
                }
                if let Line::AsIn { path, archive } = line {
                    let told = lines_of(&needed[*archive as usize - 1]);
                    assert!(told.iter().any(|l| l.path() == path && matches!(l, Line::Full(_))), "{path} is told");
                }
            }
            // Every byte before the table lies in a block whose checksum is right.
            let mut cursor = reader.cursor();
            for block in 0..reader.block_count() {
                cursor.block(block).unwrap_or_else(|e| panic!("{e}"));
            }
        }
    }
}

#[test]
fn tar_and_sh_bring_back_every_golden_file() {
    if needs("tar_and_sh_bring_back_every_golden_file", &["tar"]).is_none() {
        return;
    }
    for version in 1..=FORMAT_VERSION {
        let archives = expected(version);
        for (newest, lines) in &archives {
            let out = tempfile::tempdir().unwrap();
            let needed = newest["archives_needed"].as_array().expect("a list").iter().map(|need| &need["name"]);
            for name in needed.chain([&newest["archive"]]) {
                let path = archive_path(version, name.as_str().expect("a name"));
                sh(out.path(), &format!("rm -f {BY_HAND_NAME}; tar -xpzf {path:?} --no-same-owner"));
            }
            sh(out.path(), &format!("if [ -e {BY_HAND_NAME} ]; then sh {BY_HAND_NAME}; fi"));
            let mut compared = 0;
            for line in lines.iter().filter(|line| line["file_sha256"].is_string()) {
                let path = out.path().join(OsStr::from_bytes(&bytes_of(line, "path")));
                let content = fs::read(&path).unwrap();
                assert_eq!(hex(digest(&SHA256, &content).as_ref()), line["file_sha256"], "{}", path.display());
                compared += 1;
            }
            let fewest = if newest["plan"] == "mail" { 2 } else { 6 };
            assert!(compared >= fewest, "{compared} in {newest}");
        }
    }
}

#[test]
fn every_file_in_the_golden_folder_is_expected() {
    let mut known = BTreeSet::new();
    for version in 1..=FORMAT_VERSION {
        known.insert(PathBuf::from(format!("{GOLDEN}/v{version}.expected.jsonl")));
        for (own, _) in expected(version) {
            let name = own["archive"].as_str().expect("a name");
            known.insert(archive_path(version, name));
            known.insert(archive_path(version, &format!("{name}.sha256")));
        }
    }
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::from(GOLDEN)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path);
            }
        }
    }
    let strange: Vec<_> = found.difference(&known).collect();
    assert!(strange.is_empty(), "no listing expects {strange:?}, so no test would notice if it could not be read");
    let lost: Vec<_> = known.difference(&found).collect();
    assert!(lost.is_empty(), "golden archives stay for ever: {lost:?} are gone");
}

/// What the maker backs up, and how: only for a new format version.
mod maker {
    use super::*;
    use keepsake_core::backup::{BackupRequest, FolderSource, Outcome, backup};
    use keepsake_core::catalog::Catalog;
    use keepsake_core::clock::FixedClock;
    use keepsake_core::monitor::Silent;
    use keepsake_tests::{Tree, is_root, noise, wait_until};

    /// The first day: a little of everything.
    fn first_day(tree: &Tree) {
        let film = "a picture of a film\n".repeat(60_000);
        tree.folder("empty folder")
            .file("empty.txt", b"")
            .file("letter.txt", "Dear grandmother,\nthe lake was warm.\n")
            .symlink("latest letter", "letter.txt")
            .hard_link("letter, another name.txt", "letter.txt")
            .file(b"caf\xe9/menu.txt", "a name that is not UTF-8\n")
            .sparse("disk.img", 1 << 20, &[(0, b"begin"), (512 << 10, b"middle")])
            .file("tagged.txt", "with an attribute\n")
            .xattr("tagged.txt", "user.comment", b"from the lake")
            .file("films/film.txt", &film)
            .file("films/film, a copy.txt", &film)
            .file("photo.jpg", noise(2, 3_000))
            .file("note.txt", "first\n")
            .file(format!("{}/{}.txt", "a long name ".repeat(8).trim_end(), "b".repeat(60)), "x")
            .file("before 1970.txt", "old\n")
            .file("tool", "#!/bin/sh\n")
            .settle();
        own(tree, "");
        if is_root() {
            tree.owner("letter.txt", 0, 0);
        }
        // The system takes setuid away when the owner changes.
        tree.mode("tool", 0o4755).mode("photo.jpg", 0o600).mtime("before 1970.txt", -2, 750_000_000);
    }

    /// The second day: new, changed, moved, copied, removed.
    fn second_day(tree: &Tree) {
        std::fs::rename(tree.path("photo.jpg"), tree.path("films/photo.jpg")).expect("it can be moved");
        std::fs::rename(tree.path("note.txt"), tree.path("note of yesterday.txt")).expect("it can be moved");
        tree.file("note.txt", "second\n").file("new.txt", "new\n").remove("tool").remove("empty folder");
        tree.mode("tagged.txt", 0o640).hard_link("letter, a third name.txt", "letter.txt").settle();
        own(tree, "note.txt");
        own(tree, "new.txt");
        tree.mtime("note.txt", 1_200_000_000, 5).mtime("before 1970.txt", -2, 750_000_000);
    }

    /// A database and a letter.
    fn first_mail(tree: &Tree) {
        tree.file("letters/mail.db", mail()).file("letters/letter.txt", "Dear Anna\n").settle();
        own(tree, "");
    }

    /// The database has changed in the middle and has grown.
    fn second_mail(tree: &Tree) {
        let mut changed = mail();
        changed[100_000..100_011].copy_from_slice(b"a new entry");
        changed.extend_from_slice(b"one at its end");
        tree.file("letters/mail.db", changed).settle();
        own(tree, "letters/mail.db");
    }

    /// It has another name.
    fn third_mail(tree: &Tree) {
        std::fs::rename(tree.path("letters/mail.db"), tree.path("letters/mail of last year.db"))
            .expect("it can be moved");
    }

    /// What stands in the place of the first has nothing to do with it.
    fn fourth_mail(tree: &Tree) {
        tree.file("letters/mail.db", "empty\n").settle();
        own(tree, "letters/mail.db");
    }

    fn mail() -> Vec<u8> {
        (0..20_000).flat_map(|i| format!("letter {i}\n").into_bytes()).collect()
    }

    /// Gives things to somebody who has no name on any computer, where the maker may do so.
    fn own(tree: &Tree, name: &str) {
        if is_root() {
            keepsake_tests::run("chown", ["-Rh".as_ref(), "12345:12345".as_ref(), tree.path(name).as_os_str()]);
        }
    }

    /// Makes the golden archives of the version that the code writes. Run it once, when a format version is new:
    ///
    /// ```text
    /// KEEPSAKE_GOLDEN_HOME=/home/anna/Documents KEEPSAKE_GOLDEN_OUT=/somewhere/new \
    ///     cargo test --package keepsake-tests --test golden -- --ignored make_the_golden_archives
    /// ```
    ///
    /// The first folder must not exist; its path stands in the archives. What is made is moved to
    /// `tests/golden` by hand, after reading the listing.
    #[test]
    #[ignore = "makes the golden archives of a new format version, by hand"]
    fn make_the_golden_archives() {
        let var = |name| PathBuf::from(std::env::var_os(name).unwrap_or_else(|| panic!("{name} names a folder")));
        let (home, out) = (var("KEEPSAKE_GOLDEN_HOME"), var("KEEPSAKE_GOLDEN_OUT"));
        assert!(!home.exists() && !out.exists(), "both folders must be new");
        let mut listing = String::new();
        for (plan, days) in [
            ("family", &[first_day as fn(&Tree), second_day][..]),
            ("mail", &[first_mail, second_mail, third_mail, fourth_mail]),
        ] {
            make_plan(plan, days, &home, &out, &mut listing);
        }
        fs::write(out.join(format!("v{FORMAT_VERSION}.expected.jsonl")), listing).unwrap();
        fs::remove_dir_all(out.join("data")).unwrap();
    }

    fn make_plan(plan: &str, days: &[fn(&Tree)], home: &Path, out: &Path, listing: &mut String) {
        let tree = Tree::at(home);
        let request = BackupRequest {
            plan: plan.into(),
            computer: ("kitchen".into(), "0123456789abcdef".into()),
            sources: vec![FolderSource {
                name: "documents".into(),
                path: home.into(),
                exclude: Vec::new(),
                one_file_system: true,
                exclude_caches: true,
            }],
            backup_dir: out.join(format!("v{FORMAT_VERSION}")),
            places: Vec::new(),
            data_dir: out.join("data").join(plan),
            compression: 1,
            max_archive_bytes: 4_000_000_000,
            patch_from_bytes: 100_000,
            renewal: keepsake_core::backup::RenewalRules::default(),
            full: false,
        };
        for (day, change) in (3..).zip(days) {
            change(&tree);
            // Files that changed this very moment are kept without their ctime.
            let changed = std::time::Instant::now();
            wait_until("times have settled", || changed.elapsed().as_millis() > 100);
            let now = format!("2026-03-{day:02}T02:05:00+01:00[Europe/Berlin]").parse().expect("a time");
            let catalog = Catalog::open(&request.data_dir).unwrap();
            let report = backup(&catalog, &request, &FixedClock(now), &Silent).unwrap();
            assert_eq!(report.outcome, Outcome::Good, "{report:?}");
            for name in &report.archives {
                listing.push_str(&list(&request.backup_dir.join(name), home));
            }
        }
        fs::remove_dir_all(home).unwrap();
    }

    /// The listing of one archive, with the hashes of the files as they are on disk.
    fn list(path: &Path, home: &Path) -> String {
        let reader = ArchiveReader::open(path).unwrap();
        let mut text = format!("{}\n", described(&reader, &fs::read(path).unwrap()));
        for line in lines_of(&reader) {
            let mut said = described_line(&line);
            let on_disk = home.join(OsStr::from_bytes(line.path().below_source()));
            let meta = fs::symlink_metadata(&on_disk).unwrap();
            if meta.is_file() {
                said["file_sha256"] = hex(digest(&SHA256, &fs::read(&on_disk).unwrap()).as_ref()).into();
            }
            text.push_str(&format!("{said}\n"));
        }
        text
    }
}

#[test]
fn the_golden_archives_hold_every_kind_of_thing() {
    for version in 1..=FORMAT_VERSION {
        let archives = expected(version);
        let lines: Vec<&Value> = archives.iter().flat_map(|(_, lines)| lines).collect();
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for line in &lines {
            *kinds.entry(line["type"].as_str().unwrap_or("short line")).or_default() += 1;
        }
        for kind in ["file", "folder", "symlink", "hardlink", "sparse", "patched", "short line"] {
            assert!(kinds.contains_key(kind), "version {version} has no {kind}: {kinds:?}");
        }
        for (what, has) in [
            ("a name that is not UTF-8", lines.iter().any(|l| l["path_b64"].is_string())),
            ("an attribute", lines.iter().any(|l| l["xattrs"].as_array().is_some_and(|x| !x.is_empty()))),
            ("an empty file", lines.iter().any(|l| l["type"] == "file" && l["size"] == 0)),
            ("a file that is stored under another name", lines.iter().any(|l| l["stored_as"].is_string())),
            (
                "a patched file that was moved",
                lines.iter().any(|l| l["type"] == "patched" && l["in_archive"].as_u64() > Some(0)),
            ),
            ("a hard link that tar does not know", lines.iter().any(|l| l["in_tar"] == false)),
            ("content in an older archive", lines.iter().any(|l| l["in_archive"].as_u64() > Some(0))),
            ("a time before 1970", lines.iter().any(|l| l["mtime"].as_str().is_some_and(|t| t.starts_with('-')))),
        ] {
            assert!(has, "version {version} has no {what}");
        }
    }
}
