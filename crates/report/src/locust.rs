//! The numbers that Locust would show for an endpoint.
//!
//! In: an [`Endpoint`] and the total it belongs to. Out: rounded response times,
//! percentiles, averages and rates as Locust 2.47 works them out, coarse rounding
//! and all. This rounding happens here and nowhere else: the endpoint keeps what was
//! measured. It starts from the histogram's buckets, so a time within a thousandth of
//! the middle between two rounded times may land on the other side of it than in
//! Locust, unless it is the middle itself.

use std::borrow::Cow;
use std::sync::Arc;

use gatecrash_metrics::{Endpoint, Hist, Second, Snapshot, hist};

use crate::format::{Number, parse_str_literal};

/// The percentiles of Locust's reports unless told otherwise, as shares.
pub const PERCENTILES: [f64; 11] = [
    0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0,
];

/// How a measured time is rounded before percentiles are taken.
#[derive(Clone, Debug, Default)]
pub enum Rounding {
    /// Two significant digits above 100 ms, whole milliseconds below, ties to even.
    #[default]
    TwoDigits,
    /// Whatever a user's own function gives: the rounded time for each bucket of
    /// [`gatecrash_metrics::hist`] by its index, worked out from
    /// [`hist::representative_ms`]. A bucket beyond the table is not rounded.
    Table(Arc<[f64]>),
}

impl Rounding {
    /// The rounded time, milliseconds, of the times in a bucket.
    pub fn round(&self, index: usize) -> f64 {
        let ms = hist::representative_ms(index);
        match self {
            Rounding::TwoDigits => two_digits(ms),
            Rounding::Table(table) => table.get(index).copied().unwrap_or(ms),
        }
    }
}

fn two_digits(ms: f64) -> f64 {
    let step = match ms {
        ms if ms < 100.0 => 1.0,
        ms if ms < 1000.0 => 10.0,
        ms if ms < 10_000.0 => 100.0,
        _ => 1000.0,
    };
    // A time has at most three decimals here, so the quotient of a tie is exact.
    (ms / step).round_ties_even() * step
}

/// What a report needs to know beside the numbers.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How times are rounded.
    pub rounding: Rounding,
    /// Which percentiles are reported, as shares from 0 to 1.
    pub percentiles: Vec<f64>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            rounding: Rounding::default(),
            percentiles: PERCENTILES.to_vec(),
        }
    }
}

/// Rounded times in milliseconds with their counts, shortest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoundedTimes(Vec<(f64, u64)>);

impl RoundedTimes {
    /// Rounds the times of a histogram.
    pub fn new(hist: &Hist, rounding: &Rounding) -> RoundedTimes {
        let mut times: Vec<(f64, u64)> = hist
            .iter()
            .map(|bucket| (rounding.round(bucket.index), bucket.count))
            .collect();
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        times.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        RoundedTimes(times)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The times with their counts, shortest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (f64, u64)> + '_ {
        self.0.iter().copied()
    }

    /// The (⌊n·share⌋ + 1)-th shortest time, at most the longest; 0 without times.
    pub fn percentile(&self, share: f64) -> f64 {
        let count: u64 = self.iter().map(|(_, n)| n).sum();
        let within = (count as f64 * share) as u64;
        let mut longer = 0;
        self.iter()
            .rev()
            .find(|&(_, n)| {
                longer += n;
                count - longer <= within
            })
            .map_or(0.0, |(ms, _)| ms)
    }
}

/// When the total began and when it last counted a request; all rates of a report
/// refer to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    start_epoch_s: f64,
    last_epoch_s: Option<f64>,
}

impl Span {
    /// The span of a total.
    pub fn of(total: &Endpoint) -> Span {
        Span {
            start_epoch_s: total.start_epoch_s,
            last_epoch_s: total.last_request_epoch_s,
        }
    }

    /// A count per second over the whole span; 0 before the first request.
    fn rate(&self, count: u64) -> f64 {
        let seconds = self.last_epoch_s.unwrap_or(0.0) - self.start_epoch_s;
        if self.last_epoch_s.is_none() || self.start_epoch_s == 0.0 || seconds == 0.0 {
            return 0.0;
        }
        count as f64 / seconds
    }

    /// The seconds of the current rate: ten of them, the last of which ended two
    /// seconds before the last request; fewer near the start.
    fn current_seconds(&self) -> std::ops::Range<i64> {
        let last = self.last_epoch_s.unwrap_or(0.0) as i64;
        (last - 12).max(self.start_epoch_s as i64)..last - 2
    }
}

/// An endpoint as Locust's entry shows it.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// What was measured.
    pub endpoint: &'a Endpoint,
    /// Its response times as Locust keeps them.
    pub times: RoundedTimes,
    span: Span,
}

impl<'a> Entry<'a> {
    /// An endpoint of a total that spans `span`.
    pub fn new(endpoint: &'a Endpoint, span: Span, rounding: &Rounding) -> Entry<'a> {
        Entry {
            endpoint,
            times: RoundedTimes::new(&endpoint.hist, rounding),
            span,
        }
    }

    /// Failures by requests; 1 if there are only failures.
    pub fn fail_ratio(&self) -> f64 {
        match (self.endpoint.failures, self.endpoint.requests) {
            (0, 0) => 0.0,
            (_, 0) => 1.0,
            (failures, requests) => failures as f64 / requests as f64,
        }
    }

    /// Mean of the exact times, milliseconds; 0 without times.
    pub fn avg_response_time_ms(&self) -> f64 {
        match self.endpoint.timed_requests() {
            0 => 0.0,
            timed => self.endpoint.total_response_time_ms / timed as f64,
        }
    }

    /// Sum of the exact times, milliseconds.
    pub fn total_response_time_ms(&self) -> Number {
        Number {
            value: self.endpoint.total_response_time_ms,
            whole: self.endpoint.whole.total,
        }
    }

    /// Shortest time, milliseconds.
    pub fn min_ms(&self) -> Option<Number> {
        let whole = self.endpoint.whole.min;
        self.endpoint.min_ms.map(|value| Number { value, whole })
    }

    /// Shortest time, milliseconds, with 0 for none, as tables show it.
    pub fn min_or_zero_ms(&self) -> Number {
        let shown = self.min_ms().filter(|min| min.value != 0.0);
        shown.unwrap_or(Number::whole(0.0))
    }

    /// Longest time, milliseconds.
    pub fn max_ms(&self) -> Number {
        Number {
            value: self.endpoint.max_ms,
            whole: self.endpoint.whole.max,
        }
    }

    /// The rounded time that half of all requests kept within, held between the
    /// exact minimum and maximum; 0 without times.
    pub fn median_ms(&self) -> Number {
        if self.times.is_empty() {
            return Number::whole(0.0);
        }
        let median = self.percentile_ms(0.5);
        match self.min_ms() {
            _ if median.value > self.endpoint.max_ms => self.max_ms(),
            Some(min) if median.value < min.value => min,
            _ => median,
        }
    }

    /// The rounded time that a share of all requests kept within.
    pub fn percentile_ms(&self, share: f64) -> Number {
        rounded(self.times.percentile(share))
    }

    /// Mean length of an answer, bytes.
    pub fn avg_content_length(&self) -> Number {
        match self.endpoint.requests {
            0 => Number::whole(0.0),
            n => Number::float(self.endpoint.total_content_length as f64 / n as f64),
        }
    }

    /// Requests per second since the total began.
    pub fn total_rps(&self) -> f64 {
        self.span.rate(self.endpoint.requests)
    }

    /// Failures per second since the total began.
    pub fn total_fail_per_sec(&self) -> f64 {
        self.span.rate(self.endpoint.failures)
    }

    /// Requests per second lately; see [`Span`].
    pub fn current_rps(&self) -> f64 {
        self.current(|second| second.requests)
    }

    /// Failures per second lately.
    pub fn current_fail_per_sec(&self) -> f64 {
        self.current(|second| second.failures)
    }

    fn current(&self, count: impl Fn(Second) -> u32) -> f64 {
        let seconds = self.span.current_seconds();
        let length = (seconds.end - seconds.start).max(1);
        let counted = |second| u64::from(count(self.endpoint.seconds.get(second)));
        let total: u64 = seconds
            .filter_map(|s| u32::try_from(s).ok())
            .map(counted)
            .sum();
        total as f64 / length as f64
    }

    /// Whether Locust leaves it out of what it serialises.
    pub fn is_unused(&self) -> bool {
        self.endpoint.requests == 0 && self.endpoint.failures == 0
    }
}

/// A rounded time: an `int` to Locust unless a user's own rounding left a fraction.
pub fn rounded(ms: f64) -> Number {
    Number {
        value: ms,
        whole: ms.fract() == 0.0,
    }
}

/// The entries of a snapshot sorted by name and method, as all tables show them.
pub fn sorted<'a>(snapshot: &'a Snapshot, rounding: &Rounding) -> Vec<Entry<'a>> {
    let span = Span::of(&snapshot.total);
    let mut endpoints: Vec<&Endpoint> = snapshot.endpoints.iter().map(Arc::as_ref).collect();
    endpoints.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
    let entry = |endpoint| Entry::new(endpoint, span, rounding);
    endpoints.into_iter().map(entry).collect()
}

/// The entry of the total.
pub fn total<'a>(snapshot: &'a Snapshot, rounding: &Rounding) -> Entry<'a> {
    Entry::new(&snapshot.total, Span::of(&snapshot.total), rounding)
}

/// An error text without the memory address in it, so that equal errors of
/// different objects are one.
pub fn normalise_error(error: &str) -> Cow<'_, str> {
    const BEFORE: &str = "object at 0x";
    let Some(found) = error.find(BEFORE) else {
        return error.into();
    };
    let start = found + BEFORE.len() - "0x".len();
    match error[start..].find('>') {
        Some(length) => error
            .replace(&error[start..start + length], "0x....")
            .into(),
        None => error.into(),
    }
}

/// The error text for people: the message alone where user code failed a request by
/// a message of its own, which is wrapped as `CatchResponseError('message')`.
pub fn readable_error(error: &str) -> Cow<'_, str> {
    let Some(wrapped) = error.strip_prefix("CatchResponseError(") else {
        return error.into();
    };
    match parse_str_literal(wrapped) {
        Some(message) => message.into(),
        None => wrapped.strip_suffix(')').unwrap_or(wrapped).into(),
    }
}
