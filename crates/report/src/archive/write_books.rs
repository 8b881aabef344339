//! From a snapshot to the objects of the file, with the figures that follow from it.

use gatecrash_metrics::slowest;
use gatecrash_metrics::{
    Arrivals, Endpoint, ExceptionGroup, Failure, Level, Measure, Measures, Series, Snapshot, Task,
    Values,
};

use super::books::{self, Books, Distribution, Requests, Slow};
use super::number::{Buckets, Members, Number};
use super::packed::PackedSeconds;
use super::write::number;
use crate::native::csv::rounded;

impl Books {
    pub(super) fn of(snapshot: &Snapshot) -> Books {
        let overflow = snapshot.overflow;
        Books {
            total: Requests::of_all(snapshot),
            endpoints: snapshot.endpoints.iter().map(|e| Requests::of(e)).collect(),
            arrivals: books::Arrivals::of(&snapshot.arrivals),
            tasks: snapshot.tasks.iter().map(|t| books::Task::of(t)).collect(),
            metrics: members(&snapshot.metrics),
            classes: snapshot.users.iter().map(|u| Requests::of(u)).collect(),
            errors: snapshot.failures.iter().map(|f| failure(f)).collect(),
            exceptions: snapshot.exceptions.iter().map(|e| exception(e)).collect(),
            window_s: snapshot.window_s,
            limits: books::Limits {
                names: overflow.names,
                errors: overflow.errors,
                exceptions: overflow.exceptions,
                clamped_times: overflow.clamped_times,
                forgotten_seconds: overflow.forgotten_seconds,
                unusable_values: overflow.unusable_values,
            },
        }
    }
}

impl Books {
    /// Without the figures that follow from the rest, for who does not read them.
    pub(super) fn without_figures(mut self) -> Books {
        let endpoints = self.endpoints.iter_mut().chain(&mut self.classes);
        for requests in endpoints.chain([&mut self.total]) {
            requests.service_time_ms = None;
            requests
                .response_time_ms
                .iter_mut()
                .for_each(Distribution::strip);
            requests
                .measures
                .0
                .iter_mut()
                .for_each(|(_, one)| one.strip());
        }
        for task in &mut self.tasks {
            let times = task.time_ms.iter_mut().chain(&mut task.start_lag_ms);
            times.for_each(Distribution::strip);
        }
        self.metrics.0.iter_mut().for_each(|(_, one)| one.strip());
        self
    }
}

impl Requests {
    fn of(endpoint: &Endpoint) -> Requests {
        let service_ms = match endpoint.measures.get(Measure::ServiceTime) {
            Some(values) => Distribution::figures_of(values),
            None => Distribution::figures_of_times(endpoint),
        };
        Requests {
            method: endpoint.method.to_string(),
            name: endpoint.name.to_string(),
            requests: endpoint.requests,
            failures: endpoint.failures,
            untimed: endpoint.none_requests,
            bytes: endpoint.total_content_length,
            started_epoch_s: endpoint.start_epoch_s,
            last_epoch_s: endpoint.last_request_epoch_s,
            response_time_ms: Distribution::of_times(endpoint),
            service_time_ms: service_ms,
            measures: members(&endpoint.measures),
            slowest: endpoint.slowest.iter().map(Slow::of).collect(),
            seconds: PackedSeconds::of(endpoint.seconds.iter()),
            seconds_dropped: endpoint.seconds.dropped(),
        }
    }

    /// All endpoints together; of their measures only the service time is told.
    fn of_all(snapshot: &Snapshot) -> Requests {
        let all = snapshot.measures();
        let service_ms = all.get(Measure::ServiceTime);
        let total = Requests::of(&snapshot.total);
        Requests {
            service_time_ms: service_ms
                .and_then(Distribution::figures_of)
                .or(total.service_time_ms),
            ..total
        }
    }
}

impl Slow {
    fn of(slow: &slowest::Slow) -> Slow {
        Slow {
            trace_id: format!("{:032x}", slow.traced.trace),
            response_time_ms: slow.response_time_ms,
            at_epoch_s: slow.at_epoch_s,
            status: slow.traced.status,
            failed: slow.failed,
        }
    }
}

impl Distribution {
    fn strip(&mut self) {
        (self.mean, self.p50, self.p90) = (None, None, None);
        (self.p95, self.p99, self.p99_9) = (None, None, None);
    }

    /// The figures that follow from a distribution, without what they follow from.
    fn figures_of(values: &Values) -> Option<Distribution> {
        let quantile = |q| number(values.quantile(q).map(rounded));
        (!values.is_empty()).then(|| Distribution {
            count: values.count(),
            sum: Number(values.sum),
            mean: number(values.mean().map(rounded)),
            min: number(values.min()),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p95: quantile(0.95),
            p99: quantile(0.99),
            p99_9: quantile(0.999),
            max: number(values.max()),
            ..Distribution::default()
        })
    }

    fn of(values: &Values) -> Option<Distribution> {
        Some(Distribution {
            histogram: Buckets::of(&values.hist),
            clamped: values.hist.clamped(),
            ..Distribution::figures_of(values)?
        })
    }

    /// As [`Distribution::figures_of`], of response times; nothing where nothing is known.
    fn figures_of_times(endpoint: &Endpoint) -> Option<Distribution> {
        let quantile = |q| number(endpoint.quantile_ms(q).map(rounded));
        let is_empty = endpoint.timed_requests() == 0
            && endpoint.hist.is_empty()
            && endpoint.min_ms.is_none()
            && endpoint.max_ms == 0.0
            && endpoint.total_response_time_ms == 0.0;
        (!is_empty).then(|| Distribution {
            count: endpoint.timed_requests(),
            sum: Number(endpoint.total_response_time_ms),
            mean: number(endpoint.mean_ms().map(rounded)),
            min: number(endpoint.min_ms),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p95: quantile(0.95),
            p99: quantile(0.99),
            p99_9: quantile(0.999),
            max: Some(Number(endpoint.max_ms)),
            ..Distribution::default()
        })
    }

    fn of_times(endpoint: &Endpoint) -> Option<Distribution> {
        let whole = endpoint.whole;
        let whole = [whole.total, whole.min, whole.max];
        let told = endpoint.told.as_ref().map(|told| {
            let shares = told.shares();
            shares
                .filter_map(|share| Some((share, endpoint.quantile_ms(share)?)))
                .collect()
        });
        Some(Distribution {
            whole: whole.contains(&true).then_some(whole),
            told,
            histogram: Buckets::of(&endpoint.hist),
            clamped: endpoint.hist.clamped(),
            ..Distribution::figures_of_times(endpoint)?
        })
    }

    fn of_series(series: &Series, is_own_name: bool) -> Distribution {
        let declared = match series.measure {
            Measure::Custom(id) => Some(id.0),
            _ => None,
        };
        Distribution {
            kind: Some(series.kind().name().to_owned()),
            unit: Some(series.unit().name().to_owned()),
            declared,
            name: (!is_own_name).then(|| series.name().to_owned()),
            last: number(series.last.map(|(value, _)| value)),
            last_epoch_s: number(series.last.map(|(_, at)| at)),
            ..Distribution::of(&series.values).unwrap_or_default()
        }
    }
}

/// The series by their names; a second one of a name has its number behind it.
fn members(measures: &Measures) -> Members<Distribution> {
    let mut members = Members::default();
    for series in measures.in_order() {
        let taken = |key: &str| members.0.iter().any(|(known, _)| known == key);
        let names = (2..).map(|n| format!("{} ({n})", series.name()));
        let key = std::iter::once(series.name().to_owned())
            .chain(names)
            .find(|key| !taken(key))
            .expect("there are more numbers than series");
        let is_own_name = key == series.name();
        members
            .0
            .push((key, Distribution::of_series(series, is_own_name)));
    }
    members
}

impl books::Arrivals {
    fn of(arrivals: &Arrivals) -> books::Arrivals {
        let level = |level: Level| books::Level {
            now: level.now,
            peak: level.peak,
        };
        books::Arrivals {
            planned: arrivals.planned,
            started: arrivals.started,
            missed_cap: arrivals.missed_cap,
            missed_stopped: arrivals.missed_stopped,
            users: level(arrivals.users),
            in_flight: level(arrivals.in_flight),
            schedule_lag_ms: Distribution::of(&arrivals.schedule_lag_ms),
            on_start_ms: Distribution::of(&arrivals.on_start_ms),
        }
    }
}

impl books::Task {
    fn of(task: &Task) -> books::Task {
        books::Task {
            user: task.user.to_string(),
            name: task.name.to_string(),
            started: task.started,
            ended: task.ended,
            failed: task.failed,
            time_ms: Distribution::of(&task.time_ms),
            start_lag_ms: Distribution::of(&task.start_lag_ms),
        }
    }
}

fn failure(failure: &Failure) -> books::Failure {
    books::Failure {
        method: failure.method.to_string(),
        name: failure.name.to_string(),
        kind: failure.kind.name().into_owned(),
        error: failure.error.to_string(),
        occurrences: failure.occurrences,
        first_seen_epoch_s: failure.first_seen_epoch_s,
        last_seen_epoch_s: failure.last_seen_epoch_s,
    }
}

fn exception(group: &ExceptionGroup) -> books::Exception {
    books::Exception {
        count: group.count,
        message: group.message.to_string(),
        traceback: group.traceback.to_string(),
        nodes: group.nodes.iter().map(|node| node.to_string()).collect(),
    }
}
