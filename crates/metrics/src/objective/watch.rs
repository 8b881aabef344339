//! Objectives with a window, second by second.
//!
//! In: the slices of a scenario, one after the other, while it runs or from its record. Out:
//! a [`Sighting`]: the worst that was seen, and when it broke. A slice is taken for one
//! second: where it is longer, because the record grew coarser, nothing finer is known.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::missing::Missing;
use super::source::{Seen, fits};
use super::tally::{Piece, Tally, Wants};
use super::term::{Subject, Term};
use super::verdict::Sighting;
use super::{Objective, Window};
use crate::measure::Unit;
use crate::slices::{Part, Slice};

/// A slice may be so much of its length shorter than asked for, since no clock ticks
/// exactly: ten of them are a window of ten seconds.
const TOLERANCE: f64 = 0.5;

/// A slice shorter than this, such as the last one of a scenario, is no second: what it has
/// by chance says nothing.
const SHORTEST_S: f64 = 0.1;

/// One term in the window.
#[derive(Clone, Debug)]
struct Running {
    term: Term,
    tally: Tally,
    pieces: VecDeque<Piece>,
    /// The unit that its values were last in; `None` before the first.
    unit: Option<Unit>,
}

impl Running {
    fn new(term: &Term) -> Running {
        Running {
            term: term.clone(),
            tally: Tally::new(term),
            pieces: VecDeque::new(),
            unit: None,
        }
    }

    fn push(&mut self, slice: &Slice, only: Option<&Part>) {
        let piece = Piece::of(&self.term, slice, only);
        self.tally.add(&piece);
        self.pieces.push_back(piece);
    }

    fn pop(&mut self) {
        if let Some(piece) = self.pieces.pop_front() {
            self.tally.take(&piece);
        }
    }

    /// The value in the window. Of what is counted by time nothing is 0, as soon as there
    /// was something.
    fn value(&mut self) -> Result<Seen, Missing> {
        let counts = matches!(
            self.term.subject,
            Subject::RequestsPerSecond
                | Subject::Requests
                | Subject::Failures
                | Subject::TokensPerSecond
                | Subject::Goodput(_)
        );
        let seen = self.tally.value(&self.term);
        match (&seen, &self.unit) {
            (Err(_), Some(unit)) if counts => Ok(Seen {
                value: 0.0,
                unit: unit.clone(),
            }),
            (Ok(now), _) => {
                self.unit = Some(now.unit.clone());
                seen
            }
            (Err(_), _) => seen,
        }
    }
}

/// One objective of one scenario, or of one endpoint of it.
#[derive(Clone, Debug)]
struct Watch {
    left: Running,
    right: Option<Running>,
    /// When each slice of the window began.
    begins: VecDeque<f64>,
    first_epoch_s: Option<f64>,
    /// Since when and until when it was bad without a break.
    streak: Option<(f64, f64)>,
    seen: Sighting,
}

impl Watch {
    fn new(objective: &Objective) -> Watch {
        let terms = objective.terms();
        Watch {
            left: Running::new(terms[0]),
            right: terms.get(1).map(|term| Running::new(term)),
            begins: VecDeque::new(),
            first_epoch_s: None,
            streak: None,
            seen: Sighting {
                objective: objective.text.clone(),
                ..Sighting::default()
            },
        }
    }

    fn push(&mut self, objective: &Objective, slice: &Slice, only: Option<&Part>) {
        self.left.push(slice, only);
        if let Some(right) = &mut self.right {
            right.push(slice, None);
        }
        self.begins.push_back(slice.from_epoch_s);
        let first = *self.first_epoch_s.get_or_insert(slice.from_epoch_s);
        let slack = TOLERANCE * slice.span_s();
        let reaches = |from: f64, span: f64| slice.to_epoch_s - from >= span - slack;
        match objective.rule.window() {
            Window::Whole => {}
            Window::EverySecond(span) => {
                self.seen.complete |= reaches(first, span.as_secs_f64());
                if slice.span_s() >= SHORTEST_S {
                    self.note_second(objective, slice, |from| reaches(from, span.as_secs_f64()));
                }
                self.pop();
            }
            Window::Within(span) => {
                let span = span.as_secs_f64();
                while self.begins.get(1).is_some_and(|&from| reaches(from, span)) {
                    self.pop();
                }
                if reaches(self.begins[0], span) {
                    self.seen.complete = true;
                    self.note_window(objective, slice);
                }
            }
        }
    }

    fn pop(&mut self) {
        self.begins.pop_front();
        self.left.pop();
        if let Some(right) = &mut self.right {
            right.pop();
        }
    }

    /// The value now and its limit, and whether the rule's words are true of them.
    fn look(&mut self, objective: &Objective) -> Option<bool> {
        let left = self.left.value().ok()?;
        let right = &mut self.right;
        let limit = objective.limit(&left, |_| match right {
            Some(right) => right.value(),
            None => Err(Missing::Growth),
        });
        let limit = limit.ok()?;
        let test = objective.test(&left.unit);
        let now = (left.value, limit);
        let before = self.seen.worst.zip(self.seen.limit);
        let window = objective.rule.window();
        if before.is_none_or(|before| test.is_worse(now, before, window)) {
            (self.seen.worst, self.seen.limit) = (Some(now.0), Some(now.1));
            self.seen.unit = Some(left.unit);
        }
        Some(test.holds(now.0, now.1))
    }

    /// One second of a rule that says what is bad.
    fn note_second(&mut self, objective: &Objective, slice: &Slice, reaches: impl Fn(f64) -> bool) {
        match self.look(objective) {
            // It has no say.
            None => {}
            Some(false) => self.streak = None,
            Some(true) => {
                let from = self.streak.map_or(slice.from_epoch_s, |(from, _)| from);
                self.streak = Some((from, slice.to_epoch_s));
                let lasted = slice.to_epoch_s - from;
                self.seen.longest_s = Some(self.seen.longest_s.unwrap_or(0.0).max(lasted));
                if reaches(from) {
                    self.seen.broke_epoch_s.get_or_insert(slice.to_epoch_s);
                }
            }
        }
    }

    /// One window of a rule that must hold.
    fn note_window(&mut self, objective: &Objective, slice: &Slice) {
        if self.look(objective) == Some(false) {
            self.seen.broke_epoch_s.get_or_insert(slice.to_epoch_s);
        }
    }
}

/// One objective of one scenario, with each of its endpoints where it asks for that.
#[derive(Clone, Debug)]
pub(crate) struct Watcher {
    objective: Objective,
    all: Watch,
    /// Of an objective for each of several endpoints: these, in the order of first sight.
    each: Vec<(Part, Watch)>,
    places: HashMap<(Arc<str>, Arc<str>), usize>,
}

impl Watcher {
    /// Of an objective that has a window.
    pub(crate) fn new(objective: &Objective) -> Watcher {
        Watcher {
            objective: objective.clone(),
            all: Watch::new(objective),
            each: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// What the slices must have.
    pub(crate) fn wants(&self, wants: &mut Wants) {
        self.objective
            .terms()
            .into_iter()
            .for_each(|term| wants.add(term));
    }

    pub(crate) fn push(&mut self, slice: &Slice) {
        let scope = &self.objective.terms()[0].scope;
        match scope.endpoint.clone().filter(|_| scope.each) {
            None => self.all.push(&self.objective, slice, None),
            Some(pattern) => self.push_each(&pattern, slice),
        }
    }

    fn push_each(&mut self, pattern: &str, slice: &Slice) {
        let parts = slice.endpoints.iter();
        let mut now: HashMap<usize, &Part> = HashMap::new();
        for part in parts.filter(|part| fits(pattern, &part.method, &part.name)) {
            let key = (part.method.clone(), part.name.clone());
            let at = *self.places.entry(key).or_insert_with(|| {
                let (method, name) = (part.method.clone(), part.name.clone());
                let mut watch = self.all.clone();
                watch.seen.endpoint = Some(label(&method, &name));
                let none = Part {
                    method,
                    name,
                    ..Part::default()
                };
                self.each.push((none, watch));
                self.each.len() - 1
            });
            now.insert(at, part);
        }
        for (at, (none, watch)) in self.each.iter_mut().enumerate() {
            let part = now.get(&at).copied().unwrap_or(none);
            watch.push(&self.objective, slice, Some(part));
        }
    }

    /// What was seen until now.
    pub(crate) fn sightings(&self) -> Vec<Sighting> {
        match self.objective.terms()[0].scope.each {
            true => self
                .each
                .iter()
                .map(|(_, watch)| watch.seen.clone())
                .collect(),
            false => vec![self.all.seen.clone()],
        }
    }

    /// Whether it is broken.
    pub(crate) fn is_broken(&self) -> bool {
        let mut each = self.each.iter().map(|(_, watch)| watch);
        self.all.seen.broke_epoch_s.is_some() || each.any(|w| w.seen.broke_epoch_s.is_some())
    }
}

/// An endpoint's method and name, as people write them.
pub(crate) fn label(method: &str, name: &str) -> String {
    match method {
        "" => name.to_owned(),
        _ => format!("{method} {name}"),
    }
}

/// What a record's slices say of an objective with a window.
pub(crate) fn of_slices(objective: &Objective, slices: &[Slice]) -> Vec<Sighting> {
    let mut watcher = Watcher::new(objective);
    slices.iter().for_each(|slice| watcher.push(slice));
    watcher.sightings()
}
