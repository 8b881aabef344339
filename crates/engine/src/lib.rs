//! Making it happen: lanes that own sockets, clock and statistics, and the
//! contract with users who live on another thread.
//!
//! | module | what it holds |
//! |---|---|
//! | [`lane`] | one thread: its connections, its clock, its books |
//! | [`job`] | what a lane is asked to do and what it answers |
//! | [`books`] | the statistics that one lane keeps |
//! | [`guest`] | the contract with users of another language |
//! | [`names`] | the numbers of endpoints, given out without asking the lane |
//! | [`classify`] | when an answer counts as a success |
//! | [`clock`] | the one place of this crate that reads the time |
//! | [`pump`] | a snapshot every so often, on a thread of its own |
//! | `wake` | how one thread wakes the other (Linux: eventfd) |

pub mod books;
pub mod classify;
pub mod clock;
pub mod guest;
pub mod job;
pub mod lane;
mod lane_thread;
pub mod names;
pub mod pump;
mod wake;

pub use books::{Abandoned, Books, ShardId};
pub use classify::Rule;
pub use guest::Guest;
pub use job::{Completion, Fetch, Outcome, Recording, Ticket};
pub use lane::{ClientId, Lane};
pub use names::Names;
pub use pump::Pump;
