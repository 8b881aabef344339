//! What is watched beside the load, in the books of what runs.
//!
//! In: what is watched. Out: gauges, added to what the lanes have seen, and news for people.
//! Never: a reading; `monitor` reads.

use std::io;
use std::sync::Arc;

use gatecrash_metrics::watch::{self, Gauge, Watch};
use gatecrash_metrics::{Measure, Measures, Metric, MetricId, Snapshot};
use gatecrash_monitor::{LaneTimes, News, Watching};

use crate::clock::Clock;
use crate::fleet::Fleet;
use crate::lane::Lane;
use crate::machine::cpu_time_of;

/// Metrics of plans and locustfiles have the numbers below this one.
const FIRST_ID: u16 = 30_000;

/// What is watched during a run.
#[derive(Debug)]
pub struct Gauges {
    watching: Watching,
    metrics: Arc<[Arc<Metric>]>,
}

impl Gauges {
    /// Watches these and the generator itself, over the lanes of a fleet.
    pub(crate) fn start(watches: &[Watch], fleet: &Fleet, clock: Clock) -> io::Result<Gauges> {
        let mut watches = watches.to_vec();
        watches.push(Watch::generator());
        let metrics = watch::gauges(&watches).into_iter().map(Arc::new).collect();
        // Lanes are not asked: one that is busy must not keep others from being watched.
        let threads = fleet.threads();
        let times =
            LaneTimes::new(move || threads.iter().filter_map(|&tid| cpu_time_of(tid)).collect());
        Ok(Gauges {
            watching: Watching::start(watches, move |at| clock.epoch_s(at), times)?,
            metrics,
        })
    }

    /// As for a run, with a lane whose users drive themselves.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn beside(lane: &Lane, watches: &[Watch], clock: Clock) -> io::Result<Gauges> {
        Gauges::start(watches, &Fleet::of(lane.clone()), clock)
    }

    /// What has come since it was last asked.
    pub fn take(&self) -> (Vec<Gauge>, Vec<News>) {
        let taken = self.watching.take();
        (taken.gauges, taken.news)
    }

    /// Books for the gauges of one scenario.
    pub fn books(&self) -> GaugeBooks {
        GaugeBooks {
            metrics: self.metrics.clone(),
            measures: Measures::default(),
        }
    }
}

/// The gauges of one scenario.
#[derive(Clone, Debug)]
pub struct GaugeBooks {
    metrics: Arc<[Arc<Metric>]>,
    measures: Measures,
}

impl GaugeBooks {
    /// Counts what has come.
    pub fn note(&mut self, gauges: &[Gauge]) {
        for gauge in gauges {
            let measure = Measure::Custom(MetricId(FIRST_ID.saturating_add(gauge.place as u16)));
            let metric = &self.metrics[gauge.place];
            self.measures
                .record_custom(measure, metric, gauge.value, gauge.at_epoch_s);
        }
    }

    /// Adds them to what the lanes have seen.
    pub fn add_to(&self, snapshot: &mut Snapshot) {
        Arc::make_mut(&mut snapshot.metrics).merge(&self.measures);
    }
}
