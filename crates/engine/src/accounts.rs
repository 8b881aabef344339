//! What is counted beside the requests because somebody asked for it: costs, by prices; good
//! requests, by the limits of an objective; the requests of single classes of users.
//!
//! In: objectives and prices. Out: values for the shard of a lane. A run without them pays
//! one comparison for each request.

use std::sync::Arc;

use gatecrash_metrics::measure::Phases;
use gatecrash_metrics::objective::Objective;
use gatecrash_metrics::objective::term::{Goodput, RESPONSE_TIME, Subject};
use gatecrash_metrics::{EndpointId, Kind, Measure, Metric, MetricId, Sample, Shard, Unit, UserId};
use gatecrash_plan::model::{Price, Prices, Used};

use crate::journey::GuestAnswers;
use crate::noted::Noted;

/// What a run counts beside its requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    prices: Option<Arc<Prices>>,
    goodputs: Vec<Goodput>,
    /// Classes of users that are counted by themselves.
    users: Vec<String>,
    /// What is looked at in the answers of guests.
    answers: Option<Arc<GuestAnswers>>,
}

impl Accounts {
    /// What these objectives ask for, what these prices make of requests, and what is looked
    /// at in the answers of guests.
    pub(crate) fn of(
        objectives: &[Objective],
        prices: Option<Arc<Prices>>,
        answers: Option<Arc<GuestAnswers>>,
    ) -> Accounts {
        let mut accounts = Accounts {
            prices,
            answers,
            ..Accounts::default()
        };
        for term in objectives.iter().flat_map(Objective::terms) {
            if let Subject::Goodput(goodput) = &term.subject
                && !accounts.goodputs.contains(goodput)
            {
                accounts.goodputs.push(goodput.clone());
            }
            if let Some(user) = &term.scope.user
                && !accounts.users.contains(user)
            {
                accounts.users.push(user.clone());
            }
        }
        accounts
    }

    /// What a run without a plan is to count of its guests' requests so that these objectives
    /// can be judged; `None` if the requests themselves are enough.
    pub(crate) fn of_guests(objectives: &[Objective]) -> Option<Accounts> {
        let answers = GuestAnswers::asked_for(objectives).map(Arc::new);
        Some(Accounts::of(objectives, None, answers)).filter(Accounts::ask_guests)
    }

    /// Whether anything is counted of the requests of guests beside the requests themselves.
    pub(crate) fn ask_guests(&self) -> bool {
        let is_nothing = self.prices.is_none()
            && self.answers.is_none()
            && self.goodputs.is_empty()
            && self.users.is_empty();
        !is_nothing
    }

    /// What is looked at in the answers of guests.
    pub(crate) fn answers(&self) -> Option<Arc<GuestAnswers>> {
        self.answers.clone()
    }
}

/// Whether an objective can be judged only when answers are looked at.
pub(crate) fn speaks_of_answers(objectives: &[Objective]) -> bool {
    const TOLD: [Measure; 7] = [
        Measure::CacheHit,
        Measure::HitTime,
        Measure::MissTime,
        Measure::RetryAfter,
        Measure::Tokens,
        Measure::TokensIn,
        Measure::TokensCached,
    ];
    let is_told = |name: &str| {
        name.starts_with("state.") || TOLD.iter().any(|measure| measure.name() == Some(name))
    };
    objectives.iter().any(|objective| {
        let terms = objective.terms();
        let mut subjects = terms.iter().map(|term| &term.subject);
        subjects.any(|one| matches!(one, Subject::CacheHitRate | Subject::TokensPerSecond))
            || objective.metrics().iter().any(|name| is_told(name))
    })
}

/// The same on one lane, in one scenario.
#[derive(Debug, Default)]
pub(crate) struct LaneAccounts {
    prices: Option<Arc<Prices>>,
    /// By the numbers of the endpoints, as far as these are known.
    by_endpoint: Vec<Option<Price>>,
    goodputs: Vec<Good>,
    /// By the places of the classes; empty where nobody is followed.
    users: Vec<Option<UserId>>,
}

/// When a request is a good one.
#[derive(Debug)]
struct Good {
    metric: MetricId,
    limits: Vec<(Value, f64)>,
}

/// A value that a request may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    ResponseTime,
    Measured(Measure),
    /// No request has it.
    Unknown,
}

/// A request that is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Over<'a> {
    pub(crate) endpoint: EndpointId,
    pub(crate) response_time_ms: f64,
    pub(crate) service_time_ms: Option<f64>,
    pub(crate) has_failed: bool,
    pub(crate) noted: &'a Noted<'a>,
}

impl LaneAccounts {
    /// For classes of these names; `declare` gives numbers to metrics.
    pub(crate) fn new<'a>(
        accounts: &Accounts,
        classes: impl Iterator<Item = &'a str>,
        shard: &mut Shard,
        now_epoch_s: f64,
        mut declare: impl FnMut(&mut Shard, Metric) -> MetricId,
    ) -> LaneAccounts {
        let goodputs = accounts.goodputs.iter().map(|goodput| {
            let metric = Metric {
                name: goodput.metric_name().into(),
                unit: Unit::Share,
                kind: Kind::Rate,
            };
            let limits = goodput.limits.iter();
            Good {
                metric: declare(shard, metric),
                limits: limits.map(|(name, limit)| (value(name), *limit)).collect(),
            }
        });
        let goodputs = goodputs.collect();
        let mut follow = |class: &str| {
            let is_asked_for = accounts.users.iter().any(|user| user == class);
            is_asked_for
                .then(|| shard.follow_user(class, now_epoch_s))
                .flatten()
        };
        let users: Vec<_> = classes.map(&mut follow).collect();
        LaneAccounts {
            prices: accounts.prices.clone(),
            by_endpoint: Vec::new(),
            goodputs,
            users: match users.iter().any(Option::is_some) {
                true => users,
                false => Vec::new(),
            },
        }
    }

    /// A new endpoint.
    pub(crate) fn add_endpoint(&mut self, id: EndpointId, method: &str, name: &str) {
        if let Some(prices) = &self.prices {
            let at = id.0 as usize;
            if self.by_endpoint.len() <= at {
                self.by_endpoint.resize(at + 1, None);
            }
            self.by_endpoint[at] = Some(prices.of(method, name));
        }
    }

    /// The same for one that stands in the shard, unless it is known.
    pub(crate) fn note_endpoint(&mut self, shard: &Shard, id: EndpointId) {
        let known = self.by_endpoint.get(id.0 as usize);
        if self.prices.is_some()
            && !matches!(known, Some(Some(_)))
            && let Some(endpoint) = shard.endpoint(id)
        {
            self.add_endpoint(id, &endpoint.method, &endpoint.name);
        }
    }

    /// The books of a class, if somebody asked for them.
    pub(crate) fn user(&self, class: usize) -> Option<UserId> {
        self.users.get(class).copied().flatten()
    }

    /// Whether a request that told nothing is none of its business.
    pub(crate) fn is_empty(&self) -> bool {
        self.prices.is_none() && self.goodputs.is_empty()
    }

    /// Tells all values of a request that is over, beside its times.
    pub(crate) fn account(&self, over: &Over<'_>, mut tell: impl FnMut(Measure, f64)) {
        let Noted {
            hit,
            retry_after_s,
            measures,
            ..
        } = *over.noted;
        measures
            .iter()
            .for_each(|&(measure, value)| tell(measure, value));
        if let Some(hit) = hit {
            tell(Measure::CacheHit, f64::from(u8::from(hit)));
            let measure = match hit {
                true => Measure::HitTime,
                false => Measure::MissTime,
            };
            tell(measure, over.response_time_ms);
        }
        if let Some(seconds) = retry_after_s {
            tell(Measure::RetryAfter, seconds);
        }
        self.charge(over, &mut tell);
        for good in &self.goodputs {
            if let Some(is_good) = good.of(over) {
                tell(Measure::Custom(good.metric), f64::from(u8::from(is_good)));
            }
        }
    }

    fn charge(&self, over: &Over<'_>, tell: &mut impl FnMut(Measure, f64)) {
        let price = self.by_endpoint.get(over.endpoint.0 as usize);
        let Some(price) = price.copied().flatten().filter(|_| over.noted.is_charged) else {
            return;
        };
        let tokens = |count: Option<u64>| count.unwrap_or(0) as f64;
        let usage = &over.noted.usage;
        let charge = price.charge(&Used {
            hit: over.noted.hit == Some(true),
            tokens_in: tokens(usage.tokens_in),
            tokens_cached: tokens(usage.tokens_cached),
            tokens_out: tokens(usage.tokens_out),
        });
        tell(Measure::Cost, charge.cost);
        if charge.saved != 0.0 {
            tell(Measure::CostSaved, charge.saved);
        }
    }
}

impl Good {
    /// Whether a request kept all limits; `None` where it does not have these values, as one
    /// without a stream has no `ttft`. One that failed is not good, and an answer of one
    /// token, which has no `tpot`, keeps every limit of it.
    fn of(&self, over: &Over<'_>) -> Option<bool> {
        if over.has_failed {
            return Some(false);
        }
        let mut is_good = true;
        for &(value, limit) in &self.limits {
            match over.value(value) {
                Some(value) => is_good &= value < limit,
                None if value == Value::Measured(Measure::Tpot) && over.is_stream() => {}
                None => return None,
            }
        }
        Some(is_good)
    }
}

impl Over<'_> {
    fn value(&self, value: Value) -> Option<f64> {
        match value {
            Value::ResponseTime => Some(self.response_time_ms),
            Value::Measured(Measure::ServiceTime) => {
                Some(self.service_time_ms.unwrap_or(self.response_time_ms))
            }
            Value::Measured(measure) => self.measured(measure),
            Value::Unknown => None,
        }
    }

    fn measured(&self, wanted: Measure) -> Option<f64> {
        let mut measures = self.noted.measures.iter();
        let found = measures.find(|(measure, _)| *measure == wanted);
        found.map(|(_, value)| *value)
    }

    fn is_stream(&self) -> bool {
        self.measured(Measure::Ttft).is_some()
    }
}

fn value(name: &str) -> Value {
    match name {
        RESPONSE_TIME => Value::ResponseTime,
        _ => Measure::named(name).map_or(Value::Unknown, Value::Measured),
    }
}

/// Counts a request once more, for its class.
pub(crate) fn record_user(
    shard: &mut Shard,
    user: UserId,
    sample: &Sample,
    phases: &Phases,
    service_time_ms: Option<f64>,
    has_failed: bool,
) {
    shard.record_user(user, sample, has_failed);
    let service_time = service_time_ms.map(|ms| (Measure::ServiceTime, ms));
    for (measure, ms) in phases.iter().chain(service_time) {
        shard.measure_user(user, measure, ms);
    }
}
