//! One number for what a run will do: equal if schedules, data rows and task choices are.
//!
//! In: the scenarios with their seeds, the weights of classes and tasks, the feeds. Out: a
//! SHA-256. Never: the requests themselves; the same plan against another host has the
//! same number.
//!
//! Two things go in: the whole definition, which decides everything, however long; and
//! what comes of it, spelled out for the beginning of each scenario, which shows that the
//! definition was also read in the same way. The second part has a limit, so that a day at
//! 100,000/s takes no longer than a minute at 10/s.

use std::fmt;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::draw::{Pick, Purpose, Stream, WeightedChoice};
use crate::model::{Iterations, Load};
use crate::schedule::{OpenSchedule, RateProfile, Spacing, UserSchedule};
use crate::split::ClassOrder;

/// Named in the hash, and changed whenever equal plans get another one.
const VERSION: &str = "gatecrash plan 1";

/// What decides the draws of a scenario.
#[derive(Debug, Clone)]
pub struct Draws<'a> {
    /// When there is how much.
    pub load: &'a Load,
    /// Of each class that takes part its weight, and those of its tasks.
    pub classes: Vec<(f64, Vec<f64>)>,
    /// What chance starts from.
    pub seed: u64,
}

/// How a feed gives out its rows, and how many it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedRows {
    /// Which row is next.
    pub pick: Pick,
    /// How many there are.
    pub rows: u64,
}

/// The number. Shown as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanHash([u8; 32]);

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The number of these scenarios, in this order, over these feeds. Of each scenario as many
/// arrivals are spelled out as `limit` says, or changes of users and tasks of users.
pub fn fingerprint(scenarios: &[Draws<'_>], feeds: &[FeedRows], limit: u64) -> PlanHash {
    let mut hash = Hash(Sha256::new());
    hash.0.update(VERSION);
    hash.number(feeds.len() as u64);
    for feed in feeds {
        hash.number(feed.pick as u64);
        hash.number(feed.rows);
    }
    hash.number(scenarios.len() as u64);
    for scenario in scenarios {
        hash.scenario(scenario, feeds, limit);
    }
    PlanHash(hash.0.finalize().into())
}

struct Hash(Sha256);

impl Hash {
    fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    fn numbers(&mut self, numbers: impl Iterator<Item = u64>) {
        let numbers: Vec<u64> = numbers.collect();
        self.number(numbers.len() as u64);
        numbers.into_iter().for_each(|number| self.number(number));
    }

    fn scenario(&mut self, scenario: &Draws<'_>, feeds: &[FeedRows], limit: u64) {
        self.number(scenario.seed);
        self.number(scenario.classes.len() as u64);
        for (weight, tasks) in &scenario.classes {
            self.number(weight.to_bits());
            self.numbers(tasks.iter().map(|weight| weight.to_bits()));
        }
        let Some(work) = Work::of(scenario) else {
            return;
        };
        match scenario.load {
            Load::Rate {
                profile,
                spacing,
                max_in_flight,
            } => {
                self.number(0);
                self.number(u64::from(*max_in_flight));
                self.rate(profile, *spacing);
                let arrivals = OpenSchedule::new(profile.clone(), *spacing);
                self.arrivals(arrivals, &work, feeds, limit);
            }
            Load::Users {
                schedule,
                iterations,
            } => {
                self.number(1);
                self.iterations(*iterations);
                self.numbers(schedule.definition());
                self.changes(schedule, limit);
                self.users(schedule, &work, limit);
            }
        }
    }

    fn rate(&mut self, profile: &RateProfile, spacing: Spacing) {
        self.numbers(profile.definition());
        match spacing {
            Spacing::Even => self.number(0),
            Spacing::Poisson { seed } => {
                self.number(1);
                self.number(seed);
            }
        }
    }

    fn iterations(&mut self, iterations: Option<Iterations>) {
        let (kind, times) = match iterations {
            None => (0, 0),
            Some(Iterations::PerUser(times)) => (1, times),
            Some(Iterations::Total(times)) => (2, times),
        };
        self.number(kind);
        self.number(times);
    }

    fn arrivals(&mut self, all: OpenSchedule, work: &Work, feeds: &[FeedRows], limit: u64) {
        for arrival in all.take(usize::try_from(limit).unwrap_or(usize::MAX)) {
            let (class, task) = work.of_arrival(arrival.index);
            self.number(nanos(arrival.due));
            self.number(class as u64);
            self.number(task as u64);
            for (place, feed) in (0..).zip(feeds) {
                let stream = work.rows.fork(place);
                let row = feed.pick.row(stream, arrival.index, feed.rows);
                self.number(row.unwrap_or(u64::MAX));
            }
        }
    }

    fn changes(&mut self, schedule: &UserSchedule, limit: u64) {
        let mut at = Duration::ZERO;
        self.number(u64::from(schedule.users_at(at)));
        for _ in 0..limit {
            let Some((next, users)) = schedule.next_change(at) else {
                return;
            };
            self.number(nanos(next));
            self.number(u64::from(users));
            at = next;
        }
    }

    /// Of each user its class and its first tasks.
    fn users(&mut self, schedule: &UserSchedule, work: &Work, limit: u64) {
        const TASKS_EACH: u64 = 16;
        let users = u64::from(schedule.peak()).min(limit.div_ceil(TASKS_EACH));
        for (user, class) in (0..users).zip(work.order.clone()) {
            self.number(class as u64);
            let draws = work.tasks.fork(user);
            for turn in 0..TASKS_EACH {
                self.number(work.task(class, draws.at(turn)) as u64);
            }
        }
    }
}

/// Who does what, as the drivers find it.
struct Work {
    order: ClassOrder,
    class_choice: WeightedChoice,
    task_choices: Vec<WeightedChoice>,
    classes: Stream,
    tasks: Stream,
    rows: Stream,
}

impl Work {
    /// `None` if the weights allow no choice, in which case nothing runs.
    fn of(scenario: &Draws<'_>) -> Option<Self> {
        let weights: Vec<f64> = scenario.classes.iter().map(|(weight, _)| *weight).collect();
        let tasks = scenario
            .classes
            .iter()
            .map(|(_, tasks)| WeightedChoice::new(tasks));
        Some(Self {
            order: ClassOrder::new(&weights)?,
            class_choice: WeightedChoice::new(&weights)?,
            task_choices: tasks.collect::<Option<_>>()?,
            classes: Stream::new(scenario.seed, Purpose::Class),
            tasks: Stream::new(scenario.seed, Purpose::Task),
            rows: Stream::new(scenario.seed, Purpose::Row),
        })
    }

    fn of_arrival(&self, index: u64) -> (usize, usize) {
        let class = self.class_choice.pick(self.classes.at(index));
        (class, self.task(class, self.tasks.at(index)))
    }

    fn task(&self, class: usize, draw: u64) -> usize {
        self.task_choices[class].pick(draw)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
