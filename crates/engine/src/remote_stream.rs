//! Streams of events for users on the guest's thread: the lane reads them as they come.
//!
//! In: a request whose answer is a stream. Out: its head, its events with the instant each
//! came, and at the end its measures; all through a [`Mailbox`]. However late the user
//! looks, an event's instant is the one at which it was read.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gatecrash_metrics::Measure;
use gatecrash_net::sse::Parser;
use gatecrash_net::{Client, Error, Exchange, Failure, Fetched, Request, StreamedBody, now};
use gatecrash_plan::model::StreamForm;
use tokio::task::spawn_local;
use tokio::time::timeout_at;

use crate::journey::stream::{MAX_EVENT_BYTES, Watcher};
use crate::lane::{ClientId, Lane};
use crate::mailbox::Mailbox;

/// A stream that is asked for.
#[derive(Debug)]
pub struct Listen {
    /// Over whose connections.
    pub client: ClientId,
    /// What to send; it must stream.
    pub request: Request,
    /// When the caller asked: times are counted from here.
    pub started: Instant,
    /// What its events mean, and how it ends.
    pub form: StreamForm,
    /// Longest time from the call to its end.
    pub timeout: Option<Duration>,
    /// Bytes of the body at most.
    pub max_bytes: u64,
}

/// What comes of it, in this order: a head or a failure; events; an end.
#[derive(Debug)]
pub enum Heard {
    /// The head of the answer.
    Head(Box<Exchange>),
    /// There is no answer. Nothing follows.
    Failed(Box<Failure>),
    /// An event.
    Event(HeardEvent),
    /// The stream is over. Nothing follows.
    End(Box<StreamEnd>),
}

/// One event, as net's `sse` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardEvent {
    /// Its type, `message` where none is given.
    pub kind: String,
    /// Its data.
    pub data: String,
    /// The last event id.
    pub id: String,
    /// When it was read.
    pub at: Instant,
}

/// How a stream ended.
#[derive(Clone, Debug)]
pub struct StreamEnd {
    /// When.
    pub at: Instant,
    /// Bytes of the body.
    pub bytes: u64,
    /// Why it counts as failed.
    pub fault: Option<String>,
    /// What was measured; gaps one by one.
    pub measures: Vec<(Measure, f64)>,
    /// The visible content put together.
    pub content: String,
    /// The output tokens, as the server counts them.
    pub tokens: Option<u64>,
}

impl Lane {
    /// Asks for a stream. When nobody takes what comes any more its connection is closed.
    pub fn listen(&self, listen: Listen) -> Arc<Mailbox<Heard>> {
        let mailbox = Arc::new(Mailbox::new(self.clone()));
        let own = mailbox.clone();
        self.run_with_client(listen.client, move |client| {
            spawn_local(async move {
                tokio::select! {
                    () = hear(client, listen, &own) => {}
                    () = own.left() => {}
                }
            });
        });
        mailbox
    }
}

async fn hear(client: Rc<Client>, listen: Listen, mailbox: &Mailbox<Heard>) {
    let fetched = client.fetch(&listen.request, listen.started, || {}).await;
    let (exchange, body) = match fetched {
        Ok(Fetched::Streamed(exchange, body)) => (exchange, Some(body)),
        // The body was there with the head: it has no events to wait for.
        Ok(Fetched::Whole(exchange)) => (exchange, None),
        Err(failure) => return mailbox.put(Heard::Failed(Box::new(failure)), 0),
    };
    let fault = refusal(&exchange);
    let mut hearing = Hearing {
        client,
        mailbox,
        watcher: Watcher::new(listen.form, listen.started, true),
        gaps: Vec::new(),
        bytes: exchange.body_bytes,
        max_bytes: listen.max_bytes,
    };
    let whole = exchange.body.clone();
    mailbox.put(Heard::Head(Box::new(exchange)), 0);
    let limit = listen.timeout.map(|limit| listen.started + limit);
    let outcome = match (fault, limit) {
        (Some(fault), _) => Err(fault),
        (None, None) => hearing.all(&whole, body).await,
        (None, Some(limit)) => timeout_at(limit.into(), hearing.all(&whole, body))
            .await
            .unwrap_or_else(|_| Err(Error::TotalTimeout.to_string())),
    };
    let end = hearing.end(outcome);
    mailbox.put(Heard::End(Box::new(end)), 0);
}

/// Why an answer is no stream of events.
fn refusal(exchange: &Exchange) -> Option<String> {
    let status = exchange.head.status;
    if status >= 400 {
        // Whoever asked knows what a status means.
        return Some(String::new());
    }
    if status >= 300 {
        return Some("stream: a redirect, which streams do not follow".to_owned());
    }
    exchange
        .head
        .is_encoded
        .then(|| "stream: its events are compressed".to_owned())
}

struct Hearing<'a> {
    client: Rc<Client>,
    mailbox: &'a Mailbox<Heard>,
    watcher: Watcher,
    gaps: Vec<(Measure, f64)>,
    bytes: u64,
    max_bytes: u64,
}

impl Hearing<'_> {
    /// What came with the head, and the rest as it comes.
    async fn all(&mut self, whole: &[u8], body: Option<Box<StreamedBody>>) -> Result<(), String> {
        let mut parser = Parser::new(MAX_EVENT_BYTES);
        self.take(&mut parser, whole)?;
        let mut rest = body;
        while let Some(body) = rest.take() {
            let read = self.client.read_piece(body).await;
            let (piece, next) = read.map_err(|error| error.to_string())?;
            self.bytes += piece.len() as u64;
            if self.bytes > self.max_bytes {
                return Err(format!("stream: more than {} bytes", self.max_bytes));
            }
            self.take(&mut parser, &piece)?;
            rest = next;
            if !self.mailbox.room().await {
                return Ok(());
            }
        }
        Ok(())
    }

    fn take(&mut self, parser: &mut Parser, piece: &[u8]) -> Result<(), String> {
        let at = now();
        let mut input = piece;
        loop {
            let event = parser.next(&mut input);
            let event = event.map_err(|_| "stream: an event is too large".to_owned())?;
            let Some(event) = event else {
                return Ok(());
            };
            if let Some(gap) = self.watcher.take(&event, at) {
                self.gaps.push((Measure::ChunkGap, gap.as_secs_f64() * 1e3));
            }
            let heard = HeardEvent {
                kind: event.kind.to_owned(),
                data: event.data.to_owned(),
                id: event.id.to_owned(),
                at,
            };
            let bytes = heard.data.len() + heard.kind.len() + heard.id.len();
            self.mailbox.put(Heard::Event(heard), bytes);
        }
    }

    fn end(self, outcome: Result<(), String>) -> StreamEnd {
        let verdict = outcome.and_then(|()| self.watcher.verdict().map_err(str::to_owned));
        let mut measures = self.watcher.measures();
        measures.extend(self.gaps);
        StreamEnd {
            at: now(),
            bytes: self.bytes,
            fault: verdict.err(),
            measures,
            tokens: self.watcher.tokens(),
            content: self.watcher.into_content(),
        }
    }
}
