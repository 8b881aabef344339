//! Recordings that are put down in writing.
//!
//! In: the bytes of a recording, which usually come in chunks while it is made. Out: how long they
//! are, and a text as long as somebody speaks in that time. Never: a look at what was said; the
//! text is made up, and the same length has always the same one.

use serde_json::json;

use super::access::account;
use crate::answer::{Answer, Reply};
use crate::request::Framing;
use crate::routes::Call;

/// Longest recording: half an hour.
const RECORDING_MAX: usize = 30 * 60 * BYTES_PER_S;
/// Telephone quality: 8,000 samples a second of one byte (G.711).
const BYTES_PER_S: usize = 8000;
/// As slowly as people dictate.
const WORDS_PER_S: usize = 2;
/// Words of the text at most.
const WORDS_MAX: usize = 200;

const WORDS: [&str; 12] = [
    "patient", "reports", "a", "dry", "cough", "since", "Monday", "no", "fever", "lungs", "are",
    "clear",
];

/// `POST /transcriptions` with the bytes of a recording, in chunks or not.
pub(super) fn create(call: &Call<'_>) -> Result<Reply, Answer> {
    account(call)?;
    let recording = &call.request.body;
    if recording.is_empty() {
        return Err(Answer::error(422, "the recording is empty"));
    }
    if recording.len() > RECORDING_MAX {
        let reason = format!("a recording must not be longer than {RECORDING_MAX} bytes");
        return Err(Answer::error(413, reason));
    }
    let is_chunked = call.head().framing() == Ok(Framing::Chunked);
    let seconds = recording.len() as f64 / BYTES_PER_S as f64;
    let transcription = json!({
        "bytes": recording.len(),
        "chunked": is_chunked,
        "seconds": seconds,
        "text": text(recording.len()),
    });
    Ok(Answer::json(201, &transcription).into())
}

/// The text of a recording of so many bytes: one word at least.
fn text(bytes: usize) -> String {
    let words = (bytes * WORDS_PER_S / BYTES_PER_S).clamp(1, WORDS_MAX);
    let words: Vec<&str> = WORDS.into_iter().cycle().take(words).collect();
    words.join(" ")
}
