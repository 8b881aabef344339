//! Answers that show a request as it was received.
//!
//! In: calls. Out: JSON. Never: a normalised byte; text is Latin-1, one character per byte.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::answer::{Answer, Reply};
use crate::request::latin1;
use crate::routes::Call;

/// `{"request_line", "headers": [[name, value], …], "body", "raw"}`; the last two in base64, `raw`
/// being every byte of the request.
pub(crate) fn echo(call: &Call<'_>) -> Result<Reply, Answer> {
    let request = call.request;
    let head = &request.head.raw;
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let raw = [&head[..], &request.raw_body[..]].concat();
    let shown = json!({
        "request_line": latin1(line.strip_suffix(b"\r").unwrap_or(line)),
        "headers": ordered_headers(call),
        "body": STANDARD.encode(&request.body),
        "raw": STANDARD.encode(raw),
    });
    Ok(Answer::json(200, &shown).into())
}

/// `{"headers": [[name, value], …]}`
pub(crate) fn headers(call: &Call<'_>) -> Result<Reply, Answer> {
    Ok(Answer::json(200, &json!({ "headers": ordered_headers(call) })).into())
}

fn ordered_headers(call: &Call<'_>) -> Vec<Value> {
    call.head()
        .headers()
        .map(|(name, value)| json!([name, latin1(value)]))
        .collect()
}

/// 200 with the right user and password, else 401 and the challenge.
pub(crate) fn basic_auth(call: &Call<'_>) -> Result<Reply, Answer> {
    let user = call.captured(0);
    let wanted = format!(
        "Basic {}",
        STANDARD.encode(format!("{user}:{}", call.captured(1)))
    );
    let given = call.head().values("authorization").next();
    if given == Some(wanted.as_bytes()) {
        return Ok(Answer::json(200, &json!({ "authenticated": true, "user": user })).into());
    }
    let answer = Answer::error(401, "the user or the password is wrong or missing");
    Ok(answer
        .with("WWW-Authenticate", "Basic realm=\"gatecrash\"")
        .into())
}
