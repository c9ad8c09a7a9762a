//! POSIX ACLs: the kernel's bytes (`system.posix_acl_access`, `linux/posix_acl_xattr.h`) as the text that
//! star, GNU tar and bsdtar keep in `SCHILY.acl.access` and `SCHILY.acl.default`.

const VERSION: u32 = 2;
const UNDEFINED_ID: u32 = u32::MAX;

/// The attribute that holds a file's ACL.
pub const ACCESS: &[u8] = b"system.posix_acl_access";
/// The attribute that holds what new files in a folder get.
pub const DEFAULT: &[u8] = b"system.posix_acl_default";

/// The ACL as text with numbers for people and groups: `user::rw-,user:1000:r--,...`; None when the bytes
/// are not an ACL.
pub fn to_text(bytes: &[u8]) -> Option<String> {
    let (head, entries) = bytes.split_at_checked(4)?;
    if u32::from_le_bytes(head.try_into().ok()?) != VERSION || entries.len() % 8 != 0 {
        return None;
    }
    let mut text = String::new();
    for entry in entries.chunks_exact(8) {
        let tag = u16::from_le_bytes([entry[0], entry[1]]);
        let permissions = u16::from_le_bytes([entry[2], entry[3]]);
        let id = u32::from_le_bytes(entry[4..8].try_into().ok()?);
        let who = match tag {
            0x01 => "user",
            0x02 => "user",
            0x04 => "group",
            0x08 => "group",
            0x10 => "mask",
            0x20 => "other",
            _ => return None,
        };
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(who);
        text.push(':');
        if matches!(tag, 0x02 | 0x08) && id != UNDEFINED_ID {
            text.push_str(&id.to_string());
        }
        text.push(':');
        for (bit, letter) in [(4, 'r'), (2, 'w'), (1, 'x')] {
            text.push(if permissions & bit != 0 { letter } else { '-' });
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_bytes_become_text() {
        let mut bytes = VERSION.to_le_bytes().to_vec();
        for (tag, permissions, id) in [
            (1u16, 6u16, UNDEFINED_ID),
            (2, 4, 1000),
            (4, 5, UNDEFINED_ID),
            (16, 5, UNDEFINED_ID),
            (32, 0, UNDEFINED_ID),
        ] {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(permissions.to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        assert_eq!(to_text(&bytes).unwrap(), "user::rw-,user:1000:r--,group::r-x,mask::r-x,other::---");
        assert_eq!(to_text(&bytes[..bytes.len() - 1]), None);
        assert_eq!(to_text(b"xx"), None);
    }
}
