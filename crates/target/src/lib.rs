//! Services to load, which know the truth about what they received.
//!
//! In: [`TargetOptions`]. Out: a running [`Server`] over HTTP/1.1, plain or TLS: the routes of a
//! service, general routes for testing a client (`/echo`, `/status/{code}`, `/fault/…`), a
//! cache, a limit and a mode (`/cached/{key}`, `/limited`, `/service`), token streams (`/sse`,
//! `/v1/chat/completions`, `/v1/messages`), WebSockets (`/ws/…`), and `/truth`, which tells
//! exactly what was received and answered, and how long that took; `/metrics` tells the same to
//! a Prometheus.
//!
//! ```
//! use std::io::{Read, Write};
//!
//! use gatecrash_target::{Service, TargetOptions, serve};
//!
//! let server = serve(TargetOptions {
//!     service: Service::Plain,
//!     port: 0,
//!     latency: "lognormal:2ms,0.5".parse()?,
//!     ..TargetOptions::default()
//! })?;
//! let mut stream = std::net::TcpStream::connect(server.address())?;
//! stream.write_all(b"GET /close HTTP/1.1\r\nHost: target\r\n\r\n")?;
//! stream.read_to_end(&mut Vec::new())?;
//! assert_eq!(server.truth().total.answered, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Never
//! This crate stands on nothing of ours, so that it can judge all of it. It does not guess: what
//! `/truth` says is counted, one request at a time.

// From the start of a target to one request on it …
mod files;
mod latency;
mod options;
mod places;
mod server;
mod tls;

mod conversation;

// … what comes in …
mod chunked;
mod inbox;
mod memory;
mod request;

// … where it goes and what goes out …
mod answer;
mod conditions;
mod general;
mod routes;
mod stream;
mod websocket;

// … which services there are, and what they are made of …
mod ai_service;
mod cache;
mod clinic;
mod knowledge_graph;
mod model_queue;
mod people;
mod rate_limit;
mod records;
mod services;
mod sqlite;
mod support_chat;
mod triage;

// … and what is known about it.
mod alarm;
mod busy;
mod clock;
mod draw;
mod latency_record;
mod leak;
mod metrics;
mod socket_truth;
mod stall;
mod stream_truth;
mod truth;

pub use latency::Latency;
pub use latency_record::LatencySummary;
pub use options::{
    CacheOptions, Limits, ModelOptions, OptionError, Percent, Service, TargetOptions, TlsFiles,
    TlsOptions,
};
pub use server::{Server, Stopper, serve};
pub use socket_truth::SocketTruth;
pub use stall::StallPlan;
pub use stream_truth::StreamTruth;
pub use truth::{Counts, EndpointTruth, OneStall, StallTruth, TruthReport};
