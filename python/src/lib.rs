//! The extension module `gatecrash._engine`: a shell around `gatecrash-python`
//! and `gatecrash-cli`.

use std::ffi::OsString;

use pyo3::prelude::*;

/// The engine of Gatecrash.
#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    gatecrash_python::register(module)?;
    module.add_function(wrap_pyfunction!(native_main, module)?)
}

/// Users of locustfiles in plans, which this process cannot let live yet.
struct NoHost;

impl gatecrash_cli::Guest for NoHost {
    fn run(&self, _: Vec<OsString>) -> u8 {
        gatecrash_cli::refuse("a plan with a locustfile among its users cannot be run yet")
    }
}

/// Runs a command of the native command line (`run …`, `target …`) to its end and returns
/// its exit code; None if the first word is no such command.
#[pyfunction]
fn native_main(py: Python<'_>, args: Vec<OsString>) -> Option<u8> {
    let code = py.detach(|| gatecrash_cli::native(&args, &NoHost));
    // A Ctrl-C that ended the command was also noted by Python, and has had its effect.
    let _ = py.check_signals();
    code
}
