//! A run that goes on, for programs that watch it.
//!
//! In: snapshots, and how their scenarios stand ([`state`]). Out: files that grow, and texts
//! and bytes for who collects metrics. What a metric is called and counts in is said once, in
//! [`native`]; the formats write what stands there. [`CsvFiles`] alone touches files, and
//! nothing here knows a socket.
//!
//! | module | what it holds |
//! |---|---|
//! | `csv_files` | CSV files that are kept up to date |
//! | [`state`] | a run as it stands |
//! | [`family`] | metrics of any format: families with their series |
//! | [`native`] | our own metrics of a run |
//! | [`locust_exporter`] | the metrics that dashboards for Locust ask for |
//! | [`prometheus`] | metrics as text: OpenMetrics, and Prometheus before it |
//! | [`otlp`] | metrics as OpenTelemetry wants them sent |

mod csv_files;
pub mod family;
pub mod locust_exporter;
pub mod native;
pub mod otlp;
pub mod prometheus;
pub mod state;

pub use csv_files::{CsvFiles, WriteError};
