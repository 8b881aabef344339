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

/// Runs a command of the native command line (`target …`) to its end and returns its
/// exit code; None if the first word is no such command.
#[pyfunction]
fn native_main(py: Python<'_>, args: Vec<OsString>) -> Option<u8> {
    let code = py.detach(|| gatecrash_cli::native(&args));
    // A Ctrl-C that ended the command was also noted by Python, and has had its effect.
    let _ = py.check_signals();
    code
}
