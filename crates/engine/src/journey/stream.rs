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

use super::http::too_large;
use super::stream_form::{Meaning, meaning};
use super::{Answer, Failed, Seat, ms_between};
use crate::cause::Cause;
use crate::noted::{Noted, Usage};

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
    usage: Usage,
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
            usage: Usage::default(),
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
            usage,
            is_end,
            fault,
        } = meaning(self.form, event);
        self.usage = usage.or(self.usage);
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
        self.usage.tokens_out
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
        measures.extend(self.usage.measures());
        // Without a usage each content event is taken for a token, under another name.
        let tokens = self.usage.tokens_out.unwrap_or(self.content_events);
        if self.usage.tokens_out.is_none() {
            measures.push((Measure::TokensByChunks, tokens as f64));
        }
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

/// Reads a streamed answer to its end, judges and records it. `judge` says of the exchange,
/// its content and its time what the books shall know beside what the stream tells, and
/// whether it is as it must be; what the stream's form asks for comes before that.
///
/// # Errors
/// When the request failed, which is in the books.
pub async fn read_stream(
    reading: Reading,
    answer: Answer<'_>,
    seat: &Seat,
    judge: impl FnOnce(&Exchange, &str, Duration) -> (Noted<'static>, Result<(), Cause>),
) -> Result<Told, Failed> {
    let Answer { result, flight } = answer;
    let (mut exchange, body) = match result {
        Ok(Fetched::Streamed(exchange, body)) => (exchange, body),
        // The body of a request that streams is never read before its head is looked at.
        other => {
            let result = other;
            Answer { result, flight }.record(Some(&Cause::stream("stream: not a stream")));
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
        Err(_) => Err(Cause::from(&gatecrash_net::Error::TotalTimeout)),
    };
    let done = now();
    exchange.timings.done = Some(done);
    let time = done.saturating_duration_since(called);
    let well_formed = outcome.and_then(|()| match is_fine {
        true => watcher.verdict().map_err(Cause::stream),
        false => Ok(()),
    });
    let (noted, judged) = judge(&exchange, &watcher.content, time);
    let judged = well_formed.and(judged);
    let measures = match is_fine && judged.is_ok() {
        true => watcher.measures(),
        false => Vec::new(),
    };
    let noted = Noted {
        usage: watcher.usage,
        measures: &measures,
        ..noted
    };
    let bytes = exchange.body_bytes;
    flight.record(&exchange.timings, bytes, &noted, judged.as_ref().err());
    judged.map_err(|_| Failed)?;
    Ok(Told {
        tokens: watcher.tokens(),
        events: watcher.events,
        content: watcher.content,
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
) -> Result<(), Cause> {
    if exchange.head.is_encoded {
        let why = "stream: its events are compressed; ask for none with Accept-Encoding";
        return Err(Cause::stream(why));
    }
    let mut parser = Parser::new(MAX_EVENT_BYTES);
    let mut rest = Some(body);
    while let Some(body) = rest.take() {
        let (piece, next) = seat
            .client()
            .read_piece(body)
            .await
            .map_err(|error| Cause::from(&error))?;
        let at = now();
        exchange.body_bytes += piece.len() as u64;
        if exchange.body_bytes > limit_bytes {
            return Err(too_large(limit_bytes));
        }
        let mut input = piece.as_slice();
        while let Some(event) = parser
            .next(&mut input)
            .map_err(|_| Cause::stream("stream: an event is too large"))?
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
