//! What is told during a run: tables and a progress line on stderr, CSV files.
//!
//! In: what Python wishes (intervals, percentiles, number of users), as often as it
//! likes to say so. Out: text, on a thread that takes snapshots of the lane's books and
//! never needs Python's lock, so user code that computes delays nothing of it.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatecrash_engine::Pump;
use gatecrash_engine::pump::Beat;
use gatecrash_metrics::Snapshot;
use gatecrash_report::console::{self, Rates, Widths};
use gatecrash_report::live::{CsvFiles, WriteError};
use gatecrash_report::locust::Rules;
use gatecrash_report::progress::{ERASE, Progress};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;

use crate::entry::Rounding;
use crate::ledger::Ledger;
use crate::stats::{Stats, rules};

/// How often the thread looks whether something is due.
const PERIOD: Duration = Duration::from_millis(100);
/// How often the progress line is drawn, seconds.
const PROGRESS_INTERVAL_S: f64 = 1.0;
/// How long the progress line stays away after somebody asked for room, seconds.
const RESERVED_S: f64 = 0.1;

/// What Python wants told, and how.
#[derive(Clone)]
struct Wish {
    users: u64,
    rules: Rules,
    widths: Widths,
    table_interval_s: f64,
    csv_interval_s: f64,
    /// Nothing on the console any more.
    quiet: bool,
}

/// The terminal, as far as the progress line goes.
#[derive(Default)]
struct Screen {
    line_shown: bool,
    /// Somebody took the line away in order to write; it stays away until then.
    reserved_until_epoch_s: f64,
}

impl Screen {
    /// Writes `text` where the progress line was, then `line` as the new one. Nobody is
    /// left to tell when stderr is closed.
    fn write(&mut self, text: &str, line: Option<&str>) {
        let erase = if self.line_shown { ERASE } else { "" };
        self.line_shown = line.is_some();
        let all = format!("{erase}{text}{}", line.unwrap_or_default());
        let mut stderr = std::io::stderr().lock();
        let _ = stderr
            .write_all(all.as_bytes())
            .and_then(|()| stderr.flush());
    }

    fn erase(&mut self) {
        if self.line_shown {
            self.write("", None);
        }
    }

    /// Takes the line away for a moment in which somebody else writes.
    fn reserve(&mut self, now_epoch_s: f64) {
        self.reserved_until_epoch_s = now_epoch_s + RESERVED_S;
        self.erase();
    }
}

/// When something comes again.
struct Due {
    at_epoch_s: f64,
}

impl Due {
    /// Whether it is time; then the next time is one interval later.
    fn is_now(&mut self, now_epoch_s: f64, interval_s: f64) -> bool {
        // Half a period of grace, so that an interval of whole periods keeps its beat.
        if now_epoch_s + PERIOD.as_secs_f64() / 2.0 < self.at_epoch_s {
            return false;
        }
        self.at_epoch_s = (self.at_epoch_s + interval_s.max(PERIOD.as_secs_f64())).max(now_epoch_s);
        true
    }
}

/// Everything that the thread works with.
struct Work {
    ledger: Ledger,
    wish: Arc<Mutex<Wish>>,
    screen: Arc<Mutex<Screen>>,
    csv: Option<CsvFiles>,
    tables: bool,
    /// Whether the progress line is drawn, and with colours.
    progress: Option<bool>,
    run_time_s: Option<f64>,
    started_epoch_s: f64,
    table_due: Due,
    csv_due: Due,
    progress_due: Due,
    /// A fault of the files has been told; it may last, and one line is enough.
    fault_told: bool,
}

impl Work {
    fn snapshot(&self) -> Snapshot {
        let id = self.ledger.names.shard();
        self.ledger
            .lane
            .ask(move |books| books.shard(id).snapshot())
    }

    fn begin(&mut self) {
        let now = self.ledger.now_epoch_s();
        self.started_epoch_s = now;
        for due in [
            &mut self.table_due,
            &mut self.csv_due,
            &mut self.progress_due,
        ] {
            due.at_epoch_s = now;
        }
        self.tick();
    }

    /// Does what is due.
    fn tick(&mut self) {
        let now = self.ledger.now_epoch_s();
        let wish = lock(&self.wish).clone();
        let console = !wish.quiet;
        let table = self.tables && console && self.table_due.is_now(now, wish.table_interval_s);
        let progress = self.progress.is_some()
            && console
            && self.progress_due.is_now(now, PROGRESS_INTERVAL_S);
        let csv = self.csv.is_some() && self.csv_due.is_now(now, wish.csv_interval_s);
        if !(table || progress || csv) {
            return;
        }
        let snapshot = self.snapshot();
        if table || progress {
            self.show(&snapshot, &wish, table, now);
        }
        if let (true, Some(files)) = (csv, &mut self.csv) {
            let written = files.write(&snapshot, &wish.rules, now, wish.users);
            self.tell_fault(written);
        }
    }

    fn show(&self, snapshot: &Snapshot, wish: &Wish, table: bool, now_epoch_s: f64) {
        let lines = match table {
            true => console::request_table(snapshot, &wish.rules, wish.widths, Rates::Current),
            false => Vec::new(),
        };
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let text = if table { text + "\n" } else { text };
        let line = self.progress.map(|color| {
            let span = (self.started_epoch_s, now_epoch_s);
            Progress::of(&snapshot.total, span, self.run_time_s, wish.users).line(color)
        });
        let mut screen = lock(&self.screen);
        // Quiet may have been wished meanwhile, and what follows must stand alone.
        if !lock(&self.wish).quiet {
            let free = now_epoch_s >= screen.reserved_until_epoch_s;
            screen.write(&text, line.as_deref().filter(|_| free));
        }
    }

    fn tell_fault(&mut self, written: Result<(), WriteError>) {
        if let (Err(fault), false) = (written, self.fault_told) {
            self.fault_told = true;
            let text = format!("{fault}; the files of --csv are incomplete\n");
            lock(&self.screen).write(&text, None);
        }
    }

    /// Writes the files for the last time, and what went beyond a limit.
    fn finish(&mut self) {
        let snapshot = self.snapshot();
        let notes = console::overflow_notes(&snapshot.overflow);
        let text: String = notes.iter().map(|note| format!("{note}\n")).collect();
        lock(&self.screen).write(&text, None);
        let Some(files) = self.csv.take() else {
            return;
        };
        let wish = lock(&self.wish).clone();
        let now = self.ledger.now_epoch_s();
        let written = files.finish(&snapshot, &wish.rules, now, wish.users);
        self.tell_fault(written);
    }
}

/// Tells a run while it goes on.
#[pyclass(frozen, module = "gatecrash._engine")]
struct Reporter {
    ledger: Ledger,
    wish: Arc<Mutex<Wish>>,
    screen: Arc<Mutex<Screen>>,
    work: Arc<Mutex<Work>>,
    pump: Mutex<Option<Pump>>,
}

#[pymethods]
impl Reporter {
    /// Opens the files of `csv_prefix`; OSError when one cannot be written. `tables`
    /// are printed on stderr; `progress` is drawn there if it is a terminal, with
    /// `color` or without. `run_time_s` is how long the run is to last, if limited.
    #[new]
    #[pyo3(signature = (stats, *, csv_prefix=None, full_history=false, percentiles, tables=true, progress=true, color=true, run_time_s=None))]
    #[allow(
        clippy::too_many_arguments,
        reason = "keyword arguments, one for each option of a run"
    )]
    fn new(
        stats: &Stats,
        csv_prefix: Option<&str>,
        full_history: bool,
        percentiles: Vec<f64>,
        tables: bool,
        progress: bool,
        color: bool,
        run_time_s: Option<f64>,
    ) -> PyResult<Self> {
        let rules = rules(percentiles, None);
        let csv = csv_prefix
            .map(|prefix| open(prefix, full_history, &rules))
            .transpose()?;
        let wish = Arc::new(Mutex::new(Wish {
            users: 0,
            rules,
            widths: Widths::default(),
            table_interval_s: 2.0,
            csv_interval_s: 1.0,
            quiet: false,
        }));
        let screen = Arc::new(Mutex::new(Screen::default()));
        let never = || Due {
            at_epoch_s: f64::INFINITY,
        };
        let work = Work {
            ledger: stats.ledger.clone(),
            wish: wish.clone(),
            screen: screen.clone(),
            csv,
            tables,
            progress: (progress && std::io::stderr().is_terminal()).then_some(color),
            run_time_s,
            started_epoch_s: 0.0,
            table_due: never(),
            csv_due: never(),
            progress_due: never(),
            fault_told: false,
        };
        Ok(Reporter {
            ledger: stats.ledger.clone(),
            wish,
            screen,
            work: Arc::new(Mutex::new(work)),
            pump: Mutex::new(None),
        })
    }

    /// What is wished from now on: how many users there are, which percentiles (shares),
    /// how times are rounded, how wide the columns and how long the intervals are.
    #[pyo3(signature = (*, users, percentiles, rounding, name_width, type_width, table_interval_s, csv_interval_s))]
    #[allow(
        clippy::too_many_arguments,
        reason = "keyword arguments, one for each of Locust's constants"
    )]
    fn update(
        &self,
        users: u64,
        percentiles: Vec<f64>,
        rounding: Option<&Rounding>,
        name_width: usize,
        type_width: usize,
        table_interval_s: f64,
        csv_interval_s: f64,
    ) {
        let mut wish = lock(&self.wish);
        *wish = Wish {
            users,
            rules: rules(percentiles, rounding),
            widths: Widths {
                kind: type_width,
                name: name_width,
            },
            table_interval_s,
            csv_interval_s,
            quiet: wish.quiet,
        };
    }

    /// Begins, with a first table at once.
    fn start(&self, py: Python<'_>) -> PyResult<()> {
        if lock(&self.pump).is_some() {
            return Ok(());
        }
        let work = self.work.clone();
        // No lock of ours is held while Python's is waited for.
        py.detach(|| lock(&work).begin());
        let pump = Pump::start(PERIOD, move |beat| {
            if beat == Beat::Tick {
                lock(&work).tick();
            }
        })?;
        *lock(&self.pump) = Some(pump);
        Ok(())
    }

    /// Takes the progress line away so that something else can be written; it comes
    /// back by itself.
    fn erase_line(&self) {
        lock(&self.screen).reserve(self.ledger.now_epoch_s());
    }

    /// Ends tables and progress line; the files go on.
    fn quiet(&self) {
        lock(&self.wish).quiet = true;
        lock(&self.screen).erase();
    }

    /// Writes the files for the last time, closes them and ends the thread.
    fn close(&self, py: Python<'_>) {
        self.quiet();
        let pump = lock(&self.pump).take();
        py.detach(|| {
            drop(pump);
            lock(&self.work).finish();
        });
    }
}

/// The files of `--csv`, written whenever Python says so.
#[pyclass(frozen, module = "gatecrash._engine")]
struct CsvWriter {
    ledger: Ledger,
    files: Mutex<Option<CsvFiles>>,
}

#[pymethods]
impl CsvWriter {
    /// Makes the four files with their headers; OSError when one cannot be written.
    #[new]
    fn new(
        stats: &Stats,
        prefix: &str,
        full_history: bool,
        percentiles: Vec<f64>,
    ) -> PyResult<Self> {
        let files = open(prefix, full_history, &rules(percentiles, None))?;
        Ok(CsvWriter {
            ledger: stats.ledger.clone(),
            files: Mutex::new(Some(files)),
        })
    }

    /// Brings the files up to date; nothing after [`CsvWriter::close`].
    fn write(
        &self,
        py: Python<'_>,
        users: u64,
        percentiles: Vec<f64>,
        rounding: Option<&Rounding>,
    ) -> PyResult<()> {
        let rules = rules(percentiles, rounding);
        let snapshot = self.ledger.ask(py, |shard| shard.snapshot());
        let now = self.ledger.now_epoch_s();
        match &mut *lock(&self.files) {
            Some(files) => files.write(&snapshot, &rules, now, users).map_err(refused),
            None => Ok(()),
        }
    }

    /// Writes for the last time and closes the files.
    fn close(
        &self,
        py: Python<'_>,
        users: u64,
        percentiles: Vec<f64>,
        rounding: Option<&Rounding>,
    ) -> PyResult<()> {
        let rules = rules(percentiles, rounding);
        let snapshot = self.ledger.ask(py, |shard| shard.snapshot());
        let now = self.ledger.now_epoch_s();
        match lock(&self.files).take() {
            Some(files) => files.finish(&snapshot, &rules, now, users).map_err(refused),
            None => Ok(()),
        }
    }
}

fn open(prefix: &str, full_history: bool, rules: &Rules) -> PyResult<CsvFiles> {
    CsvFiles::create(prefix, full_history, rules).map_err(refused)
}

fn refused(fault: WriteError) -> PyErr {
    PyOSError::new_err(fault.to_string())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Reporter>()?;
    module.add_class::<CsvWriter>()
}
