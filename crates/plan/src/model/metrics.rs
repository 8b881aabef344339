//! Metrics that a plan declares, and the answers that they are measured in.
//!
//! In: what `resolve` made of `metrics:` and `measure:`. Out: plain data for the engine.
//! Never: a value; `gatecrash_metrics::measures` keeps those.

use std::collections::BTreeSet;
use std::sync::Arc;

use gatecrash_metrics::{Kind, Metric, Unit};

use super::judging::StatePlan;
use super::steps::TakeFrom;
use super::{Plan, UserKind};

/// A number that is taken from an answer and recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasureTake {
    /// Which metric: its place in [`Plan::metrics`].
    pub metric: usize,
    /// Where the value is. Numbers count as they are, also those written as text; `true` is
    /// 1, `false` 0. Anything else, and a value that is not there, is not recorded.
    pub from: TakeFrom,
}

impl Plan {
    /// Every metric that the steps of this plan can record, each once: the declared ones in
    /// their order, so that places in [`Plan::metrics`] are places here, then the counters
    /// of the states.
    pub fn recorded_metrics(&self) -> Vec<Metric> {
        let mut all = self.metrics.clone();
        let mut names: BTreeSet<Arc<str>> = all.iter().map(|one| one.name.clone()).collect();
        let counters = self.all_states().map(counter);
        all.extend(counters.filter(|counter| names.insert(counter.name.clone())));
        all
    }

    /// The states of the plan, then those of its classes; a name may come more than once.
    fn all_states(&self) -> impl Iterator<Item = &StatePlan> {
        let of_classes = self.users.iter().flat_map(|class| match &class.kind {
            UserKind::Http(users) => users.states.as_slice(),
            UserKind::Locust(_) | UserKind::Rust(_) => &[],
        });
        self.states.iter().chain(of_classes)
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
