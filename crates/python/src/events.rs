//! An answer that comes in events, as Python sees it.
//!
//! In: what the lane heard. Out: events with the instant each came, and at the end what
//! was measured. The greenlet waits; the lane goes on reading while it computes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use gatecrash_engine::mailbox::Mailbox;
use gatecrash_engine::remote_stream::{Heard, StreamEnd};
use gatecrash_metrics::Measure;
use gatecrash_plan::model::StreamForm;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::boundary::Boundary;
use crate::turn;

/// The events of one answer, after its head.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct EventStream {
    boundary: &'static Boundary,
    mailbox: Arc<Mailbox<Heard>>,
    started: Instant,
    lag_ms: f64,
    end: Mutex<Option<Box<StreamEnd>>>,
}

/// Type, data, id, and when it came, milliseconds from the call.
type EventTuple = (String, String, String, f64);

/// Name and value of a measure, in its unit.
type MeasureTuple = (&'static str, f64);

#[pymethods]
impl EventStream {
    /// The next event, as soon as one is there; None when the stream is over.
    fn next(&self, py: Python<'_>) -> PyResult<Option<EventTuple>> {
        if self.lock().is_some() {
            return Ok(None);
        }
        Ok(match self.boundary.take_from(py, &self.mailbox)? {
            Heard::Event(event) => {
                let at_ms = ms_between(self.started, event.at);
                Some((event.kind, event.data, event.id, at_ms))
            }
            Heard::End(end) => {
                *self.lock() = Some(end);
                None
            }
            other => unreachable!("a head comes once, not {other:?}"),
        })
    }

    /// The response time until the end, milliseconds, counted as those of other requests;
    /// None before the end.
    #[getter]
    fn total_ms(&self) -> Option<f64> {
        let end = self.lock();
        Some(self.lag_ms + ms_between(self.started, end.as_ref()?.at))
    }

    /// Bytes of the body; 0 before the end.
    #[getter]
    fn bytes(&self) -> u64 {
        self.lock().as_ref().map_or(0, |end| end.bytes)
    }

    /// Why the stream counts as failed, once it is over; None if it does not.
    #[getter]
    fn fault(&self) -> Option<String> {
        self.lock().as_ref()?.fault.clone()
    }

    /// What was measured, once it is over.
    #[getter]
    fn measures(&self) -> Vec<MeasureTuple> {
        let end = self.lock();
        let all = end.iter().flat_map(|end| &end.measures);
        all.filter_map(|(measure, value)| Some((measure.name()?, *value)))
            .collect()
    }

    /// Hands what was measured to the turn of this greenlet, which tells it with the report
    /// of the request. Says whether it does; else it has to be told apart.
    fn tell(&self, py: Python<'_>) -> bool {
        let Some(turn) = turn::current(py) else {
            return false;
        };
        let end = self.lock();
        end.as_ref()
            .is_some_and(|end| turn.get().streamed(&end.content, &end.measures))
    }

    /// The visible content put together, once it is over.
    #[getter]
    fn content(&self) -> String {
        let end = self.lock();
        end.as_ref()
            .map_or_else(String::new, |end| end.content.clone())
    }

    /// The output tokens, as the server counts them.
    #[getter]
    fn tokens(&self) -> Option<u64> {
        self.lock().as_ref()?.tokens
    }

    /// Gives up the rest; its connection is closed.
    fn close(&self) {
        self.mailbox.leave();
    }
}

impl EventStream {
    pub(crate) fn new(
        boundary: &'static Boundary,
        mailbox: Arc<Mailbox<Heard>>,
        started: Instant,
        lag_ms: f64,
    ) -> Self {
        EventStream {
            boundary,
            mailbox,
            started,
            lag_ms,
            end: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<StreamEnd>>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.close();
    }
}

/// A form by its name in plans.
///
/// # Errors
/// ValueError for any other text.
pub(crate) fn form(name: &str) -> PyResult<StreamForm> {
    match name {
        "sse" => Ok(StreamForm::Sse),
        "openai" => Ok(StreamForm::OpenAi),
        "anthropic" => Ok(StreamForm::Anthropic),
        other => Err(PyValueError::new_err(format!(
            "{other:?} is no form of a stream: sse, openai or anthropic"
        ))),
    }
}

/// A measure by its name.
///
/// # Errors
/// ValueError for a name that none has.
pub(crate) fn measure(name: &str) -> PyResult<Measure> {
    let found = Measure::ALL.into_iter().find(|m| m.name() == Some(name));
    found.ok_or_else(|| PyValueError::new_err(format!("{name:?} is no measure")))
}

pub(crate) fn ms_between(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64() * 1e3
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<EventStream>()
}
