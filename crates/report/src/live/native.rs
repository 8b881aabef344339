//! Our own metrics of a run: what they are called, what they count in, what they say.
//!
//! In: a [`RunState`]. Out: [`Family`]s, those first that matter most. Times are seconds and
//! shares are of 1, whatever they are inside. Never: a rate or a percentile, which whoever
//! collects counters and histograms works out over any time it likes.

use std::collections::BTreeMap;

use gatecrash_metrics::objective::live::Standing;
use gatecrash_metrics::{Arrivals, Driven, Endpoint, Kind, Measures, Series, Task, Unit, judge};

use super::family::{
    BaseUnit, Bounds, Buckets, Families, Family, FamilyKind, Labels, NUMBERS, SECONDS, SHARES,
    Value,
};
use super::state::{Phase, RunState, ScenarioState};

/// What a run comes to, as a `validity` label.
const VALIDITIES: [&str; 3] = ["valid", "doubtful", "invalid"];

/// The metrics of a run.
pub fn families(run: &RunState) -> Vec<Family> {
    let mut all = Native::default();
    all.run(run);
    for scenario in &run.scenarios {
        all.scenario(scenario);
    }
    for scenario in &run.scenarios {
        all.counts(scenario);
    }
    for scenario in &run.scenarios {
        all.times(scenario);
    }
    for scenario in &run.scenarios {
        all.tasks(scenario);
        all.measured(scenario);
    }
    let left_out = all.families.left_out();
    let told = "Series that were not told, because there are too many of them";
    all.gauge("gatecrash_series_left_out", BaseUnit::None, told)
        .number(Vec::new(), 0.0, left_out as f64);
    all.families.done()
}

#[derive(Default)]
struct Native {
    families: Families,
}

/// A family that is being filled.
struct Filling<'a> {
    families: &'a mut Families,
    place: usize,
}

impl Filling<'_> {
    fn number(&mut self, labels: Labels, since_epoch_s: f64, number: f64) {
        let value = Value::Number(number);
        self.families.add(self.place, labels, since_epoch_s, value);
    }

    fn buckets(&mut self, labels: Labels, since_epoch_s: f64, buckets: Buckets) {
        let value = Value::Buckets(buckets);
        self.families.add(self.place, labels, since_epoch_s, value);
    }
}

impl Native {
    fn filling(&mut self, name: &str, kind: FamilyKind, unit: BaseUnit, help: &str) -> Filling<'_> {
        let place = self.families.family(name, kind, unit, help);
        Filling {
            families: &mut self.families,
            place,
        }
    }

    fn gauge(&mut self, name: &str, unit: BaseUnit, help: &str) -> Filling<'_> {
        self.filling(name, FamilyKind::Gauge, unit, help)
    }

    fn counter(&mut self, name: &str, unit: BaseUnit, help: &str) -> Filling<'_> {
        self.filling(name, FamilyKind::Counter, unit, help)
    }

    fn histogram(&mut self, name: &str, unit: BaseUnit, help: &str) -> Filling<'_> {
        self.filling(name, FamilyKind::Histogram, unit, help)
    }

    fn run(&mut self, run: &RunState) {
        let mut labels = vec![
            ("run", run.name.to_string()),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ];
        if let Some(currency) = &run.currency {
            labels.push(("currency", currency.to_string()));
        }
        let help = "The run, and what costs are counted in";
        self.filling("gatecrash_run", FamilyKind::Info, BaseUnit::None, help)
            .number(labels, 0.0, 1.0);
    }

    /// What is one number for a whole scenario.
    fn scenario(&mut self, scenario: &ScenarioState) {
        let own = |more: &[(&'static str, &str)]| labels(scenario, more);
        for phase in Phase::ALL {
            let is_now = f64::from(u8::from(phase == scenario.phase));
            self.gauge(
                "gatecrash_scenario_state",
                BaseUnit::None,
                "1 for the state that the scenario is in",
            )
            .number(own(&[("state", phase.name())]), 0.0, is_now);
        }
        let help = "How long the scenario has run, without pauses";
        self.gauge("gatecrash_scenario_elapsed", BaseUnit::Seconds, help)
            .number(own(&[]), 0.0, scenario.elapsed_s);
        self.arrivals(scenario, &scenario.snapshot.arrivals);
        if let Some(driven) = &scenario.driven {
            self.driven(scenario, driven);
        }
        for standing in &scenario.objectives {
            self.objective(scenario, standing);
        }
    }

    fn arrivals(&mut self, scenario: &ScenarioState, arrivals: &Arrivals) {
        let since = since(scenario);
        let own = |more: &[(&'static str, &str)]| labels(scenario, more);
        self.gauge("gatecrash_users", BaseUnit::None, "Users that exist")
            .number(own(&[]), 0.0, arrivals.users.now as f64);
        self.gauge(
            "gatecrash_tasks_in_flight",
            BaseUnit::None,
            "Tasks under way",
        )
        .number(own(&[]), 0.0, arrivals.in_flight.now as f64);
        let due = "Executions of tasks that fell due by a rate";
        self.counter("gatecrash_arrivals_planned", BaseUnit::None, due)
            .number(own(&[]), since, arrivals.planned as f64);
        let started = "Executions of these that were started";
        self.counter("gatecrash_arrivals_started", BaseUnit::None, started)
            .number(own(&[]), since, arrivals.started as f64);
        let missed = "Executions of these that were not: as many were in flight as may be, or \
                      the run ended";
        for (reason, count) in [
            ("cap", arrivals.missed_cap),
            ("stopped", arrivals.missed_stopped),
        ] {
            self.counter("gatecrash_arrivals_missed", BaseUnit::None, missed)
                .number(own(&[("reason", reason)]), since, count as f64);
        }
        let lag = &arrivals.schedule_lag_ms;
        let help = "From the instant an execution was due to its start: how late the generator \
                    itself is";
        self.histogram("gatecrash_schedule_lag", BaseUnit::Seconds, help)
            .buckets(own(&[]), since, times(&lag.hist, lag.sum));
    }

    fn driven(&mut self, scenario: &ScenarioState, driven: &Driven) {
        let own = |more: &[(&'static str, &str)]| labels(scenario, more);
        let judged = judge(driven).name();
        for validity in VALIDITIES {
            let is_now = f64::from(u8::from(validity == judged));
            let help = "1 for what the run comes to so far, by how it was driven";
            self.gauge("gatecrash_validity", BaseUnit::None, help)
                .number(own(&[("validity", validity)]), 0.0, is_now);
        }
        for (lane, used) in driven.lanes.iter().enumerate() {
            let help = "CPU time of each thread that makes load, by elapsed time";
            let lane = lane.to_string();
            self.gauge("gatecrash_generator_cpu", BaseUnit::Ratio, help)
                .number(own(&[("lane", &lane)]), 0.0, used.cpu_share);
        }
        let shares = [
            (
                "gatecrash_generator_throttled",
                driven.throttled_share,
                "Share of the time for which a CPU limit held the generator still",
            ),
            (
                "gatecrash_generator_retransmitted",
                driven.retransmitted_share,
                "Share of the machine's TCP segments that were sent again",
            ),
            (
                "gatecrash_generator_interpreter",
                driven.interpreter_share,
                "CPU time of the thread that runs users in Python, by elapsed time",
            ),
        ];
        for (name, share, help) in shares {
            if let Some(share) = share {
                self.gauge(name, BaseUnit::Ratio, help)
                    .number(own(&[]), 0.0, share);
            }
        }
    }

    fn objective(&mut self, scenario: &ScenarioState, standing: &Standing) {
        let Some(holds) = standing.holds else {
            return;
        };
        let mut labels = labels(scenario, &[("objective", &standing.objective)]);
        if let Some(endpoint) = &standing.endpoint {
            labels.push(("endpoint", endpoint.clone()));
        }
        let help = "1 for an objective that holds until now, 0 for one that does not";
        self.gauge("gatecrash_objective_holds", BaseUnit::None, help)
            .number(labels, 0.0, f64::from(u8::from(holds)));
    }

    /// What is counted for each endpoint.
    fn counts(&mut self, scenario: &ScenarioState) {
        for endpoint in &scenario.snapshot.endpoints {
            let labels = labels_of(scenario, endpoint);
            let since = endpoint.start_epoch_s;
            let help = "Requests that finished, failed ones included";
            self.counter("gatecrash_requests", BaseUnit::None, help)
                .number(labels.clone(), since, endpoint.requests as f64);
            self.counter("gatecrash_failures", BaseUnit::None, "Failures")
                .number(labels.clone(), since, endpoint.failures as f64);
            let help = "Bytes of the bodies of answers";
            self.counter("gatecrash_response", BaseUnit::Bytes, help)
                .number(labels, since, endpoint.total_content_length as f64);
        }
        self.errors(scenario);
        let beyond = &scenario.snapshot.overflow;
        for (what, count) in [
            ("names", beyond.names),
            ("errors", beyond.errors),
            ("exceptions", beyond.exceptions),
            ("clamped_times", beyond.clamped_times),
            ("unusable_values", beyond.unusable_values),
        ] {
            let help = "What went beyond a limit and is counted with others, or not at all";
            self.counter("gatecrash_overflow", BaseUnit::None, help)
                .number(
                    labels(scenario, &[("what", what)]),
                    since(scenario),
                    count as f64,
                );
        }
    }

    /// Failures by their kind: their texts are as many as a target likes.
    fn errors(&mut self, scenario: &ScenarioState) {
        let mut kinds: BTreeMap<(&str, &str, _), u64> = BTreeMap::new();
        for failure in &scenario.snapshot.failures {
            let key = (&*failure.method, &*failure.name, failure.kind);
            *kinds.entry(key).or_default() += failure.occurrences;
        }
        for ((method, name, kind), count) in kinds {
            let labels = labels(
                scenario,
                &[("method", method), ("name", name), ("kind", &kind.name())],
            );
            self.counter("gatecrash_errors", BaseUnit::None, "Failures by their kind")
                .number(labels, since(scenario), count as f64);
        }
    }

    fn times(&mut self, scenario: &ScenarioState) {
        for endpoint in &scenario.snapshot.endpoints {
            let help = "From the call, or from the instant the request was due, until the answer \
                        is read";
            let buckets = times(&endpoint.hist, endpoint.total_response_time_ms);
            self.histogram("gatecrash_response_time", BaseUnit::Seconds, help)
                .buckets(
                    labels_of(scenario, endpoint),
                    endpoint.start_epoch_s,
                    buckets,
                );
        }
    }

    fn tasks(&mut self, scenario: &ScenarioState) {
        let since = since(scenario);
        for task in &scenario.snapshot.tasks {
            let Task { user, name, .. } = &**task;
            let labels = labels(scenario, &[("user", user), ("task", name)]);
            let counts = [
                ("gatecrash_tasks_started", task.started, "Tasks that began"),
                ("gatecrash_tasks_ended", task.ended, "Tasks that ended"),
                ("gatecrash_tasks_failed", task.failed, "Tasks that failed"),
            ];
            for (name, count, help) in counts {
                self.counter(name, BaseUnit::None, help).number(
                    labels.clone(),
                    since,
                    count as f64,
                );
            }
            let help = "From the instant a task was due, or began, to its end";
            self.histogram("gatecrash_task_time", BaseUnit::Seconds, help)
                .buckets(labels, since, times(&task.time_ms.hist, task.time_ms.sum));
        }
    }

    /// What requests are measured by beside their response time, and what belongs to none.
    fn measured(&mut self, scenario: &ScenarioState) {
        let mut all = |measures: &Measures, labels: &Labels, since: f64| {
            for series in measures.iter() {
                self.series(series, labels, since);
            }
        };
        for endpoint in &scenario.snapshot.endpoints {
            let labels = labels_of(scenario, endpoint);
            all(&endpoint.measures, &labels, endpoint.start_epoch_s);
        }
        let own = labels(scenario, &[]);
        all(&scenario.snapshot.metrics, &own, since(scenario));
    }

    fn series(&mut self, series: &Series, labels: &Labels, since: f64) {
        let (name, help) = match (&series.metric, series.measure.doc()) {
            (None, Some(doc)) => (format!("gatecrash_{}", series.name()), doc.to_owned()),
            _ => (
                format!("gatecrash_metric.{}", series.name()),
                format!("The metric {}", series.name()),
            ),
        };
        let (unit, scale, bounds) = base(&series.unit());
        let values = &series.values;
        let labels = labels.clone();
        match series.kind() {
            Kind::Trend => {
                let buckets = Buckets::of(&values.hist, values.sum, scale, bounds);
                self.histogram(&name, unit, &help)
                    .buckets(labels, since, buckets);
            }
            Kind::Counter => {
                self.counter(&name, unit, &help)
                    .number(labels, since, values.sum * scale)
            }
            Kind::Gauge => {
                let last = series.last.map_or(0.0, |(value, _)| value);
                self.gauge(&name, unit, &help)
                    .number(labels, 0.0, last * scale);
            }
            Kind::Rate => self.rate(&name, &help, labels, since, series),
        }
    }

    /// A share, and what it is made of, so that it can be worked out over any time.
    fn rate(&mut self, name: &str, help: &str, labels: Labels, since: f64, series: &Series) {
        let values = &series.values;
        let share = values.mean().unwrap_or(0.0);
        self.gauge(name, BaseUnit::Ratio, help)
            .number(labels.clone(), 0.0, share);
        self.counter(&format!("{name}_true"), BaseUnit::None, help)
            .number(labels.clone(), since, values.sum);
        self.counter(&format!("{name}_seen"), BaseUnit::None, help)
            .number(labels, since, values.count() as f64);
    }
}

/// A unit as a base unit, how much of that one is, and where its values are cut.
fn base(unit: &Unit) -> (BaseUnit, f64, Bounds) {
    match unit {
        Unit::Ms => (BaseUnit::Seconds, 0.001, SECONDS),
        Unit::Seconds => (BaseUnit::Seconds, 1.0, SECONDS),
        Unit::Bytes => (BaseUnit::Bytes, 1.0, NUMBERS),
        Unit::Share => (BaseUnit::Ratio, 1.0, SHARES),
        Unit::PerSecond => (BaseUnit::PerSecond, 1.0, NUMBERS),
        Unit::Named(name) => (BaseUnit::Named(name.to_string()), 1.0, NUMBERS),
        Unit::Count | Unit::Money => (BaseUnit::None, 1.0, NUMBERS),
    }
}

/// Milliseconds as seconds.
fn times(hist: &gatecrash_metrics::Hist, sum_ms: f64) -> Buckets {
    Buckets::of(hist, sum_ms, 0.001, SECONDS)
}

fn labels(scenario: &ScenarioState, more: &[(&'static str, &str)]) -> Labels {
    let own = [("scenario", scenario.name.to_string())];
    let more = more.iter().map(|(name, value)| (*name, value.to_string()));
    own.into_iter().chain(more).collect()
}

fn labels_of(scenario: &ScenarioState, endpoint: &Endpoint) -> Labels {
    let (method, name) = (&*endpoint.method, &*endpoint.name);
    labels(scenario, &[("method", method), ("name", name)])
}

/// Since when a scenario is counted.
fn since(scenario: &ScenarioState) -> f64 {
    scenario.snapshot.total.start_epoch_s
}
