//! All tests of the crate. What Locust prints and writes lies in `tests/golden`, made
//! from the same samples by Locust itself; see `generate.py` there.

mod archive;
mod chart;
mod console;
mod forecast;
mod foreign;
mod format;
mod golden;
mod html;
mod judged;
mod live;
mod live_metrics;
mod locust;
mod native;
mod native_files;
mod otlp_settings;
mod progress;
mod results;
mod runs;
mod secrets;
mod suite;
mod summaries;
mod verdicts;
