//! What administrators see.
//!
//! In: calls with an administrator's token. Out: JSON. Never: more log entries than asked for.

use rusqlite::{Row, params};
use serde_json::json;

use super::access::admin;
use super::database::DAYS;
use super::{encounters, state};
use crate::answer::{Answer, Reply};
use crate::routes::Call;

/// `GET /admin/dashboard`
pub(super) fn dashboard(call: &Call<'_>) -> Result<Reply, Answer> {
    admin(call)?;
    let db = call.db()?;
    let last = |table| format!("SELECT max(id) FROM {table}");
    let patients: u32 = db
        .prepare_cached(&last("patients"))?
        .query_row([], |row| row.get(0))?;
    let logs: u32 = db
        .prepare_cached(&last("audit_logs"))?
        .query_row([], |row| row.get(0))?;
    let shown = json!({
        "patients": patients,
        "audit_logs": logs,
        "tokens_given": state(call)?.tokens.given(),
        "encounters": encounters::sums(db, 0)?,
    });
    Ok(Answer::json(200, &shown).into())
}

/// `GET /admin/audit/logs?limit&days`: the newest first.
pub(super) fn audit_logs(call: &Call<'_>) -> Result<Reply, Answer> {
    admin(call)?;
    let limit = call.number("limit", 50, 1, 1000)?;
    let days = call.number("days", 7, 1, DAYS)?;
    let mut query = call.db()?.prepare_cached(
        "SELECT id, date('2026-01-01', '+' || day || ' days'), actor, action, entity \
         FROM audit_logs WHERE day >= ?1 ORDER BY day DESC, id DESC LIMIT ?2",
    )?;
    let read = |row: &Row<'_>| {
        Ok(json!({
            "id": row.get::<_, u32>(0)?,
            "date": row.get::<_, String>(1)?,
            "actor": row.get::<_, String>(2)?,
            "action": row.get::<_, String>(3)?,
            "entity": row.get::<_, String>(4)?,
        }))
    };
    let first = DAYS - days;
    let logs = query
        .query_map(params![first, limit], read)?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::json(200, &json!({ "items": logs, "days": days })).into())
}
