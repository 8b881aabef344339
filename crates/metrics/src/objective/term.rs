//! What an objective speaks of.
//!
//! In: what [`super::parse`] has read. Out: plain data; [`super::judge`] finds the value.

use std::fmt;
use std::time::Duration;

use super::cursor::KEYWORDS;
use crate::measure::{Measure, Unit};

/// A value that a run has, once or in each scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Which number.
    pub subject: Subject,
    /// Of which requests.
    pub scope: Scope,
    /// How a number becomes another one before it is compared.
    pub over: Over,
}

/// Which number.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// The value that the share (0 to 1) of a series does not exceed: `p95`, `p99.9 ttft`.
    Quantile(f64, SeriesName),
    /// `avg`: the mean of a series.
    Mean(SeriesName),
    /// `max`.
    Max(SeriesName),
    /// `min`.
    Min(SeriesName),
    /// `sum`: of a counter, the number itself.
    Sum(SeriesName),
    /// `last`: of a gauge, the number itself.
    Last(SeriesName),
    /// `rate`: of a series of yes and no, the share of yes.
    Share(SeriesName),
    /// A metric by its name alone: the sum of a counter, the last value of a gauge, the
    /// share of a rate. Of a trend it says too little.
    Named(SeriesName),
    /// `error_rate`: failures by requests.
    ErrorRate,
    /// `success_rate`.
    SuccessRate,
    /// `rps`: requests per second.
    RequestsPerSecond,
    /// `requests`.
    Requests,
    /// `failures`.
    Failures,
    /// `users`: as many as there were at most.
    Users,
    /// `missed`: arrivals that did not start.
    Missed,
    /// `lag`: P99 of the schedule's lag, milliseconds.
    Lag,
    /// `cache_hit_rate`: hits by requests of which it is known.
    CacheHitRate,
    /// `cost`: in the plan's currency.
    Cost,
    /// `tokens_per_second`: output tokens of all answers by the scenario's time.
    TokensPerSecond,
    /// `goodput(…)`: requests per second that kept all these limits.
    Goodput(Goodput),
}

/// The limits that a good request keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Goodput {
    /// Series of one request (`ttft`, `tpot`, `response_time` …) and their largest values,
    /// milliseconds.
    pub limits: Vec<(SeriesName, f64)>,
}

impl Goodput {
    /// The name of the metric under which good requests are counted: `goodput(ttft<2000,…)`.
    pub fn metric_name(&self) -> String {
        let limits = self.limits.iter();
        let limits: Vec<String> = limits.map(|(name, ms)| format!("{name}<{ms}")).collect();
        format!("goodput({})", limits.join(","))
    }
}

/// Values by their name: `response_time`, a built-in measure, or a declared metric.
pub type SeriesName = std::sync::Arc<str>;

/// The name of the series that is meant where none is named.
pub const RESPONSE_TIME: &str = "response_time";

/// Of which requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// Endpoints by their names; `*` stands for any text. `GET /items` names the method too.
    pub endpoint: Option<String>,
    /// Each endpoint by itself, rather than all of them together.
    pub each: bool,
    /// A class of users.
    pub user: Option<String>,
    /// A scenario by its name.
    pub scenario: Option<String>,
}

/// How a number becomes another one before it is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Over {
    /// As it is.
    #[default]
    Itself,
    /// `growth of X per 10m`: the robust slope (Theil-Sen) by the value at the start, over
    /// this time.
    Growth(Duration),
    /// `mean over scenarios of X`.
    MeanOverScenarios,
}

/// What is better of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less, as of times and errors.
    Lower,
    /// More, as of hits and goodput.
    Higher,
    /// It depends.
    Either,
}

impl Subject {
    /// The series that it is a number of, if it is one.
    pub fn series(&self) -> Option<&SeriesName> {
        match self {
            Subject::Quantile(_, name)
            | Subject::Mean(name)
            | Subject::Max(name)
            | Subject::Min(name)
            | Subject::Sum(name)
            | Subject::Last(name)
            | Subject::Share(name)
            | Subject::Named(name) => Some(name),
            _ => None,
        }
    }

    fn series_mut(&mut self) -> Option<&mut SeriesName> {
        match self {
            Subject::Quantile(_, name)
            | Subject::Mean(name)
            | Subject::Max(name)
            | Subject::Min(name)
            | Subject::Sum(name)
            | Subject::Last(name)
            | Subject::Share(name)
            | Subject::Named(name) => Some(name),
            _ => None,
        }
    }

    /// Its unit; `None` where only a declared metric says it.
    pub fn unit(&self) -> Option<Unit> {
        Some(match self {
            Subject::Share(_)
            | Subject::ErrorRate
            | Subject::SuccessRate
            | Subject::CacheHitRate => Unit::Share,
            Subject::RequestsPerSecond | Subject::TokensPerSecond | Subject::Goodput(_) => {
                Unit::PerSecond
            }
            Subject::Requests | Subject::Failures | Subject::Users | Subject::Missed => Unit::Count,
            Subject::Lag => Unit::Ms,
            Subject::Cost => Unit::Money,
            series => series_unit(series.series()?)?,
        })
    }

    /// What is better of it.
    pub fn better(&self) -> Better {
        match self {
            Subject::ErrorRate
            | Subject::Failures
            | Subject::Missed
            | Subject::Lag
            | Subject::Cost => Better::Lower,
            Subject::SuccessRate
            | Subject::CacheHitRate
            | Subject::TokensPerSecond
            | Subject::Goodput(_) => Better::Higher,
            Subject::Quantile(_, name)
            | Subject::Mean(name)
            | Subject::Max(name)
            | Subject::Min(name) => series_better(name),
            Subject::Share(name) if **name == *"cache_hit" => Better::Higher,
            _ => Better::Either,
        }
    }
}

/// The unit of a series that is built in.
fn series_unit(name: &str) -> Option<Unit> {
    match name {
        RESPONSE_TIME => Some(Unit::Ms),
        name => Measure::named(name)?.unit(),
    }
}

fn series_better(name: &str) -> Better {
    match series_unit(name) {
        Some(Unit::Ms | Unit::Seconds | Unit::Money) => Better::Lower,
        Some(Unit::PerSecond) => Better::Higher,
        _ => Better::Either,
    }
}

impl Term {
    /// The unit of its value; `None` where only a declared metric says it.
    pub fn unit(&self) -> Option<Unit> {
        match self.over {
            Over::Growth(_) => Some(Unit::Share),
            _ => self.subject.unit(),
        }
    }

    /// See [`super::Objective::name_gauges`].
    pub(super) fn name_gauge(&mut self, is_gauge: &impl Fn(&str) -> bool) {
        let Some(name) = self.scope.endpoint.as_deref().filter(|name| is_gauge(name)) else {
            return;
        };
        if let Some(series) = self.subject.series_mut()
            && **series == *RESPONSE_TIME
        {
            *series = name.into();
            self.scope.endpoint = None;
        }
    }

    /// Whether it speaks of all scenarios together.
    pub fn spans(&self) -> bool {
        self.over == Over::MeanOverScenarios
    }
}

/// As it is written; reads back as itself.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.over {
            Over::Itself => {}
            Over::Growth(_) => f.write_str("growth of ")?,
            Over::MeanOverScenarios => f.write_str("mean over scenarios of ")?,
        }
        write!(f, "{}{}", self.subject, self.scope)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |f: &mut fmt::Formatter<'_>, word: &str, name: &str| match name {
            RESPONSE_TIME => f.write_str(word),
            name => write!(f, "{word} {}", series(name)),
        };
        match self {
            Subject::Quantile(share, name) => of(f, &format!("p{}", percent(*share)), name),
            Subject::Mean(name) => of(f, "avg", name),
            Subject::Max(name) => of(f, "max", name),
            Subject::Min(name) => of(f, "min", name),
            Subject::Sum(name) => write!(f, "sum {}", series(name)),
            Subject::Last(name) => write!(f, "last {}", series(name)),
            Subject::Share(name) => write!(f, "rate {}", series(name)),
            Subject::Named(name) => write!(f, "{}", metric(name)),
            Subject::ErrorRate => f.write_str("error_rate"),
            Subject::SuccessRate => f.write_str("success_rate"),
            Subject::RequestsPerSecond => f.write_str("rps"),
            Subject::Requests => f.write_str("requests"),
            Subject::Failures => f.write_str("failures"),
            Subject::Users => f.write_str("users"),
            Subject::Missed => f.write_str("missed"),
            Subject::Lag => f.write_str("lag"),
            Subject::CacheHitRate => f.write_str("cache_hit_rate"),
            Subject::Cost => f.write_str("cost"),
            Subject::TokensPerSecond => f.write_str("tokens_per_second"),
            Subject::Goodput(good) => write!(f, "{good}"),
        }
    }
}

/// A share as a percentage with no more digits than it needs.
fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}

impl fmt::Display for Goodput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("goodput(")?;
        for (at, (name, limit)) in self.limits.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            let unit = match series_unit(name) {
                Some(Unit::Ms) => "ms",
                Some(Unit::Seconds) => "s",
                _ => "",
            };
            write!(f, "{comma}{} < {limit}{unit}", series(name))?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(endpoint) = &self.endpoint {
            f.write_str(if self.each { " of each " } else { " of " })?;
            match endpoint.split_once(' ') {
                Some((method, name)) if is_method(method) => {
                    write!(f, "{method} {}", plain(name))?;
                }
                _ => write!(f, "{}", plain(endpoint))?,
            }
        }
        if let Some(user) = &self.user {
            write!(f, " of user {}", plain(user))?;
        }
        match &self.scenario {
            Some(scenario) => write!(f, " in {}", plain(scenario)),
            None => Ok(()),
        }
    }
}

fn is_method(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase())
}

/// A name, in quotes unless it is read back without.
struct Quoted<'a>(&'a str, bool);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Quoted(name, is_plain) = *self;
        let quote = if name.contains('"') { '\'' } else { '"' };
        match is_plain {
            true => f.write_str(name),
            false => write!(f, "{quote}{name}{quote}"),
        }
    }
}

/// The name of a series behind the word that says what of it.
fn series(name: &str) -> Quoted<'_> {
    let fits = |c: char| c.is_alphanumeric() || "_.-/".contains(c);
    Quoted(name, name.chars().all(fits) && !KEYWORDS.contains(&name))
}

/// The name of a metric alone, which must not be taken for another subject.
fn metric(name: &str) -> Quoted<'_> {
    let Quoted(_, is_plain) = series(name);
    let begins = name.starts_with(|c: char| c.is_alphabetic());
    Quoted(name, is_plain && begins && !super::language::is_word(name))
}

/// The name of an endpoint, a class of users or a scenario.
fn plain(name: &str) -> Quoted<'_> {
    let ends = |c: char| c.is_whitespace() || "<>".contains(c);
    let begins = !name.starts_with(['"', '\'']) && !KEYWORDS.contains(&name);
    Quoted(name, begins && !is_method(name) && !name.contains(ends))
}
