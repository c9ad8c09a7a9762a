//! What can be taken back.

use keepsake_api::{Answer, UndoEntry};
use keepsake_core::undo::{touched_files, undo_list};

use super::known::Known;
use super::refusal::Refused;

/// Answers the restores in place that can be taken back, newest first.
pub fn undos(known: &Known<'_>) -> Result<Answer, Refused> {
    let data_dir = &known.around.data_dir;
    let rows = undo_list(data_dir, known.around.clock.now()).map_err(|e| Refused::failed("failed-reading", e))?;
    let entry = |row: keepsake_core::undo::UndoRow| UndoEntry {
        files: touched_files(data_dir, &row.id),
        undo: row.id,
        at: row.at,
        backup: row.backup,
        until: row.kept_until,
    };
    Ok(Answer::Undos(rows.into_iter().map(entry).collect()))
}
