//! The values that a user's templates can name, and how they are found.
//!
//! In: what was taken from answers, set by steps, or stands in a row. Out: references to
//! it. Names become places when the plan is compiled; nothing is looked up by name while
//! load runs, except inside of JSON.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use gatecrash_plan::draw::{Purpose, Stream};
use serde_json::Value;

use super::feed::{Asker, Feeds};

/// A value that is somewhere.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ref<'a> {
    /// In a user's values or a row of JSON.
    Json(&'a Value),
    /// In a row of CSV.
    Text(&'a str),
    /// Just made.
    Own(Value),
}

impl Ref<'_> {
    pub(super) fn into_value(self) -> Value {
        match self {
            Ref::Json(value) => value.clone(),
            Ref::Text(text) => text.into(),
            Ref::Own(value) => value,
        }
    }

    /// As text: strings as they are, all else as in JSON.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Ref::Json(Value::String(text)) | Ref::Own(Value::String(text)) => Cow::Borrowed(text),
            Ref::Text(text) => Cow::Borrowed(text),
            Ref::Json(value) => Cow::Owned(value.to_string()),
            Ref::Own(value) => Cow::Owned(value.to_string()),
        }
    }

    /// Appends it as JSON.
    pub(super) fn write_json(&self, out: &mut Vec<u8>) {
        // Into memory, and with keys that are texts, JSON can always be written.
        let _ = match self {
            Ref::Json(value) => serde_json::to_writer(out, value),
            Ref::Text(text) => serde_json::to_writer(out, text),
            Ref::Own(value) => serde_json::to_writer(out, value),
        };
    }

    /// What is empty, 0, false or null is not true.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Ref::Json(value) => is_true(value),
            Ref::Text(text) => !text.is_empty(),
            Ref::Own(value) => is_true(value),
        }
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// A value as text: a string as it is, all else as in JSON.
pub(super) fn text_of(value: &Value) -> String {
    Ref::Json(value).text().into_owned()
}

/// The names of a class while it is compiled.
#[derive(Debug)]
pub(super) struct Names<'a> {
    pub(super) feeds: &'a Feeds,
    environment: &'a [(String, String)],
    /// What steps take or set, in the order in which the names were met.
    slots: Vec<String>,
    /// Feeds that the part of the plan being compiled reads.
    read: Vec<usize>,
}

/// What the first name of an expression stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// Something taken or set.
    Slot(usize),
    /// The task's row of a feed.
    Feed(usize),
    Env,
    User,
    Task,
}

impl<'a> Names<'a> {
    pub(super) fn new(feeds: &'a Feeds, environment: &'a [(String, String)]) -> Self {
        Names {
            feeds,
            environment,
            slots: Vec::new(),
            read: Vec::new(),
        }
    }

    /// What a name stands for. A name that nothing gives a value gets a place as well:
    /// it never has a value.
    pub(super) fn root(&mut self, name: &str) -> Root {
        match (self.feeds.find(name), name) {
            (Some(feed), _) => {
                if !self.read.contains(&feed) {
                    self.read.push(feed);
                }
                Root::Feed(feed)
            }
            (_, "env") => Root::Env,
            (_, "user") => Root::User,
            (_, "task") => Root::Task,
            _ => Root::Slot(self.slot(name)),
        }
    }

    /// The place of a name that is taken or set.
    pub(super) fn slot(&mut self, name: &str) -> usize {
        let known = self.slots.iter().position(|slot| slot == name);
        known.unwrap_or_else(|| {
            self.slots.push(name.to_owned());
            self.slots.len() - 1
        })
    }

    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The feeds that were named since this was asked last.
    pub(super) fn take_read(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.read)
    }

    pub(super) fn environment(&self) -> &[(String, String)] {
        self.environment
    }

    /// A variable of the environment.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let known = self.environment.iter().find(|(known, _)| known == name);
        known.map(|(_, value)| value.as_str())
    }
}

/// The values of one user.
#[derive(Debug)]
pub(super) struct Values {
    slots: Vec<Option<Value>>,
    /// The row that the running task has of each feed.
    rows: Vec<Option<u64>>,
    /// The number of the user, from 1 on.
    pub(super) user: u64,
    /// Tasks begun, from 1 on while one runs.
    pub(super) tasks: u64,
    draws: Draws,
}

/// What chance decides in one turn of one user.
#[derive(Debug)]
pub(super) struct Draws {
    turn: DrawnFor,
    /// Made when the first one is drawn: most turns draw nothing.
    stream: OnceCell<Stream>,
    drawn: Cell<u64>,
}

/// Which turn.
#[derive(Debug)]
enum DrawnFor {
    /// A user's start, under a seed.
    Start { seed: u64, user: u64 },
    /// A turn: in the open model the arrival's, whichever user it goes to.
    Turn(Asker),
}

impl Draws {
    fn of(turn: DrawnFor) -> Self {
        Draws {
            turn,
            stream: OnceCell::new(),
            drawn: Cell::new(0),
        }
    }

    fn stream(&self) -> Stream {
        *self.stream.get_or_init(|| {
            let under = |seed| Stream::new(seed, Purpose::Template);
            match self.turn {
                DrawnFor::Start { seed, user } => under(seed).fork(user).fork(0),
                DrawnFor::Turn(asker) if asker.is_open => {
                    under(asker.seed).fork(u64::MAX).fork(asker.turn)
                }
                DrawnFor::Turn(asker) => under(asker.seed).fork(asker.user).fork(asker.turn + 1),
            }
        })
    }

    /// The whole stream, and how many were drawn.
    pub(super) fn state(&self) -> (Stream, u64) {
        (self.stream(), self.drawn.get())
    }

    /// As many were drawn elsewhere.
    pub(super) fn advance_to(&self, drawn: u64) {
        self.drawn.set(drawn);
    }

    /// The next one.
    pub(super) fn draw(&self) -> u64 {
        let number = self.drawn.get();
        self.drawn.set(number + 1);
        self.stream().at(number)
    }
}

impl Values {
    /// No values, for a class with so many `slots` and `feeds`.
    pub(super) fn new(slots: usize, feeds: usize, seed: u64, user: u64) -> Self {
        Values {
            slots: vec![None; slots],
            rows: vec![None; feeds],
            user: user + 1,
            tasks: 0,
            draws: Draws::of(DrawnFor::Start { seed, user }),
        }
    }

    pub(super) fn set(&mut self, slot: usize, value: Value) {
        self.slots[slot] = Some(value);
    }

    pub(super) fn slot(&self, slot: usize) -> Option<&Value> {
        self.slots[slot].as_ref()
    }

    pub(super) fn row(&self, feed: usize) -> Option<u64> {
        self.rows[feed]
    }

    pub(super) fn draws(&self) -> &Draws {
        &self.draws
    }

    /// Begins a task: new draws, and a row of each feed that it reads. Says which feed
    /// has none left.
    pub(super) fn begin(
        &mut self,
        asker: Asker,
        feeds: &Feeds,
        read: &[usize],
    ) -> Result<(), usize> {
        self.tasks += 1;
        self.draws = Draws::of(DrawnFor::Turn(asker));
        self.take_rows(asker, feeds, read)
    }

    /// Takes a row of each feed in `read`. Says which feed has none left.
    pub(super) fn take_rows(
        &mut self,
        asker: Asker,
        feeds: &Feeds,
        read: &[usize],
    ) -> Result<(), usize> {
        for &feed in read {
            let row = feeds.rows(feed).take(asker).ok_or(feed)?;
            self.rows[feed] = Some(row);
        }
        Ok(())
    }
}
