//! The turns that a driver hands to users, and how their requests find them.
//!
//! In: the engine's calls for users ([`GuestCall`]), on the hub. Out: a call of the
//! class's handler in Python with a [`Turn`]; the user's greenlet begins and ends it. A
//! turn stands in the greenlet's `spawn_tree_locals`, so that requests of greenlets that
//! the task spawns find it as well: the first request counts from the instant the turn
//! was due, and every one that Python reports is told what its service time was.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gatecrash_engine::journey::{Came, Done, GuestCall, Reply, Wish, phases};
use gatecrash_engine::{Apart, Counted, Ticket};
use gatecrash_metrics::measure::Phases;
use gatecrash_metrics::{Measure, Sample};
use gatecrash_net::{Exchange, Timings};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::events::ms_between;
use crate::greenlets;

/// Whether any user of this process has turns: else requests need not look for theirs.
static IN_USE: AtomicBool = AtomicBool::new(false);

/// A thousand years.
const LONGEST_REST_S: f64 = 3.2e10;

/// The handlers of classes in Python, by their numbers.
#[derive(Default)]
pub(crate) struct Handlers(Mutex<Vec<Py<PyAny>>>);

impl Handlers {
    /// The number of a class whose calls go to `handler`, as
    /// `handler(wish, user, turn)`.
    pub(crate) fn add(&self, handler: Py<PyAny>) -> u32 {
        IN_USE.store(true, Ordering::Relaxed);
        let mut all = self.lock();
        all.push(handler);
        u32::try_from(all.len() - 1).expect("fewer than 2^32 classes")
    }

    /// Tells the class's handler. What it raises is its own fault: the turn comes to
    /// nothing, and Python's last resort tells why.
    pub(crate) fn tell(&self, py: Python<'_>, call: GuestCall) {
        let handler = match self.lock().get(call.class as usize) {
            Some(handler) => handler.clone_ref(py),
            None => return,
        };
        let user = call.user;
        let wish = match call.wish {
            Wish::Start => "start",
            Wish::Perform(_) => "perform",
            Wish::Stop => "stop",
            Wish::CutOff => "cut off",
        };
        let told = Turn::of(py, call).and_then(|turn| handler.call1(py, (wish, user, turn)));
        if let Err(fault) = told {
            fault.write_unraisable(py, Some(handler.bind(py)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Py<PyAny>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One thing that a user shall do: a task, or its start or its end. Dropped without an
/// `end` it came to nothing. A user who drives itself and whose requests are followed has
/// one for all of its life, by which nothing but these requests is told.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Turn {
    /// The number of the user's class.
    class: Option<u32>,
    /// A driver hands it out, so that phases are kept.
    is_driven: bool,
    /// Somebody asks what came, and whose request it was.
    is_asked: bool,
    /// It is the execution of a task, which fails with any of its requests.
    is_task: bool,
    /// Turns are due at instants, so service times are kept apart.
    is_open: bool,
    due: Option<Instant>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    reply: Option<Reply>,
    /// The first request, or what was reported as one.
    first: Option<First>,
    /// No request counts from the due instant yet.
    is_untaken: bool,
    /// The lag of the first request, while Python has not reported it.
    unreported_lag_ms: Option<f64>,
    /// The phases of the last exchange, likewise.
    unreported_phases: Option<Phases>,
    /// What came by it, where somebody asks.
    unreported_came: Option<Came>,
    has_failures: bool,
}

impl State {
    fn is_waiting_for_its_first(&self) -> bool {
        self.is_untaken && self.reply.is_some()
    }
}

#[derive(Clone, Copy)]
struct First {
    ticket: Option<Ticket>,
    called: Instant,
}

#[pymethods]
impl Turn {
    /// For a user who drives itself, of the class of this number; None for one that is not
    /// counted by itself.
    #[staticmethod]
    #[pyo3(signature = (class_number))]
    fn follow(class_number: Option<u32>) -> Turn {
        IN_USE.store(true, Ordering::Relaxed);
        Turn {
            class: class_number,
            is_driven: false,
            is_asked: true,
            is_task: false,
            is_open: false,
            due: None,
            state: Mutex::default(),
        }
    }

    /// The user's greenlet has come to it. False if nobody waits for it any more: then it
    /// is not to be done.
    fn begin(&self) -> bool {
        self.lock().reply.as_ref().is_some_and(Reply::begin)
    }

    /// It is done: `ok` if nothing was raised, `gone` if the user has ended by itself,
    /// `task` the number of the task if it was one of the class, `rest_s` how long the
    /// user wants to rest before its next turn in the closed model.
    #[pyo3(signature = (ok=true, *, gone=false, task=None, rest_s=0.0))]
    fn end(&self, ok: bool, gone: bool, task: Option<usize>, rest_s: f64) {
        let mut state = self.lock();
        let done = Done {
            is_ok: ok && !(self.is_task && state.has_failures),
            is_gone: gone,
            first_call: state.first.map(|first| first.called),
            task,
            // A wait below zero is none, as in Locust; one without an end outlasts all.
            rest: Duration::try_from_secs_f64(rest_s.clamp(0.0, LONGEST_REST_S))
                .unwrap_or_default(),
        };
        let reply = state.reply.take();
        drop(state);
        if let Some(reply) = reply {
            reply.end(done);
        }
    }
}

impl Turn {
    fn of(py: Python<'_>, call: GuestCall) -> PyResult<Py<Turn>> {
        let due = match call.wish {
            Wish::Perform(due) => due,
            Wish::Start | Wish::Stop | Wish::CutOff => None,
        };
        let state = State {
            reply: Some(call.reply),
            is_untaken: due.is_some(),
            ..State::default()
        };
        let state = Mutex::new(state);
        let is_task = matches!(call.wish, Wish::Perform(_));
        Py::new(
            py,
            Turn {
                class: call.is_asked.then_some(call.class),
                is_driven: true,
                is_asked: call.is_asked,
                is_task,
                is_open: call.is_open,
                due,
                state,
            },
        )
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request is called for: from when it counts. What comes after the end of the turn
    /// (an `on_stop`) is none of its own.
    pub(crate) fn count(&self, ticket: Ticket, called: Instant) -> Counted {
        if !self.is_driven {
            return Counted::FromCall;
        }
        if !self.is_open {
            return Counted::InTurn;
        }
        let mut state = self.lock();
        let Some(due) = self.due.filter(|_| state.is_waiting_for_its_first()) else {
            return Counted::InOpenTurn;
        };
        state.is_untaken = false;
        state.first = Some(First {
            ticket: Some(ticket),
            called,
        });
        Counted::FromDue(due)
    }

    /// A request has an outcome, which Python reports unless it is `recorded`: how long
    /// it was called for after it was due, milliseconds. Of several that Python reports as
    /// one (redirects) the phases of the last are kept.
    pub(crate) fn finish(&self, ticket: Ticket, recorded: bool, timings: Option<&Timings>) -> f64 {
        let mut state = self.lock();
        let unreported = timings.filter(|_| self.is_driven && !recorded);
        state.unreported_phases =
            unreported.and_then(|timings| Some(phases(timings, timings.done?)));
        state.unreported_came = None;
        match (state.first, self.due) {
            (Some(first), Some(due)) if first.ticket == Some(ticket) => {
                let lag_ms = ms_between(due, first.called);
                state.unreported_lag_ms = (!recorded).then_some(lag_ms);
                lag_ms
            }
            _ => 0.0,
        }
    }

    /// What came by a request that Python reports. Of several that it reports as one
    /// (redirects) the last is kept.
    pub(crate) fn came(&self, exchange: &Exchange) {
        if self.is_asked {
            self.lock().unreported_came = Some(Came::of(exchange));
        }
    }

    /// What came after the head of a stream of events: its visible content, and what it was
    /// measured by. Says whether its report will tell that.
    pub(crate) fn streamed(&self, content: &str, measures: &[(Measure, f64)]) -> bool {
        let mut state = self.lock();
        let Some(came) = &mut state.unreported_came else {
            return false;
        };
        came.body = content.as_bytes().to_vec().into();
        came.measures = measures.to_vec();
        true
    }

    /// The number of the user's class, where somebody asks.
    pub(crate) fn class(&self) -> Option<u32> {
        self.class
    }

    /// A request was left before it had an outcome: the next one, or its report, counts
    /// from the due instant.
    pub(crate) fn leave(&self, ticket: Ticket) {
        let mut state = self.lock();
        state.is_untaken |= state
            .first
            .is_some_and(|first| first.ticket == Some(ticket));
    }

    /// Python reports a request. One that the engine did not make and that is the first
    /// of its turn gets the time from the due instant. Returns what is kept beside it.
    pub(crate) fn report(&self, sample: &mut Sample, now: Instant, failed: bool) -> Apart {
        let mut state = self.lock();
        state.has_failures |= failed;
        Apart {
            class: self.class,
            came: state.unreported_came.take(),
            phases: state.unreported_phases.take().unwrap_or_default(),
            service_time_ms: self.service_time_ms(&mut state, sample, now),
            traced: None,
        }
    }

    /// The time without what came before the call, where that is kept apart.
    fn service_time_ms(&self, state: &mut State, sample: &mut Sample, now: Instant) -> Option<f64> {
        let time_ms = sample.response_time_ms.filter(|_| self.is_open)?;
        if let Some(due) = self.due.filter(|_| state.is_waiting_for_its_first()) {
            state.is_untaken = false;
            let took = Duration::try_from_secs_f64(time_ms / 1e3).ok();
            state.first.get_or_insert(First {
                ticket: None,
                called: took.and_then(|took| now.checked_sub(took)).unwrap_or(now),
            });
            sample.response_time_ms = Some(ms_between(due, now));
            sample.whole_ms = false;
            return Some(time_ms);
        }
        let lag_ms = state.unreported_lag_ms.take().unwrap_or(0.0);
        Some((time_ms - lag_ms).max(0.0))
    }
}

/// The turn that the current greenlet works on, or the one that spawned it.
pub(crate) fn current(py: Python<'_>) -> Option<Py<Turn>> {
    if !IN_USE.load(Ordering::Relaxed) {
        return None;
    }
    let greenlet = greenlets::current(py).ok()?.into_bound(py);
    // A greenlet that is none of gevent's has no such thing.
    let locals = greenlet.getattr(intern!(py, "spawn_tree_locals")).ok()?;
    let turn = locals
        .cast::<PyDict>()
        .ok()?
        .get_item(intern!(py, "gatecrash turn"))
        .ok()??;
    Some(turn.cast::<Turn>().ok()?.clone().unbind())
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Turn>()
}
