use super::*;
use proptest::prelude::*;

fn any_path() -> impl Strategy<Value = ArchivePath> {
    proptest::collection::vec(any::<u8>(), 1..40).prop_filter_map("a path", |b| ArchivePath::new(b).ok())
}

fn any_node() -> impl Strategy<Value = Node> {
    prop_oneof![
        Just(Node::Folder),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Node::Symlink),
        (
            any::<u32>(),
            any::<[u8; 32]>(),
            0u32..4,
            any::<u32>(),
            any::<bool>(),
            proptest::option::of(any_path()),
            proptest::option::of((any::<[u8; 32]>(), 1u32..4, any::<u32>(), any_path())),
        )
            .prop_map(|(size, sha256, archive, offset, sparse, stored_as, patch)| {
                let size_bytes = u64::from(size);
                let patch = patch.filter(|_| !sparse && stored_as.is_some()).map(|(sha256, archive, at, path)| {
                    let base = Base { archive, tar_offset: at.into(), size_bytes: u64::from(at) / 3, path };
                    Box::new(Patch { sha256, base })
                });
                let stored_bytes = if sparse || patch.is_some() { size_bytes / 2 } else { size_bytes };
                Node::File(Content {
                    size_bytes,
                    sha256,
                    archive,
                    tar_offset: offset.into(),
                    stored_bytes,
                    sparse,
                    stored_as,
                    patch,
                })
            }),
    ]
}

prop_compose! {
    fn any_entry()(path in any_path(), node in any_node(), mode in 0u32..0o10000, uid in any::<u32>(), secs in any::<i64>(),
        nanos in 0u32..1_000_000_000, xattrs in proptest::collection::vec((any::<Vec<u8>>(), any::<Vec<u8>>()), 0..3), user in ".{0,8}") -> Entry {
        let xattrs = xattrs.into_iter().map(|(name, value)| Xattr { name, value }).collect();
        let time = FileTime { secs, nanos };
        Entry { path, node, user, group: String::new(), facts: FileFacts { mode, uid, gid: 7, mtime: time, ctime: time, inode: 9, xattrs } }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(entry in any_entry()) {
        let mut line = Vec::new();
        write_full(&mut line, &entry);
        prop_assert_eq!(line.pop(), Some(b'\n'));
        prop_assert!(!line.contains(&b'\n'));
        prop_assert_eq!(parse_line(&line, 3).unwrap(), Line::Full(Box::new(entry)));
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_line(&bytes, 3);
    }
}

#[test]
fn the_longest_line_can_be_read() {
    use crate::archive_path::{MAX_NAME_BYTES, MAX_PATH_BYTES};
    use crate::file_facts::MAX_XATTR_BYTES;
    // Control characters take six bytes each in JSON.
    let mut bytes = [&[1; MAX_NAME_BYTES][..], b"/"].concat().repeat(MAX_PATH_BYTES / MAX_NAME_BYTES + 1);
    bytes.truncate(MAX_PATH_BYTES - 1);
    let longest = ArchivePath::new(bytes).unwrap();
    // As many as fit into a list of names (XATTR_LIST_MAX): each costs quotes and padding. The rest in values.
    let count = 65_536 / b"user.1\0".len();
    let value = vec![0xff; MAX_XATTR_BYTES / count - 6];
    let xattr = Xattr { name: b"user.1".to_vec(), value };
    let time = FileTime { secs: i64::MIN, nanos: 999_999_999 };
    let facts = FileFacts {
        mode: 0o7777,
        uid: u32::MAX,
        gid: u32::MAX,
        mtime: time,
        ctime: time,
        inode: u64::MAX,
        xattrs: vec![xattr; count],
    };
    let content = Content {
        size_bytes: MAX_OFFSET,
        sha256: [0xff; 32],
        archive: 3,
        tar_offset: MAX_OFFSET,
        stored_bytes: MAX_OFFSET,
        sparse: false,
        stored_as: Some(longest.clone()),
        patch: Some(Box::new(Patch {
            sha256: [0xff; 32],
            base: Base { archive: 3, tar_offset: MAX_OFFSET, size_bytes: MAX_OFFSET, path: longest.clone() },
        })),
    };
    // The longest name of an owner (LOGIN_NAME_MAX).
    let name = "\u{1}".repeat(256);
    for node in [Node::File(content), Node::Symlink(vec![1; 4096])] {
        let entry =
            Entry { path: longest.clone(), facts: facts.clone(), user: name.clone(), group: name.clone(), node };
        let mut line = Vec::new();
        write_full(&mut line, &entry);
        assert!(line.len() < MAX_LINE_BYTES - (512 << 10), "{} leave no room", line.len());
        line.pop();
        assert_eq!(parse_line(&line, 3).unwrap(), Line::Full(Box::new(entry)));
    }
}

#[test]
fn what_is_impossible_is_refused() {
    let file = r#""type":"file","mode":"0644","uid":0,"gid":0,"mtime":"1.000000000","size":1,"offset":0"#;
    let sha = "0".repeat(64);
    let patched = |more: &str| {
        let file = file.replace(r#""type":"file""#, r#""type":"patched""#);
        format!(r#"{{"path":"a",{file},"sha256":"{sha}","stored":1,"stored_sha256":"{sha}",{more}}}"#)
    };
    for (line, why) in [
        ("{}".to_string(), "no path"),
        (r#"{"path":"../x","in":1}"#.into(), "leads out"),
        (r#"{"path":"/etc/passwd","in":1}"#.into(), "absolute"),
        (r#"{"path":"a","in":4}"#.into(), "not in the list"),
        (r#"{"path":"a","in":0}"#.into(), "not in the list"),
        (format!(r#"{{"path":"a",{file}}}"#), "no SHA-256"),
        (format!(r#"{{"path":"a","sha256":"{sha}","archive":9,{file}}}"#), "not in the list"),
        (format!(r#"{{"path":"a","sha256":"{sha}",{}}}"#, file.replace("0644", "77777")), "mode"),
        (
            format!(
                r#"{{"path":"a","sha256":"{sha}",{}}}"#,
                file.replace("\"offset\":0", "\"offset\":18446744073709551615")
            ),
            "larger than files",
        ),
        (format!(r#"{{"path":"a","sha256":"{sha}",{}}}"#, file.replace("1.0", "x.0")), "time"),
        (patched(r#""stored_as":"p","base":{"archive":0,"offset":0,"size":1,"path":"b"}"#), "not in the list"),
        (patched(r#""stored_as":"p","base":{"archive":4,"offset":0,"size":1,"path":"b"}"#), "not in the list"),
        (patched(r#""stored_as":"p","base":{"archive":1,"offset":0,"size":9223372036854775808,"path":"b"}"#), "larger"),
        (patched(r#""stored_as":"p","base":{"archive":1,"offset":0,"size":1,"path":"../b"}"#), "leads out"),
        (patched(r#""stored_as":"p","base":{"archive":1,"offset":0,"size":1}"#), "has no path"),
        (patched(r#""base":{"archive":1,"offset":0,"size":1,"path":"b"}"#), "no path of its own"),
        (patched(r#""stored_as":"p""#), "what it changes"),
        (r#"{"path":"a","type":"device"}"#.into(), "type is unknown"),
        (
            r#"{"path":"a","type":"hardlink","target":"b","mode":"0644","uid":0,"gid":0,"mtime":"1.000000000"}"#.into(),
            "later file",
        ),
        (r#"{"path":"a","surprise":1}"#.into(), "unknown field"),
    ] {
        let told = parse_line(line.as_bytes(), 3).unwrap_err().to_string();
        assert!(told.contains(why), "{line}: {told}");
    }
}
