//! Cores that do not halt while times of fractions of a millisecond are taken.
//!
//! In: the machine's cores. Out: a loop on each that has whatever time nothing else wants, until
//! it is dropped. A virtual core that halts is woken by its host, which takes up to milliseconds
//! and belongs to neither the generator nor the target. Never a share of anybody's time: the
//! loops run in the idle class, which every other task displaces at once.

use std::process::Command;

use anyhow::Result;

use super::machine;
use crate::process::Running;

/// What a summary says of figures that were taken so.
pub(crate) const AWAKE: &str = "Loops of the idle class kept the cores from halting: waking a virtual core is its host's time.";

/// The loops; dropping it ends them.
pub(crate) struct Awake {
    _loops: Vec<Running>,
}

/// Keeps every core from halting.
pub(crate) fn awake() -> Result<Awake> {
    // Also where nothing can be dropped any more, because we were killed.
    let until_we_end = format!("while [ -d /proc/{} ]; do :; done", std::process::id());
    let on = |core: usize| {
        let mut command = Command::new("chrt");
        command.args(["--idle", "0", "taskset", "-c", &core.to_string()]);
        Running::start(command.args(["sh", "-c", &until_we_end]))
    };
    let loops: Result<Vec<Running>> = (0..machine::cores()).map(on).collect();
    Ok(Awake { _loops: loops? })
}
