//! A service's SQLite file: opened, and seeded once.
//!
//! In: a path, or none, and what a service keeps in it. Out: connections. Never: a change to a
//! file that is not this service's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, Transaction};
use tempfile::TempDir;

use crate::answer::Answer;
use crate::draw::mix;

/// How long a thread waits for another one that writes.
const BUSY: Duration = Duration::from_secs(5);

/// What a service keeps in its file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content {
    /// The service's name.
    pub(crate) service: &'static str,
    /// Marks a file as this service's.
    pub(crate) application_id: i32,
    /// Changes with the tables and with their first rows.
    pub(crate) version: i32,
    /// Makes the tables and their first rows.
    pub(crate) seed: fn(&Transaction<'_>) -> rusqlite::Result<()>,
}

/// A service's file. A temporary one is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Database {
    path: PathBuf,
    content: Content,
    _temporary: Option<TempDir>,
}

impl Database {
    /// Opens `path`, or a temporary file; an empty or absent file is seeded.
    pub(crate) fn prepare(path: Option<&Path>, content: Content) -> Result<Self> {
        let (path, temporary) = match path {
            Some(path) => (path.to_owned(), None),
            None => {
                let folder =
                    TempDir::with_prefix("gatecrash-").context("cannot make a temporary folder")?;
                let name = format!("{}.sqlite", content.service);
                (folder.path().join(name), Some(folder))
            }
        };
        let database = Self {
            path,
            content,
            _temporary: temporary,
        };
        let mut connection = database.connect()?;
        ensure_seeded(&mut connection, content).with_context(|| database.told())?;
        drop(connection);
        Ok(database)
    }

    /// A connection for one thread.
    pub(crate) fn connect(&self) -> Result<Connection> {
        let open = || {
            let connection = Connection::open(&self.path)?;
            connection.busy_timeout(BUSY)?;
            // Waiting for the disk would be measured, and a test's data need not survive a power cut.
            connection.pragma_update(None, "synchronous", "OFF")?;
            connection.set_prepared_statement_cache_capacity(32);
            Ok::<_, rusqlite::Error>(connection)
        };
        open().with_context(|| self.told())
    }

    fn told(&self) -> String {
        let (path, service) = (self.path.display(), self.content.service);
        format!("cannot use {path} as the {service}'s database")
    }
}

fn ensure_seeded(connection: &mut Connection, content: Content) -> Result<()> {
    let owner: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if (owner, version) == (content.application_id, content.version) {
        return Ok(());
    }
    match (owner, version, tables) {
        (owner, ..) if owner == content.application_id => {
            bail!("it is of another version; name an absent file to make a new one")
        }
        (0, 0, 0) => seed(connection, content).context("cannot write the first data"),
        _ => bail!("it is a database of something else; name an absent or empty file"),
    }
}

fn seed(connection: &mut Connection, content: Content) -> Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction()?;
    (content.seed)(&transaction)?;
    // Last, and with the rest or not at all: the mark says that the data is complete.
    transaction.pragma_update(None, "application_id", content.application_id)?;
    transaction.pragma_update(None, "user_version", content.version)?;
    transaction.commit()?;
    Ok(())
}

/// A number below `bound` that belongs to row `row` and column `column`, every time the same.
pub(crate) fn pick(row: u32, column: u32, bound: u32) -> u32 {
    (mix(u64::from(row) << 8 | u64::from(column)) % u64::from(bound)) as u32
}

/// One of `texts`, likewise.
pub(crate) fn pick_text<'a>(row: u32, column: u32, texts: &[&'a str]) -> &'a str {
    texts[pick(row, column, texts.len() as u32) as usize]
}

impl From<rusqlite::Error> for Answer {
    fn from(error: rusqlite::Error) -> Self {
        Self::error(500, format!("the database failed: {error}"))
    }
}
