//! Drives of the family, strangers that are plugged in, and the recovery sheet.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{PathText, Said};

/// The colours by which a family tells its drives apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum DriveColor {
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
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Blue, Self::Green, Self::Red, Self::Yellow, Self::Orange, Self::Purple, Self::White, Self::Black];

    /// Its word in the settings and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Purple => "purple",
            Self::White => "white",
            Self::Black => "black",
        }
    }
}

/// The page of drives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Drives {
    /// The family's drives, in the order of the settings. Which of them are plugged in stands in [`crate::Status`].
    pub drives: Vec<DriveCard>,
    /// Strangers that are never asked about: how they were called when that was said.
    pub ignored: Vec<IgnoredDrive>,
    /// How the recovery sheet stands.
    pub sheet: SheetState,
    /// What a copy of everything takes, in bytes: so large a drive is needed.
    #[ts(type = "number")]
    pub needed_bytes: u64,
}

/// One drive of the family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DriveCard {
    /// What the family calls it.
    pub name: String,
    /// Its colour.
    pub color: DriveColor,
    /// True when its copies are encrypted.
    pub is_encrypted: bool,
    /// True when it is left plugged in: it is not let go of after copying.
    pub stays_plugged_in: bool,
    /// When it was last plugged in, in seconds since 1970; null when that is not known.
    #[ts(type = "number | null")]
    pub last_seen: Option<i64>,
    /// When it came to hold the newest backup that it has whole; null when it has none.
    #[ts(type = "number | null")]
    pub last_copied: Option<i64>,
    /// Since when everything on it is known to be good; null when nothing is on it.
    #[ts(type = "number | null")]
    pub last_proven: Option<i64>,
    /// How many backups it holds whole.
    #[ts(type = "number")]
    pub backups: u64,
    /// The bytes of its copies.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Free on it when it was last seen; null when that is not known.
    #[ts(type = "number | null")]
    pub free_bytes: Option<u64>,
    /// Its size; null when that is not known.
    #[ts(type = "number | null")]
    pub total_bytes: Option<u64>,
    /// True for the one that should be plugged in next.
    pub is_next: bool,
}

/// A stranger that is never asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IgnoredDrive {
    /// How `ask-again` names it.
    pub volume: String,
    /// What it was called: "SanDisk Ultra".
    pub title: String,
}

/// A volume of a drive that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PluggedIn {
    /// How requests name it; the same as long as it is plugged in.
    pub volume: String,
    /// The family's drive that it is; null for a stranger.
    pub drive: Option<String>,
    /// What stands on it or what its file system is called: "SanDisk Ultra", "HOLIDAY". Never empty.
    pub title: String,
    /// Its size.
    #[ts(type = "number")]
    pub total_bytes: u64,
    /// How it stands.
    pub state: PluggedState,
    /// What that means, in a sentence, and in `.advice` what to do.
    pub said: Said,
    /// Backups that were found on it, where the desktop has mounted it: of how many computers' plans. 0 when there are none or
    /// nobody looked.
    pub backups: u32,
}

/// How a volume stands that is plugged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum PluggedState {
    /// A stranger: should it be used?
    Asks,
    /// A stranger that is left alone.
    Ignored,
    /// It is encrypted as a whole and not unlocked.
    Locked,
    /// Nothing can be copied to it: `said` says why.
    Unusable,
    /// It looks like one of the family's drives and is not: `said` says why.
    Refused,
    /// It will be copied to as soon as nothing else is done.
    Waiting,
    /// Something is done with it.
    Busy,
    /// It is there, and stays.
    Ready,
    /// It may be pulled out.
    SafeToRemove,
    /// It is unmounted, and its power could not be switched off: it may be pulled out.
    Unmounted,
    /// Something else uses it: `said` names the program.
    Held,
    /// Copying went wrong; it may be plugged in again.
    Failed,
}

/// How the recovery sheet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum SheetState {
    /// No drive is encrypted: there is nothing that it would open.
    NotNeeded,
    /// Its check code was not typed back yet.
    Unchecked,
    /// It was printed: its check code was typed back.
    Checked,
    /// This computer has lost the secret: copies can be made, and only the sheet opens them.
    KeyLost,
}

/// The recovery sheet. Whoever has it can read every copy.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecoverySheet {
    /// 24 words.
    pub words: Vec<String>,
    /// The QR code as a picture: SVG.
    pub qr_svg: String,
    /// What the QR code says: `AGE-SECRET-KEY-1...`.
    pub key: String,
    /// What is to be typed back.
    pub check_code: String,
    /// When the key was made, in seconds since 1970.
    #[ts(type = "number")]
    pub made: i64,
    /// The computer that prints it.
    pub computer: String,
}

// A secret that must not reach a log.
impl std::fmt::Debug for RecoverySheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecoverySheet").field("made", &self.made).finish_non_exhaustive()
    }
}

/// What came of typing a recovery sheet, or of reading its picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "entered", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum EnteredKey {
    /// It is the family's key, and this computer has it now.
    Good {},
    /// Some words are none of the list.
    Typos {
        /// Which, and what may be meant.
        typos: Vec<WordTypo>,
    },
    /// All are words of the list, and one is another than on the sheet, or two changed places.
    WrongWord {},
    /// There are more or fewer than 24.
    WrongCount {
        /// So many.
        count: u32,
    },
    /// It is the key of another family than the one whose copies are meant.
    OtherFamily {},
    /// In the picture no QR code of a recovery sheet was found.
    NotFound {},
}

/// One word that is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WordTypo {
    /// Which word, from 1.
    pub number: u32,
    /// As it was typed.
    pub typed: String,
    /// What may be meant, the likeliest first; at most 3.
    pub meant: Vec<String>,
}

/// A stranger with backups, opened for reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OpenedDrive {
    /// The folder with the backups: `from` of other questions.
    pub from: PathText,
    /// True when its backups are encrypted and this computer has no key that opens them.
    pub needs_key: bool,
}
