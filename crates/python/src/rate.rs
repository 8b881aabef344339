//! A run of a locustfile at a rate: the engine's open driver over users in Python.
//!
//! In: classes with their handlers, a rate, limits. Out: a run that drives them, its
//! record at the end, as lines and as a verdict. When executions start is the driver's
//! business, what they do the handlers'.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use gatecrash_engine::journey::{GuestAnswers, GuestJourney, TaskKind};
use gatecrash_engine::{
    Around, Change, Command, Lane, LocustWatch, Run, RunHandle, ScenarioSetup, Setup, Ticket, Users,
};
use gatecrash_metrics::{Ended, RunRecord, ScenarioRecord};
use gatecrash_plan::model::{Load, Start};
use gatecrash_plan::rate::Rate;
use gatecrash_plan::schedule::open::{RateProfile, Spacing};
use gatecrash_report::native::gauges::{Which, gauges};
use gatecrash_report::native::requests::{phase_table, request_table};
use gatecrash_report::native::run::validity_lines;
use gatecrash_report::native::series::{measure_table, metric_table};
use gatecrash_report::native::slowest::slowest_table;
use gatecrash_report::native::work::{arrival_lines, task_table};
use gatecrash_report::native::{Look, Paint};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::account::{Account, Open};
use crate::boundary::{self, Boundary};
use crate::ledger::Ledger;
use crate::stats::Stats;

/// A class of users: its name, its weight, the names of its tasks, and who is told what
/// its users shall do, as `handler(wish, user, turn)`.
pub(crate) type ClassTuple = (String, f64, Vec<String>, Py<PyAny>);

/// A run at a rate. It goes on by itself from the moment it is made.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct RateRun {
    boundary: &'static Boundary,
    handle: RunHandle,
    end: Arc<End>,
    rate: Mutex<Rate>,
}

/// The end of a run, and who waits for it.
#[derive(Default)]
struct End {
    record: OnceLock<RunRecord>,
    waiting: Mutex<Vec<Ticket>>,
}

impl End {
    fn come(&self, record: RunRecord, lane: &Lane) {
        // It ends once.
        let _ = self.record.set(record);
        lock(&self.waiting)
            .drain(..)
            .for_each(|ticket| lane.wake(ticket));
    }

    /// Whether the ticket will be woken.
    fn wakes(&self, ticket: Ticket) -> bool {
        let mut waiting = lock(&self.waiting);
        let comes = self.record.get().is_none();
        if comes {
            waiting.push(ticket);
        }
        comes
    }
}

#[pymethods]
impl RateRun {
    /// Begins. Requests of the users are counted in `stats`. `run_time_s`: how long
    /// executions start, None for as long as nobody stops the run; `grace_s`: how long
    /// they may go on afterwards; `account`: what is kept of the run.
    #[new]
    #[pyo3(signature = (stats, classes, *, rate, max_users, poisson, seed, run_time_s, grace_s, account=None))]
    #[allow(
        clippy::too_many_arguments,
        reason = "keyword arguments, one for each option of a run"
    )]
    fn new(
        py: Python<'_>,
        stats: &Stats,
        classes: Vec<ClassTuple>,
        rate: &str,
        max_users: u32,
        poisson: bool,
        seed: u64,
        run_time_s: Option<f64>,
        grace_s: f64,
        account: Option<&Account>,
    ) -> PyResult<Self> {
        let open = account.map(|account| account.open.clone());
        let boundary = boundary::get(py)?;
        let users = classes
            .into_iter()
            .map(|class| users(boundary, stats, class));
        let users: Vec<(Users, f64)> = users.collect();
        let rate: Rate = rate.parse().map_err(refused)?;
        let duration = run_time_s.map(seconds).transpose()?;
        let load = Load::Rate {
            profile: RateProfile::constant(rate, duration).map_err(refused)?,
            spacing: match poisson {
                true => Spacing::Poisson { seed },
                false => Spacing::Even,
            },
            max_in_flight: max_users,
        };
        let name = open.as_ref().map_or("rate", |open| &open.name).to_owned();
        let scenario = ScenarioSetup {
            name: name.clone(),
            start: Start::InTurn,
            users,
            load,
            load_text: format!("rate {rate}"),
            duration,
            grace: seconds(grace_s)?,
            measured: true,
            seed,
            around: Around::default(),
        };
        let objectives = open
            .as_ref()
            .map_or_else(Vec::new, |open| open.objectives.clone());
        let setup = Setup {
            name,
            scenarios: vec![scenario],
            lanes: 1,
            seed,
            answers: GuestAnswers::asked_for(&objectives).map(Arc::new),
            objectives,
            watches: open
                .as_ref()
                .map_or_else(Vec::new, |open| open.watches.clone()),
            ..Setup::default()
        };
        begin(boundary, setup, rate, open)
    }

    /// Gives way until the run has ended.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        if self.end.record.get().is_some() {
            return Ok(());
        }
        let ticket = self.boundary.take_slot(py)?;
        if !self.end.wakes(ticket) {
            self.boundary.release(ticket);
            return Ok(());
        }
        self.boundary.wait(py, ticket, false).map(drop)
    }

    /// No more executions; asked again, those under way are cut off.
    fn stop(&self) {
        self.handle.ask(Command::Stop(Ended::Stopped));
    }

    /// No executions for now, or again.
    fn pause(&self, paused: bool) {
        self.handle.ask(Command::Change(match paused {
            true => Change::Pause,
            false => Change::Resume,
        }));
    }

    /// So many executions per second more, or less if negative, than now. Returns the
    /// rate from now on.
    fn change_rate(&self, more_per_s: f64) -> PyResult<String> {
        let step = Rate::per_second(more_per_s.abs()).map_err(refused)?;
        let mut rate = lock(&self.rate);
        *rate = match more_per_s < 0.0 {
            true => rate.saturating_sub(step),
            false => rate.saturating_add(step),
        };
        self.handle.ask(Command::Change(Change::Rate(*rate)));
        Ok(rate.to_string())
    }

    /// Lines on what became of the executions, below `width` columns; none before the end.
    fn report(&self, width: usize, color: bool) -> Vec<String> {
        let look = Look { width, color };
        self.scenario()
            .map_or_else(Vec::new, |scenario| lines(scenario, &look))
    }

    /// `valid`, `doubtful` or `invalid`; None before the end.
    #[getter]
    fn validity(&self) -> Option<&'static str> {
        self.end.record.get().map(|record| record.validity.name())
    }

    /// Executions (planned, started, missed) until the end; None before.
    #[getter]
    fn arrivals(&self) -> Option<(u64, u64, u64)> {
        let arrivals = &self.scenario()?.snapshot.arrivals;
        Some((arrivals.planned, arrivals.started, arrivals.missed()))
    }
}

impl RateRun {
    fn scenario(&self) -> Option<&ScenarioRecord> {
        self.end.record.get()?.scenarios.first()
    }
}

pub(crate) fn users(boundary: &Boundary, stats: &Stats, class: ClassTuple) -> (Users, f64) {
    let (name, weight, tasks, handler) = class;
    let kind = |name| TaskKind { name, weight: 1.0 };
    let journey = GuestJourney {
        class: boundary.handlers.add(handler),
        name,
        tasks: tasks.into_iter().map(kind).collect(),
        lane: boundary.lane.clone(),
        shard: stats.ledger.names.shard(),
    };
    (Users::of(journey), weight)
}

fn begin(
    boundary: &'static Boundary,
    setup: Setup,
    rate: Rate,
    open: Option<Arc<Open>>,
) -> PyResult<RateRun> {
    let heard = open.clone();
    let run = Run::start_beside(&boundary.lane, setup, move |event| {
        if let Some(open) = &heard {
            open.hear(&event);
        }
    })?;
    let handle = run.handle();
    let end = Arc::new(End::default());
    let (coming, lane) = (end.clone(), boundary.lane.clone());
    std::thread::Builder::new()
        .name("gatecrash-wait".to_owned())
        .spawn(move || {
            let record = run.wait();
            if let Some(open) = open {
                open.close(record.clone());
            }
            coming.come(record, &lane);
        })
        .map_err(|fault| PyRuntimeError::new_err(format!("cannot start a thread: {fault}")))?;
    Ok(RateRun {
        boundary,
        handle,
        end,
        rate: Mutex::new(rate),
    })
}

fn lines(scenario: &ScenarioRecord, look: &Look) -> Vec<String> {
    let snapshot = &scenario.snapshot;
    let mut lines = vec![look.paint(Paint::Bold, &format!("Executions at {}", scenario.load))];
    lines.extend(arrival_lines(&snapshot.arrivals, look));
    for change in &scenario.changes {
        lines.extend(look.paragraph("changed", Paint::Plain, &change.what));
    }
    lines.extend(validity_lines(&scenario.validity, look));
    for table in [
        request_table(snapshot, scenario.elapsed_s(), look),
        phase_table(snapshot, look),
        task_table(snapshot, look),
        measure_table(snapshot, look),
        metric_table(snapshot, look),
        gauges(snapshot, Which::Others).lines(look),
        slowest_table(snapshot, look),
    ] {
        if !table.is_empty() {
            lines.push(String::new());
            lines.extend(table);
        }
    }
    lines
}

fn seconds(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(refused)
}

fn refused(fault: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(fault.to_string())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Watches the machine during a Locust-style run.
#[pyclass(frozen, module = "gatecrash._engine")]
struct RunWatch {
    ledger: Ledger,
    watch: LocustWatch,
}

#[pymethods]
impl RunWatch {
    /// From now on; the run's requests are counted in `stats`.
    #[new]
    fn new(py: Python<'_>, stats: &Stats) -> Self {
        let ledger = stats.ledger.clone();
        let lane = ledger.lane.clone();
        RunWatch {
            ledger,
            watch: py.detach(|| LocustWatch::start(&lane)),
        }
    }

    /// How long it has watched, seconds.
    #[getter]
    fn elapsed_s(&self) -> f64 {
        self.watch.elapsed().as_secs_f64()
    }

    /// What speaks against the run's numbers, as sentences.
    fn doubts(&self, py: Python<'_>) -> Vec<String> {
        let snapshot = self.ledger.ask(py, |shard| shard.snapshot());
        let validity = py.detach(|| self.watch.judge(&snapshot));
        let reasons = validity.reasons().iter();
        reasons.map(|reason| reason.text.clone()).collect()
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<RateRun>()?;
    module.add_class::<RunWatch>()
}
