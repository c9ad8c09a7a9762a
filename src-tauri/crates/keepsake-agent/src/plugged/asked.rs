//! What people have said of drives, in `drives-asked.json` in the folder of state: which strangers are never asked about, and until
//! when nothing is to be said of drives that are away. What cannot be read was never said.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use keepsake_core::atomic_file;
use serde::{Deserialize, Serialize};

/// The file in the folder of state.
pub(crate) const ASKED_NAME: &str = "drives-asked.json";
/// A longer file is none of ours.
const MAX_FILE_BYTES: usize = 1 << 20;
/// So many strangers are remembered.
const MOST_IGNORED: usize = 1000;

/// What was said.
#[derive(Debug, Default)]
pub(crate) struct Asked {
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

impl Asked {
    /// Reads what was said.
    pub fn load(data_dir: &Path) -> Self {
        let path = data_dir.join(ASKED_NAME);
        let bytes = atomic_file::read_own(&path).unwrap_or_default();
        let said = match bytes.len() <= MAX_FILE_BYTES {
            true => serde_json::from_slice(&bytes).unwrap_or_default(),
            false => Written::default(),
        };
        Self { path, said }
    }

    pub fn is_ignored(&self, key: &str) -> bool {
        self.said.ignored.contains_key(key)
    }

    /// True when it is kept.
    pub fn ignore(&mut self, key: &str, title: &str) -> bool {
        if self.said.ignored.len() >= MOST_IGNORED {
            self.said.ignored.pop_first();
        }
        self.said.ignored.insert(key.into(), title.into());
        self.keep()
    }

    /// True when it is kept.
    pub fn ask_again(&mut self, key: &str) -> bool {
        self.said.ignored.remove(key);
        self.keep()
    }

    /// True when it is kept.
    pub fn snooze(&mut self, until_secs: i64) -> bool {
        self.said.snoozed_until = Some(until_secs);
        self.keep()
    }

    fn keep(&self) -> bool {
        let text = serde_json::to_vec_pretty(&self.said).unwrap_or_default();
        atomic_file::write_whole(&self.path, &text).is_ok()
    }
}
