//! The one place that reads the environment.
#![expect(
    clippy::disallowed_methods,
    reason = "here is where the environment is read"
)]

use std::path::PathBuf;

use anyhow::{Result, bail};

/// Says the same as `--quick`.
const QUICK: &str = "GATECRASH_QUICK";

/// The virtual environment that is active, if one is.
pub(crate) fn virtual_env() -> Option<PathBuf> {
    std::env::var_os("VIRTUAL_ENV")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}

/// Whether colours are unwanted: NO_COLOR is set and not empty (<https://no-color.org>).
pub(crate) fn forbids_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Whether the terminal cannot move its cursor.
pub(crate) fn has_dumb_terminal() -> bool {
    std::env::var_os("TERM").is_some_and(|value| value == "dumb")
}

/// The value of a variable, if it is set and is text.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Whether plans are to be run quickly, as by `--quick`.
///
/// # Errors
/// A value that says neither yes nor no.
pub(crate) fn wants_quick() -> Result<bool> {
    match std::env::var_os(QUICK) {
        None => Ok(false),
        Some(value) => match value.to_str() {
            Some("1" | "true") => Ok(true),
            Some("" | "0" | "false") => Ok(false),
            _ => bail!("{QUICK} is {}: set it to 1, or to 0", value.display()),
        },
    }
}

/// The file that a job of GitHub Actions wants its summary in.
pub(crate) fn step_summary() -> Option<PathBuf> {
    std::env::var_os("GITHUB_STEP_SUMMARY")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}
