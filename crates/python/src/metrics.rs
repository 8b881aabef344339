//! Metrics that a locustfile declares.
//!
//! In: names with their units and kinds, and values. Out: nothing; the lane counts the
//! values in the statistics of the environment that runs, and whoever tells those tells the
//! metrics too. A value goes by the lane's queue: no lock is taken for it, by nobody.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use gatecrash_engine::{GUEST_METRICS, ShardId};
use gatecrash_metrics::{Kind, Measure, MetricId, Unit};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::boundary;

/// The shard in which values are counted; before there is an environment none.
static COUNTED_IN: AtomicU32 = AtomicU32::new(NOWHERE);
const NOWHERE: u32 = u32::MAX;

/// Every metric of this process, by their numbers.
static DECLARED: Mutex<Vec<gatecrash_metrics::Metric>> = Mutex::new(Vec::new());

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// From now on values are counted in this shard.
pub(crate) fn count_in(shard: ShardId) {
    COUNTED_IN.store(shard.0, Ordering::Relaxed);
}

/// A metric of a locustfile's own.
#[pyclass(frozen, module = "gatecrash._engine")]
struct Metric {
    id: MetricId,
    declared: gatecrash_metrics::Metric,
    /// The lane knows it.
    is_known: AtomicBool,
}

#[pymethods]
impl Metric {
    /// The metric of that name. ValueError when the name cannot be one, or stands for a
    /// metric of another kind or unit.
    #[new]
    fn new(kind: &str, name: &str, unit: &str) -> PyResult<Metric> {
        check_name(name).map_err(PyValueError::new_err)?;
        let wanted = gatecrash_metrics::Metric {
            name: name.into(),
            unit: unit_of(unit),
            kind: kind_of(kind)?,
        };
        let id = declare(&wanted).map_err(PyValueError::new_err)?;
        Ok(Metric {
            id,
            declared: wanted,
            is_known: AtomicBool::new(false),
        })
    }

    /// Counts one value. One that is not finite is not kept, which the end of the run
    /// tells. ValueError for a counter that would go down, RuntimeError before there is an
    /// environment.
    fn add(&self, py: Python<'_>, value: f64) -> PyResult<()> {
        if self.declared.kind == Kind::Counter && value < 0.0 {
            let name = &self.declared.name;
            let why = format!("the counter {name} only grows: {value} is below 0");
            return Err(PyValueError::new_err(why));
        }
        let shard = COUNTED_IN.load(Ordering::Relaxed);
        if shard == NOWHERE {
            let name = &self.declared.name;
            return Err(PyRuntimeError::new_err(format!(
                "the metric {name} has no run to count in: values can be added once there is an \
                 Environment, from the event `init` on"
            )));
        }
        let lane = &boundary::get(py)?.lane;
        if !self.is_known.load(Ordering::Relaxed) {
            // Told before it is marked, so that no value can come before it; twice is once.
            lane.declare(self.id, self.declared.clone());
            self.is_known.store(true, Ordering::Release);
        }
        lane.metric(ShardId(shard), self.id, value);
        Ok(())
    }

    fn __repr__(&self) -> String {
        let gatecrash_metrics::Metric { name, unit, kind } = &self.declared;
        format!("<{} {name} ({unit})>", kind.name())
    }
}

/// The number of a metric, the same for the same name.
fn declare(wanted: &gatecrash_metrics::Metric) -> Result<MetricId, String> {
    let mut all = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(at) = all.iter().position(|known| known.name == wanted.name) {
        let known = &all[at];
        return match known == wanted {
            true => Ok(MetricId(at as u16)),
            false => Err(format!(
                "{} is a {} ({}) already, and cannot be a {} ({}) as well",
                known.name,
                known.kind.name(),
                known.unit,
                wanted.kind.name(),
                wanted.unit,
            )),
        };
    }
    if all.len() >= GUEST_METRICS {
        return Err(format!(
            "a locustfile can have {GUEST_METRICS} metrics, and {} is beyond",
            wanted.name
        ));
    }
    all.push(wanted.clone());
    Ok(MetricId((all.len() - 1) as u16))
}

/// A name must be a word, so that an objective can speak of it, and no built-in one.
fn check_name(name: &str) -> Result<(), String> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !begins || !name.chars().all(is_letter) || name.len() > LONGEST_NAME {
        return Err(format!(
            "{name:?} cannot be the name of a metric: a letter, then up to {} letters, digits, _ \
             . or -",
            LONGEST_NAME - 1
        ));
    }
    if Measure::ALL
        .iter()
        .any(|measure| measure.name() == Some(name))
    {
        return Err(format!(
            "{name} is measured already; give the metric another name"
        ));
    }
    Ok(())
}

fn kind_of(kind: &str) -> PyResult<Kind> {
    let kinds = [Kind::Trend, Kind::Counter, Kind::Gauge, Kind::Rate];
    let found = kinds.into_iter().find(|known| known.name() == kind);
    found.ok_or_else(|| PyValueError::new_err(format!("{kind:?} is no kind of a metric")))
}

/// A unit by its name; any other text is one of the user's own.
fn unit_of(name: &str) -> Unit {
    let units = [
        Unit::Ms,
        Unit::Count,
        Unit::PerSecond,
        Unit::Bytes,
        Unit::Share,
    ];
    let known = units.into_iter().find(|unit| unit.name() == name);
    known.unwrap_or_else(|| Unit::Named(name.into()))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Metric>()
}
