//! The truth about token streams: when each chunk was handed to the system.
//!
//! In: moments of sending. Out: a report. Never: a clock.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::answer::{StreamEnd, Token};
use crate::latency_record::{LatencyRecord, LatencySummary};

/// The streams of one route.
#[derive(Clone, Debug, Default)]
pub(crate) struct StreamTally {
    begun: u64,
    completed: u64,
    cut: u64,
    abandoned: u64,
    chunks: u64,
    tokens: u64,
    first_byte: LatencyRecord,
    first_token: LatencyRecord,
    first_visible_token: LatencyRecord,
    last_token: LatencyRecord,
    gaps: LatencyRecord,
}

/// How far one stream has come. Times count from the last byte of its request.
#[derive(Debug)]
pub(crate) struct Progress {
    asked_at: Instant,
    has_begun: bool,
    has_visible: bool,
    last_chunk: Option<Instant>,
}

impl Progress {
    pub(crate) fn new(asked_at: Instant) -> Self {
        Self {
            asked_at,
            has_begun: false,
            has_visible: false,
            last_chunk: None,
        }
    }
}

impl StreamTally {
    pub(crate) fn begin(&mut self) {
        self.begun += 1;
    }

    /// Something was sent that is no token.
    pub(crate) fn sent(&mut self, progress: &mut Progress, at: Instant) {
        if !progress.has_begun {
            progress.has_begun = true;
            self.first_byte.add(at - progress.asked_at);
        }
    }

    /// A chunk of tokens was sent.
    pub(crate) fn sent_token(&mut self, progress: &mut Progress, token: &Token, at: Instant) {
        self.chunks += 1;
        self.tokens += u64::from(token.count);
        let since_asked = at - progress.asked_at;
        match progress.last_chunk.replace(at) {
            None => self.first_token.add(since_asked),
            Some(before) => self.gaps.add(at - before),
        }
        if token.visible && !progress.has_visible {
            progress.has_visible = true;
            self.first_visible_token.add(since_asked);
        }
    }

    /// The stream is over; `None` if it could not be sent to its end.
    pub(crate) fn end(&mut self, progress: &Progress, end: Option<StreamEnd>) {
        let ended = match end {
            Some(StreamEnd::Marked) => &mut self.completed,
            Some(StreamEnd::Unmarked) => &mut self.cut,
            None => &mut self.abandoned,
        };
        *ended += 1;
        if let (Some(_), Some(last)) = (end, progress.last_chunk) {
            let took: Duration = last - progress.asked_at;
            self.last_token.add(took);
        }
    }

    /// `None` if there was no stream.
    pub(crate) fn report(&self) -> Option<StreamTruth> {
        (self.begun > 0).then(|| StreamTruth {
            count: self.begun,
            completed: self.completed,
            cut: self.cut,
            abandoned: self.abandoned,
            open: self.begun - self.completed - self.cut - self.abandoned,
            chunks: self.chunks,
            tokens: self.tokens,
            first_byte_ms: self.first_byte.summary(),
            first_token_ms: self.first_token.summary(),
            first_visible_token_ms: self.first_visible_token.summary(),
            last_token_ms: self.last_token.summary(),
            gap_ms: self.gaps.summary(),
        })
    }
}

/// What happened to the token streams of a route. Times begin with the last byte of the request
/// and end when what they name was handed to the system.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StreamTruth {
    /// Streams that were begun.
    pub count: u64,
    /// Streams that were sent whole, with their end mark.
    pub completed: u64,
    /// Streams that ended without their end mark, as asked.
    pub cut: u64,
    /// Streams whose client left.
    pub abandoned: u64,
    /// Streams that are being sent.
    pub open: u64,
    /// Chunks of tokens that were sent.
    pub chunks: u64,
    /// Tokens in them.
    pub tokens: u64,
    /// To the head.
    pub first_byte_ms: LatencySummary,
    /// To the first chunk of tokens, of reasoning or visible.
    pub first_token_ms: LatencySummary,
    /// To the first chunk of visible tokens.
    pub first_visible_token_ms: LatencySummary,
    /// To the last chunk of tokens, of streams that are not abandoned.
    pub last_token_ms: LatencySummary,
    /// From one chunk of tokens to the next, of all streams.
    pub gap_ms: LatencySummary,
}
