//! Where the value of a term comes from: all numbers of a scenario, or some of its slices.
//!
//! In: a term, and a snapshot or slices. Out: its value with its unit, or why there is
//! none. Whichever it comes from, the same lines work it out ([`value`]).

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;

use super::term::{RESPONSE_TIME, Scope, Subject, Term};
use crate::endpoint::Endpoint;
use crate::hist::Hist;
use crate::measure::{Kind, Unit};
use crate::measures::{Measures, Series};
use crate::slices::{Measured, Part, Slice, Wanted};
use crate::snapshot::Snapshot;
use crate::thin;

/// A value and its unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub value: f64,
    pub unit: Unit,
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Missing {
    Requests(Scope),
    Endpoint(String),
    User(String),
    Scenario(String),
    Series(String),
    CacheStatus,
    Goodput,
    Arrivals,
    Users,
    /// A distribution by its name alone.
    Trend(String),
    /// A report of another tool does not tell this one.
    Untold,
    /// Too few slices have a value.
    Growth,
    Scenarios,
    Start,
    Unit {
        series: Unit,
        limit: Unit,
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Requests(scope) => write!(f, "there were no requests{scope}"),
            Missing::Endpoint(name) => write!(f, "no endpoint `{name}` was requested"),
            Missing::User(name) => write!(f, "no users of class `{name}` were counted"),
            Missing::Scenario(name) => write!(f, "scenario `{name}` did not run"),
            Missing::Series(name) => {
                write!(f, "nothing was recorded under `{name}`")?;
                match super::language::nearest(name).filter(|near| near != name) {
                    Some(near) => write!(f, "; did you mean `{near}`?"),
                    None => Ok(()),
                }
            }
            Missing::CacheStatus => f.write_str("no answer told whether it came from a cache"),
            Missing::Goodput => f.write_str("good requests were not counted"),
            Missing::Arrivals => f.write_str("no arrivals were scheduled"),
            Missing::Users => f.write_str("there were no users"),
            Missing::Trend(name) => {
                write!(f, "`{name}` has many values; say which one, as p95 {name}")
            }
            Missing::Untold => f.write_str("the report that was read does not tell this"),
            Missing::Growth => f.write_str("too few seconds have a value to tell a growth by"),
            Missing::Scenarios => f.write_str("no measured scenario has a value"),
            Missing::Start => f.write_str("it was 0 at the start, so its growth has no measure"),
            Missing::Unit { series, limit } => {
                write!(f, "the limit counts in {limit}, the metric in {series}")
            }
        }
    }
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
    span_s: f64,
    requests: u64,
    failures: u64,
    /// Whether the endpoint or class that it asks for was there.
    known: bool,
    users: u64,
    planned: u64,
    missed: u64,
    /// Values of the series, their sum and the latest.
    count: u64,
    sum: f64,
    last: Option<f64>,
    series: Option<(Kind, Unit)>,
}

/// The quantiles and extremes of the values of a reading.
trait Values {
    fn quantile(&self, q: f64) -> Option<f64>;
    fn max(&self) -> Option<f64>;
    fn min(&self) -> Option<f64>;
}

/// The value of a term.
fn value(term: &Term, reading: &Reading, values: &impl Values) -> Result<Seen, Missing> {
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
fn names(subject: &Subject) -> Vec<Cow<'_, str>> {
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
fn asks_times(subject: &Subject) -> bool {
    subject
        .series()
        .is_some_and(|name| **name == *RESPONSE_TIME)
}

/// What the slices of some terms must have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wants {
    endpoints: Vec<String>,
    /// All endpoints, for the sake of their measures.
    all_endpoints: bool,
    series: Vec<String>,
}

impl Wants {
    pub(crate) fn add(&mut self, term: &Term) {
        let names = names(&term.subject);
        match &term.scope.endpoint {
            Some(pattern) => self.endpoints.push(pattern.clone()),
            None => self.all_endpoints |= !names.is_empty() && term.scope.user.is_none(),
        }
        self.series.extend(names.into_iter().map(Cow::into_owned));
    }
}

impl Wanted for Wants {
    fn endpoint(&self, endpoint: &Endpoint) -> bool {
        let (method, name) = (&endpoint.method, &endpoint.name);
        self.all_endpoints
            || self
                .endpoints
                .iter()
                .any(|pattern| fits(pattern, method, name))
    }

    fn series(&self, name: &str) -> bool {
        self.series.iter().any(|wanted| wanted == name)
    }
}

/// Histograms of all values, of one endpoint or of several.
enum Whole<'a> {
    Nothing,
    Times(&'a Endpoint),
    Values(Cow<'a, crate::values::Values>),
    /// Of several endpoints; `untold` if one of them has no histogram.
    Merged {
        hist: Hist,
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
            Whole::Merged { hist, min, max, .. } => {
                let value = hist.value_at_quantile_ms(q)?;
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
        Whole::Values(Cow::Borrowed(&arrivals.schedule_lag_ms))
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
            let mut hist = Hist::new();
            timed.iter().for_each(|e| hist.merge(&e.hist));
            let mins = timed.iter().filter_map(|e| e.min_ms);
            Whole::Merged {
                hist,
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
    let mut all = found.iter().map(|s| &s.values);
    match (all.next(), found.len()) {
        (None, _) => Whole::Nothing,
        (Some(only), 1) => Whole::Values(Cow::Borrowed(only)),
        (Some(first), _) => {
            let mut merged = first.clone();
            all.for_each(|values| merged.merge(values));
            Whole::Values(Cow::Owned(merged))
        }
    }
}

/// The latest values of a gauge in each slice: it has few, and they may be larger than a
/// histogram reaches.
struct Lasts(Vec<f64>);

impl Values for Lasts {
    fn quantile(&self, q: f64) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = ((q * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len().max(1));
        sorted.get(rank - 1).copied()
    }

    fn max(&self) -> Option<f64> {
        self.quantile(1.0)
    }

    fn min(&self) -> Option<f64> {
        self.quantile(0.0)
    }
}

impl Values for thin::Sum {
    fn quantile(&self, q: f64) -> Option<f64> {
        (self.count() > 0).then(|| self.quantile(q)).flatten()
    }

    fn max(&self) -> Option<f64> {
        Values::quantile(self, 1.0)
    }

    fn min(&self) -> Option<f64> {
        Values::quantile(self, 0.0)
    }
}

/// What a term asks of one slice, and the histograms of its values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
    reading: Reading,
    hists: Vec<thin::Thin>,
}

impl Piece {
    /// Of a slice, or of one endpoint of it.
    pub(crate) fn of(term: &Term, slice: &Slice, only: Option<&Part>) -> Piece {
        let mut piece = Piece {
            reading: Reading {
                span_s: slice.span_s(),
                users: slice.users,
                planned: slice.planned,
                missed: slice.missed,
                ..Reading::default()
            },
            hists: Vec::new(),
        };
        let scope = &term.scope;
        let parts: Vec<&Part> = match (only, &scope.endpoint, &scope.user) {
            (Some(only), _, _) => vec![only],
            (_, Some(pattern), _) => {
                let all = slice.endpoints.iter();
                all.filter(|p| fits(pattern, &p.method, &p.name)).collect()
            }
            (_, _, Some(class)) => slice
                .classes
                .iter()
                .filter(|p| *p.name == **class)
                .collect(),
            _ => vec![&slice.total],
        };
        piece.add_parts(term, slice, &parts);
        piece
    }

    fn add_parts(&mut self, term: &Term, slice: &Slice, parts: &[&Part]) {
        let reading = &mut self.reading;
        reading.known = !parts.is_empty();
        reading.requests = parts.iter().map(|p| p.requests).sum();
        reading.failures = parts.iter().map(|p| p.failures).sum();
        if term.subject == Subject::Lag {
            self.hists.push(slice.lag_ms.hist.clone());
        } else if asks_times(&term.subject) {
            reading.count = parts.iter().map(|p| p.times.count()).sum();
            reading.sum = parts.iter().map(|p| p.times.sum).sum();
            reading.series = Some((Kind::Trend, Unit::Ms));
            self.hists
                .extend(parts.iter().map(|p| p.times.hist.clone()));
        } else {
            self.add_measured(term, slice, parts);
        }
    }

    fn add_measured(&mut self, term: &Term, slice: &Slice, parts: &[&Part]) {
        let names = names(&term.subject);
        if names.is_empty() {
            return;
        }
        let is_all = term.scope.endpoint.is_none() && term.scope.user.is_none();
        let reading = &mut self.reading;
        reading.known |= is_all;
        let mut add = |measured: &Measured| {
            if names.iter().any(|name| **name == *measured.name()) {
                reading.count += measured.spread.count();
                reading.sum += measured.spread.sum;
                reading.last = measured.spread.last.or(reading.last);
                reading.series = Some((measured.kind(), measured.unit()));
                self.hists.push(measured.spread.hist.clone());
            }
        };
        match is_all {
            true => {
                let all = slice.endpoints.iter().flat_map(|p| &p.measures);
                all.chain(&slice.metrics).for_each(&mut add);
            }
            false => parts.iter().flat_map(|p| &p.measures).for_each(&mut add),
        }
    }
}

/// What a term asks of slices that follow each other.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    reading: Reading,
    /// Only of a term that asks for quantiles: it is large.
    hist: Option<Box<thin::Sum>>,
    /// Users, and the latest value, of each slice.
    slices: VecDeque<(u64, Option<f64>)>,
}

impl Tally {
    pub(crate) fn new(term: &Term) -> Tally {
        let asks = matches!(
            term.subject,
            Subject::Quantile(..) | Subject::Max(_) | Subject::Min(_) | Subject::Lag
        );
        Tally {
            reading: Reading::default(),
            hist: asks.then(Box::default),
            slices: VecDeque::new(),
        }
    }

    /// Adds a slice behind the others.
    pub(crate) fn add(&mut self, piece: &Piece) {
        let (sum, new) = (&mut self.reading, &piece.reading);
        sum.span_s += new.span_s;
        sum.requests += new.requests;
        sum.failures += new.failures;
        sum.known |= new.known;
        sum.planned += new.planned;
        sum.missed += new.missed;
        sum.count += new.count;
        sum.sum += new.sum;
        sum.series = new.series.clone().or(sum.series.take());
        self.slices.push_back((new.users, new.last));
        if let Some(hist) = &mut self.hist {
            piece.hists.iter().for_each(|thin| hist.add(thin));
        }
    }

    /// Takes the first slice away.
    pub(crate) fn take(&mut self, piece: &Piece) {
        let (sum, old) = (&mut self.reading, &piece.reading);
        sum.span_s -= old.span_s;
        sum.requests -= old.requests;
        sum.failures -= old.failures;
        sum.planned -= old.planned;
        sum.missed -= old.missed;
        sum.count -= old.count;
        sum.sum -= old.sum;
        self.slices.pop_front();
        if let Some(hist) = &mut self.hist {
            piece.hists.iter().for_each(|thin| hist.take(thin));
        }
    }

    /// The value in all slices that it has.
    pub(crate) fn value(&self, term: &Term) -> Result<Seen, Missing> {
        let lasts = || self.slices.iter().filter_map(|(_, last)| *last);
        let reading = Reading {
            users: self
                .slices
                .iter()
                .map(|(users, _)| *users)
                .max()
                .unwrap_or(0),
            last: lasts().last(),
            ..self.reading.clone()
        };
        let is_gauge = matches!(reading.series, Some((Kind::Gauge, _)));
        match &self.hist {
            Some(_) if is_gauge => value(term, &reading, &Lasts(lasts().collect())),
            Some(hist) => value(term, &reading, &**hist),
            None => value(term, &reading, &Whole::Nothing),
        }
    }
}
