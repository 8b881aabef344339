//! Users of locustfiles in a plan: the command line runs on a thread of its own, and
//! leaves to Python's main thread what only that can do.
//!
//! In: errands of the run (make users ready, a scenario begins, it has ended). Out: each
//! as an object that Python answers, in order. Until a locustfile is loaded Python waits
//! without gevent, which costs a plan without such users nothing.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use gatecrash_engine::guest::Host;
use gatecrash_engine::{Command, Guest, Lane, RunEvent, RunHandle, Ticket, Users};
use gatecrash_metrics::Ended;
use gatecrash_plan::model::{Load, LocustUsers, Scenario, Start};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::boundary;
use crate::rate::{ClassTuple, users};
use crate::stats::Stats;

/// What a command line is run by; it is given the guest and returns the exit code.
pub type Work = Box<dyn FnOnce(&dyn Guest) -> Option<u8> + Send>;

/// The way from the command line's thread to Python's, and its end.
#[derive(Default)]
struct Door {
    inside: Mutex<Inside>,
    rung: Condvar,
    /// The lane of Python's users, once there are any.
    lane: OnceLock<Lane>,
    run: OnceLock<RunHandle>,
}

#[derive(Default)]
struct Inside {
    errands: VecDeque<Errand>,
    /// The exit code, at the end.
    code: Option<Option<u8>>,
    /// A greenlet waits by this ticket.
    waiting: Option<Ticket>,
}

impl Door {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is inside, and wakes whoever waits for it.
    fn put(&self, change: impl FnOnce(&mut Inside)) {
        let mut inside = self.lock();
        change(&mut inside);
        let waiting = inside.waiting.take();
        drop(inside);
        match (waiting, self.lane.get()) {
            (Some(ticket), Some(lane)) => lane.wake(ticket),
            _ => self.rung.notify_one(),
        }
    }

    /// Sends Python on an errand and waits for what comes of it; `None` if nothing does.
    fn send<T>(&self, errand: impl FnOnce(SyncSender<T>) -> Errand) -> Option<T> {
        let (answer, answered) = sync_channel(1);
        self.put(|inside| inside.errands.push_back(errand(answer)));
        answered.recv().ok()
    }
}

/// The guest of a command line whose users may live in this process.
struct PlanGuest(Arc<PlanHost>);

impl Guest for PlanGuest {
    /// Never asked: there is a host, and Locust-style command lines do not come here.
    fn run(&self, _: Vec<OsString>) -> u8 {
        unreachable!("plans with users of locustfiles run in this process")
    }

    fn host(&self) -> Option<Arc<dyn Host>> {
        Some(self.0.clone())
    }
}

/// Lets users of locustfiles live on Python's main thread.
struct PlanHost {
    door: Arc<Door>,
    /// Names of the scenarios that have such users, by their places.
    scenarios: Mutex<Vec<(usize, String)>>,
}

impl PlanHost {
    fn scenarios(&self) -> MutexGuard<'_, Vec<(usize, String)>> {
        self.scenarios
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Two scenarios with such users must not run at the same time: there is one
    /// environment, whose statistics begin again with each.
    fn note(&self, place: usize, scenario: &Scenario) -> Result<(), String> {
        let mut known = self.scenarios();
        let last = known.last().cloned();
        match last {
            Some((last, _)) if last == place => return Ok(()),
            Some((last, name))
                if scenario.start != Start::InTurn && scenario.start != Start::After(last) =>
            {
                return Err(format!(
                    "the scenarios {name} and {} may run at the same time and both have users of \
                     a locustfile, whose numbers could not be told apart; let one begin `after` \
                     the other",
                    scenario.name
                ));
            }
            _ => known.push((place, scenario.name.clone())),
        }
        Ok(())
    }
}

impl Host for PlanHost {
    fn users(
        &self,
        place: usize,
        scenario: &Scenario,
        users: &LocustUsers,
    ) -> Result<Vec<(Users, f64)>, String> {
        self.note(place, scenario)?;
        let made = self.door.send(|answer| Errand {
            kind: "users",
            place,
            scenario: scenario.name.clone(),
            is_open: matches!(scenario.load, Load::Rate { .. }),
            users: Some(users.clone()),
            answer: Answer::Users(answer),
        });
        made.unwrap_or_else(|| Err("Python has ended".to_owned()))
    }

    fn lane(&self) -> Result<Lane, String> {
        let lane = self.door.lane.get().cloned();
        lane.ok_or_else(|| "no users of a locustfile have been made ready".to_owned())
    }

    fn began(&self, run: RunHandle) {
        // There is one run.
        let _ = self.door.run.set(run);
    }

    fn hear(&self, event: &RunEvent<'_>) {
        let (kind, name) = match event {
            RunEvent::Began { scenario, .. } => ("began", &scenario.name),
            RunEvent::Ended(record) => ("ended", &record.name),
            RunEvent::Second(_) | RunEvent::Changed(_) => return,
        };
        let place = self
            .scenarios()
            .iter()
            .find(|(_, known)| known == name)
            .map(|(place, _)| *place);
        let Some(place) = place else {
            return;
        };
        // Where Python has ended nobody needs to be told.
        let _ = self.door.send(|answer| Errand {
            kind,
            place,
            scenario: name.clone(),
            is_open: false,
            users: None,
            answer: Answer::Done(answer),
        });
    }
}

/// Something that Python's main thread shall do. Dropped, it came to nothing.
#[pyclass(module = "gatecrash._engine")]
struct Errand {
    /// `users`, `began` or `ended`.
    #[pyo3(get)]
    kind: &'static str,
    /// The place of the scenario among all.
    #[pyo3(get)]
    place: usize,
    /// Its name.
    #[pyo3(get)]
    scenario: String,
    /// Turns are due at instants.
    #[pyo3(get)]
    is_open: bool,
    users: Option<LocustUsers>,
    answer: Answer,
}

enum Answer {
    Users(SyncSender<Result<Vec<(Users, f64)>, String>>),
    Done(SyncSender<()>),
}

#[pymethods]
impl Errand {
    /// The locustfile, for `users`.
    #[getter]
    fn file(&self) -> Option<String> {
        let users = self.users.as_ref()?;
        Some(users.file.to_string_lossy().into_owned())
    }

    /// Which of its classes; none means all.
    #[getter]
    fn classes(&self) -> Vec<String> {
        let users = self.users.as_ref();
        users.map_or_else(Vec::new, |users| users.classes.clone())
    }

    /// The host that they are given, or None.
    #[getter]
    fn host(&self) -> Option<String> {
        self.users.as_ref()?.host.clone()
    }

    /// Answers `users`: classes as `RateRun` takes them, counted in `stats`.
    fn made(&self, py: Python<'_>, stats: &Stats, classes: Vec<ClassTuple>) -> PyResult<()> {
        let boundary = boundary::get(py)?;
        let made = classes
            .into_iter()
            .map(|class| users(boundary, stats, class));
        self.answer(Ok(made.collect()));
        Ok(())
    }

    /// Answers `users`: they cannot be had, for this reason.
    fn refuse(&self, why: String) {
        self.answer(Err(why));
    }

    /// Answers all others.
    fn done(&self) {
        if let Answer::Done(answer) = &self.answer {
            // Whoever asked has gone with its run.
            let _ = answer.send(());
        }
    }
}

impl Errand {
    fn answer(&self, made: Result<Vec<(Users, f64)>, String>) {
        if let Answer::Users(answer) = &self.answer {
            // As above.
            let _ = answer.send(made);
        }
    }
}

/// A command line at work on a thread of its own.
#[pyclass(frozen, module = "gatecrash._engine")]
pub struct Doorman {
    door: Arc<Door>,
}

#[pymethods]
impl Doorman {
    /// The next errand, as soon as there is one; None when the command line has ended.
    fn next(&self, py: Python<'_>) -> PyResult<Option<Errand>> {
        loop {
            let mut inside = self.door.lock();
            if let Some(errand) = inside.errands.pop_front() {
                return Ok(Some(errand));
            }
            if inside.code.is_some() {
                return Ok(None);
            }
            if self.door.lane.get().is_none() {
                drop(inside);
                py.detach(|| self.wait());
                continue;
            }
            let boundary = boundary::get(py)?;
            let ticket = boundary.take_slot(py)?;
            inside.waiting = Some(ticket);
            drop(inside);
            boundary.wait(py, ticket, false)?;
        }
    }

    /// From now on waits are greenlets': there are users.
    fn open(&self, py: Python<'_>) -> PyResult<()> {
        let boundary = boundary::get(py)?;
        // The lane of a process stays the same.
        let _ = self.door.lane.set(boundary.lane.clone());
        Ok(())
    }

    /// Ends the run, if it has begun; asked again, it is cut off.
    fn stop(&self) {
        if let Some(run) = self.door.run.get() {
            run.ask(Command::Stop(Ended::Stopped));
        }
    }

    /// The exit code; None if the words were no command, or the command goes on.
    #[getter]
    fn exit_code(&self) -> Option<u8> {
        self.door.lock().code.flatten()
    }
}

impl Doorman {
    /// Runs `work` on a thread of its own.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn begin(work: Work) -> PyResult<Doorman> {
        let door = Arc::new(Door::default());
        let host = PlanHost {
            door: door.clone(),
            scenarios: Mutex::default(),
        };
        std::thread::Builder::new()
            .name("gatecrash-main".to_owned())
            .spawn(move || {
                let end = AtEnd(host.door.clone());
                let code = work(&PlanGuest(Arc::new(host)));
                end.tell(code);
            })
            .map_err(|fault| PyRuntimeError::new_err(format!("cannot start a thread: {fault}")))?;
        Ok(Doorman { door })
    }

    fn wait(&self) {
        let mut inside = self.door.lock();
        while inside.errands.is_empty() && inside.code.is_none() {
            inside = self
                .door
                .rung
                .wait(inside)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Tells the end of the command line, also when it panics.
struct AtEnd(Arc<Door>);

impl AtEnd {
    fn tell(self, code: Option<u8>) {
        self.0.put(|inside| inside.code = Some(code));
    }
}

/// What a process ends with whose command line panicked, as Rust's own do.
const PANICKED: u8 = 101;

impl Drop for AtEnd {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.put(|inside| inside.code = Some(Some(PANICKED)));
        }
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Doorman>()?;
    module.add_class::<Errand>()
}
