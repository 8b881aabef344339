//! The API of a record store: patients by their medical record number (MRN), and what is kept of
//! them.
//!
//! In: calls. Out: JSON from a seeded SQLite file. Never: a change to it, or a query without an
//! index, since the store must not be what is measured.

use anyhow::Result;
use serde_json::json;

use crate::answer::{Answer, Reply};
use crate::general::usual;
use crate::options::TargetOptions;
use crate::routes::{Call, Route};
use crate::sqlite::Database;

mod database;
mod lists;
mod patients;

/// Opens the store's file.
///
/// # Errors
/// A file that cannot be used.
pub(crate) fn prepare(options: &TargetOptions) -> Result<Database> {
    Database::prepare(options.db.as_deref(), database::CONTENT)
}

/// The store's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        usual("GET", "/health", health),
        usual("GET", "/patients", patients::list),
        usual("GET", "/patients/{mrn}", patients::view),
        usual("GET", "/patients/{mrn}/summary", patients::summary),
        usual("GET", "/encounters", lists::encounters),
        usual("GET", "/claims", lists::claims),
        usual("GET", "/documents", lists::documents),
    ]
}

/// `GET /health`: whether the file can be read.
fn health(call: &Call<'_>) -> Result<Reply, Answer> {
    let mut query = call.db()?.prepare_cached("SELECT max(id) FROM patients")?;
    let patients: u32 = query.query_row([], |row| row.get(0))?;
    let shown = json!({ "status": "ok", "patients": patients });
    Ok(Answer::json(200, &shown).into())
}

/// The number of a patient as it is written: `MRN-000017`.
fn mrn(patient: u32) -> String {
    format!("MRN-{patient:06}")
}

/// The number behind `MRN-`, six digits.
fn parse_mrn(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("MRN-")?;
    let six = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| six)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_number_is_read_as_it_is_written() {
        for patient in [1, 17, 999_999] {
            assert_eq!(parse_mrn(&mrn(patient)), Some(patient));
        }
        for wrong in [
            "",
            "17",
            "MRN-17",
            "MRN-0000017",
            "MRN-+00017",
            "mrn-000017",
        ] {
            assert_eq!(parse_mrn(wrong), None, "{wrong}");
        }
    }
}
