//! What a run will cost, before a packet is sent.
//!
//! In: the plan's prices and what its scenarios will do. Out: amounts, the formula of each in
//! words, and what is missing for the rest. Never: what it did cost; the engine counts that.
//!
//! The steps that users begin and end with are not in it, nor requests of code.

use std::fmt::Write;
use std::sync::Arc;

use super::amount::{Amount, Sureness};
use super::work::Work;
use super::{ScenarioForecast, count};
use crate::duration::written;
use crate::model::{
    Charge, HttpStep, HttpUsers, Iterations, Load, Plan, Prices, Scenario, Step, Used, UserKind,
};

/// A month, for what a month would cost.
pub const DAYS_OF_A_MONTH: f64 = 30.0;

/// What a plan will cost.
#[derive(Debug, Clone, PartialEq)]
pub struct CostForecast {
    /// The currency of all amounts.
    pub currency: Arc<str>,
    /// Each scenario, in the order of the plan.
    pub scenarios: Vec<ScenarioCost>,
    /// All of them; `None` if the cost of one cannot be told.
    pub total: Option<f64>,
    /// How sure that is.
    pub sureness: Sureness,
    /// What it would cost more without the tokens that are expected from a cache.
    pub saved: f64,
    /// Requests a day and what a month of them would cost, at the mean cost of a request.
    pub per_month: Option<(f64, f64)>,
    /// The run ends at this cost.
    pub budget: Option<f64>,
    /// Above this it asks first.
    pub confirm_above: Option<f64>,
    /// What the estimate does without, each with what to do about it.
    pub missing: Vec<String>,
}

/// What a scenario will cost.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioCost {
    /// Its name.
    pub name: String,
    /// Its cost, if that can be told.
    pub cost: Option<f64>,
    /// How that comes about: `50/s × 2m = 6,000 tasks × 0.002 USD a task = 12.00 USD`.
    pub formula: String,
}

/// What one task costs in the mean, and how many requests it has.
#[derive(Debug, Clone, Copy, Default)]
struct TaskCost {
    charge: Charge,
    requests: f64,
}

impl TaskCost {
    fn plus(self, other: TaskCost, factor: f64) -> TaskCost {
        let sum = |a: f64, b: f64| finite(a + factor * b);
        TaskCost {
            charge: Charge {
                cost: sum(self.charge.cost, other.charge.cost),
                saved: sum(self.charge.saved, other.charge.saved),
            },
            requests: sum(self.requests, other.requests),
        }
    }
}

/// Repetitions within repetitions can be more than there are numbers.
fn finite(amount: f64) -> f64 {
    amount.clamp(f64::MIN, f64::MAX)
}

/// What `plan` will cost when its scenarios do this; `None` without prices.
pub(super) fn forecast(
    plan: &Plan,
    told: &[ScenarioForecast],
    work: &[Work],
) -> Option<CostForecast> {
    let prices = plan.prices.as_ref()?;
    let mut sum = Sum {
        prices,
        missing: Vec::new(),
        all: TaskCost::default(),
        total: Some(0.0),
        sureness: Sureness::Exactly,
    };
    let scenarios = plan.scenarios.iter().zip(told).zip(work);
    let scenarios: Vec<ScenarioCost> = scenarios
        .map(|((scenario, told), work)| sum.scenario(plan, scenario, told, work))
        .collect();
    let per_request = sum.all.charge.cost / sum.all.requests;
    let month = |a_day: f64| (a_day, a_day * DAYS_OF_A_MONTH * per_request);
    Some(CostForecast {
        currency: prices.currency.clone(),
        scenarios,
        total: sum.total,
        sureness: sum.sureness,
        saved: sum.all.charge.saved,
        per_month: plan
            .per_month_at
            .filter(|_| per_request.is_finite())
            .map(month),
        budget: plan.budget,
        confirm_above: plan.confirm_above,
        missing: sum.missing,
    })
}

/// What is put together from scenario to scenario.
struct Sum<'p> {
    prices: &'p Prices,
    missing: Vec<String>,
    /// All tasks of all scenarios, as far as they are known.
    all: TaskCost,
    total: Option<f64>,
    sureness: Sureness,
}

impl Sum<'_> {
    fn scenario(
        &mut self,
        plan: &Plan,
        scenario: &Scenario,
        told: &ScenarioForecast,
        work: &Work,
    ) -> ScenarioCost {
        let a_task = self.a_task(plan, scenario, work);
        let tasks = told.tasks.value();
        let (cost, formula) = match (a_task, tasks) {
            (Some(a_task), Some(tasks)) => {
                self.all = self.all.plus(a_task, tasks);
                let cost = finite(a_task.charge.cost * tasks);
                (Some(cost), self.formula(scenario, told, &a_task, cost))
            }
            (None, _) => {
                let what = "its users are code, which does not say what it requests";
                self.lack(format!("{}: {what}", scenario.name));
                (None, what.to_owned())
            }
            (_, None) => {
                let what = "how many tasks it will do is not known";
                let hint = "say `expected_time` on its tasks";
                self.lack(format!("{}: {what}; {hint}", scenario.name));
                (None, what.to_owned())
            }
        };
        self.total = self.total.zip(cost).map(|(sum, cost)| finite(sum + cost));
        self.sureness = self.sureness.max(told.requests.sureness());
        ScenarioCost {
            name: scenario.name.clone(),
            cost,
            formula,
        }
    }

    fn lack(&mut self, what: String) {
        if !self.missing.contains(&what) {
            self.missing.push(what);
        }
    }

    /// The mean task of a scenario; `None` if some of its users are code.
    fn a_task(&mut self, plan: &Plan, scenario: &Scenario, work: &Work) -> Option<TaskCost> {
        let ends_by_work = match &scenario.load {
            Load::Users { iterations, .. } => iterations.is_some(),
            Load::Rate { .. } => true,
        };
        let shares = work.shares_of_tasks(ends_by_work);
        let mut mean = TaskCost::default();
        for ((place, _), share) in scenario.who.iter().zip(shares) {
            match &plan.users.get(*place)?.kind {
                UserKind::Http(users) => mean = mean.plus(self.of_class(users), share),
                UserKind::Locust(_) | UserKind::Rust(_) => return None,
            }
        }
        Some(mean)
    }

    fn of_class(&mut self, users: &HttpUsers) -> TaskCost {
        let total: f64 = users.tasks.iter().map(|task| task.weight).sum();
        let none = TaskCost::default();
        users.tasks.iter().fold(none, |sum, task| {
            sum.plus(self.of_steps(&task.steps), task.weight / total)
        })
    }

    /// Of two ways each is taken as often as the other.
    fn of_steps(&mut self, steps: &[Step]) -> TaskCost {
        steps
            .iter()
            .fold(TaskCost::default(), |sum, step| match step {
                Step::Http(http) => sum.plus(self.of_request(http), 1.0),
                Step::If {
                    then, otherwise, ..
                } => sum
                    .plus(self.of_steps(then), 0.5)
                    .plus(self.of_steps(otherwise), 0.5),
                Step::Repeat { times, steps } => sum.plus(self.of_steps(steps), f64::from(*times)),
                Step::Think(_) | Step::Set(_) | Step::Socket(_) => sum,
            })
    }

    fn of_request(&mut self, http: &HttpStep) -> TaskCost {
        let name = http.name.written();
        let price = self.prices.of(&http.method, &name);
        if price.has_tokens() && http.expected_tokens.is_none() {
            let method = &http.method;
            self.lack(format!(
                "the tokens of {method} {name} are not in it; say `expected_tokens: {{ in: …, out: … }}` there"
            ));
        }
        let tokens = http.expected_tokens.unwrap_or_default();
        TaskCost {
            charge: price.charge(&Used {
                hit: false,
                tokens_in: tokens.tokens_in,
                tokens_cached: tokens.tokens_cached,
                tokens_out: tokens.tokens_out,
            }),
            requests: 1.0,
        }
    }

    /// `50/s × 2m = 6,000 tasks × 0.002 USD a task = 12.00 USD`.
    fn formula(
        &self,
        scenario: &Scenario,
        told: &ScenarioForecast,
        a_task: &TaskCost,
        cost: f64,
    ) -> String {
        let currency = &*self.prices.currency;
        format!(
            "{} = {} tasks × {} a task = {}",
            how_many(scenario, told.tasks),
            told.tasks,
            money(a_task.charge.cost, currency),
            money(cost, currency),
        )
    }
}

/// How the number of tasks comes about.
fn how_many(scenario: &Scenario, tasks: Amount) -> String {
    let lasts = scenario.duration.map(written);
    let lasts_s = scenario.duration.map(|lasts| lasts.as_secs_f64());
    match (&scenario.load, lasts, lasts_s) {
        (Load::Rate { profile, .. }, Some(lasts), Some(lasts_s)) => {
            let peak = profile.peak().as_per_second();
            let mean = tasks.value().unwrap_or(0.0) / lasts_s;
            match (peak - mean).abs() * lasts_s < 1.0 {
                true => format!("{}/s × {lasts}", short(peak)),
                false => format!("{}/s in the mean × {lasts}", short(mean)),
            }
        }
        (
            Load::Users {
                iterations: Some(iterations),
                schedule,
            },
            ..,
        ) => match iterations {
            Iterations::PerUser(each) => {
                format!("{} users × {} tasks each", schedule.peak(), count(*each))
            }
            Iterations::Total(_) => "all users together".to_owned(),
        },
        (Load::Users { schedule, .. }, Some(lasts), Some(lasts_s)) => {
            let users = schedule.user_seconds().unwrap_or(0.0) / lasts_s;
            let apart = users * lasts_s / tasks.value().unwrap_or(f64::NAN);
            format!(
                "{} users × {lasts} ÷ {} s from one task of a user to the next",
                short(users),
                short(apart)
            )
        }
        (_, None, _) | (_, _, None) => "without an end".to_owned(),
    }
}

impl CostForecast {
    /// An amount in the currency: `12.60 USD`.
    pub fn money(&self, amount: f64) -> String {
        money(amount, &self.currency)
    }

    /// What it comes to, in one sentence without its full stop.
    pub fn sum(&self) -> String {
        let Some(total) = self.total else {
            return "what the run costs cannot be told".to_owned();
        };
        let mut told = match self.sureness {
            Sureness::Exactly => self.money(total),
            Sureness::AtMost => format!("at most {}", self.money(total)),
            _ => format!("about {}", self.money(total)),
        };
        if self.saved > 0.0 {
            let without = self.money(total + self.saved);
            // Writing into a text cannot fail.
            let _ = write!(
                told,
                " with the cached tokens that are expected, {without} without"
            );
        }
        if let Some((a_day, month)) = self.per_month {
            let month = self.money(month);
            let _ = write!(
                told,
                "; at {} requests a day {month} a month (of {DAYS_OF_A_MONTH} days)",
                short(a_day)
            );
        }
        told
    }

    /// What somebody is asked before the run, if they want to be asked: a sentence without its
    /// full stop.
    pub fn question(&self) -> Option<String> {
        let limit = self.confirm_above?;
        let asked = self.money(limit);
        match self.total {
            Some(total) if total <= limit => None,
            Some(_) => Some(format!(
                "the run is expected to cost {}, which is above {asked} (`confirm_above`)",
                self.sum()
            )),
            None => Some(format!(
                "what the run costs cannot be told, and it shall ask above {asked} (`confirm_above`)"
            )),
        }
    }

    /// That the budget will end it, if it will.
    pub(super) fn warning(&self) -> Option<String> {
        let (budget, total) = (self.budget?, self.total?);
        (total > budget).then(|| {
            format!(
                "the run is expected to cost {} and its budget is {}: it will end before it is done; \
                 raise `budget`, or ask for less",
                self.money(total),
                self.money(budget)
            )
        })
    }
}

/// An amount with as many digits as tell something: `12.60 USD`, `0.0021 USD`.
pub fn money(amount: f64, currency: &str) -> String {
    const CENT: f64 = 0.01;
    let is_whole_cents = ((amount / CENT).round() * CENT - amount).abs() < 1e-9;
    if amount >= 1.0 || is_whole_cents {
        let cents = (amount * 100.0).round();
        let whole = count((cents / 100.0).floor() as u64);
        return format!("{whole}.{:02} {currency}", cents as u64 % 100);
    }
    // Three digits that are not 0, however far behind the point they stand.
    let digits = (2.0 - amount.log10().floor()).clamp(2.0, 12.0) as usize;
    let text = format!("{amount:.digits$}");
    format!(
        "{} {currency}",
        text.trim_end_matches('0').trim_end_matches('.')
    )
}

/// A number with no more than three digits behind the point.
fn short(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return count(number as u64);
    }
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
