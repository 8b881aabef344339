//! What is counted of guests' requests beside their times because a run asks for it: classes of
//! users by themselves, good requests, costs, what answers tell.
//!
//! In: requests that a guest's lane has counted, each with the class of its user and what came.
//! Out: values for the same shard. A shard for which nobody asks has none of it.

use std::sync::Arc;

use gatecrash_metrics::{Measure, Metric, MetricId, Sample, Shard};

use crate::accounts::{Accounts, LaneAccounts, Over, record_user};
use crate::job::Apart;
use crate::journey::GuestAnswers;
use crate::noted::Noted;

/// How many metrics guests may declare; the numbers from there on are those of the run itself.
pub const GUEST_METRICS: usize = 150;

/// The metrics of runs on one lane, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct OwnMetrics(Vec<Arc<str>>);

impl OwnMetrics {
    /// The number of a metric, declared in this shard. One beyond the limit of the books gets
    /// a number that they do not keep, which the end of the run tells.
    fn declare(&mut self, shard: &mut Shard, metric: Metric) -> MetricId {
        let known = self.0.iter().position(|name| *name == metric.name);
        let place = known.unwrap_or_else(|| {
            self.0.push(metric.name.clone());
            self.0.len() - 1
        });
        let id = MetricId(u16::try_from(GUEST_METRICS + place).unwrap_or(u16::MAX));
        shard.declare(id, metric);
        id
    }
}

/// What is counted in one shard.
#[derive(Debug)]
pub(crate) struct GuestAccounts {
    accounts: LaneAccounts,
    answers: Option<Arc<GuestAnswers>>,
    /// Counters of states by their places among the metrics of the answers.
    states: Vec<(usize, MetricId)>,
}

impl GuestAccounts {
    /// For classes of these numbers and names.
    pub(crate) fn new(
        accounts: &Accounts,
        classes: &[(u32, String)],
        own: &mut OwnMetrics,
        shard: &mut Shard,
        now_epoch_s: f64,
    ) -> GuestAccounts {
        let most = classes.iter().map(|(number, _)| *number as usize + 1).max();
        let mut names = vec![""; most.unwrap_or(0)];
        for (number, name) in classes {
            names[*number as usize] = name;
        }
        let answers = accounts.answers();
        let counters = answers.iter().flat_map(|answers| answers.counters());
        let states = counters.map(|(place, metric, is_judged)| {
            let id = own.declare(shard, metric.clone());
            if is_judged {
                // None of them is a number, too.
                shard.metric(id, 0.0, now_epoch_s);
            }
            (place, id)
        });
        let states = states.collect();
        let declare = |shard: &mut Shard, metric| own.declare(shard, metric);
        let names = names.into_iter();
        GuestAccounts {
            accounts: LaneAccounts::new(accounts, names, shard, now_epoch_s, declare),
            answers,
            states,
        }
    }

    /// Counts what is asked for of a request that stands in the shard already.
    pub(crate) fn record(
        &mut self,
        shard: &mut Shard,
        sample: &Sample,
        apart: Option<&Apart>,
        has_failed: bool,
    ) {
        let endpoint = sample.endpoint;
        let class = apart.and_then(|apart| apart.class);
        let user = class.and_then(|class| self.accounts.user(class as usize));
        let phases = apart.map(|apart| apart.phases).unwrap_or_default();
        let service_time_ms = apart.and_then(|apart| apart.service_time_ms);
        if let Some(user) = user {
            record_user(shard, user, sample, &phases, service_time_ms, has_failed);
        }
        let time_ms = sample.response_time_ms.unwrap_or_default();
        let tell = |shard: &mut Shard, measure, value| {
            shard.measure(endpoint, measure, value);
            if let Some(user) = user {
                shard.measure_user(user, measure, value);
            }
        };
        let came = apart.and_then(|apart| apart.came.as_ref());
        let looked = came.zip(self.answers.as_ref());
        let noted = looked.map(|(came, answers)| {
            answers.note(came, time_ms, sample.response_length, |place| {
                let known = self.states.iter().find(|(state, _)| *state == place);
                if let Some((_, id)) = known {
                    tell(shard, Measure::Custom(*id), 1.0);
                }
            })
        });
        // What was not asked for over this lane has no status: it is charged unless it failed.
        let unseen = Noted {
            is_charged: !has_failed,
            ..Noted::default()
        };
        let (noted, measures) = noted.unwrap_or((unseen, Vec::new()));
        self.accounts.note_endpoint(shard, endpoint);
        let over = Over {
            endpoint,
            response_time_ms: time_ms,
            service_time_ms,
            has_failed,
            noted: &Noted {
                measures: &measures,
                ..noted
            },
        };
        self.accounts
            .account(&over, |measure, value| tell(shard, measure, value));
    }

    /// Counts one value more for the class of a user, if that is followed.
    pub(crate) fn measure(&self, shard: &mut Shard, class: u32, measure: Measure, value: f64) {
        if let Some(user) = self.accounts.user(class as usize) {
            shard.measure_user(user, measure, value);
        }
    }
}
