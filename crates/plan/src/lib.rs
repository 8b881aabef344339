//! What is wanted: plans, schedules as pure functions of time, and the option table.
//!
//! In: the text and numbers that a person gave. Out: a checked [`model::Plan`] or every
//! fault of the text at once ([`load`]), [`schedule`]s that say what is due when, the
//! [`forecast`], and the [`options`] that exist as data. Never here: a clock, a thread, a
//! file, the environment; what these say is an argument.

pub mod dotenv;
pub mod draw;
pub mod duration;
pub mod effective;
pub mod fault;
pub mod file;
pub mod fingerprint;
pub mod forecast;
#[doc(hidden)]
pub mod fuzzing;
pub mod hint;
pub mod model;
pub mod options;
mod portable;
pub mod rate;
pub mod reference;
mod resolve;
pub mod schedule;
pub mod schema;
pub mod size;
pub mod split;
pub mod template;
pub mod timespan;
pub mod watch_option;

pub use effective::effective;
pub use resolve::{Overrides, Sources, load};
