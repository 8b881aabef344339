//! The API of a clinic: encounters, notes, patients, dashboards, and who may see them.
//!
//! In: calls. Out: JSON from a seeded SQLite file. Never: a query without an index, since the
//! clinic must not be what is measured.

use rusqlite::Connection;

use crate::answer::Answer;
use crate::general::usual;
use crate::routes::{Call, Route};

mod access;
mod admin;
mod database;
mod encounters;
mod patients;

pub(crate) use access::Tokens;
pub(crate) use database::Database;

/// What one thread serves the clinic with.
pub(crate) struct Clinic {
    db: Connection,
}

impl Clinic {
    pub(crate) fn open(database: &Database) -> anyhow::Result<Self> {
        Ok(Self {
            db: database.connect()?,
        })
    }
}

/// The clinic's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        usual("POST", "/auth/token", access::token),
        usual("GET", "/encounters", encounters::list),
        usual("POST", "/encounters", encounters::create),
        usual("GET", "/encounters/{encounter}", encounters::view),
        usual("GET", "/soap/{encounter}", encounters::note),
        usual("GET", "/dashboard/metrics", encounters::metrics),
        usual("GET", "/patients/search", patients::search),
        usual("GET", "/admin/dashboard", admin::dashboard),
        usual("GET", "/admin/audit/logs", admin::audit_logs),
    ]
}

/// The database of the thread that serves `call`.
fn db<'a>(call: &Call<'a>) -> Result<&'a Connection, Answer> {
    match &call.worker.clinic {
        Some(clinic) => Ok(&clinic.db),
        None => Err(Answer::error(500, "this target does not serve the clinic")),
    }
}

impl From<rusqlite::Error> for Answer {
    fn from(error: rusqlite::Error) -> Self {
        Self::error(500, format!("the database failed: {error}"))
    }
}

/// The number behind `prefix`, as in `encounter-17`.
fn numbered(text: &str, prefix: &str) -> Option<u32> {
    let number = text.strip_prefix(prefix)?.strip_prefix('-')?;
    if number.starts_with(['0', '+']) {
        None
    } else {
        number.parse().ok()
    }
}
