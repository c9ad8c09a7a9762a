//! What people have said of drives, in `drives-asked.json` in the folder of state: which strangers are never asked about, and until
//! when nothing is to be said of drives that are away. What cannot be read was never said.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::atomic_file;

/// The file in the folder of state.
const ASKED_NAME: &str = "drives-asked.json";
/// A longer file is none of ours.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// So many strangers are remembered.
const MOST_IGNORED: usize = 1000;

/// What people have said of drives that are strangers, or away.
#[derive(Debug, Default)]
pub struct AskedDrives {
    path: PathBuf,
    said: Written,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Written {
    /// What a stranger is known by, and what it was called.
    ignored: BTreeMap<String, String>,
    /// In seconds since 1970.
    snoozed_until: Option<i64>,
}

impl AskedDrives {
    /// Reads what was said.
    pub fn load(data_dir: &Path) -> Self {
        let path = data_dir.join(ASKED_NAME);
        let bytes = atomic_file::read_own_up_to(&path, MAX_FILE_BYTES).unwrap_or_default();
        let said = serde_json::from_slice(&bytes).unwrap_or_default();
        Self { path, said }
    }

    /// True when a stranger that is known by this is never asked about.
    pub fn is_ignored(&self, key: &str) -> bool {
        self.said.ignored.contains_key(key)
    }

    /// All strangers that are never asked about: what each is known by, and what it was called.
    pub fn ignored(&self) -> impl Iterator<Item = (&str, &str)> {
        self.said.ignored.iter().map(|(key, title)| (key.as_str(), title.as_str()))
    }

    /// Until when nothing is to be said of drives that are away, in seconds since 1970.
    pub fn snoozed_until(&self) -> Option<i64> {
        self.said.snoozed_until
    }

    /// Never asks about a stranger again. True when that is kept: whole or, after a power cut, as before.
    pub fn ignore(&mut self, key: &str, title: &str) -> bool {
        if self.said.ignored.len() >= MOST_IGNORED {
            self.said.ignored.pop_first();
        }
        self.said.ignored.insert(key.into(), title.into());
        self.keep()
    }

    /// Asks about a stranger again. True when that is kept.
    pub fn ask_again(&mut self, key: &str) -> bool {
        self.said.ignored.remove(key);
        self.keep()
    }

    /// Says nothing of drives that are away until then, in seconds since 1970. True when that is kept.
    pub fn snooze(&mut self, until_secs: i64) -> bool {
        self.said.snoozed_until = Some(until_secs);
        self.keep()
    }

    fn keep(&self) -> bool {
        let text = serde_json::to_vec_pretty(&self.said).unwrap_or_default();
        atomic_file::write_whole(&self.path, &text).is_ok()
    }
}
