//! The store's SQLite file: its schema and what it holds.
//!
//! In: an empty file. Out: tables and rows, every time the same. Never: today's date; all is of
//! 2026 whatever the day is.

use rusqlite::{Transaction, params};

use crate::people;
use crate::sqlite::{Content, pick, pick_text};

/// Patients have numbers from 1 up to this one.
pub(super) const PATIENTS: u32 = 2000;
pub(super) const ENCOUNTERS: u32 = 6000;
pub(super) const CLAIMS: u32 = 4000;
pub(super) const DOCUMENTS: u32 = 4000;
/// Days that the data covers, from the first of January on.
const DAYS: u32 = 90;

/// Marks a file as a record store's ("GCre"), with the version of its schema.
const APPLICATION_ID: i32 = 0x4743_7265;
const SCHEMA_VERSION: i32 = 1;

const SCHEMA: &str = "
    CREATE TABLE patients (id INTEGER PRIMARY KEY, name TEXT NOT NULL, birth_date TEXT NOT NULL);
    CREATE TABLE encounters (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL, date TEXT NOT NULL,
        kind TEXT NOT NULL, reason TEXT NOT NULL, minutes INTEGER NOT NULL);
    CREATE INDEX encounters_of_patient ON encounters (patient, id);
    CREATE TABLE claims (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL, date TEXT NOT NULL,
        status TEXT NOT NULL, cents INTEGER NOT NULL);
    CREATE INDEX claims_of_patient ON claims (patient, id);
    CREATE TABLE documents (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL, date TEXT NOT NULL,
        kind TEXT NOT NULL, title TEXT NOT NULL, bytes INTEGER NOT NULL);
    CREATE INDEX documents_of_patient ON documents (patient, id);
";

const KINDS: [&str; 4] = ["office visit", "video visit", "inpatient", "emergency"];
const REASONS: [&str; 5] = [
    "annual check",
    "chest pain",
    "follow-up",
    "medication review",
    "shortness of breath",
];
const STATUSES: [&str; 4] = ["open", "paid", "denied", "in review"];
const DOCUMENT_KINDS: [&str; 4] = ["letter", "lab report", "imaging", "consent"];

/// What the store keeps.
pub(super) const CONTENT: Content = Content {
    service: "record store",
    application_id: APPLICATION_ID,
    version: SCHEMA_VERSION,
    seed,
};

fn seed(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(SCHEMA)?;
    people::seed_patients(transaction, PATIENTS)?;
    seed_encounters(transaction)?;
    seed_claims(transaction)?;
    seed_documents(transaction)
}

fn seed_encounters(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut encounter = transaction.prepare(
        "INSERT INTO encounters VALUES (?1, ?2, date('2026-01-01', '+' || ?3 || ' days'), ?4, ?5, ?6)",
    )?;
    for id in 1..=ENCOUNTERS {
        encounter.execute(params![
            id,
            1 + pick(id, 3, PATIENTS),
            day(id, ENCOUNTERS),
            pick_text(id, 4, &KINDS),
            pick_text(id, 5, &REASONS),
            10 + 5 * pick(id, 6, 10),
        ])?;
    }
    Ok(())
}

fn seed_claims(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut claim = transaction.prepare(
        "INSERT INTO claims VALUES (?1, ?2, date('2026-01-01', '+' || ?3 || ' days'), ?4, ?5)",
    )?;
    for id in 1..=CLAIMS {
        claim.execute(params![
            id,
            1 + pick(id, 7, PATIENTS),
            day(id, CLAIMS),
            pick_text(id, 8, &STATUSES),
            5000 + pick(id, 9, 200_000),
        ])?;
    }
    Ok(())
}

fn seed_documents(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut document = transaction.prepare(
        "INSERT INTO documents VALUES (?1, ?2, date('2026-01-01', '+' || ?3 || ' days'), ?4, ?5, ?6)",
    )?;
    for id in 1..=DOCUMENTS {
        let kind = pick_text(id, 11, &DOCUMENT_KINDS);
        document.execute(params![
            id,
            1 + pick(id, 10, PATIENTS),
            day(id, DOCUMENTS),
            kind,
            format!("{kind} no. {id}"),
            2_000 + pick(id, 12, 500_000),
        ])?;
    }
    Ok(())
}

/// Later rows are of later days.
fn day(id: u32, rows: u32) -> u32 {
    (id - 1) * DAYS / rows
}
