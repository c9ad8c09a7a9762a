//! Episodes of ill health: from when to when something was not good.

use super::{Catalog, CatalogError};

/// So many that are over are remembered.
const KEPT_CLOSED: u32 = 1000;

/// What an episode is about: there is at most one open at a time for each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EpisodeKey {
    /// The rule's word, as in JSON: `overdue`.
    pub rule: String,
    /// The plan; empty when it is about all.
    pub plan: String,
    /// The source, or the place with copies; empty when it is about the whole plan, or all.
    pub thing: String,
}

/// One episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpisodeRow {
    /// Its id.
    pub id: i64,
    /// What it is about.
    pub key: EpisodeKey,
    /// When it was first seen, in seconds since 1970.
    pub opened_at: i64,
    /// When it was seen to be over; None while it lasts.
    pub closed_at: Option<i64>,
    /// The word of the worst verdict so far: `attention` or `problem`.
    pub state: String,
    /// What is wrong, as it was last said to people.
    pub message: String,
}

/// What becomes of an episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EpisodeChange {
    /// It begins.
    Open {
        /// What it is about.
        key: EpisodeKey,
        /// The verdict's word.
        state: String,
        /// What is wrong.
        message: String,
    },
    /// It goes on, with other words or a worse verdict.
    Go {
        /// The episode.
        id: i64,
        /// The verdict's word.
        state: String,
        /// What is wrong.
        message: String,
    },
    /// It is over.
    Close {
        /// The episode.
        id: i64,
    },
}

impl Catalog {
    /// The episodes that last, oldest first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn open_episodes(&self) -> Result<Vec<EpisodeRow>, CatalogError> {
        self.episodes_where("closed_at IS NULL ORDER BY opened_at, id")
    }

    /// The newest 1,000 episodes that are over, newest first, and all that last before them.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be read.
    pub fn episodes(&self) -> Result<Vec<EpisodeRow>, CatalogError> {
        self.episodes_where("1 ORDER BY closed_at IS NOT NULL, opened_at DESC, id DESC")
    }

    fn episodes_where(&self, rest: &str) -> Result<Vec<EpisodeRow>, CatalogError> {
        let sql =
            format!("SELECT id, rule, plan, thing, opened_at, closed_at, state, message FROM episode WHERE {rest}");
        let mut statement = self.connection().prepare_cached(&sql)?;
        let rows = statement.query_map([], |row| {
            Ok(EpisodeRow {
                id: row.get(0)?,
                key: EpisodeKey { rule: row.get(1)?, plan: row.get(2)?, thing: row.get(3)? },
                opened_at: row.get(4)?,
                closed_at: row.get(5)?,
                state: row.get(6)?,
                message: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes what became of episodes at that moment (seconds since 1970), all of it or, after a power cut, nothing.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] when the database cannot be written, or an episode for the same thing lasts already.
    pub fn note_episodes(&self, changes: &[EpisodeChange], at: i64) -> Result<(), CatalogError> {
        if changes.is_empty() {
            return Ok(());
        }
        let transaction = self.connection().unchecked_transaction()?;
        for change in changes {
            match change {
                EpisodeChange::Open { key, state, message } => transaction.execute(
                    "INSERT INTO episode (rule, plan, thing, opened_at, state, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    (&key.rule, &key.plan, &key.thing, at, state, message),
                )?,
                EpisodeChange::Go { id, state, message } => transaction
                    .execute("UPDATE episode SET state = ?2, message = ?3 WHERE id = ?1", (id, state, message))?,
                EpisodeChange::Close { id } => transaction
                    .execute("UPDATE episode SET closed_at = ?2 WHERE id = ?1 AND closed_at IS NULL", (id, at))?,
            };
        }
        transaction.execute(
            "DELETE FROM episode WHERE closed_at IS NOT NULL AND id NOT IN \
             (SELECT id FROM episode WHERE closed_at IS NOT NULL ORDER BY closed_at DESC, id DESC LIMIT ?1)",
            [KEPT_CLOSED],
        )?;
        Ok(transaction.commit()?)
    }
}
