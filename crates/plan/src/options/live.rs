//! Who may watch a run while it goes on. Locust has nothing like it; its own --otel stands with
//! the others.

use super::{Default, Group, Kind, OptionSpec};

/// The address that metrics are served on unless told otherwise: nobody else's machine.
pub const METRICS_HOST: &str = "127.0.0.1";

/// Watching a run.
pub(super) const GROUP: Group = Group {
    title: "Live metrics options",
    options: OPTIONS,
};

const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(
        &["--metrics-port"],
        "metrics_port",
        Kind::Port,
        "Serve the numbers of the run at /metrics on this port, for Prometheus and what reads as it \
         does; 0 takes a free one. The names of containersol/locust_exporter are among them",
    )
    .env("GATECRASH_METRICS_PORT")
    .metavar("<port>"),
    OptionSpec::new(
        &["--metrics-host"],
        "metrics_host",
        Kind::Text,
        "Address that the port of --metrics-port is opened on; 0.0.0.0 lets other machines read. \
         Default: 127.0.0.1",
    )
    .env("GATECRASH_METRICS_HOST")
    .default(Default::Text(METRICS_HOST))
    .metavar("<ip>"),
    OptionSpec::new(
        &["--trace"],
        "trace",
        Kind::Flag,
        "Give every request that the engine sends a traceparent header (W3C Trace Context) unless \
         it brings one, and tell the slowest ones with the ids by which they are found in the \
         traces of the target",
    )
    .env("GATECRASH_TRACE"),
];
