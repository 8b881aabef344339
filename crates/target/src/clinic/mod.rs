//! The API of a clinic: encounters, notes, patients, dashboards, recordings, and who may see them.
//!
//! In: calls. Out: JSON from a seeded SQLite file. Never: a query without an index, since the
//! clinic must not be what is measured.

use anyhow::Result;

use crate::answer::Answer;
use crate::general::usual;
use crate::options::TargetOptions;
use crate::routes::{Call, Route};
use crate::services;
use crate::sqlite::Database;

mod access;
mod admin;
mod database;
mod encounters;
mod patients;
mod transcriptions;

use access::Tokens;

/// What the clinic remembers for all its threads.
pub(crate) struct State {
    tokens: Tokens,
    database: Database,
}

impl State {
    /// Opens the clinic's file.
    pub(crate) fn prepare(options: &TargetOptions) -> Result<Self> {
        Ok(Self {
            tokens: Tokens::new(),
            database: Database::prepare(options.db.as_deref(), database::CONTENT)?,
        })
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
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
        usual("POST", "/transcriptions", transcriptions::create),
        usual("GET", "/admin/dashboard", admin::dashboard),
        usual("GET", "/admin/audit/logs", admin::audit_logs),
    ]
}

fn state<'a>(call: &Call<'a>) -> Result<&'a State, Answer> {
    match &call.worker.shared.state {
        services::State::Clinic(clinic) => Ok(clinic),
        _ => Err(Answer::error(500, "this target is no clinic")),
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
