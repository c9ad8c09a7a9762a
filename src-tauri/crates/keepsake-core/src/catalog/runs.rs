//! What happened: runs, what was verified, and what was found damaged.

use rusqlite::OptionalExtension;

use super::{Catalog, CatalogError};

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

/// Content that was found damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamageRow {
    /// The archive's name.
    pub archive: String,
    /// The file, as text; empty when the archive as a whole cannot be read.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// When it was found, in seconds since 1970.
    pub at: i64,
}

impl Catalog {
    /// Notes a run. The newest 1,000 are kept.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written, as for all that follow.
    pub fn add_run(&self, run: &RunRow) -> Result<(), CatalogError> {
        self.connection().execute(
            "INSERT INTO run (plan, started, finished, outcome, message, backup) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (&run.plan, run.started, run.finished, run.outcome.word(), &run.message, &run.backup),
        )?;
        self.connection().execute("DELETE FROM run WHERE id <= (SELECT max(id) FROM run) - 1000", [])?;
        Ok(())
    }

    /// The newest run of a plan that was not stopped by a person.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn last_run(&self, plan: &str) -> Result<Option<RunRow>, CatalogError> {
        let sql = "SELECT plan, started, finished, outcome, message, backup FROM run \
                   WHERE plan = ?1 AND outcome <> 'stopped' ORDER BY id DESC LIMIT 1";
        let row = self.connection().query_row(sql, [plan], |row| {
            let word: String = row.get(3)?;
            let outcome = match word.as_str() {
                "good" => RunOutcome::Good,
                "with-problems" => RunOutcome::WithProblems,
                _ => RunOutcome::Failed,
            };
            Ok(RunRow {
                plan: row.get(0)?,
                started: row.get(1)?,
                finished: row.get(2)?,
                outcome,
                message: row.get(4)?,
                backup: row.get(5)?,
            })
        });
        Ok(row.optional()?)
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
                "INSERT OR REPLACE INTO damage (archive, path, message, at) VALUES (?1, ?2, ?3, ?4)",
                (&row.archive, &row.path, &row.message, row.at),
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

    /// All known damage.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn damage(&self) -> Result<Vec<DamageRow>, CatalogError> {
        let mut statement =
            self.connection().prepare_cached("SELECT archive, path, message, at FROM damage ORDER BY archive, path")?;
        let rows = statement.query_map([], |row| {
            Ok(DamageRow { archive: row.get(0)?, path: row.get(1)?, message: row.get(2)?, at: row.get(3)? })
        })?;
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
