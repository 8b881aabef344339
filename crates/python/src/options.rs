//! The option table as Python reads it.
//!
//! In: nothing. Out: `option_table()`, one dict per option, from which the Locust-style
//! parser is made; `parse_timespan()`, `parse_rate()`, `check_objective()` and
//! `nearest_name()`, so that each exists once.
//! Never: parsing a command line, which is the parser's business.

use gatecrash_plan::options::{self, Availability, Default, Group, OptionSpec};
use gatecrash_plan::rate::Rate;
use gatecrash_plan::{hint, timespan};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::account::objective;

/// Adds this file's functions to `gatecrash._engine`.
///
/// # Errors
/// When Python cannot make them.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(option_table, module)?)?;
    module.add_function(wrap_pyfunction!(parse_timespan, module)?)?;
    module.add_function(wrap_pyfunction!(parse_rate, module)?)?;
    module.add_function(wrap_pyfunction!(check_objective, module)?)?;
    module.add_function(wrap_pyfunction!(check_watch, module)?)?;
    module.add_function(wrap_pyfunction!(nearest_name, module)?)
}

/// Every option of a Locust-style run, in the order of the help: dicts with `flags`
/// (list), `dest`, `env_var`, `kind`, `default`, `metavar`, `help`, `group`, `hidden`,
/// `early` (needed before the locustfile is loaded) and `missing`: None, or what does
/// not exist yet, or `advice`: None, or what to use instead of an option that is gone.
#[pyfunction]
fn option_table(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let rows = PyList::empty(py);
    for group in options::GROUPS {
        for option in group.options {
            rows.append(row(py, group, option)?)?;
        }
    }
    Ok(rows)
}

fn row<'py>(py: Python<'py>, group: &Group, option: &OptionSpec) -> PyResult<Bound<'py, PyDict>> {
    let (missing, advice) = match option.availability {
        Availability::Now => (None, None),
        Availability::Later { what } => (Some(what), None),
        Availability::Gone { advice } => (None, Some(advice)),
    };
    let row = PyDict::new(py);
    row.set_item("flags", option.flags)?;
    row.set_item("dest", option.dest)?;
    row.set_item("env_var", option.env)?;
    row.set_item("kind", option.kind.name())?;
    match option.default {
        Default::Nothing => row.set_item("default", py.None())?,
        Default::Off => row.set_item("default", false)?,
        Default::Int(number) => row.set_item("default", number)?,
        Default::Text(text) => row.set_item("default", text)?,
    }
    row.set_item("metavar", option.metavar)?;
    row.set_item("help", option.help)?;
    row.set_item("group", group.title)?;
    row.set_item("hidden", option.hidden)?;
    row.set_item("early", option.early)?;
    row.set_item("missing", missing)?;
    row.set_item("advice", advice)?;
    Ok(row)
}

/// Whole seconds in a text like `20`, `20s`, `3m`, `2h`, `1h20m` or `3h30m10s`.
/// Raises ValueError for any other text.
#[pyfunction]
fn parse_timespan(text: &str) -> PyResult<u64> {
    timespan::parse(text).map_err(|fault| PyValueError::new_err(fault.to_string()))
}

/// The text of a rate of arrivals: `50/s`, `30/m`, `1000/h`. Raises ValueError for any
/// other text, and for a rate of nothing.
#[pyfunction]
fn parse_rate(text: &str) -> PyResult<String> {
    match text.parse::<Rate>() {
        Ok(Rate::ZERO) => Err(PyValueError::new_err("a rate of 0 starts nothing")),
        Ok(rate) => Ok(rate.to_string()),
        Err(fault) => Err(PyValueError::new_err(fault.to_string())),
    }
}

/// Raises ValueError for a text that is no objective, with its place marked.
#[pyfunction]
fn check_objective(text: &str) -> PyResult<()> {
    objective(text).map(drop)
}

/// The one of `candidates` that somebody who wrote `name` probably meant, or None.
#[pyfunction]
fn nearest_name(name: &str, candidates: Vec<String>) -> Option<String> {
    hint::nearest(name, candidates.iter().map(String::as_str)).map(str::to_owned)
}

/// Whether a text says what is watched. ValueError with the place of what is wrong.
#[pyfunction]
fn check_watch(text: &str) -> PyResult<()> {
    crate::account::watch(text).map(drop)
}
