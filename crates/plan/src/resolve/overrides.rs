//! What the command line puts in the place of parts of a plan.
//!
//! In: the tree of the file, and options as they were given. Out: the tree with these in it,
//! each part of them with its place in the option. Never: what a key means; that is checked
//! with the rest of the plan.

use gatecrash_metrics::objective::Objective;

use crate::file::node::{Key, Node, Value, quoted};
use crate::file::read::At;
use crate::file::source::{Span, Texts};
use crate::file::{self, Format, Problem};
use crate::hint::nearest;
use crate::model::{Plan, Scenario, Start};
use crate::rate::Rate;

/// Options that override parts of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--quick`: what the plan says under `quick` is laid over it, before all else.
    pub quick: bool,
    /// `--set users.researcher.weight=3`: dotted keys and a value as YAML.
    pub set: Vec<String>,
    /// `--scenario NAME`: only these are run, of a ladder all its rungs; all if there is none.
    pub scenarios: Vec<String>,
    /// `--rate 100/s`, for one scenario.
    pub rate: Option<String>,
    /// `--users 100`, for one scenario.
    pub users: Option<String>,
    /// `--for 5m`, for one scenario.
    pub duration: Option<String>,
}

/// Puts them into the tree; returns what is wrong with them.
pub(super) fn apply(tree: &mut Node, texts: &mut Texts, overrides: &Overrides) -> Vec<Problem> {
    let mut problems = Vec::new();
    for set in &overrides.set {
        problems.extend(apply_set(tree, texts, set).err());
    }
    let mut chosen = Vec::new();
    for name in &overrides.scenarios {
        match choose(tree, texts, name) {
            Ok(place) => chosen.push(place),
            Err(problem) => {
                problems.push(problem);
                return problems;
            }
        }
    }
    if let (Some(_), Some(users)) = (&overrides.rate, &overrides.users) {
        let span = whole(texts, "--users", users);
        problems.push(Problem::new(
            span,
            "a scenario has `--rate` or `--users`, not both",
        ));
        return problems;
    }
    let options = [
        ("--rate", "rate", &overrides.rate, CLOSED_ONLY),
        ("--users", "users", &overrides.users, OPEN_ONLY),
        ("--for", "for", &overrides.duration, &[]),
    ];
    for (option, key, text, removed) in options {
        if let Some(text) = text {
            let load = Override {
                option,
                key,
                text,
                removed,
            };
            problems.extend(load.apply(tree, texts, &chosen).err());
        }
    }
    problems
}

/// Keys that go when a rate comes, and the other way round.
const CLOSED_ONLY: &[&str] = &["users", "spawn", "iterations", "total_iterations"];
const OPEN_ONLY: &[&str] = &["rate", "max_in_flight", "arrivals"];

/// A load for one scenario.
struct Override<'a> {
    option: &'a str,
    key: &'a str,
    text: &'a str,
    removed: &'a [&'a str],
}

impl Override<'_> {
    fn apply(&self, tree: &mut Node, texts: &mut Texts, chosen: &[usize]) -> Result<(), Problem> {
        let source = texts.add(self.option, self.text);
        let span = Span::in_file(0..self.text.len()).of(source);
        let mut value = scalar(self.text, source)?;
        value.span = span;
        let Some(scenarios) = scenarios_mut(tree) else {
            return Ok(());
        };
        let place = match (chosen, scenarios.len()) {
            ([place], _) => *place,
            ([], 1) => 0,
            ([], many) => {
                let what = format!(
                    "the plan has {many} scenarios: {} needs `--scenario`",
                    self.option
                );
                return Err(Problem::new(span, what).hint(format!("choose {}", names(scenarios))));
            }
            (several, _) => {
                let several = several.len();
                let what = format!("{} is for one scenario, not for {several}", self.option);
                let hint = "choose one, or say it of each: `--set scenarios.NAME.rate=50/s`";
                return Err(Problem::new(span, what).hint(hint));
            }
        };
        if let Some((
            _,
            Node {
                value: Value::Map(entries),
                ..
            },
        )) = scenarios.get_mut(place)
        {
            entries.retain(|(key, _)| !self.removed.contains(&key.name.as_str()));
            let name = self.key.to_owned();
            replace(entries, Key { name, span }, value);
        }
        Ok(())
    }
}

/// The scenario of this name, or the ladder that has a rung of this name.
fn choose(tree: &mut Node, texts: &mut Texts, name: &str) -> Result<usize, Problem> {
    let span = whole(texts, "--scenario", name);
    let Some(scenarios) = scenarios_mut(tree) else {
        return Ok(0);
    };
    let exact = scenarios.iter().position(|(key, _)| key.name == name);
    let has_rung = |(key, node): &(Key, Node)| rungs(&key.name, node).any(|rung| rung == name);
    let place = exact.or_else(|| scenarios.iter().position(has_rung));
    place.ok_or_else(|| {
        let problem = Problem::new(span, format!("the plan has no scenario {}", quoted(name)));
        let known = scenarios.iter().map(|(key, _)| key.name.as_str());
        match nearest(name, known) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("choose {}", names(scenarios))),
        }
    })
}

/// The names of a scenario's rungs, if it is a ladder.
fn rungs(name: &str, scenario: &Node) -> impl Iterator<Item = String> {
    let list = match scenario.get("rate").map(|rate| &rate.value) {
        Some(Value::List(list)) => list.as_slice(),
        _ => &[],
    };
    let rates = list.iter().filter_map(|rung| match &rung.value {
        Value::Text(rate) => rate.parse::<Rate>().ok(),
        _ => None,
    });
    rates.map(move |rate| format!("{name} {rate}"))
}

/// Only the chosen ones of the scenarios, in a row.
pub(super) fn chosen(scenarios: Vec<Scenario>, overrides: &Overrides) -> Vec<Scenario> {
    if overrides.scenarios.is_empty() {
        return scenarios;
    }
    // A ladder is chosen with its rungs; a rung that got a load of its own has its name.
    let belongs = |scenario: &Scenario| {
        let name = &scenario.name;
        let mut chosen = overrides.scenarios.iter();
        chosen.any(|one| name == one || is_rung(name, one) || is_rung(one, name))
    };
    let kept = scenarios.into_iter().filter(belongs);
    let mut kept: Vec<Scenario> = kept
        .map(|scenario| Scenario {
            start: Start::InTurn,
            ..scenario
        })
        .collect();
    let names: Vec<String> = kept.iter().map(|scenario| scenario.name.clone()).collect();
    for scenario in &mut kept {
        scenario.objectives.retain(|one| is_judged(one, &names));
    }
    kept
}

/// Whether every scenario that an objective names is run.
pub(super) fn is_judged(objective: &Objective, scenarios: &[String]) -> bool {
    let is_run = |name: &String| scenarios.contains(name);
    let mut named = objective.terms().into_iter();
    named.all(|term| term.scope.scenario.as_ref().is_none_or(is_run))
}

/// Takes out of the tree what is not run where scenarios are chosen: the other ones,
/// and the objectives that name them.
pub(super) fn keep(
    tree: &mut Node,
    plan: &Plan,
    objectives: &[At<Objective>],
    overrides: &Overrides,
) {
    if overrides.scenarios.is_empty() {
        return;
    }
    let names: Vec<String> = plan.scenarios.iter().map(|one| one.name.clone()).collect();
    let is_run = |name: &str| names.iter().any(|one| one == name);
    let judged = objectives.iter();
    let judged = judged.filter(|one| is_judged(&one.value, &names));
    let judged: Vec<Span> = judged.map(|one| one.span).collect();
    keep_objectives(tree, &judged);
    if let Some(scenarios) = scenarios_mut(tree) {
        scenarios.retain(|(key, node)| {
            is_run(&key.name) || rungs(&key.name, node).any(|rung| is_run(&rung))
        });
        for (key, scenario) in scenarios {
            keep_rungs(&key.name, scenario, &is_run);
            keep_objectives(scenario, &judged);
        }
    }
}

/// Of a list of objectives those that stand at these places.
fn keep_objectives(node: &mut Node, judged: &[Span]) {
    if let Some(Value::List(list)) = value_mut(node, "objectives") {
        list.retain(|one| judged.contains(&one.span));
    }
}

/// Of a ladder the rungs that are run; and it waits for nothing.
fn keep_rungs(name: &str, scenario: &mut Node, is_run: &dyn Fn(&str) -> bool) {
    if let Some(Value::List(list)) = value_mut(scenario, "rate") {
        list.retain(|rung| match &rung.value {
            Value::Text(rate) => rate
                .parse::<Rate>()
                .is_ok_and(|rate| is_run(&format!("{name} {rate}"))),
            _ => true,
        });
    }
    if let Value::Map(entries) = &mut scenario.value {
        entries.retain(|(key, _)| key.name != "after");
    }
}

/// The value under a name of a map.
fn value_mut<'n>(node: &'n mut Node, name: &str) -> Option<&'n mut Value> {
    let Value::Map(entries) = &mut node.value else {
        return None;
    };
    let entry = entries.iter_mut().find(|(key, _)| key.name == name);
    entry.map(|(_, node)| &mut node.value)
}

/// Whether this can be the name of a rung: the ladder's, a space, and a rate.
pub(super) fn is_rung(name: &str, ladder: &str) -> bool {
    let rest = name
        .strip_prefix(ladder)
        .and_then(|rest| rest.strip_prefix(' '));
    rest.is_some_and(|rate| rate.parse::<Rate>().is_ok())
}

/// `users.researcher.weight=3`.
fn apply_set(tree: &mut Node, texts: &mut Texts, set: &str) -> Result<(), Problem> {
    let source = texts.add("--set", set);
    let at = |range: std::ops::Range<usize>| Span::in_file(range).of(source);
    let Some((path, value)) = set.split_once('=').filter(|(path, _)| !path.is_empty()) else {
        let problem = Problem::new(at(0..set.len()), "`--set` takes a key and a value");
        return Err(problem.hint("write `--set users.researcher.weight=3`"));
    };
    let mut value = scalar(value, source)?;
    shift(&mut value, source, path.len() + 1);
    let place = descend(tree, path, at(0..path.len()))?;
    place.value = value.value;
    place.span = value.span;
    Ok(())
}

/// The node at a dotted path; maps on the way are made.
fn descend<'t>(tree: &'t mut Node, path: &str, span: Span) -> Result<&'t mut Node, Problem> {
    let mut node = tree;
    let mut rest = Some(path);
    while let Some(path) = rest {
        let found = node.found();
        match &mut node.value {
            Value::Map(entries) => {
                let (name, after) = step(entries, path);
                rest = after;
                node = child(entries, name, part(span, path, name));
            }
            Value::List(list) => {
                let (name, after) = path
                    .split_once('.')
                    .map_or((path, None), |(a, b)| (a, Some(b)));
                let length = list.len();
                rest = after;
                node = name
                    .parse()
                    .ok()
                    .and_then(|at: usize| list.get_mut(at))
                    .ok_or_else(|| {
                        let what = format!("{} is not a place in a list of {length}", quoted(name));
                        Problem::new(part(span, path, name), what)
                            .hint("places are counted from 0 on")
                    })?;
            }
            _ => {
                let what = format!("there is nothing below: {} stands here", found);
                return Err(Problem::new(span, what));
            }
        }
    }
    Ok(node)
}

/// Where a name stands that what is left of a path begins with.
fn part(whole: Span, path: &str, name: &str) -> Span {
    let start = whole.range().end - path.len();
    Span::in_file(start..start + name.len()).of(whole.source)
}

/// The name that a path begins with: the longest one that is there, as names may have dots.
fn step<'p>(entries: &[(Key, Node)], path: &'p str) -> (&'p str, Option<&'p str>) {
    let ends = path
        .match_indices('.')
        .map(|(at, _)| at)
        .chain([path.len()]);
    let ends: Vec<usize> = ends.collect();
    let known = |end: &&usize| entries.iter().any(|(key, _)| key.name == path[..**end]);
    let end = ends.iter().rev().find(known).or(ends.first());
    let end = end.copied().unwrap_or(path.len());
    (&path[..end], path.get(end + 1..))
}

fn child<'e>(entries: &'e mut Vec<(Key, Node)>, name: &str, span: Span) -> &'e mut Node {
    let place = entries.iter().position(|(key, _)| key.name == name);
    let place = place.unwrap_or_else(|| {
        let name = name.to_owned();
        let value = Value::Map(Vec::new());
        entries.push((Key { name, span }, Node { value, span }));
        entries.len() - 1
    });
    &mut entries[place].1
}

fn replace(entries: &mut Vec<(Key, Node)>, key: Key, value: Node) {
    match entries.iter_mut().find(|(known, _)| known.name == key.name) {
        Some((_, node)) => *node = value,
        None => entries.push((key, value)),
    }
}

/// A value as YAML; nothing at all is an empty text.
fn scalar(text: &str, source: u16) -> Result<Node, Problem> {
    if text.trim().is_empty() {
        let span = Span::in_file(0..text.len()).of(source);
        let value = Value::Text(String::new());
        return Ok(Node { value, span });
    }
    match file::tree(text, Format::Yaml) {
        Ok(mut node) => {
            shift(&mut node, source, 0);
            Ok(node)
        }
        Err(problem) => Err(Problem {
            span: problem.span.of(source),
            ..problem
        }),
    }
}

/// Moves a tree to another text, behind what stands before it there.
pub(super) fn shift(node: &mut Node, source: u16, by: usize) {
    node.span = node.span.moved(source, by);
    match &mut node.value {
        Value::List(list) => list.iter_mut().for_each(|one| shift(one, source, by)),
        Value::Map(entries) => {
            for (key, one) in entries {
                key.span = key.span.moved(source, by);
                shift(one, source, by);
            }
        }
        _ => {}
    }
}

fn scenarios_mut(tree: &mut Node) -> Option<&mut Vec<(Key, Node)>> {
    match value_mut(tree, "scenarios") {
        Some(Value::Map(scenarios)) => Some(scenarios),
        _ => None,
    }
}

fn names(scenarios: &[(Key, Node)]) -> String {
    let names: Vec<&str> = scenarios.iter().map(|(key, _)| key.name.as_str()).collect();
    file::read::listed(&names)
}

fn whole(texts: &mut Texts, option: &str, text: &str) -> Span {
    let source = texts.add(option, text);
    Span::in_file(0..text.len()).of(source)
}
