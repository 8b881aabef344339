//! What is wanted: the option table and schedules as pure functions of time.
//!
//! In: the text and numbers that a person gave. Out: checked values ([`timespan`]),
//! the [`options`] that exist as data, and [`schedule`]s that say how many users of
//! which class exist when. Never here: a clock, a thread, a file, the environment.

pub mod dotenv;
pub mod draw;
pub mod duration;
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

pub use resolve::{Overrides, Sources, load};
