//! What must hold, as written: objectives, and tables of them.

use gatecrash_metrics::objective::term::{Better, Subject};
use gatecrash_metrics::objective::{Comparison, Fault, Objective, Part, Rule, Severity};

use super::Endpoints;
use crate::file::node::{Key, Node, Value};
use crate::file::read::{At, Read, Reader, head};
use crate::file::scalar::LimitText;
use crate::file::shape::{Kind, Leaf, Record, choice, record};

choice!(Severity, "severity", "`fail` or `warn`", [
    "fail" => Severity::Fail,
    "warn" => Severity::Warn,
]);

/// An objective as one text.
pub(crate) struct ObjectiveText(pub(crate) Objective);

impl Read for ObjectiveText {
    fn kind() -> Kind {
        static LEAF: Leaf = Leaf {
            name: "objective",
            what: "an objective such as `p95 of /search < 900ms`",
            schema: r#"{"type":"string"}"#,
        };
        Kind::Leaf(&LEAF)
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Text(written) = &node.value else {
            return reader.mismatch::<Self, Self>(node);
        };
        let text = reader.text(node)?;
        match Objective::parse(&text) {
            Ok(objective) => Some(ObjectiveText(objective)),
            Err(fault) => {
                let whole = node.span;
                let span = match text == *written {
                    true => reader.place(node, &text, word_at(&text, fault.at)),
                    false => whole,
                };
                told(reader, span, fault);
                None
            }
        }
    }
}

/// The word of a text that a byte belongs to; behind the last one the end of the last.
fn word_at(text: &str, at: usize) -> std::ops::Range<usize> {
    let mut boundaries = (0..=at.min(text.len())).rev();
    let at = boundaries
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let length = text[at..].find(char::is_whitespace);
    let end = length.map_or(text.len(), |length| at + length);
    match text[at..].chars().next() {
        Some(first) => at..end.max(at + first.len_utf8()),
        None => at.saturating_sub(1)..at,
    }
}

fn told(reader: &mut Reader<'_>, span: crate::file::source::Span, fault: Fault) {
    match fault.hint {
        Some(hint) => reader.fault_with_hint(span, fault.what, hint),
        None => reader.fault(span, fault.what),
    }
}

record! {
    /// An objective with what else is to be said of it.
    ThatKeys "an objective" {
        /// The objective.
        that: ObjectiveText = "error_rate < 1%", required;
        /// What it means when it does not hold: that the run has failed (`fail`), or a warning
        /// (`warn`).
        severity: Severity = "warn" (default "fail");
        /// Whether nothing to judge it by is a warning only: for what is not there everywhere,
        /// such as a GPU.
        optional: bool = "true" (default "false");
        /// Whether its scenario ends as soon as it is broken.
        stop: bool = "true" (default "false");
    }
}

record! {
    /// A value with several limits, under the value's name, such as
    /// `{ p95: { target: 3s, acceptable: 5s }, of: /retrieve }`: a target and what is still
    /// acceptable (between them is a warning, beyond both a failure), or grades from the best to
    /// the worst (`excellent`, `good` …, else poor), which decide nothing without `decide`. Where
    /// the value does not say whether less or more is better, the order of the limits does.
    LimitsKeys "an objective" {
        /// The endpoint: its name, a pattern with `*`, or a method and a name.
        of: String = "/retrieve" (default "all endpoints together");
        /// The worst grade that passes.
        decide: String = "good" (default "grades describe and do not decide");
        /// What it means when it does not hold.
        severity: Severity = "warn" (default "fail");
        /// Whether nothing to judge it by is a warning only.
        optional: bool = "true" (default "false");
        /// Whether its scenario ends as soon as it is broken.
        stop: bool = "true" (default "false");
    }
}

/// An objective: a text, or a map that says more.
pub(crate) struct ObjectiveFile(pub(crate) Objective);

impl Read for ObjectiveFile {
    fn kind() -> Kind {
        static LIMITS: Record = LimitsKeys::RECORD;
        let limits = Kind::Map("limits", Box::new(LimitText::kind()));
        Kind::OneOf(vec![
            ObjectiveText::kind(),
            ThatKeys::kind(),
            Kind::Open(&LIMITS, "a value of the run", Box::new(limits)),
        ])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let objective = match &node.value {
            Value::Map(_) if node.get("that").is_some() => with_more(node, reader),
            Value::Map(entries) => limits(node, entries, reader),
            Value::Text(_) => ObjectiveText::read(node, reader).map(|text| text.0),
            _ => reader.mismatch::<Self, _>(node),
        };
        objective.map(ObjectiveFile)
    }
}

fn with_more(node: &Node, reader: &mut Reader<'_>) -> Option<Objective> {
    let keys = ThatKeys::read(node, reader)?;
    let objective = keys.that?.value.0;
    let objective = Objective {
        severity: keys.severity.map_or(objective.severity, |at| at.value),
        optional: keys.optional.is_some_and(|at| at.value),
        ..objective
    };
    Some(stopping(objective, keys.stop, reader))
}

/// The objective, ending its scenario if it shall; told if it cannot.
fn stopping(objective: Objective, stop: Option<At<bool>>, reader: &mut Reader<'_>) -> Objective {
    let Some(stop) = stop.filter(|stop| stop.value) else {
        return objective;
    };
    if let Some(why) = objective.stop_fault() {
        let what = format!("this objective cannot end its scenario: {why}");
        reader.fault(stop.span, what);
    }
    Objective {
        stop: true,
        ..objective
    }
}

/// `{ p95: { target: 3s, acceptable: 5s }, of: /retrieve }`.
fn limits(node: &Node, entries: &[(Key, Node)], reader: &mut Reader<'_>) -> Option<Objective> {
    let names = (LimitsKeys::RECORD.keys)();
    let is_own = |(key, _): &&(Key, Node)| names.iter().any(|own| own.name == key.name);
    let (own, values): (Vec<_>, Vec<_>) = entries.iter().partition(is_own);
    let own = Node {
        value: Value::Map(own.into_iter().cloned().collect()),
        span: node.span,
    };
    let keys = LimitsKeys::read(&own, reader)?;
    let (key, limits) = match values.as_slice() {
        [] => {
            let hint = "write for example `p95: { target: 3s, acceptable: 5s }`, or `that: …`";
            reader.fault_with_hint(head(node), "an objective needs a value of the run", hint);
            return None;
        }
        [(key, limits)] => (key, limits),
        [_, (second, _), ..] => {
            let what = "an objective is about one value, not about several";
            reader.fault_with_hint(second.span, what, "make it an objective of its own");
            return None;
        }
    };
    let objective = limited(key, limits, keys.decide.as_ref(), reader)?;
    let objective = of_endpoint(objective, &key.name, keys.of.map(|of| of.value));
    let objective = Objective {
        severity: keys.severity.map_or(Severity::Fail, |at| at.value),
        optional: keys.optional.is_some_and(|at| at.value),
        ..objective
    };
    Some(stopping(objective, keys.stop, reader))
}

/// The objective of the value that `key` names, with a target or with grades.
fn limited(
    key: &Key,
    limits: &Node,
    decide: Option<&At<String>>,
    reader: &mut Reader<'_>,
) -> Option<Objective> {
    let Value::Map(entries) = &limits.value else {
        let what = format!("`{}` needs its limits, not {}", key.name, limits.found());
        let hint = format!("write `{}: {{ target: …, acceptable: … }}`", key.name);
        reader.fault_with_hint(limits.span, what, hint);
        return None;
    };
    let mut read = |(word, limit): &(Key, Node)| {
        let text = reader.under(&word.name, |reader| LimitText::read(limit, reader))?;
        Some((word.name.clone(), text.0))
    };
    let texts: Option<Vec<(String, String)>> = entries.iter().map(&mut read).collect();
    let texts = texts?;
    let texts: Vec<(&str, &str)> = texts.iter().map(|(a, b)| (&**a, &**b)).collect();
    let made = match texts.as_slice() {
        [("target", target), ("acceptable", acceptable)]
        | [("acceptable", acceptable), ("target", target)] => {
            refuse_decide(decide, reader)?;
            Objective::tiers(&key.name, target, acceptable)
        }
        words if words.iter().any(|(word, _)| *word == "target") => {
            let what = "`target` and `acceptable` stand beside each other, and nothing else";
            let hint = format!("write for one limit alone the text `{} <= …`", key.name);
            reader.fault_with_hint(limits.span, what, hint);
            return None;
        }
        grades => {
            let at_least = decide.map(|decide| decide.value.as_str());
            Objective::grades(&key.name, grades, at_least)
        }
    };
    let limit = |word: &str| entries.iter().find(|(key, _)| key.name == word);
    made.map_err(|fault| {
        let span = match fault.part {
            Part::Text => Some(key.span),
            Part::Target => limit("target").map(|(_, node)| node.span),
            Part::Acceptable => limit("acceptable").map(|(_, node)| node.span),
            Part::Grade(place) => entries.get(place).map(|(_, node)| node.span),
            Part::AtLeast => decide.map(|decide| decide.span),
        };
        told(reader, span.unwrap_or(limits.span), fault);
    })
    .ok()
}

fn refuse_decide(decide: Option<&At<String>>, reader: &mut Reader<'_>) -> Option<()> {
    let Some(decide) = decide else {
        return Some(());
    };
    let what = "`decide` goes with grades; `target` and `acceptable` decide by themselves";
    reader.fault(decide.span, what);
    None
}

/// The objective for one endpoint, if one is given; `value` is what its text begins with.
fn of_endpoint(mut objective: Objective, value: &str, endpoint: Option<String>) -> Objective {
    let term = match &mut objective.rule {
        Rule::Compare { left, .. } => left,
        Rule::Between { term, .. } | Rule::Tiers { term, .. } | Rule::Grades { term, .. } => term,
    };
    if endpoint.is_some() {
        term.scope.endpoint = endpoint;
        let rest = objective.text.strip_prefix(value.trim()).map(str::to_owned);
        objective.text = format!("{term}{}", rest.unwrap_or_default());
    }
    objective
}

/// A table of objectives: endpoints, and under each its values and their limits.
pub(crate) struct SloFile(pub(crate) Vec<At<Objective>>);

impl Read for SloFile {
    fn kind() -> Kind {
        use crate::file::read::Named;
        let columns = Kind::Map("values of the run", Box::new(LimitText::kind()));
        Kind::Map(Endpoints::NAMES, Box::new(columns))
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Map(rows) = &node.value else {
            return reader.mismatch::<Self, Self>(node);
        };
        let mut objectives = Vec::new();
        for (endpoint, row) in rows {
            let Value::Map(cells) = &row.value else {
                let what = format!("a row of `slo` is a map, not {}", row.found());
                let hint = "write for example `/retrieve: { p50: 300ms, p95: 900ms, errors: 1% }`";
                reader.fault_with_hint(row.span, what, hint);
                continue;
            };
            let read = |(column, cell): &(Key, Node)| {
                let objective = of_cell(&endpoint.name, column, cell, reader)?;
                Some(At::new(objective, column.span.to(cell.span)))
            };
            objectives.extend(cells.iter().filter_map(read));
        }
        Some(SloFile(objectives))
    }
}

/// One cell of the table; nothing of an empty one.
fn of_cell(
    endpoint: &str,
    column: &Key,
    cell: &Node,
    reader: &mut Reader<'_>,
) -> Option<Objective> {
    if matches!(cell.value, Value::Null) {
        return None;
    }
    let text = reader
        .under(&column.name, |reader| LimitText::read(cell, reader))?
        .0;
    let value = value_of(&column.name);
    let begin = match text.starts_with(['<', '>']) {
        true => format!("{value} "),
        false => format!("{value} {} ", usual(&value, &text)),
    };
    match Objective::parse(&format!("{begin}{text}")) {
        Ok(objective) => Some(of_endpoint(objective, &value, Some(endpoint.to_owned()))),
        Err(fault) => {
            let span = match fault.at < begin.len() {
                true => column.span,
                false => cell.span,
            };
            told(reader, span, fault);
            None
        }
    }
}

/// How a value must stand to its limit where the table does not say: below it, unless more
/// is better.
fn usual(value: &str, limit: &str) -> &'static str {
    let subject = Objective::parse(&format!("{value} <= {limit}")).map(|one| one.rule);
    let Ok(Rule::Compare { left, .. }) = subject else {
        return Comparison::AtMost.symbol();
    };
    let counts = matches!(left.subject, Subject::RequestsPerSecond | Subject::Requests);
    match left.subject.better() {
        Better::Higher => Comparison::AtLeast.symbol(),
        Better::Either if counts => Comparison::AtLeast.symbol(),
        _ => Comparison::AtMost.symbol(),
    }
}

/// The value that the head of a column names, as tables in documents write it.
fn value_of(column: &str) -> String {
    match column.to_ascii_lowercase().as_str() {
        "errors" => "error_rate".to_owned(),
        "mean" | "average" => "avg".to_owned(),
        other => other.to_owned(),
    }
}
