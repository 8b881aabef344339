//! What is kept of a Locust-style run: judged by objectives, shown as a page, saved.
//!
//! In: what is asked for, and a run: one whose users drive themselves is looked at every
//! second ([`crate::watched`]), one at a rate is told by the engine. Out: a record at its
//! end with verdicts, as lines and files. Secrets are in none of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use gatecrash_engine::RunEvent;
use gatecrash_engine::run::Progress;
use gatecrash_metrics::objective::verdict::{Judgement, worst};
use gatecrash_metrics::objective::{Objective, verdicts};
use gatecrash_metrics::record::{Machine, Origin, OriginKind};
use gatecrash_metrics::watch::{self, Watch};
use gatecrash_metrics::{Driven, Ended, Model, RunRecord, ScenarioRecord, Snapshot};
use gatecrash_plan::watch_option;
use gatecrash_report::archive::journal::Beginning;
use gatecrash_report::html::html;
use gatecrash_report::live::otlp::settings::Settings;
use gatecrash_report::live::state::Phase;
use gatecrash_report::native::gauges::gauges_of;
use gatecrash_report::native::verdicts::run_verdicts;
use gatecrash_report::native::{Look, Paint, harmless, summary_md};
use gatecrash_report::secrets::Secrets;
use gatecrash_web::{About, Address, Live, Second, Wishes};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::boundary;
use crate::kept::Kept;
use crate::stats::Stats;
use crate::watched::Watched;

/// The account of one run.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Account {
    pub(crate) open: Arc<Open>,
    watched: Mutex<Option<Watched>>,
}

/// What is known of a run before it ends, and its record afterwards.
pub(crate) struct Open {
    /// What the run and its one scenario are called.
    pub(crate) name: String,
    /// The load that is asked for, as a person reads it.
    pub(crate) load: String,
    /// What must hold.
    pub(crate) objectives: Vec<Objective>,
    /// What is watched.
    pub(crate) watches: Vec<Watch>,
    origin: Origin,
    secrets: Secrets,
    kept: Mutex<Kept>,
    live: Mutex<Live>,
    record: OnceLock<RunRecord>,
}

impl Open {
    /// The folder of the run.
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }

    /// Whoever watches the run.
    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        lock(&self.live)
    }

    /// Lets who watches see another second; how it was driven is asked only if there is one.
    pub(crate) fn show(
        &self,
        phase: Phase,
        span: (f64, f64),
        snapshot: &Snapshot,
        driven: impl FnOnce() -> Driven,
    ) {
        let mut live = self.live();
        if !live.is_wanted() {
            return;
        }
        let mut snapshot = snapshot.clone();
        self.secrets.mask_snapshot(&mut snapshot);
        let (started_epoch_s, at_epoch_s) = span;
        live.second(Second {
            name: &self.secrets.mask(&self.name),
            measured: true,
            phase,
            at_epoch_s,
            elapsed_s: at_epoch_s - started_epoch_s,
            snapshot: &snapshot,
            driven: Some(driven()),
        });
    }

    /// Hears of a run that the engine drives.
    pub(crate) fn hear(&self, event: &RunEvent<'_>) {
        let progress = match event {
            RunEvent::Second(progress) => progress,
            RunEvent::Ended(record) => {
                let span = (record.started_epoch_s, record.ended_epoch_s);
                let driven = || record.driven.clone();
                return self.show(Phase::Ended, span, &record.snapshot, driven);
            }
            RunEvent::Began { .. } | RunEvent::Changed(_) => return,
        };
        let started_epoch_s = progress.at_epoch_s - progress.elapsed.as_secs_f64();
        let phase = match progress {
            Progress {
                is_ending: true, ..
            } => Phase::Ending,
            Progress {
                is_paused: true, ..
            } => Phase::Paused,
            _ => Phase::Running,
        };
        let span = (started_epoch_s, progress.at_epoch_s);
        self.show(phase, span, progress.snapshot, || progress.driven());
        let beginning = Beginning {
            place: 0,
            name: self.name.clone(),
            load: self.load.clone(),
            measured: true,
            started_epoch_s,
            model: Model::Open,
            max_in_flight: None,
        };
        self.kept()
            .second(&beginning, progress.at_epoch_s, progress.snapshot);
    }

    /// The run has ended: its verdicts are those of the whole.
    pub(crate) fn close(&self, record: RunRecord) {
        let mut record = RunRecord {
            origin: self.origin.clone(),
            verdicts: verdicts(&self.objectives, &record.scenarios),
            ..record
        };
        self.secrets.mask_run(&mut record);
        self.kept().finish(&record);
        // It ends once.
        let _ = self.record.set(record);
    }
}

#[pymethods]
impl Account {
    /// An account of what is to come. ValueError for an objective that is none, OSError
    /// when the folder `results` cannot be made. `secrets` are values that must not be told.
    #[new]
    #[pyo3(signature = (*, name, load, objectives, watches, results, secrets, command, host, python, machine))]
    #[allow(
        clippy::too_many_arguments,
        reason = "keyword arguments, one for each thing that is told of a run"
    )]
    fn new(
        name: String,
        load: String,
        objectives: Vec<String>,
        watches: Vec<String>,
        results: Option<String>,
        secrets: Vec<String>,
        command: String,
        host: Option<String>,
        python: String,
        machine: MachineTuple,
    ) -> PyResult<Account> {
        let parsed = objectives.iter().map(|text| objective(text));
        let mut objectives = parsed.collect::<PyResult<Vec<Objective>>>()?;
        let parsed = watches.iter().map(|text| watch(text));
        let watches = parsed.collect::<PyResult<Vec<Watch>>>()?;
        watch::name_gauges(&mut objectives, &watches);
        let (os, cpus, memory_bytes, hostname) = machine;
        let origin = Origin {
            kind: OriginKind::Locust,
            gatecrash: env!("CARGO_PKG_VERSION").to_owned(),
            command,
            python: Some(python),
            machine: Machine {
                os,
                cpus,
                memory_bytes,
                hostname,
            },
            plan: None,
            host,
        };
        let begin = RunRecord {
            name: name.clone(),
            origin: origin.clone(),
            ..RunRecord::default()
        };
        let secrets = Secrets::new(secrets);
        let kept = Kept::open(results.map(Into::into), &begin, secrets.clone());
        let open = Open {
            name,
            load,
            objectives,
            watches,
            origin,
            secrets,
            live: Mutex::default(),
            kept: Mutex::new(kept.map_err(|fault| PyOSError::new_err(fault.to_string()))?),
            record: OnceLock::new(),
        };
        Ok(Account {
            open: Arc::new(open),
            watched: Mutex::default(),
        })
    }

    /// Lets others watch the run from now on: `metrics`, host and port, is where its numbers are
    /// served; `otel`, the variables `OTEL_…`, says where they are sent. Returns the two
    /// addresses. ValueError for a variable that cannot be followed, OSError when nobody can
    /// listen there.
    fn let_watch(
        &self,
        metrics: Option<(String, u16)>,
        otel: Option<HashMap<String, String>>,
    ) -> PyResult<(Option<String>, Option<String>)> {
        let open = &self.open;
        let otlp = otel.map(|variables| Settings::of(|name| variables.get(name).cloned()));
        let otlp = otlp.transpose();
        let otlp = otlp.map_err(|fault| PyValueError::new_err(fault.to_string()))?;
        let wishes = Wishes {
            metrics: metrics.map(|(host, port)| Address { host, port }),
            otlp: otlp.flatten(),
        };
        let about = About {
            name: open.name.clone(),
            currency: None,
            objectives: open.objectives.clone(),
            secrets: open.secrets.clone(),
        };
        let live = Live::open(&wishes, about);
        let live = live.map_err(|fault| PyOSError::new_err(fault.to_string()))?;
        let url = live.metrics_url();
        *open.live() = live;
        Ok((url, wishes.otlp.map(|settings| settings.url)))
    }

    /// From now on requests have ids by which they can be found in traces.
    fn trace(&self, py: Python<'_>) -> PyResult<()> {
        boundary::get(py)?.trace();
        Ok(())
    }

    /// What somebody must know of who watches, once.
    fn take_warning(&self) -> Option<String> {
        self.open.live().take_warning()
    }

    /// Nobody watches any more: what is sent is sent for the last time. Returns what somebody must
    /// know of that.
    fn end_watching(&self, py: Python<'_>) -> Option<String> {
        py.detach(|| self.open.live().close())
    }

    /// Looks from now on at a run whose users, of these classes, drive themselves and count in
    /// `stats`. Says whether an objective asks more of their requests than their times: then
    /// each user needs a `Turn.follow` with the number of its class, its place among these.
    fn watch(&self, py: Python<'_>, stats: &Stats, classes: Vec<String>) -> PyResult<bool> {
        let (open, ledger) = (self.open.clone(), stats.ledger.clone());
        let (lane, shard) = (ledger.lane.clone(), ledger.names.shard());
        let objectives = &self.open.objectives;
        let is_asked = py.detach(|| lane.follow(shard, objectives, classes));
        let watched = py.detach(|| Watched::start(open, ledger))?;
        *lock(&self.watched) = Some(watched);
        Ok(is_asked)
    }

    /// Says how many users there are now. Returns what keeps the files from being complete,
    /// once.
    fn update(&self, users: u64) -> Option<String> {
        if let Some(watched) = &*lock(&self.watched) {
            watched.set_users(users);
        }
        self.open.kept().take_fault()
    }

    /// The run has ended, by a signal if one is named, and all has been counted in `stats`.
    /// Returns what keeps the files from being complete, once.
    fn end(
        &self,
        py: Python<'_>,
        stats: &Stats,
        interrupted_by: Option<String>,
    ) -> PyResult<Option<String>> {
        let driven_by_the_engine = self.open.record.get().is_some();
        let watched = lock(&self.watched).take();
        if !driven_by_the_engine {
            let (open, ledger) = (self.open.clone(), stats.ledger.clone());
            py.detach(|| {
                // A run that ended before it began has nothing to judge it by.
                let watched = watched.map_or_else(|| Watched::start(open, ledger), Ok)?;
                self.open
                    .close(ended(watched, &self.open.name, interrupted_by));
                std::io::Result::Ok(())
            })?;
        }
        Ok(self.open.kept().take_fault())
    }

    /// There is something that must hold.
    #[getter]
    fn has_objectives(&self) -> bool {
        !self.open.objectives.is_empty()
    }

    /// An objective that decides was missed, or had no data.
    #[getter]
    fn is_missed(&self) -> PyResult<bool> {
        Ok(worst(&self.record()?.verdicts) == Judgement::Fail)
    }

    /// What was watched, and the verdicts, as lines below `width` columns.
    fn verdict_lines(&self, width: usize, color: bool) -> PyResult<Vec<String>> {
        let (record, look) = (self.record()?, Look { width, color });
        let mut lines = Vec::new();
        // A run that the engine drives tells its gauges with its tables.
        let driven = |one: &&ScenarioRecord| one.driven.model != Model::Locust;
        for scenario in record.scenarios.iter().filter(|one| !driven(one)) {
            let is_watched = |name: &str| self.open.watches.iter().any(|watch| watch.name == name);
            let gauges = gauges_of(&scenario.snapshot, |watch| watch.is_some_and(is_watched));
            lines.extend(gauges.lines(&look));
            for change in &scenario.changes {
                lines.extend(look.paragraph("note", Paint::Warn, &harmless(&change.what)));
            }
        }
        let verdicts = run_verdicts(record, &look);
        if !lines.is_empty() && !verdicts.is_empty() {
            lines.push(String::new());
        }
        lines.extend(verdicts);
        Ok(lines)
    }

    /// The summary, as Markdown.
    fn markdown(&self) -> PyResult<String> {
        Ok(summary_md::summary(self.record()?))
    }

    /// The page.
    fn html(&self, py: Python<'_>) -> PyResult<String> {
        let record = self.record()?;
        Ok(py.detach(|| html(record)))
    }
}

/// System, CPUs, bytes of memory, name.
type MachineTuple = (String, u32, u64, String);

impl Account {
    fn record(&self) -> PyResult<&RunRecord> {
        let none = || PyRuntimeError::new_err("the run has not ended");
        self.open.record.get().ok_or_else(none)
    }
}

/// An objective by its text.
///
/// # Errors
/// ValueError with its place marked.
pub(crate) fn objective(text: &str) -> PyResult<Objective> {
    Objective::parse(text).map_err(|fault| PyValueError::new_err(fault.pointed(text)))
}

/// What is watched, by its text.
///
/// # Errors
/// ValueError with its place marked.
pub(crate) fn watch(text: &str) -> PyResult<Watch> {
    let here = std::path::Path::new(".");
    watch_option::parse(text, &|_| None, here).map_err(PyValueError::new_err)
}

/// The record of a run whose users drove themselves.
fn ended(watched: Watched, name: &str, interrupted_by: Option<String>) -> RunRecord {
    let scenario = watched.end();
    RunRecord {
        name: name.to_owned(),
        started_epoch_s: scenario.started_epoch_s,
        ended_epoch_s: scenario.ended_epoch_s,
        ended_by: interrupted_by.map_or(Ended::Done, Ended::Interrupted),
        validity: scenario.validity.clone(),
        scenarios: vec![scenario],
        ..RunRecord::default()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Account>()
}
