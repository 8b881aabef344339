//! Which handler a request goes to.
//!
//! In: method and path. Out: a route with the path's variable parts. Never: a handler's work.

use std::time::Duration;

use rusqlite::Connection;
use serde::Deserialize;

use crate::answer::{Answer, Reply};
use crate::draw::{Purpose, Turn, unit};
use crate::latency::Latency;
use crate::options::parse_duration;
use crate::request::{Head, Request, decode};
use crate::server::Worker;

/// Answers a request. Both variants are answers; `Err` is for `?` on faulty parameters.
pub(crate) type Handler = fn(&Call<'_>) -> Result<Reply, Answer>;

/// A request on its way to a handler.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    /// The route's pattern.
    pub(crate) pattern: &'a str,
    pub(crate) captures: Vec<&'a str>,
    pub(crate) worker: &'a Worker,
    /// How many requests this endpoint had before.
    pub(crate) ordinal: u64,
}

impl<'a> Call<'a> {
    pub(crate) fn head(&self) -> &Head {
        &self.request.head
    }

    /// The connection of this thread to the service's database.
    pub(crate) fn db(&self) -> Result<&'a Connection, Answer> {
        let db = self.worker.db.as_ref();
        db.ok_or_else(|| Answer::error(500, "this service has no database"))
    }

    /// How long the service's model works on this request: `usual` unless the target was asked
    /// for another time.
    pub(crate) fn model_time(&self, usual: Latency) -> Duration {
        let options = &self.worker.shared.options;
        let latency = options.model.time.unwrap_or(usual);
        latency.at(self.draw(Purpose::Model)).mul_f64(options.slow)
    }

    /// Whether the service's model fails at this request.
    pub(crate) fn model_fails(&self) -> bool {
        let errors = self.worker.shared.options.model.errors;
        self.draw(Purpose::ModelError) < errors.fraction()
    }

    fn draw(&self, purpose: Purpose) -> f64 {
        let turn = Turn {
            method: self.head().method(),
            pattern: self.pattern,
            ordinal: self.ordinal,
        };
        unit(self.worker.shared.options.seed, turn, purpose)
    }

    /// The JSON of the body.
    pub(crate) fn json<T: Deserialize<'a>>(&self) -> Result<T, Answer> {
        serde_json::from_slice(&self.request.body).map_err(|error| {
            let status = if error.is_data() { 422 } else { 400 };
            let reason = format!("the body is not the JSON that is needed: {error}");
            Answer::error(status, reason)
        })
    }

    /// The decoded text of the path's `place`-th variable part.
    pub(crate) fn captured(&self, place: usize) -> String {
        self.captures
            .get(place)
            .map(|part| decode(part, false))
            .unwrap_or_default()
    }

    /// The path's `place`-th variable part as a number from `low` to `high`.
    pub(crate) fn captured_number(&self, place: usize, low: u32, high: u32) -> Result<u32, Answer> {
        parse_number("the path's number", &self.captured(place), low, high)
    }

    /// A query parameter as a number from `low` to `high`.
    pub(crate) fn number(
        &self,
        name: &str,
        default: u32,
        low: u32,
        high: u32,
    ) -> Result<u32, Answer> {
        match self.head().query_value(name) {
            Some(text) => parse_number(name, &text, low, high),
            None => Ok(default),
        }
    }

    /// A query parameter as a time up to `most`; without a `default` it has to be there.
    pub(crate) fn duration(
        &self,
        name: &str,
        default: Option<Duration>,
        most: Duration,
    ) -> Result<Duration, Answer> {
        match (self.head().query_value(name), default) {
            (Some(text), _) => parse_time(name, &text, most),
            (None, Some(default)) => Ok(default),
            (None, None) => Err(Answer::error(422, format!("{name} is missing"))),
        }
    }
}

pub(crate) fn parse_time(name: &str, text: &str, most: Duration) -> Result<Duration, Answer> {
    match parse_duration(text) {
        Some(duration) if duration <= most => Ok(duration),
        _ => {
            let most = most.as_secs();
            let reason = format!("{name} must be a time up to {most}s, as in 10ms, not {text:?}");
            Err(Answer::error(422, reason))
        }
    }
}

pub(crate) fn parse_number(name: &str, text: &str, low: u32, high: u32) -> Result<u32, Answer> {
    match text.parse() {
        Ok(number) if (low..=high).contains(&number) => Ok(number),
        _ => {
            let reason =
                format!("{name} must be a whole number from {low} to {high}, not {text:?}");
            Err(Answer::error(422, reason))
        }
    }
}

/// One line of the table.
pub(crate) struct Route {
    /// `GET` also serves `HEAD`; `*` serves any method.
    pub(crate) method: &'static str,
    /// Segments; `{name}` stands for any one segment.
    pub(crate) pattern: &'static str,
    pub(crate) handler: Handler,
    pub(crate) kind: Kind,
}

/// How a route takes part in what is done to requests in general.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Counted, with the asked latency and errors.
    Usual,
    /// Counted; it misbehaves in its own way only.
    Fault,
    /// Not counted, and always at once.
    Uncounted,
}

/// All routes of a target.
pub(crate) struct Table {
    routes: Vec<Route>,
    patterns: Vec<&'static str>,
}

/// The pattern under which requests to no route are counted.
const UNKNOWN: &str = "(unknown)";

/// What the table says about a request.
pub(crate) struct Found {
    /// The position of the pattern in [`Table::patterns`].
    pub(crate) slot: usize,
    pub(crate) kind: Kind,
    pub(crate) target: Target,
}

/// Where a request goes.
pub(crate) enum Target {
    Handler(Handler),
    /// The path is known; these methods are served, each on a line of the table.
    OtherMethods(Vec<&'static str>),
    Nowhere,
}

impl Table {
    pub(crate) fn new(routes: Vec<Route>) -> Self {
        let mut patterns = Vec::new();
        for route in &routes {
            if !patterns.contains(&route.pattern) {
                patterns.push(route.pattern);
            }
        }
        patterns.push(UNKNOWN);
        Self { routes, patterns }
    }

    /// The distinct patterns; the last one stands for all unknown paths.
    pub(crate) fn patterns(&self) -> &[&'static str] {
        &self.patterns
    }

    pub(crate) fn find(&self, method: &str, path: &str) -> Found {
        let mut others: Option<(&Route, Vec<&'static str>)> = None;
        for route in self
            .routes
            .iter()
            .filter(|route| matches(route.pattern, path))
        {
            if serves(route.method, method) {
                return self.found(route, Target::Handler(route.handler));
            }
            others
                .get_or_insert((route, Vec::new()))
                .1
                .push(route.method);
        }
        match others {
            Some((route, methods)) => self.found(route, Target::OtherMethods(methods)),
            None => Found {
                slot: self.patterns.len() - 1,
                kind: Kind::Usual,
                target: Target::Nowhere,
            },
        }
    }

    fn found(&self, route: &Route, target: Target) -> Found {
        let slot = self
            .patterns
            .iter()
            .position(|pattern| *pattern == route.pattern);
        Found {
            slot: slot.unwrap_or(self.patterns.len() - 1),
            kind: route.kind,
            target,
        }
    }
}

fn serves(served: &str, method: &str) -> bool {
    served == "*" || served == method || (served == "GET" && method == "HEAD")
}

fn is_variable(segment: &str) -> bool {
    segment.starts_with('{')
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    pattern.split('/').all(|wanted| {
        segments
            .next()
            .is_some_and(|found| found == wanted || (is_variable(wanted) && !found.is_empty()))
    }) && segments.next().is_none()
}

/// The variable parts of a path that matches `pattern`.
pub(crate) fn captures<'a>(pattern: &str, path: &'a str) -> Vec<&'a str> {
    let pairs = pattern.split('/').zip(path.split('/'));
    pairs
        .filter(|(wanted, _)| is_variable(wanted))
        .map(|(_, found)| found)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &'static str, path: &str, expected: Option<&[&str]>) {
        let found = matches(pattern, path).then(|| captures(pattern, path));
        assert_eq!(found.as_deref(), expected, "{pattern} on {path}");
    }

    #[test]
    fn patterns_match_whole_segments() {
        check("/a/{x}", "/a/b", Some(&["b"]));
        check("/a/{x}/{y}", "/a/b/c", Some(&["b", "c"]));
        check("/a", "/a", Some(&[]));
        check("/", "/", Some(&[]));
        check("/a/{x}", "/a/", None);
        check("/a/{x}", "/a", None);
        check("/a/{x}", "/a/b/c", None);
        check("/a", "/a/", None);
    }
}
