//! Patients: all of them by the page, one, and one in short with what is kept of them.
//!
//! In: calls. Out: JSON. Never: a patient who is not there; that is 404.

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use super::database::PATIENTS;
use super::{mrn, parse_mrn};
use crate::answer::{Answer, Reply};
use crate::records::lists::{Page, Paging};
use crate::routes::Call;

/// One patient.
#[derive(Serialize)]
struct Patient {
    mrn: String,
    name: String,
    birth_date: String,
}

fn read_patient(row: &Row<'_>) -> rusqlite::Result<Patient> {
    Ok(Patient {
        mrn: mrn(row.get(0)?),
        name: row.get(1)?,
        birth_date: row.get(2)?,
    })
}

/// `GET /patients?page&page_size`: by their numbers.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, Answer> {
    let paging = Paging::of(call)?;
    let mut query = call.db()?.prepare_cached(
        "SELECT id, name, birth_date FROM patients WHERE id > ?2 ORDER BY id LIMIT ?1",
    )?;
    let items = query
        .query_map([paging.page_size, paging.skipped()], read_patient)?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::json(200, &Page::new(items, paging, PATIENTS)).into())
}

/// `GET /patients/MRN-000017`
pub(super) fn view(call: &Call<'_>) -> Result<Reply, Answer> {
    let patient = patient(call.db()?, captured_number(call)?)?;
    Ok(Answer::json(200, &patient).into())
}

fn captured_number(call: &Call<'_>) -> Result<u32, Answer> {
    parse_mrn(&call.captured(0)).ok_or_else(absent)
}

fn absent() -> Answer {
    Answer::error(404, "there is no such patient; numbers are as MRN-000017")
}

fn patient(db: &Connection, number: u32) -> Result<Patient, Answer> {
    db.prepare_cached("SELECT id, name, birth_date FROM patients WHERE id = ?1")?
        .query_row([number], read_patient)
        .optional()?
        .ok_or_else(absent)
}

/// What a desk wants to see first.
#[derive(Serialize)]
struct Summary {
    #[serde(flatten)]
    patient: Patient,
    encounters: Kept,
    claims: Claims,
    documents: Kept,
}

/// How much of one kind there is, and when the latest of it is from.
#[derive(Serialize)]
struct Kept {
    count: u32,
    latest_date: Option<String>,
}

#[derive(Serialize)]
struct Claims {
    count: u32,
    open: u32,
    open_cents: u32,
}

/// `GET /patients/MRN-000017/summary`
pub(super) fn summary(call: &Call<'_>) -> Result<Reply, Answer> {
    let (db, number) = (call.db()?, captured_number(call)?);
    let kept = |query: &str| {
        db.prepare_cached(query)?.query_row([number], |row| {
            Ok(Kept {
                count: row.get(0)?,
                latest_date: row.get(1)?,
            })
        })
    };
    let summary = Summary {
        patient: patient(db, number)?,
        encounters: kept("SELECT count(*), max(date) FROM encounters WHERE patient = ?1")?,
        claims: claims(db, number)?,
        documents: kept("SELECT count(*), max(date) FROM documents WHERE patient = ?1")?,
    };
    Ok(Answer::json(200, &summary).into())
}

fn claims(db: &Connection, number: u32) -> rusqlite::Result<Claims> {
    db.prepare_cached(
        "SELECT count(*), coalesce(sum(status = 'open'), 0), \
         coalesce(sum(cents) FILTER (WHERE status = 'open'), 0) FROM claims WHERE patient = ?1",
    )?
    .query_row([number], |row| {
        Ok(Claims {
            count: row.get(0)?,
            open: row.get(1)?,
            open_cents: row.get(2)?,
        })
    })
}
