//! The lanes of a run: scenarios go out to all of them in parts, numbers come back as one.
//!
//! In: scenarios and changes. Out: merged snapshots, and a word from each lane when its
//! part has ended.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use gatecrash_metrics::Snapshot;
use gatecrash_net::now;
use gatecrash_plan::model::Load;
use gatecrash_plan::schedule::open::OpenSchedule;
use tokio::task::spawn_local;

use crate::clock::Clock;
use crate::drive::{caught, closed, open};
use crate::lane::Lane;
use crate::machine::thread_cpu_time;
use crate::part::{Change, Part, Place};
use crate::scenario::ScenarioRun;

/// Names a scenario among those of a run.
pub(crate) type ScenarioId = usize;

/// The parts of scenarios on one lane; on its thread.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) clock: Clock,
    running: RefCell<BTreeMap<ScenarioId, Rc<Part>>>,
}

impl Parts {
    pub(crate) fn new(clock: Clock) -> Self {
        Parts {
            clock,
            running: RefCell::default(),
        }
    }
}

/// What one lane, or all, has seen of a scenario.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) snapshot: Snapshot,
    /// Requests that were sent and are in no table.
    pub(crate) abandoned: u64,
    /// Connections that found no free local port.
    pub(crate) ports_exhausted: u64,
    /// Connections that found no free file descriptor.
    pub(crate) files_exhausted: u64,
    /// Of the scenario's own clock.
    pub(crate) elapsed: Duration,
    /// No new work begins any more.
    pub(crate) is_over: bool,
}

/// A lane's part of a scenario is over.
#[derive(Debug)]
pub(crate) struct PartEnded {
    pub(crate) scenario: ScenarioId,
    pub(crate) seen: Seen,
}

/// The lanes of a run.
#[derive(Clone, Debug)]
pub(crate) struct Fleet {
    lanes: Vec<Lane>,
}

impl Fleet {
    /// Starts so many lanes, at least one.
    pub(crate) fn start(lanes: usize) -> io::Result<Fleet> {
        Fleet::start_beside(Lane::start()?, lanes)
    }

    /// One lane that runs already.
    pub(crate) fn of(lane: Lane) -> Fleet {
        Fleet { lanes: vec![lane] }
    }

    /// Starts so many lanes less one, beside one that runs already.
    pub(crate) fn start_beside(first: Lane, lanes: usize) -> io::Result<Fleet> {
        let others = (1..lanes).map(|_| Lane::start());
        let lanes = std::iter::once(Ok(first)).chain(others);
        Ok(Fleet {
            lanes: lanes.collect::<io::Result<_>>()?,
        })
    }

    pub(crate) fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// The thread of users in another language, if one of the lanes has such a guest.
    pub(crate) fn guest_thread(&self) -> Option<u32> {
        self.lanes.iter().find_map(Lane::guest_thread)
    }

    /// Begins a scenario on all lanes. Each says by `ended` when its part is over.
    pub(crate) fn begin<M: From<PartEnded> + Send + 'static>(
        &self,
        id: ScenarioId,
        scenario: &Arc<ScenarioRun>,
        ended: &Sender<M>,
    ) {
        let parts = self.lanes.len() as u64;
        for (part, lane) in (0..).zip(&self.lanes) {
            let (scenario, ended) = (scenario.clone(), ended.clone());
            let place = Place { part, parts };
            lane.run(move |lane| {
                let part = Rc::new(Part::new(scenario, place, lane.clock));
                lane.running.borrow_mut().insert(id, part.clone());
                spawn_local(async move {
                    if let Err(panic) = caught(std::pin::pin!(run_part(&part))).await {
                        part.ledger.note_exception(&panic, "");
                    }
                    part.dismiss().await;
                    part.ledger.close();
                    let seen = seen(&part);
                    // Nobody listens when the run has been given up.
                    let _ = ended.send(PartEnded { scenario: id, seen }.into());
                });
            });
        }
    }

    /// Changes a running scenario on all lanes.
    pub(crate) fn change(&self, id: ScenarioId, change: Change) {
        let at = now();
        for lane in &self.lanes {
            lane.run(move |lane| {
                if let Some(part) = lane.running.borrow().get(&id) {
                    part.change(change, at);
                }
            });
        }
    }

    /// What all lanes have seen of a scenario until now; `None` when it has not begun.
    pub(crate) fn look(&self, id: ScenarioId) -> Option<Seen> {
        let (tell, told) = channel();
        for lane in &self.lanes {
            let tell = tell.clone();
            lane.run(move |lane| {
                if let Some(part) = lane.running.borrow().get(&id) {
                    // The asker waits for it below.
                    let _ = tell.send(seen(part));
                }
            });
        }
        drop(tell);
        told.iter().reduce(Seen::merged)
    }

    /// CPU time of each lane until now.
    pub(crate) fn cpu_times(&self) -> Vec<Duration> {
        let (tell, told) = channel();
        for (place, lane) in self.lanes.iter().enumerate() {
            let tell = tell.clone();
            lane.run(move |_| {
                // The asker waits for it below.
                let _ = tell.send((place, thread_cpu_time()));
            });
        }
        drop(tell);
        let mut times = vec![Duration::ZERO; self.lanes.len()];
        told.iter().for_each(|(place, time)| times[place] = time);
        times
    }

    /// The threads of the lanes, as the system numbers them.
    pub(crate) fn threads(&self) -> Vec<u32> {
        let (tell, told) = channel();
        for lane in &self.lanes {
            let tell = tell.clone();
            lane.run(move |_| {
                // The asker waits for it below.
                let _ = tell.send(
                    rustix::thread::gettid()
                        .as_raw_nonzero()
                        .get()
                        .unsigned_abs(),
                );
            });
        }
        drop(tell);
        told.iter().collect()
    }

    /// Forgets a scenario that has ended.
    pub(crate) fn forget(&self, id: ScenarioId) {
        for lane in &self.lanes {
            lane.run(move |lane| {
                lane.running.borrow_mut().remove(&id);
            });
        }
    }
}

impl Seen {
    /// Both together.
    pub(crate) fn merged(mut self, other: Seen) -> Seen {
        self.snapshot.merge(&other.snapshot);
        self.abandoned += other.abandoned;
        self.ports_exhausted += other.ports_exhausted;
        self.files_exhausted += other.files_exhausted;
        self.is_over &= other.is_over;
        self
    }
}

async fn run_part(part: &Rc<Part>) {
    match &part.scenario.load {
        Load::Users {
            schedule,
            iterations,
        } => closed::drive(part, schedule.clone(), iterations.is_some()).await,
        Load::Rate {
            profile,
            spacing,
            max_in_flight,
        } => {
            let schedule = OpenSchedule::new(profile.clone(), *spacing);
            open::drive(part, schedule, *max_in_flight).await;
        }
    }
}

fn seen(part: &Part) -> Seen {
    let (ports_exhausted, files_exhausted) = part.ledger.exhausted();
    Seen {
        snapshot: part.ledger.snapshot(),
        abandoned: part.ledger.abandoned(),
        ports_exhausted,
        files_exhausted,
        elapsed: part.time_at(now()),
        is_over: part.is_over(),
    }
}
