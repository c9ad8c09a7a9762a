//! What happened.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Said, State};

/// What kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ActivityKind {
    /// Backups.
    Backup,
    /// Copies.
    Copy,
    /// Checks.
    Check,
    /// Restores, and those taken back.
    Restore,
    /// Backups that went.
    TidyUp,
    /// Something was not well, or is well again.
    Health,
}

/// Which events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ActivityFilter {
    /// Of this source only.
    pub source: Option<String>,
    /// Of this kind only.
    pub kind: Option<ActivityKind>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ActivityEntry {
    /// Its number; the newest has the largest.
    #[ts(type = "number")]
    pub id: i64,
    /// When, in seconds since 1970.
    #[ts(type = "number")]
    pub at: i64,
    /// What kind.
    pub kind: ActivityKind,
    /// Good, attention or problem.
    pub state: State,
    /// What happened, in a sentence.
    pub said: Said,
    /// What the system said, in English.
    pub detail: Option<String>,
    /// The backup it is about.
    pub backup: Option<String>,
}
