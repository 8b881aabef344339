//! The statistics of one environment as Python sees them: a shard on the lane, and
//! handles on what stands in it.
//!
//! In: samples that Python has judged, and questions. Out: entries, failures, tables.
//! Nothing is kept here: every question goes to the lane, behind everything recorded
//! before it, so Python always reads its own writes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gatecrash_engine::{Apart, Cause};
use gatecrash_metrics::Snapshot;
use gatecrash_report::console::{self, Rates, Widths};
use gatecrash_report::json;
use gatecrash_report::locust::{Rules, normalise_error};
use gatecrash_report::native::Look;
use gatecrash_report::native::gauges::{Which, gauges};
use gatecrash_report::native::series::{measure_table, metric_table};
use gatecrash_report::native::slowest::slowest_table;
use pyo3::prelude::*;
use pyo3::types::PyString;
use pyo3::{PyTraverseError, PyVisit};

use crate::boundary;
use crate::entry::{Entry, Rounding, rounding};
use crate::events;
use crate::failure_kind;
use crate::ledger::{self, Ledger};
use crate::metrics;
use crate::turn;

/// One set of statistics.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Stats {
    pub(crate) ledger: Ledger,
    errors: Mutex<Errors>,
}

/// The first exception of each kind of failure, by its text. The lane records no failure by
/// itself, so all of them come by here.
type Errors = HashMap<String, Py<PyAny>>;

/// Each keeps its traceback and its response alive; what comes later is shown as text.
const ERRORS_MAX: usize = 1000;

/// Method, name, error (the exception, or a text), occurrences, first and last seen (seconds
/// since 1970).
type FailureTuple<'py> = (String, String, Bound<'py, PyAny>, u64, f64, f64);

#[pymethods]
impl Stats {
    /// Empty statistics that begin now.
    #[new]
    fn new(py: Python<'_>) -> PyResult<Self> {
        Ok(Stats {
            ledger: Ledger::open(py)?,
            errors: Mutex::default(),
        })
    }

    /// The number by which a client says where the lane shall record.
    #[getter]
    fn shard(&self) -> u32 {
        self.ledger.names.shard().0
    }

    /// From now on values of metrics that the file declares are counted here.
    fn count_metrics(&self) {
        metrics::count_in(self.ledger.names.shard());
    }

    /// Counts one request and, if `exception` is truthy, its failure. Returns at once.
    #[pyo3(signature = (method, name, response_time, response_length, exception=None))]
    fn record(
        &self,
        method: &Bound<'_, PyAny>,
        name: &Bound<'_, PyAny>,
        response_time: &Bound<'_, PyAny>,
        response_length: &Bound<'_, PyAny>,
        exception: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let endpoint = self.ledger.endpoint(method, name)?;
        let now = self.ledger.now_epoch_s();
        let mut sample = ledger::sample(endpoint, now, response_time, response_length)?;
        let failure = match exception {
            Some(exception) if exception.is_truthy()? => Some(self.cause(exception)?),
            _ => None,
        };
        let py = method.py();
        let traced = boundary::get(py)?.take_trace(py);
        let apart = turn::current(py).map(|turn| {
            let (turn, failed) = (turn.get(), failure.is_some());
            turn.report(&mut sample, gatecrash_net::now(), failed)
        });
        let is_apart = apart.is_some() || traced.is_some();
        let apart = is_apart.then(|| {
            let apart = apart.unwrap_or_default();
            Box::new(Apart { traced, ..apart })
        });
        let shard = self.ledger.names.shard();
        self.ledger.lane.record_apart(shard, sample, apart, failure);
        Ok(())
    }

    /// Counts one value of each of these measures, `(name, value in its unit)`, of an
    /// endpoint. Returns at once. ValueError for a name that no measure has.
    fn measure(
        &self,
        method: &Bound<'_, PyAny>,
        name: &Bound<'_, PyAny>,
        measures: Vec<(String, f64)>,
    ) -> PyResult<()> {
        let endpoint = self.ledger.endpoint(method, name)?;
        let shard = self.ledger.names.shard();
        let class = turn::current(method.py()).and_then(|turn| turn.get().class());
        for (measure, value) in measures {
            let measure = events::measure(&measure)?;
            let lane = &self.ledger.lane;
            lane.measure(shard, endpoint, class, measure, value);
        }
        Ok(())
    }

    /// Lines of the tables of measures and of declared metrics, below `width` columns; none
    /// where there are none.
    fn measure_table(&self, py: Python<'_>, width: usize, color: bool) -> Vec<String> {
        let (snapshot, look) = (self.snapshot(py), Look { width, color });
        let mut lines = measure_table(&snapshot, &look);
        lines.extend(metric_table(&snapshot, &look));
        lines.extend(gauges(&snapshot, Which::Others).lines(&look));
        lines.extend(slowest_table(&snapshot, &look));
        lines
    }

    /// Counts one failure alone.
    fn fail(
        &self,
        py: Python<'_>,
        method: &Bound<'_, PyAny>,
        name: &Bound<'_, PyAny>,
        error: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let endpoint = self.ledger.endpoint(method, name)?;
        let now = self.ledger.now_epoch_s();
        let cause = self.cause(error)?;
        self.ledger
            .ask(py, move |shard| shard.fail(endpoint, cause.why(), now));
        Ok(())
    }

    /// Counts an exception of user code on a node.
    fn exception(&self, py: Python<'_>, message: String, traceback: String, node: String) {
        self.ledger.ask(py, move |shard| {
            shard.exception(&message, &traceback, &node)
        });
    }

    /// Sets all numbers to zero; the names stay.
    fn reset(&self, py: Python<'_>) {
        self.forget_errors();
        let now = self.ledger.now_epoch_s();
        self.ledger.ask(py, move |shard| shard.reset(now));
    }

    /// Forgets all numbers and names.
    fn clear(&self, py: Python<'_>) {
        self.forget_errors();
        let now = self.ledger.now_epoch_s();
        self.ledger.ask(py, move |shard| shard.clear(now));
    }

    /// Keeps the response times of the last `window_s` seconds from now on.
    fn keep_window(&self, py: Python<'_>, window_s: f64) {
        self.ledger
            .ask(py, move |shard| shard.keep_window(window_s as u32));
    }

    /// Forgets the failures' texts; the counts of the entries stay.
    fn clear_failures(&self, py: Python<'_>) {
        self.forget_errors();
        self.ledger.ask(py, |shard| shard.clear_failures());
    }

    /// Forgets the exceptions.
    fn clear_exceptions(&self, py: Python<'_>) {
        self.ledger.ask(py, |shard| shard.clear_exceptions());
    }

    /// (name, method) of each entry, in the order of first sight.
    fn keys(&self, py: Python<'_>) -> Vec<(String, String)> {
        self.ledger.ask(py, |shard| {
            let key = |e: &std::sync::Arc<gatecrash_metrics::Endpoint>| {
                (e.name.to_string(), e.method.to_string())
            };
            shard.endpoints().map(key).collect()
        })
    }

    /// Whether there is an entry of that name and method.
    fn has(&self, py: Python<'_>, name: String, method: String) -> bool {
        self.ledger
            .ask(py, move |shard| shard.find(&method, &name).is_some())
    }

    /// The entry of that name and method; there is one from now on.
    fn entry(
        &self,
        py: Python<'_>,
        name: &Bound<'_, PyAny>,
        method: &Bound<'_, PyAny>,
    ) -> PyResult<Entry> {
        let id = self.ledger.endpoint(method, name)?;
        let now = self.ledger.now_epoch_s();
        self.ledger.ask(py, move |shard| shard.show(id, now));
        Ok(Entry::of(self.ledger.clone(), id))
    }

    /// The entry of all requests.
    fn total(&self) -> Entry {
        Entry::total(self.ledger.clone())
    }

    /// The failures, in the order of first sight.
    fn failures<'py>(&self, py: Python<'py>) -> Vec<FailureTuple<'py>> {
        let failures = self
            .ledger
            .ask(py, |shard| shard.failures().failures().to_vec());
        let errors = self.errors();
        let error = |text: &str| match errors.get(text) {
            Some(error) => error.bind(py).clone(),
            None => PyString::new(py, text).into_any(),
        };
        let tuple = |f: &std::sync::Arc<gatecrash_metrics::Failure>| {
            (
                f.method.to_string(),
                f.name.to_string(),
                error(&f.error),
                f.occurrences,
                f.first_seen_epoch_s,
                f.last_seen_epoch_s,
            )
        };
        failures.iter().map(tuple).collect()
    }

    /// The JSON of all used entries, indented by 4.
    fn json(&self, py: Python<'_>, rounding: Option<&Rounding>) -> String {
        json::entries(&self.snapshot(py), &rules(Vec::new(), rounding))
    }

    /// Lines of the table of requests.
    fn request_table(
        &self,
        py: Python<'_>,
        current: bool,
        name_width: usize,
        type_width: usize,
        rounding: Option<&Rounding>,
    ) -> Vec<String> {
        let rates = if current {
            Rates::Current
        } else {
            Rates::Whole
        };
        let widths = widths(name_width, type_width);
        console::request_table(
            &self.snapshot(py),
            &rules(Vec::new(), rounding),
            widths,
            rates,
        )
    }

    /// Lines of the table of percentiles, which are shares from 0 to 1.
    fn percentile_table(
        &self,
        py: Python<'_>,
        percentiles: Vec<f64>,
        name_width: usize,
        type_width: usize,
        rounding: Option<&Rounding>,
    ) -> Vec<String> {
        let widths = widths(name_width, type_width);
        console::percentile_table(&self.snapshot(py), &rules(percentiles, rounding), widths)
    }

    /// Lines of the report of errors.
    fn error_report(&self, py: Python<'_>, name_width: usize) -> Vec<String> {
        console::error_report(&self.snapshot(py), widths(name_width, 0))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // A lock held while Python looks for garbage means that the errors are in use.
        let Ok(errors) = self.errors.try_lock() else {
            return Ok(());
        };
        errors.values().try_for_each(|error| visit.call(error))
    }

    fn __clear__(&self) {
        self.forget_errors();
    }
}

impl Stats {
    fn errors(&self) -> MutexGuard<'_, Errors> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text of an error, of whose kind the first exception is kept.
    fn noted(&self, error: &Bound<'_, PyAny>) -> PyResult<String> {
        let text = error_text(error)?;
        if !error.is_instance_of::<PyString>() {
            let mut errors = self.errors();
            if errors.len() < ERRORS_MAX && !errors.contains_key(&text) {
                errors.insert(text.clone(), error.clone().unbind());
            }
        }
        Ok(text)
    }

    /// Why a request failed, for the books.
    fn cause(&self, error: &Bound<'_, PyAny>) -> PyResult<Cause> {
        Ok(Cause::new(failure_kind::of(error), self.noted(error)?))
    }

    fn forget_errors(&self) {
        // Dropped after the lock: the end of an exception may run code of the file's own.
        let _forgotten = std::mem::take(&mut *self.errors());
    }

    fn snapshot(&self, py: Python<'_>) -> Snapshot {
        self.ledger.ask(py, |shard| shard.snapshot())
    }
}

pub(crate) fn rules(percentiles: Vec<f64>, asked: Option<&Rounding>) -> Rules {
    Rules {
        rounding: rounding(asked),
        percentiles,
    }
}

fn widths(name: usize, kind: usize) -> Widths {
    Widths { kind, name }
}

/// An error as text: texts as they are, everything else as Python shows it, both
/// without memory addresses.
fn error_text(error: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = match error.cast::<PyString>() {
        Ok(text) => text.clone(),
        Err(_) => error.repr()?,
    };
    let text: Cow<'_, str> = text.to_cow()?;
    Ok(normalise_error(&text).into_owned())
}

/// The text by which an error is told from others.
#[pyfunction]
#[pyo3(name = "error_text")]
fn error_text_of(error: &Bound<'_, PyAny>) -> PyResult<String> {
    error_text(error)
}

/// The text of an error for people; see `gatecrash_report::locust::readable_error`.
#[pyfunction]
fn readable_error(text: &str) -> String {
    gatecrash_report::locust::readable_error(text).into_owned()
}

/// The labels of percentiles, `50%` for 0.5.
#[pyfunction]
fn percent_labels(shares: Vec<f64>) -> Vec<String> {
    shares
        .into_iter()
        .map(gatecrash_report::format::percent_label)
        .collect()
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Stats>()?;
    module.add_class::<Entry>()?;
    module.add_class::<Rounding>()?;
    module.add_function(pyo3::wrap_pyfunction!(error_text_of, module)?)?;
    module.add_function(pyo3::wrap_pyfunction!(readable_error, module)?)?;
    module.add_function(pyo3::wrap_pyfunction!(percent_labels, module)?)
}
