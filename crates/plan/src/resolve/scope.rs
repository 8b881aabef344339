//! Which names the templates of a user class can use, and whether they do it right.
//!
//! In: the written steps of a class, the feeds. Out: the names; each expression checked.
//! Never: whether a value is there when it is used; only running shows that.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Resolver;
use crate::file::node::Key;
use crate::file::read::{At, Entries};
use crate::file::source::Span;
use crate::file::text::{Expression, JsonText, Piece, TemplateText};
use crate::file::written::{SocketExpectFile, StepFile, TaskFile};
use crate::model::{Feed, JsonTemplate, Part, Template};
use crate::template::check::{self, Scope};

/// The feeds of a plan, and what templates can name of them.
#[derive(Default)]
pub(super) struct Feeds {
    pub(super) feeds: Vec<Feed>,
    pub(super) scope: Scope,
}

impl Resolver<'_> {
    /// A name that a template can use; told if it is none.
    pub(super) fn check_name(&mut self, key: &Key, what: &str) -> bool {
        let name = &key.name;
        let fault = if !check::is_name(name) {
            format!(
                "`{name}` cannot be the name of {what}: letters, digits and `_`, no digit first"
            )
        } else if check::is_reserved(name) {
            format!("`{name}` cannot be the name of {what}: templates know it as something else")
        } else {
            return true;
        };
        self.reader.fault(key.span, fault);
        false
    }

    /// A template, its expressions checked.
    pub(super) fn template(&mut self, written: &TemplateText, scope: &Scope) -> Template {
        for expression in written.expressions() {
            self.check_expression(expression, scope);
        }
        let parts = written.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) if text.is_empty() => None,
            Piece::Text(text) => Some(Part::Text(text.clone())),
            Piece::Expression(expression) => Some(Part::Expression(expression.source.clone())),
        });
        Template {
            parts: parts.collect(),
        }
    }

    /// A JSON value, its expressions checked.
    pub(super) fn json(&mut self, written: &JsonText, scope: &Scope) -> JsonTemplate {
        match written {
            JsonText::Constant(value) => JsonTemplate::Constant(value.clone()),
            JsonText::Text(text) => {
                let template = self.template(text, scope);
                match template.as_constant() {
                    Some(text) => JsonTemplate::Constant(text.into()),
                    None => JsonTemplate::Text(template),
                }
            }
            JsonText::List(list) => {
                JsonTemplate::Array(list.iter().map(|one| self.json(one, scope)).collect())
            }
            JsonText::Map(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|(name, one)| (name.clone(), self.json(one, scope)));
                JsonTemplate::Object(entries.collect())
            }
        }
    }

    /// An expression that is filled in: each value in it has to be there.
    fn check_expression(&mut self, expression: &Expression, scope: &Scope) {
        let Expression { source, span } = expression;
        for (name, range) in self.check_condition(expression, scope) {
            if self.is_start && self.pending.contains(&name) {
                let what = format!("`{name}` is not there yet: no step before this one takes it");
                let hint =
                    format!("let an earlier step take it, or write `{name} | default(\"…\")`");
                self.reader
                    .fault_with_hint(within(*span, source, &range), what, hint);
            }
        }
    }

    /// An expression in which a value may be missing; gives the values that it names.
    pub(super) fn check_condition(
        &mut self,
        expression: &Expression,
        scope: &Scope,
    ) -> Vec<(String, Range<usize>)> {
        let Expression { source, span } = expression;
        let found = check::check(source, scope);
        for fault in found.faults {
            let place = within(*span, source, &fault.range);
            match fault.hint {
                Some(hint) => self.reader.fault_with_hint(place, fault.what, hint),
                None => self.reader.fault(place, fault.what),
            }
        }
        for variable in found.variables {
            let name = &variable.name;
            if self.reader.variable(name).is_none() && variable.needed {
                let place = within(*span, source, &variable.range);
                let what = format!("the variable {name} is not set");
                let hint = format!("set it, or give a default: `env.{name} | default(\"…\")`");
                self.reader.fault_with_hint(place, what, hint);
            }
        }
        found.values
    }
}

/// A piece of an expression, if its text stands at its place as it is; else all of it.
fn within(span: Span, source: &str, range: &Range<usize>) -> Span {
    let is_exact = span.range().len() == source.len();
    match (u32::try_from(range.start), u32::try_from(range.end)) {
        (Ok(start), Ok(end)) if is_exact && end >= start => Span {
            start: span.start + start,
            end: span.start + end,
            ..span
        },
        _ => span,
    }
}

/// The names that the steps of a class give to values; also where the value could not be
/// read, so that one fault does not bring others.
pub(super) fn names<'s>(
    steps: impl IntoIterator<Item = &'s At<StepFile>>,
    tasks: impl IntoIterator<Item = &'s At<TaskFile>>,
) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for step in steps {
        of_step(&step.value, &mut names);
    }
    for task in tasks {
        let several = task.value.keys.steps.iter().flat_map(|steps| &steps.value);
        let all = task.value.step.iter().chain(several);
        all.for_each(|step| of_step(&step.value, &mut names));
    }
    names
}

fn of_step(step: &StepFile, names: &mut BTreeSet<String>) {
    match step {
        StepFile::Http(http) => of_map(http.take.as_ref(), names),
        StepFile::Set(set) => of_map(set.set.as_ref(), names),
        StepFile::If(choice) => {
            of_steps(choice.then.as_ref(), names);
            of_steps(choice.otherwise.as_ref(), names);
        }
        StepFile::Repeat(again) => of_steps(again.steps.as_ref(), names),
        StepFile::Send(send) => of_message(send.expect.as_ref(), names),
        StepFile::Receive(receive) => of_message(receive.expect.as_ref(), names),
        StepFile::Think(_) | StepFile::Connect(_) | StepFile::Hold(_) | StepFile::Close(_) => {}
    }
}

fn of_steps(steps: Option<&At<Vec<At<StepFile>>>>, names: &mut BTreeSet<String>) {
    let steps = steps.into_iter().flat_map(|steps| &steps.value);
    steps.for_each(|step| of_step(&step.value, names));
}

fn of_message(message: Option<&At<SocketExpectFile>>, names: &mut BTreeSet<String>) {
    if let Some(SocketExpectFile::Keys(keys)) = message.map(|message| &message.value) {
        of_map(keys.take.as_ref(), names);
    }
}

fn of_map<N, T>(map: Option<&At<Entries<N, T>>>, names: &mut BTreeSet<String>) {
    names.extend(
        map.into_iter()
            .flat_map(|map| map.value.names.iter().cloned()),
    );
}
