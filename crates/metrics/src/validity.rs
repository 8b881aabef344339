//! Whether a run did what was asked of it: a judgement of the generator, not the target.
//!
//! In: what was asked, what was driven, and how the generator's own machine fared. Out:
//! valid, doubtful or invalid, each reason a sentence with its figure and what to do.
//! Objectives, which judge the target, are no business of this file.
//!
//! The limits follow one thought: a percentile is touched as soon as the generator
//! disturbs the share of requests above it. P99 is the percentile that people act on, so
//! what disturbs more than 1 % of a run makes it invalid, and a tenth of that makes it
//! doubtful.

use crate::snapshot::Snapshot;

/// The smallest share of the arrivals asked for that must have started, whatever kept
/// the others from it. Below, another load was applied than the one reported.
pub const ACHIEVED_MIN: f64 = 0.99;

/// The largest share of arrivals that may miss their start because of the limit on those
/// in flight. These are never the fast ones: they are missing exactly where the target is
/// slowest, so far fewer of them spoil P99 than of arrivals lost at random.
pub const MISSED_CAP_MAX: f64 = 0.001;

/// The schedule lag P99, milliseconds, that makes a run invalid, unless it is also small
/// beside the response times, see [`LAG_SHARE_MAX`]. An operating system that is not
/// starved wakes a thread far sooner.
pub const LAG_INVALID_MS: f64 = 20.0;

/// The schedule lag P99, milliseconds, that makes a run doubtful, with the same exception.
pub const LAG_DOUBTFUL_MS: f64 = 2.0;

/// The schedule lag P99 is harmless while it is at most this share of the response time
/// P99, which has it inside.
pub const LAG_SHARE_MAX: f64 = 0.1;

/// … and at most this, milliseconds: from then on the arrivals of one second are started
/// in another, and the rate was not the one asked for, however slow the target is.
pub const LAG_BESIDE_MAX_MS: f64 = 1000.0;

/// The share of a core from which a lane, or a user's interpreter, counts as full.
pub const FULL_CORE: f64 = 0.95;

/// The share of the run's time for which the cgroup may have held the generator still:
/// above, P99 contains the generator's own pauses.
pub const THROTTLED_INVALID: f64 = 0.01;

/// From this share of throttled time on, P99.9 contains them.
pub const THROTTLED_DOUBTFUL: f64 = 0.001;

/// The share of TCP segments sent again from which the network, not the target, makes
/// the slowest percent.
pub const RETRANSMITTED_DOUBTFUL: f64 = 0.01;

/// Which promise a run made about its load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Arrivals at a rate that does not depend on the target.
    Open,
    /// Users, each waiting for its answer.
    Closed,
    /// Users as a plain Locust run has them: told the same way, never worse than doubtful.
    Locust,
}

/// How busy one lane was.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LaneUse {
    /// CPU time by elapsed time, 1 for a whole core.
    pub cpu_share: f64,
}

/// Three figures of a distribution, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lag {
    /// Median.
    pub p50_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// Largest.
    pub max_ms: f64,
}

/// What was asked of a scenario and how it was driven. `None` where nobody looked.
#[derive(Clone, Debug, PartialEq)]
pub struct Driven {
    /// The promise.
    pub model: Model,
    /// Arrivals that fell due.
    pub planned: u64,
    /// How many of them started.
    pub started: u64,
    /// How many did not because as many as allowed were in flight.
    pub missed_cap: u64,
    /// How many did not because the run ended.
    pub missed_stopped: u64,
    /// How many were allowed in flight.
    pub max_in_flight: Option<u64>,
    /// From due to started by the driver.
    pub schedule_lag: Option<Lag>,
    /// P99 of the response times, milliseconds.
    pub response_p99_ms: Option<f64>,
    /// Each lane.
    pub lanes: Vec<LaneUse>,
    /// Share of the time for which the cgroup's CPU limit held the generator still.
    pub throttled_share: Option<f64>,
    /// Share of the machine's TCP segments that were sent again.
    pub retransmitted_share: Option<f64>,
    /// Connections that found no free local port.
    pub ports_exhausted: u64,
    /// Connections that found no free file descriptor.
    pub files_exhausted: u64,
    /// CPU share of the thread that runs users in an interpreter.
    pub interpreter_share: Option<f64>,
}

impl Driven {
    /// What a scenario's numbers say by themselves; the caller adds what it knows of the
    /// machine.
    pub fn of(model: Model, max_in_flight: Option<u64>, snapshot: &Snapshot) -> Driven {
        let arrivals = &snapshot.arrivals;
        let lag = &arrivals.schedule_lag_ms;
        let figures = |max_ms| Lag {
            p50_ms: lag.quantile(0.5).unwrap_or_default(),
            p99_ms: lag.quantile(0.99).unwrap_or_default(),
            max_ms,
        };
        Driven {
            model,
            planned: arrivals.planned,
            started: arrivals.started,
            missed_cap: arrivals.missed_cap,
            missed_stopped: arrivals.missed_stopped,
            max_in_flight,
            schedule_lag: lag.max().map(figures),
            response_p99_ms: snapshot.total.hist.value_at_quantile_ms(0.99),
            lanes: Vec::new(),
            throttled_share: None,
            retransmitted_share: None,
            ports_exhausted: 0,
            files_exhausted: 0,
            interpreter_share: None,
        }
    }

    /// The share of the planned arrivals that started; 1 where none were planned.
    pub fn achieved(&self) -> f64 {
        self.of_planned(self.started, 1.0)
    }

    fn of_planned(&self, count: u64, without: f64) -> f64 {
        match self.planned {
            0 => without,
            planned => count as f64 / planned as f64,
        }
    }
}

/// What reasons are about.
pub const KEYS: [&str; 9] = [
    "arrivals",
    "cap",
    "lag",
    "lane",
    "throttled",
    "ports",
    "files",
    "network",
    "interpreter",
];

/// One thing that speaks against a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What it is about, for programs: one of [`KEYS`].
    pub key: &'static str,
    /// The sentence, with the figure and what to do.
    pub text: String,
}

/// The judgement of a run or of one of its scenarios.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Validity {
    /// The load was applied as asked and the times are the target's.
    #[default]
    Valid,
    /// As far as anybody can tell; there is something to look at.
    Doubtful(Vec<Reason>),
    /// Another load was applied, or the times are the generator's. The reasons that make
    /// it so come first.
    Invalid(Vec<Reason>),
}

impl Validity {
    /// What speaks against the run.
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Validity::Valid => &[],
            Validity::Doubtful(reasons) | Validity::Invalid(reasons) => reasons,
        }
    }

    /// `valid`, `doubtful` or `invalid`.
    pub fn name(&self) -> &'static str {
        match self {
            Validity::Valid => "valid",
            Validity::Doubtful(_) => "doubtful",
            Validity::Invalid(_) => "invalid",
        }
    }

    /// Whether the run's numbers must not be used.
    pub fn is_invalid(&self) -> bool {
        matches!(self, Validity::Invalid(_))
    }

    /// The judgement of a run by those of its named scenarios: the worst of them, with
    /// all reasons.
    pub fn of_run<'a>(scenarios: impl IntoIterator<Item = (&'a str, &'a Validity)>) -> Validity {
        let mut found = Found::default();
        for (name, validity) in scenarios {
            let named = |reason: &Reason| Reason {
                key: reason.key,
                text: format!("{name}: {}", reason.text),
            };
            let reasons = validity.reasons().iter().map(named);
            match validity.is_invalid() {
                true => found.severe.extend(reasons),
                false => found.mild.extend(reasons),
            }
        }
        found.judged()
    }
}

/// Judges how a scenario was driven.
pub fn judge(driven: &Driven) -> Validity {
    let mut found = Found::default();
    arrivals(driven, &mut found);
    lag(driven, &mut found);
    exhaustion(driven, &mut found);
    machine(driven, &mut found);
    if driven.model == Model::Locust {
        found.mild.splice(..0, found.severe.drain(..));
    }
    found.judged()
}

/// Reasons by weight.
#[derive(Default)]
struct Found {
    severe: Vec<Reason>,
    mild: Vec<Reason>,
}

impl Found {
    fn add(&mut self, severe: bool, key: &'static str, text: String) {
        let reasons = if severe {
            &mut self.severe
        } else {
            &mut self.mild
        };
        reasons.push(Reason { key, text });
    }

    fn judged(mut self) -> Validity {
        match (self.severe.is_empty(), self.mild.is_empty()) {
            (true, true) => Validity::Valid,
            (true, false) => Validity::Doubtful(self.mild),
            (false, _) => {
                self.severe.append(&mut self.mild);
                Validity::Invalid(self.severe)
            }
        }
    }
}

fn arrivals(driven: &Driven, found: &mut Found) {
    let Driven {
        planned, started, ..
    } = *driven;
    let missed = driven.missed_cap;
    if missed > 0 {
        let share = driven.of_planned(missed, 1.0);
        found.add(share > MISSED_CAP_MAX, "cap", cap_sentence(driven, share));
    }
    let others = planned.saturating_sub(started + missed);
    if others as f64 > (1.0 - ACHIEVED_MIN) * planned as f64 {
        found.add(
            true,
            "arrivals",
            format!(
                "{started} of {planned} arrivals were started ({}): {others} were still waiting when the run ended; use more lanes or machines, or ask for a lower rate",
                percent(driven.achieved())
            ),
        );
    }
}

fn cap_sentence(driven: &Driven, share: f64) -> String {
    let cap = match driven.max_in_flight {
        Some(cap) => format!("{cap} were in flight, the limit"),
        None => "the limit on those in flight was reached".into(),
    };
    let late = driven
        .schedule_lag
        .is_some_and(|lag| is_late(driven, lag, LAG_INVALID_MS));
    let cause = if late {
        "the generator was late as well, so look at its lag first"
    } else {
        "the target is too slow for this rate with this limit; raise max_in_flight, or ask for a lower rate"
    };
    format!(
        "{} of {} arrivals ({}) were not started because {cap}: {cause}",
        driven.missed_cap,
        driven.planned,
        percent(share)
    )
}

fn lag(driven: &Driven, found: &mut Found) {
    let Some(lag) = driven.schedule_lag else {
        return;
    };
    if is_late(driven, lag, LAG_DOUBTFUL_MS) {
        found.add(
            is_late(driven, lag, LAG_INVALID_MS),
            "lag",
            format!(
                "arrivals were started late: schedule lag P50 {}, P99 {}, max {}, which is inside the response times; use more lanes or machines, or ask for a lower rate",
                ms(lag.p50_ms),
                ms(lag.p99_ms),
                ms(lag.max_ms)
            ),
        );
    }
}

fn is_late(driven: &Driven, lag: Lag, limit_ms: f64) -> bool {
    let beside = driven.response_p99_ms.unwrap_or(0.0) * LAG_SHARE_MAX;
    lag.p99_ms > limit_ms.max(beside.min(LAG_BESIDE_MAX_MS))
}

fn exhaustion(driven: &Driven, found: &mut Found) {
    if driven.ports_exhausted > 0 {
        found.add(
            true,
            "ports",
            format!(
                "{} connections found no free local port: keep connections open, widen net.ipv4.ip_local_port_range, or use more source addresses or machines",
                driven.ports_exhausted
            ),
        );
    }
    if driven.files_exhausted > 0 {
        found.add(
            true,
            "files",
            format!(
                "{} connections found no free file descriptor: raise the limit on open files (ulimit -n), or use more machines",
                driven.files_exhausted
            ),
        );
    }
}

fn machine(driven: &Driven, found: &mut Found) {
    let full = |share: f64| share >= FULL_CORE;
    let busiest = driven
        .lanes
        .iter()
        .map(|lane| lane.cpu_share)
        .fold(0.0, f64::max);
    if full(busiest) {
        let count = driven
            .lanes
            .iter()
            .filter(|lane| full(lane.cpu_share))
            .count();
        found.add(
            false,
            "lane",
            format!(
                "{count} of {} lanes used a whole core (up to {}): times may contain the generator's own queueing; use more lanes or machines, or let users wait",
                driven.lanes.len(),
                percent(busiest)
            ),
        );
    }
    if let Some(share) = driven.interpreter_share.filter(|&share| full(share)) {
        found.add(
            false,
            "interpreter",
            format!(
                "the users' interpreter was busy for {} of the time: users wait for each other; use more processes, or do less in each task",
                percent(share)
            ),
        );
    }
    if let Some(share) = driven.throttled_share.filter(|&s| s > THROTTLED_DOUBTFUL) {
        found.add(
            share > THROTTLED_INVALID,
            "throttled",
            format!(
                "the cgroup's CPU limit held the generator still for {} of the time, which is inside the response times; raise the CPU limit of its container",
                percent(share)
            ),
        );
    }
    let retransmitted = driven.retransmitted_share.unwrap_or(0.0);
    if retransmitted > RETRANSMITTED_DOUBTFUL {
        found.add(
            false,
            "network",
            format!(
                "{} of all TCP segments were sent again: the slowest times may be the network's; look at the path between here and the target",
                percent(retransmitted)
            ),
        );
    }
}

/// `3.7 %`, with one decimal more where it would be lost.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        p if (99.95..100.0).contains(&p) => format!("{p:.3} %"),
        p if p < 0.1 => format!("{p:.3} %"),
        p => format!("{p:.1} %"),
    }
}

/// `0.4 ms`, `35 ms`.
fn ms(ms: f64) -> String {
    if ms < 10.0 {
        format!("{ms:.1} ms")
    } else {
        format!("{ms:.0} ms")
    }
}
