//! The inside of a lane: one thread with one runtime, which owns its sockets,
//! its clients and its books, and never takes the lock of any interpreter.

use crate::wake::Bell;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use gatecrash_metrics::Sample;
use gatecrash_net::{
    Client, Error, Exchange, Failure, Fetched, Framing, StreamedBody, Timings, decoded_length, now,
};
use tokio::io::unix::AsyncFd;
use tokio::runtime::{LocalOptions, LocalRuntime};
use tokio::task::{AbortHandle, spawn_local};

use crate::books::Books;
use crate::chance::random;
use crate::clock::Clock;
use crate::fleet::Parts;
use crate::job::{Apart, Completion, Counted, Fetch, Job, Outcome, Recording, Ticket, traced};
use crate::journey::Came;
use crate::lane::{ClientId, Shared};
use crate::noted::hit;
use crate::turns;

/// How many jobs are taken before the sockets get their turn: a burst of users
/// must not measure its own burst.
const JOBS_PER_TURN: usize = 32;
/// How often exchanges may go on before the guest hears of what is complete: a lane that
/// is busy with large bodies must not keep small answers to itself.
const POLLS_PER_BELL: u32 = 64;
/// How long a job without a bell may wait at worst.
const QUIET_PATIENCE: Duration = Duration::from_millis(1);
/// How many sockets that are ready are taken together: the task of each runs before the next
/// ones push it out of the cache.
const EVENTS_PER_TURN: usize = 64;
/// How many tasks run before the sockets get their turn: those of one turn of the sockets, and
/// as many again.
const TASKS_PER_TURN: u32 = 128;
/// Threads for the resolver, which blocks.
const RESOLVER_THREADS: usize = 4;

pub(crate) fn spawn(shared: Arc<Shared>) -> io::Result<()> {
    let (tell, told) = sync_channel(1);
    let run = move || match runtime(shared.clone()) {
        Ok(runtime) => {
            // Who started the lane waits for this below.
            let _ = tell.send(Ok(()));
            turns::shorten();
            runtime.block_on(LaneThread::new(shared).run());
        }
        Err(fault) => {
            let _ = tell.send(Err(fault));
        }
    };
    std::thread::Builder::new()
        .name("gatecrash-lane".to_owned())
        .spawn(run)?;
    told.recv()
        .unwrap_or_else(|_| Err(io::Error::other("the thread of a lane ended")))
}

/// A runtime for tasks that stay on this thread.
fn runtime(shared: Arc<Shared>) -> io::Result<LocalRuntime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_io_events_per_tick(EVENTS_PER_TURN)
        .event_interval(TASKS_PER_TURN)
        .on_thread_park(move || shared.announce())
        .max_blocking_threads(RESOLVER_THREADS)
        .build_local(LocalOptions::default())
}

struct LaneThread {
    shared: Arc<Shared>,
    inner: Rc<Inner>,
}

/// What the tasks of a lane share; all on one thread.
struct Inner {
    shared: Arc<Shared>,
    books: RefCell<Books>,
    parts: Parts,
    clients: RefCell<Vec<Rc<Client>>>,
    flights: RefCell<Vec<Option<Flight>>>,
    /// Since the guest was last told.
    polls: Cell<u32>,
    /// What the ids of traces begin with, where requests have such ids.
    trace: Cell<Option<u64>>,
}

/// A ticket that the lane works on.
struct Flight {
    ticket: Ticket,
    client: ClientId,
    state: State,
}

enum State {
    /// An exchange is under way.
    Fetching { task: AbortHandle, sent: bool },
    /// The head was delivered; the body waits to be asked for.
    Streaming(Box<StreamedBody>),
    /// A piece of the body is being read.
    Reading(AbortHandle),
}

impl LaneThread {
    fn new(shared: Arc<Shared>) -> Self {
        let clock = Clock::start();
        let inner = Rc::new(Inner {
            shared: shared.clone(),
            books: RefCell::new(Books::new(clock)),
            parts: Parts::new(clock),
            clients: RefCell::default(),
            flights: RefCell::default(),
            polls: Cell::new(0),
            trace: Cell::new(None),
        });
        LaneThread { shared, inner }
    }

    /// Takes jobs for as long as the process lives.
    async fn run(self) {
        // SAFETY: the bell keeps one descriptor, open for as long as it lives,
        // and the watcher holds a share of the bell.
        let bell = unsafe { AsyncFd::register(self.shared.lane_bell.clone()) }
            .expect("the bell can be watched");
        loop {
            if self.take_turn() {
                self.shared.announce();
                tokio::task::yield_now().await;
                continue;
            }
            self.shared.lane_bell.fall_asleep();
            if self.shared.inbox.is_empty() {
                self.sleep(&bell).await;
            }
            self.shared.lane_bell.stay_awake();
        }
    }

    /// Until the bell rings; while the guest may put in jobs without ringing, no
    /// longer than that patience: its next user may compute for long.
    async fn sleep(&self, bell: &AsyncFd<Arc<Bell>>) {
        if self.shared.guest_in_batch.load(Ordering::Relaxed) {
            self.shared.lane_bell.doze();
            // A ring and the end of the patience are the same: the inbox is looked at.
            let _ = tokio::time::timeout(QUIET_PATIENCE, wait_for_bell(bell)).await;
        } else {
            wait_for_bell(bell).await;
        }
    }

    /// Does some jobs; says whether there may be more.
    fn take_turn(&self) -> bool {
        for _ in 0..JOBS_PER_TURN {
            match self.shared.inbox.pop() {
                Some(job) => self.inner.do_job(job),
                None => return false,
            }
        }
        true
    }
}

/// Waits for the next ring. The descriptor is watched edge-triggered, so it
/// need not be read: each ring is an edge of its own.
async fn wait_for_bell(bell: &AsyncFd<Arc<Bell>>) {
    if let Ok(mut guard) = bell.readable().await {
        guard.clear_ready();
    }
}

impl Inner {
    fn do_job(self: &Rc<Self>, job: Job) {
        match job {
            Job::Fetch(fetch) => self.start_fetch(fetch),
            Job::ReadPiece(ticket) => self.start_reading(ticket),
            Job::Cancel(ticket) => self.cancel(ticket),
            Job::GiveUp(ticket) => self.give_up(ticket),
            Job::CloseClient(client) => self.client(client).close(),
            Job::DropClient(client) => {
                self.client(client);
                self.clients.borrow_mut()[client.0 as usize] = self.fresh_client();
            }
            Job::Trace(run) => {
                self.trace.set(Some(run));
                let clients = self.clients.borrow();
                clients
                    .iter()
                    .for_each(|client| client.trace(run, random()));
            }
            Job::Define {
                shard,
                endpoint,
                method,
                name,
            } => {
                self.books
                    .borrow_mut()
                    .shard(shard)
                    .define(endpoint, &method, &name);
            }
            Job::Record {
                shard,
                sample,
                apart,
                failure,
            } => {
                let (apart, failure) = (apart.as_deref(), failure.as_deref());
                let mut books = self.books.borrow_mut();
                books.record(shard, &sample, apart, failure);
            }
            Job::CloseBooks => self.close_books(),
            Job::Ask(question) => {
                // A question that panics is its asker's fault, who hears no answer and
                // panics too; everybody else still needs the lane.
                let asking = || question(&mut self.books.borrow_mut());
                let _ = catch_unwind(AssertUnwindSafe(asking));
            }
            Job::Run(work) => {
                // As with a question: what panics is the asker's, the lane is everybody's.
                let _ = catch_unwind(AssertUnwindSafe(|| work(&self.parts)));
            }
            Job::RunWithClient(client, work) => {
                let client = self.client(client);
                let _ = catch_unwind(AssertUnwindSafe(|| work(client)));
            }
            Job::Measure {
                shard,
                endpoint,
                class,
                measure,
                value,
            } => {
                let mut books = self.books.borrow_mut();
                books.measure(shard, endpoint, class, measure, value);
            }
            Job::Declare(id, metric) => self.books.borrow_mut().declare(id, metric),
            Job::Metric { shard, id, value } => self.books.borrow_mut().metric(shard, id, value),
            Job::Echo(ticket) => self.complete(ticket, Outcome::Echoed, false),
        }
    }

    fn client(&self, id: ClientId) -> Rc<Client> {
        let mut clients = self.clients.borrow_mut();
        let at = id.0 as usize;
        while clients.len() <= at {
            clients.push(self.fresh_client());
        }
        clients[at].clone()
    }

    fn fresh_client(&self) -> Rc<Client> {
        let client = Client::new();
        if let Some(run) = self.trace.get() {
            client.trace(run, random());
        }
        Rc::new(client)
    }

    fn start_fetch(self: &Rc<Self>, fetch: Box<Fetch>) {
        let (ticket, client) = (fetch.ticket, fetch.client);
        let task = spawn_local(self.clone().fetch(fetch)).abort_handle();
        self.put_flight(Flight {
            ticket,
            client,
            state: State::Fetching { task, sent: false },
        });
    }

    async fn fetch(self: Rc<Self>, fetch: Box<Fetch>) {
        let ticket = fetch.ticket;
        let client = self.client(fetch.client);
        let _rescue = Rescue(&self, ticket);
        let on_head_sent = || self.mark_sent(ticket);
        let mut fetching = pin!(client.fetch(&fetch.request, fetch.started, on_head_sent));
        let fetched = poll_fn(|cx| {
            self.note_poll();
            fetching.as_mut().poll(cx)
        });
        match fetched.await {
            Ok(Fetched::Whole(exchange)) => {
                let recorded = self.record_if_plain(&exchange, &fetch);
                self.take_flight(ticket);
                self.complete(ticket, Outcome::Answer(Box::new(exchange)), recorded);
            }
            Ok(Fetched::Streamed(exchange, body)) => {
                self.set_state(ticket, State::Streaming(body));
                self.complete(ticket, Outcome::Started(Box::new(exchange)), false);
            }
            Err(failure) => {
                self.books.borrow_mut().exhausted.note(&failure.error);
                self.take_flight(ticket);
                self.complete(ticket, Outcome::Failed(Box::new(failure)), false);
            }
        }
    }

    fn record_if_plain(&self, exchange: &Exchange, fetch: &Fetch) -> bool {
        let Recording::Lane {
            shard,
            endpoint,
            rule,
        } = fetch.recording
        else {
            return false;
        };
        if !rule.accepts(&exchange.head) {
            return false;
        }
        let mut books = self.books.borrow_mut();
        let counted = fetch.counted;
        let called = exchange.timings.started;
        let done = exchange.timings.done.unwrap_or_else(now);
        let sample = Sample {
            endpoint,
            at_epoch_s: books.clock.epoch_s(done),
            response_time_ms: Some(counted.response_time_ms(called, done)),
            whole_ms: false,
            response_length: body_length(exchange),
        };
        let is_asked = books.has_accounts(shard);
        let traced = traced(&exchange.timings, Some(exchange.head.status));
        let is_apart = is_asked || counted != Counted::FromCall || traced.is_some();
        let apart = is_apart.then(|| Apart {
            class: fetch.class,
            came: is_asked.then(|| Came::of(exchange)),
            traced,
            ..counted.apart(&exchange.timings, done)
        });
        books.record(shard, &sample, apart.as_ref(), None);
        if !is_asked && let Some(hit) = hit(&exchange.head) {
            let ms = sample.response_time_ms.unwrap_or_default();
            books.hit(shard, endpoint, hit, ms);
        }
        true
    }

    fn start_reading(self: &Rc<Self>, ticket: Ticket) {
        let Some(Flight {
            client,
            state: State::Streaming(body),
            ..
        }) = self.take_flight(ticket)
        else {
            // The body is over or its connection is gone: there is nothing more.
            return self.complete(ticket, Outcome::Piece(Vec::new()), false);
        };
        let task = spawn_local(self.clone().read_piece(ticket, client, body)).abort_handle();
        self.put_flight(Flight {
            ticket,
            client,
            state: State::Reading(task),
        });
    }

    async fn read_piece(self: Rc<Self>, ticket: Ticket, client: ClientId, body: Box<StreamedBody>) {
        let started = now();
        let _rescue = Rescue(&self, ticket);
        self.note_poll();
        match self.client(client).read_piece(body).await {
            Ok((piece, Some(body))) => {
                self.set_state(ticket, State::Streaming(body));
                self.complete(ticket, Outcome::Piece(piece), false);
            }
            Ok((piece, None)) => {
                self.take_flight(ticket);
                self.complete(ticket, Outcome::Piece(piece), false);
            }
            Err(fault) => {
                self.take_flight(ticket);
                self.complete(ticket, failed(fault, started), false);
            }
        }
    }

    /// Drops whatever is under way; the connection goes with it.
    fn cancel(&self, ticket: Ticket) {
        match self.take_flight(ticket).map(|flight| flight.state) {
            Some(State::Fetching { task, sent }) => {
                task.abort();
                let mut books = self.books.borrow_mut();
                // At the closing of the books it was counted.
                if !books.closed {
                    books.abandoned.in_flight += u64::from(sent);
                }
            }
            Some(State::Reading(task)) => task.abort(),
            Some(State::Streaming(_)) | None => {}
        }
    }

    /// Drops an exchange that is under way, and says so. One that is over has told already.
    fn give_up(&self, ticket: Ticket) {
        if let Some(Flight {
            state: State::Fetching { task, sent },
            ..
        }) = self.take_flight(ticket)
        {
            task.abort();
            self.complete(ticket, Outcome::GivenUp { sent }, false);
        }
    }

    /// Tells the guest in good time, however busy the lane is.
    fn note_poll(&self) {
        let polls = self.polls.get() + 1;
        if polls < POLLS_PER_BELL {
            return self.polls.set(polls);
        }
        self.polls.set(0);
        self.shared.announce();
    }

    /// Counts what will be in no table because nothing is counted any more.
    fn close_books(&self) {
        let mut books = self.books.borrow_mut();
        if books.closed {
            return;
        }
        books.closed = true;
        let flights = self.flights.borrow();
        let in_flight = flights
            .iter()
            .flatten()
            .filter(|flight| matches!(flight.state, State::Fetching { sent: true, .. }))
            .count();
        books.abandoned.in_flight += in_flight as u64;
        books.abandoned.untaken = self.shared.untaken();
    }

    fn mark_sent(&self, ticket: Ticket) {
        if let Some(Some(flight)) = self.flights.borrow_mut().get_mut(ticket.slot())
            && flight.ticket == ticket
            && let State::Fetching { sent, .. } = &mut flight.state
        {
            *sent = true;
        }
    }

    fn set_state(&self, ticket: Ticket, state: State) {
        if let Some(Some(flight)) = self.flights.borrow_mut().get_mut(ticket.slot())
            && flight.ticket == ticket
        {
            flight.state = state;
        }
    }

    fn put_flight(&self, flight: Flight) {
        let mut flights = self.flights.borrow_mut();
        let at = flight.ticket.slot();
        if flights.len() <= at {
            flights.resize_with(at + 1, || None);
        }
        flights[at] = Some(flight);
    }

    fn take_flight(&self, ticket: Ticket) -> Option<Flight> {
        let mut flights = self.flights.borrow_mut();
        let slot = flights.get_mut(ticket.slot())?;
        slot.take_if(|flight| flight.ticket == ticket)
    }

    fn complete(&self, ticket: Ticket, outcome: Outcome, recorded: bool) {
        self.shared.complete(Completion {
            ticket,
            outcome,
            recorded,
        });
    }
}

/// Whoever waits hears of a failure even when the work for them panics.
struct Rescue<'a>(&'a Inner, Ticket);

impl Drop for Rescue<'_> {
    fn drop(&mut self) {
        let Rescue(inner, ticket) = *self;
        if std::thread::panicking() && inner.take_flight(ticket).is_some() {
            let fault = io::Error::other("the engine failed; its message is above");
            inner.complete(ticket, failed(Error::Receive(fault), now()), false);
        }
    }
}

fn failed(fault: Error, started: std::time::Instant) -> Outcome {
    let mut timings = Timings::starting_at(started);
    timings.done = Some(now());
    Outcome::Failed(Box::new(Failure {
        error: fault,
        timings,
        begun: None,
    }))
}

/// Bytes of the body as whoever reads it would count them: decoded.
fn body_length(exchange: &Exchange) -> u64 {
    if !exchange.head.is_encoded || exchange.head.framing == Framing::Empty {
        return exchange.body.len() as u64;
    }
    let coding = exchange.head.header("content-encoding").unwrap_or_default();
    decoded_length(&String::from_utf8_lossy(coding), &exchange.body)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gatecrash_net::{Origin, Request, Scheme, TlsSettings};
    use tokio::task::LocalSet;

    use super::*;

    const TICKET: Ticket = Ticket(7);

    fn fetch() -> Box<Fetch> {
        let origin = Origin::new(Scheme::Http, "127.0.0.1", 1, TlsSettings::default());
        let request = Request::new(Arc::new(origin), Default::default(), 0);
        Box::new(Fetch {
            ticket: TICKET,
            client: ClientId(0),
            request,
            started: now(),
            recording: Recording::Guest,
            counted: Counted::FromCall,
            class: None,
        })
    }

    /// Runs `test` beside a lane's inside.
    fn check(test: impl AsyncFnOnce(&Rc<Inner>)) {
        let shared = Arc::new(Shared::new().expect("two bells"));
        let inner = LaneThread::new(shared).inner;
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        LocalSet::new().block_on(&runtime.expect("a runtime"), test(&inner));
    }

    #[test]
    fn the_task_of_a_request_is_small() {
        check(async |inner| {
            let size = size_of_val(&inner.clone().fetch(fetch()));
            assert!(size <= 1200, "{size} bytes");
        });
    }

    #[test]
    fn a_panic_is_a_failure() {
        check(async |inner| {
            let own = inner.clone();
            let task = spawn_local(async move {
                let _rescue = Rescue(&own, TICKET);
                panic!("as the test wants it");
            });
            inner.put_flight(Flight {
                ticket: TICKET,
                client: ClientId(0),
                state: State::Reading(task.abort_handle()),
            });
            task.await.expect_err("a panic");
            let completion = inner.shared.outbox.pop().expect("somebody hears of it");
            assert_eq!(completion.ticket, TICKET);
            assert!(matches!(completion.outcome, Outcome::Failed(_)));
            assert!(inner.take_flight(TICKET).is_none());
        });
    }

    #[test]
    fn what_ends_well_needs_no_rescue() {
        check(async |inner| {
            drop(Rescue(inner, TICKET));
            assert!(inner.shared.outbox.pop().is_none());
        });
    }
}
