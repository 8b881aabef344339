//! The value of a term in some slices.
//!
//! In: a term, and slices that follow each other. Out: its value in those that were added
//! and not taken away again, or why there is none.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::missing::Missing;
use super::source::{Reading, Seen, Values, asks_times, fits, names, value};
use super::term::{Subject, Term};
use crate::endpoint::Endpoint;
use crate::measure::{Kind, Unit};
use crate::slices::{Measured, Part, Slice, Wanted};
use crate::thin;

/// What the slices of some terms must have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wants {
    /// Patterns, and whether response times are asked for.
    endpoints: Vec<(String, bool)>,
    /// All endpoints, for the sake of their measures.
    all_endpoints: bool,
    series: Vec<String>,
}

impl Wants {
    pub(crate) fn add(&mut self, term: &Term) {
        let names = names(&term.subject);
        match &term.scope.endpoint {
            Some(pattern) => {
                let asked = (pattern.clone(), asks_times(&term.subject));
                self.endpoints.push(asked);
            }
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
                .any(|(pattern, _)| fits(pattern, method, name))
    }

    fn times(&self, endpoint: &Endpoint) -> bool {
        let (method, name) = (&endpoint.method, &endpoint.name);
        let mut asked = self.endpoints.iter().filter(|(_, times)| *times);
        asked.any(|(pattern, _)| fits(pattern, method, name))
    }

    fn series(&self, name: &str) -> bool {
        self.series.iter().any(|wanted| wanted == name)
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
    hist: Option<thin::Sum>,
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
            hist: asks.then(thin::Sum::default),
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
            last: lasts().next_back(),
            ..self.reading.clone()
        };
        let is_gauge = matches!(reading.series, Some((Kind::Gauge, _)));
        match &self.hist {
            Some(_) if is_gauge => value(term, &reading, &Lasts(lasts().collect())),
            Some(hist) => value(term, &reading, hist),
            None => value(term, &reading, &thin::Sum::default()),
        }
    }
}
