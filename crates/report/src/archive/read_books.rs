//! From the objects of the file back to a snapshot.

use std::sync::Arc;

use gatecrash_metrics::endpoint::ToldQuantiles;
use gatecrash_metrics::slowest::{self, Slowest};
use gatecrash_metrics::{
    Arrivals, Endpoint, ExceptionGroup, Failure, FailureKind, Level, Measure, Measures, Metric,
    MetricId, Overflow, Seconds, Series, Snapshot, Task, Values, Whole,
};

use super::books::{self, Books, Distribution, Requests, Slow};
use super::number::Members;
use super::read::{KINDS, unit, value, word};

impl Books {
    pub(super) fn snapshot(self) -> Result<Snapshot, String> {
        let limits = self.limits;
        let errors = self.errors.into_iter().map(failure);
        let exceptions = self.exceptions.into_iter().map(exception).map(Arc::new);
        let tasks = self.tasks.into_iter().map(books::Task::task).map(Arc::new);
        Ok(Snapshot {
            endpoints: endpoints(self.endpoints)?,
            total: Arc::new(self.total.endpoint()?),
            failures: errors.collect::<Result<_, _>>()?,
            exceptions: exceptions.collect(),
            window_s: self.window_s,
            tasks: tasks.collect(),
            arrivals: Arc::new(self.arrivals.arrivals()),
            metrics: Arc::new(measures(self.metrics)?),
            users: endpoints(self.classes)?,
            overflow: Overflow {
                names: limits.names,
                errors: limits.errors,
                exceptions: limits.exceptions,
                clamped_times: limits.clamped_times,
                forgotten_seconds: limits.forgotten_seconds,
                unusable_values: limits.unusable_values,
            },
        })
    }
}

fn endpoints(all: Vec<Requests>) -> Result<Vec<Arc<Endpoint>>, String> {
    let endpoints = all.into_iter().map(Requests::endpoint);
    endpoints.map(|one| one.map(Arc::new)).collect()
}

impl Requests {
    fn endpoint(self) -> Result<Endpoint, String> {
        if self.untimed > self.requests {
            return Err(format!(
                "{} has more untimed requests than requests",
                self.name
            ));
        }
        let seconds = self.seconds.seconds();
        let seconds = seconds.ok_or("the seconds of an endpoint are damaged")?;
        let mut endpoint = Endpoint {
            requests: self.requests,
            none_requests: self.untimed,
            failures: self.failures,
            total_content_length: self.bytes,
            seconds: Seconds::restored(seconds, self.seconds_dropped),
            measures: measures(self.measures)?,
            slowest: Slowest::restored(self.slowest.iter().filter_map(Slow::slow)),
            last_request_epoch_s: self.last_epoch_s,
            ..Endpoint::new(self.method, self.name, self.started_epoch_s)
        };
        if let Some(times) = self.response_time_ms {
            let [total, min, max] = times.whole.unwrap_or_default();
            endpoint.whole = Whole { total, min, max };
            endpoint.total_response_time_ms = times.sum.0;
            endpoint.min_ms = value(times.min);
            endpoint.max_ms = value(times.max).unwrap_or_default();
            endpoint.hist = times.histogram.hist(times.clamped);
            endpoint.told = times.told.map(ToldQuantiles::new);
        }
        Ok(endpoint)
    }
}

impl Slow {
    /// `None` for an id that is none.
    fn slow(&self) -> Option<slowest::Slow> {
        Some(slowest::Slow {
            traced: slowest::Traced {
                trace: u128::from_str_radix(&self.trace_id, 16).ok()?,
                status: self.status,
            },
            at_epoch_s: self.at_epoch_s,
            response_time_ms: self.response_time_ms,
            failed: self.failed,
        })
    }
}

impl Distribution {
    fn values(self) -> Values {
        let extremes = value(self.min).zip(value(self.max));
        Values::restored(self.sum.0, extremes, self.histogram.hist(self.clamped))
    }
}

fn values(told: Option<Distribution>) -> Values {
    told.map_or_else(Values::default, Distribution::values)
}

fn measures(members: Members<Distribution>) -> Result<Measures, String> {
    let series = members.0.into_iter().map(|(key, told)| series(key, told));
    Ok(Measures::restored(series.collect::<Result<Vec<_>, _>>()?))
}

/// What a series measures: a built-in measure by its name, or a declared metric.
pub(super) fn measured(
    name: &str,
    kind: &str,
    of_unit: &str,
    declared: Option<u16>,
) -> Result<(Measure, Option<Arc<Metric>>), String> {
    let Some(number) = declared else {
        let measure = Measure::named(name);
        let measure = measure.ok_or_else(|| format!("{name:?} is no measure"))?;
        return Ok((measure, None));
    };
    let metric = Metric {
        name: name.into(),
        unit: unit(of_unit),
        kind: word("kind of metric", kind, &KINDS)?,
    };
    Ok((Measure::Custom(MetricId(number)), Some(Arc::new(metric))))
}

fn series(key: String, mut told: Distribution) -> Result<Series, String> {
    let name = told.name.take().unwrap_or(key);
    let (kind, unit) = (told.kind.take(), told.unit.take());
    let kind = kind.unwrap_or_default();
    let unit = unit.unwrap_or_default();
    let (measure, metric) = measured(&name, &kind, &unit, told.declared)?;
    Ok(Series {
        measure,
        metric,
        last: value(told.last).zip(value(told.last_epoch_s)),
        values: told.values(),
    })
}

impl books::Arrivals {
    fn arrivals(self) -> Arrivals {
        let level = |level: books::Level| Level {
            now: level.now,
            peak: level.peak,
        };
        Arrivals {
            planned: self.planned,
            started: self.started,
            missed_cap: self.missed_cap,
            missed_stopped: self.missed_stopped,
            schedule_lag_ms: values(self.schedule_lag_ms),
            in_flight: level(self.in_flight),
            users: level(self.users),
            on_start_ms: values(self.on_start_ms),
        }
    }
}

impl books::Task {
    fn task(self) -> Task {
        Task {
            user: self.user.into(),
            name: self.name.into(),
            started: self.started,
            ended: self.ended,
            failed: self.failed,
            time_ms: values(self.time_ms),
            start_lag_ms: values(self.start_lag_ms),
        }
    }
}

fn failure(told: books::Failure) -> Result<Arc<Failure>, String> {
    let kind = FailureKind::named(&told.kind);
    Ok(Arc::new(Failure {
        method: told.method.into(),
        name: told.name.into(),
        error: told.error.into(),
        kind: kind.ok_or_else(|| format!("{:?} is no kind of failure", told.kind))?,
        occurrences: told.occurrences,
        first_seen_epoch_s: told.first_seen_epoch_s,
        last_seen_epoch_s: told.last_seen_epoch_s,
    }))
}

fn exception(told: books::Exception) -> ExceptionGroup {
    ExceptionGroup {
        count: told.count,
        message: told.message.into(),
        traceback: told.traceback.into(),
        nodes: told.nodes.into_iter().map(Into::into).collect(),
    }
}
