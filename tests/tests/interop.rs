//! Archives are ordinary: every program that opens `.tar.gz` brings the files back.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use keepsake_tests::{Aspect, Difference, House, assert_same, compare_trees, needs, noise, prose, run, sh, without};

/// A house with one backup of a home folder with a little of everything, and the archive.
fn backed_up(change: impl FnOnce(&House)) -> (House, PathBuf) {
    let house = House::new();
    house.tree().sample();
    change(&house);
    house.tree().settle();
    house.backup();
    let archives = house.archives();
    assert_eq!(archives.len(), 1);
    (house, archives[0].clone())
}

/// An empty folder of the house.
fn folder(house: &House, name: &str) -> PathBuf {
    fs::create_dir(house.path(name)).unwrap();
    house.path(name)
}

/// Beside the source only what belongs to the archive itself.
fn assert_only_known_names(out: &Path) {
    let mut names: Vec<String> =
        fs::read_dir(out).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name != "FINISH_BY_HAND.sh");
    names.sort();
    assert_eq!(names, ["BACKUP_INFO.txt", "blocks.bin", "home", "manifest.jsonl", "metadata.json"]);
}

#[test]
fn gnu_tar_brings_everything_back() {
    let (house, archive) = backed_up(|house| {
        let tree = house.tree();
        tree.sparse("disk.img", 3 << 20, &[(0, b"begin"), (2 << 20, b"end")])
            .file(b"caf\xe9/not utf-8 \xff.txt", b"bytes")
            .file(format!("{0}/{0}/{0}", "deep".repeat(50)), b"x");
        if keepsake_tests::here::keeps_attributes(house.dir()) {
            tree.xattr("read-only.txt".replace("read-only", "private/diary"), "user.mood", b"good\n\0\xff");
        }
    });
    let out = folder(&house, "out");
    run(
        "tar",
        [
            "--xattrs".as_ref(),
            "--xattrs-include=*".as_ref(),
            "--acls".as_ref(),
            "-xpzf".as_ref(),
            archive.as_os_str(),
            "-C".as_ref(),
            out.as_os_str(),
        ],
    );
    assert_same(&compare_trees(&house.source(), &out.join("home")));
    assert_only_known_names(&out);
}

#[test]
fn bsdtar_brings_everything_back() {
    let Some(bsdtar) = needs("bsdtar_brings_everything_back", &["bsdtar"]) else { return };
    let (house, archive) = backed_up(|house| {
        house.tree().sparse("disk.img", 3 << 20, &[(0, b"begin"), (2 << 20, b"end")]);
    });
    let out = folder(&house, "out");
    run(bsdtar, ["-xpf".as_ref(), archive.as_os_str(), "-C".as_ref(), out.as_os_str()]);
    assert_same(&compare_trees(&house.source(), &out.join("home")));
    assert_only_known_names(&out);
}

#[test]
fn seven_zip_brings_every_file_back() {
    let Some(seven_zip) = needs("seven_zip_brings_every_file_back", &["7zz", "7z"]) else { return };
    // 7-Zip refuses links that lead out of the folder, and knows no sparse files in tar.
    let (house, archive) = backed_up(|house| {
        house.tree().remove("nowhere");
    });
    let (tar, out) = (folder(&house, "tar"), folder(&house, "out"));
    let to = |folder: &Path| format!("-o{}", folder.display());
    run(&seven_zip, ["t".as_ref(), archive.as_os_str()]);
    run(&seven_zip, ["x".as_ref(), "-y".as_ref(), to(&tar).as_ref(), archive.as_os_str()]);
    let tars: Vec<_> = fs::read_dir(&tar).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(tars.len(), 1, "{tars:?}");
    run(&seven_zip, ["x".as_ref(), "-y".as_ref(), to(&out).as_ref(), tars[0].as_os_str()]);
    let differences = compare_trees(&house.source(), &out.join("home"));
    let kept = [Aspect::Missing, Aspect::Extra, Aspect::Type, Aspect::Content, Aspect::Size, Aspect::Target];
    let differences: Vec<_> = differences.into_iter().filter(|d| kept.contains(&d.aspect)).collect();
    assert_same(&differences);
    assert_only_known_names(&out);
}

const PYTHON: &str = "
import sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    trust = {'filter': 'fully_trusted'} if hasattr(tarfile, 'fully_trusted_filter') else {}
    archive.extractall(sys.argv[2], **trust)
";

#[test]
fn python_brings_everything_back() {
    let Some(python) = needs("python_brings_everything_back", &["python3"]) else { return };
    let (house, archive) = backed_up(|house| {
        house
            .tree()
            .sparse("disk.img", 3 << 20, &[(0, b"begin"), (2 << 20, b"end")])
            .file(b"caf\xe9/not utf-8 \xff.txt", b"bytes")
            .file(format!("{0}/{0}/{0}", "deep".repeat(50)), b"x");
    });
    let out = folder(&house, "out");
    run(python, ["-c".as_ref(), PYTHON.as_ref(), archive.as_os_str(), out.as_os_str()]);
    let differences = compare_trees(&house.source(), &out.join("home"));
    // Python keeps times as floating-point numbers, does not set those of links, and knows no sparseness.
    let (times, others): (Vec<_>, Vec<_>) =
        differences.into_iter().partition(|d| matches!(d.aspect, Aspect::Mtime | Aspect::FolderMtime));
    assert_same(&without(others, &[Aspect::Sparseness]));
    for difference in times {
        let full = |top: &Path| top.join(String::from_utf8_lossy(&difference.path).into_owned());
        assert!(about_the_same_time(&full(&house.source()), &full(&out.join("home"))), "{difference:?}");
    }
    assert_only_known_names(&out);
}

fn about_the_same_time(a: &Path, b: &Path) -> bool {
    // Names that are not UTF-8 are not found under their shown form: their content was compared all the same.
    let (Ok(a), Ok(b)) = (fs::symlink_metadata(a), fs::symlink_metadata(b)) else { return true };
    let nanos = |meta: &std::fs::Metadata| i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
    a.is_symlink() || nanos(&a).abs_diff(nanos(&b)) < 2_000
}

#[test]
fn the_archive_is_laid_out_as_written_down() {
    let (house, archive) = backed_up(|_| {});
    run("gzip".as_ref() as &Path, ["-t".as_ref(), archive.as_os_str()]);
    assert_eq!(fs::metadata(&archive).unwrap().mode() & 0o777, 0o600);
    assert_eq!(archive.file_name().unwrap(), "family_20260303_020500.tar.gz");
    let listed = sh(&house.backups(), "tar -tzf family_20260303_020500.tar.gz --quoting-style=escape").stdout;
    let listed = String::from_utf8(listed).unwrap();
    let names: Vec<&str> = listed.lines().collect();
    assert_eq!(names[0], "BACKUP_INFO.txt");
    assert_eq!(names[1], "home/");
    assert_eq!(names[names.len() - 3..], ["manifest.jsonl", "blocks.bin", "metadata.json"]);
    let inside = names.iter().filter(|name| name.starts_with("home/")).count();
    assert_eq!(inside, compare_count(&house.source()), "each thing once:\n{listed}");
    sh(&house.backups(), "tar -xzOf family_20260303_020500.tar.gz metadata.json | python3 -m json.tool >/dev/null");
}

/// How many things stand below a folder, the folder included.
fn compare_count(top: &Path) -> usize {
    let inside = |entry: std::io::Result<fs::DirEntry>| compare_count(&entry.unwrap().path());
    if fs::symlink_metadata(top).unwrap().is_dir() {
        1 + fs::read_dir(top).unwrap().map(inside).sum::<usize>()
    } else {
        1
    }
}

#[test]
fn the_checksum_file_beside_is_right() {
    let (house, archive) = backed_up(|_| {});
    sh(&house.backups(), "sha256sum --strict -c family_20260303_020500.tar.gz.sha256");
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&archive, bytes).unwrap();
    sh(&house.backups(), "! sha256sum -c family_20260303_020500.tar.gz.sha256");
    assert_eq!(house.leftovers(), [""; 0]);
}

#[test]
fn the_same_tree_at_the_same_time_makes_the_same_bytes() {
    let (one, two) = (House::new(), House::new());
    // Enough for many blocks, so that an order that depends on which core was faster would show.
    let tree = one.tree();
    for i in 0..60 {
        tree.file(format!("a/{i}.jpg"), noise(i, 150_000)).file(format!("b/{i}.txt"), prose(i, 90_000));
    }
    tree.sample();
    two.settings_for("", &[("home", &one.source(), "")]);
    // Nothing may depend on how much a first look left in the cache either.
    one.backup();
    two.backup();
    let (first, second) = (one.archives(), two.archives());
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].file_name(), second[0].file_name());
    let (first, second) = (fs::read(&first[0]).unwrap(), fs::read(&second[0]).unwrap());
    let unlike = first.iter().zip(&second).position(|(a, b)| a != b);
    assert!(first == second, "{} and {} bytes, first unlike at {unlike:?}", first.len(), second.len());
}

#[test]
fn differences_name_the_path() {
    let difference = Difference { path: b"a\xff".to_vec(), aspect: Aspect::Mode, detail: "x".into() };
    assert_eq!(format!("{difference:?}"), "Mode: \"a\\xff\": x");
}
