//! When: schedules, each a pure function of what is wanted and of time.
//!
//! In: users, rates, weights. Out: how many users of which class there should be, or
//! which arrivals are due, and when. Never: a clock, a sleep, a protocol.
//!
//! | module | what it plans |
//! |---|---|
//! | [`closed`] | users as Locust ramps them, for its files |
//! | [`users`] | users over time, for plans |
//! | [`open`] | arrivals, from the rate over time |

pub mod closed;
mod gaps;
pub mod open;
mod order;
mod placement;
mod profile;
mod slope;
mod timeline;
pub mod users;

pub use closed::{Dispatcher, ScheduleError, Step, UserClass};
pub use open::{Arrival, OpenSchedule, ProfileError, RatePiece, RateProfile, Spacing};
pub use timeline::Timeline;
pub use users::{UserSchedule, UserStage};
