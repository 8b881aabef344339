//! The extension module `gatecrash._engine`: a shell around `gatecrash-python`
//! and `gatecrash-cli`.

use pyo3::prelude::*;

/// The engine of Gatecrash.
#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    gatecrash_python::register(module)
}
