//! What kind of failure an exception of Python's stands for.
//!
//! In: what a request raised, or what the file called its failure. Out: its kind, by the
//! names of its classes, which are those of `requests`, `urllib3`, `geventhttpclient` and the
//! standard library. Never: its text, but where only that tells a status.

use gatecrash_metrics::FailureKind;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

/// Names of classes, and what they stand for: the first that one of the exception's classes
/// has, from the exception's own to its bases.
const KINDS: [(&[&str], FailureKind); 5] = [
    (
        &["Timeout", "TimeoutError", "ConnectTimeout", "ReadTimeout"],
        FailureKind::Timeout,
    ),
    (&["SSLError", "CertificateError"], FailureKind::Tls),
    (
        &[
            "ConnectionResetError",
            "ConnectionAbortedError",
            "BrokenPipeError",
            "ChunkedEncodingError",
            "ContentDecodingError",
            "HTTPParseError",
            "BadStatusLine",
            "RemoteDisconnected",
            "HTTPConnectionClosed",
            "IncompleteRead",
        ],
        FailureKind::Reset,
    ),
    (
        &["ConnectionError", "ConnectionRefusedError", "gaierror"],
        FailureKind::Connect,
    ),
    (
        &["CatchResponseError", "ResponseError", "AssertionError"],
        FailureKind::Check,
    ),
];

/// What kind of failure this is.
pub(crate) fn of(exception: &Bound<'_, PyAny>) -> FailureKind {
    // A file that calls an answer a failure does so in words.
    if exception.is_instance_of::<PyString>() {
        return FailureKind::Check;
    }
    if let Some(status) = status(exception) {
        return FailureKind::Status(status);
    }
    let kind = exception.get_type().mro().iter().find_map(|class| {
        let class = class.cast_into::<PyType>().ok()?;
        let name = class.name().ok()?;
        kind_named(name.to_str().ok()?)
    });
    match kind {
        Some(FailureKind::Connect) if is_broken(exception) => FailureKind::Reset,
        Some(kind) => kind,
        None => FailureKind::Exception,
    }
}

fn kind_named(name: &str) -> Option<FailureKind> {
    let known = KINDS.iter().find(|(names, _)| names.contains(&name));
    known.map(|(_, kind)| *kind)
}

/// `HTTPError`: the status of the answer that it was raised for, else the one that its text
/// begins with.
fn status(exception: &Bound<'_, PyAny>) -> Option<u16> {
    let class = exception.get_type().name().ok()?;
    if class.to_str().ok()? != "HTTPError" {
        return None;
    }
    let answer = exception.getattr("response").ok();
    let status = answer.and_then(|answer| answer.getattr("status_code").ok());
    let told = status.and_then(|status| status.extract().ok());
    told.or_else(|| exception.str().ok()?.to_str().ok()?.get(..3)?.parse().ok())
}

/// `requests` calls a connection that broke after it was made a `ConnectionError` as well.
fn is_broken(exception: &Bound<'_, PyAny>) -> bool {
    let text = exception.str().ok();
    text.is_some_and(|text| text.to_string_lossy().contains("Connection aborted"))
}
