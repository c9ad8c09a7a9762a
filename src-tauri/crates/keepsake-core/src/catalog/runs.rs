//! What happened: runs, what was verified, and what was found damaged.

use rusqlite::OptionalExtension;

use super::{Catalog, CatalogError};
use crate::archive_path::ArchivePath;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// Everything is in the backup.
    Good,
    /// Something could not be read; all else is in the backup.
    WithProblems,
    /// No backup was made.
    Failed,
    /// It was stopped as asked; no backup was made.
    Stopped,
}

impl RunOutcome {
    /// The word for it in the catalog and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::WithProblems => "with-problems",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// A run of a plan.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// The plan.
    pub plan: String,
    /// When it began, in seconds since 1970.
    pub started: i64,
    /// When it ended.
    pub finished: i64,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Why, for a person; empty when all went well.
    pub message: String,
    /// The backup that it made.
    pub backup: Option<String>,
}

/// What was found damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamageRow {
    /// The archive's name.
    pub archive: String,
    /// The file, as text; empty when the archive as a whole cannot be read.
    pub path: String,
    /// Where the damaged content begins in the archive's tar stream, in bytes: whatever file has this content is
    /// damaged. None for what is not content: the archive as a whole, its checksum file, a tar header.
    pub tar_offset: Option<u64>,
    /// What is wrong.
    pub message: String,
    /// When it was found, in seconds since 1970.
    pub at: i64,
}

impl Catalog {
    /// Notes a run. The newest 1,000 of each plan are kept, so that a plan that runs often pushes no other's out.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written, as for all that follow.
    pub fn add_run(&self, run: &RunRow) -> Result<(), CatalogError> {
        self.connection().execute(
            "INSERT INTO run (plan, started, finished, outcome, message, backup) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (&run.plan, run.started, run.finished, run.outcome.word(), &run.message, &run.backup),
        )?;
        self.connection().execute(
            "DELETE FROM run WHERE plan = ?1 AND id <= (SELECT id FROM run WHERE plan = ?1 ORDER BY id DESC LIMIT 1 OFFSET 1000)",
            [&run.plan],
        )?;
        Ok(())
    }

    /// True when the run that made a backup of that name is noted.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn is_run_noted(&self, backup: &str) -> Result<bool, CatalogError> {
        Ok(self.connection().prepare_cached("SELECT 1 FROM run WHERE backup = ?1")?.exists([backup])?)
    }

    /// The newest run of a plan that was not stopped by a person.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn last_run(&self, plan: &str) -> Result<Option<RunRow>, CatalogError> {
        let sql = "SELECT plan, started, finished, outcome, message, backup FROM run \
                   WHERE plan = ?1 AND outcome <> 'stopped' ORDER BY id DESC LIMIT 1";
        let row = self.connection().query_row(sql, [plan], |row| run_of(row, 0));
        Ok(row.optional()?)
    }

    /// All runs of all plans with their numbers, in the order in which they ended, oldest first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn runs(&self) -> Result<Vec<(i64, RunRow)>, CatalogError> {
        let sql = "SELECT id, plan, started, finished, outcome, message, backup FROM run ORDER BY id";
        let mut statement = self.connection().prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, run_of(row, 1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that an archive was verified, and what was found damaged. A full check replaces what was
    /// known of the archive's damage; others add to it.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn add_verified(&self, archive: &str, at: i64, how: &str, damage: &[DamageRow]) -> Result<(), CatalogError> {
        let transaction = self.connection().unchecked_transaction()?;
        if how == "full" {
            transaction.execute("DELETE FROM damage WHERE archive = ?1", [archive])?;
        }
        for row in damage {
            transaction.execute(
                // The header may lie in another share than the content: what is known of that stays.
                "INSERT INTO damage (archive, path, tar_offset, message, at) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (archive, path) DO UPDATE SET tar_offset = coalesce(excluded.tar_offset, tar_offset), \
                 message = excluded.message, at = excluded.at",
                (&row.archive, &row.path, row.tar_offset.map(|offset| offset as i64), &row.message, row.at),
            )?;
        }
        transaction.execute(
            "INSERT INTO verified (archive, at, how, good) VALUES (?1, ?2, ?3, ?4)",
            (archive, at, how, damage.is_empty()),
        )?;
        // Of each archive the newest check of each kind is enough.
        transaction.execute(
            "DELETE FROM verified WHERE archive = ?1 AND how = ?2 AND id < (SELECT max(id) FROM verified WHERE archive = ?1 AND how = ?2)",
            (archive, how),
        )?;
        Ok(transaction.commit()?)
    }

    /// Forgets all damage of an archive, as when its file is gone and nothing knows it.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written.
    pub fn forget_damage(&self, archive: &str) -> Result<(), CatalogError> {
        self.connection().prepare_cached("DELETE FROM damage WHERE archive = ?1")?.execute([archive])?;
        Ok(())
    }

    /// All known damage.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn damage(&self) -> Result<Vec<DamageRow>, CatalogError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT archive, path, tar_offset, message, at FROM damage ORDER BY archive, path")?;
        let rows = statement.query_map([], |row| {
            Ok(DamageRow {
                archive: row.get(0)?,
                path: row.get(1)?,
                tar_offset: row.get::<_, Option<i64>>(2)?.map(|offset| offset as u64),
                message: row.get(3)?,
                at: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Where in an archive's tar stream the content begins that was ever known under a path, which is given as
    /// text.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn content_offsets(&self, archive: &str, path: &str) -> Result<Vec<u64>, CatalogError> {
        // A name that is not UTF-8 was escaped, and is not found by that.
        let Ok(path) = ArchivePath::new(path) else { return Ok(Vec::new()) };
        let sql = "SELECT DISTINCT v.tar_offset FROM archive a JOIN version v ON v.chain = a.chain AND v.path = ?2 \
                   AND v.archive = a.id WHERE a.name = ?1 AND v.tar_offset IS NOT NULL";
        let mut statement = self.connection().prepare_cached(sql)?;
        let rows = statement.query_map((archive, path.sort_key()), |row| Ok(row.get::<_, i64>(0)? as u64))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The time of the newest full check of each archive, oldest first; archives never checked come with None.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn verified_times(&self) -> Result<Vec<(String, Option<i64>)>, CatalogError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT a.name, (SELECT max(at) FROM verified v WHERE v.archive = a.name AND v.how = 'full') FROM archive a ORDER BY 2, 1",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// A run from the columns that begin with its plan.
fn run_of(row: &rusqlite::Row<'_>, first: usize) -> Result<RunRow, rusqlite::Error> {
    let word: String = row.get(first + 3)?;
    let outcome = match word.as_str() {
        "good" => RunOutcome::Good,
        "with-problems" => RunOutcome::WithProblems,
        "stopped" => RunOutcome::Stopped,
        _ => RunOutcome::Failed,
    };
    Ok(RunRow {
        plan: row.get(first)?,
        started: row.get(first + 1)?,
        finished: row.get(first + 2)?,
        outcome,
        message: row.get(first + 4)?,
        backup: row.get(first + 5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(plan: &str, started: i64, outcome: RunOutcome) -> RunRow {
        RunRow { plan: plan.into(), started, finished: started + 1, outcome, message: String::new(), backup: None }
    }

    #[test]
    fn a_plan_that_runs_often_pushes_no_other_out() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(dir.path()).unwrap();
        catalog.add_run(&run("weekly", 7, RunOutcome::Stopped)).unwrap();
        // In one transaction, as a test need not wait for the disk.
        let transaction = catalog.connection().unchecked_transaction().unwrap();
        for started in 0..1005 {
            catalog.add_run(&run("often", started, RunOutcome::Good)).unwrap();
        }
        transaction.commit().unwrap();
        let runs = catalog.runs().unwrap();
        assert_eq!(runs.len(), 1001);
        assert_eq!((runs[0].0, runs[0].1.plan.as_str(), runs[0].1.outcome), (1, "weekly", RunOutcome::Stopped));
        assert_eq!((runs[1].1.started, runs[1000].1.started), (5, 1004));
        assert!(catalog.last_run("weekly").unwrap().is_none(), "a stopped one says nothing");
    }
}
