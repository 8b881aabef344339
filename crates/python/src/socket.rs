//! A WebSocket of a user, as Python sees it; the lane holds it.
//!
//! In: messages to send. Out: messages that came, with their instants. All times are
//! milliseconds from the call that opened the socket.

use std::time::Instant;

use gatecrash_engine::remote_socket::{Incoming, RemoteSocket};
use gatecrash_net::{Close, Message, Opening, now};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::boundary::{self, Boundary};
use crate::client::{Origin, seconds};
use crate::events::ms_between;
use crate::exchange::{FailureTuple, describe};

/// One WebSocket.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Socket {
    boundary: &'static Boundary,
    socket: RemoteSocket,
    started: Instant,
}

/// A message, when it came, and without one why there is none any more.
type Received<'py> = (Option<Bound<'py, PyAny>>, f64, Option<String>);

#[pymethods]
impl Socket {
    /// Begins to open one. `timeout_s` is for the connection and again for the handshake.
    #[new]
    fn new(
        py: Python<'_>,
        origin: &Origin,
        target: &str,
        headers: Vec<(String, String)>,
        subprotocols: Vec<String>,
        timeout_s: Option<f64>,
    ) -> PyResult<Self> {
        let boundary = boundary::get(py)?;
        let started = now();
        let opening = Opening {
            headers,
            subprotocols,
            connect_timeout: seconds(timeout_s),
            answer_timeout: seconds(timeout_s),
            ..Opening::new(origin.engine_origin(), target, started)
        };
        Ok(Socket {
            boundary,
            socket: boundary.lane.open_socket(opening),
            started,
        })
    }

    /// Waits until it is open: (milliseconds it took, subprotocol or None, None), or the
    /// failure as the third, a tuple like `Exchange.failure`. Once.
    fn opened(&self, py: Python<'_>) -> PyResult<(f64, Option<String>, Option<FailureTuple>)> {
        Ok(match self.boundary.take_from(py, &self.socket.incoming)? {
            Incoming::Open(timings, subprotocol) => {
                (timings.total().as_secs_f64() * 1e3, subprotocol, None)
            }
            Incoming::Refused(failure) => {
                let took_ms = failure.timings.total().as_secs_f64() * 1e3;
                (took_ms, None, Some(describe(&failure.error)))
            }
            other => unreachable!("an opening comes first, not {other:?}"),
        })
    }

    /// Now.
    #[getter]
    fn now_ms(&self) -> f64 {
        ms_between(self.started, now())
    }

    /// Sends text or bytes, and waits until the system has it: (when, None or why not).
    fn send(&self, py: Python<'_>, message: &Bound<'_, PyAny>) -> PyResult<(f64, Option<String>)> {
        if !self.socket.send(message_of(message)?) {
            return Ok((self.now_ms(), Some("the WebSocket is not open".to_owned())));
        }
        let (outcome, at) = self.boundary.take_from(py, &self.socket.sent)?;
        Ok((ms_between(self.started, at), outcome.err()))
    }

    /// The next message, as soon as there is one: (message, when it came, None), or
    /// (None, when, why there is none any more).
    fn receive<'py>(&self, py: Python<'py>) -> PyResult<Received<'py>> {
        let incoming = self.boundary.take_from(py, &self.socket.incoming)?;
        self.received(py, incoming)
    }

    /// The same if there is one already; None if not.
    fn receive_now<'py>(&self, py: Python<'py>) -> PyResult<Option<Received<'py>>> {
        match self.socket.incoming.take() {
            Some(incoming) => self.received(py, incoming).map(Some),
            None => Ok(None),
        }
    }

    /// Says goodbye; what it comes to is received as the end.
    fn close(&self, code: u16, reason: String) {
        // One that is over needs no goodbye.
        self.socket.close(Some(Close { code, reason }));
    }
}

impl Socket {
    fn received<'py>(&self, py: Python<'py>, incoming: Incoming) -> PyResult<Received<'py>> {
        Ok(match incoming {
            Incoming::Message(message, at) => {
                let message = match message {
                    Message::Text(text) => PyString::new(py, &text).into_any(),
                    Message::Binary(bytes) => PyBytes::new(py, &bytes).into_any(),
                    Message::Close(_) => unreachable!("a goodbye is told as the end"),
                };
                (Some(message), ms_between(self.started, at), None)
            }
            Incoming::End(why, at) => (None, ms_between(self.started, at), Some(why)),
            other => unreachable!("an opening comes once, not {other:?}"),
        })
    }
}

fn message_of(message: &Bound<'_, PyAny>) -> PyResult<Message> {
    if let Ok(text) = message.cast::<PyString>() {
        return Ok(Message::Text(text.to_str()?.to_owned()));
    }
    match message.cast::<PyBytes>() {
        Ok(bytes) => Ok(Message::Binary(bytes.as_bytes().to_vec())),
        Err(_) => Err(PyTypeError::new_err("a message is text or bytes")),
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Socket>()
}
