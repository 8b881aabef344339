//! The extension module `gatecrash._engine`: a shell around `gatecrash-python`
//! and `gatecrash-cli`.

use std::ffi::OsString;

use gatecrash_python::Doorman;
use pyo3::prelude::*;

/// The engine of Gatecrash.
#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    gatecrash_python::register(module)?;
    module.add_function(wrap_pyfunction!(native_main, module)?)
}

/// Begins a command of the native command line (`run …`, `target …`) on a thread of its
/// own. Its errands are for the caller to do; at its end it has an exit code, None if the
/// first word is no such command.
#[pyfunction]
fn native_main(args: Vec<OsString>) -> PyResult<Doorman> {
    Doorman::begin(Box::new(move |guest| gatecrash_cli::native(&args, guest)))
}
