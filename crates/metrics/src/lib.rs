//! What was observed: samples, histograms, per-endpoint aggregates.
//!
//! In come single [`Sample`]s and failures, out come [`Snapshot`]s that can be
//! merged, judged and printed. Nothing here reads a clock, locks, spawns or does
//! I/O: every time is an argument. Response times are `f64` milliseconds at the
//! surface and whole microseconds inside the histograms; instants are `f64`
//! seconds since the Unix epoch.
//!
//! | module | what it holds |
//! |---|---|
//! | [`sample`] | one observation, before it is counted |
//! | [`hist`] | the histogram of response times |
//! | [`window`] | the same for the last seconds only |
//! | [`seconds`] | counts per second of the clock |
//! | [`endpoint`] | everything known about one (method, name) |
//! | [`failure`] | distinct errors and exceptions, with a limit |
//! | [`shard`] | the books that one lane keeps |
//! | [`snapshot`] | a copy of the books, mergeable with others |

pub mod endpoint;
pub mod failure;
pub mod hist;
pub mod sample;
pub mod seconds;
pub mod shard;
pub mod snapshot;
pub mod window;

pub use endpoint::{Endpoint, Keep, Whole};
pub use failure::{ExceptionGroup, Failure, FailureBook};
pub use hist::Hist;
pub use sample::{EndpointId, Sample};
pub use seconds::{Second, Seconds};
pub use shard::{Limits, Shard};
pub use snapshot::{Overflow, Snapshot};
pub use window::Window;
