//! Answers that come in events: when each came, what it carried, how the stream ended.
//!
//! In: the body of an answer, piece by piece. Out: the measures of a stream, and its content
//! put together for whoever looks at it. A stream that ends without its end mark, or that
//! had no content, is a failure.
//!
//! With t0 the call, c1 … cK the content events and N the tokens: `ttft` = c1 − t0, `ttfo`
//! the first with visible text − t0, `tpot` = (cK − c1) / (N − 1), gaps c(i+1) − ci. The
//! event with the usage and the end mark are no content.

use std::time::{Duration, Instant};

use gatecrash_metrics::{EndpointId, Measure};
use gatecrash_net::sse::{Event, Parser};
use gatecrash_net::{Exchange, Fetched, StreamedBody, now};
use gatecrash_plan::model::StreamForm;
use tokio::time::timeout_at;

use super::http::{too_large, words};
use super::stream_form::{Meaning, meaning};
use super::{Answer, Failed, Seat, ms_between};

/// The largest event.
pub(crate) const MAX_EVENT_BYTES: usize = 4 << 20;

/// What is known of a stream so far.
#[derive(Debug)]
pub(crate) struct Watcher {
    form: StreamForm,
    called: Instant,
    keeps_content: bool,
    content: String,
    events: u64,
    content_events: u64,
    first: Option<Instant>,
    first_visible: Option<Instant>,
    last: Option<Instant>,
    tokens: Option<u64>,
    has_ended: bool,
    fault: Option<&'static str>,
}

impl Watcher {
    pub(crate) fn new(form: StreamForm, called: Instant, keeps_content: bool) -> Self {
        Watcher {
            form,
            called,
            keeps_content,
            content: String::new(),
            events: 0,
            content_events: 0,
            first: None,
            first_visible: None,
            last: None,
            tokens: None,
            has_ended: false,
            fault: None,
        }
    }

    /// Takes an event that came at `at`; gives the gap to the content before it.
    pub(crate) fn take(&mut self, event: &Event<'_>, at: Instant) -> Option<Duration> {
        self.events += 1;
        let Meaning {
            content,
            visible,
            tokens,
            is_end,
            fault,
        } = meaning(self.form, event);
        self.tokens = tokens.or(self.tokens);
        self.has_ended |= is_end;
        self.fault = self.fault.or(fault);
        if !content {
            return None;
        }
        self.content_events += 1;
        self.first.get_or_insert(at);
        if let Some(text) = visible {
            self.first_visible.get_or_insert(at);
            self.keep(&text);
        }
        let before = self.last.replace(at)?;
        Some(at.saturating_duration_since(before))
    }

    fn keep(&mut self, text: &str) {
        if !self.keeps_content {
            return;
        }
        // Events without a form of their own are kept apart, as they were sent apart.
        if self.form == StreamForm::Sse && !self.content.is_empty() {
            self.content.push('\n');
        }
        self.content.push_str(text);
    }

    /// The output tokens, as the server counts them.
    pub(crate) fn tokens(&self) -> Option<u64> {
        self.tokens
    }

    /// The visible content put together, if somebody wanted to see it.
    pub(crate) fn into_content(self) -> String {
        self.content
    }

    /// Why the stream, which is over, counts as failed.
    pub(crate) fn verdict(&self) -> Result<(), &'static str> {
        match (self.fault, self.form) {
            (Some(fault), _) => Err(fault),
            (None, _) if self.first.is_none() => Err("stream: no content"),
            (None, StreamForm::OpenAi) if !self.has_ended => Err("stream: ended without [DONE]"),
            (None, StreamForm::Anthropic) if !self.has_ended => {
                Err("stream: ended without message_stop")
            }
            _ => Ok(()),
        }
    }

    /// The measures of a stream that is over and well.
    pub(crate) fn measures(&self) -> Vec<(Measure, f64)> {
        let mut measures = vec![(Measure::Events, self.events as f64)];
        let (Some(first), Some(last)) = (self.first, self.last) else {
            return measures;
        };
        measures.push((Measure::Ttft, ms_between(self.called, first)));
        if let Some(visible) = self.first_visible {
            measures.push((Measure::Ttfo, ms_between(self.called, visible)));
        }
        // Without a usage each content event is taken for a token, under another name.
        let (tokens, measure) = match self.tokens {
            Some(tokens) => (tokens, Measure::Tokens),
            None => (self.content_events, Measure::TokensByChunks),
        };
        measures.push((measure, tokens as f64));
        if tokens > 1 {
            let time_ms = ms_between(first, last);
            measures.push((Measure::Tpot, time_ms / (tokens - 1) as f64));
        }
        let whole_s = last.saturating_duration_since(self.called).as_secs_f64();
        if whole_s > 0.0 {
            measures.push((Measure::TokensPerSecond, tokens as f64 / whole_s));
        }
        measures
    }
}

/// How a streamed answer is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// What its events mean, and how it ends.
    pub form: StreamForm,
    /// Longest time from the call to its end.
    pub timeout: Duration,
    /// Bytes of the body at most; beyond, the request fails.
    pub body_bytes: u64,
    /// Whether somebody wants to see its content.
    pub keeps_content: bool,
}

/// What a stream that ended well had in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The visible content put together; empty where nobody wanted to see it.
    pub content: String,
    /// How many events came, whatever they carried.
    pub events: u64,
    /// The output tokens, as the server counts them.
    pub tokens: Option<u64>,
}

/// Reads a streamed answer to its end, judges and records it. What `judge` says of the
/// exchange, its content and its time comes after what the stream's form asks for.
///
/// # Errors
/// When the request failed, which is in the books.
pub async fn read_stream(
    reading: Reading,
    answer: Answer<'_>,
    seat: &Seat,
    judge: impl FnOnce(&Exchange, &str, Duration) -> Result<(), String>,
) -> Result<Told, Failed> {
    let Answer { result, flight } = answer;
    let (mut exchange, body) = match result {
        Ok(Fetched::Streamed(exchange, body)) => (exchange, body),
        // The body of a request that streams is never read before its head is looked at.
        other => {
            let result = other;
            Answer { result, flight }.record(Some("stream: not a stream"));
            return Err(Failed);
        }
    };
    let called = flight.called();
    let mut watcher = Watcher::new(reading.form, called, reading.keeps_content);
    let is_fine = exchange.head.status < 400;
    let endpoint = is_fine.then(|| flight.endpoint());
    let limit_bytes = reading.body_bytes;
    let events = pieces(
        limit_bytes,
        body,
        seat,
        &mut exchange,
        &mut watcher,
        endpoint,
    );
    let outcome = match timeout_at((called + reading.timeout).into(), events).await {
        Ok(outcome) => outcome,
        Err(_) => Err(gatecrash_net::Error::TotalTimeout.to_string()),
    };
    let done = now();
    exchange.timings.done = Some(done);
    let time = done.saturating_duration_since(called);
    let judged = outcome.and_then(|()| {
        if is_fine {
            watcher.verdict().map_err(str::to_owned)?;
        }
        judge(&exchange, &watcher.content, time)
    });
    if is_fine && judged.is_ok() {
        for (measure, value) in watcher.measures() {
            seat.measure(flight.endpoint(), measure, value);
        }
    }
    flight.record(
        &exchange.timings,
        exchange.body_bytes,
        judged.as_ref().err().map(String::as_str),
    );
    judged.map_err(|_| Failed)?;
    Ok(Told {
        content: watcher.content,
        events: watcher.events,
        tokens: watcher.tokens,
    })
}

/// Reads all pieces of the body; with an `endpoint` its gaps are measured as they come.
async fn pieces(
    limit_bytes: u64,
    body: Box<StreamedBody>,
    seat: &Seat,
    exchange: &mut Exchange,
    watcher: &mut Watcher,
    endpoint: Option<EndpointId>,
) -> Result<(), String> {
    if exchange.head.is_encoded {
        return Err(
            "stream: its events are compressed; ask for none with Accept-Encoding".to_owned(),
        );
    }
    let mut parser = Parser::new(MAX_EVENT_BYTES);
    let mut rest = Some(body);
    while let Some(body) = rest.take() {
        let (piece, next) = seat
            .client()
            .read_piece(body)
            .await
            .map_err(|error| words(&error).into_owned())?;
        let at = now();
        exchange.body_bytes += piece.len() as u64;
        if exchange.body_bytes > limit_bytes {
            return Err(too_large(limit_bytes));
        }
        let mut input = piece.as_slice();
        while let Some(event) = parser
            .next(&mut input)
            .map_err(|_| "stream: an event is too large".to_owned())?
        {
            let gap = watcher.take(&event, at);
            if let (Some(gap), Some(endpoint)) = (gap, endpoint) {
                seat.measure(endpoint, Measure::ChunkGap, gap.as_secs_f64() * 1e3);
            }
        }
        rest = next;
    }
    Ok(())
}
