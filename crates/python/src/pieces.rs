//! The body of an answer that Python reads piece by piece.
//!
//! In: calls of the user. Out: what has come. The lane reads only when it is asked, so a
//! user that does not look holds the server up.

use std::sync::Mutex;

use gatecrash_engine::{Outcome, Ticket};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::boundary::Boundary;
use crate::exchange::{FailureTuple, describe};

/// A body that is read piece by piece, as it came (content codings stay on).
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Stream {
    boundary: &'static Boundary,
    /// None while a greenlet reads, and once the body is over.
    ticket: Mutex<Option<Ticket>>,
}

#[pymethods]
impl Stream {
    /// The next piece, as soon as one is there: (piece, None). An empty piece
    /// ends the body. A failure: (b"", a tuple like `Exchange.failure`).
    fn read<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyBytes>, Option<FailureTuple>)> {
        let Some(ticket) = self.take() else {
            return Ok((PyBytes::new(py, b""), None));
        };
        let completion = self
            .boundary
            .wait_again(py, ticket, |lane| lane.read_piece(ticket))?;
        match completion.outcome {
            Outcome::Piece(piece) if !piece.is_empty() => {
                *self.lock() = Some(ticket);
                Ok((PyBytes::new(py, &piece), None))
            }
            Outcome::Failed(failure) => {
                self.boundary.release(ticket);
                Ok((PyBytes::new(py, b""), Some(describe(&failure.error))))
            }
            _ => {
                self.boundary.release(ticket);
                Ok((PyBytes::new(py, b""), None))
            }
        }
    }

    /// Gives up the rest of the body; its connection is closed.
    fn close(&self) {
        if let Some(ticket) = self.take() {
            self.boundary.give_up(ticket);
        }
    }
}

impl Stream {
    /// The body of the answer to this ticket, whose head was delivered.
    pub(crate) fn new(boundary: &'static Boundary, ticket: Ticket) -> Self {
        Stream {
            boundary,
            ticket: Mutex::new(Some(ticket)),
        }
    }

    fn take(&self) -> Option<Ticket> {
        self.lock().take()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Ticket>> {
        self.ticket
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.close();
    }
}
