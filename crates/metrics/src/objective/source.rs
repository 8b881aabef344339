//! Where the value of a term comes from: all numbers of a scenario, or some of its slices.
//!
//! In: what `whole` found in a snapshot, or `tally` in slices. Out: the value with its unit,
//! or why there is none. Whichever it comes from, the same lines work it out ([`value`]).

use std::borrow::Cow;

use super::missing::Missing;
use super::term::{RESPONSE_TIME, Scope, Subject, Term};
use crate::measure::{Kind, Unit};

/// A value and its unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub value: f64,
    pub unit: Unit,
}

/// Whether a pattern means an endpoint: `/extract/*`, `POST /chat`.
pub fn fits(pattern: &str, method: &str, name: &str) -> bool {
    glob(pattern, name)
        || pattern
            .split_once(' ')
            .is_some_and(|(of_method, of_name)| glob(of_method, method) && glob(of_name, name))
}

/// Whether a text is as a pattern in which `*` stands for any text. Each star but the last
/// takes as little as it can, which is enough: no text needs to be looked at twice.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(head) else {
        return false;
    };
    let mut parts = tail.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// What a term asks of, of one span.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    pub(super) span_s: f64,
    pub(super) requests: u64,
    pub(super) failures: u64,
    /// Whether the endpoint or class that it asks for was there.
    pub(super) known: bool,
    pub(super) users: u64,
    pub(super) planned: u64,
    pub(super) missed: u64,
    /// Values of the series, their sum and the latest.
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) last: Option<f64>,
    pub(super) series: Option<(Kind, Unit)>,
}

/// The quantiles and extremes of the values of a reading.
pub(super) trait Values {
    fn quantile(&self, q: f64) -> Option<f64>;
    fn max(&self) -> Option<f64>;
    fn min(&self) -> Option<f64>;
}

/// The value of a term.
pub(super) fn value(term: &Term, reading: &Reading, values: &impl Values) -> Result<Seen, Missing> {
    let unit = term.subject.unit();
    let seen = |value: f64, unit: Unit| Ok(Seen { value, unit });
    let told = |value: Option<f64>, or: Missing| {
        let unit = unit
            .clone()
            .or(reading.series.as_ref().map(|(_, unit)| unit.clone()));
        let unit = unit.unwrap_or(Unit::Count);
        value.map(|value| Seen { value, unit }).ok_or(or)
    };
    // Whoever asks for a number of requests that never came has no data.
    let of_requests = |value: f64, unit: Unit| match (reading.requests, reading.known) {
        (0, true) => Err(Missing::Requests(term.scope.clone())),
        (0, false) => Err(unknown(&term.scope)),
        _ => seen(value, unit),
    };
    let requests = reading.requests as f64;
    let per_second = |number: f64| number / reading.span_s.max(f64::MIN_POSITIVE);
    let failed = reading.failures.min(reading.requests) as f64;
    match &term.subject {
        Subject::ErrorRate => of_requests(failed / requests, Unit::Share),
        Subject::SuccessRate => of_requests((requests - failed) / requests, Unit::Share),
        Subject::RequestsPerSecond => of_requests(per_second(requests), Unit::PerSecond),
        Subject::Requests => of_requests(requests, Unit::Count),
        Subject::Failures => of_requests(reading.failures as f64, Unit::Count),
        Subject::Users => match reading.users {
            0 => Err(Missing::Users),
            users => seen(users as f64, Unit::Count),
        },
        Subject::Missed => match reading.planned {
            0 => Err(Missing::Arrivals),
            _ => seen(reading.missed as f64, Unit::Count),
        },
        Subject::Lag => told(values.quantile(0.99), Missing::Arrivals),
        Subject::CacheHitRate => match reading.count {
            0 => Err(Missing::CacheStatus),
            count => seen(reading.sum / count as f64, Unit::Share),
        },
        Subject::Goodput(_) => match reading.count {
            0 => Err(Missing::Goodput),
            _ => seen(per_second(reading.sum), Unit::PerSecond),
        },
        Subject::TokensPerSecond => match reading.count {
            0 => Err(none("tokens", term, reading)),
            _ => seen(per_second(reading.sum), Unit::PerSecond),
        },
        Subject::Cost => match reading.count {
            0 => Err(none("cost", term, reading)),
            _ => seen(reading.sum, Unit::Money),
        },
        series => {
            let name = series.series().map_or(RESPONSE_TIME, |name| &**name);
            if reading.count == 0 {
                return Err(none(name, term, reading));
            }
            let mean = reading.sum / reading.count as f64;
            let kind = reading
                .series
                .as_ref()
                .map_or(Kind::Trend, |(kind, _)| *kind);
            let found = match (series, kind) {
                (Subject::Quantile(share, _), _) => values.quantile(*share),
                (Subject::Max(_), _) => values.max(),
                (Subject::Min(_), _) => values.min(),
                (Subject::Mean(_) | Subject::Share(_), _) | (Subject::Named(_), Kind::Rate) => {
                    Some(mean)
                }
                (Subject::Last(_), _) | (Subject::Named(_), Kind::Gauge) => reading.last,
                (Subject::Named(_), Kind::Trend) => {
                    return Err(Missing::Trend(name.to_owned()));
                }
                _ => Some(reading.sum),
            };
            told(found, Missing::Untold)
        }
    }
}

/// Why a scope has nothing at all.
fn unknown(scope: &Scope) -> Missing {
    match (&scope.endpoint, &scope.user) {
        (Some(name), _) => Missing::Endpoint(name.clone()),
        (_, Some(name)) => Missing::User(name.clone()),
        _ => Missing::Requests(scope.clone()),
    }
}

/// Why a series has no values.
fn none(name: &str, term: &Term, reading: &Reading) -> Missing {
    match (reading.known, name) {
        (false, _) => unknown(&term.scope),
        (_, RESPONSE_TIME) => Missing::Requests(term.scope.clone()),
        _ => Missing::Series(name.to_owned()),
    }
}

/// The measures whose values a term adds up, or asks for by name.
pub(super) fn names(subject: &Subject) -> Vec<Cow<'_, str>> {
    match subject {
        Subject::CacheHitRate => vec!["cache_hit".into()],
        Subject::Cost => vec!["cost".into()],
        Subject::TokensPerSecond => vec!["tokens".into(), "tokens_by_chunks".into()],
        Subject::Goodput(good) => vec![good.metric_name().into()],
        other => match other.series() {
            Some(name) if **name != *RESPONSE_TIME => vec![Cow::Borrowed(&**name)],
            _ => Vec::new(),
        },
    }
}

/// Whether a term asks for response times.
pub(super) fn asks_times(subject: &Subject) -> bool {
    subject
        .series()
        .is_some_and(|name| **name == *RESPONSE_TIME)
}
