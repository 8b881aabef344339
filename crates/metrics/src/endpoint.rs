//! Everything known about one endpoint, a (method, name) pair, or about all of them.
//!
//! In: samples and failures, one at a time, or another endpoint's numbers to merge.
//! Out: public fields. What a reader calls a rate, an average or a percentile is
//! worked out by who prints it.

use std::sync::Arc;

use crate::hist::{Hist, Place};
use crate::measures::Measures;
use crate::sample::Sample;
use crate::seconds::Seconds;
use crate::slowest::Slowest;
use crate::window::Window;

/// Which of an endpoint's times came from whole numbers only; see
/// [`Sample::whole_ms`]. All true at first, since nothing is a whole 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    /// The sum: every time so far.
    pub total: bool,
    /// The minimum.
    pub min: bool,
    /// The maximum.
    pub max: bool,
}

/// How much of the past an endpoint keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Seconds of the series per second.
    pub seconds: usize,
    /// Span of the window of the last response times, seconds.
    pub window_s: u32,
}

/// Quantiles of times that are not known one by one: what a report of another tool says.
/// Between two of them nothing is known, so nothing is guessed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToldQuantiles(Arc<[(f64, f64)]>);

impl ToldQuantiles {
    /// Shares (0 to 1) and their times, milliseconds.
    pub fn new(mut quantiles: Vec<(f64, f64)>) -> ToldQuantiles {
        quantiles.sort_by(|one, other| one.0.total_cmp(&other.0));
        quantiles.dedup_by(|one, other| one.0 == other.0);
        ToldQuantiles(quantiles.into())
    }

    /// The shares that were told, smallest first.
    pub fn shares(&self) -> impl Iterator<Item = f64> + '_ {
        self.0.iter().map(|&(share, _)| share)
    }

    /// The time of a share that was told. Shares are written with so few digits that a
    /// billionth apart is the same one.
    fn get(&self, share: f64) -> Option<f64> {
        let same = |&&(told, _): &&(f64, f64)| (told - share).abs() < 1e-9;
        self.0.iter().find(same).map(|&(_, ms)| ms)
    }

    /// Of two endpoints together: nothing, unless one of them has no times.
    fn merged(one: &Endpoint, other: &Endpoint) -> Option<ToldQuantiles> {
        match (one.timed_requests(), other.timed_requests()) {
            (0, _) => other.told.clone(),
            (_, 0) => one.told.clone(),
            _ if one.told.is_none() && other.told.is_none() => None,
            _ => Some(ToldQuantiles::default()),
        }
    }
}

/// The numbers of one endpoint since its start.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Request method or type; empty for a total.
    pub method: Arc<str>,
    /// Name under which requests are grouped.
    pub name: Arc<str>,
    /// Finished requests, failed ones included.
    pub requests: u64,
    /// Of these, requests without a response time.
    pub none_requests: u64,
    /// Reported failures.
    pub failures: u64,
    /// Sum of all response times, milliseconds.
    pub total_response_time_ms: f64,
    /// Shortest response time, milliseconds; `None` before the first.
    pub min_ms: Option<f64>,
    /// Longest response time, milliseconds; 0 before the first.
    pub max_ms: f64,
    /// Which of the three above were given as whole numbers.
    pub whole: Whole,
    /// Sum of all response lengths, bytes.
    pub total_content_length: u64,
    /// Response times since the start.
    pub hist: Hist,
    /// Quantiles in place of the histogram, of an endpoint whose times somebody else has
    /// measured; none of those that run here.
    pub told: Option<ToldQuantiles>,
    /// Response times of the last seconds.
    pub window: Window,
    /// Requests and failures per second of the clock.
    pub seconds: Seconds,
    /// What requests were measured by beside their response times. A total keeps none:
    /// [`crate::Snapshot::measures`] merges those of the endpoints for who asks.
    pub measures: Measures,
    /// The slowest requests, of those that can be found in traces. A total keeps none.
    pub slowest: Slowest,
    /// When counting began, seconds since the Unix epoch.
    pub start_epoch_s: f64,
    /// When the last request was counted; `None` before the first.
    pub last_request_epoch_s: Option<f64>,
}

/// A response time and its bucket, the same for an endpoint and for the total.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed {
    ms: f64,
    place: Place,
}

impl Timed {
    /// The time of a sample that has a usable one.
    pub(crate) fn of(sample: &Sample) -> Option<Timed> {
        let ms = sample.response_time_ms.filter(|ms| ms.is_finite())?;
        let place = Place::of_ms(ms);
        Some(Timed { ms, place })
    }
}

impl Endpoint {
    /// An endpoint that has seen nothing yet.
    pub fn new(method: impl Into<Arc<str>>, name: impl Into<Arc<str>>, start_epoch_s: f64) -> Self {
        Endpoint {
            method: method.into(),
            name: name.into(),
            requests: 0,
            none_requests: 0,
            failures: 0,
            total_response_time_ms: 0.0,
            min_ms: None,
            max_ms: 0.0,
            whole: Whole {
                total: true,
                min: true,
                max: true,
            },
            total_content_length: 0,
            hist: Hist::new(),
            told: None,
            window: Window::default(),
            seconds: Seconds::default(),
            measures: Measures::default(),
            slowest: Slowest::default(),
            start_epoch_s,
            last_request_epoch_s: None,
        }
    }

    /// Counts one request. A late sample does not move the time of the last one back.
    pub fn record(&mut self, sample: &Sample, keep: Keep) {
        self.count(sample, Timed::of(sample), keep);
    }

    /// As [`Endpoint::record`], with the sample's time worked out before.
    pub(crate) fn count(&mut self, sample: &Sample, timed: Option<Timed>, keep: Keep) {
        let at = sample.at_epoch_s;
        self.requests += 1;
        self.seconds.at(at, keep.seconds).requests += 1;
        self.last_request_epoch_s = latest(self.last_request_epoch_s, Some(at));
        self.total_content_length += sample.response_length;
        match timed {
            Some(timed) => {
                self.count_time(timed.ms, sample.whole_ms);
                self.hist.record(timed.place);
                self.window.record(at, timed.place.index, keep.window_s);
            }
            None => self.none_requests += 1,
        }
    }

    fn count_time(&mut self, ms: f64, whole: bool) {
        self.total_response_time_ms += ms;
        self.whole.total &= whole;
        if self.min_ms.is_none_or(|min| ms < min) {
            (self.min_ms, self.whole.min) = (Some(ms), whole);
        }
        if ms > self.max_ms {
            (self.max_ms, self.whole.max) = (ms, whole);
        }
    }

    /// Counts one failure. The request itself is counted by [`Endpoint::record`].
    pub fn fail(&mut self, at_epoch_s: f64, keep: Keep) {
        self.failures += 1;
        self.seconds.at(at_epoch_s, keep.seconds).failures += 1;
    }

    /// An endpoint of the same name that has seen nothing yet.
    pub fn restarted(&self, now_epoch_s: f64) -> Endpoint {
        Endpoint::new(self.method.clone(), self.name.clone(), now_epoch_s)
    }

    /// Adds the numbers of another endpoint, usually the same one on another lane.
    pub fn merge(&mut self, other: &Endpoint) {
        self.told = ToldQuantiles::merged(self, other);
        self.requests += other.requests;
        self.none_requests += other.none_requests;
        self.failures += other.failures;
        self.total_response_time_ms += other.total_response_time_ms;
        self.whole.total &= other.whole.total;
        if let Some(ms) = other
            .min_ms
            .filter(|&ms| self.min_ms.is_none_or(|min| ms < min))
        {
            (self.min_ms, self.whole.min) = (Some(ms), other.whole.min);
        }
        if other.max_ms > self.max_ms {
            (self.max_ms, self.whole.max) = (other.max_ms, other.whole.max);
        }
        self.total_content_length += other.total_content_length;
        self.hist.merge(&other.hist);
        self.window.merge(&other.window);
        self.seconds.merge(&other.seconds);
        self.measures.merge(&other.measures);
        self.slowest.merge(&other.slowest);
        self.start_epoch_s = self.start_epoch_s.min(other.start_epoch_s);
        self.last_request_epoch_s = latest(self.last_request_epoch_s, other.last_request_epoch_s);
    }

    /// The response time that the share `q` (0 to 1) of all requests kept within, held
    /// between the exact extremes, milliseconds; `None` without times, and where only other
    /// quantiles were told.
    pub fn quantile_ms(&self, q: f64) -> Option<f64> {
        if q >= 1.0 {
            return self.min_ms.map(|_| self.max_ms);
        }
        if let Some(told) = &self.told {
            return told.get(q);
        }
        let ms = self.hist.value_at_quantile_ms(q)?;
        // Numbers that were restored from elsewhere may have no minimum.
        Some(ms.min(self.max_ms).max(self.min_ms.unwrap_or(0.0)))
    }

    /// Mean response time, milliseconds; `None` without times.
    pub fn mean_ms(&self) -> Option<f64> {
        let timed = self.timed_requests();
        (timed > 0).then(|| self.total_response_time_ms / timed as f64)
    }

    /// Requests with a response time.
    pub fn timed_requests(&self) -> u64 {
        self.requests - self.none_requests
    }

    /// Bytes that this endpoint occupies, without its names.
    pub fn bytes(&self) -> usize {
        size_of::<Endpoint>()
            + self.hist.heap_bytes()
            + self.window.heap_bytes()
            + self.seconds.heap_bytes()
            + self.measures.heap_bytes()
            + self.slowest.heap_bytes()
    }
}

fn latest(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::max)
}
