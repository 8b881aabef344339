//! Making it happen: lanes that own sockets, clock and statistics, users that live on
//! them, and the contract with users who live on another thread.
//!
//! | module | what it holds |
//! |---|---|
//! | [`run`] | a run from its first scenario to its last, and the handle on it |
//! | [`scenario`] | a scenario on its way to the lanes |
//! | `fleet`, `part` | a scenario on all lanes, and its part on one |
//! | `hooks` | what is done before and after scenarios |
//! | [`gauges`] | what is watched beside the load, in the books of what runs |
//! | `guests`, `guest_accounts` | what users of another language did in a scenario, and what is counted beside their requests |
//! | [`journey`] | what native users do |
//! | `drive` | when they do it: the closed and the open model |
//! | `ledger`, `accounts` | the books that native users write, and what is counted beside requests |
//! | [`noted`] | what an answer tells beside its time: caches, tokens |
//! | [`cause`] | why a request counts as failed |
//! | `machine` | how the generator itself fares |
//! | [`lane`] | one thread: its connections, its clock, its books |
//! | [`job`] | what a lane is asked to do and what it answers |
//! | [`mailbox`] | what a lane hands to a guest's user piece by piece |
//! | [`remote_stream`], [`remote_socket`] | event streams and WebSockets for such users |
//! | [`books`] | the statistics that one lane keeps |
//! | [`guest`] | the contract with users of another language |
//! | [`names`] | the numbers of endpoints, given out without asking the lane |
//! | [`classify`] | when an answer counts as a success |
//! | [`clock`] | the one place of this crate that reads the time |
//! | [`pump`] | a snapshot every so often, on a thread of its own |
//! | `turns` | lanes that wake run before what only counts and writes |
//! | `wake` | how one thread wakes the other (Linux: eventfd) |

mod accounts;
mod alarm;
pub mod books;
pub mod cause;
mod chance;
pub mod classify;
pub mod clock;
mod drive;
mod fleet;
pub mod gauges;
pub mod guest;
mod guest_accounts;
mod guests;
mod hooks;
pub mod job;
pub mod journey;
pub mod lane;
mod lane_thread;
mod leash;
mod ledger;
mod machine;
pub mod mailbox;
pub mod names;
pub mod noted;
mod part;
pub mod pump;
pub mod remote_socket;
pub mod remote_stream;
pub mod run;
pub mod scenario;
mod turns;
mod wake;

pub use books::{Abandoned, Books, Exhausted, ShardId};
pub use cause::Cause;
pub use chance::random;
pub use classify::Rule;
pub use gauges::{GaugeBooks, Gauges};
pub use guest::{Guest, Host};
pub use guest_accounts::GUEST_METRICS;
pub use hooks::{Around, Hook};
pub use job::{Apart, Completion, Counted, Fetch, Outcome, Recording, Ticket};
pub use lane::{ClientId, Lane};
pub use machine::LocustWatch;
pub use names::Names;
pub use noted::{Noted, Usage};
pub use part::Change;
pub use pump::{Pump, give_way};
pub use run::{Command, Run, RunEvent, RunHandle, Setup};
pub use scenario::{ScenarioSetup, Users};
