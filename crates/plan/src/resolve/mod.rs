//! From the plan as written to the plan as meant.
//!
//! In: a text, what overrides parts of it, what the environment says, and the folder that
//! file names lead from. Out: a [`Plan`], or every fault at once. Never: a file on disk (the
//! plan lists those that must exist), a clock.

mod cost;
mod feeds;
mod headers;
mod hooks;
mod host;
mod json;
mod judging;
mod loads;
mod overrides;
mod profile;
mod quick;
mod requests;
mod scenarios;
mod scope;
mod socket;
mod steps;
mod users;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use overrides::Overrides;

use gatecrash_metrics::objective::Objective;
use gatecrash_metrics::watch::{Watch, gauges};

use crate::effective;
use crate::fault::{Fault, Faults, Place};
use crate::file::node::{Key, Node};
use crate::file::read::{At, Read, Reader};
use crate::file::source::Texts;
use crate::file::written::{PlanFile, ReadyFile};
use crate::file::{self, Format, Problem};
use crate::model::{CacheFrom, Mention, Plan, Ready, StatePlan};
use scope::Feeds;

/// Everything that a plan comes from.
pub struct Sources<'a> {
    /// What faults call the file.
    pub file_name: &'a str,
    /// What stands in it.
    pub text: &'a str,
    /// How it is written.
    pub format: Format,
    /// What the environment says for a name, `.env` included.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// What replaces parts of it.
    pub overrides: &'a Overrides,
    /// Where relative file names lead.
    pub folder: &'a Path,
}

/// Without a `seed:` every run of a plan draws the same.
const DEFAULT_SEED: u64 = 1;
const DEFAULT_WITHIN: std::time::Duration = std::time::Duration::from_secs(30);

/// Reads a plan.
///
/// # Errors
/// All its faults, in the order of the file.
pub fn load(sources: &Sources<'_>) -> Result<Plan, Faults> {
    let mut texts = Texts::new(sources.file_name, sources.text);
    let mut tree = file::tree(sources.text, sources.format)
        .map_err(|problem| Faults::new(told(&texts, vec![problem])))?;
    let is_quick = sources.overrides.quick;
    let mut problems = Vec::new();
    let mut faults = Vec::new();
    match quick::take(&mut tree) {
        Some(parts) if is_quick => problems = quick::lay(&mut tree, parts, &mut texts, sources),
        None if is_quick => problems.push(quick::missing(&tree)),
        Some(parts) => faults = rehearsed(tree.clone(), parts, sources),
        None => {}
    }
    match resolved(tree, texts, problems, sources) {
        Ok(plan) if faults.is_empty() => Ok(plan),
        Ok(_) => Err(Faults::new(faults)),
        // What both are wrong about is told once.
        Err(found) => {
            faults.retain(|fault| !found.contains(fault));
            Err(Faults::new(found.into_iter().chain(faults).collect()))
        }
    }
}

/// What would be wrong if `quick` were laid over the plan. Options may be meant for the whole
/// plan alone, so that a plan with any of `--set` is not looked at.
fn rehearsed(mut tree: Node, quick: Node, sources: &Sources<'_>) -> Vec<Fault> {
    if !sources.overrides.set.is_empty() {
        return Vec::new();
    }
    let mut texts = Texts::new(sources.file_name, sources.text);
    let problems = quick::lay(&mut tree, quick, &mut texts, sources);
    let sources = Sources {
        overrides: &Overrides::default(),
        ..*sources
    };
    resolved(tree, texts, problems, &sources)
        .err()
        .unwrap_or_default()
}

fn told(texts: &Texts, problems: Vec<Problem>) -> Vec<Fault> {
    problems.into_iter().map(|one| one.told(texts)).collect()
}

/// What a tree means with all that overrides it; `problems` are those that it has already.
fn resolved(
    mut tree: Node,
    mut texts: Texts,
    mut problems: Vec<Problem>,
    sources: &Sources<'_>,
) -> Result<Plan, Vec<Fault>> {
    problems.extend(overrides::apply(&mut tree, &mut texts, sources.overrides));
    if sources.overrides.quick {
        quick::mark(&mut tree, &stem(sources.file_name));
    }
    let reader = Reader::new(&texts, sources.environment);
    let mut resolver = Resolver::new(reader, sources.folder);
    let plan = resolver.plan(&tree, sources);
    let (found, environment) = resolver.reader.finish();
    problems.extend(found);
    match plan {
        Some(plan) if problems.is_empty() => {
            overrides::keep(&mut tree, &plan, &resolver.objectives, sources.overrides);
            Ok(Plan {
                effective: effective::text(&tree, &plan.name, &environment),
                environment,
                mentions: resolver.mentions,
                ..plan
            })
        }
        _ => Err(told(&texts, problems)),
    }
}

/// The state of resolving one plan.
pub(crate) struct Resolver<'a> {
    reader: Reader<'a>,
    folder: &'a Path,
    /// Files that the plan mentions.
    mentions: Vec<Mention>,
    /// The plan's host, if it has one.
    host: Option<String>,
    /// The names of the declared metrics; their places are the metrics' numbers.
    metric_names: Vec<String>,
    /// How answers tell of caches where a class does not say.
    plan_cache: CacheFrom,
    /// The states of the plan.
    plan_states: Vec<StatePlan>,
    /// The gauges of all that is watched.
    gauge_names: Vec<Arc<str>>,
    /// Every objective that has been read.
    objectives: Vec<At<Objective>>,
    /// It has been told that the class has no host.
    host_was_missed: bool,
    /// Values of the class that no step before this one has taken.
    pending: BTreeSet<String>,
    /// These steps come before everything else that a user does: what is pending is not there.
    is_start: bool,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(reader: Reader<'a>, folder: &'a Path) -> Self {
        Resolver {
            reader,
            folder,
            mentions: Vec::new(),
            host: None,
            metric_names: Vec::new(),
            plan_cache: CacheFrom::Headers,
            plan_states: Vec::new(),
            gauge_names: Vec::new(),
            objectives: Vec::new(),
            host_was_missed: false,
            pending: BTreeSet::new(),
            is_start: false,
        }
    }

    /// What is wrong, and the variables that were met.
    pub(crate) fn finish(self) -> (Vec<Problem>, Vec<(String, String)>) {
        self.reader.finish()
    }

    fn plan(&mut self, tree: &Node, sources: &Sources<'_>) -> Option<Plan> {
        let mut file = PlanFile::read(tree, &mut self.reader)?;
        // For editors only; that it is a text has been checked.
        drop(file.schema.take());
        // Laid over the plan before it is read; one that is still here is a fault.
        let _ = file.quick.take();
        // A faulty one counts as one, so that it is told once and not with every URL.
        self.host = match (file.host.take(), tree.get("host")) {
            (Some(host), _) => self.checked_host(&host).or(Some(host.value)),
            (None, unreadable) => unreadable.map(|_| String::new()),
        };
        let ready = file.ready.take().map(|ready| self.ready(ready.value));
        let seed = file.seed.take().map_or(DEFAULT_SEED, |seed| seed.value.0);
        let mut around = self.around(&mut file);
        let feeds = file
            .data
            .map_or_else(Feeds::default, |data| self.feeds(data.value));
        let users = file.users.map(|users| self.classes(users, &feeds));
        let parallel = file.parallel.is_some_and(|parallel| parallel.value);
        let written = file.scenarios.as_ref().map(|all| all.value.names.clone());
        let scenarios = match (file.scenarios, &users) {
            (Some(scenarios), Some(users)) => self.scenarios(scenarios, users, seed, parallel),
            _ => None,
        };
        if let (Some(written), Some(users)) = (written, &users) {
            let known = self.known(written, scenarios.as_deref(), users, &around);
            self.check_objectives(&known);
        }
        let name = file.name.map(|name| name.value);
        let scenarios = overrides::chosen(scenarios?, sources.overrides);
        let names: Vec<String> = scenarios.iter().map(|one| one.name.clone()).collect();
        around
            .objectives
            .retain(|one| overrides::is_judged(one, &names));
        Some(Plan {
            name: name.unwrap_or_else(|| stem(sources.file_name)),
            host: self.host.take(),
            ready: transposed(ready)?,
            feeds: feeds.feeds,
            users: users?.complete()?,
            scenarios,
            seed,
            folder: sources.folder.to_owned(),
            ..around
        })
    }

    /// What a plan says beside who and how much: what must hold, what is measured and what it
    /// costs, what is done before and after.
    fn around(&mut self, file: &mut PlanFile) -> Plan {
        let metrics = file.metrics.take();
        let metrics = metrics.map_or_else(Vec::new, |metrics| self.metrics(metrics.value));
        let cache = file.cache.take();
        if let Some(cache) = cache.and_then(|cache| self.cache(cache.value)) {
            self.plan_cache = cache;
        }
        self.plan_states = self.states(file.states.take(), &[StatePlan::rate_limited()]);
        let watches = self.watches(file.watch.take());
        let own = Watch::generator().gauges();
        let named = gauges(&watches).into_iter().chain(own);
        self.gauge_names = named.map(|gauge| gauge.name).collect();
        let costs = self.costs(file);
        let (before, after) = self.around_it(file.hooks.take());
        Plan {
            objectives: self.objectives(file.objectives.take(), file.slo.take()),
            metrics,
            cache: self.plan_cache.clone(),
            states: self.plan_states.clone(),
            watches,
            prices: costs.prices,
            budget: costs.budget,
            confirm_above: costs.confirm_above,
            per_month_at: costs.per_month_at,
            before,
            after,
            ..Plan::default()
        }
    }

    fn ready(&mut self, file: ReadyFile) -> Option<Ready> {
        let within = file
            .within
            .as_ref()
            .map_or(DEFAULT_WITHIN, |within| within.value);
        let url = self.absolute(&file.get?)?;
        Some(Ready { url, within })
    }

    /// A URL of the plan itself, made absolute with its host.
    fn absolute(&mut self, url: &At<String>) -> Option<String> {
        if !url.value.starts_with('/') {
            return self.checked_url(url);
        }
        match &self.host {
            Some(host) => Some(format!("{host}{}", url.value)),
            None => {
                self.reader.fault_with_hint(
                    url.span,
                    format!("`{}` is relative, and the plan has no `host`", url.value),
                    "add `host: http://…` to the plan",
                );
                None
            }
        }
    }

    /// A file that the plan mentions, absolute; noted, so that its absence can be told.
    fn file(&mut self, name: &At<String>) -> Option<PathBuf> {
        if name.value.is_empty() {
            self.reader.fault(name.span, "the name of a file is empty");
            return None;
        }
        let path = self.folder.join(&name.value);
        self.mentions.push(Mention {
            file: path.clone(),
            place: Place::new(self.reader.texts, name.span),
        });
        Some(path)
    }

    /// A name for reports: one that can be read there.
    fn check_label(&mut self, key: &Key, what: &str) {
        if key.name.trim().is_empty() || key.name.contains(char::is_control) {
            let what = format!("{:?} cannot be the name of {what}", key.name);
            self.reader.fault(key.span, what);
        }
    }

    /// Faults a time of zero where it makes no sense.
    fn positive(&mut self, time: Option<At<std::time::Duration>>) -> Option<std::time::Duration> {
        let time = time?;
        if time.value.is_zero() {
            self.reader
                .fault(time.span, "a time of 0 is too short here");
            return None;
        }
        Some(time.value)
    }
}

/// `None` for something that was given and is faulty; else what was given, if anything.
fn transposed<T>(given: Option<Option<T>>) -> Option<Option<T>> {
    match given {
        None => Some(None),
        Some(None) => None,
        Some(some) => Some(some),
    }
}

/// A file's name without folders and without its end.
fn stem(file_name: &str) -> String {
    let stem = Path::new(file_name).file_stem();
    stem.map_or_else(
        || file_name.to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}
