//! What must hold, and where the run is kept. Locust has nothing like it.

use super::{Group, Kind, OptionSpec};

/// Objectives and results.
pub(super) const GROUP: Group = Group {
    title: "Objectives and results options",
    options: OPTIONS,
};

const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(
        &["--objective"],
        "objectives",
        Kind::Objectives,
        "What must hold, such as 'p95 < 300ms' or 'p99 of /search < 1s'; may be given several \
         times. The run then ends with 0 if all hold and with 99 if one is missed or has no data, \
         whether requests failed or not; 'error_rate == 0' asks that none does",
    )
    .env("GATECRASH_OBJECTIVE")
    .metavar("<text>"),
    OptionSpec::new(
        &["--watch"],
        "watches",
        Kind::Watches,
        "What is watched beside the load, as NAME=SOURCE with a source as plans have them under \
         `watch:`: 'machine=host', 'api=process: uvicorn', 'api=process: { port: 8010 }', \
         'db=container: postgres'; may be given several times. Its gauges, such as `api.cpu`, can \
         stand in objectives",
    )
    .env("GATECRASH_WATCH")
    .metavar("<name=source>"),
    OptionSpec::new(
        &["--results"],
        "results",
        Kind::Text,
        "Keep the run in this folder, from which `gatecrash report` and `gatecrash check` make \
         everything again",
    )
    .env("GATECRASH_RESULTS")
    .metavar("<dir>"),
];
