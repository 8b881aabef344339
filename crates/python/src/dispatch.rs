//! The closed ramp as Python's spawner drives it.
//!
//! In: worker ids, classes as `(name, weight, fixed_count)`, targets and rates. Out:
//! step by step, how many users of which class each worker should run. Never: a clock
//! or a sleep; the spawner waits.

use gatecrash_plan::schedule::{self, ScheduleError, UserClass};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Adds this file's class to `gatecrash._engine`.
///
/// # Errors
/// When Python cannot make it.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Dispatcher>()
}

/// A class as Python gives it: name, weight, fixed count (below zero as zero).
type ClassTuple = (String, f64, i64);

/// Plans ramps over the classes it was made with.
#[pyclass(module = "gatecrash._engine")]
struct Dispatcher {
    plan: schedule::Dispatcher,
}

#[pymethods]
impl Dispatcher {
    #[new]
    fn new(worker_ids: Vec<String>, classes: Vec<ClassTuple>) -> PyResult<Self> {
        let plan = schedule::Dispatcher::new(worker_ids, user_classes(classes)).map_err(refused)?;
        Ok(Self { plan })
    }

    /// Starts a ramp to `target` users at `spawn_rate` per second, new ones from `classes`.
    fn retarget(
        &mut self,
        target: usize,
        spawn_rate: f64,
        classes: Vec<ClassTuple>,
    ) -> PyResult<()> {
        self.plan
            .retarget(target, spawn_rate, user_classes(classes))
            .map_err(refused)
    }

    /// `({worker: {class: users}}, seconds to wait afterwards)`, or None after the last.
    fn next_step<'py>(&mut self, py: Python<'py>) -> PyResult<Option<(Bound<'py, PyDict>, f64)>> {
        let Some(step) = self.plan.next_step() else {
            return Ok(None);
        };
        let workers = PyDict::new(py);
        for (worker, users) in self.plan.nodes().iter().zip(&step.users) {
            workers.set_item(worker, self.by_class(py, users)?)?;
        }
        Ok(Some((workers, step.wait_s)))
    }

    /// `{class: users}` as planned `elapsed_s` seconds after the ramp's start.
    fn targets_at<'py>(&self, py: Python<'py>, elapsed_s: f64) -> PyResult<Bound<'py, PyDict>> {
        self.by_class(py, &self.plan.targets_at(elapsed_s))
    }

    /// One more worker; users are dealt out anew by the next step.
    fn add_worker(&mut self, id: String) {
        self.plan.add_node(id);
    }

    /// One worker less, likewise.
    fn remove_worker(&mut self, id: &str) {
        self.plan.remove_node(id);
    }

    /// The next step is due at once, because workers came or went.
    #[getter]
    fn rebalance_pending(&self) -> bool {
        self.plan.rebalance_pending()
    }

    /// Users that should be running now.
    #[getter]
    fn current_user_count(&self) -> usize {
        self.plan.current()
    }
}

impl Dispatcher {
    fn by_class<'py>(&self, py: Python<'py>, users: &[usize]) -> PyResult<Bound<'py, PyDict>> {
        let classes = PyDict::new(py);
        for (name, count) in self.plan.class_names().zip(users) {
            classes.set_item(name, count)?;
        }
        Ok(classes)
    }
}

fn user_classes(classes: Vec<ClassTuple>) -> Vec<UserClass> {
    classes
        .into_iter()
        .map(|(name, weight, fixed_count)| UserClass {
            name,
            weight,
            fixed_count: usize::try_from(fixed_count).unwrap_or(0),
        })
        .collect()
}

fn refused(fault: ScheduleError) -> PyErr {
    PyValueError::new_err(fault.to_string())
}
