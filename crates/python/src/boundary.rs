//! Who waits for what. A greenlet that asks the lane for something gets a slot,
//! gives way to gevent's hub, and is switched to when its completion comes.
//!
//! The lane rings a descriptor that gevent's loop watches; the hub then takes
//! completions in batches. Nothing of Rust stays borrowed while greenlets
//! switch. A greenlet that is killed while it waits gives its slot back and has
//! its request cancelled; what comes too late for it is dropped and counted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use gatecrash_engine::clock::Clock;
use gatecrash_engine::mailbox::Mailbox;
use gatecrash_engine::{Abandoned, Completion, Fetch, Lane, Outcome, Ticket, random};
use gatecrash_metrics::slowest::Traced;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::greenlets;
use crate::turn::Handlers;

/// Completions that the hub takes before its own loop (timers, sockets of
/// other libraries) gets its turn.
const BATCH: usize = 64;

static BOUNDARY: PyOnceLock<Boundary> = PyOnceLock::new();

/// The lane and everybody who waits for it.
pub(crate) struct Boundary {
    pub(crate) lane: Lane,
    pub(crate) clock: Clock,
    /// Who is told what users under a driver shall do.
    pub(crate) handlers: Handlers,
    hub: Py<PyAny>,
    hub_thread: ThreadId,
    slots: Mutex<Slots>,
    switches: AtomicU64,
    batch: Mutex<Option<Batch>>,
    /// Answers that nobody waited for any more, or reported.
    unreported: AtomicU64,
    /// By what the last request of each greenlet can be found in traces, until Python reports
    /// it. By the greenlet's address; empty where nothing is traced.
    traced: Mutex<HashMap<usize, Traced>>,
    /// Whether it is ever not empty.
    is_tracing: AtomicBool,
}

/// The hub takes completions: users follow one another without a pause, and each
/// puts in its next request. Waking the lane for every one of them would make the
/// two threads take turns on one core.
struct Batch {
    unannounced: u32,
    last_request: Instant,
}

/// So many greenlets may have a request with a trace that they have not reported.
const MOST_TRACED: usize = 100_000;

/// How many requests of a batch may wait for one bell.
const QUIET_REQUESTS: u32 = 4;
/// A user that takes longer than this computes: its request is announced at once.
const LIGHT_TURN: Duration = Duration::from_micros(50);

impl Batch {
    /// Whether the lane must be told now.
    fn adds(&mut self, started: Instant) -> bool {
        let turn = started.saturating_duration_since(self.last_request);
        self.last_request = started;
        self.unannounced += 1;
        if turn > LIGHT_TURN || self.unannounced >= QUIET_REQUESTS {
            self.unannounced = 0;
            return true;
        }
        false
    }
}

#[derive(Default)]
struct Slots {
    all: Vec<Slot>,
    free: Vec<u32>,
}

#[derive(Default)]
struct Slot {
    generation: u32,
    waiter: Option<Waiter>,
    completion: Option<Completion>,
}

enum Waiter {
    Greenlet(Py<PyAny>),
    /// A real thread cannot switch greenlets: it blocks.
    Thread(Arc<Parked>),
}

#[derive(Default)]
struct Parked {
    completion: Mutex<Option<Completion>>,
    arrived: Condvar,
}

impl Parked {
    fn wait(&self) -> Completion {
        let mut completion = lock(&self.completion);
        loop {
            if let Some(completion) = completion.take() {
                return completion;
            }
            completion = self
                .arrived
                .wait(completion)
                .unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }
}

/// The boundary of this process; the lane starts when it is first needed.
pub(crate) fn get(py: Python<'_>) -> PyResult<&'static Boundary> {
    if let Some(boundary) = BOUNDARY.get(py) {
        return Ok(boundary);
    }
    BOUNDARY.get_or_try_init(py, || Boundary::open(py))
}

impl Boundary {
    fn open(py: Python<'_>) -> PyResult<Boundary> {
        let lane = Lane::start().map_err(|fault| {
            PyRuntimeError::new_err(format!("cannot start the engine: {fault}"))
        })?;
        let hub = py.import("gevent")?.call_method0("get_hub")?;
        let watcher = hub
            .getattr("loop")?
            .call_method1("io", (lane.guest_fd(), 1))?;
        let drain = pyo3::wrap_pyfunction!(drain, py)?;
        watcher.call_method1("start", (drain,))?;
        hub.setattr("_gatecrash_watcher", watcher)?;
        if let Some(tid) = own_tid() {
            lane.set_guest_thread(tid);
        }
        Ok(Boundary {
            lane,
            clock: Clock::start(),
            handlers: Handlers::default(),
            hub: hub.unbind(),
            hub_thread: std::thread::current().id(),
            slots: Mutex::default(),
            switches: AtomicU64::new(0),
            batch: Mutex::default(),
            unreported: AtomicU64::new(0),
            traced: Mutex::default(),
            is_tracing: AtomicBool::new(false),
        })
    }

    /// From now on requests have ids by which they can be found in traces.
    pub(crate) fn trace(&self) {
        self.is_tracing.store(true, Ordering::Relaxed);
        self.lane.trace(random());
    }

    /// Keeps by what the request of this greenlet can be found, which Python will report.
    pub(crate) fn keep_trace(&self, py: Python<'_>, completion: &Completion) {
        let Some(traced) = completion.unreported_trace() else {
            return;
        };
        let Ok(greenlet) = greenlets::current(py) else {
            return;
        };
        let mut kept = lock(&self.traced);
        if kept.len() >= MOST_TRACED {
            // Of greenlets that have gone with what they never reported.
            kept.clear();
        }
        kept.insert(greenlet.as_ptr() as usize, traced);
    }

    /// By what the request can be found that this greenlet reports.
    pub(crate) fn take_trace(&self, py: Python<'_>) -> Option<Traced> {
        if !self.is_tracing.load(Ordering::Relaxed) {
            return None;
        }
        let greenlet = greenlets::current(py).ok()?;
        lock(&self.traced).remove(&(greenlet.as_ptr() as usize))
    }

    /// A slot for the caller, who must then ask the lane and [`Self::wait`].
    pub(crate) fn take_slot(&self, py: Python<'_>) -> PyResult<Ticket> {
        let waiter = self.waiter_here(py)?;
        Ok(self.slots().take(waiter))
    }

    /// Puts a request in.
    pub(crate) fn fetch(&self, fetch: Box<Fetch>) {
        let started = fetch.started;
        let announced = lock(&self.batch)
            .as_mut()
            .is_none_or(|batch| batch.adds(started));
        if announced {
            self.lane.fetch(fetch);
        } else {
            self.lane.fetch_soon(fetch);
        }
    }

    fn waiter_here(&self, py: Python<'_>) -> PyResult<Waiter> {
        if std::thread::current().id() == self.hub_thread {
            return greenlets::current(py).map(Waiter::Greenlet);
        }
        Ok(Waiter::Thread(Arc::default()))
    }

    /// Gives way until the completion of `ticket` is there; its slot is then free.
    /// `reports_timeouts`: a `gevent.Timeout` is one of the failures that the caller
    /// reports; it gives way to a completion that is on its way already.
    ///
    /// # Errors
    /// What was thrown into the greenlet meanwhile (a kill, a timeout); the
    /// request is then cancelled.
    pub(crate) fn wait(
        &self,
        py: Python<'_>,
        ticket: Ticket,
        reports_timeouts: bool,
    ) -> PyResult<Completion> {
        let completion = self.wait_and_keep(py, ticket, reports_timeouts)?;
        self.release(ticket);
        Ok(completion)
    }

    /// The next item of a mailbox; gives way until there is one.
    pub(crate) fn take_from<T>(&self, py: Python<'_>, mailbox: &Mailbox<T>) -> PyResult<T> {
        loop {
            if let Some(item) = mailbox.take() {
                return Ok(item);
            }
            let ticket = self.take_slot(py)?;
            if mailbox.wakes(ticket) {
                self.wait(py, ticket, false)?;
            } else {
                self.release(ticket);
            }
        }
    }

    /// As [`Self::wait`], but the slot is kept for [`Self::wait_again`] or
    /// [`Self::give_up`].
    pub(crate) fn wait_and_keep(
        &self,
        py: Python<'_>,
        ticket: Ticket,
        reports_timeouts: bool,
    ) -> PyResult<Completion> {
        let parked = match &self.slots().all[ticket.slot()].waiter {
            Some(Waiter::Thread(parked)) => Some(parked.clone()),
            _ => None,
        };
        if let Some(parked) = parked {
            return Ok(py.detach(|| parked.wait()));
        }
        let mut timeout = None;
        loop {
            self.switches.fetch_add(1, Ordering::Relaxed);
            if let Err(thrown) = greenlets::switch_to(py, &self.hub) {
                if !reports_timeouts || timeout.is_some() || !is_timeout(py, &thrown) {
                    self.give_up(ticket);
                    return Err(thrown);
                }
                self.lane.give_up(ticket);
                timeout = Some(thrown);
            }
            // Somebody may switch here for reasons of their own: look again.
            let Some(completion) = self.slots().all[ticket.slot()].completion.take() else {
                continue;
            };
            if let (Outcome::GivenUp { .. }, Some(thrown)) = (&completion.outcome, timeout) {
                self.release(ticket);
                return Err(thrown);
            }
            return Ok(completion);
        }
    }

    /// Waits once more on a slot that was kept, after asking the lane again by `ask`.
    pub(crate) fn wait_again(
        &self,
        py: Python<'_>,
        ticket: Ticket,
        ask: impl FnOnce(&Lane),
    ) -> PyResult<Completion> {
        let waiter = self.waiter_here(py)?;
        let earlier = self.slots().all[ticket.slot()].waiter.replace(waiter);
        drop(earlier);
        ask(&self.lane);
        self.wait_and_keep(py, ticket, false)
    }

    /// Frees a slot.
    pub(crate) fn release(&self, ticket: Ticket) {
        let waiter = self.slots().release(ticket);
        // Dropped with no lock held: it may run Python code.
        drop(waiter);
    }

    /// Frees a slot and cancels what the lane does for it.
    pub(crate) fn give_up(&self, ticket: Ticket) {
        self.lane.cancel(ticket);
        self.release(ticket);
    }

    /// Hands a completion to whoever waits for it, and lets them run.
    fn deliver(&self, py: Python<'_>, completion: Completion) -> PyResult<()> {
        if let Outcome::Called(call) = completion.outcome {
            self.handlers.tell(py, *call);
            return Ok(());
        }
        let ticket = completion.ticket;
        let waiter = match self.slots().waiter(ticket, py) {
            None => {
                let unreported = u64::from(completion.is_unreported());
                self.unreported.fetch_add(unreported, Ordering::Relaxed);
                return Ok(());
            }
            Some(waiter) => waiter,
        };
        match waiter {
            Waiter::Greenlet(greenlet) => {
                self.slots().all[ticket.slot()].completion = Some(completion);
                greenlets::switch_to(py, &greenlet)
            }
            Waiter::Thread(parked) => {
                *lock(&parked.completion) = Some(completion);
                parked.arrived.notify_one();
                Ok(())
            }
        }
    }

    /// What was abandoned on either side, as a dict.
    fn counts<'py>(&self, py: Python<'py>, lane: Abandoned) -> PyResult<Bound<'py, PyDict>> {
        let unreported = self.unreported.load(Ordering::Relaxed) + lane.untaken;
        let counts = PyDict::new(py);
        counts.set_item("in_flight", lane.in_flight)?;
        counts.set_item("unreported", unreported)?;
        Ok(counts)
    }

    /// A request was sent, or could have been, whose report never will come.
    pub(crate) fn count_unreported(&self) {
        self.unreported.fetch_add(1, Ordering::Relaxed);
    }

    /// Seconds since 1970 of an instant.
    pub(crate) fn epoch_s(&self, at: Instant) -> f64 {
        self.clock.epoch_s(at)
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        lock(&self.slots)
    }
}

impl Slots {
    fn take(&mut self, waiter: Waiter) -> Ticket {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.all.push(Slot::default());
            u32::try_from(self.all.len() - 1).expect("fewer than 2^32 greenlets wait")
        });
        let taken = &mut self.all[slot as usize];
        taken.waiter = Some(waiter);
        Ticket::new(slot, taken.generation)
    }

    /// Who waits with this very ticket.
    fn waiter(&self, ticket: Ticket, py: Python<'_>) -> Option<Waiter> {
        let slot = self.all.get(ticket.slot())?;
        if Ticket::new(ticket.slot() as u32, slot.generation) != ticket {
            return None;
        }
        slot.waiter.as_ref().map(|waiter| match waiter {
            Waiter::Greenlet(greenlet) => Waiter::Greenlet(greenlet.clone_ref(py)),
            Waiter::Thread(parked) => Waiter::Thread(parked.clone()),
        })
    }

    fn release(&mut self, ticket: Ticket) -> Option<Waiter> {
        let slot = &mut self.all[ticket.slot()];
        slot.generation = slot.generation.wrapping_add(1);
        slot.completion = None;
        self.free.push(ticket.slot() as u32);
        slot.waiter.take()
    }
}

/// The hub's callback: takes a batch of completions and lets each waiter run.
#[pyfunction]
fn drain(py: Python<'_>) -> PyResult<()> {
    let boundary = get(py)?;
    boundary.lane.begin_batch();
    *lock(&boundary.batch) = Some(Batch {
        unannounced: 0,
        last_request: gatecrash_net::now(),
    });
    let mut result = Ok(());
    for _ in 0..BATCH {
        let Some(completion) = boundary.lane.next_completion() else {
            break;
        };
        result = boundary.deliver(py, completion);
        if result.is_err() {
            break;
        }
    }
    *lock(&boundary.batch) = None;
    boundary.lane.end_batch();
    result
}

/// The number of the calling thread, as Linux has it: `/proc/thread-self` leads to
/// `PID/task/TID`.
fn own_tid() -> Option<u32> {
    let place = std::fs::read_link("/proc/thread-self").ok()?;
    place.file_name()?.to_str()?.parse().ok()
}

fn is_timeout(py: Python<'_>, thrown: &PyErr) -> bool {
    let kind = py
        .import("gevent")
        .and_then(|gevent| gevent.getattr("Timeout"));
    kind.is_ok_and(|kind| thrown.is_instance(py, &kind))
}

/// How often somebody gave way to the hub through the engine. Who sees it
/// unchanged has had the thread for itself.
#[pyfunction]
fn switches(py: Python<'_>) -> PyResult<u64> {
    Ok(get(py)?.switches.load(Ordering::Relaxed))
}

/// One hand-over to the lane and back, without a request: for tests and benchmarks.
#[pyfunction]
fn echo(py: Python<'_>) -> PyResult<()> {
    let boundary = get(py)?;
    let ticket = boundary.take_slot(py)?;
    boundary.lane.echo(ticket);
    boundary.wait(py, ticket, false).map(drop)
}

/// Requests that were sent and are in no table: `in_flight` were given up before the
/// answer came, `unreported` had their answer, but nobody was left to wait for it or to
/// report it.
#[pyfunction]
fn abandoned(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    // Comes after all that was completed for those who are gone by now.
    echo(py)?;
    let boundary = get(py)?;
    let lane = boundary.lane.clone();
    let abandoned = py.detach(move || lane.ask(|books| books.abandoned));
    boundary.counts(py, abandoned)
}

/// An answer came whose report never will: whoever had it was ended first.
#[pyfunction]
fn count_unreported(py: Python<'_>) -> PyResult<()> {
    get(py)?.count_unreported();
    Ok(())
}

/// Ends the counting for good. As `abandoned`, with all that is still under way.
/// Gives way to nobody, so it may be called from anywhere, a signal handler too.
#[pyfunction]
fn close_books(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let boundary = get(py)?;
    let lane = boundary.lane.clone();
    let abandoned = py.detach(move || lane.close_books());
    boundary.counts(py, abandoned)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(pyo3::wrap_pyfunction!(switches, module)?)?;
    module.add_function(pyo3::wrap_pyfunction!(echo, module)?)?;
    module.add_function(pyo3::wrap_pyfunction!(abandoned, module)?)?;
    module.add_function(pyo3::wrap_pyfunction!(count_unreported, module)?)?;
    module.add_function(pyo3::wrap_pyfunction!(close_books, module)?)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
