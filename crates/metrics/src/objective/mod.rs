//! What must hold: objectives as values, and what came of them.
//!
//! In: the text of an objective ([`parse`]), and what a run has observed. Out: [`Verdict`]s
//! ([`judge`]). Nothing here decides when a run is judged, or how a verdict looks.
//!
//! | module | what it holds |
//! |---|---|
//! | [`term`] | what an objective speaks of: subject, series, scope |
//! | [`parse`] | the language: text to [`Objective`], with the place of what is wrong |
//! | `phrase`, `levels` | its left side; its forms with several limits |
//! | `pointed` | such a fault as it is shown |
//! | [`language`] | its words as data, for the parser and the reference page |
//! | [`verdict`] | what came of an objective |
//! | `source` | the value of a term, wherever it comes from |
//! | `whole`, `tally` | all numbers of a scenario; some of its slices |
//! | `missing` | why there is no value |
//! | `watch` | windows, second by second |
//! | `test` | whether a value is as a rule wants it |
//! | [`judge`] | the verdicts of a run |
//! | `live` | the same while it goes: what is broken already, and what the end will not tell |
//! | `growth` | how fast a value grows |
//! | `breaking` | the load at which an objective broke |
//! | `words` | numbers in the sentence of a verdict |

mod breaking;
mod cursor;
mod growth;
pub mod judge;
pub mod language;
mod levels;
pub mod live;
mod missing;
mod number;
pub mod parse;
mod phrase;
mod pointed;
mod source;
mod tally;
pub mod term;
mod test;
pub mod verdict;
mod watch;
mod whole;
mod words;

use std::time::Duration;

pub use judge::verdicts;
pub use live::Judge;
pub use parse::{Fault, Part};
pub use source::fits;
use term::{SeriesName, Term};
pub use verdict::{Breaking, Judgement, Outcome, Sighting, Tier, Verdict, worst};

use crate::measure::Unit;

/// Whether an objective decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Severity {
    /// Missed, the run has failed.
    #[default]
    Fail,
    /// Missed, the run has a warning.
    Warn,
}

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// What reports call it: the text as its author wrote it, in one line.
    pub text: String,
    /// What must hold.
    pub rule: Rule,
    /// Whether it decides.
    pub severity: Severity,
    /// Whether nothing to judge it by is a warning only, as of a GPU where there is none.
    pub optional: bool,
    /// Whether its scenario ends as soon as it is broken.
    pub stop: bool,
    /// The only scenario that it is judged in; without one each measured scenario by itself.
    pub scenario: Option<String>,
    /// The unit that its limits are written in, where one is: of money the currency. Numbers
    /// without one are in the unit of the term.
    pub unit: Option<Unit>,
}

/// What must hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// A value beside a limit: `p95 < 300ms`, `p95 in a < 0.8 * p95 in b`.
    Compare {
        /// The value.
        left: Term,
        /// How the two must stand.
        comparison: Comparison,
        /// The limit.
        right: Limit,
        /// When.
        window: Window,
    },
    /// A value within two limits, both included: `cache_hit_rate between 80% and 90%`.
    Between {
        /// The value.
        term: Term,
        /// The lower limit, in the unit of the term.
        low: f64,
        /// The upper limit.
        high: f64,
        /// When.
        window: Window,
    },
    /// A target and what is still acceptable: better than the first is met, better than the
    /// second a warning, anything else broken.
    Tiers {
        /// The value.
        term: Term,
        /// How the value must stand to the limits.
        comparison: Comparison,
        /// Met.
        target: f64,
        /// Tolerable.
        acceptable: f64,
    },
    /// A word for the value: the first grade whose limit holds, else [`POOR`].
    Grades {
        /// The value.
        term: Term,
        /// How the value must stand to the limits.
        comparison: Comparison,
        /// Words and their limits, best first.
        grades: Vec<(String, f64)>,
        /// The worst grade that passes; without one a grade describes and does not decide.
        at_least: Option<String>,
    },
}

/// The grade of a value that earns none.
pub const POOR: &str = "poor";

/// How a value must stand to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

impl Comparison {
    /// Whether `value` stands so to `limit`.
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Comparison::Below => value < limit,
            Comparison::AtMost => value <= limit,
            Comparison::Above => value > limit,
            Comparison::AtLeast => value >= limit,
            Comparison::Equal => value == limit,
            Comparison::Unequal => value != limit,
        }
    }

    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Below => "<",
            Comparison::AtMost => "<=",
            Comparison::Above => ">",
            Comparison::AtLeast => ">=",
            Comparison::Equal => "==",
            Comparison::Unequal => "!=",
        }
    }
}

impl Rule {
    /// The values that it speaks of; the first one is judged.
    pub fn terms(&self) -> Vec<&Term> {
        match self {
            Rule::Compare { left, right, .. } => match right {
                Limit::Number(_) => vec![left],
                Limit::Term { term, .. } => vec![left, term],
            },
            Rule::Between { term, .. } | Rule::Tiers { term, .. } | Rule::Grades { term, .. } => {
                vec![term]
            }
        }
    }

    /// When it must hold.
    pub fn window(&self) -> Window {
        match self {
            Rule::Compare { window, .. } | Rule::Between { window, .. } => *window,
            Rule::Tiers { .. } | Rule::Grades { .. } => Window::Whole,
        }
    }
}

/// Where an objective is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    /// In each measured scenario by itself.
    Each,
    /// In the scenario of this name.
    One(String),
    /// Once, over scenarios.
    Across,
}

impl Objective {
    /// The values that it speaks of; the first one is judged.
    pub fn terms(&self) -> Vec<&Term> {
        self.rule.terms()
    }

    /// The names of the series that it speaks of, beside the response times: built-in
    /// measures and metrics that must be declared.
    pub fn metrics(&self) -> Vec<SeriesName> {
        let mut names: Vec<SeriesName> = Vec::new();
        for term in self.terms() {
            if let term::Subject::Goodput(good) = &term.subject {
                names.extend(good.limits.iter().map(|(name, _)| name.clone()));
            }
            names.extend(term.subject.series().cloned());
        }
        names.retain(|name| **name != *term::RESPONSE_TIME);
        names.sort();
        names.dedup();
        names
    }

    /// What speaks against a metric of that unit and kind where this objective names it: a
    /// trend by its name alone, a limit in another unit.
    pub fn misuse(&self, metric: &crate::Metric) -> Option<String> {
        let name = &metric.name;
        let of_it = |term: &&Term| term.subject.series() == Some(name);
        let terms = self.terms();
        let term = terms.into_iter().find(of_it)?;
        let bare = matches!(term.subject, term::Subject::Named(_));
        if bare && metric.kind == crate::Kind::Trend {
            return Some(format!(
                "`{name}` is a trend, which has many values: say which one, as p95 {name} or avg {name}"
            ));
        }
        let unit = self.unit.as_ref().filter(|_| term.unit().is_none())?;
        let wanted = match metric.kind {
            crate::Kind::Rate if bare => &Unit::Share,
            _ => &metric.unit,
        };
        number::convert(1.0, unit, wanted)
            .is_none()
            .then(|| format!("`{name}` counts in {wanted}, and the limit in {unit}"))
    }

    /// Takes what stands behind `of` for a gauge where it is one: `avg of api.cpu` speaks of the
    /// gauge `api.cpu`, not of requests to an endpoint with that name.
    pub fn name_gauges(&mut self, is_gauge: impl Fn(&str) -> bool) {
        let terms: Vec<&mut Term> = match &mut self.rule {
            Rule::Compare { left, right, .. } => match right {
                Limit::Number(_) => vec![left],
                Limit::Term { term, .. } => vec![left, term],
            },
            Rule::Between { term, .. } | Rule::Tiers { term, .. } | Rule::Grades { term, .. } => {
                vec![term]
            }
        };
        for term in terms {
            term.name_gauge(&is_gauge);
        }
    }

    /// Where it is judged.
    pub fn home(&self) -> Home {
        let terms = self.terms();
        if terms.iter().any(|term| term.spans()) {
            return Home::Across;
        }
        if let Some(scenario) = &self.scenario {
            return Home::One(scenario.clone());
        }
        let named: Vec<_> = terms
            .iter()
            .map(|term| term.scope.scenario.clone())
            .collect();
        match named.as_slice() {
            [Some(one)] => Home::One(one.clone()),
            [Some(one), Some(other)] if one == other => Home::One(one.clone()),
            [Some(_), Some(_)] => Home::Across,
            _ => Home::Each,
        }
    }

    /// Why it cannot end its scenario as soon as it is broken; `None` if it can.
    pub fn stop_fault(&self) -> Option<&'static str> {
        if self.is_told_elsewhere() || self.home() == Home::Across {
            return Some("it can be told only when its scenarios have ended");
        }
        if matches!(self.rule, Rule::Grades { at_least: None, .. }) {
            return Some("its grades describe and do not decide; say `at_least`");
        }
        (self.is_grown() && self.rule.window() == Window::Whole && !self.has_upper_limit())
            .then_some(
                "its value grows to the limit with time; give it a window, or leave it to the end",
            )
    }

    /// Whether more than the numbers of one scenario until now are needed to judge it.
    fn is_told_elsewhere(&self) -> bool {
        let terms = self.terms();
        terms.iter().any(|term| {
            term.over != term::Over::Itself || (terms.len() > 1 && term.scope.scenario.is_some())
        })
    }

    /// Whether its value can only become larger while a scenario runs, or may be such a one.
    fn is_grown(&self) -> bool {
        use term::Subject;
        matches!(
            self.terms()[0].subject,
            Subject::Requests
                | Subject::Failures
                | Subject::Users
                | Subject::Missed
                | Subject::Cost
                | Subject::Max(_)
                | Subject::Sum(_)
                | Subject::Named(_)
        )
    }

    /// Whether it can only become worse while a scenario runs.
    fn only_grows(&self) -> bool {
        let sure = !matches!(self.terms()[0].subject, term::Subject::Named(_));
        sure && self.is_grown() && self.has_upper_limit()
    }

    /// Whether it is broken for good once its value is above a limit, and by nothing else.
    fn has_upper_limit(&self) -> bool {
        let comparison = match &self.rule {
            Rule::Compare { comparison, .. }
            | Rule::Tiers { comparison, .. }
            | Rule::Grades { comparison, .. } => *comparison,
            Rule::Between { .. } => return false,
        };
        let of_nothing = matches!(
            &self.rule,
            Rule::Compare {
                right: Limit::Number(0.0),
                ..
            }
        );
        match comparison {
            Comparison::Below | Comparison::AtMost => true,
            // `failures == 0`
            Comparison::Equal => of_nothing,
            _ => false,
        }
    }
}

/// What a value is held against.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// A number in the unit of the term: milliseconds, shares from 0 to 1, counts.
    Number(f64),
    /// So many times another value.
    Term {
        /// What it is multiplied by.
        factor: f64,
        /// The other value.
        term: Term,
    },
}

/// When a rule must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Window {
    /// Over the whole scenario.
    #[default]
    Whole,
    /// The rule names what is bad, and is broken when that was so in every second of this
    /// span: `error_rate > 5% for 10s`.
    EverySecond(Duration),
    /// Over every span of this length, all its requests together: `p95 < 1s within 30s`.
    Within(Duration),
}
