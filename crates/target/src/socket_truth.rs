//! The truth about WebSockets: who is there, and what was said.
//!
//! In: openings, messages and endings. Out: a report. Never: a clock.

use std::time::Duration;

use serde::Serialize;

use crate::latency_record::{LatencyRecord, LatencySummary};

/// The sockets of one route.
#[derive(Clone, Debug, Default)]
pub(crate) struct SocketTally {
    pub(crate) open: u64,
    pub(crate) opened: u64,
    pub(crate) closed: u64,
    pub(crate) slow: u64,
    pub(crate) refused: u64,
    pub(crate) messages_in: u64,
    messages_out: u64,
    delivery: LatencyRecord,
}

impl SocketTally {
    /// A message was handed to the system, so long after its last byte was read.
    pub(crate) fn sent(&mut self, took: Duration) {
        self.messages_out += 1;
        self.delivery.add(took);
    }

    /// A tally that knows nothing but the sockets that are open.
    pub(crate) fn forgotten(&self) -> Self {
        Self {
            open: self.open,
            ..Self::default()
        }
    }

    pub(crate) fn report(&self) -> SocketTruth {
        SocketTruth {
            open: self.open,
            opened: self.opened,
            closed: self.closed,
            slow: self.slow,
            refused: self.refused,
            messages_in: self.messages_in,
            messages_out: self.messages_out,
            delivery_ms: self.delivery.summary(),
        }
    }
}

/// What happened to the WebSockets of a route.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SocketTruth {
    /// Sockets that are open now; a reset of the truth does not change it.
    pub open: u64,
    /// Sockets whose handshake was answered.
    pub opened: u64,
    /// Sockets that ended, in whatever way.
    pub closed: u64,
    /// Of these, dropped because the peer did not read what was sent to it.
    pub slow: u64,
    /// Of these, closed by the target: the peer broke the protocol or a limit.
    pub refused: u64,
    /// Messages that were received whole.
    pub messages_in: u64,
    /// Messages that were sent; in a room each copy counts.
    pub messages_out: u64,
    /// From the last byte of a message read until it, or a copy of it, was handed to the system.
    pub delivery_ms: LatencySummary,
}
