//! The comparison that the other tests rely on notices each kind of difference.

use std::collections::BTreeSet;

use keepsake_tests::{Aspect, House, Tree, assert_same, compare_trees, is_root, needs, needs_root, noise, run, skip};

/// Two equal trees, one of them changed by `change`: the aspects in which they then differ.
fn aspects_after(change: impl FnOnce(&Tree) -> &Tree) -> BTreeSet<Aspect> {
    let house = House::new();
    let (a, b) = (house.path("a"), house.path("b"));
    let tree = Tree::at(&a);
    tree.sample().sparse("sparse.img", 8 << 20, &[(0, b"begin"), (5 << 20, b"middle")]);
    tree.xattr("bin/tidy-up", "user.note", b"old").settle();
    run("cp", ["-a".as_ref(), a.as_os_str(), b.as_os_str()]);
    assert_same(&compare_trees(&a, &b));
    let _ = change(&Tree::at(&b));
    let found = compare_trees(&a, &b);
    found.iter().map(|difference| difference.aspect).collect()
}

fn keeps_attributes(name: &str) -> bool {
    let keeps = keepsake_tests::here::keeps_attributes(keepsake_tests::here::ground());
    if !keeps {
        skip(name, "this file system keeps no extended attributes");
    }
    keeps
}

/// A change to the tree, done with its folder's and its own time put back.
fn quietly<'a>(tree: &'a Tree, name: &str, change: impl FnOnce(&Tree) -> &Tree) -> &'a Tree {
    let times = |path: &std::path::Path| {
        let meta = std::fs::symlink_metadata(path).unwrap();
        (std::os::unix::fs::MetadataExt::mtime(&meta), std::os::unix::fs::MetadataExt::mtime_nsec(&meta) as u32)
    };
    let path = tree.path(name);
    let folder = path.parent().unwrap().to_path_buf();
    let (own, parents) = (times(&path), times(&folder));
    let _ = change(tree);
    if path.is_symlink() || path.exists() {
        keepsake_tests::tree::set_mtime(&path, own.0, own.1);
    }
    keepsake_tests::tree::set_mtime(&folder, parents.0, parents.1);
    tree
}

/// Insists that a quiet change of one thing is noticed as just this.
#[track_caller]
fn notices(aspect: Aspect, name: &str, change: impl FnOnce(&Tree) -> &Tree) {
    let found = aspects_after(|tree| quietly(tree, name, change));
    assert_eq!(found, BTreeSet::from([aspect]), "{name}");
}

#[test]
fn things_that_are_missing_extra_or_of_another_type() {
    notices(Aspect::Missing, "empty folder", |t| t.remove("empty folder"));
    notices(Aspect::Missing, "Documents/empty.txt", |t| t.remove("Documents/empty.txt"));
    let found = aspects_after(|t| t.folder(b"Documents/\xff"));
    assert_eq!(found, BTreeSet::from([Aspect::Extra, Aspect::FolderMtime]));
    let found = aspects_after(|t| t.remove("read-only.txt").folder("read-only.txt"));
    assert!(found.contains(&Aspect::Type), "{found:?}");
}

#[test]
fn content_and_size() {
    notices(Aspect::Content, "Pictures/2019/lake.jpg", |t| {
        let mut bytes = noise(1, 700_000);
        bytes[650_000] ^= 1;
        t.file("Pictures/2019/lake.jpg", bytes)
    });
    notices(Aspect::Size, "Documents/empty.txt", |t| t.file("Documents/empty.txt", b"x"));
    notices(Aspect::Content, "sparse.img", |t| t.sparse("sparse.img", 8 << 20, &[(0, b"begin"), (5 << 20, b"middlE")]));
}

#[test]
fn mode_and_times() {
    notices(Aspect::Mode, "bin/tidy-up", |t| t.mode("bin/tidy-up", 0o4755));
    notices(Aspect::Mode, "empty folder", |t| t.mode("empty folder", 0o1755));
    let found = aspects_after(|t| t.mtime("read-only.txt", 1_500_000_000, 1));
    assert_eq!(found, BTreeSet::from([Aspect::Mtime]));
    let found = aspects_after(|t| t.mtime("nowhere", -5, 1));
    assert_eq!(found, BTreeSet::from([Aspect::Mtime]));
    let found = aspects_after(|t| t.mtime("empty folder", 1_500_000_000, 1));
    assert_eq!(found, BTreeSet::from([Aspect::FolderMtime]));
}

#[test]
fn links() {
    notices(Aspect::Target, "nowhere", |t| t.remove("nowhere").symlink("nowhere", "../not/here"));
    let letter = "Documents/the same letter.txt";
    notices(Aspect::HardLinks, letter, |t| {
        let bytes = std::fs::read(t.path(letter)).unwrap();
        t.remove(letter).file(letter, bytes)
    });
}

#[test]
fn sparseness() {
    notices(Aspect::Sparseness, "sparse.img", |t| {
        let bytes = std::fs::read(t.path("sparse.img")).unwrap();
        t.file("sparse.img", bytes);
        std::fs::File::open(t.path("sparse.img")).unwrap().sync_all().unwrap();
        t
    });
}

#[test]
fn xattrs_and_acls() {
    let name = "xattrs_and_acls";
    if !keeps_attributes(name) || needs(name, &["setfacl"]).is_none() {
        return;
    }
    notices(Aspect::Xattrs, "bin/tidy-up", |t| t.xattr("bin/tidy-up", "user.note", b"new"));
    notices(Aspect::Xattrs, "empty folder", |t| t.xattr("empty folder", "user.note", b""));
    notices(Aspect::Acls, "empty folder", |t| t.acl("empty folder", "d:u:12345:rwx"));
    let found = aspects_after(|t| t.acl("bin/tidy-up", "u:12345:r"));
    assert!(found.contains(&Aspect::Acls), "{found:?}");
}

#[test]
fn owner_and_group() {
    if !needs_root("owner_and_group") {
        return;
    }
    assert!(is_root());
    notices(Aspect::Owner, "empty folder", |t| t.owner("empty folder", 1234, 0));
    notices(Aspect::Group, "nowhere", |t| t.owner("nowhere", 0, 5678));
}

#[test]
fn devices() {
    if !needs_root("devices") {
        return;
    }
    let house = House::new();
    let (a, b) = (Tree::at(house.path("a")), Tree::at(house.path("b")));
    a.device("null").mtime("null", 1, 1).mtime("", 1, 1);
    run("mknod", [b.path("null").as_os_str(), "c".as_ref(), "1".as_ref(), "5".as_ref()]);
    b.mode("null", 0o644).mtime("null", 1, 1).mtime("", 1, 1);
    a.mode("null", 0o644);
    let found: Vec<_> = compare_trees(&a.path(""), &b.path("")).into_iter().map(|d| d.aspect).collect();
    assert_eq!(found, [Aspect::Device]);
}
