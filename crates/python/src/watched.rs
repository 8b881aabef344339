//! A Locust-style run whose users drive themselves, looked at every second.
//!
//! In: the statistics of its environment, and how many users Python says there are. Out:
//! its scenario at the end: numbers, history, how it was driven. The thread that looks
//! never needs Python's lock, so users that compute delay nothing of it.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatecrash_engine::clock::Clock;
use gatecrash_engine::pump::Beat;
use gatecrash_engine::{GaugeBooks, Gauges, LocustWatch, Pump};
use gatecrash_metrics::history::{self, History};
use gatecrash_metrics::objective::Judge;
use gatecrash_metrics::{Change, Level, Model, ScenarioRecord, Shard, Snapshot, judge};
use gatecrash_report::archive::journal::Beginning;
use gatecrash_report::live::state::Phase;

use crate::account::Open;
use crate::ledger::Ledger;

/// How often the run is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// How many users there are, as Python says whenever it changes.
#[derive(Default)]
struct Users {
    now: AtomicU64,
    peak: AtomicU64,
}

impl Users {
    fn level(&self) -> Level {
        Level {
            now: self.now.load(Ordering::Relaxed),
            peak: self.peak.load(Ordering::Relaxed),
        }
    }
}

/// Such a run, while it goes on.
pub(crate) struct Watched {
    users: Arc<Users>,
    seconds: Arc<Mutex<Seconds>>,
    pump: Pump,
}

impl Watched {
    /// Looks at the run from now on.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(open: Arc<Open>, ledger: Ledger) -> io::Result<Watched> {
        let users = Arc::new(Users::default());
        let seconds = Arc::new(Mutex::new(Seconds::new(open, ledger, users.clone())?));
        let looked = seconds.clone();
        let pump = Pump::start(PERIOD, move |beat| {
            if beat == Beat::Tick {
                lock(&looked).note(Phase::Running);
            }
        })?;
        Ok(Watched {
            users,
            seconds,
            pump,
        })
    }

    /// How many users there are now.
    pub(crate) fn set_users(&self, users: u64) {
        self.users.now.store(users, Ordering::Relaxed);
        self.users.peak.fetch_max(users, Ordering::Relaxed);
    }

    /// The run has ended, and all has been counted.
    pub(crate) fn end(mut self) -> ScenarioRecord {
        self.pump.stop();
        lock(&self.seconds).end()
    }
}

/// Second by second.
struct Seconds {
    open: Arc<Open>,
    ledger: Ledger,
    watched: Gauges,
    gauges: GaugeBooks,
    /// News of what is watched.
    changes: Vec<Change>,
    watch: LocustWatch,
    users: Arc<Users>,
    /// When the numbers began; they may begin anew on the way.
    began_epoch_s: f64,
    history: History,
    judge: Judge,
}

impl Seconds {
    fn new(open: Arc<Open>, ledger: Ledger, users: Arc<Users>) -> io::Result<Seconds> {
        let now = ledger.now_epoch_s();
        let watched = Gauges::beside(&ledger.lane, &open.watches, Clock::start())?;
        Ok(Seconds {
            gauges: watched.books(),
            watched,
            changes: Vec::new(),
            watch: LocustWatch::start(&ledger.lane),
            ledger,
            users,
            began_epoch_s: now,
            history: begun(now),
            judge: judge_of(&open, now),
            open,
        })
    }

    /// All numbers now.
    fn look(&mut self) -> Snapshot {
        let shard = self.ledger.names.shard();
        let lane = &self.ledger.lane;
        let mut snapshot = lane.ask(move |books| books.shard(shard).snapshot());
        Arc::make_mut(&mut snapshot.arrivals).users = self.users.level();
        let began = snapshot.total.start_epoch_s;
        if began != self.began_epoch_s {
            self.began_epoch_s = began;
            self.history = begun(began);
            self.judge = judge_of(&self.open, began);
            self.gauges = self.watched.books();
        }
        self.note_gauges();
        self.gauges.add_to(&mut snapshot);
        snapshot
    }

    /// What is watched has these values now, and there is news of it.
    fn note_gauges(&mut self) {
        let (gauges, news) = self.watched.take();
        self.gauges.note(&gauges);
        let at_epoch_s = self.ledger.now_epoch_s();
        self.changes.extend(news.into_iter().map(|news| Change {
            at_epoch_s,
            what: format!("watch {} {}", news.name, news.what),
        }));
    }

    fn note(&mut self, phase: Phase) -> (f64, Snapshot) {
        let snapshot = self.look();
        let now = self.ledger.now_epoch_s();
        self.history.push(now, &snapshot);
        // What asks for a stop is told; only plans can ask.
        let _stops = self.judge.second(&self.open.name, now, &snapshot);
        let beginning = Beginning {
            place: 0,
            name: self.open.name.clone(),
            load: self.open.load.clone(),
            measured: true,
            started_epoch_s: self.began_epoch_s,
            model: Model::Locust,
            max_in_flight: None,
        };
        self.open.kept().second(&beginning, now, &snapshot);
        let span = (self.began_epoch_s, now);
        let driven = || self.watch.driven(&snapshot);
        self.open.show(phase, span, &snapshot, driven);
        (now, snapshot)
    }

    fn end(&mut self) -> ScenarioRecord {
        let (ended_epoch_s, snapshot) = self.note(Phase::Ended);
        let driven = self.watch.driven(&snapshot);
        let abandoned = self.ledger.lane.ask(|books| books.abandoned);
        ScenarioRecord {
            name: self.open.name.clone(),
            load: self.open.load.clone(),
            measured: true,
            started_epoch_s: self.began_epoch_s,
            ended_epoch_s,
            validity: judge(&driven),
            driven,
            abandoned: abandoned.in_flight + abandoned.untaken,
            changes: std::mem::take(&mut self.changes),
            history: self.history.points().to_vec(),
            slices: self.history.all_slices(&snapshot),
            sightings: self.judge.ended(&self.open.name),
            hooks: Vec::new(),
            snapshot,
        }
    }
}

fn judge_of(open: &Open, at_epoch_s: f64) -> Judge {
    let mut judge = Judge::new(&open.objectives);
    judge.began(&open.name, at_epoch_s, true);
    judge
}

fn begun(at_epoch_s: f64) -> History {
    let empty = Shard::new(at_epoch_s).snapshot();
    History::new(at_epoch_s, &empty, history::POINTS)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
