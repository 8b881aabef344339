//! A flame graph beside a scenario, as written.

use std::time::Duration;

use gatecrash_metrics::watch::Sampler;

use crate::file::scalar::Whole;
use crate::file::shape::{choice, record};

choice!(Sampler, "sampler of stacks", "`perf` or `py-spy`", [
    "perf" => Sampler::Perf,
    "py-spy" => Sampler::PySpy,
]);

record! {
    /// A flame graph: stacks of a process of this machine, sampled while the scenario runs. Whatever
    /// goes wrong with it is told in a note and ends no run.
    ProfileFile "a profile" one of ["pid", "process", "port"] {
        /// The process with this number.
        pid: Whole = "4711";
        /// All processes whose program, or whose script, is called so.
        process: String = "uvicorn";
        /// All processes that listen at this TCP port.
        port: Whole = "8010";
        /// How long stacks are sampled. The end of the scenario ends it earlier.
        runs_for as "for": Duration = "60s", required;
        /// How long after the scenario's beginning that begins.
        after: Duration = "10s" (default "0s");
        /// What samples: `perf` sees programs and the kernel, `py-spy` functions of Python.
        tool: Sampler = "perf" (default "`py-spy` for Python where it is installed, else `perf`");
    }
}
