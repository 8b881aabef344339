//! Telling it: console, CSV, JSON.
//!
//! In come [`gatecrash_metrics::Snapshot`]s, out goes text; [`live`] and [`results`]
//! alone touch files. Nothing here reads a clock: what a report needs to know of the time is an
//! argument. The outputs of Locust are copied to the byte, so that whatever reads
//! them today goes on reading.
//!
//! | module | what it tells |
//! |---|---|
//! | [`format`](mod@format) | how Python writes numbers, texts and times |
//! | [`locust`] | the numbers that Locust would show for an endpoint |
//! | [`chart`] | a curve drawn with letters |
//! | [`foreign`] | runs that Locust has written down, read back |
//! | [`forecast`] | what a plan will do, before it does it |
//! | [`console`] | the tables of the console |
//! | [`csv`] | the contents of the CSV files |
//! | [`json`] | the contents of the JSON output |
//! | [`progress`] | one line on how far the run is |
//! | [`native`] | runs of plans and Rust users, for people |
//! | [`html`](mod@html) | a run as one self-contained page |
//! | [`live`] | a run that goes on: CSV files, Prometheus, OpenTelemetry |
//! | [`archive`] | `run.json`: all of a run, written and read back |
//! | [`results`] | the folder of a run's results |
//! | [`secrets`] | what must not be told |

pub mod archive;
pub mod chart;
pub mod console;
pub mod csv;
mod cut;
pub mod forecast;
pub mod foreign;
pub mod format;
pub mod html;
pub mod json;
pub mod live;
pub mod locust;
pub mod native;
pub mod progress;
pub mod results;
pub mod secrets;
