//! Locust-shaped users in Python: everything that knows PyO3.
//!
//! The engine's lane has a thread of its own and never takes Python's lock;
//! user bodies run in greenlets under gevent's hub on Python's thread. This
//! crate is the boundary between the two, as the module `gatecrash._engine`.
//!
//! | module | what it holds |
//! |---|---|
//! | `greenlets` | greenlet's C functions |
//! | `account` | what is kept of a Locust-style run |
//! | `ask` | what was asked, kept with the answer |
//! | `boundary` | who waits for what; the hub's callback |
//! | `call` | the arguments of one call |
//! | `client` | a user's connections as Python sees them |
//! | `dispatch` | ramps, planned step by step |
//! | `encode` | request heads, byte for byte |
//! | `entry` | the numbers of one endpoint |
//! | `events` | an answer that comes in events |
//! | `exchange` | an answer, unpacked only when looked at |
//! | `failure_kind` | what kind of failure an exception stands for |
//! | `form` | parameters and forms as `requests` writes them |
//! | `session` | the quick way of a session |
//! | `host` | users of locustfiles in a plan |
//! | `kept` | the folder in which such a run is kept |
//! | `ledger` | the way to one shard of the lane's books |
//! | `metrics` | metrics that a locustfile declares |
//! | `options` | the option table as data |
//! | `pieces` | a body that is read piece by piece |
//! | `rate` | a run of a locustfile at a rate |
//! | `reporter` | tables, progress and CSV files during a run |
//! | `socket` | a WebSocket of a user |
//! | `stats` | the statistics of one environment |
//! | `turn` | the turns that a driver hands to users |
//! | `watched` | a run whose users drive themselves, second by second |

mod account;
mod ask;
mod boundary;
mod call;
mod client;
mod dispatch;
mod encode;
mod entry;
mod events;
mod exchange;
mod failure_kind;
mod form;
mod greenlets;
mod host;
mod kept;
mod ledger;
mod metrics;
mod options;
mod pieces;
mod rate;
mod reporter;
mod session;
mod socket;
mod stats;
mod turn;
mod watched;

pub use host::{Doorman, Work};
use pyo3::prelude::*;

/// Adds everything to the module `gatecrash._engine`.
///
/// # Errors
/// When Python cannot make the module's objects.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
    account::register(module)?;
    boundary::register(module)?;
    client::register(module)?;
    dispatch::register(module)?;
    metrics::register(module)?;
    options::register(module)?;
    stats::register(module)?;
    rate::register(module)?;
    host::register(module)?;
    events::register(module)?;
    socket::register(module)?;
    turn::register(module)?;
    reporter::register(module)?;
    session::register(module)?;
    exchange::register(module)
}
