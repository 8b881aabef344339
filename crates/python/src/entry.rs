//! The numbers of one endpoint as Python reads them.
//!
//! In: which endpoint. Out: attributes that are read from the lane's books each time,
//! so they are never behind; what Locust derives from them comes from
//! `gatecrash_report::locust`. An entry that belongs to no shard's books keeps numbers
//! of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatecrash_metrics::{Endpoint, EndpointId, Keep, Second, hist, window};
use gatecrash_report::console::{self, Rates, Widths};
use gatecrash_report::format::Number;
use gatecrash_report::locust::{self, RoundedTimes, Rules, Span, rounded};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::ledger::{self, Ledger};

/// How a file's own function rounds response times: asked once for every bucket.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Rounding(locust::Rounding);

#[pymethods]
impl Rounding {
    /// Calls `function(milliseconds)` for the times that stand for the histogram's
    /// buckets. Raises what the function raises.
    #[new]
    fn new(function: &Bound<'_, PyAny>) -> PyResult<Self> {
        let round = |index| function.call1((hist::representative_ms(index),))?.extract();
        let table: PyResult<Vec<f64>> = (0..hist::BUCKETS).map(round).collect();
        Ok(Rounding(locust::Rounding::Table(table?.into())))
    }
}

/// The rounding that Python asks for: its own, or else Locust's.
pub(crate) fn rounding(asked: Option<&Rounding>) -> locust::Rounding {
    asked.map_or_else(Default::default, |rounding| rounding.0.clone())
}

enum Source {
    Endpoint(EndpointId),
    Total,
    Own(Box<Mutex<Endpoint>>),
}

/// One row of the statistics.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Entry {
    source: Source,
    /// The books it stands in or, for one of its own, whose times its rates refer to.
    ledger: Ledger,
}

/// An endpoint at one moment.
struct View {
    endpoint: Arc<Endpoint>,
    span: Span,
}

impl View {
    fn entry(&self, asked: Option<&Rounding>) -> locust::Entry<'_> {
        locust::Entry::new(&self.endpoint, self.span, &rounding(asked))
    }
}

impl Entry {
    /// An endpoint of a shard.
    pub(crate) fn of(ledger: Ledger, id: EndpointId) -> Entry {
        Entry {
            source: Source::Endpoint(id),
            ledger,
        }
    }

    /// All endpoints of a shard.
    pub(crate) fn total(ledger: Ledger) -> Entry {
        Entry {
            source: Source::Total,
            ledger,
        }
    }

    fn view(&self, py: Python<'_>) -> View {
        let found = match &self.source {
            Source::Endpoint(id) => {
                let id = *id;
                self.ledger.ask(py, move |shard| {
                    let unseen = || Arc::new(Endpoint::new("", "", shard.total().start_epoch_s));
                    let endpoint = shard.endpoint(id).cloned().unwrap_or_else(unseen);
                    (endpoint, Span::of(shard.total()))
                })
            }
            Source::Total => self
                .ledger
                .ask(py, |shard| (shard.total().clone(), Span::of(shard.total()))),
            Source::Own(own) => {
                let endpoint = Arc::new(lock(own).clone());
                let span = self.ledger.ask(py, |shard| Span::of(shard.total()));
                (endpoint, span)
            }
        };
        View {
            endpoint: found.0,
            span: found.1,
        }
    }

    /// Lets `change` write to this entry alone.
    fn edit(&self, py: Python<'_>, change: impl FnOnce(&mut Endpoint, Keep) + Send + 'static) {
        let now = self.ledger.now_epoch_s();
        match &self.source {
            Source::Endpoint(id) => {
                let id = *id;
                self.ledger
                    .ask(py, move |shard| shard.edit(id, now, change));
            }
            Source::Total => self.ledger.ask(py, move |shard| shard.edit_total(change)),
            Source::Own(own) => {
                let keep = self.ledger.ask(py, |shard| shard.keep());
                change(&mut lock(own), keep);
            }
        }
    }
}

#[pymethods]
impl Entry {
    /// An entry of its own, in no books; its rates refer to the total of `stats`.
    #[new]
    fn new(stats: &crate::stats::Stats, name: &str, method: &str) -> Self {
        let ledger = stats.ledger.clone();
        let own = Endpoint::new(method, name, ledger.now_epoch_s());
        Entry {
            source: Source::Own(Box::new(Mutex::new(own))),
            ledger,
        }
    }

    #[getter]
    fn num_requests(&self, py: Python<'_>) -> u64 {
        self.view(py).endpoint.requests
    }

    #[getter]
    fn num_none_requests(&self, py: Python<'_>) -> u64 {
        self.view(py).endpoint.none_requests
    }

    #[getter]
    fn num_failures(&self, py: Python<'_>) -> u64 {
        self.view(py).endpoint.failures
    }

    #[getter]
    fn total_content_length(&self, py: Python<'_>) -> u64 {
        self.view(py).endpoint.total_content_length
    }

    #[getter]
    fn start_time(&self, py: Python<'_>) -> f64 {
        self.view(py).endpoint.start_epoch_s
    }

    #[getter]
    fn last_request_timestamp(&self, py: Python<'_>) -> Option<f64> {
        self.view(py).endpoint.last_request_epoch_s
    }

    #[getter]
    fn total_response_time<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        ledger::number(py, self.view(py).entry(None).total_response_time_ms())
    }

    #[getter]
    fn min_response_time<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let min = self.view(py).entry(None).min_ms();
        min.map(|min| ledger::number(py, min))
    }

    #[getter]
    fn max_response_time<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        ledger::number(py, self.view(py).entry(None).max_ms())
    }

    #[getter]
    fn num_reqs_per_sec<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        per_second(py, &self.view(py).endpoint, |second| second.requests)
    }

    #[getter]
    fn num_fail_per_sec<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        per_second(py, &self.view(py).endpoint, |second| second.failures)
    }

    #[getter]
    fn fail_ratio(&self, py: Python<'_>) -> f64 {
        self.view(py).entry(None).fail_ratio()
    }

    #[getter]
    fn avg_response_time(&self, py: Python<'_>) -> f64 {
        self.view(py).entry(None).avg_response_time_ms()
    }

    #[getter]
    fn avg_content_length<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        ledger::number(py, self.view(py).entry(None).avg_content_length())
    }

    #[getter]
    fn current_rps(&self, py: Python<'_>) -> f64 {
        self.view(py).entry(None).current_rps()
    }

    #[getter]
    fn current_fail_per_sec(&self, py: Python<'_>) -> f64 {
        self.view(py).entry(None).current_fail_per_sec()
    }

    #[getter]
    fn total_rps(&self, py: Python<'_>) -> f64 {
        self.view(py).entry(None).total_rps()
    }

    #[getter]
    fn total_fail_per_sec(&self, py: Python<'_>) -> f64 {
        self.view(py).entry(None).total_fail_per_sec()
    }

    /// Rounded times in milliseconds to their counts.
    fn response_times<'py>(
        &self,
        py: Python<'py>,
        rounding: Option<&Rounding>,
    ) -> PyResult<Bound<'py, PyDict>> {
        counts(py, &self.view(py).entry(rounding).times)
    }

    /// The median in milliseconds, between minimum and maximum.
    fn median<'py>(&self, py: Python<'py>, rounding: Option<&Rounding>) -> Bound<'py, PyAny> {
        ledger::number(py, self.view(py).entry(rounding).median_ms())
    }

    /// The time in milliseconds that a share (0 to 1) of all requests kept within.
    fn percentile<'py>(
        &self,
        py: Python<'py>,
        share: f64,
        rounding: Option<&Rounding>,
    ) -> Bound<'py, PyAny> {
        ledger::number(py, self.view(py).entry(rounding).percentile_ms(share))
    }

    /// The same for the last `window_s` seconds; None when nothing happened in them.
    fn current_percentile<'py>(
        &self,
        py: Python<'py>,
        share: f64,
        window_s: f64,
        rounding: Option<&Rounding>,
    ) -> Option<Bound<'py, PyAny>> {
        let (now, window_s) = (self.ledger.now_epoch_s(), window_s as u32);
        if window_s > window::SPAN_S {
            self.ledger
                .ask(py, move |shard| shard.keep_window(window_s));
        }
        let lately = self.view(py).endpoint.window.hist(now, window_s);
        let times = RoundedTimes::new(&lately, &self::rounding(rounding));
        (!times.is_empty()).then(|| ledger::number(py, rounded(times.percentile(share))))
    }

    /// Counts one request in this entry alone.
    fn log(
        &self,
        py: Python<'_>,
        response_time: &Bound<'_, PyAny>,
        content_length: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        // Which endpoint it names is not looked at here.
        let now = self.ledger.now_epoch_s();
        let sample = ledger::sample(EndpointId(0), now, response_time, content_length)?;
        self.edit(py, move |endpoint, keep| endpoint.record(&sample, keep));
        Ok(())
    }

    /// Counts one failure in this entry alone.
    fn log_error(&self, py: Python<'_>) {
        let now = self.ledger.now_epoch_s();
        self.edit(py, move |endpoint, keep| endpoint.fail(now, keep));
    }

    /// Sets the numbers of this entry to zero.
    fn reset(&self, py: Python<'_>) {
        let now = self.ledger.now_epoch_s();
        self.edit(py, move |endpoint, _| *endpoint = endpoint.restarted(now));
    }

    /// Sets the numbers of this entry to zero and gives what they were, as an entry of
    /// its own; nothing that is counted meanwhile is lost.
    fn take(&self, py: Python<'_>) -> Entry {
        let now = self.ledger.now_epoch_s();
        let taken = Arc::new(Mutex::new(Endpoint::new("", "", now)));
        let place = taken.clone();
        self.edit(py, move |endpoint, _| {
            let fresh = endpoint.restarted(now);
            *lock(&place) = std::mem::replace(endpoint, fresh);
        });
        let own = lock(&taken).clone();
        Entry {
            source: Source::Own(Box::new(Mutex::new(own))),
            ledger: self.ledger.clone(),
        }
    }

    /// Adds the numbers of another entry.
    fn extend(&self, py: Python<'_>, other: &Entry) {
        let other = other.view(py).endpoint;
        self.edit(py, move |endpoint, _| endpoint.merge(&other));
    }

    /// Takes numbers as they come in a report of another process: times in
    /// milliseconds, instants in seconds since 1970.
    #[pyo3(signature = (*, num_requests=0, num_none_requests=0, num_failures=0, total_response_time=None,
        max_response_time=None, min_response_time=None, total_content_length=0, response_times=None,
        num_reqs_per_sec=None, num_fail_per_sec=None, start_time=None, last_request_timestamp=None))]
    #[allow(
        clippy::too_many_arguments,
        reason = "one for each key of Locust's report"
    )]
    fn restore(
        &self,
        py: Python<'_>,
        num_requests: u64,
        num_none_requests: u64,
        num_failures: u64,
        total_response_time: Option<&Bound<'_, PyAny>>,
        max_response_time: Option<&Bound<'_, PyAny>>,
        min_response_time: Option<&Bound<'_, PyAny>>,
        total_content_length: u64,
        response_times: Option<Vec<(f64, u64)>>,
        num_reqs_per_sec: Option<Vec<(u32, u32)>>,
        num_fail_per_sec: Option<Vec<(u32, u32)>>,
        start_time: Option<f64>,
        last_request_timestamp: Option<f64>,
    ) -> PyResult<()> {
        let Source::Own(own) = &self.source else {
            return Err(PyTypeError::new_err(
                "only an entry outside of the statistics can be restored",
            ));
        };
        let keep = self.ledger.ask(py, |shard| shard.keep());
        let mut endpoint = lock(own);
        endpoint.requests = num_requests;
        endpoint.none_requests = num_none_requests;
        endpoint.failures = num_failures;
        endpoint.total_content_length = total_content_length;
        (endpoint.total_response_time_ms, endpoint.whole.total) =
            measure(total_response_time)?.unwrap_or((0.0, true));
        (endpoint.max_ms, endpoint.whole.max) = measure(max_response_time)?.unwrap_or((0.0, true));
        let min = measure(min_response_time)?;
        (endpoint.min_ms, endpoint.whole.min) = (min.map(|min| min.0), min.is_none_or(|min| min.1));
        endpoint.start_epoch_s = start_time.unwrap_or(endpoint.start_epoch_s);
        endpoint.last_request_epoch_s = last_request_timestamp;
        for (ms, count) in response_times.unwrap_or_default() {
            endpoint
                .hist
                .add(hist::index_of((ms * 1000.0).round() as u64), count);
        }
        for (second, count) in num_reqs_per_sec.unwrap_or_default() {
            endpoint
                .seconds
                .at(f64::from(second), keep.seconds)
                .requests += count;
        }
        for (second, count) in num_fail_per_sec.unwrap_or_default() {
            endpoint
                .seconds
                .at(f64::from(second), keep.seconds)
                .failures += count;
        }
        Ok(())
    }

    /// A row of the console's table of requests.
    fn request_row(
        &self,
        py: Python<'_>,
        current: bool,
        name_width: usize,
        type_width: usize,
        rounding: Option<&Rounding>,
    ) -> String {
        let widths = Widths {
            kind: type_width,
            name: name_width,
        };
        let rates = if current {
            Rates::Current
        } else {
            Rates::Whole
        };
        console::request_row(&self.view(py).entry(rounding), widths, rates)
    }

    /// A row of the console's table of percentiles.
    fn percentile_row(
        &self,
        py: Python<'_>,
        percentiles: Vec<f64>,
        name_width: usize,
        type_width: usize,
        rounding: Option<&Rounding>,
    ) -> String {
        let widths = Widths {
            kind: type_width,
            name: name_width,
        };
        let rules = Rules {
            rounding: self::rounding(rounding),
            percentiles,
        };
        console::percentile_row(&self.view(py).entry(rounding), &rules, widths)
    }
}

/// A number and whether Python gave it as an `int`.
fn measure(number: Option<&Bound<'_, PyAny>>) -> PyResult<Option<(f64, bool)>> {
    let whole = |number: &Bound<'_, PyAny>| number.is_instance_of::<pyo3::types::PyInt>();
    number
        .map(|number| Ok((number.extract()?, whole(number))))
        .transpose()
}

fn per_second<'py>(
    py: Python<'py>,
    endpoint: &Endpoint,
    count: impl Fn(&Second) -> u32,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for second in endpoint.seconds.iter().filter(|second| count(second) > 0) {
        dict.set_item(second.epoch_s, count(second))?;
    }
    Ok(dict)
}

fn counts<'py>(py: Python<'py>, times: &RoundedTimes) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (ms, count) in times.iter() {
        let key: Number = rounded(ms);
        dict.set_item(ledger::number(py, key), count)?;
    }
    Ok(dict)
}

fn lock(own: &Mutex<Endpoint>) -> MutexGuard<'_, Endpoint> {
    own.lock().unwrap_or_else(PoisonError::into_inner)
}
