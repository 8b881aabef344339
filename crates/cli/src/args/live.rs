//! What lets others watch a run while it goes on.

use clap::Args;
use gatecrash_plan::options;
use gatecrash_report::live::otlp::settings::{Settings, SettingsFault};
use gatecrash_web::{Address, Wishes};

use crate::env;

/// What lets others watch a run; the same for plans and for programs with users in Rust.
#[derive(Clone, Debug, Default, Args)]
pub struct LiveArgs {
    /// Serve the numbers of the run at /metrics on this port, for Prometheus and what reads as it
    /// does; 0 takes a free one
    #[arg(long, value_name = "PORT")]
    pub metrics_port: Option<u16>,
    /// Address that the port of --metrics-port is opened on; 0.0.0.0 lets other machines read
    #[arg(long, value_name = "ADDRESS", default_value = options::METRICS_HOST)]
    #[arg(requires = "metrics_port")]
    pub metrics_host: String,
    /// Send the numbers of the run to a collector of OpenTelemetry, by OTLP over HTTP; the
    /// variables OTEL_… say where and how often, by default to http://localhost:4318 every minute
    #[arg(long)]
    pub otel: bool,
    /// Give every request a traceparent header (W3C Trace Context) unless it brings one, and tell
    /// the slowest ones with the ids by which they are found in the traces of the target
    #[arg(long)]
    pub trace: bool,
}

impl LiveArgs {
    /// What is wished for.
    ///
    /// # Errors
    /// A variable that cannot be followed.
    pub(crate) fn wishes(&self) -> Result<Wishes, SettingsFault> {
        let host = self.metrics_host.clone();
        let otlp = self.otel.then(|| Settings::of(env::variable));
        Ok(Wishes {
            metrics: self.metrics_port.map(|port| Address { host, port }),
            otlp: otlp.transpose()?.flatten(),
        })
    }
}
