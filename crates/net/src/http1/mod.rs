//! HTTP/1.1 on the wire: framing of answers as RFC 9112 has it, nothing more.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod chunked;
pub(crate) mod head;

/// The most bytes that the head of an answer may have.
pub(crate) const MAX_HEAD_BYTES: usize = 256 * 1024;
/// The most headers that an answer may have (Python's http.client draws the
/// same line).
pub(crate) const MAX_HEADERS: usize = 100;
/// The most bytes of a body that are collected where nobody says how many; streamed
/// bodies have no limit.
pub(crate) const MAX_BODY_BYTES: u64 = 512 * 1024 * 1024;
