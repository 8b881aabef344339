//! The truth about the load: what was received, what was answered, and how long it took.
//!
//! In: a call when a head is complete and one when an answer is written. Out: a report.
//! Never: an estimate; `received = answered + abandoned + in_flight`, always.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::latency_record::{LatencyRecord, LatencySummary};

/// Methods beyond this many on one route are counted together, since a peer may invent them.
const METHODS_MAX: usize = 16;
const OTHER_METHODS: &str = "(other)";

/// The book that every connection writes to.
#[derive(Debug)]
pub(crate) struct Truth {
    patterns: Vec<&'static str>,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    /// Counts the resets, so that what was received before one is not answered after it.
    epoch: u64,
    connections: u64,
    malformed: u64,
    routes: Vec<Vec<Endpoint>>,
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
        }
    }

    pub(crate) fn connected(&self) {
        self.lock().connections += 1;
    }

    /// Something came that is no request, or only a part of one.
    pub(crate) fn malformed(&self) {
        self.lock().malformed += 1;
    }

    pub(crate) fn receive(&self, slot: usize, method: &str) -> Ticket<'_> {
        let mut book = self.lock();
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

    /// Forgets all counts; requests still in flight are forgotten too.
    pub(crate) fn reset(&self) {
        let mut book = self.lock();
        let fresh = Book {
            epoch: book.epoch + 1,
            routes: vec![Vec::new(); self.patterns.len()],
            ..Book::default()
        };
        *book = fresh;
    }

    pub(crate) fn report(&self) -> TruthReport {
        let book = self.lock();
        let mut report = TruthReport {
            connections: book.connections,
            malformed: book.malformed,
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
    /// Times that a connection brought something that is no whole request head.
    pub malformed: u64,
    /// All routes together.
    #[serde(flatten)]
    pub total: Counts,
    /// By route pattern, as in `/encounters/{encounter}`.
    pub routes: BTreeMap<String, Counts>,
    /// By method and route pattern.
    pub endpoints: Vec<EndpointTruth>,
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
