//! Whether a folder is on another computer, by the table of what is mounted: asking the folder could wait for it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// File systems of other computers, by their names in mounts (`fs/*/super.c` of Linux, and names of FUSE programs).
const NETWORK_TYPES: [&str; 13] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "davfs",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.davfs2",
    "fuse.gvfsd-fuse",
];

/// True when what is at this path goes over the network.
pub(super) fn is_over_network(path: &Path) -> bool {
    std::fs::read(MOUNTS).is_ok_and(|mounts| is_in(&mounts, path))
}

const MOUNTS: &str = "/proc/self/mounts";

/// By lines of fstab(5): `source target type options 0 0`, where the last that holds the path is the one that counts.
fn is_in(mounts: &[u8], path: &Path) -> bool {
    let of_line = |line: &[u8]| {
        let mut words = line.split(|byte| *byte == b' ').skip(1);
        let target = PathBuf::from(OsString::from_vec(unescaped(words.next()?)));
        let kind = words.next()?;
        path.starts_with(&target)
            .then(|| (target.components().count(), NETWORK_TYPES.iter().any(|t| t.as_bytes() == kind)))
    };
    // Of those that are equally deep, the last covers the others.
    mounts.split(|byte| *byte == b'\n').filter_map(of_line).max_by_key(|(depth, _)| *depth).is_some_and(|(_, net)| net)
}

/// Blanks are written `\040` there.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..3).and_then(|d| u8::from_str_radix(std::str::from_utf8(d).ok()?, 8).ok());
        match (first, digits) {
            (b'\\', Some(byte)) => {
                out.push(byte);
                rest = &behind[3..];
            }
            _ => {
                out.push(*first);
                rest = behind;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_mount_says_where_a_folder_is() {
        let mounts = b"/dev/sda1 / ext4 rw 0 0\nnas:/x /mnt/our\\040nas nfs4 rw 0 0\n/dev/sdb1 /mnt/our\\040nas/disk ext4 rw 0 0\n";
        for (path, expected) in [
            ("/home/a", false),
            ("/mnt/our nas", true),
            ("/mnt/our nas/backups", true),
            ("/mnt/our nas/disk/b", false),
            ("/mnt/our nas2", false),
        ] {
            assert_eq!(is_in(mounts, Path::new(path)), expected, "{path}");
        }
    }
}
