//! An answer as Python sees it: status and times at once, headers and body
//! unpacked only when somebody looks.

use bytes::Bytes;
use gatecrash_net::{DecodeError, Error, Failure, Head, Timings, decode_body, decoded_length};
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use crate::boundary;

create_exception!(
    _engine,
    DecodeFault,
    PyException,
    "A body that is not what its Content-Encoding says."
);

/// One exchange: an answer, or the failure to get one.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Exchange {
    pub(crate) head: Option<Head>,
    pub(crate) body: Bytes,
    pub(crate) timings: Timings,
    pub(crate) failure: Option<Error>,
    pub(crate) reused: bool,
    /// From the instant it was due to its call, where the response time counts that in.
    lag_ms: f64,
    /// The lane has recorded it.
    #[pyo3(get)]
    pub(crate) recorded: bool,
    /// The status code; 0 after a failure, unless the answer had begun and is shown.
    #[pyo3(get)]
    pub(crate) status: u16,
}

impl Exchange {
    pub(crate) fn answered(exchange: gatecrash_net::Exchange, recorded: bool, lag_ms: f64) -> Self {
        let gatecrash_net::Exchange {
            head,
            body,
            timings,
            reused,
            ..
        } = exchange;
        let status = head.status;
        Exchange {
            head: Some(head),
            body,
            timings,
            failure: None,
            reused,
            lag_ms,
            recorded,
            status,
        }
    }

    /// A failure; with `shows_begun` along with the answer that had begun.
    pub(crate) fn failed(failure: Failure, shows_begun: bool, lag_ms: f64) -> Self {
        let (head, body, reused) = match failure.begun.filter(|_| shows_begun) {
            Some(begun) => (Some(begun.head), begun.body, begun.reused),
            None => (None, Bytes::new(), false),
        };
        Exchange {
            status: head.as_ref().map_or(0, |head| head.status),
            head,
            body,
            timings: failure.timings,
            failure: Some(failure.error),
            reused,
            lag_ms,
            recorded: false,
        }
    }

    fn flag(&self, of: impl Fn(&Head) -> bool) -> bool {
        self.head.as_ref().is_some_and(of)
    }

    fn coding(&self) -> Option<String> {
        let head = self.head.as_ref().filter(|head| head.is_encoded)?;
        head.header("content-encoding")
            .map(|value| String::from_utf8_lossy(value).into_owned())
    }
}

#[pymethods]
impl Exchange {
    /// The answer says where else to go.
    #[getter]
    pub(crate) fn has_location(&self) -> bool {
        self.flag(|head| head.has_location)
    }

    /// The answer sets cookies.
    #[getter]
    pub(crate) fn has_cookies(&self) -> bool {
        self.flag(|head| head.has_cookies)
    }

    /// The body has a content coding.
    #[getter]
    fn is_encoded(&self) -> bool {
        self.flag(|head| head.is_encoded)
    }

    /// The connection had served an earlier request.
    #[getter]
    fn reused(&self) -> bool {
        self.reused
    }

    /// 11 or 10, as `http.client` writes the version.
    #[getter]
    fn version(&self) -> u8 {
        if self.flag(Head::is_http_11) { 11 } else { 10 }
    }

    /// The status phrase.
    #[getter]
    fn reason(&self) -> String {
        self.head
            .as_ref()
            .map_or_else(String::new, |head| latin1(head.reason()))
    }

    /// The headers as (name, value), in the order and case in which they came.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let headers = self.head.as_ref().map(Head::headers).unwrap_or_default();
        PyList::new(
            py,
            headers
                .into_iter()
                .map(|(name, value)| (latin1(name), latin1(value))),
        )
    }

    /// The first value of a header, or None.
    fn header(&self, name: &str) -> Option<String> {
        self.head
            .as_ref()
            .and_then(|head| head.header(name).map(latin1))
    }

    /// The body as it came.
    #[getter]
    fn raw_body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.body)
    }

    /// The body with its content codings taken off. Raises `DecodeFault`.
    fn content<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let Some(codings) = self.coding() else {
            return Ok(PyBytes::new(py, &self.body));
        };
        let decoded = decode_body(&codings, &self.body).map_err(decode_fault)?;
        Ok(PyBytes::new(py, &decoded))
    }

    /// The decoded body as text when the answer declares JSON in UTF-8, as JSON is
    /// unless it says otherwise, and the bytes are that; else None.
    fn json_text<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        let declared = self.head.as_ref()?.header("content-type")?;
        if !declared.eq_ignore_ascii_case(b"application/json") {
            return None;
        }
        let decoded = match self.coding() {
            Some(codings) => decode_body(&codings, &self.body).ok()?,
            None => self.body.clone(),
        };
        std::str::from_utf8(&decoded)
            .ok()
            .map(|text| PyString::new(py, text))
    }

    /// Length of the decoded body, bytes.
    #[getter]
    fn content_length(&self) -> u64 {
        self.coding().map_or(self.body.len() as u64, |codings| {
            decoded_length(&codings, &self.body)
        })
    }

    /// The response time, milliseconds: from the call to the end of the exchange, from the
    /// due instant for the first request of a turn.
    #[getter]
    fn total_ms(&self) -> f64 {
        self.lag_ms + self.timings.total().as_secs_f64() * 1e3
    }

    /// The response time of a streamed answer, milliseconds: likewise, until its head was
    /// complete.
    #[getter]
    fn total_until_head_ms(&self) -> f64 {
        self.lag_ms + self.until_head_ms()
    }

    /// From the call until the head of the answer was complete, milliseconds.
    #[getter]
    fn until_head_ms(&self) -> f64 {
        self.timings.until_head().as_secs_f64() * 1e3
    }

    /// When the call was made, seconds since 1970.
    #[getter]
    fn started_epoch_s(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(boundary::get(py)?.epoch_s(self.timings.started))
    }

    /// Milliseconds from the call to the end of each phase that took place:
    /// `resolved`, `connected`, `secured`, `sent`, `first_byte`, `head_done`, `done`.
    #[getter]
    fn phases_ms<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let timings = &self.timings;
        let phases = PyDict::new(py);
        for (name, at) in [
            ("resolved", timings.resolved),
            ("connected", timings.connected),
            ("secured", timings.secured),
            ("sent", timings.sent),
            ("first_byte", timings.first_byte),
            ("head_done", timings.head_done),
            ("done", timings.done),
        ] {
            if let Some(at) = at {
                let after = at.saturating_duration_since(timings.started);
                phases.set_item(name, after.as_secs_f64() * 1e3)?;
            }
        }
        Ok(phases)
    }

    /// None, or what failed: (kind, text, number, number). The numbers are the
    /// system's error number, or bytes received and bytes missing.
    #[getter]
    fn failure<'py>(
        &self,
        py: Python<'py>,
    ) -> Option<(&'static str, Bound<'py, PyString>, i64, i64)> {
        self.failure.as_ref().map(|failure| {
            let (kind, text, first, second) = describe(failure);
            (kind, PyString::new(py, &text), first, second)
        })
    }
}

/// Kind, text and two numbers.
pub(crate) type FailureTuple = (&'static str, String, i64, i64);

/// A failure in terms that Python's exceptions are chosen by.
pub(crate) fn describe(failure: &Error) -> FailureTuple {
    let number = |fault: &std::io::Error| i64::from(fault.raw_os_error().unwrap_or(0));
    let plain = |kind| (kind, failure.to_string(), 0, 0);
    match failure {
        Error::Resolve { message, .. } => ("resolve", message.clone(), 0, 0),
        Error::Connect(fault) | Error::NoPortLeft(fault) | Error::NoFileLeft(fault) => {
            ("connect", fault.to_string(), number(fault), 0)
        }
        Error::Send(fault) => ("send", fault.to_string(), number(fault), 0),
        Error::Receive(fault) => ("receive", fault.to_string(), number(fault), 0),
        Error::ConnectTimeout => plain("connect-timeout"),
        Error::ReadTimeout => plain("read-timeout"),
        Error::TotalTimeout => plain("total-timeout"),
        Error::TlsSettings(text) => ("tls-settings", text.clone(), 0, 0),
        Error::Tls(text) => ("tls", text.clone(), 0, 0),
        Error::ClosedBeforeAnswer => plain("closed"),
        Error::BadHead(line) => ("bad-head", line.clone(), 0, 0),
        Error::HeadTooLarge(what) => ("head-too-large", (*what).to_owned(), 0, 0),
        Error::ShortBody { received, missing } => (
            "short-body",
            failure.to_string(),
            *received as i64,
            *missing as i64,
        ),
        Error::BadChunk { line, received } => ("bad-chunk", line.clone(), *received as i64, 0),
        Error::NoWebSocket(_)
        | Error::BrokenWebSocket(_)
        | Error::NotUtf8
        | Error::MessageTooLarge { .. }
        | Error::WebSocketCutOff
        | Error::WebSocketClosed => plain(failure.key()),
        Error::BodyTooLarge { limit } => ("body-too-large", failure.to_string(), *limit as i64, 0),
    }
}

/// Takes the content codings that `codings` names off `body`. Raises `DecodeFault`.
#[pyfunction]
fn decode<'py>(py: Python<'py>, codings: &str, body: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let decoded = decode_body(codings, &Bytes::copy_from_slice(body)).map_err(decode_fault)?;
    Ok(PyBytes::new(py, &decoded))
}

fn decode_fault(fault: DecodeError) -> PyErr {
    DecodeFault::new_err((fault.coding, fault.source.to_string()))
}

/// Header bytes as Python's http.client reads them.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("DecodeFault", module.py().get_type::<DecodeFault>())?;
    module.add_class::<Exchange>()?;
    module.add_function(pyo3::wrap_pyfunction!(decode, module)?)
}
