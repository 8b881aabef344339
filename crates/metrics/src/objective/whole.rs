//! The value of a term in all numbers of a scenario.
//!
//! In: a term and a snapshot. Out: its value, or why there is none.

use std::borrow::Cow;

use super::missing::Missing;
use super::source::{Reading, Seen, Values, asks_times, fits, names, value};
use super::term::{Scope, Subject, Term};
use crate::endpoint::Endpoint;
use crate::hist::Hist;
use crate::measure::{Kind, Unit};
use crate::measures::{Measures, Series};
use crate::snapshot::Snapshot;

/// Histograms of all values, of one endpoint or of several.
enum Whole<'a> {
    Nothing,
    Times(&'a Endpoint),
    Values(&'a crate::values::Values),
    /// Of several endpoints; `untold` if one of them has no histogram.
    Merged {
        hists: Vec<&'a Hist>,
        min: f64,
        max: f64,
        untold: bool,
    },
}

impl Values for Whole<'_> {
    fn quantile(&self, q: f64) -> Option<f64> {
        match self {
            Whole::Nothing => None,
            Whole::Times(endpoint) => endpoint.quantile_ms(q),
            Whole::Values(values) => values.quantile(q),
            Whole::Merged { max, .. } if q >= 1.0 => Some(*max),
            Whole::Merged { untold: true, .. } => None,
            Whole::Merged {
                hists, min, max, ..
            } => {
                let together = Hist::sum(hists.iter().copied());
                let value = together.value_at_quantile_ms(q)?;
                Some(value.min(*max).max(*min))
            }
        }
    }

    fn max(&self) -> Option<f64> {
        match self {
            Whole::Nothing => None,
            Whole::Times(endpoint) => endpoint.min_ms.map(|_| endpoint.max_ms),
            Whole::Values(values) => values.max(),
            Whole::Merged { max, .. } => Some(*max),
        }
    }

    fn min(&self) -> Option<f64> {
        match self {
            Whole::Nothing => None,
            Whole::Times(endpoint) => endpoint.min_ms,
            Whole::Values(values) => values.min(),
            Whole::Merged { min, .. } => Some(*min),
        }
    }
}

/// The value of a term in all numbers of a scenario, or of one endpoint of it.
pub(crate) fn whole(
    term: &Term,
    snapshot: &Snapshot,
    elapsed_s: f64,
    only: Option<&Endpoint>,
) -> Result<Seen, Missing> {
    let arrivals = &snapshot.arrivals;
    let mut reading = Reading {
        span_s: elapsed_s,
        users: arrivals.users.peak,
        planned: arrivals.planned,
        missed: arrivals.missed(),
        ..Reading::default()
    };
    let chosen = chosen(&term.scope, snapshot, only);
    reading.known = !chosen.is_empty();
    reading.requests = chosen.iter().map(|e| e.requests).sum();
    reading.failures = chosen.iter().map(|e| e.failures).sum();
    let values = if term.subject == Subject::Lag {
        Whole::Values(&arrivals.schedule_lag_ms)
    } else if asks_times(&term.subject) {
        times(&mut reading, &chosen)
    } else {
        let names = names(&term.subject);
        match names.is_empty() {
            true => Whole::Nothing,
            false => measured(&mut reading, &names, term, snapshot, &chosen),
        }
    };
    value(term, &reading, &values)
}

/// The endpoints that a scope means; of all requests the total.
fn chosen<'a>(
    scope: &Scope,
    snapshot: &'a Snapshot,
    only: Option<&'a Endpoint>,
) -> Vec<&'a Endpoint> {
    match (only, &scope.endpoint, &scope.user) {
        (Some(only), _, _) => vec![only],
        (_, Some(pattern), _) => {
            let all = snapshot.endpoints.iter().map(AsRef::as_ref);
            all.filter(|e: &&Endpoint| fits(pattern, &e.method, &e.name))
                .collect()
        }
        (_, _, Some(class)) => snapshot
            .user(class)
            .map(AsRef::as_ref)
            .into_iter()
            .collect(),
        _ => vec![&*snapshot.total],
    }
}

fn times<'a>(reading: &mut Reading, chosen: &[&'a Endpoint]) -> Whole<'a> {
    let timed: Vec<&Endpoint> = chosen
        .iter()
        .copied()
        .filter(|e| e.timed_requests() > 0)
        .collect();
    reading.count = timed.iter().map(|e| e.timed_requests()).sum();
    reading.sum = timed.iter().map(|e| e.total_response_time_ms).sum();
    reading.series = Some((Kind::Trend, Unit::Ms));
    match timed[..] {
        [] => Whole::Nothing,
        [one] => Whole::Times(one),
        [..] => {
            let mins = timed.iter().filter_map(|e| e.min_ms);
            Whole::Merged {
                hists: timed.iter().map(|e| &e.hist).collect(),
                min: mins.fold(f64::INFINITY, f64::min),
                max: timed.iter().map(|e| e.max_ms).fold(0.0, f64::max),
                untold: timed.iter().any(|e| e.told.is_some()),
            }
        }
    }
}

/// The values of the measures of that name, of the chosen endpoints; of all requests those
/// of every endpoint, and what belongs to none.
fn measured<'a>(
    reading: &mut Reading,
    names: &[Cow<'_, str>],
    term: &Term,
    snapshot: &'a Snapshot,
    chosen: &[&'a Endpoint],
) -> Whole<'a> {
    let is_all = term.scope.endpoint.is_none() && term.scope.user.is_none();
    let all = snapshot
        .endpoints
        .iter()
        .map(|e| &e.measures)
        .chain([&*snapshot.metrics]);
    let books: Vec<&Measures> = match is_all {
        true => all.collect(),
        false => chosen.iter().map(|e| &e.measures).collect(),
    };
    let series = books.iter().flat_map(|book| book.in_order());
    let found: Vec<&Series> = series
        .filter(|s| names.iter().any(|n| **n == *s.name()))
        .collect();
    // What belongs to no endpoint needs no requests.
    reading.known |= is_all;
    reading.count = found.iter().map(|s| s.values.count()).sum();
    reading.sum = found.iter().map(|s| s.values.sum).sum();
    let latest = found.iter().filter_map(|s| s.last);
    reading.last = latest
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(value, _)| value);
    reading.series = found.first().map(|s| (s.kind(), s.unit()));
    let values = || found.iter().map(|s| &s.values);
    match found[..] {
        [] => Whole::Nothing,
        [only] => Whole::Values(&only.values),
        [..] => Whole::Merged {
            hists: values().map(|values| &values.hist).collect(),
            min: values()
                .filter_map(|v| v.min())
                .fold(f64::INFINITY, f64::min),
            max: values()
                .filter_map(|v| v.max())
                .fold(f64::NEG_INFINITY, f64::max),
            untold: false,
        },
    }
}
