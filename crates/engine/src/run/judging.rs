//! Objectives and the budget while the run goes, and the verdicts at its end.
//!
//! In: each second of each scenario. Out: what is broken and ends a scenario, what is spent
//! and ends the run. Never: a judgement of its own; `metrics` judges.

use std::collections::HashMap;

use gatecrash_metrics::Snapshot;
use gatecrash_metrics::objective::{self, Judge, Objective, Sighting, Verdict};
use gatecrash_metrics::record::ScenarioRecord;
use gatecrash_plan::model::Prices;

use super::Setup;
use super::running::cost_of;
use crate::fleet::ScenarioId;
use crate::scenario::ScenarioSetup;

/// What is known of objectives and costs so far.
pub(super) struct Judging {
    objectives: Vec<Objective>,
    judge: Judge,
    /// By the scenarios; none where nothing has a price.
    spent: Option<HashMap<ScenarioId, f64>>,
    budget: Option<f64>,
    currency: String,
}

impl Judging {
    pub(super) fn of(setup: &Setup) -> Judging {
        let prices: Option<&Prices> = setup.prices.as_deref();
        Judging {
            judge: Judge::new(&setup.objectives),
            objectives: setup.objectives.clone(),
            spent: prices.map(|_| HashMap::new()),
            budget: setup.budget,
            currency: prices.map_or_else(String::new, |prices| prices.currency.to_string()),
        }
    }

    /// A scenario begins.
    pub(super) fn began(&mut self, scenario: &ScenarioSetup, at_epoch_s: f64) {
        let ScenarioSetup { name, measured, .. } = scenario;
        self.judge.began(name, at_epoch_s, *measured);
    }

    /// Another second of a scenario: the objectives that end it now.
    pub(super) fn second(
        &mut self,
        scenario: &str,
        at_epoch_s: f64,
        seen: &Snapshot,
    ) -> Vec<String> {
        self.judge.second(scenario, at_epoch_s, seen)
    }

    /// A scenario is over: what was seen of it that its end does not tell.
    pub(super) fn ended(&mut self, record: &ScenarioRecord) -> Vec<Sighting> {
        let (name, at_epoch_s) = (&record.name, record.ended_epoch_s);
        self.judge.second(name, at_epoch_s, &record.snapshot);
        self.judge.ended(name)
    }

    /// What a scenario has cost until now.
    pub(super) fn note_spent(&mut self, id: ScenarioId, seen: &Snapshot) {
        if let Some(spent) = &mut self.spent {
            spent.insert(id, cost_of(seen));
        }
    }

    /// What the run has cost until now.
    pub(super) fn spent(&self) -> Option<f64> {
        self.spent.as_ref().map(|spent| spent.values().sum())
    }

    /// Why the run ends because of its budget, if it does.
    pub(super) fn beyond_budget(&self) -> Option<String> {
        let (spent, budget) = (self.spent()?, self.budget?);
        let currency = &self.currency;
        (spent >= budget)
            .then(|| format!("the budget of {budget} {currency} is spent: {spent:.4} {currency}"))
    }

    /// The verdicts on scenarios that are over.
    pub(super) fn verdicts(&self, records: &[ScenarioRecord]) -> Vec<Verdict> {
        objective::verdicts(&self.objectives, records)
    }
}
