//! Answers that break the rules, each in its own way.
//!
//! In: calls. Out: scripts. Never: a fault beyond the one that was asked for.

use std::time::Duration;

use bytes::Bytes;

use crate::answer::{Answer, Ending, Reply, Script, Step, push_chunk, push_header, start_head};
use crate::routes::Call;

type Outcome = Result<Reply, Answer>;

fn script(steps: Vec<Step>, ending: Ending, whole: bool) -> Outcome {
    Ok(Reply::Script(Script {
        status: 200,
        steps: steps.into(),
        ending,
        whole,
        stream: None,
    }))
}

fn head(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = start_head(200);
    for (name, value) in headers {
        push_header(&mut head, name, value);
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn write(bytes: impl Into<Bytes>) -> Step {
    Step::Write(bytes.into())
}

/// Promises 1,000 bytes, sends 100 and closes.
pub(crate) fn short_body(_: &Call<'_>) -> Outcome {
    let mut bytes = head(&[("Content-Type", "text/plain"), ("Content-Length", "1000")]);
    bytes.extend_from_slice(&[b'x'; 100]);
    script(vec![write(bytes)], Ending::Close, false)
}

/// Resets the connection: at once, or after the first `after` bytes of an answer.
pub(crate) fn reset(call: &Call<'_>) -> Outcome {
    let after = call.number("after", 0, 0, 1000)? as usize;
    let mut bytes = head(&[("Content-Type", "text/plain"), ("Content-Length", "1000")]);
    bytes.resize(bytes.len() + 1000, b'x');
    bytes.truncate(after);
    // The pause lets the client read the bytes before the reset overtakes them.
    let steps = match after {
        0 => Vec::new(),
        _ => vec![write(bytes), Step::Pause(Duration::from_millis(20))],
    };
    script(steps, Ending::Reset, false)
}

/// One good chunk, then one whose size is no number.
pub(crate) fn bad_chunk(_: &Call<'_>) -> Outcome {
    let mut bytes = head(&[
        ("Content-Type", "text/plain"),
        ("Transfer-Encoding", "chunked"),
    ]);
    push_chunk(&mut bytes, b"good");
    bytes.extend_from_slice(b"ZZ\r\nbad\r\n0\r\n\r\n");
    script(vec![write(bytes)], Ending::Close, false)
}

/// A whole answer with `headers` header fields (10,000 unless told) of about 100 bytes each.
pub(crate) fn header_flood(call: &Call<'_>) -> Outcome {
    let count = call.number("headers", 10_000, 1, 20_000)?;
    let filler = "x".repeat(80);
    let mut bytes = start_head(200);
    for number in 0..count {
        push_header(&mut bytes, &format!("X-Flood-{number}"), &filler);
    }
    push_header(&mut bytes, "Content-Length", "0");
    bytes.extend_from_slice(b"\r\n");
    script(vec![write(bytes)], Ending::KeepAlive, true)
}

/// Says nothing and keeps the connection open.
pub(crate) fn no_answer(_: &Call<'_>) -> Outcome {
    script(Vec::new(), Ending::Silence, false)
}

/// Closes in order, without a byte.
pub(crate) fn close_before_answer(_: &Call<'_>) -> Outcome {
    script(Vec::new(), Ending::Close, false)
}

/// A whole answer whose body comes byte by byte: `bytes` of them (10), `ms` apart (100).
pub(crate) fn slow_body(call: &Call<'_>) -> Outcome {
    let count = call.number("bytes", 10, 0, 10_000)?;
    let pause = Duration::from_millis(call.number("ms", 100, 0, 60_000)?.into());
    let mut steps = vec![write(head(&[
        ("Content-Type", "text/plain"),
        ("Content-Length", &count.to_string()),
    ]))];
    for _ in 0..count {
        steps.push(Step::Pause(pause));
        steps.push(write(&b"x"[..]));
    }
    script(steps, Ending::KeepAlive, true)
}
