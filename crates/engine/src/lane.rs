//! The handle on a lane: everything that another thread may ask of it.
//!
//! Jobs go in by a lock-free queue, completions come out by another; each side
//! is woken only when it sleeps. A lane never waits for the other side.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use crossbeam_queue::SegQueue;
use gatecrash_metrics::objective::Objective;
use gatecrash_metrics::{EndpointId, Measure, Metric, MetricId, Sample};
use gatecrash_net::Client;

use crate::accounts::Accounts;
use crate::books::{Abandoned, Books, ShardId};
use crate::cause::Cause;
use crate::fleet::Parts;
use crate::job::{Apart, Completion, Fetch, Job, Outcome, Ticket};
use crate::journey::GuestCall;
use crate::lane_thread;
use crate::names::Names;
use crate::wake::Bell;

/// How many completions are worth a bell while the lane is still busy.
const FULL_BATCH: usize = 32;

/// How many jobs that nobody waits for are worth a bell.
const QUIET_BATCH: usize = 256;

/// Names a client (the connections of one user) of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(pub u32);

/// A handle on a running lane. Copies of it lead to the same lane, which lives
/// as long as the process.
#[derive(Clone, Debug)]
pub struct Lane {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) inbox: SegQueue<Job>,
    pub(crate) lane_bell: Arc<Bell>,
    pub(crate) outbox: SegQueue<Completion>,
    guest_bell: Bell,
    /// The thread of the guest's users; 0 without a guest.
    guest_thread: AtomicU32,
    /// The guest takes completions and may put in jobs without a bell meanwhile.
    pub(crate) guest_in_batch: AtomicBool,
    next_client: AtomicU32,
    free_clients: Mutex<Vec<ClientId>>,
    names: Mutex<Vec<Arc<Names>>>,
}

impl Lane {
    /// Starts the lane's thread.
    ///
    /// # Errors
    /// When the system gives no thread or no descriptor.
    pub fn start() -> io::Result<Lane> {
        let shared = Arc::new(Shared::new()?);
        lane_thread::spawn(shared.clone())?;
        Ok(Lane { shared })
    }

    /// A new client without connections.
    pub fn open_client(&self) -> ClientId {
        let freed = lock(&self.shared.free_clients).pop();
        freed.unwrap_or_else(|| ClientId(self.shared.next_client.fetch_add(1, Ordering::Relaxed)))
    }

    /// Closes the idle connections of a client.
    pub fn close_client(&self, client: ClientId) {
        self.push(Job::CloseClient(client));
    }

    /// Gives up a client; its number will be given out again.
    pub fn drop_client(&self, client: ClientId) {
        self.push_quietly(Job::DropClient(client));
        lock(&self.shared.free_clients).push(client);
    }

    /// A new set of aggregates.
    pub fn new_shard(&self) -> Arc<Names> {
        let mut all = lock(&self.shared.names);
        let id = ShardId(u32::try_from(all.len()).unwrap_or(u32::MAX));
        let names = Arc::new(Names::new(id));
        all.push(names.clone());
        names
    }

    /// The endpoint names of a shard.
    pub fn names(&self, shard: ShardId) -> Option<Arc<Names>> {
        lock(&self.shared.names).get(shard.0 as usize).cloned()
    }

    /// Makes a request; its completion comes by [`Lane::next_completion`].
    pub fn fetch(&self, fetch: Box<Fetch>) {
        self.push(Job::Fetch(fetch));
    }

    /// As [`Lane::fetch`], for a guest in a batch: several such requests share a bell.
    /// Each goes out within a millisecond, however long the guest then computes.
    pub fn fetch_soon(&self, fetch: Box<Fetch>) {
        self.shared.inbox.push(Job::Fetch(fetch));
        self.shared.lane_bell.ring_unless_dozing();
    }

    /// Wakes the lane for what was put in without a bell.
    pub fn announce_jobs(&self) {
        self.shared.lane_bell.ring_if_asleep();
    }

    /// From now on requests over its clients have ids by which they can be traced, unless they
    /// bring one. Those of all lanes of the run `run` begin in the same way.
    pub fn trace(&self, run: u64) {
        self.push(Job::Trace(run));
    }

    /// Asks for the next piece of a streamed body.
    pub fn read_piece(&self, ticket: Ticket) {
        self.push(Job::ReadPiece(ticket));
    }

    /// Nobody waits for this ticket any more.
    pub fn cancel(&self, ticket: Ticket) {
        self.push(Job::Cancel(ticket));
    }

    /// Ends a fetch whose outcome somebody reports: either it has completed by now, or
    /// it completes as given up. It is not counted as abandoned.
    pub fn give_up(&self, ticket: Ticket) {
        self.push(Job::GiveUp(ticket));
    }

    /// Asks for a completion at once.
    pub fn echo(&self, ticket: Ticket) {
        self.push(Job::Echo(ticket));
    }

    /// Counts a sample that the guest has judged.
    pub fn record(&self, shard: ShardId, sample: Sample, failure: Option<Cause>) {
        self.record_apart(shard, sample, None, failure);
    }

    /// As [`Lane::record`], with what is kept beside the response time.
    pub fn record_apart(
        &self,
        shard: ShardId,
        sample: Sample,
        apart: Option<Box<Apart>>,
        failure: Option<Cause>,
    ) {
        self.push_quietly(Job::Record {
            shard,
            sample,
            apart,
            failure: failure.map(Box::new),
        });
    }

    pub(crate) fn define(&self, shard: ShardId, endpoint: EndpointId, method: &str, name: &str) {
        self.push_quietly(Job::Define {
            shard,
            endpoint,
            method: method.into(),
            name: name.into(),
        });
    }

    /// Lets `question` look at the books, after everything asked before, and
    /// waits for what it says.
    ///
    /// # Panics
    /// When `question` does.
    pub fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Books) -> T + Send + 'static,
    ) -> T {
        let (answer, answered) = sync_channel(1);
        self.push(Job::Ask(Box::new(move |books| {
            // Nobody left to hear it is no fault.
            let _ = answer.send(question(books));
        })));
        answered
            .recv()
            .expect("the lane answers unless the question panics")
    }

    /// Does `work` on the lane's thread, where tasks can be spawned.
    pub(crate) fn run(&self, work: impl FnOnce(&Parts) + Send + 'static) {
        self.push(Job::Run(Box::new(work)));
    }

    /// Tells the guest of something that a driver wants done for a user; at once, as it
    /// may be due.
    pub(crate) fn call_guest(&self, call: GuestCall) {
        self.notify(Ticket::NOBODY, Outcome::Called(Box::new(call)));
    }

    /// Lets whoever waits by this ticket go on, from any thread.
    pub fn wake(&self, ticket: Ticket) {
        self.notify(ticket, Outcome::Echoed);
    }

    fn notify(&self, ticket: Ticket, outcome: Outcome) {
        self.shared.outbox.push(Completion {
            ticket,
            outcome,
            recorded: false,
        });
        self.shared.guest_bell.ring_if_asleep();
    }

    /// The number (Linux: tid) of the thread on which the guest's users live, so that its
    /// CPU time can be told.
    pub fn set_guest_thread(&self, tid: u32) {
        self.shared.guest_thread.store(tid, Ordering::Relaxed);
    }

    /// That thread, if there is a guest.
    pub(crate) fn guest_thread(&self) -> Option<u32> {
        let tid = self.shared.guest_thread.load(Ordering::Relaxed);
        (tid != 0).then_some(tid)
    }

    /// Whether both lead to the same lane.
    pub(crate) fn is(&self, other: &Lane) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Does `work` on the lane's thread with the connections of a client.
    pub(crate) fn run_with_client(
        &self,
        client: ClientId,
        work: impl FnOnce(Rc<Client>) + Send + 'static,
    ) {
        self.push(Job::RunWithClient(client, Box::new(work)));
    }

    /// Counts one value of a measure of an endpoint, in the measure's unit, told by a user of
    /// a class where somebody asks.
    pub fn measure(
        &self,
        shard: ShardId,
        endpoint: EndpointId,
        class: Option<u32>,
        measure: Measure,
        value: f64,
    ) {
        self.push_quietly(Job::Measure {
            shard,
            endpoint,
            class,
            measure,
            value,
        });
    }

    /// Says in all shards which metric a number stands for; it keeps its first meaning.
    pub fn declare(&self, id: MetricId, metric: Metric) {
        self.push_quietly(Job::Declare(id, metric));
    }

    /// Counts one value of a declared metric that belongs to no endpoint.
    pub fn metric(&self, shard: ShardId, id: MetricId, value: f64) {
        self.push_quietly(Job::Metric { shard, id, value });
    }

    /// Counts from now on, in this shard, what `objectives` need beside the requests of its
    /// guests, whose classes are numbered by their places. Says whether that is anything: else
    /// nobody needs to know the class of a user, or what came.
    pub fn follow(&self, shard: ShardId, objectives: &[Objective], classes: Vec<String>) -> bool {
        let Some(accounts) = Accounts::of_guests(objectives) else {
            return false;
        };
        let classes = (0..).zip(classes).collect();
        self.account(shard, accounts, classes);
        true
    }

    /// Counts from now on what is asked for of the requests of these classes, by their
    /// numbers.
    pub(crate) fn account(&self, shard: ShardId, accounts: Accounts, classes: Vec<(u32, String)>) {
        self.ask(move |books| books.account(shard, &accounts, &classes));
    }

    /// Ends the counting for good, so that all that is written from now on says the
    /// same. What is under way, or completed and not taken, counts as abandoned. The
    /// guest must not take completions meanwhile.
    pub fn close_books(&self) -> Abandoned {
        self.push(Job::CloseBooks);
        self.ask(|books| books.abandoned)
    }

    /// The descriptor that becomes readable when completions wait.
    pub fn guest_fd(&self) -> RawFd {
        self.shared.guest_bell.as_raw_fd()
    }

    /// The guest is awake and takes a batch: the descriptor is silent, and
    /// rings again only for what comes after [`Lane::end_batch`].
    pub fn begin_batch(&self) {
        self.shared.guest_in_batch.store(true, Ordering::Relaxed);
        self.shared.guest_bell.silence();
        self.shared.guest_bell.stay_awake();
    }

    /// The next completion of a batch.
    pub fn next_completion(&self) -> Option<Completion> {
        self.shared.outbox.pop()
    }

    /// The guest goes back to sleep, or is called again at once if more waits.
    pub fn end_batch(&self) {
        self.shared.guest_in_batch.store(false, Ordering::Relaxed);
        if !self.shared.inbox.is_empty() {
            self.announce_jobs();
        }
        self.shared.guest_bell.fall_asleep();
        if !self.shared.outbox.is_empty() {
            self.shared.guest_bell.ring_if_asleep();
        }
    }

    /// For what nobody waits for: the lane finds it when it wakes for something
    /// else, at the latest when a full batch waits or a report asks.
    fn push_quietly(&self, job: Job) {
        self.shared.inbox.push(job);
        if self.shared.inbox.len() >= QUIET_BATCH {
            self.shared.lane_bell.ring_if_asleep();
        }
    }

    fn push(&self, job: Job) {
        self.shared.inbox.push(job);
        self.shared.lane_bell.ring_if_asleep();
    }
}

impl Shared {
    pub(crate) fn new() -> io::Result<Shared> {
        let shared = Shared {
            inbox: SegQueue::new(),
            lane_bell: Arc::new(Bell::new()?),
            outbox: SegQueue::new(),
            guest_bell: Bell::new()?,
            guest_thread: AtomicU32::new(0),
            guest_in_batch: AtomicBool::new(false),
            next_client: AtomicU32::new(0),
            free_clients: Mutex::default(),
            names: Mutex::default(),
        };
        // The guest is asleep until its first batch.
        shared.guest_bell.fall_asleep();
        Ok(shared)
    }

    /// Hands a completion to the guest. The bell waits until the lane has
    /// nothing left to do or a batch is full: on one core, ringing at once would
    /// make the two threads take turns for every single request.
    pub(crate) fn complete(&self, completion: Completion) {
        self.outbox.push(completion);
        if self.outbox.len() >= FULL_BATCH {
            self.guest_bell.ring_if_asleep();
        }
    }

    /// How many requests have an outcome that nobody has taken or recorded.
    pub(crate) fn untaken(&self) -> u64 {
        let mut unreported = 0;
        // Once round: what is taken goes back to the end, so the order stays.
        for _ in 0..self.outbox.len() {
            let Some(completion) = self.outbox.pop() else {
                break;
            };
            unreported += u64::from(completion.is_unreported());
            self.outbox.push(completion);
        }
        unreported
    }

    /// Rings for what has been completed; called before the lane sleeps.
    pub(crate) fn announce(&self) {
        if !self.outbox.is_empty() {
            self.guest_bell.ring_if_asleep();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
