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
//! | [`values`] | the distribution of one kind of value |
//! | [`measure`] | what a request is measured by beside its response time, as data |
//! | [`measures`] | the values of each measure that was seen |
//! | [`endpoint`] | everything known about one (method, name) |
//! | [`task`] | what became of the tasks of each kind |
//! | [`arrivals`] | what became of the arrivals and the users of a scenario |
//! | [`failure`] | distinct errors and exceptions, with a limit |
//! | [`shard`] | the books that one lane keeps |
//! | [`snapshot`] | a copy of the books, mergeable with others |
//! | [`history`] | what happened between each two snapshots |
//! | [`slices`] | the same for each endpoint |
//! | [`thin`] | the small histogram of a slice |
//! | [`objective`] | what must hold, and whether it did |
//! | [`validity`] | whether the generator did what was asked of it |
//! | [`watch`] | what is watched beside the load, and its gauges |
//! | [`record`] | the whole run |

pub mod arrivals;
mod counts;
pub mod endpoint;
pub mod failure;
pub mod fuzzing;
pub mod hist;
pub mod history;
pub mod measure;
pub mod measures;
pub mod objective;
mod pairs;
pub mod record;
pub mod sample;
pub mod seconds;
pub mod shard;
mod since;
pub mod slices;
pub mod slowest;
pub mod snapshot;
pub mod task;
pub mod thin;
pub mod validity;
pub mod values;
mod waiting;
pub mod watch;
pub mod window;

pub use arrivals::{Arrivals, Level, Missed};
pub use endpoint::{Endpoint, Keep, ToldQuantiles, Whole};
pub use failure::{ExceptionGroup, Failure, FailureBook, FailureKind, Why};
pub use hist::Hist;
pub use history::{History, Point};
pub use measure::{Kind, Measure, Metric, MetricId, Phases, Unit};
pub use measures::{Measures, Series};
pub use record::{
    Change, Ended, HookRecord, Machine, Origin, OriginKind, PlanText, RunRecord, ScenarioRecord,
    When,
};
pub use sample::{EndpointId, Sample};
pub use seconds::{Second, Seconds};
pub use shard::{Limits, Shard, UserId};
pub use slices::{Measured, Part, Slice, Spread};
pub use snapshot::{Overflow, Snapshot};
pub use task::{Task, TaskBook, TaskId};
pub use thin::Thin;
pub use validity::{Driven, Lag, LaneUse, Model, Reason, Validity, judge};
pub use values::Values;
pub use window::Window;
