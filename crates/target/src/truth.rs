//! The truth about the load: what was received, what was answered, and how long it took.
//!
//! In: a call when a head is complete, one when an answer is written, and one for whatever else
//! happens. Out: a report.
//! Never: an estimate; `received = answered + abandoned + in_flight`, always.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;

use crate::answer::{StreamEnd, Token};
use crate::clock::{now, unix_time};
use crate::latency_record::{LatencyRecord, LatencySummary};
use crate::socket_truth::{SocketTally, SocketTruth};
use crate::stall::Stall;
use crate::stream_truth::{Progress, StreamTally, StreamTruth};

/// Methods beyond this many on one route are counted together, since a peer may invent them.
const METHODS_MAX: usize = 16;
const OTHER_METHODS: &str = "(other)";
/// Stalls that are told one by one: the latest.
const STALLS_MAX: usize = 1000;

/// The book that every connection writes to.
#[derive(Debug)]
pub(crate) struct Truth {
    patterns: Vec<&'static str>,
    book: Mutex<Book>,
    first_request: watch::Sender<Option<Instant>>,
}

#[derive(Debug, Default)]
struct Book {
    /// Counts the resets, so that what was received before one is not answered after it.
    epoch: u64,
    connections: u64,
    connections_refused: u64,
    malformed: u64,
    first_request: Option<Instant>,
    routes: Vec<Vec<Endpoint>>,
    /// By slot, as far as there were any.
    streams: BTreeMap<usize, StreamTally>,
    /// By slot, as far as there were any.
    sockets: BTreeMap<usize, SocketTally>,
    stalls: StallTruth,
    /// The number of the latest stall.
    stall: u64,
}

#[derive(Clone, Debug, Default)]
struct Endpoint {
    method: String,
    tally: Tally,
}

#[derive(Clone, Debug, Default)]
struct Tally {
    received: u64,
    answered: u64,
    abandoned: u64,
    statuses: BTreeMap<u16, u64>,
    latency: LatencyRecord,
}

/// What is known of one endpoint, for a page of metrics.
#[derive(Debug)]
pub(crate) struct Tallied {
    pub(crate) method: String,
    pub(crate) path: &'static str,
    pub(crate) statuses: BTreeMap<u16, u64>,
    pub(crate) in_flight: u64,
    pub(crate) latency: LatencyRecord,
}

/// One received request: becomes an answer, or is abandoned when dropped.
#[derive(Debug)]
pub(crate) struct Ticket<'a> {
    truth: &'a Truth,
    epoch: u64,
    slot: usize,
    place: usize,
    /// How many requests this endpoint had before, since the last reset.
    pub(crate) ordinal: u64,
    settled: bool,
}

/// One token stream: ends, or is abandoned when dropped.
#[derive(Debug)]
pub(crate) struct StreamTicket<'a> {
    truth: &'a Truth,
    epoch: u64,
    slot: usize,
    progress: Progress,
    end: Option<StreamEnd>,
}

/// One WebSocket: closed when dropped.
#[derive(Debug)]
pub(crate) struct SocketTicket<'a> {
    truth: &'a Truth,
    slot: usize,
}

impl Truth {
    /// `patterns`: the route patterns, whose positions are the slots.
    pub(crate) fn new(patterns: Vec<&'static str>) -> Self {
        let book = Book {
            routes: vec![Vec::new(); patterns.len()],
            ..Book::default()
        };
        Self {
            patterns,
            book: Mutex::new(book),
            first_request: watch::Sender::default(),
        }
    }

    pub(crate) fn connected(&self) {
        self.lock().connections += 1;
    }

    /// A connection was closed at once, since there were too many.
    pub(crate) fn refused(&self) {
        self.lock().connections_refused += 1;
    }

    pub(crate) fn connections_refused(&self) -> u64 {
        self.lock().connections_refused
    }

    /// Something came that is no request, or only a part of one.
    pub(crate) fn malformed(&self) {
        self.lock().malformed += 1;
    }

    pub(crate) fn receive(&self, slot: usize, method: &str) -> Ticket<'_> {
        let mut book = self.lock();
        if book.first_request.is_none() {
            book.first_request = Some(now());
            self.first_request.send_replace(book.first_request);
        }
        let epoch = book.epoch;
        let place = book.place(slot, method);
        let received = &mut book.routes[slot][place].tally.received;
        let ordinal = *received;
        *received += 1;
        Ticket {
            truth: self,
            epoch,
            slot,
            place,
            ordinal,
            settled: false,
        }
    }

    /// A token stream begins whose request was complete at `asked_at`.
    pub(crate) fn begin_stream(&self, slot: usize, asked_at: Instant) -> StreamTicket<'_> {
        let mut book = self.lock();
        book.streams.entry(slot).or_default().begin();
        StreamTicket {
            truth: self,
            epoch: book.epoch,
            slot,
            progress: Progress::new(asked_at),
            end: None,
        }
    }

    /// A WebSocket is open.
    pub(crate) fn open_socket(&self, slot: usize) -> SocketTicket<'_> {
        let ticket = SocketTicket { truth: self, slot };
        ticket.change(|tally| {
            tally.opened += 1;
            tally.open += 1;
        });
        ticket
    }

    /// Forgets all counts; requests still in flight are forgotten too.
    pub(crate) fn reset(&self) {
        let mut book = self.lock();
        let fresh = Book {
            epoch: book.epoch + 1,
            stall: book.stall,
            sockets: book
                .sockets
                .iter()
                .map(|(slot, tally)| (*slot, tally.forgotten()))
                .collect(),
            routes: vec![Vec::new(); self.patterns.len()],
            ..Book::default()
        };
        *book = fresh;
        self.first_request.send_replace(None);
    }

    /// When the first request came, once it did; anew after each reset.
    pub(crate) fn first_request(&self) -> watch::Receiver<Option<Instant>> {
        self.first_request.subscribe()
    }

    /// A thread goes on `at` that moment after it stood still.
    pub(crate) fn stalled(&self, stall: &Stall, at: Instant) {
        let lasted = at - stall.from;
        let mut book = self.lock();
        let is_new = book.stall < stall.number;
        if is_new {
            let one = OneStall {
                began_unix_s: (unix_time() - lasted).as_secs_f64(),
                after_first_request_ms: book
                    .first_request
                    .map(|first| to_ms(stall.from.saturating_duration_since(first))),
                lasted_ms: 0.0,
            };
            book.stall = stall.number;
            book.stalls.add(one);
        }
        if let Some(latest) = book.stalls.latest.back_mut() {
            latest.lasted_ms = latest.lasted_ms.max(to_ms(lasted));
        }
    }

    /// Each endpoint that was asked for.
    pub(crate) fn tallied(&self) -> Vec<Tallied> {
        let book = self.lock();
        let routes = self.patterns.iter().zip(&book.routes);
        let endpoints = routes.flat_map(|(path, all)| all.iter().map(move |one| (*path, one)));
        endpoints
            .map(|(path, Endpoint { method, tally })| Tallied {
                method: method.clone(),
                path,
                statuses: tally.statuses.clone(),
                in_flight: tally.received - tally.answered - tally.abandoned,
                latency: tally.latency.clone(),
            })
            .collect()
    }

    pub(crate) fn report(&self) -> TruthReport {
        let book = self.lock();
        let mut report = TruthReport {
            connections: book.connections,
            connections_refused: book.connections_refused,
            malformed: book.malformed,
            stalls: book.stalls.clone(),
            ..TruthReport::default()
        };
        let mut all = Tally::default();
        for (pattern, endpoints) in self.patterns.iter().zip(&book.routes) {
            let mut route = Tally::default();
            for Endpoint { method, tally } in endpoints {
                route.merge(tally);
                let method = method.clone();
                let path = (*pattern).to_owned();
                report.endpoints.push(EndpointTruth {
                    method,
                    path,
                    counts: tally.counts(),
                });
            }
            if route.received > 0 {
                all.merge(&route);
                report.routes.insert((*pattern).to_owned(), route.counts());
            }
        }
        for (slot, tally) in &book.streams {
            let told = tally
                .report()
                .map(|told| (self.patterns[*slot].to_owned(), told));
            report.streams.extend(told);
        }
        for (slot, tally) in &book.sockets {
            let pattern = self.patterns[*slot].to_owned();
            report.sockets.insert(pattern, tally.report());
        }
        report.total = all.counts();
        report
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        // Every change to the book is complete in itself, so a panic elsewhere leaves it sound.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn place(&mut self, slot: usize, method: &str) -> usize {
        let endpoints = &mut self.routes[slot];
        let find =
            |endpoints: &[Endpoint], method| endpoints.iter().position(|e| e.method == method);
        if let Some(place) = find(endpoints, method) {
            return place;
        }
        let method = if endpoints.len() < METHODS_MAX {
            method
        } else {
            OTHER_METHODS
        };
        find(endpoints, method).unwrap_or_else(|| {
            endpoints.push(Endpoint {
                method: method.to_owned(),
                tally: Tally::default(),
            });
            endpoints.len() - 1
        })
    }
}

impl Ticket<'_> {
    /// The whole answer was written, `took` after the last byte of the request was read.
    pub(crate) fn answered(mut self, status: u16, took: Duration) {
        self.settle(|tally| {
            tally.answered += 1;
            *tally.statuses.entry(status).or_default() += 1;
            tally.latency.add(took);
        });
    }

    fn settle(&mut self, change: impl FnOnce(&mut Tally)) {
        self.settled = true;
        let mut book = self.truth.lock();
        if book.epoch == self.epoch {
            change(&mut book.routes[self.slot][self.place].tally);
        }
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.settle(|tally| tally.abandoned += 1);
        }
    }
}

impl StreamTicket<'_> {
    /// A step of the stream was handed to the system: some tokens, or something else.
    pub(crate) fn sent(&mut self, token: Option<&Token>, at: Instant) {
        self.change(|tally, progress| match token {
            None => tally.sent(progress, at),
            Some(token) => tally.sent_token(progress, token, at),
        });
    }

    /// The stream was sent to its end.
    pub(crate) fn ended(mut self, end: StreamEnd) {
        self.end = Some(end);
    }

    fn change(&mut self, change: impl FnOnce(&mut StreamTally, &mut Progress)) {
        let mut book = self.truth.lock();
        if book.epoch == self.epoch {
            let tally = book.streams.entry(self.slot).or_default();
            change(tally, &mut self.progress);
        }
    }
}

impl Drop for StreamTicket<'_> {
    fn drop(&mut self) {
        let end = self.end;
        self.change(|tally, progress| tally.end(progress, end));
    }
}

impl SocketTicket<'_> {
    /// A message came whole.
    pub(crate) fn received(&self) {
        self.change(|tally| tally.messages_in += 1);
    }

    /// A message was handed to the system, so long after its last byte was read.
    pub(crate) fn sent(&self, took: Duration) {
        self.change(|tally| tally.sent(took));
    }

    /// The peer did not read.
    pub(crate) fn was_slow(&self) {
        self.change(|tally| tally.slow += 1);
    }

    /// The peer broke the protocol or a limit.
    pub(crate) fn was_refused(&self) {
        self.change(|tally| tally.refused += 1);
    }

    fn change(&self, change: impl FnOnce(&mut SocketTally)) {
        change(self.truth.lock().sockets.entry(self.slot).or_default());
    }
}

impl Drop for SocketTicket<'_> {
    fn drop(&mut self) {
        self.change(|tally| {
            tally.closed += 1;
            tally.open -= 1;
        });
    }
}

impl Tally {
    fn merge(&mut self, other: &Self) {
        self.received += other.received;
        self.answered += other.answered;
        self.abandoned += other.abandoned;
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        self.latency.merge(&other.latency);
    }

    fn counts(&self) -> Counts {
        Counts {
            received: self.received,
            answered: self.answered,
            abandoned: self.abandoned,
            in_flight: self.received - self.answered - self.abandoned,
            statuses: self.statuses.clone(),
            latency_ms: self.latency.summary(),
        }
    }
}

/// All that the target knows about the load since its start or the last reset.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TruthReport {
    /// Connections that were accepted.
    pub connections: u64,
    /// Connections that were closed at once, since there were too many.
    pub connections_refused: u64,
    /// Times that a connection brought something that is no whole request head.
    pub malformed: u64,
    /// Times that the whole service stood still.
    pub stalls: StallTruth,
    /// All routes together.
    #[serde(flatten)]
    pub total: Counts,
    /// By route pattern, as in `/encounters/{encounter}`.
    pub routes: BTreeMap<String, Counts>,
    /// By method and route pattern.
    pub endpoints: Vec<EndpointTruth>,
    /// Token streams, by route pattern.
    pub streams: BTreeMap<String, StreamTruth>,
    /// WebSockets, by route pattern.
    pub sockets: BTreeMap<String, SocketTruth>,
}

/// The counts of one method on one route pattern.
#[derive(Clone, Debug, Serialize)]
pub struct EndpointTruth {
    /// The request's method as it was sent.
    pub method: String,
    /// The route's pattern.
    pub path: String,
    /// What happened.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What happened to a set of requests.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Counts {
    /// Requests whose head came whole.
    pub received: u64,
    /// Requests whose whole answer was written.
    pub answered: u64,
    /// Requests that got no whole answer: the client left, or a fault was asked for.
    pub abandoned: u64,
    /// Requests that are being answered.
    pub in_flight: u64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// From the last byte of the request read to the last byte of the answer written.
    pub latency_ms: LatencySummary,
}

/// The freezes of the whole service that are over.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StallTruth {
    /// How many there were.
    pub count: u64,
    /// The latest thousand of them, the last one at the end.
    pub latest: VecDeque<OneStall>,
}

impl StallTruth {
    fn add(&mut self, stall: OneStall) {
        self.count += 1;
        self.latest.push_back(stall);
        if self.latest.len() > STALLS_MAX {
            self.latest.pop_front();
        }
    }
}

/// One freeze of the whole service.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OneStall {
    /// When it began, in seconds since 1970.
    pub began_unix_s: f64,
    /// When it began, counted from the first request; `None` if none had come.
    pub after_first_request_ms: Option<f64>,
    /// From its beginning until the last thread went on.
    pub lasted_ms: f64,
}

fn to_ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
