//! What is mounted where, as the kernel says it: `/proc/self/mountinfo`, in the format of `proc(5)`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err as fs;

/// Major and minor number of a device.
pub(crate) type Number = (u32, u32);

/// File systems of one block device that the kernel shows under a number of no device. Only the kernel mounts these, so what
/// stands there as the device is true; a FUSE program could write there what it likes.
const WITHOUT_NUMBER: [&str; 2] = ["btrfs", "bcachefs"];

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    pub number: Number,
    pub at: PathBuf,
    pub kind: String,
    pub source: PathBuf,
    pub is_read_only: bool,
}

/// All mounts, the oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mounts(Vec<Mount>);

impl Mounts {
    /// Reads the table.
    pub fn read(mountinfo: &Path) -> std::io::Result<Self> {
        Ok(Self::parse(&fs::read(mountinfo)?))
    }

    /// Lines that are not understood are passed over.
    pub fn parse(text: &[u8]) -> Self {
        let mut mounts: Vec<Mount> = text.split(|&b| b == b'\n').filter_map(line).collect();
        // A kernel's word that says another device than the source: the source's own number counts.
        for mount in &mut mounts {
            if mount.number.0 == 0 && WITHOUT_NUMBER.contains(&mount.kind.as_str()) {
                mount.number = number_of(&mount.source).unwrap_or(mount.number);
            }
        }
        Self(mounts)
    }

    /// The mounts of a device that are seen: nothing was mounted over them at the same place.
    pub fn of(&self, number: Number) -> impl Iterator<Item = &Mount> {
        let is_seen = |(i, mount): &(usize, &Mount)| !self.0[i + 1..].iter().any(|later| later.at == mount.at);
        self.0.iter().enumerate().filter(is_seen).map(|(_, mount)| mount).filter(move |mount| mount.number == number)
    }

    /// What is seen at a folder on which something is mounted.
    pub fn at(&self, folder: &Path) -> Option<&Mount> {
        self.0.iter().rev().find(|mount| mount.at == folder)
    }
}

/// The number of a block or character device; None when it is not there.
pub(crate) fn number_of(device: &Path) -> Option<Number> {
    let metadata = fs::metadata(device).ok()?;
    let number = metadata.rdev();
    (number != 0).then(|| (rustix::fs::major(number), rustix::fs::minor(number)))
}

/// `36 35 98:0 /root /at options [optional fields] - kind source options`.
fn line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&b| b == b' ');
    let number = str::from_utf8(fields.nth(2)?).ok()?.split_once(':')?;
    let number = (number.0.parse().ok()?, number.1.parse().ok()?);
    let at = path(fields.nth(1)?);
    let own_options = fields.next()?;
    let mut fields = fields.skip_while(|field| field != b"-").skip(1);
    let kind = String::from_utf8_lossy(fields.next()?).into_owned();
    let source = path(fields.next()?);
    let is_read_only =
        [own_options, fields.next()?].iter().any(|options| options.split(|&b| b == b',').any(|o| o == b"ro"));
    Some(Mount { number, at, kind, source, is_read_only })
}

/// `\040` stands for the byte with that octal number.
fn path(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        let octal = rest
            .strip_prefix(b"\\")
            .and_then(|after| after.get(..3))
            .filter(|d| d.iter().all(|b| (b'0'..=b'7').contains(b)));
        let byte =
            octal.map(|d| d.iter().fold(0_u32, |n, b| n * 8 + u32::from(b - b'0'))).and_then(|n| u8::try_from(n).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[4..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_table_is_read() {
        let text = b"22 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw\n\
            40 22 8:17 / /media/anna/Blue\\040drive rw,nosuid - vfat /dev/sdb1 rw,uid=1000\n\
            41 22 8:33 / /media/ro ro - ext4 /dev/sdc1 rw\nnonsense\n\
            42 22 8:49 / /media/ro2 rw - iso9660 /dev/sdd1 ro\n";
        let mounts = Mounts::parse(text);
        let found: Vec<_> = mounts.of((8, 17)).collect();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].at.as_path(), found[0].is_read_only), (Path::new("/media/anna/Blue drive"), false));
        assert!(mounts.of((8, 33)).all(|m| m.is_read_only) && mounts.of((8, 49)).all(|m| m.is_read_only));
        assert_eq!(mounts.at(Path::new("/")).unwrap().kind, "ext4");
        assert_eq!(mounts.0.len(), 4);
    }

    #[test]
    fn what_something_else_is_mounted_over_is_not_seen() {
        let text = b"1 0 8:17 / /mnt rw - ext4 /dev/sdb1 rw\n2 0 8:33 / /mnt rw - ext4 /dev/sdc1 rw\n";
        let mounts = Mounts::parse(text);
        assert_eq!(mounts.of((8, 17)).count(), 0);
        assert_eq!(mounts.of((8, 33)).count(), 1);
        assert_eq!(mounts.at(Path::new("/mnt")).unwrap().number, (8, 33));
    }

    #[test]
    fn a_device_without_a_number_is_known_by_its_source_but_no_fuse_program_is_believed() {
        let text = b"1 0 0:40 /@ /mnt rw - btrfs /dev/null rw\n2 0 0:41 / /tmp/x rw - fuse.liar /dev/null rw\n";
        let mounts = Mounts::parse(text);
        // The numbers of /dev/null are fixed: Linux's devices.txt.
        assert_eq!(mounts.of((1, 3)).map(|m| m.at.as_path()).collect::<Vec<_>>(), [Path::new("/mnt")]);
    }

    proptest! {
        #[test]
        fn any_path_comes_back(raw in proptest::collection::vec(1_u8.., 1..40)) {
            let escaped: Vec<u8> = raw.iter().flat_map(|&b| match b {
                b' ' | b'\t' | b'\n' | b'\\' | b'#' => format!("\\{b:03o}").into_bytes(),
                b => vec![b],
            }).collect();
            let line = [b"1 0 8:17 / /".as_slice(), &escaped, b" rw - ext4 /dev/x rw"].concat();
            let mounts = Mounts::parse(&line);
            let at = &mounts.of((8, 17)).next().unwrap().at;
            prop_assert_eq!(at.as_os_str().as_bytes(), [b"/".as_slice(), &raw].concat());
        }

        #[test]
        fn nonsense_does_no_harm(raw in any::<Vec<u8>>()) {
            let _ = Mounts::parse(&raw);
        }
    }
}
