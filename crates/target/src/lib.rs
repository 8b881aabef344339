//! Services to load, which know the truth about what they received.
//!
//! In: [`TargetOptions`]. Out: a running [`Server`] over HTTP/1.1, plain or TLS: the routes of a
//! service, general routes for testing a client (`/echo`, `/status/{code}`, `/fault/…`), and
//! `/truth`, which tells exactly what was received and answered, and how long that took.
//!
//! # Never
//! This crate stands on nothing of ours, so that it can judge all of it. It does not guess: what
//! `/truth` says is counted, one request at a time.

mod answer;
mod chunked;
mod clinic;
mod clock;
mod conversation;
mod draw;
mod general;
mod inbox;
mod latency_record;
mod options;
mod request;
mod routes;
mod server;
mod tls;
mod truth;

pub use latency_record::LatencySummary;
pub use options::{
    Latency, Limits, OptionError, Percent, Service, TargetOptions, TlsFiles, TlsOptions,
};
pub use server::{Server, Stopper, serve};
pub use truth::{Counts, EndpointTruth, TruthReport};
