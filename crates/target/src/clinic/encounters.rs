//! Encounters of physicians with patients, and the notes on them.
//!
//! In: calls with a token. Out: JSON, and new rows. Never: unbounded growth; the oldest created
//! encounter makes room for the newest.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::access::account;
use super::database::{DAYS, ENCOUNTERS, STATUSES};
use super::numbered;
use crate::answer::{Answer, Reply};
use crate::routes::Call;

/// Created encounters that are kept at most.
const CREATED_MAX: u32 = 100_000;
const CREATED_MINUTES: u32 = 15;

#[derive(Serialize)]
struct Encounter {
    id: String,
    patient_id: String,
    patient_name: String,
    physician_id: String,
    status: String,
    date: String,
    minutes: u32,
    reason: String,
}

#[derive(Serialize)]
struct Page {
    items: Vec<Encounter>,
    page: u32,
    page_size: u32,
    total: u32,
}

/// What every query of encounters selects, so that one function can read it.
macro_rules! select_encounters {
    ($rest:literal) => {
        concat!(
            "SELECT e.id, e.patient, p.name, e.physician, e.status, ",
            "date('2026-01-01', '+' || e.day || ' days'), e.minutes, e.reason ",
            "FROM encounters e JOIN patients p ON p.id = e.patient ",
            $rest
        )
    };
}

fn read_encounter(row: &Row<'_>) -> rusqlite::Result<Encounter> {
    Ok(Encounter {
        id: format!("encounter-{}", row.get::<_, u32>(0)?),
        patient_id: format!("patient-{}", row.get::<_, u32>(1)?),
        patient_name: row.get(2)?,
        physician_id: format!("physician-{}", row.get::<_, u32>(3)?),
        status: row.get(4)?,
        date: row.get(5)?,
        minutes: row.get(6)?,
        reason: row.get(7)?,
    })
}

/// `GET /encounters?page&page_size&status`: the newest first.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, Answer> {
    account(call)?;
    let page = call.number("page", 1, 1, 1_000_000)?;
    let page_size = call.number("page_size", 20, 1, 100)?;
    let status = call
        .head()
        .query_value("status")
        .map(known_status)
        .transpose()?;
    let skipped = (page - 1) * page_size;
    let db = call.db()?;
    let items = match status {
        None => {
            let query = select_encounters!("ORDER BY e.id DESC LIMIT ?1 OFFSET ?2");
            let mut query = db.prepare_cached(query)?;
            query
                .query_map(params![page_size, skipped], read_encounter)?
                .collect::<Result<Vec<_>, _>>()
        }
        Some(status) => {
            let query =
                select_encounters!("WHERE e.status = ?3 ORDER BY e.id DESC LIMIT ?1 OFFSET ?2");
            let mut query = db.prepare_cached(query)?;
            query
                .query_map(params![page_size, skipped, status], read_encounter)?
                .collect()
        }
    }?;
    let total = count(db, status)?;
    Ok(Answer::json(
        200,
        &Page {
            items,
            page,
            page_size,
            total,
        },
    )
    .into())
}

fn known_status(text: String) -> Result<&'static str, Answer> {
    STATUSES
        .into_iter()
        .find(|status| *status == text)
        .ok_or_else(|| {
            Answer::error(
                422,
                format!(
                    "status must be one of {}, not {text:?}",
                    STATUSES.join(", ")
                ),
            )
        })
}

/// From the daily sums: counting the rows would take longer with every one that is created.
fn count(db: &Connection, status: Option<&str>) -> rusqlite::Result<u32> {
    db.prepare_cached(
        "SELECT coalesce(sum(encounters), 0) FROM daily WHERE ?1 IS NULL OR status = ?1",
    )?
    .query_row([status], |row| row.get(0))
}

fn captured_encounter(call: &Call<'_>) -> Result<u32, Answer> {
    numbered(&call.captured(0), "encounter").ok_or_else(absent)
}

fn absent() -> Answer {
    Answer::error(404, "there is no such encounter")
}

/// `GET /encounters/encounter-{n}`
pub(super) fn view(call: &Call<'_>) -> Result<Reply, Answer> {
    account(call)?;
    let id = captured_encounter(call)?;
    let mut query = call
        .db()?
        .prepare_cached(select_encounters!("WHERE e.id = ?1"))?;
    let encounter = query
        .query_row([id], read_encounter)
        .optional()?
        .ok_or_else(absent)?;
    Ok(Answer::json(200, &encounter).into())
}

/// `GET /soap/encounter-{n}`: the note in its four parts. Created encounters have none.
pub(super) fn note(call: &Call<'_>) -> Result<Reply, Answer> {
    account(call)?;
    let id = captured_encounter(call)?;
    let mut query = call.db()?.prepare_cached(
        "SELECT subjective, objective, assessment, plan FROM notes WHERE encounter = ?1",
    )?;
    let read = |row: &Row<'_>| {
        Ok(json!({
            "encounter_id": format!("encounter-{id}"),
            "subjective": row.get::<_, String>(0)?,
            "objective": row.get::<_, String>(1)?,
            "assessment": row.get::<_, String>(2)?,
            "plan": row.get::<_, String>(3)?,
        }))
    };
    let note = query.query_row([id], read).optional()?;
    let note = note.ok_or_else(|| Answer::error(404, "there is no note on this encounter"))?;
    Ok(Answer::json(200, &note).into())
}

#[derive(Deserialize)]
struct NewEncounter {
    patient_id: String,
    reason: String,
    status: Option<String>,
}

/// `POST /encounters` with `patient_id`, `reason` and, if not scheduled, `status`.
pub(super) fn create(call: &Call<'_>) -> Result<Reply, Answer> {
    let physician = account(call)?.number;
    let new: NewEncounter = call.json()?;
    let status = new.status.map_or(Ok(STATUSES[0]), known_status)?;
    if new.reason.len() > 1000 {
        return Err(Answer::error(
            422,
            "reason must not be longer than 1,000 bytes",
        ));
    }
    let patient = numbered(&new.patient_id, "patient")
        .ok_or_else(|| Answer::error(422, "patient_id must be of the form patient-17"))?;
    let db = call.db()?;
    let known = db
        .prepare_cached("SELECT 1 FROM patients WHERE id = ?1")?
        .exists([patient])?;
    if !known {
        return Err(Answer::error(422, "there is no such patient"));
    }
    let id = insert(db, patient, physician, status, &new.reason)?;
    let created = json!({ "id": format!("encounter-{id}"), "status": status });
    Ok(Answer::json(201, &created)
        .with("Location", format!("/encounters/encounter-{id}"))
        .into())
}

fn insert(
    db: &Connection,
    patient: u32,
    physician: u32,
    status: &str,
    reason: &str,
) -> rusqlite::Result<u32> {
    // Taking the lock at once lets a second thread wait instead of fail.
    db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let inserted = insert_row(db, patient, physician, status, reason);
    let end = if inserted.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    db.prepare_cached(end)?.execute([])?;
    inserted
}

fn insert_row(
    db: &Connection,
    patient: u32,
    physician: u32,
    status: &str,
    reason: &str,
) -> rusqlite::Result<u32> {
    let id: u32 = db
        .prepare_cached(
            "INSERT INTO encounters VALUES ((SELECT max(max(id), ?1) + 1 FROM encounters), \
             ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
        )?
        .query_row(
            params![
                ENCOUNTERS,
                patient,
                physician,
                status,
                DAYS - 1,
                CREATED_MINUTES,
                reason
            ],
            |row| row.get(0),
        )?;
    add_to_day(db, DAYS - 1, status, 1)?;
    let oldest_created = id.saturating_sub(CREATED_MAX);
    if oldest_created > ENCOUNTERS {
        let gone = db
            .prepare_cached("DELETE FROM encounters WHERE id = ?1 RETURNING status")?
            .query_row([oldest_created], |row| row.get::<_, String>(0))
            .optional()?;
        if let Some(status) = gone {
            add_to_day(db, DAYS - 1, &status, -1)?;
        }
    }
    Ok(id)
}

/// Keeps the daily sums true; `count` is 1 or -1 created encounters.
fn add_to_day(db: &Connection, day: u32, status: &str, count: i64) -> rusqlite::Result<usize> {
    db.prepare_cached(
        "INSERT INTO daily VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET \
         encounters = encounters + excluded.encounters, minutes = minutes + excluded.minutes",
    )?
    .execute(params![
        day,
        status,
        count,
        count * i64::from(CREATED_MINUTES)
    ])
}

/// `GET /dashboard/metrics?period`: sums by status over a day, week, month or quarter.
pub(super) fn metrics(call: &Call<'_>) -> Result<Reply, Answer> {
    account(call)?;
    let period = call
        .head()
        .query_value("period")
        .unwrap_or_else(|| "week".to_owned());
    let days = match period.as_str() {
        "day" => 1,
        "week" => 7,
        "month" => 30,
        "quarter" => 90,
        _ => {
            return Err(Answer::error(
                422,
                "period must be day, week, month or quarter",
            ));
        }
    };
    let by_status = sums(call.db()?, DAYS - days)?;
    let encounters: u32 = by_status.iter().map(|sum| sum.encounters).sum();
    let minutes: u32 = by_status.iter().map(|sum| sum.minutes).sum();
    let shown = json!({
        "period": period,
        "encounters": encounters,
        "minutes": minutes,
        "mean_minutes": f64::from(minutes) / f64::from(encounters.max(1)),
        "by_status": by_status,
    });
    Ok(Answer::json(200, &shown).into())
}

/// One status over some days.
#[derive(Serialize)]
pub(super) struct Sum {
    status: String,
    encounters: u32,
    minutes: u32,
}

/// The sums by status from day `first` on.
pub(super) fn sums(db: &Connection, first: u32) -> rusqlite::Result<Vec<Sum>> {
    let mut query = db.prepare_cached(
        "SELECT status, sum(encounters), sum(minutes) FROM daily WHERE day >= ?1 GROUP BY status",
    )?;
    let read = |row: &Row<'_>| {
        Ok(Sum {
            status: row.get(0)?,
            encounters: row.get(1)?,
            minutes: row.get(2)?,
        })
    };
    query.query_map([first], read)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinic::database::CONTENT;
    use crate::sqlite::Database;

    #[test]
    fn the_oldest_created_encounter_makes_room() {
        let database = Database::prepare(None, CONTENT).expect("a database");
        let db = database.connect().expect("a connection");
        let total = || count(&db, None).expect("a count");
        let create = || insert(&db, 1, 1, "completed", "cough").expect("an encounter");
        let first = create();
        assert_eq!((first, total()), (ENCOUNTERS + 1, 981));
        let last = first + CREATED_MAX - 1;
        db.execute(
            "UPDATE encounters SET id = ?1 WHERE id = ?2",
            [last, ENCOUNTERS - 1],
        )
        .expect("a gap");
        assert_eq!((create(), total()), (last + 1, 981));
        let rows = db.query_row(
            "SELECT count(*) FROM encounters WHERE id = ?1",
            [first],
            |row| row.get(0),
        );
        assert_eq!(rows, Ok(0));
    }
}
