//! What became of the tasks of each kind: how many ran, how long, how late they began.
//!
//! In: starts and ends of tasks by number. Out: one [`Task`] for each (user, task).
//! A task is one execution of what a user does, one request or several.

use std::sync::Arc;

use crate::values::Values;

/// The number of a task, given by whoever knows the users, counting from 0 without
/// large gaps; a shard learns it by [`crate::Shard::define_task`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub u32);

/// Name of the task, without a user, that takes those beyond the limit.
pub const OTHER_TASKS: &str = "other tasks";

/// The numbers of one task of one class of users.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The class of users.
    pub user: Arc<str>,
    /// The task.
    pub name: Arc<str>,
    /// How many began.
    pub started: u64,
    /// How many of them ended.
    pub ended: u64,
    /// How many of these failed.
    pub failed: u64,
    /// From the instant a task was due to its end, milliseconds. In the closed model a
    /// task is due when its user comes to it.
    pub time_ms: Values,
    /// From the instant a task was due to its first request, milliseconds; of arrivals.
    pub start_lag_ms: Values,
}

impl Task {
    fn new(user: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Task {
        Task {
            user: user.into(),
            name: name.into(),
            started: 0,
            ended: 0,
            failed: 0,
            time_ms: Values::default(),
            start_lag_ms: Values::default(),
        }
    }

    /// Adds the numbers of the same task elsewhere.
    pub fn merge(&mut self, other: &Task) {
        self.started += other.started;
        self.ended += other.ended;
        self.failed += other.failed;
        self.time_ms.merge(&other.time_ms);
        self.start_lag_ms.merge(&other.start_lag_ms);
    }
}

/// The tasks of one shard.
#[derive(Clone, Debug)]
pub struct TaskBook {
    limit: usize,
    /// Number of a task to its place in `tasks`.
    slots: Vec<Option<u32>>,
    tasks: Vec<Task>,
}

impl TaskBook {
    /// A book for at most `limit` distinct tasks, beside the one for all others.
    pub fn new(limit: usize) -> TaskBook {
        TaskBook {
            limit,
            slots: Vec::new(),
            tasks: Vec::new(),
        }
    }

    /// Says which task of which users a number stands for; it keeps its first meaning.
    pub fn define(&mut self, id: TaskId, user: &str, name: &str) {
        let at = id.0 as usize;
        if self.slots.len() <= at {
            self.slots.resize(at + 1, None);
        }
        if self.slots[at].is_none() {
            self.slots[at] = Some(self.place(user, name));
        }
    }

    fn place(&mut self, user: &str, name: &str) -> u32 {
        let same = |task: &Task| *task.user == *user && *task.name == *name;
        match self.tasks.iter().position(same) {
            Some(place) => place as u32,
            None if self.tasks.len() >= self.limit && !user.is_empty() => {
                self.place("", OTHER_TASKS)
            }
            None => {
                self.tasks.push(Task::new(user, name));
                self.tasks.len() as u32 - 1
            }
        }
    }

    /// The task of a number, to be written; one never defined is [`OTHER_TASKS`].
    pub fn open(&mut self, id: TaskId) -> &mut Task {
        let place = match self.slots.get(id.0 as usize) {
            Some(&Some(place)) => place,
            _ => self.place("", OTHER_TASKS),
        };
        &mut self.tasks[place as usize]
    }

    /// The tasks in the order of their definition.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// Sets all numbers to zero.
    pub fn reset(&mut self) {
        for task in &mut self.tasks {
            *task = Task::new(task.user.clone(), task.name.clone());
        }
    }
}
