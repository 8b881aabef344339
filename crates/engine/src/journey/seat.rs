//! A user's place: its number, its connections and its way into the books.
//!
//! Every request of a native user goes through [`Seat::fetch`], which keeps the two times
//! apart: an arrival's first request counts from the instant the arrival was due, all
//! others from their own call. An [`Answer`] that nobody records (the user was stopped
//! half-way) counts as abandoned if the server can know of it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use gatecrash_metrics::measure::{Metric, MetricId, Phases};
use gatecrash_metrics::{EndpointId, Measure, Missed, Sample};
use gatecrash_net::{Client, Failure, Fetched, Request, Timings, now};

use super::{Failed, Turn};
use crate::cause::Cause;
use crate::chance::random;
use crate::job::traced;
use crate::ledger::Told;
use crate::noted::Noted;
use crate::part::Part;

/// One user's place on a lane.
#[derive(Debug)]
pub struct Seat {
    number: u64,
    part: Rc<Part>,
    client: Client,
    /// When the running turn was due, until its first request takes it.
    due: Cell<Option<Instant>>,
    /// When it began, until its user has done something.
    begun: Cell<Option<Instant>>,
    /// When it was due, until a guest has come to the turn.
    arrival: Cell<Option<Instant>>,
    class: usize,
    task: Cell<usize>,
    /// Its user lives elsewhere, and says after a turn which task it was.
    is_elsewhere: bool,
}

impl Seat {
    pub(crate) fn new(part: Rc<Part>, class: usize, number: u64) -> Self {
        let is_elsewhere = part.scenario.classes[class].guest().is_some();
        let client = Client::new();
        if let Some(run) = part.scenario.trace {
            client.trace(run, random());
        }
        Seat {
            number,
            part,
            client,
            due: Cell::new(None),
            begun: Cell::new(None),
            arrival: Cell::new(None),
            class,
            task: Cell::new(0),
            is_elsewhere,
        }
    }

    /// The number of the user, unique in its scenario, counted from 0.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The seed of the scenario.
    pub fn seed(&self) -> u64 {
        self.part.scenario.seed
    }

    /// The connections of this user.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The number of an endpoint in the books; a new name is defined. Names are
    /// looked up in a table: keep the number where the name does not change.
    pub fn endpoint(&self, method: &str, name: &str) -> EndpointId {
        self.part.ledger.endpoint(method, name)
    }

    /// Makes a request and waits for its answer, or for its head where the request
    /// [streams](Request::streams). The answer must be recorded.
    pub async fn fetch(&self, endpoint: EndpointId, request: &Request) -> Answer<'_> {
        self.fetch_from(now(), endpoint, request).await
    }

    /// As [`Seat::fetch`], for a request that was called for at an instant until which all is
    /// done: nothing has happened since.
    pub(crate) async fn fetch_from(
        &self,
        called: Instant,
        endpoint: EndpointId,
        request: &Request,
    ) -> Answer<'_> {
        let flight = self.depart_at(called, endpoint);
        let on_head_sent = || flight.sent.set(true);
        // Boxed: most users wait most of the time, and this is more than half of what each
        // of them would hold. It is small enough for the allocator's quickest way. Written
        // where it stays: made first and moved, all of its room would be copied.
        let fetching = Box::write(
            Box::new_uninit(),
            self.client.fetch(request, called, on_head_sent),
        );
        let fetching = Box::into_pin(fetching);
        let result = fetching.await;
        Answer { result, flight }
    }

    /// Begins something that is measured like a request but makes its exchange by
    /// other means (a WebSocket's handshake or round trip).
    pub fn depart(&self, endpoint: EndpointId) -> Flight<'_> {
        self.depart_at(now(), endpoint)
    }

    fn depart_at(&self, called: Instant, endpoint: EndpointId) -> Flight<'_> {
        Flight {
            seat: self,
            endpoint,
            due: self.take_due(called),
            called,
            sent: Cell::new(false),
            recorded: Cell::new(false),
        }
    }

    /// What the users of this one's class share on this lane, in this scenario. All of a
    /// class ask for the same type; the first one makes it.
    pub fn shared<T: 'static>(&self, make: impl FnOnce() -> T) -> Rc<T> {
        self.part.shared(self.class, make)
    }

    /// Counts one value of a measure of an endpoint, in the measure's unit.
    pub fn measure(&self, endpoint: EndpointId, measure: Measure, value: f64) {
        let ledger = &self.part.ledger;
        ledger.measure(self.class, endpoint, measure, value);
    }

    /// The number of a metric in the books; a new one is declared, and a known one keeps
    /// its first meaning.
    pub fn declare(&self, metric: Metric) -> MetricId {
        self.part.ledger.declare(metric)
    }

    /// Counts one value of a declared metric, which belongs to no endpoint.
    pub fn metric(&self, id: MetricId, value: f64) {
        self.part.ledger.metric(id, value);
    }

    /// Notes a fault of the user's own code or plan, not of an answer.
    pub fn note_exception(&self, message: &str, trace: &str) {
        self.part.ledger.note_exception(message, trace);
    }

    /// The first request of a turn is called for: the instant that its response time
    /// counts from, if that is not its call.
    pub(crate) fn take_due(&self, called: Instant) -> Option<Instant> {
        let due = self.due.take()?;
        let lag = called.saturating_duration_since(due);
        let task = self.task.get();
        self.part.ledger.task_started(self.class, task, Some(lag));
        Some(due)
    }

    /// A turn has come, which a user may have to start for.
    pub(crate) fn arrive(&self, turn: &Turn) {
        self.arrival.set(turn.due);
    }

    /// When the turn was due that nobody has begun yet.
    pub(crate) fn take_arrival(&self) -> Option<Instant> {
        self.arrival.take()
    }

    /// Whether arrivals are due at instants.
    pub(crate) fn is_open(&self) -> bool {
        self.part.is_open()
    }

    /// Whether somebody asks more of the requests of guests than their times.
    pub(crate) fn is_asked(&self) -> bool {
        self.part.scenario.accounts.ask_guests()
    }

    /// The task of a turn without a due instant has begun, as is known now.
    pub(crate) fn note_task_started(&self) {
        let task = self.task.get();
        self.part.ledger.task_started(self.class, task, None);
    }

    /// Its user has started, but nobody has begun the turn itself.
    pub(crate) fn put_arrival(&self, due: Option<Instant>) {
        self.arrival.set(due);
    }

    /// A guest began a turn, so long after it was due.
    pub(crate) fn note_arrival_started(&self, lag_ms: f64) {
        self.part.ledger.arrival_started(lag_ms);
    }

    /// A guest never came to a turn.
    pub(crate) fn note_missed(&self, reason: Missed) {
        self.part.ledger.missed(reason, 1);
    }

    /// A user has started once more.
    pub(crate) fn note_user_started(&self, on_start_ms: f64) {
        self.part.ledger.user_started(on_start_ms);
    }

    /// The task of the running turn.
    pub(crate) fn task(&self) -> usize {
        self.task.get()
    }

    /// The turn turned out to be this task.
    pub(crate) fn set_task(&self, task: usize) {
        self.task.set(task);
    }

    /// A turn begins at an instant; an arrival's start is counted when its first request is.
    pub(crate) fn begin_turn(&self, turn: &Turn, at: Instant) {
        self.begun.set(Some(at));
        self.task.set(turn.task);
        self.due.set(turn.due);
        if turn.due.is_none() && !self.is_elsewhere {
            self.part.ledger.task_started(self.class, turn.task, None);
        }
    }

    /// When the turn began, for what its user does first: as long as nothing has been done,
    /// that is now, and the clock need not be read.
    pub(crate) fn take_begun(&self) -> Option<Instant> {
        self.begun.take()
    }

    /// A turn is over; it may have made no request.
    pub(crate) fn end_turn(&self) {
        if self.due.take().is_some() {
            let task = self.task.get();
            self.part.ledger.task_started(self.class, task, None);
        }
    }
}

/// A request under way, or an answer not recorded yet.
#[derive(Debug)]
pub struct Flight<'a> {
    seat: &'a Seat,
    endpoint: EndpointId,
    due: Option<Instant>,
    called: Instant,
    sent: Cell<bool>,
    recorded: Cell<bool>,
}

/// What came of a request, on its way into the books.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The answer, its head, or why there is none.
    pub result: Result<Fetched, Failure>,
    /// Its way into the books.
    pub flight: Flight<'a>,
}

impl Answer<'_> {
    /// Records the request as its exchange went, with what its head tells; `failure` says
    /// why it counts as failed. A failed exchange counts as failed in any case, by its own
    /// words.
    pub fn record(self, failure: Option<&Cause>) {
        let noted = match &self.result {
            Ok(Fetched::Whole(exchange) | Fetched::Streamed(exchange, _)) => {
                Noted::of(&exchange.head)
            }
            Err(_) => Noted::default(),
        };
        self.record_noted(&noted, failure);
    }

    /// As [`Answer::record`], with what else the answer told.
    pub fn record_noted(self, noted: &Noted<'_>, failure: Option<&Cause>) {
        // By reference: an answer is large, and would be copied once more.
        let Answer { result, flight } = &self;
        match result {
            Ok(Fetched::Whole(exchange)) => {
                flight.note(&exchange.timings, exchange.body_bytes, noted, failure);
            }
            Ok(Fetched::Streamed(exchange, _)) => {
                flight.note(&exchange.timings, 0, noted, failure);
            }
            Err(broken) => {
                let bytes = broken.begun.as_ref().map_or(0, |begun| begun.body_bytes);
                flight.seat.part.ledger.note_exhaustion(&broken.error);
                let own = Cause::from(&broken.error);
                let failure = Some(failure.unwrap_or(&own));
                flight.note(&broken.timings, bytes, noted, failure);
            }
        }
    }
}

impl Flight<'_> {
    /// As what it is counted.
    pub fn endpoint(&self) -> EndpointId {
        self.endpoint
    }

    /// When the request was called for.
    pub fn called(&self) -> Instant {
        self.called
    }

    /// The server can know of it from now on.
    pub fn mark_sent(&self) {
        self.sent.set(true);
    }

    /// Records something that ends now and has no phases (a WebSocket's round trip): its
    /// size in bytes, or why it failed.
    ///
    /// # Errors
    /// When it failed.
    pub fn settle(self, outcome: Result<u64, Cause>) -> Result<(), Failed> {
        let timings = Timings::starting_at(self.called);
        let bytes = *outcome.as_ref().unwrap_or(&0);
        let failure = outcome.as_ref().err();
        self.record(&timings, bytes, &Noted::default(), failure);
        outcome.map(drop).map_err(|_| Failed)
    }

    /// Records it with what its answer told. Where `timings` have no end yet it ends now.
    pub fn record(
        self,
        timings: &Timings,
        body_bytes: u64,
        noted: &Noted<'_>,
        failure: Option<&Cause>,
    ) {
        self.note(timings, body_bytes, noted, failure);
    }

    fn note(&self, timings: &Timings, body_bytes: u64, noted: &Noted<'_>, failure: Option<&Cause>) {
        self.recorded.set(true);
        let done = timings.done.unwrap_or_else(now);
        let counted_from = self.due.unwrap_or(self.called);
        let ledger = &self.seat.part.ledger;
        let sample = Sample {
            endpoint: self.endpoint,
            at_epoch_s: ledger.epoch_s(done),
            response_time_ms: Some(ms_between(counted_from, done)),
            whole_ms: false,
            response_length: body_bytes,
        };
        let is_open = self.seat.part.is_open();
        let told = Told {
            phases: phases(timings, done),
            service_time_ms: is_open.then(|| ms_between(self.called, done)),
            noted,
            traced: traced(timings, noted.status),
            failure: failure.map(Cause::why),
        };
        ledger.record(self.seat.class, &sample, &told);
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if self.sent.get() && !self.recorded.get() {
            self.seat.part.ledger.abandon();
        }
    }
}

/// The phases that happened, each from the end of the one before.
pub fn phases(timings: &Timings, done: Instant) -> Phases {
    let between = |from: Option<Instant>, to: Option<Instant>| Some(ms_between(from?, to?));
    let connecting_from = timings.resolved;
    let securing_from = timings.connected;
    Phases {
        dns_ms: between(Some(timings.started), timings.resolved),
        connect_ms: between(connecting_from, timings.connected),
        tls_ms: between(securing_from, timings.secured),
        first_byte_ms: between(timings.head_sent, timings.first_byte),
        receive_ms: between(timings.first_byte, Some(done)),
    }
}

/// Milliseconds from one instant to a later one.
pub(crate) fn ms_between(from: Instant, to: Instant) -> f64 {
    if from == to {
        // An answer that came whole with one read.
        return 0.0;
    }
    let time = to.saturating_duration_since(from);
    // Numbers of 128 bits become floating ones slowly; what does not fit is 500 years.
    let nanos = time.as_secs().saturating_mul(1_000_000_000) + u64::from(time.subsec_nanos());
    nanos as f64 / 1e6
}
