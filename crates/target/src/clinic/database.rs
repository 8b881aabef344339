//! The clinic's SQLite file: its schema and what it holds at first.
//!
//! In: an empty file. Out: tables and rows, every time the same. Never: today's date; all is of
//! 2026 whatever the day is.

use rusqlite::{Transaction, params};

use crate::people;
use crate::sqlite::{Content, pick, pick_text};

/// Encounters that exist at first have numbers up to this one.
pub(super) const ENCOUNTERS: u32 = 1000;
/// Encounters whose number this divides are absent.
pub(super) const ABSENT_EVERY: u32 = 50;
/// Days that the data covers; the last one is the clinic's today.
pub(super) const DAYS: u32 = 90;
const PATIENTS: u32 = 2000;
const AUDIT_LOGS: u32 = 5000;
/// The states of an encounter.
pub(super) const STATUSES: [&str; 4] = ["scheduled", "in-progress", "completed", "cancelled"];

/// Marks a file as a clinic's ("GCcl"), with the version of its schema.
const APPLICATION_ID: i32 = 0x4743_636C;
const SCHEMA_VERSION: i32 = 1;

const SCHEMA: &str = "
    CREATE TABLE patients (id INTEGER PRIMARY KEY, name TEXT NOT NULL, birth_date TEXT NOT NULL);
    CREATE TABLE patient_words (word TEXT NOT NULL, patient INTEGER NOT NULL,
        PRIMARY KEY (word, patient)) WITHOUT ROWID;
    CREATE TABLE encounters (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL,
        physician INTEGER NOT NULL, status TEXT NOT NULL, day INTEGER NOT NULL,
        minutes INTEGER NOT NULL, reason TEXT NOT NULL);
    CREATE INDEX encounters_by_status ON encounters (status, id);
    CREATE TABLE notes (encounter INTEGER PRIMARY KEY, subjective TEXT NOT NULL,
        objective TEXT NOT NULL, assessment TEXT NOT NULL, plan TEXT NOT NULL);
    CREATE TABLE daily (day INTEGER NOT NULL, status TEXT NOT NULL, encounters INTEGER NOT NULL,
        minutes INTEGER NOT NULL, PRIMARY KEY (day, status)) WITHOUT ROWID;
    CREATE TABLE audit_logs (id INTEGER PRIMARY KEY, day INTEGER NOT NULL, actor TEXT NOT NULL,
        action TEXT NOT NULL, entity TEXT NOT NULL);
    CREATE INDEX audit_logs_by_day ON audit_logs (day, id);
";

const REASONS: [&str; 6] = [
    "annual check",
    "back pain",
    "cough",
    "follow-up",
    "medication review",
    "vaccination",
];
const ACTIONS: [&str; 4] = ["login", "read", "create", "export"];

/// What the clinic keeps.
pub(super) const CONTENT: Content = Content {
    service: "clinic",
    application_id: APPLICATION_ID,
    version: SCHEMA_VERSION,
    seed,
};

fn seed(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(SCHEMA)?;
    people::seed_patients(transaction, PATIENTS)?;
    seed_words(transaction)?;
    seed_encounters(transaction)?;
    seed_audit_logs(transaction)
}

/// Under which words the search finds a patient.
fn seed_words(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut word = transaction.prepare("INSERT OR IGNORE INTO patient_words VALUES (?1, ?2)")?;
    for id in 1..=PATIENTS {
        let (first, last) = people::name(id);
        for name in [first, last] {
            word.execute(params![name.to_lowercase(), id])?;
        }
    }
    Ok(())
}

fn seed_encounters(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut encounter =
        transaction.prepare("INSERT INTO encounters VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    let mut note = transaction.prepare("INSERT INTO notes VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for id in (1..=ENCOUNTERS).filter(|id| id % ABSENT_EVERY != 0) {
        let (patient, physician) = (1 + pick(id, 3, PATIENTS), 1 + pick(id, 4, 100));
        let (day, minutes) = (pick(id, 5, DAYS), 10 + 5 * pick(id, 6, 10));
        let reason = pick_text(id, 7, &REASONS);
        let status = pick_text(id, 8, &STATUSES);
        encounter.execute(params![
            id, patient, physician, status, day, minutes, reason
        ])?;
        note.execute(params![
            id,
            format!(
                "The patient comes for {reason} and reports {} days of it.",
                1 + pick(id, 9, 20)
            ),
            format!(
                "Pulse {}, temperature 36.{} °C.",
                55 + pick(id, 10, 50),
                pick(id, 11, 10)
            ),
            format!("Consistent with {reason}; no sign of urgency."),
            format!("Again in {} weeks.", 1 + pick(id, 12, 12)),
        ])?;
    }
    transaction.execute_batch(
        "INSERT INTO daily SELECT day, status, count(*), sum(minutes) FROM encounters GROUP BY day, status",
    )
}

fn seed_audit_logs(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut log = transaction.prepare("INSERT INTO audit_logs VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for id in 1..=AUDIT_LOGS {
        let actor = format!("physician-{}", 1 + pick(id, 13, 100));
        let entity = format!("encounter-{}", 1 + pick(id, 14, ENCOUNTERS));
        let day = id * DAYS / (AUDIT_LOGS + 1);
        log.execute(params![id, day, actor, pick_text(id, 15, &ACTIONS), entity])?;
    }
    Ok(())
}
