//! A path inside a backup: `SOURCE/folder/file`, as bytes, always relative and never leading out.

use std::cmp::Ordering;
use std::fmt;

/// The longest path that is accepted, in bytes: Linux's PATH_MAX (4,096) plus the longest source name.
pub const MAX_PATH_BYTES: usize = 4096 + 256;
/// The longest single name, in bytes: NAME_MAX of every file system in use.
pub const MAX_NAME_BYTES: usize = 255;

/// A path inside a backup. Its first part is the source's name; its parts are separated by `/`; none is
/// empty, `.`, `..` or holds a NUL byte. It need not be UTF-8.
///
/// The order is that of a walk that goes into folders and sorts names as bytes: a folder comes before what
/// is in it, and everything in it before the next name. It is the order of the manifest.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ArchivePath(Vec<u8>);

/// Why bytes are not a path inside a backup.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{shown:?} is not a path inside a backup: {why}")]
pub struct BadPath {
    /// The path, as text, cut where it is very long.
    pub shown: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl ArchivePath {
    /// Checks the bytes.
    ///
    /// # Errors
    /// [`BadPath`] when the path is empty, absolute, too long, holds a NUL byte, or one of its parts is
    /// empty, `.`, `..` or longer than 255 bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, BadPath> {
        let bytes = bytes.into();
        let why = if bytes.is_empty() {
            Some("it is empty")
        } else if bytes.len() > MAX_PATH_BYTES {
            Some("it is too long")
        } else if bytes[0] == b'/' {
            Some("it begins with `/` (it is absolute)")
        } else if bytes.contains(&0) {
            Some("it holds a zero byte")
        } else {
            bytes.split(|&b| b == b'/').find_map(|part| match part {
                b"" => Some("a part of it is empty"),
                b"." => Some("a part of it is \".\""),
                b".." => Some("it leads out with \"..\""),
                _ if part.len() > MAX_NAME_BYTES => Some("a part of it is longer than 255 bytes"),
                _ => None,
            })
        };
        match why {
            None => Ok(Self(bytes)),
            Some(why) => {
                let cut = &bytes[..bytes.len().min(200)];
                Err(BadPath { shown: String::from_utf8_lossy(cut).into_owned(), why })
            }
        }
    }

    /// The path's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The source's name: the first part.
    pub fn source(&self) -> &[u8] {
        self.parts().next().unwrap_or_default()
    }

    /// What comes after the source's name; empty for the source itself.
    pub fn below_source(&self) -> &[u8] {
        let skip = self.source().len() + 1;
        self.0.get(skip..).unwrap_or_default()
    }

    /// The parts, the source's name first.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|&b| b == b'/')
    }

    /// The last part.
    pub fn name(&self) -> &[u8] {
        self.parts().next_back().unwrap_or_default()
    }

    /// The folder that holds this; None for a source itself.
    pub fn parent(&self) -> Option<ArchivePath> {
        let cut = self.0.iter().rposition(|&b| b == b'/')?;
        Some(Self(self.0[..cut].to_vec()))
    }

    /// This path with one more part.
    ///
    /// # Errors
    /// [`BadPath`] as for [`ArchivePath::new`].
    pub fn join(&self, name: &[u8]) -> Result<Self, BadPath> {
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + name.len());
        bytes.extend_from_slice(&self.0);
        bytes.push(b'/');
        bytes.extend_from_slice(name);
        Self::new(bytes)
    }

    /// True for the path itself and everything below it.
    pub fn is_at_or_below(&self, top: &ArchivePath) -> bool {
        self.0.strip_prefix(&top.0[..]).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    }

    /// The path with `/` written as a NUL byte: plain byte order of such keys is the walk's order.
    pub fn sort_key(&self) -> Vec<u8> {
        self.0.iter().map(|&b| if b == b'/' { 0 } else { b }).collect()
    }

    /// The inverse of [`ArchivePath::sort_key`].
    ///
    /// # Errors
    /// [`BadPath`] when the key is not one of a valid path.
    pub fn from_sort_key(key: &[u8]) -> Result<Self, BadPath> {
        Self::new(key.iter().map(|&b| if b == 0 { b'/' } else { b }).collect::<Vec<u8>>())
    }
}

impl Ord for ArchivePath {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |&b: &u8| if b == b'/' { 0 } else { b };
        self.0.iter().map(rank).cmp(other.0.iter().map(rank))
    }
}

impl PartialOrd for ArchivePath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ArchivePath {
    /// As text; what is not UTF-8 or would disturb a terminal is escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

impl fmt::Debug for ArchivePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", shown(&self.0))
    }
}

/// True for what is not seen itself and changes how the text around it is seen: it turns the direction of writing (Unicode
/// Annex 9) or begins a line. A name with it can look like another one.
pub fn misleads(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Bytes of a name as text that is safe to show: control characters and what is not UTF-8 are escaped.
pub fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_leads_out_is_refused() {
        for bad in ["", "/etc", "a//b", "a/./b", "a/../b", "..", "a/..", "a/", "a\0b"] {
            assert!(ArchivePath::new(bad).is_err(), "{bad:?}");
        }
        assert!(ArchivePath::new("x".repeat(256)).is_err());
        assert!(ArchivePath::new(vec![0xff, b'/', 0xfe]).is_ok());
        assert!(ArchivePath::new("a/..b/.c").is_ok());
    }

    #[test]
    fn a_path_knows_its_parts() {
        let path = ArchivePath::new("photos/2019/a.jpg").unwrap();
        assert_eq!(path.source(), b"photos");
        assert_eq!(path.below_source(), b"2019/a.jpg");
        assert_eq!(path.name(), b"a.jpg");
        assert_eq!(path.parent().unwrap().as_bytes(), b"photos/2019");
        let top = ArchivePath::new("photos").unwrap();
        assert_eq!(top.below_source(), b"");
        assert_eq!(top.parent(), None);
        assert!(path.is_at_or_below(&top));
        assert!(!ArchivePath::new("photos2/a").unwrap().is_at_or_below(&top));
    }

    #[test]
    fn what_misleads_is_told_from_letters() {
        let named = ['\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'];
        assert!(named.into_iter().all(misleads));
        // Joiners belong to the writing of many languages, and to pictures of families.
        assert!(!"aé שלום 👪\u{200d}\u{200c}\n\u{2027}\u{202f}\u{2065}\u{206a}".chars().any(misleads));
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_sort_keys(a in "[a-c/!~ ]{1,12}", b in "[a-c/!~ ]{1,12}") {
            if let (Ok(a), Ok(b)) = (ArchivePath::new(a), ArchivePath::new(b)) {
                prop_assert_eq!(a.cmp(&b), a.sort_key().cmp(&b.sort_key()));
                prop_assert_eq!(&ArchivePath::from_sort_key(&a.sort_key()).unwrap(), &a);
            }
        }

        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(path) = ArchivePath::new(bytes) {
                prop_assert!(path.parts().all(|p| !p.is_empty() && p != b".."));
                prop_assert!(!path.to_string().chars().any(char::is_control));
            }
        }
    }
}
