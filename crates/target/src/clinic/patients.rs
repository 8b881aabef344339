//! Patients found by the beginning of a name.
//!
//! In: calls with a token. Out: JSON. Never: a scan of all patients.

use rusqlite::{Row, params};
use serde_json::json;

use super::access::account;
use crate::answer::{Answer, Reply};
use crate::routes::Call;

/// `GET /patients/search?q&limit`: patients one of whose names begins with `q`.
pub(super) fn search(call: &Call<'_>) -> Result<Reply, Answer> {
    account(call)?;
    let limit = call.number("limit", 20, 1, 100)?;
    let text = call
        .head()
        .query_value("q")
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    if text.is_empty() || text.len() > 100 {
        return Err(Answer::error(422, "q must be 1 to 100 bytes of a name"));
    }
    // Every word with this beginning sorts before the beginning followed by the last character.
    let mut query = call.db()?.prepare_cached(
        "SELECT DISTINCT p.id, p.name, p.birth_date FROM patient_words w \
         JOIN patients p ON p.id = w.patient \
         WHERE w.word >= ?1 AND w.word < ?1 || char(1114111) ORDER BY w.word, p.id LIMIT ?2",
    )?;
    let read = |row: &Row<'_>| {
        Ok(json!({
            "id": format!("patient-{}", row.get::<_, u32>(0)?),
            "name": row.get::<_, String>(1)?,
            "birth_date": row.get::<_, String>(2)?,
        }))
    };
    let patients = query
        .query_map(params![text, limit], read)?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::json(200, &json!({ "items": patients, "q": text })).into())
}
