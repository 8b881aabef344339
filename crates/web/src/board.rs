//! Where a run stands, for all who ask.
//!
//! In: a scenario's state after each of its seconds. Out: the run's state, as often as anybody
//! likes. Whoever writes waits for nobody: readers copy a few pointers and go.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatecrash_report::live::state::{RunState, ScenarioState};

/// The state of one run. Copies are the same board.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug, Default)]
struct Inside {
    /// How often something was written.
    version: u64,
    run: RunState,
}

impl Board {
    /// A board for a run of which nothing has begun.
    pub(crate) fn new(run: RunState) -> Board {
        let version = 0;
        Board {
            inside: Arc::new(Mutex::new(Inside { version, run })),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A scenario stands like this now; its name says which.
    pub(crate) fn put(&self, scenario: ScenarioState) {
        let scenario = Arc::new(scenario);
        let mut inside = self.lock();
        inside.version += 1;
        let scenarios = &mut inside.run.scenarios;
        let known = scenarios.iter_mut().find(|one| one.name == scenario.name);
        let before = match known {
            Some(known) => Some(std::mem::replace(known, scenario)),
            None => {
                scenarios.push(scenario);
                None
            }
        };
        drop(inside);
        // What goes away with it may be much; nobody needs to wait for that.
        drop(before);
    }

    /// The run, and a number that is another one whenever the run is.
    pub(crate) fn look(&self) -> (u64, RunState) {
        let inside = self.lock();
        (inside.version, inside.run.clone())
    }
}
