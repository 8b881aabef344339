//! What `quick:` lays over a plan: the same shapes scaled to seconds, for trying and for CI.
//!
//! In: the tree of the file. Out: the tree without `quick:`, with its parts laid over it where
//! that is wanted; every part keeps its place in the file. Never: what a key means; that is
//! checked with the rest of the plan.
//!
//! Maps are merged key by key, everything else replaces, and `null` takes away (JSON Merge
//! Patch, RFC 7396). What is not there cannot be taken away: that is a slip of the pen.

use crate::file::Problem;
use crate::file::node::{Key, Node, Value, quoted};
use crate::file::read::head;
use crate::file::source::Texts;
use crate::resolve::Sources;
use crate::resolve::overrides::shift;

/// The key of what is laid over.
const KEY: &str = "quick";

/// What the name of a plan ends with that is run quickly, so that its results are not taken
/// for those of the whole.
const MARK: &str = " (quick)";

/// Takes `quick:` out of a plan.
pub(super) fn take(tree: &mut Node) -> Option<Node> {
    let Value::Map(entries) = &mut tree.value else {
        return None;
    };
    let place = entries.iter().position(|(key, _)| key.name == KEY)?;
    Some(entries.remove(place).1)
}

/// Lays it over the plan that it was taken out of; returns what is wrong with it. It counts as a
/// text of its own, as options do: what is faulty in it is no less there in the plan.
pub(super) fn lay(
    tree: &mut Node,
    mut quick: Node,
    texts: &mut Texts,
    sources: &Sources<'_>,
) -> Vec<Problem> {
    shift(&mut quick, texts.add(sources.file_name, sources.text), 0);
    if !matches!(quick.value, Value::Map(_)) {
        let what = format!(
            "`quick` takes a map of parts of a plan, not {}",
            quick.found()
        );
        return vec![Problem::new(quick.span, what)];
    }
    if let Some(inner) = quick.get(KEY) {
        let what = "`quick` is laid over once, and has no `quick` of its own";
        return vec![Problem::new(inner.span, what)];
    }
    let mut problems = Vec::new();
    lay_over(tree, quick, &mut problems);
    problems
}

fn lay_over(under: &mut Node, over: Node, problems: &mut Vec<Problem>) {
    match (&mut under.value, over.value) {
        (Value::Map(entries), Value::Map(parts)) => {
            for (key, part) in parts {
                lay_part(entries, key, part, problems);
            }
        }
        (value, replacement) => {
            *value = replacement;
            under.span = over.span;
        }
    }
}

fn lay_part(entries: &mut Vec<(Key, Node)>, key: Key, part: Node, problems: &mut Vec<Problem>) {
    let place = entries.iter().position(|(known, _)| known.name == key.name);
    match (place, &part.value) {
        (Some(place), Value::Null) => {
            entries.remove(place);
        }
        (None, Value::Null) => {
            let what = format!(
                "there is no {} here that `null` could take away",
                quoted(&key.name)
            );
            problems.push(Problem::new(key.span, what));
        }
        (Some(place), _) => lay_over(&mut entries[place].1, part, problems),
        (None, _) => entries.push((key, part)),
    }
}

/// A plan without `quick:` cannot be run quickly.
pub(super) fn missing(tree: &Node) -> Problem {
    let what = "the plan has no `quick`, which says what `--quick` (or GATECRASH_QUICK) runs";
    let scenarios = tree.get("scenarios").map(|scenarios| &scenarios.value);
    let first = match scenarios {
        Some(Value::Map(scenarios)) => scenarios.first().map(|(key, _)| key.name.as_str()),
        _ => None,
    };
    let name = first.unwrap_or("NAME");
    Problem::new(head(tree), what).hint(format!(
        "write what is shorter there, such as `quick: {{ scenarios: {{ {name}: {{ for: 5s }} }} }}`"
    ))
}

/// Marks the name of a plan that is run quickly; `stem` is the one that it has without a name.
pub(super) fn mark(tree: &mut Node, stem: &str) {
    let span = head(tree);
    let Value::Map(entries) = &mut tree.value else {
        return;
    };
    match entries.iter_mut().find(|(key, _)| key.name == "name") {
        Some((_, node)) => {
            // Anything but a text is a fault, which is told as it stands.
            if let Value::Text(name) = &mut node.value {
                name.push_str(MARK);
            }
        }
        None => {
            let key = Key {
                name: "name".to_owned(),
                span,
            };
            // A name is a text, in which `$` stands for itself only when it is doubled.
            let value = Value::Text(stem.replace('$', "$$") + MARK);
            entries.insert(0, (key, Node { value, span }));
        }
    }
}
