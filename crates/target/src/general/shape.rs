//! Answers of a certain shape: statuses, redirects, sizes, streams, encodings.
//!
//! In: calls. Out: well-formed answers. Never: anything that a good server would not say.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::cookies::header_text;
use crate::answer::{Answer, Reply};
use crate::routes::Call;

type Outcome = Result<Reply, Answer>;

const BYTES_MAX: u32 = 64 << 20;
const LINES_MAX: u32 = 10_000;
const REDIRECTS_MAX: u32 = 1000;
const DELAY_MS_MAX: u32 = 600_000;
const REDIRECT_STATUSES: [u32; 5] = [301, 302, 303, 307, 308];

/// A small constant answer, for measuring what the client costs.
pub(crate) fn index(_: &Call<'_>) -> Outcome {
    const BODY: &str = concat!(
        r#"{"service":"gatecrash target","truth":"/truth","echo":"/echo","#,
        r#""note":"This answer is constant and small, so that loading it measures the client.","#,
        r#""version":1}"#
    );
    Ok(Answer::new(200, "application/json", BODY).into())
}

/// An answer of that status; a 401 carries a challenge.
pub(crate) fn status(call: &Call<'_>) -> Outcome {
    let code = call.captured_number(0, 200, 599)? as u16;
    let answer = match code {
        204 | 304 => Answer::empty(code),
        401 => Answer::error(401, "as asked").with("WWW-Authenticate", "Basic realm=\"gatecrash\""),
        _ => Answer::json(code, &json!({ "status": code })),
    };
    Ok(answer.into())
}

/// `n` redirects in a row, then 200. `status` chooses the kind.
pub(crate) fn redirect(call: &Call<'_>) -> Outcome {
    let left = call.captured_number(0, 0, REDIRECTS_MAX)?;
    if left == 0 {
        return Ok(Answer::json(200, &json!({ "redirects": "done" })).into());
    }
    let status = redirect_status(call)?;
    Ok(Answer::empty(status)
        .with(
            "Location",
            format!("/redirect/{}?status={status}", left - 1),
        )
        .into())
}

/// One redirect to `url`, with `status`.
pub(crate) fn redirect_to(call: &Call<'_>) -> Outcome {
    let Some(url) = call.head().query_value("url") else {
        return Err(Answer::error(422, "url is missing"));
    };
    Ok(Answer::empty(redirect_status(call)?)
        .with("Location", header_text("url", url)?)
        .into())
}

fn redirect_status(call: &Call<'_>) -> Result<u16, Answer> {
    let status = call.number("status", 302, 300, 399)?;
    if REDIRECT_STATUSES.contains(&status) {
        Ok(status as u16)
    } else {
        Err(Answer::error(
            422,
            "status must be 301, 302, 303, 307 or 308",
        ))
    }
}

/// 200 after so many milliseconds.
pub(crate) fn delay(call: &Call<'_>) -> Outcome {
    let ms = call.captured_number(0, 0, DELAY_MS_MAX)?;
    Ok(Answer::json(200, &json!({ "delay_ms": ms }))
        .after(Duration::from_millis(ms.into()))
        .into())
}

/// 200, after which the connection is closed.
pub(crate) fn close(_: &Call<'_>) -> Outcome {
    Ok(Answer::json(200, &json!({ "connection": "close" }))
        .closing()
        .into())
}

/// `n` bytes: 0, 1, … 255 and again.
pub(crate) fn bytes(call: &Call<'_>) -> Outcome {
    let mut left = call.captured_number(0, 0, BYTES_MAX)? as usize;
    let mut pieces = Vec::new();
    while left > 0 {
        let piece = Bytes::from_static(&BLOCK[..left.min(BLOCK.len())]);
        left -= piece.len();
        pieces.push(piece);
    }
    Ok(Answer::pieces("application/octet-stream", pieces).into())
}

/// What all answers of `/bytes` are cut from, so that they take no memory of their own.
static BLOCK: [u8; 1 << 16] = {
    let mut block = [0; 1 << 16];
    let mut place = 0;
    while place < block.len() {
        block[place] = place as u8;
        place += 1;
    }
    block
};

/// `n` lines of JSON, a chunk each, with `delay_ms` between them.
pub(crate) fn stream(call: &Call<'_>) -> Outcome {
    let lines = call.captured_number(0, 0, LINES_MAX)?;
    let pause = Duration::from_millis(call.number("delay_ms", 0, 0, 60_000)?.into());
    let pieces = (0..lines)
        .map(|line| Bytes::from(format!("{{\"line\":{line}}}\n")))
        .collect();
    Ok(Answer::stream("application/x-ndjson", pieces, pause).into())
}

/// A constant document.
pub(crate) fn json(_: &Call<'_>) -> Outcome {
    Ok(Answer::json(
        200,
        &json!({ "name": "gatecrash", "numbers": [1, 2.5, -3], "text": "Grüße" }),
    )
    .into())
}

/// A constant text.
pub(crate) fn text(_: &Call<'_>) -> Outcome {
    Ok(Answer::new(
        200,
        "text/plain; charset=utf-8",
        "Plain text, and a few letters beyond: äöü €.\n",
    )
    .into())
}

/// A constant page.
pub(crate) fn html(_: &Call<'_>) -> Outcome {
    const PAGE: &str = "<!doctype html>\n<title>Gatecrash target</title>\n<h1>A page</h1>\n<p>It has a title and a <a href=\"/json\">link</a>.</p>\n";
    Ok(Answer::new(200, "text/html; charset=utf-8", PAGE).into())
}

/// A constant answer with an `ETag`; 304 to who has it already.
pub(crate) fn etag(call: &Call<'_>) -> Outcome {
    const TAG: &str = "\"gatecrash-1\"";
    let known =
        call.head().has_token("if-none-match", TAG) || call.head().has_token("if-none-match", "*");
    let answer = if known {
        Answer::empty(304)
    } else {
        Answer::json(200, &json!({ "etag": TAG }))
    };
    Ok(answer.with("ETag", TAG).into())
}

pub(crate) fn gzip(call: &Call<'_>) -> Outcome {
    encoded(call, "gzip", |body| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(body)?;
        encoder.finish()
    })
}

/// The zlib format, which is what HTTP calls deflate.
pub(crate) fn deflate(call: &Call<'_>) -> Outcome {
    encoded(call, "deflate", |body| {
        let mut encoder =
            flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(body)?;
        encoder.finish()
    })
}

pub(crate) fn br(call: &Call<'_>) -> Outcome {
    encoded(call, "br", |body| {
        let mut compressed = Vec::new();
        let params = brotli::enc::BrotliEncoderParams {
            quality: 5,
            ..Default::default()
        };
        brotli::BrotliCompress(&mut &body[..], &mut compressed, &params)?;
        Ok(compressed)
    })
}

pub(crate) fn zstd(call: &Call<'_>) -> Outcome {
    encoded(call, "zstd", |body| zstd::encode_all(body, 0))
}

/// JSON of `items` numbered items (100 unless the query says another number), compressed.
fn encoded(
    call: &Call<'_>,
    coding: &'static str,
    compress: impl Fn(&[u8]) -> std::io::Result<Vec<u8>>,
) -> Outcome {
    let items: Vec<String> = (0..call.number("items", 100, 0, 10_000)?)
        .map(|number| format!("item {number}"))
        .collect();
    let plain = json!({ "encoding": coding, "items": items }).to_string();
    let compressed = compress(plain.as_bytes())
        .map_err(|error| Answer::error(500, format!("cannot compress: {error}")))?;
    Ok(Answer::new(200, "application/json", compressed)
        .with("Content-Encoding", coding)
        .into())
}
