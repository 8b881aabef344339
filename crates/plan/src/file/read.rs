//! From the tree to the written plan: every value is read as the type that its key has.
//!
//! In: nodes, and what the environment says. Out: values with their places; every problem
//! is collected and reading goes on beside it. Never: what one key means for another.

use std::collections::BTreeMap;

use super::Problem;
use super::node::{Key, Node, Value, quoted};
use super::shape::{Kind, Record};
use super::source::{Span, Texts};
use crate::hint;

/// As many problems are collected.
const MOST_PROBLEMS: usize = 200;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> At<T> {
    pub(crate) fn new(value: T, span: Span) -> Self {
        At { value, span }
    }
}

/// A type that a value of a plan can be read as.
pub(crate) trait Read: Sized {
    /// What such a value looks like.
    fn kind() -> Kind;

    /// Reads it. `None` if it is not one; the reader then holds why.
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self>;
}

/// The state of reading one plan.
pub(crate) struct Reader<'a> {
    pub(crate) texts: &'a Texts,
    environment: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
    /// Every variable that the plan mentions and the environment has.
    variables: BTreeMap<String, String>,
    /// The key whose value is being read.
    key: String,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(texts: &'a Texts, environment: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Reader {
            texts,
            environment,
            problems: Vec::new(),
            variables: BTreeMap::new(),
            key: "the plan".to_owned(),
        }
    }

    /// The problems and the variables that were met.
    pub(crate) fn finish(self) -> (Vec<Problem>, Vec<(String, String)>) {
        (self.problems, self.variables.into_iter().collect())
    }

    /// Whether nothing within this piece of the file is faulty, so that what seems to be
    /// missing there was not given either. Overriding options count as a part of all pieces.
    pub(crate) fn is_sound(&self, piece: Span) -> bool {
        let is_inside = |problem: &Problem| {
            let at = problem.span;
            at.source != piece.source || (piece.start <= at.start && at.end <= piece.end)
        };
        !self.problems.iter().any(is_inside)
    }

    pub(crate) fn report(&mut self, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    pub(crate) fn fault(&mut self, span: Span, what: impl Into<String>) {
        self.report(Problem::new(span, what));
    }

    pub(crate) fn fault_with_hint(
        &mut self,
        span: Span,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.report(Problem::new(span, what).hint(hint));
    }

    /// What the environment says; noted for the plan.
    pub(crate) fn variable(&mut self, name: &str) -> Option<String> {
        let value = (self.environment)(name)?;
        self.variables.insert(name.to_owned(), value.clone());
        Some(value)
    }

    /// The key whose value is being read, for a message.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// A value that is not of the kind that its key takes.
    pub(crate) fn mismatch<T: Read, R>(&mut self, node: &Node) -> Option<R> {
        let what = format!(
            "{} takes {}, not {}",
            self.key,
            T::kind().what(),
            node.found()
        );
        let problem = Problem::new(node.span, what);
        let problem = match &node.value {
            Value::Text(text) if matches!(text.as_str(), "yes" | "no" | "on" | "off") => {
                problem.hint("yes and no are written as `true` and `false`")
            }
            _ => problem,
        };
        self.report(problem);
        None
    }

    /// A value of the right kind that says something impossible.
    pub(crate) fn refuse<R>(&mut self, node: &Node, why: impl Into<String>) -> Option<R> {
        let what = format!("{}: {}", self.key, why.into());
        self.fault(node.span, what);
        None
    }

    /// Reads the value under a key, if it is there.
    pub(crate) fn field<T: Read>(&mut self, node: &Node, name: &str) -> Option<At<T>> {
        let inner = node.get(name)?;
        self.under(name, |reader| T::read(inner, reader))
            .map(|value| At::new(value, inner.span))
    }

    /// Reads something as the value of a key of this name.
    pub(crate) fn under<R>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> R) -> R {
        let outer = std::mem::replace(&mut self.key, format!("`{name}`"));
        let result = read(self);
        self.key = outer;
        result
    }

    /// Checks the names in a map against those of a record. `None` if it is no map.
    pub(crate) fn check_keys<T: Read>(&mut self, node: &Node, record: &Record) -> Option<()> {
        let Value::Map(entries) = &node.value else {
            return self.mismatch::<T, ()>(node);
        };
        let keys = (record.keys)();
        let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
        for (key, _) in entries {
            if !names.contains(&key.name.as_str()) {
                self.unknown_key(key, record.name, &names);
            }
        }
        for key in keys.iter().filter(|key| key.required) {
            if node.get(key.name).is_none() {
                let hint = format!("for example `{}: {}`", key.name, key.example);
                let what = format!("{} needs `{}`", record.name, key.name);
                self.fault_with_hint(head(node), what, hint);
            }
        }
        self.check_one_of(node, record);
        Some(())
    }

    pub(crate) fn unknown_key(&mut self, key: &Key, of: &str, names: &[&str]) {
        let what = format!("{of} has no key {}", quoted(&key.name));
        let hint = match hint::nearest(&key.name, names.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("its keys are {}", listed(names)),
        };
        self.fault_with_hint(key.span, what, hint);
    }

    /// Faults a name that looks as if it would be filled in.
    pub(crate) fn check_literal(&mut self, key: &Key) {
        if key.name.contains("{{") || key.name.contains("${") {
            let what = format!(
                "{} is a name, and names are not filled in",
                quoted(&key.name)
            );
            self.fault(key.span, what);
        }
    }

    fn check_one_of(&mut self, node: &Node, record: &Record) {
        let Value::Map(entries) = &node.value else {
            return;
        };
        let mut present = entries
            .iter()
            .filter(|(key, _)| record.one_of.contains(&key.name.as_str()));
        match (present.next(), present.next()) {
            (None, _) if !record.one_of.is_empty() => {
                let what = format!("{} needs one of {}", record.name, listed(record.one_of));
                self.fault(head(node), what);
            }
            (Some((first, _)), Some((second, _))) => {
                let what = format!(
                    "{} has either `{}` or `{}`, not both",
                    record.name, first.name, second.name
                );
                self.fault(second.span, what);
            }
            _ => {}
        }
    }

    /// Reads one of a few words.
    pub(crate) fn choice<T: Read + Clone>(
        &mut self,
        node: &Node,
        words: &[(&str, T)],
    ) -> Option<T> {
        let Value::Text(_) = &node.value else {
            return self.mismatch::<T, T>(node);
        };
        let word = self.text(node)?;
        if let Some((_, value)) = words.iter().find(|(name, _)| *name == word) {
            return Some(value.clone());
        }
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let what = format!(
            "{} takes {}, not {}",
            self.key,
            listed(&names),
            quoted(&word)
        );
        match hint::nearest(&word, names.iter().copied()) {
            Some(name) => self.fault_with_hint(node.span, what, format!("did you mean `{name}`?")),
            None => self.fault(node.span, what),
        }
        None
    }
}

/// The first line of a node: where to point for what is missing in it.
pub(crate) fn head(node: &Node) -> Span {
    match &node.value {
        Value::Map(entries) => entries.first().map_or(node.span, |(key, _)| key.span),
        _ => node.span,
    }
}

/// Names for a message: `a`, `b` or `c`.
pub(crate) fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

impl<T: Read> Read for Vec<At<T>> {
    fn kind() -> Kind {
        Kind::List(Box::new(T::kind()))
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::List(list) = &node.value else {
            return reader.mismatch::<Self, Self>(node);
        };
        let read = |one: &Node| T::read(one, reader).map(|value| At::new(value, one.span));
        Some(list.iter().filter_map(read).collect())
    }
}

/// What the author names in a map.
pub(crate) trait Named {
    /// For a message and the schema: `headers`, `user classes`.
    const NAMES: &'static str;
}

/// Values under names that the author chooses, in the order of the file.
pub(crate) struct Entries<N, T> {
    /// What could be read.
    pub(crate) list: Vec<(Key, At<T>)>,
    /// Every name, also of what could not be read.
    pub(crate) names: Vec<String>,
    named: std::marker::PhantomData<N>,
}

impl<N: Named, T: Read> Read for Entries<N, T> {
    fn kind() -> Kind {
        Kind::Map(N::NAMES, Box::new(T::kind()))
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            return reader.mismatch::<Self, Self>(node);
        };
        let read = |(key, node): &(Key, Node)| {
            reader.check_literal(key);
            let value = reader.under(&key.name, |reader| T::read(node, reader))?;
            Some((key.clone(), At::new(value, node.span)))
        };
        Some(Entries {
            list: entries.iter().filter_map(read).collect(),
            names: entries.iter().map(|(key, _)| key.name.clone()).collect(),
            named: std::marker::PhantomData,
        })
    }
}
