//! What is counted of an answer beside its time: whether it came from a cache, the tokens
//! that it used, the states that it tells of, the numbers in it.
//!
//! In: an answer, whether it counts as failed or not. Out: values for the books. What is
//! not there, or is no number, is not counted and is no failure. Most requests ask for none
//! of it.

use std::time::Duration;

use gatecrash_metrics::objective::term::Subject;
use gatecrash_metrics::{Kind, Measure, Metric, Unit};
use gatecrash_net::Head;
use gatecrash_plan::model::judging::cache_word;
use gatecrash_plan::model::{CacheFrom, HttpStep, Plan, Price, StatePlan, Template};
use serde_json::Value;

use super::check::{Demand, same};
use super::extract::{Received, Source};
use super::jsonpath::JsonPath;
use super::plan::Compiling;
use super::template::Scope;
use super::values::{Names, text_of};
use crate::noted::{Noted, Usage};

/// What a plan wants counted of the answers of a class.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    plan: &'a Plan,
    states: Vec<StatePlan>,
    /// Every metric that answers can be measured by; numbers are places among them.
    pub(super) metrics: Vec<Metric>,
    /// Counters that an objective names: they are 0 until something is counted.
    pub(super) judged_counters: Vec<usize>,
    /// An objective speaks of tokens.
    judges_tokens: bool,
}

impl<'a> Asked<'a> {
    /// What `plan` wants of a class with these states of its own.
    pub(super) fn of(plan: &'a Plan, states: &[StatePlan]) -> Asked<'a> {
        let mut asked = Asked {
            plan,
            states: states.to_vec(),
            metrics: plan.recorded_metrics(),
            judged_counters: Vec::new(),
            judges_tokens: judges_tokens(plan),
        };
        let usual = StatePlan::rate_limited();
        if !asked.states.iter().any(|state| state.name == usual.name) {
            asked.states.push(usual);
        }
        for at in 0..asked.states.len() {
            if asked.place(&asked.states[at]).is_none() {
                asked.metrics.push(counter(&asked.states[at]));
            }
        }
        let objectives = plan.all_objectives();
        let named: Vec<_> = objectives.iter().flat_map(|one| one.metrics()).collect();
        let metrics = asked.metrics.iter().enumerate();
        let judged =
            metrics.filter(|(_, one)| one.kind == Kind::Counter && named.contains(&one.name));
        asked.judged_counters = judged.map(|(place, _)| place).collect();
        asked
    }

    fn place(&self, state: &StatePlan) -> Option<usize> {
        let name = state.metric_name();
        self.metrics.iter().position(|metric| *metric.name == *name)
    }

    /// Whether somebody wants to know the tokens of requests of this name.
    fn wants_tokens(&self, step: &HttpStep) -> bool {
        self.judges_tokens || step.expected_tokens.is_some() || self.charges_tokens(step)
    }

    fn charges_tokens(&self, step: &HttpStep) -> bool {
        let Some(prices) = &self.plan.prices else {
            return false;
        };
        match Template::as_constant(&step.name) {
            Some(name) => prices.of(&step.method, name).has_tokens(),
            None => self.some_charge_tokens(),
        }
    }

    /// Whether the tokens of some request cost something.
    fn some_charge_tokens(&self) -> bool {
        let endpoints = self.plan.prices.iter().flat_map(|prices| &prices.endpoints);
        endpoints.map(|(_, price)| price).any(Price::has_tokens)
    }

    /// Places of the states' counters, and what an answer must be.
    fn compile_states(&self, names: &mut Names<'_>) -> Result<Vec<(usize, Vec<Demand>)>, String> {
        let states = self.states.iter().map(|state| {
            let demands = state.when.iter();
            let demands = demands.map(|check| Demand::compile(check, names));
            let place = self.place(state).unwrap_or(usize::MAX);
            Ok((place, demands.collect::<Result<_, String>>()?))
        });
        states.collect()
    }
}

/// The counter of a state.
fn counter(state: &StatePlan) -> Metric {
    Metric {
        name: state.metric_name().into(),
        unit: Unit::Count,
        kind: Kind::Counter,
    }
}

/// Whether an objective of the plan can be judged only when tokens are read.
fn judges_tokens(plan: &Plan) -> bool {
    const MEASURES: [Measure; 3] = [Measure::Tokens, Measure::TokensIn, Measure::TokensCached];
    let objectives = plan.all_objectives();
    objectives.iter().any(|objective| {
        let names = objective.metrics();
        let speaks_of = |measure: &Measure| {
            let name = measure.name();
            names.iter().any(|known| Some(&**known) == name)
        };
        let terms = objective.terms();
        MEASURES.iter().any(speaks_of)
            || terms
                .iter()
                .any(|term| term.subject == Subject::TokensPerSecond)
    })
}

/// What is counted of the answers of one step.
#[derive(Debug)]
pub(super) struct Account {
    cache: Cache,
    /// Places of metrics, and where their values are.
    measures: Vec<(usize, Source)>,
    /// Places of counters, and what an answer must be.
    states: Vec<(usize, Vec<Demand>)>,
    reads_usage: bool,
}

/// How an answer tells whether it came from a cache.
#[derive(Debug)]
enum Cache {
    Off,
    Headers,
    Json(JsonPath, Option<Value>),
    Header(Box<str>, Option<Box<[u8]>>),
}

impl Account {
    /// Compiles what is counted of a step.
    ///
    /// # Errors
    /// A path or an expression that is none.
    pub(super) fn compile(step: &HttpStep, class: &mut Compiling<'_>) -> Result<Account, String> {
        let measures = step.measure.iter();
        let measures = measures.map(|take| Ok((take.metric, Source::compile(&take.from)?)));
        let asked = class.asked;
        Ok(Account {
            cache: Cache::compile(&step.cache)?,
            states: asked.compile_states(&mut class.names)?,
            measures: measures.collect::<Result<_, String>>()?,
            reads_usage: step.stream.is_none() && asked.wants_tokens(step),
        })
    }

    /// The same for all answers of users whose requests no step describes.
    ///
    /// # Errors
    /// A path or an expression that is none.
    pub(super) fn of_all(
        cache: &CacheFrom,
        asked: &Asked<'_>,
        names: &mut Names<'_>,
    ) -> Result<Account, String> {
        Ok(Account {
            cache: Cache::compile(cache)?,
            states: asked.compile_states(names)?,
            measures: Vec::new(),
            reads_usage: asked.judges_tokens || asked.some_charge_tokens(),
        })
    }

    /// Whether the metric at a place is the counter of a state.
    pub(super) fn tells(&self, place: usize) -> bool {
        self.states.iter().any(|(state, _)| *state == place)
    }

    /// Whether it looks at the body.
    pub(super) fn reads_body(&self) -> bool {
        self.reads_usage
            || matches!(self.cache, Cache::Json(..))
            || self.measures.iter().any(|(_, source)| source.reads_body())
            || self.demands().any(Demand::reads_body)
    }

    /// Whether of an answer with a status below 400 nothing is counted but what every head
    /// tells.
    pub(super) fn asks_nothing(&self) -> bool {
        matches!(self.cache, Cache::Headers)
            && self.measures.is_empty()
            && !self.reads_usage
            && self
                .states
                .iter()
                .all(|(_, demands)| demands.iter().any(Demand::is_of_errors_only))
    }

    /// How many paths into JSON it follows.
    pub(super) fn paths(&self) -> usize {
        usize::from(matches!(self.cache, Cache::Json(..)))
            + self
                .measures
                .iter()
                .map(|(_, from)| from.paths())
                .sum::<usize>()
            + self.demands().map(Demand::paths).sum::<usize>()
    }

    fn demands(&self) -> impl Iterator<Item = &Demand> {
        self.states.iter().flat_map(|(_, demands)| demands)
    }

    /// What the books shall know of an answer beside its time; `tell` hears of metrics, by
    /// their places, and their values.
    pub(super) fn note(
        &self,
        answer: &Judged<'_>,
        mut tell: impl FnMut(usize, f64),
    ) -> Noted<'static> {
        for (place, source) in &self.measures {
            let found = source.find(answer.received).ok().flatten();
            if let Some(number) = found.as_ref().and_then(number) {
                tell(*place, number);
            }
        }
        for (place, demands) in &self.states {
            if demands.iter().all(|demand| answer.is(demand)) {
                tell(*place, 1.0);
            }
        }
        let told = Noted::of(answer.head);
        Noted {
            hit: match &self.cache {
                Cache::Headers => told.hit,
                cache => cache.hit(answer.received),
            },
            usage: match self.reads_usage && told.is_charged {
                true => Usage::of_json(answer.received.body),
                false => Usage::default(),
            },
            ..told
        }
    }
}

/// An answer that is looked at.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) head: &'a Head,
    pub(super) received: &'a Received<'a>,
    pub(super) time: Duration,
    pub(super) body_bytes: u64,
    pub(super) scope: Scope<'a>,
}

impl Judged<'_> {
    fn is(&self, demand: &Demand) -> bool {
        demand.holds(self.received, self.time, self.body_bytes, self.scope)
    }
}

impl Cache {
    fn compile(from: &CacheFrom) -> Result<Cache, String> {
        Ok(match from {
            CacheFrom::Off => Cache::Off,
            CacheFrom::Headers => Cache::Headers,
            CacheFrom::Json { path, hit } => Cache::Json(JsonPath::compile(path)?, hit.clone()),
            CacheFrom::Header { name, hit } => {
                let hit = hit.as_ref().map(|hit| hit.to_ascii_lowercase());
                Cache::Header(name.as_str().into(), hit.map(|hit| hit.into_bytes().into()))
            }
        })
    }

    /// What an answer tells in its own way; the usual headers are read elsewhere.
    fn hit(&self, received: &Received<'_>) -> Option<bool> {
        match self {
            Cache::Off | Cache::Headers => None,
            Cache::Json(path, hit) => {
                let found = received.json(path).ok().flatten()?;
                match hit {
                    Some(hit) => Some(same(hit, &found)),
                    None => cache_word(&text_of(&found)),
                }
            }
            Cache::Header(name, hit) => {
                let value = received.header(name)?;
                match hit {
                    Some(hit) => {
                        let value = value.to_ascii_lowercase();
                        Some(memchr::memmem::find(value.as_bytes(), hit).is_some())
                    }
                    None => cache_word(&value),
                }
            }
        }
    }
}

/// A value as a number: also one that is written as text; yes is 1, no is 0.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Value::String(text) => match text.trim() {
            "true" => Some(1.0),
            "false" => Some(0.0),
            text => text.parse().ok().filter(|number: &f64| number.is_finite()),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_numbers_however_they_are_written() {
        assert_eq!(number(&json!(3)), Some(3.0));
        assert_eq!(number(&json!(" 0.25 ")), Some(0.25));
        assert_eq!(number(&json!(true)), Some(1.0));
        assert_eq!(number(&json!("false")), Some(0.0));
        for none in [json!(null), json!("NaN"), json!("a"), json!([1]), json!({})] {
            assert_eq!(number(&none), None, "{none}");
        }
    }
}
