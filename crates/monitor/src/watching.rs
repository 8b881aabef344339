//! All that is watched, each at its own pace, on one thread.
//!
//! In: what is watched, and a clock. Out: gauges since they were last taken, and news: what
//! cannot be read any more, and what can be again. A source that takes its time delays itself
//! only, and nothing waits here for whoever takes.

use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gatecrash_metrics::Metric;
use gatecrash_metrics::watch::{self, Gauge, Watch};
use gatecrash_net::now;
use tokio::sync::oneshot;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::generator::LaneTimes;
use crate::source::{Readings, Source, Value};

/// Nobody waits longer for a reading than this, whatever the source has for limits.
const PATIENCE: Duration = Duration::from_secs(30);

/// So many gauges wait to be taken; then the oldest go.
const WAITING_MAX: usize = 100_000;

/// So many news wait to be taken.
const NEWS_MAX: usize = 1000;

/// So much is told of one source, so that one that comes and goes does not fill a record.
const TOLD_MAX: u32 = 20;

/// The longest reason that is told, characters.
const REASON_MAX: usize = 300;

/// Something that a person wants to know of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The watch, or the one gauge of it, as `api` or `api.depth`.
    pub name: String,
    /// What happened: `cannot be read: …`, `is read again`.
    pub what: String,
}

/// What has come since it was last taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taken {
    /// Gauges, for each source in the order of their readings.
    pub gauges: Vec<Gauge>,
    /// News, in their order.
    pub news: Vec<News>,
}

#[derive(Debug, Default)]
struct Waiting {
    gauges: VecDeque<Gauge>,
    news: VecDeque<News>,
}

/// Sources that are watched. Dropped, it watches no more.
#[derive(Debug)]
pub struct Watching {
    metrics: Vec<Metric>,
    waiting: Arc<Mutex<Waiting>>,
    /// Dropped, it ends the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watching {
    /// Watches these from now on. `epoch_s` says which time an instant has, seconds since the
    /// Unix epoch; `lanes` what the generator's own lanes have used.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        watches: Vec<Watch>,
        epoch_s: impl Fn(Instant) -> f64 + Send + 'static,
        lanes: LaneTimes,
    ) -> io::Result<Watching> {
        let metrics = watch::gauges(&watches);
        let waiting: Arc<Mutex<Waiting>> = Arc::default();
        let (stop, stopped) = oneshot::channel();
        let filled = waiting.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::Builder::new()
            .name("gatecrash-watch".to_owned())
            .spawn(move || {
                let readers = Readers {
                    epoch_s: Rc::new(epoch_s),
                    waiting: filled,
                };
                let all = LocalSet::new();
                all.block_on(&runtime, async {
                    readers.begin(&watches, &lanes);
                    // Whoever drops the sender has said the same.
                    let _ = stopped.await;
                });
                // A driver that does not answer must not keep the run from ending.
                runtime.shutdown_background();
            })?;
        Ok(Watching {
            metrics,
            waiting,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// What the gauges are, by their places.
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// What has come since it was last asked.
    pub fn take(&self) -> Taken {
        let mut waiting = lock(&self.waiting);
        Taken {
            gauges: waiting.gauges.drain(..).collect(),
            news: waiting.news.drain(..).collect(),
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been told by its thread.
            let _ = thread.join();
        }
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the tasks of all sources share.
#[derive(Clone)]
struct Readers {
    epoch_s: Rc<dyn Fn(Instant) -> f64>,
    waiting: Arc<Mutex<Waiting>>,
}

impl Readers {
    fn begin(&self, watches: &[Watch], lanes: &LaneTimes) {
        let mut place = 0;
        for watch in watches {
            let reader = Reader {
                shared: self.clone(),
                source: Source::of(watch, lanes.clone()),
                name: watch.name.clone(),
                names: watch
                    .gauges()
                    .iter()
                    .map(|gauge| gauge.name.to_string())
                    .collect(),
                first: place,
                is_gone: false,
                gaps: vec![false; watch.gauges().len()],
                told: 0,
            };
            place += reader.names.len();
            spawn_local(reader.run(watch.every));
        }
    }
}

/// One source on its way.
struct Reader {
    shared: Readers,
    source: Source,
    name: String,
    names: Vec<String>,
    /// The place of its first gauge.
    first: usize,
    /// It could not be read at all, which has been told.
    is_gone: bool,
    /// Of which gauges a gap has been told.
    gaps: Vec<bool>,
    /// How much has been told of it.
    told: u32,
}

impl Reader {
    async fn run(mut self, every: Duration) {
        let mut ticks = interval(every);
        // A reading that took long is followed by the next one at its time, not by two.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            let at_epoch_s = (self.shared.epoch_s)(now());
            let read = timeout(PATIENCE, self.source.read(at_epoch_s)).await;
            let read =
                read.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())));
            match read {
                Ok(readings) => self.keep(at_epoch_s, readings),
                Err(why) => self.note_gone(&why),
            }
        }
    }

    fn keep(&mut self, at_epoch_s: f64, readings: Readings) {
        if std::mem::take(&mut self.is_gone) {
            self.tell(self.name.clone(), "is read again".to_owned());
        }
        for (at, value) in readings.into_iter().enumerate() {
            match value {
                Value::Known(value) => self.keep_one(at, at_epoch_s, value),
                Value::Dated(points) => {
                    for (at_epoch_s, value) in points {
                        self.keep_one(at, at_epoch_s, value);
                    }
                }
                Value::NotYet => {}
                Value::Gap(why) => self.note_gap(at, &why),
            }
        }
    }

    fn keep_one(&mut self, at: usize, at_epoch_s: f64, value: f64) {
        if std::mem::take(&mut self.gaps[at]) {
            self.tell(self.names[at].clone(), "is read again".to_owned());
        }
        let mut waiting = lock(&self.shared.waiting);
        if waiting.gauges.len() == WAITING_MAX {
            waiting.gauges.pop_front();
        }
        waiting.gauges.push_back(Gauge {
            place: self.first + at,
            at_epoch_s,
            value,
        });
    }

    fn note_gap(&mut self, at: usize, why: &str) {
        if !std::mem::replace(&mut self.gaps[at], true) {
            self.tell(self.names[at].clone(), unreadable(why));
        }
    }

    fn note_gone(&mut self, why: &str) {
        if !std::mem::replace(&mut self.is_gone, true) {
            self.tell(self.name.clone(), unreadable(why));
        }
    }

    fn tell(&mut self, name: String, mut what: String) {
        self.told += 1;
        if self.told > TOLD_MAX {
            return;
        }
        if self.told == TOLD_MAX {
            what += "; nothing more is told of it";
        }
        let mut waiting = lock(&self.shared.waiting);
        if waiting.news.len() < NEWS_MAX {
            waiting.news.push_back(News { name, what });
        }
    }
}

fn unreadable(why: &str) -> String {
    let why: String = why.chars().take(REASON_MAX).collect();
    format!("cannot be read: {why}")
}
