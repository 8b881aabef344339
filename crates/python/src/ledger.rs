//! The way from Python to one shard of the lane's books.
//!
//! In: questions and samples. Out: answers, after everything recorded before. The
//! interpreter's lock is given up while the lane answers.

use std::sync::Arc;

use gatecrash_engine::clock::Clock;
use gatecrash_engine::{Lane, Names};
use gatecrash_metrics::{EndpointId, Sample, Shard};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyString};

use crate::boundary;

/// One shard, from afar. Copies lead to the same shard.
#[derive(Clone)]
pub(crate) struct Ledger {
    pub(crate) lane: Lane,
    pub(crate) names: Arc<Names>,
    clock: Clock,
}

impl Ledger {
    /// A new shard on this process's lane.
    pub(crate) fn open(py: Python<'_>) -> PyResult<Ledger> {
        let boundary = boundary::get(py)?;
        let ledger = Ledger {
            lane: boundary.lane.clone(),
            names: boundary.lane.new_shard(),
            clock: boundary.clock,
        };
        // The lane makes the shard when it first hears of it: its time begins now.
        ledger.ask(py, |_| ());
        Ok(ledger)
    }

    /// Now, seconds since the Unix epoch.
    pub(crate) fn now_epoch_s(&self) -> f64 {
        self.clock.now_epoch_s()
    }

    /// What `question` says about the shard.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        py: Python<'_>,
        question: impl FnOnce(&mut Shard) -> T + Send + 'static,
    ) -> T {
        let id = self.names.shard();
        py.detach(|| self.lane.ask(move |books| question(books.shard(id))))
    }

    /// The number of an endpoint; a name that is no text is taken as Python shows it.
    pub(crate) fn endpoint(
        &self,
        method: &Bound<'_, PyAny>,
        name: &Bound<'_, PyAny>,
    ) -> PyResult<EndpointId> {
        let (method, name) = (text(method)?, text(name)?);
        let (method, name) = (method.to_str()?, name.to_str()?);
        Ok(self.names.endpoint(&self.lane, method, name))
    }
}

fn text<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
    match value.cast::<PyString>() {
        Ok(text) => Ok(text.clone()),
        Err(_) => value.str(),
    }
}

/// A sample from what a listener is told: a time in milliseconds (any number, or None)
/// and a length in bytes.
///
/// # Errors
/// TypeError for a time or a length that is no number.
pub(crate) fn sample(
    endpoint: EndpointId,
    at_epoch_s: f64,
    response_time: &Bound<'_, PyAny>,
    response_length: &Bound<'_, PyAny>,
) -> PyResult<Sample> {
    let time: Option<f64> = response_time.extract()?;
    let length: f64 = response_length.extract()?;
    Ok(Sample {
        endpoint,
        at_epoch_s,
        response_time_ms: time,
        whole_ms: response_time.is_instance_of::<PyInt>(),
        // A negative length counts as none.
        response_length: length as u64,
    })
}

/// An `int` or a `float`, as the number wants it.
pub(crate) fn number<'py>(
    py: Python<'py>,
    number: gatecrash_report::format::Number,
) -> Bound<'py, PyAny> {
    if number.whole {
        PyInt::new(py, number.value as i64).into_any()
    } else {
        PyFloat::new(py, number.value).into_any()
    }
}
