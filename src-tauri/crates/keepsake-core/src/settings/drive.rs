//! A USB drive of the family, as the settings have it: `[[destination]]` with `kind = "drive"`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::SettingsError;
use super::names;
use super::parse::{TOP_KEYS, name};
use super::table::{Table, listed, nearest};

/// The keys of such a destination.
const KEYS: &[&str] = &["name", "kind", "id", "filesystem", "color", "encrypted", "stay_plugged_in"];
/// The longest UUID of a file system that is taken: NTFS has 16 digits, ext4 36 letters.
const MAX_UUID_BYTES: usize = 64;
/// The words for [`DriveColor`], in its order.
const COLORS: [(&str, DriveColor); 8] = [
    ("blue", DriveColor::Blue),
    ("green", DriveColor::Green),
    ("red", DriveColor::Red),
    ("yellow", DriveColor::Yellow),
    ("orange", DriveColor::Orange),
    ("purple", DriveColor::Purple),
    ("white", DriveColor::White),
    ("black", DriveColor::Black),
];

/// The colours by which a family tells its drives apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(missing_docs)]
pub enum DriveColor {
    #[default]
    Blue,
    Green,
    Red,
    Yellow,
    Orange,
    Purple,
    White,
    Black,
}

impl DriveColor {
    /// Its word in the settings.
    pub fn word(self) -> &'static str {
        COLORS.iter().find(|(_, color)| *color == self).map_or("blue", |(word, _)| word)
    }

    /// The colour of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        COLORS.iter().find(|(known, _)| *known == word).map(|(_, color)| *color)
    }
}

/// What tells a drive from all others: 16 random bytes that were written to it when the family adopted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DriveId([u8; 16]);

impl DriveId {
    /// That of these bytes.
    pub fn of_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// No path of a folder begins so: those are absolute.
const PLACE_PREFIX: &str = "drive:";

impl DriveId {
    /// What the catalog has in the place of a path: a drive is mounted now here, now there.
    pub fn place_path(self) -> PathBuf {
        format!("{PLACE_PREFIX}{self}").into()
    }

    /// The drive that is meant by such a path; None for the path of a folder.
    pub fn of_place_path(path: &Path) -> Option<Self> {
        Self::parse(path.to_str()?.strip_prefix(PLACE_PREFIX)?)
    }
}

impl std::fmt::Display for DriveId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::hash::hex(&self.0))
    }
}

/// A drive of the family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriveSettings {
    /// What the family calls it: "Blue drive". Unique among all places, whatever its case.
    pub name: String,
    /// What stands in its marker.
    pub id: DriveId,
    /// The UUID of its file system, as udev tells it.
    pub file_system: String,
    /// Its colour.
    pub color: DriveColor,
    /// True when its copies are encrypted; true when the file says nothing.
    pub is_encrypted: bool,
    /// True when it is not let go of after copying.
    pub stays_plugged_in: bool,
}

/// Reads one.
pub(super) fn drive(table: &Table<'_>, taken: &mut BTreeSet<String>) -> Result<DriveSettings, SettingsError> {
    table.refuse_unknown_keys(KEYS, &[("above the first [[plan]]", &TOP_KEYS[..1])])?;
    let name = name(table, "name = \"Blue drive\"", names::check_source_name, taken)?;
    let found = table.required_text("id", "id = \"0123456789abcdef0123456789abcdef\"")?;
    let id = DriveId::parse(found.value)
        .ok_or_else(|| table.wrong_value("id", &found.span, "it must be 32 digits from 0 to f".into()))?;
    let found = table.required_text("filesystem", "filesystem = \"4F21-99AB\"")?;
    let is_uuid = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if found.value.is_empty() || found.value.len() > MAX_UUID_BYTES || !found.value.bytes().all(is_uuid) {
        let meant = "it must be the UUID of a file system: letters, digits and dashes".into();
        return Err(table.wrong_value("filesystem", &found.span, meant));
    }
    let file_system = found.value.to_owned();
    let color = match table.text("color")? {
        None => DriveColor::default(),
        Some(found) => DriveColor::of_word(found.value).ok_or_else(|| {
            let words = COLORS.map(|(word, _)| word);
            let meant = match nearest(found.value, &words) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("known are {}", listed(&words)),
            };
            table.wrong_value("color", &found.span, meant)
        })?,
    };
    let (is_encrypted, stays_plugged_in) = (table.flag("encrypted", true)?, table.flag("stay_plugged_in", false)?);
    Ok(DriveSettings { name, id, file_system, color, is_encrypted, stays_plugged_in })
}

#[cfg(test)]
mod tests {
    use super::super::{Settings, SettingsError};
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn parsed(lines: &str) -> Result<Settings, SettingsError> {
        let text = format!("backup_dir = \"/b\"\n[[destination]]\nkind = \"drive\"\n{lines}");
        Settings::parse(&text, Path::new("c.toml"), Path::new("/home/rosa"))
    }

    #[test]
    fn a_drive_is_read_whole() {
        let lines = format!("name = \"Blue drive\"\nid = \"{ID}\"\nfilesystem = \"4F21-99AB\"\n");
        let blue = parsed(&lines).unwrap().drives.remove(0);
        assert_eq!((blue.name.as_str(), blue.id.to_string().as_str()), ("Blue drive", ID));
        assert_eq!((blue.file_system.as_str(), blue.color), ("4F21-99AB", DriveColor::Blue));
        assert!(blue.is_encrypted && !blue.stays_plugged_in);
        let more = format!("{lines}color = \"red\"\nencrypted = false\nstay_plugged_in = true\n");
        let red = parsed(&more).unwrap().drives.remove(0);
        assert_eq!((red.color, red.is_encrypted, red.stays_plugged_in), (DriveColor::Red, false, true));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let whole = format!("name = \"Blue\"\nid = \"{ID}\"\nfilesystem = \"4F21-99AB\"\n");
        for (from, to, said) in [
            (ID, "0123", "32 digits"),
            (ID, &ID.to_uppercase(), "32 digits"),
            ("4F21-99AB", "", "UUID"),
            ("4F21-99AB", "../../etc", "UUID"),
            ("filesystem", "path", "path"),
            ("name = \"Blue\"", "", "name"),
            ("name = \"Blue\"", "name = \"Blue\"\ncolor = \"bleu\"", "did you mean \"blue\"?"),
            ("name = \"Blue\"", "name = \"Blue\"\ncolour = \"blue\"", "color"),
        ] {
            let error = parsed(&whole.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("c.toml"), "{to}: {error}");
        }
    }

    #[test]
    fn in_the_catalog_a_drive_has_no_path() {
        let id = DriveId::of_bytes([7; 16]);
        assert_eq!(DriveId::of_place_path(&id.place_path()), Some(id));
        for path in ["/mnt/nas", "drive:", "drive:07", "/drive:07070707070707070707070707070707"] {
            assert_eq!(DriveId::of_place_path(Path::new(path)), None, "{path}");
        }
    }

    #[test]
    fn every_colour_has_its_word() {
        for (word, color) in COLORS {
            assert_eq!((color.word(), DriveColor::of_word(word)), (word, Some(color)));
        }
    }
}
