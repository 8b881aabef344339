//! How the target fares while it is loaded: its processes, containers and machine, its GPUs,
//! what it tells a Prometheus, and what a program of the author's prints.
//!
//! In: what is watched ([`gatecrash_metrics::watch`]). Out: [`Gauge`]s, each with the instant
//! of its reading, and a word where something cannot be read. Never: a judgement, a request
//! that counts as load, a run that ends because a source is gone.
//!
//! | module | what it reads |
//! |---|---|
//! | `process` | processes by number, name or port: `/proc` |
//! | `container` | control groups, version 1 and 2 |
//! | `host` | this machine: `/proc` |
//! | `gpu` | NVML, where its library is there |
//! | `command` | what a program prints |
//! | `exposition` | a page of metrics, Prometheus text or OpenMetrics |
//! | `prometheus` | a Prometheus server's API |
//! | `generator` | the process that makes the load |
//!
//! | `profile` | stacks of processes, sampled by other tools; `stacks` folds them, `flame` draws |
//!
//! `watching` reads them all but the last, each at its pace on one thread; `source` is the list of them.

pub mod cgroup;
mod command;
mod container;
mod exposition;
mod fetch;
mod flame;
mod generator;
mod gpu;
mod growth;
mod host;
pub mod proc;
mod process;
pub mod profile;
mod prometheus;
mod series;
mod source;
mod stacks;
mod watching;

pub use gatecrash_metrics::watch::{Gauge, Watch};
pub use generator::LaneTimes;
pub use watching::{News, Taken, Watching};
