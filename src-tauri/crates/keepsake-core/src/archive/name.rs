//! What archives are called: `PLAN_YYYYMMDD_HHMMSS.tar.gz`, and `..._2.tar.gz` for further parts.

use jiff::Zoned;

/// The ending of every archive's name.
pub const ARCHIVE_ENDING: &str = ".tar.gz";
/// The ending of the checksum file beside an archive.
pub const SIDECAR_ENDING: &str = ".sha256";

/// The name of the backup that a plan makes at `time`, by the clock on the wall.
pub fn backup_name(plan: &str, time: &Zoned) -> String {
    format!("{plan}_{}", time.strftime("%Y%m%d_%H%M%S"))
}

/// The name of a part of a backup; parts count from 1.
pub fn archive_name(backup: &str, part: u32) -> String {
    if part <= 1 { format!("{backup}{ARCHIVE_ENDING}") } else { format!("{backup}_{part}{ARCHIVE_ENDING}") }
}

/// The name of the checksum file of an archive.
pub fn sidecar_name(archive: &str) -> String {
    format!("{archive}{SIDECAR_ENDING}")
}

/// True for a name of the form that archives have: `PLAN_YYYYMMDD_HHMMSS[_PART].tar.gz`. It is the name of a file,
/// and never leads out of a folder.
pub fn is_archive_name(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(ARCHIVE_ENDING) else { return false };
    if name.contains('/') || name.contains(char::is_control) {
        return false;
    }
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let mut parts: Vec<&str> = stem.split('_').collect();
    if parts.len() == 4 && !parts[3].is_empty() && digits(parts[3], parts[3].len()) {
        parts.pop();
    }
    parts.len() == 3 && !parts[0].is_empty() && digits(parts[1], 8) && digits(parts[2], 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_recognised() {
        let time: Zoned = "2026-03-03T02:05:00+01:00[Europe/Berlin]".parse().unwrap();
        let backup = backup_name("family", &time);
        assert_eq!(backup, "family_20260303_020500");
        assert_eq!(archive_name(&backup, 1), "family_20260303_020500.tar.gz");
        assert_eq!(archive_name(&backup, 12), "family_20260303_020500_12.tar.gz");
        for part in [1, 2, 30] {
            assert!(is_archive_name(&archive_name(&backup, part)));
        }
        for no in [
            "a.tar.gz",
            "x_2026_1.tar.gz",
            "_20260303_020500.tar.gz",
            "f_20260303_020500_.tar.gz",
            "f_20260303_020500.tar.gz.partial",
            "../../f_20260303_020500.tar.gz",
            "/f_20260303_020500.tar.gz",
            "f\n_20260303_020500.tar.gz",
        ] {
            assert!(!is_archive_name(no), "{no}");
        }
    }
}
