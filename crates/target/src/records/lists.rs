//! Encounters, claims and documents by the page: of all patients, or of one.
//!
//! In: calls. Out: JSON. Never: more rows than a page has.

use rusqlite::types::FromSql;
use rusqlite::{Row, params};
use serde::Serialize;
use serde_json::{Value, json};

use super::database::{CLAIMS, DOCUMENTS, ENCOUNTERS};
use super::{mrn, parse_mrn};
use crate::answer::{Answer, Reply};
use crate::routes::Call;

/// Which rows of a list are wanted.
#[derive(Clone, Copy)]
pub(super) struct Paging {
    page: u32,
    pub(super) page_size: u32,
}

impl Paging {
    /// By the parameters `page` (from 1 on) and `page_size` (20, at most 100).
    pub(super) fn of(call: &Call<'_>) -> Result<Self, Answer> {
        Ok(Self {
            page: call.number("page", 1, 1, 1_000_000)?,
            page_size: call.number("page_size", 20, 1, 100)?,
        })
    }

    /// Rows before the page.
    pub(super) fn skipped(self) -> u32 {
        (self.page - 1) * self.page_size
    }
}

/// A part of a list.
#[derive(Serialize)]
pub(super) struct Page<T> {
    items: Vec<T>,
    page: u32,
    page_size: u32,
    /// Rows on all pages.
    total: u32,
}

impl<T> Page<T> {
    pub(super) fn new(items: Vec<T>, paging: Paging, total: u32) -> Self {
        Self {
            items,
            page: paging.page,
            page_size: paging.page_size,
            total,
        }
    }
}

/// One kind of things that are kept of patients.
struct Collection {
    table: &'static str,
    /// Its columns behind `id`, `patient` and `date`.
    columns: &'static str,
    /// All of them.
    total: u32,
    /// Reads a row of `id`, `patient`, `date` and the columns.
    read: fn(&Row<'_>) -> rusqlite::Result<Value>,
}

/// `GET /encounters?mrn&page&page_size`: the newest first.
pub(super) fn encounters(call: &Call<'_>) -> Result<Reply, Answer> {
    let collection = Collection {
        table: "encounters",
        columns: "kind, reason, minutes",
        total: ENCOUNTERS,
        read: |row| {
            Ok(json!({
                "id": numbered("encounter", row)?,
                "mrn": mrn(row.get(1)?),
                "date": column::<String>(row, 2)?,
                "kind": column::<String>(row, 3)?,
                "reason": column::<String>(row, 4)?,
                "minutes": column::<u32>(row, 5)?,
            }))
        },
    };
    list(call, &collection)
}

/// `GET /claims?mrn&page&page_size`: the newest first.
pub(super) fn claims(call: &Call<'_>) -> Result<Reply, Answer> {
    let collection = Collection {
        table: "claims",
        columns: "status, cents",
        total: CLAIMS,
        read: |row| {
            Ok(json!({
                "id": numbered("claim", row)?,
                "mrn": mrn(row.get(1)?),
                "date": column::<String>(row, 2)?,
                "status": column::<String>(row, 3)?,
                "cents": column::<u32>(row, 4)?,
            }))
        },
    };
    list(call, &collection)
}

/// `GET /documents?mrn&page&page_size`: the newest first.
pub(super) fn documents(call: &Call<'_>) -> Result<Reply, Answer> {
    let collection = Collection {
        table: "documents",
        columns: "kind, title, bytes",
        total: DOCUMENTS,
        read: |row| {
            Ok(json!({
                "id": numbered("document", row)?,
                "mrn": mrn(row.get(1)?),
                "date": column::<String>(row, 2)?,
                "kind": column::<String>(row, 3)?,
                "title": column::<String>(row, 4)?,
                "bytes": column::<u32>(row, 5)?,
            }))
        },
    };
    list(call, &collection)
}

fn column<T: FromSql>(row: &Row<'_>, place: usize) -> rusqlite::Result<T> {
    row.get(place)
}

fn numbered(what: &str, row: &Row<'_>) -> rusqlite::Result<String> {
    Ok(format!("{what}-{}", column::<u32>(row, 0)?))
}

fn list(call: &Call<'_>, collection: &Collection) -> Result<Reply, Answer> {
    let paging = Paging::of(call)?;
    let (items, total) = match call.head().query_value("mrn") {
        Some(text) => of_patient(call, collection, paging, &text)?,
        None => (of_all(call, collection, paging)?, collection.total),
    };
    Ok(Answer::json(200, &Page::new(items, paging, total)).into())
}

/// Numbers begin with 1 and have no gaps, so that a page needs no counting to be found.
fn of_all(call: &Call<'_>, collection: &Collection, paging: Paging) -> Result<Vec<Value>, Answer> {
    let Collection { table, columns, .. } = collection;
    let mut query = call.db()?.prepare_cached(&format!(
        "SELECT id, patient, date, {columns} FROM {table} WHERE id <= ?2 ORDER BY id DESC LIMIT ?1"
    ))?;
    let newest = collection.total.saturating_sub(paging.skipped());
    let rows = query.query_map([paging.page_size, newest], collection.read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A page of what one patient has, and how much that is.
fn of_patient(
    call: &Call<'_>,
    collection: &Collection,
    paging: Paging,
    text: &str,
) -> Result<(Vec<Value>, u32), Answer> {
    let patient = parse_mrn(text)
        .ok_or_else(|| Answer::error(422, format!("mrn must be as MRN-000017, not {text:?}")))?;
    let (db, Collection { table, columns, .. }) = (call.db()?, collection);
    let mut query = db.prepare_cached(&format!(
        "SELECT id, patient, date, {columns} FROM {table} WHERE patient = ?3 \
         ORDER BY id DESC LIMIT ?1 OFFSET ?2"
    ))?;
    let page = params![paging.page_size, paging.skipped(), patient];
    let items = query
        .query_map(page, collection.read)?
        .collect::<Result<Vec<_>, _>>()?;
    let total = db
        .prepare_cached(&format!("SELECT count(*) FROM {table} WHERE patient = ?1"))?
        .query_row([patient], |row| row.get(0))?;
    Ok((items, total))
}
