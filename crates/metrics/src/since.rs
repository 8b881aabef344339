//! What changed between two snapshots of the same scenario, small enough to be written
//! down each second.
//!
//! In: a snapshot and an earlier one. Out: a snapshot that holds only what is not as it
//! was: of histograms and seconds what came on top, of everything else how it stands now.
//! An earlier snapshot that takes the change over is equal to the later one, but for the
//! windows of the last seconds, which are not kept.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use crate::arrivals::Arrivals;
use crate::endpoint::Endpoint;
use crate::snapshot::Snapshot;
use crate::task::Task;
use crate::window::Window;

impl Snapshot {
    /// What changed since everything was as `earlier`.
    pub fn since(&self, earlier: &Snapshot) -> Snapshot {
        Snapshot {
            endpoints: changed(
                &self.endpoints,
                &earlier.endpoints,
                |endpoint| (endpoint.method.clone(), endpoint.name.clone()),
                Endpoint::since,
            ),
            total: Arc::new(self.total.since(&earlier.total)),
            failures: changed(
                &self.failures,
                &earlier.failures,
                |failure| {
                    let (method, name) = (failure.method.clone(), failure.name.clone());
                    (method, name, failure.error.clone())
                },
                |now, _| now.clone(),
            ),
            exceptions: changed(
                &self.exceptions,
                &earlier.exceptions,
                |group| group.traceback.clone(),
                |now, _| now.clone(),
            ),
            window_s: self.window_s,
            tasks: changed(
                &self.tasks,
                &earlier.tasks,
                |task| (task.user.clone(), task.name.clone()),
                Task::since,
            ),
            arrivals: Arc::new(self.arrivals.since(&earlier.arrivals)),
            metrics: Arc::new(self.metrics.since(&earlier.metrics)),
            users: changed(
                &self.users,
                &earlier.users,
                |user| user.name.clone(),
                Endpoint::since,
            ),
            overflow: self.overflow,
        }
    }

    /// Takes over what changed, as [`Snapshot::since`] tells it.
    pub fn advance(&mut self, change: &Snapshot) {
        take_over(
            &mut self.endpoints,
            &change.endpoints,
            |endpoint| (endpoint.method.clone(), endpoint.name.clone()),
            Endpoint::advance,
        );
        Arc::make_mut(&mut self.total).advance(&change.total);
        take_over(
            &mut self.failures,
            &change.failures,
            |failure| {
                let (method, name) = (failure.method.clone(), failure.name.clone());
                (method, name, failure.error.clone())
            },
            Clone::clone_from,
        );
        take_over(
            &mut self.exceptions,
            &change.exceptions,
            |group| group.traceback.clone(),
            Clone::clone_from,
        );
        take_over(
            &mut self.tasks,
            &change.tasks,
            |task| (task.user.clone(), task.name.clone()),
            Task::advance,
        );
        Arc::make_mut(&mut self.arrivals).advance(&change.arrivals);
        Arc::make_mut(&mut self.metrics).advance(&change.metrics);
        take_over(
            &mut self.users,
            &change.users,
            |user| user.name.clone(),
            Endpoint::advance,
        );
        (self.window_s, self.overflow) = (change.window_s, change.overflow);
    }
}

impl Endpoint {
    fn since(&self, earlier: &Endpoint) -> Endpoint {
        Endpoint {
            hist: self.hist.since(&earlier.hist),
            window: Window::default(),
            seconds: self.seconds.since(&earlier.seconds),
            measures: self.measures.since(&earlier.measures),
            ..self.clone()
        }
    }

    fn advance(&mut self, change: &Endpoint) {
        let mut hist = std::mem::take(&mut self.hist);
        let mut seconds = std::mem::take(&mut self.seconds);
        let mut measures = std::mem::take(&mut self.measures);
        hist.merge(&change.hist);
        seconds.advance(&change.seconds);
        measures.advance(&change.measures);
        *self = Endpoint {
            hist,
            seconds,
            measures,
            window: Window::default(),
            ..change.clone()
        };
    }
}

impl Task {
    fn since(&self, earlier: &Task) -> Task {
        Task {
            time_ms: self.time_ms.since(&earlier.time_ms),
            start_lag_ms: self.start_lag_ms.since(&earlier.start_lag_ms),
            ..self.clone()
        }
    }

    fn advance(&mut self, change: &Task) {
        self.time_ms.advance(&change.time_ms);
        self.start_lag_ms.advance(&change.start_lag_ms);
        (self.started, self.ended, self.failed) = (change.started, change.ended, change.failed);
    }
}

impl Arrivals {
    fn since(&self, earlier: &Arrivals) -> Arrivals {
        Arrivals {
            schedule_lag_ms: self.schedule_lag_ms.since(&earlier.schedule_lag_ms),
            on_start_ms: self.on_start_ms.since(&earlier.on_start_ms),
            ..self.clone()
        }
    }

    fn advance(&mut self, change: &Arrivals) {
        let mut schedule_lag_ms = std::mem::take(&mut self.schedule_lag_ms);
        let mut on_start_ms = std::mem::take(&mut self.on_start_ms);
        schedule_lag_ms.advance(&change.schedule_lag_ms);
        on_start_ms.advance(&change.on_start_ms);
        *self = Arrivals {
            schedule_lag_ms,
            on_start_ms,
            ..change.clone()
        };
    }
}

/// What is new or not as it was. Shared items are equal without a look at them, which
/// makes quiet endpoints free.
fn changed<T: PartialEq + Clone, K: Eq + Hash>(
    now: &[Arc<T>],
    earlier: &[Arc<T>],
    key: impl Fn(&T) -> K,
    since: impl Fn(&T, &T) -> T,
) -> Vec<Arc<T>> {
    let before: HashMap<K, &Arc<T>> = earlier.iter().map(|item| (key(item), item)).collect();
    let changed = now.iter().filter_map(|item| match before.get(&key(item)) {
        Some(before) if Arc::ptr_eq(before, item) || **before == *item => None,
        Some(before) => Some(Arc::new(since(item, before))),
        None => Some(item.clone()),
    });
    changed.collect()
}

fn take_over<T: Clone, K: Eq + Hash>(
    ours: &mut Vec<Arc<T>>,
    changes: &[Arc<T>],
    key: impl Fn(&T) -> K,
    advance: impl Fn(&mut T, &T),
) {
    let places = ours.iter().enumerate();
    let places: HashMap<K, usize> = places.map(|(at, item)| (key(item), at)).collect();
    for change in changes {
        match places.get(&key(change)) {
            Some(&at) => advance(Arc::make_mut(&mut ours[at]), change),
            None => ours.push(change.clone()),
        }
    }
}
