//! When: schedules, each a pure function of what is wanted and of time.
//!
//! In: users, rates, weights. Out: how many users of which class there should be, and
//! when. Never: a clock, a sleep, a protocol.

pub mod closed;
mod order;
mod placement;

pub use closed::{Dispatcher, ScheduleError, Step, UserClass};
