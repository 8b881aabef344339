//! The one place that reads the environment.
#![expect(
    clippy::disallowed_methods,
    reason = "here is where the environment is read"
)]

use std::path::PathBuf;

/// The virtual environment that is active, if one is.
pub(crate) fn virtual_env() -> Option<PathBuf> {
    std::env::var_os("VIRTUAL_ENV")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}
