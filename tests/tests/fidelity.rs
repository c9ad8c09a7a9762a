//! Everything comes back as it was: owner, mode, times, links, attributes, holes, names.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

use fs_err as fs;
use keepsake_tests::here::keeps_attributes;
use keepsake_tests::{House, assert_same, compare_trees, needs, needs_root, noise, prose, skip};
use serde_json::Value;

/// Backs up, restores beside, and insists that nothing differs.
#[track_caller]
fn comes_back(house: &House) {
    house.backup();
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
}

#[test]
fn a_home_folder() {
    let house = House::new();
    house.tree().sample();
    comes_back(&house);
}

#[test]
fn an_empty_home_folder() {
    let house = House::new();
    house.tree().settle();
    comes_back(&house);
}

#[test]
fn modes_with_setuid_setgid_and_sticky() {
    let house = House::new();
    let tree = house.tree();
    for mode in [0o000, 0o400, 0o644, 0o755, 0o777, 0o4755, 0o2755, 0o6711, 0o1644] {
        // A file that its owner may not read can only be backed up by root.
        if mode & 0o400 != 0 || keepsake_tests::is_root() {
            tree.file(format!("file {mode:04o}"), b"x").mode(format!("file {mode:04o}"), mode);
        }
    }
    for mode in [0o500, 0o700, 0o1777, 0o2755, 0o3770] {
        tree.file(format!("folder {mode:04o}/inside"), b"x").settle().mode(format!("folder {mode:04o}"), mode);
    }
    comes_back(&house);
}

#[test]
fn times_to_the_nanosecond_before_1970_and_after_2038() {
    let house = House::new();
    let tree = house.tree();
    let times = [
        (0, 0),
        (0, 1),
        (-1, 750_000_000),
        (-1, 0),
        (-2_000_000_000, 999_999_999),
        (1_700_000_000, 1),
        (1_700_000_000, 123_456_789),
        (2_147_483_648, 5),
        (4_102_444_800, 999_999_999),
        (8_589_934_592, 7),
    ];
    for (secs, nanos) in times {
        tree.file(format!("file {secs} {nanos}"), b"x").mtime(format!("file {secs} {nanos}"), secs, nanos);
        tree.symlink(format!("link {secs} {nanos}"), "x").mtime(format!("link {secs} {nanos}"), secs, nanos);
    }
    for (secs, nanos) in times {
        tree.file(format!("folder {secs} {nanos}/x"), b"x").mtime(format!("folder {secs} {nanos}"), secs, nanos);
    }
    tree.mtime("", -86_400, 500);
    let meta = fs::metadata(tree.path("file 4102444800 999999999")).unwrap();
    if (meta.mtime(), meta.mtime_nsec()) != (4_102_444_800, 999_999_999) {
        return skip("times_to_the_nanosecond_before_1970_and_after_2038", "this file system does not keep such times");
    }
    comes_back(&house);
}

#[test]
fn links() {
    let house = House::new();
    let tree = house.tree();
    tree.file("one/a", noise(1, 100_000))
        .hard_link("two/b", "one/a")
        .hard_link("a third name", "one/a")
        .file("zero", b"")
        .hard_link("zero again", "zero")
        .file("the same bytes", noise(1, 100_000))
        .symlink("relative", "one/a")
        .symlink("up", "../../../..")
        .symlink("absolute", "/etc/passwd")
        .symlink("dangling", "not there")
        .symlink("to a folder", "one")
        .symlink("loop", "loop")
        .symlink("long", "l".repeat(1_000))
        .symlink("bytes", b"\xff\xfe")
        .settle();
    comes_back(&house);
}

#[test]
fn extended_attributes() {
    let house = House::new();
    if !keeps_attributes(house.dir()) {
        return skip("extended_attributes", "this file system keeps none");
    }
    let tree = house.tree();
    tree.file("a", b"x")
        .xattr("a", "user.comment", b"from the lake")
        .xattr("a", "user.empty", b"")
        .xattr("a", "user.bytes", b"line\nline\0=\xff")
        .xattr("a", "user.long", noise(1, 2_000))
        .folder("folder")
        .xattr("folder", "user.comment", b"of a folder")
        .file("empty", b"")
        .xattr("empty", "user.comment", b"of an empty file")
        .file("read-only", b"x")
        .xattr("read-only", "user.comment", b"of a read-only file")
        .mode("read-only", 0o400)
        .xattr("", "user.comment", b"of the source itself")
        .settle();
    comes_back(&house);
}

#[test]
fn attributes_that_only_root_may_set() {
    let name = "attributes_that_only_root_may_set";
    let house = House::new();
    if !needs_root(name) {
        return;
    }
    if !keeps_attributes(house.dir()) {
        return skip(name, "this file system keeps no attributes");
    }
    // The capability to bind low ports, as setcap cap_net_bind_service=ep writes it (capability.h, revision 2).
    let mut capability = vec![0; 20];
    capability[..6].copy_from_slice(&[1, 0, 0, 2, 0, 4]);
    let tree = house.tree();
    tree.file("server", b"x").owner("server", 1234, 5678);
    tree.xattr("server", "security.capability", capability).xattr("server", "trusted.note", b"t").settle();
    comes_back(&house);
}

#[test]
fn access_control_lists() {
    let name = "access_control_lists";
    let house = House::new();
    if needs(name, &["setfacl"]).is_none() {
        return;
    }
    if !keeps_attributes(house.dir()) {
        return skip(name, "this file system keeps no ACLs");
    }
    let tree = house.tree();
    tree.file("a", b"x")
        .acl("a", "u:12345:rw,g:23456:r,m::rw")
        .folder("shared")
        .acl("shared", "u:12345:rwx")
        .acl("shared", "d:u:12345:rwx,d:g:23456:rx")
        .file("shared/inside", b"gets what the folder hands down")
        .file("masked", b"x")
        .acl("masked", "u:12345:rwx,m::r")
        .mode("masked", 0o640)
        .folder("shared/only handed down")
        .settle();
    comes_back(&house);
}

#[test]
fn owners() {
    if !needs_root("owners") {
        return;
    }
    let house = House::new();
    let tree = house.tree();
    tree.file("a", b"x")
        .owner("a", 1234, 5678)
        .file("setuid", b"x")
        .owner("setuid", 1234, 5678)
        .mode("setuid", 0o4755)
        .folder("folder")
        .owner("folder", 65534, 0)
        .symlink("link", "a")
        .owner("link", 1, 2)
        .file("large", b"x")
        .owner("large", 3_000_000_000, 2_500_000_000)
        .owner("", 1234, 5678)
        .settle();
    comes_back(&house);
}

#[test]
fn sparse_files_stay_sparse() {
    let house = House::new();
    let data = noise(3, 300_000);
    house
        .tree()
        .sparse("only a hole", 5 << 20, &[])
        .sparse("hole first", 5 << 20, &[((5 << 20) - 300_000, &data)])
        .sparse("hole last", 5 << 20, &[(0, &data)])
        .sparse("a single byte", (64 << 20) + 7, &[(33 << 20, b"x")])
        .sparse("many pieces", 40 << 20, &(0..300).map(|i| (i << 17, &data[..1000])).collect::<Vec<_>>())
        .file("zeros that are not a hole", vec![0; 1 << 20])
        .settle();
    house.backup();
    house.restore_to(&house.path("r"));
    let differences = compare_trees(&house.source(), &house.path("r/home"));
    // Zeros may come back as a hole: no reader can tell.
    let differences: Vec<_> = differences
        .into_iter()
        .filter(|d| !(d.aspect == keepsake_tests::Aspect::Sparseness && d.path.starts_with(b"zeros")))
        .collect();
    assert_same(&differences);
}

#[test]
fn a_file_of_nine_gigabytes_with_holes() {
    let house = House::new();
    let (begin, end) = (noise(1, 600_000), noise(2, 100_000));
    let len = 9 << 30;
    // Two small holes in what stands at the beginning, one hole of almost 9 GiB.
    let pieces: [(u64, &[u8]); 4] = [
        (0, &begin[..200_000]),
        (327_680, &begin[200_000..400_000]),
        (655_360, &begin[400_000..]),
        (len - 100_000, &end),
    ];
    house.tree().sparse("disk.img", len, &pieces).settle();
    let plan = house.backup();
    assert_eq!(plan["bytes"], len, "{plan:#}");
    house.restore_to(&house.path("r"));
    assert_same(&compare_trees(&house.source(), &house.path("r/home")));
    let room = fs::metadata(house.path("r/home/disk.img")).unwrap().blocks() * 512;
    assert!(room < 2_000_000, "it takes {room} bytes on the disk");
}

#[test]
fn names_of_any_bytes() {
    let house = House::new();
    let tree = house.tree();
    // Every byte that a name can have, by itself and within.
    for byte in (1..=255u8).filter(|&byte| byte != b'/' && byte != b'.') {
        tree.file([b"bytes/", &[byte][..]].concat(), [byte]);
        tree.file([b"bytes/in ", &[byte][..], b" between"].concat(), [byte]);
    }
    tree.file(b"caf\xe9/\xff\xfe.jpg", b"latin 1")
        .file("...", b"three dots")
        .file("-", b"a dash")
        .file("--help", b"an option")
        .file("\u{202e}gpj.exe", b"right to left")
        .file("e\u{301}", b"decomposed")
        .file("é", b"composed")
        .settle();
    comes_back(&house);
    // One of them by name.
    let path = OsStr::from_bytes(b"home/caf\xe9/\xff\xfe.jpg");
    let to = house.path("one");
    house
        .keepsake(["restore".as_ref(), "latest".as_ref(), "--path".as_ref(), path, "--to".as_ref(), to.as_os_str()])
        .expect(0);
    assert_eq!(fs::read(to.join(path)).unwrap(), b"latin 1");
}

#[test]
fn long_names_and_deep_paths() {
    let house = House::new();
    let tree = house.tree();
    tree.file("n".repeat(255), b"255 bytes")
        .file(format!("{}/{}", "d".repeat(255), "ü".repeat(127)), b"255 and 254 bytes")
        .symlink("s".repeat(255), "t".repeat(255));
    for length in [99, 100, 101, 154, 155, 156, 255, 256, 257] {
        // Around the limits of the old tar header: 100 bytes of name, 155 of prefix, 255 of both.
        let name = format!("{}/{}", "p".repeat(length - 56), "q".repeat(50));
        assert_eq!("home/".len() + name.len(), length);
        tree.file(name, format!("{length} bytes with the source's name"));
    }
    // 4,000 bytes within the backup, unless the folder for tests leaves too little room in 4,096.
    let length = 4_000.min(4_060 - house.dir().as_os_str().len());
    let mut deep = String::from("deep");
    while "home/".len() + deep.len() + 201 <= length {
        deep.push('/');
        deep.push_str(&"x".repeat(200));
    }
    let rest = length - "home/".len() - deep.len();
    if rest >= 2 {
        deep.push('/');
        deep.push_str(&"y".repeat(rest - 1));
    }
    tree.file(&deep, b"at the bottom").settle();
    comes_back(&house);
    assert!(house.files("latest").iter().any(|path| path.len() == length), "a path of {length} bytes");
}

#[test]
fn what_is_no_file_is_named_as_left_out() {
    let house = House::new();
    let tree = house.tree();
    tree.file("a", b"x").socket("run/socket").pipe("run/pipe").settle();
    let plan = house.backup();
    assert_eq!(left_out(&plan), ["home/run/pipe", "home/run/socket"]);
    assert_eq!(plan["outcome"], "good");
    house.restore_to(&house.path("r"));
    let differences = compare_trees(&house.source(), &house.path("r/home"));
    let missing: Vec<_> = differences.iter().map(|d| String::from_utf8_lossy(&d.path).into_owned()).collect();
    assert_eq!(missing, ["run/pipe", "run/socket"], "{differences:?}");
}

#[test]
fn a_device_is_named_as_left_out() {
    if !needs_root("a_device_is_named_as_left_out") {
        return;
    }
    let house = House::new();
    house.tree().file("a", b"x").device("dev/null").settle();
    let plan = house.backup();
    assert_eq!(left_out(&plan), ["home/dev/null"]);
}

/// The paths that a backup names as left out, sorted; each with a reason.
fn left_out(plan: &Value) -> Vec<&str> {
    let items = plan["left_out"].as_array().unwrap_or_else(|| panic!("{plan:#}"));
    assert!(items.iter().all(|item| !item["why"].as_str().unwrap_or_default().is_empty()), "{plan:#}");
    let mut paths: Vec<_> = items.iter().map(|item| item["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    paths
}

#[test]
fn everything_at_once_twice() {
    // A second backup knows most of it from the first: what comes back must be the same.
    let house = House::new();
    house.tree().sample().file("more", prose(9, 5_000)).settle();
    house.backup();
    house.tree().file("more", prose(10, 6_000)).mode("bin/tidy-up", 0o700).mtime("read-only.txt", 77, 5);
    comes_back(&house);
}
