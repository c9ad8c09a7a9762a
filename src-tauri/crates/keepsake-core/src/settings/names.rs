//! Which names plans and sources may have: they become names of files and the first part of paths in archives.

use crate::archive_path::misleads;

/// Names at the top of an archive that are Keepsake's own; a source must not have one of them.
pub const RESERVED_NAMES: [&str; 5] =
    ["BACKUP_INFO.txt", "manifest.jsonl", "blocks.bin", "metadata.json", "FINISH_BY_HAND.sh"];

/// The longest name of a plan or a source. With date and endings it still fits the 255 bytes of a file name.
const MAX_NAME_BYTES: usize = 100;

/// Checks the name of a source: 1 to 100 bytes that can be a folder's name anywhere.
///
/// # Errors
/// What is wrong, in words that follow "cannot be NAME:".
pub fn check_source_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a name needs at least one character".into());
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(format!("a name has at most {MAX_NAME_BYTES} bytes, this one has {}", name.len()));
    }
    if name.starts_with(['.', '-']) {
        return Err("a name must not begin with `.` or `-`".into());
    }
    if name.starts_with(char::is_whitespace) || name.ends_with(char::is_whitespace) {
        return Err("a name must not begin or end with a space".into());
    }
    if name.contains('/') {
        return Err("a name must not contain `/`".into());
    }
    if name.contains(char::is_control) {
        return Err("a name must not contain control characters".into());
    }
    if let Some(c) = name.chars().find(|c| misleads(*c)) {
        return Err(format!(
            "a name must not contain U+{:04X}, which is not seen and can make it look like another",
            c as u32
        ));
    }
    if RESERVED_NAMES.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
        return Err("Keepsake itself uses this name in archives".into());
    }
    Ok(())
}

/// Checks the name of a plan: as a source's, and only ASCII letters, digits, `-` and `.`, not `.` at the end.
///
/// `_` stands between plan and date in the name of an archive. Other letters can change their bytes when an
/// archive is copied to another file system, and the copy would not be found again.
///
/// # Errors
/// What is wrong, in words that follow "cannot be NAME:".
pub fn check_plan_name(name: &str) -> Result<(), String> {
    check_source_name(name)?;
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')) {
        return Err("a plan's name has only the letters a to z, digits, `-` and `.`".into());
    }
    if name.ends_with('.') {
        return Err("a plan's name must not end with `.`".into());
    }
    Ok(())
}
