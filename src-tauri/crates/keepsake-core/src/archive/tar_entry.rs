//! Tar headers as POSIX pax wants them (IEEE Std 1003.1-2017, pax, "ustar Interchange Format" and "pax
//! Extended Header"), with the extensions that GNU tar and bsdtar share: `SCHILY.xattr.*`, `SCHILY.acl.*`
//! and GNU sparse format 1.0.

use tar::{EntryType, Header};

use super::acl;
use crate::file_facts::{FileFacts, FileTime};

/// Tar's unit: headers and content are padded to it.
pub const TAR_BLOCK_BYTES: u64 = 512;
/// The most that eleven octal digits hold: 8 GiB less one byte, or the year 2242.
const MAX_OCTAL_11: u64 = 0o77_777_777_777;
/// The most that seven octal digits hold.
const MAX_OCTAL_7: u32 = 0o7_777_777;

/// What the header of one entry says.
#[derive(Debug, Clone, Copy)]
pub struct TarEntry<'a> {
    /// The path; a folder's ends with `/`.
    pub path: &'a [u8],
    /// What it is.
    pub kind: EntryType,
    /// Bytes that follow the header.
    pub stored_bytes: u64,
    /// A sparse file's real size.
    pub sparse_size_bytes: Option<u64>,
    /// What a link points at.
    pub target: Option<&'a [u8]>,
    /// Owner, mode, times, attributes.
    pub facts: &'a FileFacts,
    /// The owner's name.
    pub user: &'a str,
    /// The group's name.
    pub group: &'a str,
}

/// Bytes to add to `length` so that it is a multiple of 512.
pub fn padding(length: u64) -> usize {
    (length.wrapping_neg() % TAR_BLOCK_BYTES) as usize
}

/// Appends the header, with a pax header before it where ustar cannot say everything.
pub fn push_header(out: &mut Vec<u8>, entry: &TarEntry<'_>) {
    let mut header = Header::new_ustar();
    let mut records = Vec::new();
    let sparse_name;
    let mut name = entry.path;
    if let Some(real_size) = entry.sparse_size_bytes {
        record(&mut records, b"GNU.sparse.major", b"1");
        record(&mut records, b"GNU.sparse.minor", b"0");
        record(&mut records, b"GNU.sparse.name", entry.path);
        record(&mut records, b"GNU.sparse.realsize", real_size.to_string().as_bytes());
        // What a tar that knows no sparse files will call it.
        sparse_name = [b"GNUSparseFile.0/", entry.path.rsplit(|&b| b == b'/').next().unwrap_or_default()].concat();
        name = &sparse_name;
    }
    set_text(&mut header.as_ustar_mut().expect("made as ustar").name, name, b"path", &mut records);
    if let Some(target) = entry.target {
        set_text(&mut header.as_ustar_mut().expect("made as ustar").linkname, target, b"linkpath", &mut records);
    }
    header.set_entry_type(entry.kind);
    header.set_mode(entry.facts.mode);
    set_id(entry.facts.uid, b"uid", &mut records, |id| header.set_uid(id));
    set_id(entry.facts.gid, b"gid", &mut records, |id| header.set_gid(id));
    set_name(&mut header.as_ustar_mut().expect("made as ustar").uname, entry.user, b"uname", &mut records);
    set_name(&mut header.as_ustar_mut().expect("made as ustar").gname, entry.group, b"gname", &mut records);
    header.set_size(entry.stored_bytes.min(MAX_OCTAL_11));
    if entry.stored_bytes > MAX_OCTAL_11 {
        record(&mut records, b"size", entry.stored_bytes.to_string().as_bytes());
    }
    let mtime = entry.facts.mtime;
    let whole_secs = u64::try_from(mtime.secs).unwrap_or(0).min(MAX_OCTAL_11);
    header.set_mtime(whole_secs);
    if mtime.nanos != 0 || i64::try_from(whole_secs) != Ok(mtime.secs) {
        record(&mut records, b"mtime", pax_time(mtime).as_bytes());
    }
    for xattr in &entry.facts.xattrs {
        match &xattr.name[..] {
            acl::ACCESS => push_acl(&mut records, b"SCHILY.acl.access", &xattr.value),
            acl::DEFAULT => push_acl(&mut records, b"SCHILY.acl.default", &xattr.value),
            name => record(&mut records, &[b"SCHILY.xattr.", name].concat(), &xattr.value),
        }
    }
    header.set_cksum();
    if !records.is_empty() {
        push_pax(out, &records);
    }
    out.extend_from_slice(header.as_bytes());
}

/// A pax header: an entry of type `x` whose content are the records.
fn push_pax(out: &mut Vec<u8>, records: &[u8]) {
    let mut header = Header::new_ustar();
    header.as_ustar_mut().expect("made as ustar").name[..13].copy_from_slice(b"././@PaxHeade");
    header.as_ustar_mut().expect("made as ustar").name[13] = b'r';
    header.set_entry_type(EntryType::XHeader);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(records.len() as u64);
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(records);
    out.resize(out.len() + padding(records.len() as u64), 0);
}

/// One pax record: `LENGTH KEY=VALUE\n`, where the length counts itself.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(length.to_string().as_bytes());
    records.push(b' ');
    records.extend_from_slice(key);
    records.push(b'=');
    records.extend_from_slice(value);
    records.push(b'\n');
}

/// Fills a name field, and says it in a record where it does not fit.
fn set_text(field: &mut [u8; 100], text: &[u8], key: &[u8], records: &mut Vec<u8>) {
    let length = text.len().min(field.len());
    field[..length].copy_from_slice(&text[..length]);
    if length < text.len() {
        if std::str::from_utf8(text).is_err() {
            // Values of pax records are UTF-8 unless this says otherwise.
            record(records, b"hdrcharset", b"BINARY");
        }
        record(records, key, text);
    }
}

fn set_name(field: &mut [u8; 32], name: &str, key: &[u8], records: &mut Vec<u8>) {
    if name.len() < field.len() {
        field[..name.len()].copy_from_slice(name.as_bytes());
    } else {
        record(records, key, name.as_bytes());
    }
}

fn set_id(id: u32, key: &[u8], records: &mut Vec<u8>, mut set: impl FnMut(u64)) {
    set(u64::from(id.min(MAX_OCTAL_7)));
    if id > MAX_OCTAL_7 {
        record(records, key, id.to_string().as_bytes());
    }
}

fn push_acl(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    if let Some(text) = acl::to_text(value) {
        record(records, key, text.as_bytes());
    }
}

/// A time as pax writes it: a decimal number, negative before 1970.
fn pax_time(time: FileTime) -> String {
    if time.secs >= 0 {
        return format!("{}.{:09}", time.secs, time.nanos);
    }
    if time.nanos == 0 {
        return time.secs.to_string();
    }
    format!("-{}.{:09}", -(time.secs + 1), 1_000_000_000 - time.nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_facts::Xattr;

    #[test]
    fn a_records_length_counts_itself() {
        for length in [1, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 985, 990, 995] {
            let mut records = Vec::new();
            record(&mut records, b"path", &vec![b'x'; length]);
            let text = String::from_utf8(records.clone()).unwrap();
            let said: usize = text.split_once(' ').unwrap().0.parse().unwrap();
            assert_eq!(said, records.len());
        }
    }

    #[test]
    fn times_before_1970_are_decimal_numbers() {
        assert_eq!(pax_time(FileTime { secs: -1, nanos: 750_000_000 }), "-0.250000000");
        assert_eq!(pax_time(FileTime { secs: -2, nanos: 0 }), "-2");
        assert_eq!(pax_time(FileTime { secs: 5, nanos: 7 }), "5.000000007");
    }

    #[test]
    fn the_tar_crate_reads_what_is_written() {
        let path = [b"home/".as_slice(), &[b'n'; 200], b"/\xff"].concat();
        let facts = FileFacts {
            mode: 0o4755,
            uid: 3_000_000,
            mtime: FileTime { secs: 1, nanos: 5 },
            xattrs: vec![Xattr { name: b"user.a".to_vec(), value: b"b c=d".to_vec() }],
            ..FileFacts::default()
        };
        let mut bytes = Vec::new();
        let entry = TarEntry {
            path: &path,
            kind: EntryType::Regular,
            stored_bytes: 3,
            sparse_size_bytes: None,
            target: None,
            facts: &facts,
            user: "mum",
            group: "",
        };
        push_header(&mut bytes, &entry);
        bytes.extend_from_slice(b"abc");
        bytes.resize(bytes.len() + padding(3) + 1024, 0);
        let mut archive = tar::Archive::new(&bytes[..]);
        let mut read = archive.entries().unwrap().next().unwrap().unwrap();
        assert_eq!(&*read.path_bytes(), &path[..]);
        assert_eq!(read.header().mode().unwrap(), 0o4755);
        assert_eq!(read.header().username().unwrap(), Some("mum"));
        let said: Vec<_> = read
            .pax_extensions()
            .unwrap()
            .unwrap()
            .map(|r| {
                let r = r.unwrap();
                (r.key_bytes().to_vec(), r.value_bytes().to_vec())
            })
            .collect();
        assert!(said.contains(&(b"mtime".to_vec(), b"1.000000005".to_vec())));
        assert!(said.contains(&(b"uid".to_vec(), b"3000000".to_vec())));
        assert!(said.contains(&(b"SCHILY.xattr.user.a".to_vec(), b"b c=d".to_vec())));
    }
}
