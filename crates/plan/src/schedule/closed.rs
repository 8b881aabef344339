//! The closed model's ramp: how many users of which class, batch by batch.
//!
//! In: nodes, classes with weights or fixed counts, then a target and a rate. Out: one
//! [`Step`] after the other, each with the counts that should exist from then on and
//! the pause before the next one. Never: a clock; whoever drives it waits.
//!
//! This is Locust's way of ramping: users come in bursts of `max(1, floor(rate))`,
//! `burst / rate` seconds apart (120 per second are 120 at once, every second); classes
//! with a fixed count come first; the others in the order of [`super::order`]; a lower
//! target stops the users started last.

use std::fmt;

use super::order::Order;
use super::placement::{Placement, spread_over_hosts};

/// A class of users, and how much of the whole it wants.
#[derive(Debug, Clone, PartialEq)]
pub struct UserClass {
    /// Unique name.
    pub name: String,
    /// Share relative to the other classes' weights; 0 or less means never. Counts only while
    /// `fixed_count` is 0.
    pub weight: f64,
    /// If above 0: exactly this many users (as far as the target allows), before any
    /// class with a weight.
    pub fixed_count: usize,
}

/// What to have running, from when on.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Seconds from the start of the ramp at which this is due.
    pub due_s: f64,
    /// Seconds to wait before the next step; 0 when the target is reached.
    pub wait_s: f64,
    /// Users per node (as [`Dispatcher::nodes`]) and per class (as
    /// [`Dispatcher::class_names`]). Absolute numbers, not changes.
    pub users: Vec<Vec<usize>>,
}

/// Why a ramp cannot be planned.
#[derive(Debug, Clone, PartialEq)]
pub enum ScheduleError {
    /// The rate is not a finite number above zero.
    SpawnRate(f64),
    /// A weight is not a finite number.
    Weight(String, f64),
    /// There is no class.
    NoClasses,
    /// There is no node.
    NoNodes,
    /// Two classes have this name.
    DuplicateClass(String),
    /// A class of this name was not there when the dispatcher was made.
    UnknownClass(String),
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SpawnRate(rate) => {
                write!(f, "spawn_rate must be a finite number above 0, got {rate}")
            }
            Self::Weight(name, weight) => {
                write!(f, "weight of {name} must be a finite number, got {weight}")
            }
            Self::NoClasses => f.write_str("there is no User class to spawn"),
            Self::NoNodes => f.write_str("there is no node to spawn users on"),
            Self::DuplicateClass(name) => write!(f, "two User classes are named {name}"),
            Self::UnknownClass(name) => {
                write!(
                    f,
                    "User class {name} was not among those of the start of the run"
                )
            }
        }
    }
}

impl std::error::Error for ScheduleError {}

/// Locust's dispatcher as a pure iterator over [`Step`]s.
#[derive(Debug, Clone)]
pub struct Dispatcher {
    /// Every class of the run, sorted by name.
    classes: Vec<UserClass>,
    picker: Picker,
    placement: Placement,
    ramp: Ramp,
    /// The last node is gone; its counts are kept until another one comes.
    deserted: bool,
    /// Nodes changed, so the counts did too, outside of the ramp's own steps.
    rebalanced: bool,
}

impl Dispatcher {
    /// Nobody running yet. Call [`Dispatcher::retarget`] before the first step.
    ///
    /// # Errors
    /// [`ScheduleError`] if there is no node, no class, a bad weight or a name twice.
    pub fn new(nodes: Vec<String>, classes: Vec<UserClass>) -> Result<Self, ScheduleError> {
        if nodes.is_empty() {
            return Err(ScheduleError::NoNodes);
        }
        let classes = checked(classes)?;
        let active = (0..classes.len()).collect();
        Ok(Self {
            picker: Picker::new(active),
            placement: Placement::new(spread_over_hosts(nodes), classes.len()),
            classes,
            ramp: Ramp::ended(),
            deserted: false,
            rebalanced: false,
        })
    }

    /// Starts a ramp from what runs now to `target` users at `spawn_rate` per second.
    /// `active` are the classes to take new users from: if they are not those of the
    /// ramp before, their order starts anew; if they are, it goes on where it stood, by
    /// the weights of then.
    ///
    /// # Errors
    /// [`ScheduleError`] for a bad rate, a bad weight, a name twice or unknown. Nothing
    /// has changed then.
    pub fn retarget(
        &mut self,
        target: usize,
        spawn_rate: f64,
        active: Vec<UserClass>,
    ) -> Result<(), ScheduleError> {
        let ramp = Ramp::new(target, spawn_rate)?;
        let active = checked(active)?;
        let indices: Vec<usize> = active
            .iter()
            .map(|class| self.index(&class.name))
            .collect::<Result<_, _>>()?;
        for (&index, class) in indices.iter().zip(active) {
            self.classes[index] = class;
        }
        if indices != self.picker.active {
            self.picker.restart(indices);
        }
        self.ramp = ramp;
        Ok(())
    }

    /// The next step of the ramp, or `None` when it is over: the target is reached, or
    /// nobody is left to start (only fixed counts, all of them filled).
    pub fn next_step(&mut self) -> Option<Step> {
        if self.ramp.ended {
            return None;
        }
        if std::mem::take(&mut self.ramp.fresh) && self.current() == self.ramp.target {
            // Told once although there is nothing to do, so that whoever asked hears of it.
            self.ramp.ended = true;
            self.rebalanced = false;
            return Some(self.step(0.0, 0.0));
        }
        if std::mem::take(&mut self.rebalanced) {
            return Some(self.step(self.ramp.last_due_s, 0.0));
        }
        if self.ramp.exhausted || self.current() == self.ramp.target {
            self.ramp.ended = true;
            return None;
        }
        self.move_by_one_batch();
        let due_s = self.ramp.advance();
        let arrived = self.current() == self.ramp.target;
        Some(self.step(due_s, if arrived { 0.0 } else { self.ramp.delay_s }))
    }

    /// Users per class, summed over nodes, as the ramp has them `elapsed_s` seconds
    /// after its start (in the order of [`Dispatcher::class_names`]). The dispatcher
    /// itself stays where it is; steps already taken count as taken.
    pub fn targets_at(&self, elapsed_s: f64) -> Vec<usize> {
        let mut ahead = self.clone();
        while !ahead.ramp.ended && ahead.ramp.next_due_s() <= elapsed_s {
            ahead.next_step();
        }
        (0..self.classes.len())
            .map(|class| ahead.placement.of_class(class))
            .collect()
    }

    /// One more node. The counts are dealt out anew over all nodes, and the next step
    /// tells them.
    pub fn add_node(&mut self, node: String) {
        let mut nodes = self.placement.nodes().to_vec();
        if std::mem::take(&mut self.deserted) {
            nodes.clear();
        }
        nodes.push(node);
        self.rebalance(spread_over_hosts(nodes));
    }

    /// One node less, likewise; the others keep their order. After the last one nobody can be started until another
    /// node comes; the counts stay.
    pub fn remove_node(&mut self, node: &str) {
        let nodes: Vec<String> = self
            .placement
            .nodes()
            .iter()
            .filter(|other| *other != node)
            .cloned()
            .collect();
        if nodes.is_empty() {
            self.deserted = true;
        } else if nodes.len() < self.placement.nodes().len() {
            self.rebalance(nodes);
        }
    }

    /// Whether the next step only tells a new distribution over nodes; it is due at once.
    pub fn rebalance_pending(&self) -> bool {
        self.rebalanced
    }

    /// Names of the nodes, in the order of [`Step::users`].
    pub fn nodes(&self) -> &[String] {
        self.placement.nodes()
    }

    /// Names of the classes, in the order of each row of [`Step::users`].
    pub fn class_names(&self) -> impl Iterator<Item = &str> {
        self.classes.iter().map(|class| class.name.as_str())
    }

    /// How many users should be running now.
    pub fn current(&self) -> usize {
        self.placement.total()
    }

    fn index(&self, name: &str) -> Result<usize, ScheduleError> {
        self.classes
            .binary_search_by(|class| class.name.as_str().cmp(name))
            .map_err(|_| ScheduleError::UnknownClass(name.to_owned()))
    }

    fn step(&self, due_s: f64, wait_s: f64) -> Step {
        Step {
            due_s,
            wait_s,
            users: self.placement.counts().to_vec(),
        }
    }

    fn move_by_one_batch(&mut self) {
        let missing = self.ramp.target.saturating_sub(self.current());
        let surplus = self.current().saturating_sub(self.ramp.target);
        for _ in 0..missing.min(self.ramp.batch) {
            if !self.start_one() {
                self.ramp.exhausted = true;
                return;
            }
        }
        for _ in 0..surplus.min(self.ramp.batch) {
            self.placement.stop_last();
            self.picker.check_fixed = true;
        }
    }

    fn start_one(&mut self) -> bool {
        if self.deserted {
            return false;
        }
        let picked = self.picker.pick(&self.classes, &self.placement);
        picked.map(|class| self.placement.start(class)).is_some()
    }

    /// Deals the running users out over `nodes` as if they had been started there from
    /// the first one on.
    fn rebalance(&mut self, nodes: Vec<String>) {
        let running = self.current();
        self.placement = self.placement.emptied(nodes);
        let active = std::mem::take(&mut self.picker.active);
        self.picker = Picker::new(active);
        while self.current() < running && self.start_one() {}
        self.rebalanced = true;
    }
}

impl Iterator for Dispatcher {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        self.next_step()
    }
}

/// Classes sorted by name, weights and names checked.
fn checked(mut classes: Vec<UserClass>) -> Result<Vec<UserClass>, ScheduleError> {
    if classes.is_empty() {
        return Err(ScheduleError::NoClasses);
    }
    classes.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(pair) = classes.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(ScheduleError::DuplicateClass(pair[0].name.clone()));
    }
    match classes.iter().find(|class| !class.weight.is_finite()) {
        Some(bad) => Err(ScheduleError::Weight(bad.name.clone(), bad.weight)),
        None => Ok(classes),
    }
}

/// One way from a number of users to another.
#[derive(Debug, Clone)]
struct Ramp {
    target: usize,
    batch: usize,
    delay_s: f64,
    batches_done: usize,
    last_due_s: f64,
    /// No step was taken yet, so there will be one even if nothing is to change.
    fresh: bool,
    exhausted: bool,
    ended: bool,
}

impl Ramp {
    fn new(target: usize, spawn_rate: f64) -> Result<Self, ScheduleError> {
        if !spawn_rate.is_finite() || spawn_rate <= 0.0 {
            return Err(ScheduleError::SpawnRate(spawn_rate));
        }
        let batch = spawn_rate.floor().max(1.0);
        Ok(Self {
            target,
            batch: batch as usize,
            // Finite even for rates near zero, so that 0 × delay is 0.
            delay_s: (batch / spawn_rate).min(f64::MAX),
            batches_done: 0,
            last_due_s: 0.0,
            fresh: true,
            exhausted: false,
            ended: false,
        })
    }

    /// Before the first target is known there is nothing to do.
    fn ended() -> Self {
        Self {
            target: 0,
            batch: 1,
            delay_s: 0.0,
            batches_done: 0,
            last_due_s: 0.0,
            fresh: false,
            exhausted: false,
            ended: true,
        }
    }

    fn next_due_s(&self) -> f64 {
        self.batches_done as f64 * self.delay_s
    }

    /// Counts one batch; returns when it was due.
    fn advance(&mut self) -> f64 {
        self.last_due_s = self.next_due_s();
        self.batches_done += 1;
        self.last_due_s
    }
}

/// Which class the next user comes from.
#[derive(Debug, Clone)]
struct Picker {
    /// Indices of the classes that new users come from, sorted.
    active: Vec<usize>,
    /// Made when the first user with a weight is picked.
    weighted: Option<Order>,
    fixed: std::iter::Take<Order>,
    /// Users were stopped or moved, so a fixed count may be short again.
    check_fixed: bool,
}

impl Picker {
    fn new(active: Vec<usize>) -> Self {
        Self {
            active,
            weighted: None,
            fixed: Order::default().take(0),
            check_fixed: true,
        }
    }

    /// Other classes from now on. Fixed counts are not looked at again just for this.
    fn restart(&mut self, active: Vec<usize>) {
        self.weighted = None;
        self.fixed = Order::default().take(0);
        self.active = active;
    }

    fn pick(&mut self, classes: &[UserClass], placement: &Placement) -> Option<usize> {
        loop {
            if let Some(class) = self.fixed.next() {
                return Some(class);
            }
            if !std::mem::take(&mut self.check_fixed) {
                let weighted = || weighted(&self.active, classes);
                return self.weighted.get_or_insert_with(weighted).next();
            }
            self.fixed = missing_fixed(&self.active, classes, placement);
        }
    }
}

fn weighted(active: &[usize], classes: &[UserClass]) -> Order {
    let has_weight = |index: &&usize| classes[**index].fixed_count == 0;
    Order::new(
        active
            .iter()
            .filter(has_weight)
            .map(|&index| (index, classes[index].weight)),
    )
}

/// The users that fixed counts still lack, in the order of how many are lacking.
fn missing_fixed(
    active: &[usize],
    classes: &[UserClass],
    placement: &Placement,
) -> std::iter::Take<Order> {
    let missing = active.iter().map(|&index| {
        let lacks = classes[index]
            .fixed_count
            .saturating_sub(placement.of_class(index));
        (index, lacks)
    });
    let total = missing.clone().map(|(_, lacks)| lacks).sum();
    Order::new(missing.map(|(index, lacks)| (index, lacks as f64))).take(total)
}
