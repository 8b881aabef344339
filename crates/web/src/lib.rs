//! HTTP beside a run: its numbers for whoever asks while it goes on, and for who wants them sent.
//!
//! In: the seconds of a run, without secrets. Out: answers to HTTP requests, and requests to a
//! collector, on threads of their own. The run never waits for them, and nobody who asks can ask
//! anything of the run.
//! Everything that a peer decides has a limit.
//!
//! | module | what it holds |
//! |---|---|
//! | [`live`] | what is wanted, and the way of a run's seconds to it |
//! | `board` | where the run stands, for all who ask |
//! | `app` | which path is whose |
//! | `metrics` | `/metrics` |
//! | `export` | numbers on their way to OpenTelemetry |
//! | `server` | connections and their limits |

mod app;
mod board;
mod export;
pub mod live;
mod metrics;
mod server;

pub use export::ExportError;
pub use live::{About, Address, Live, OpenError, Second, Wishes};
