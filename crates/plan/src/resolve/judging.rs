//! Objectives, metrics and what answers say of themselves, as meant.

use std::sync::Arc;

use gatecrash_metrics::measure::Measure;
use gatecrash_metrics::objective::Objective;
use gatecrash_metrics::objective::term::{RESPONSE_TIME, Subject, Term};
use gatecrash_metrics::{Kind, Metric, Unit};

use super::Resolver;
use super::overrides::is_rung;
use super::users::ClassList;
use crate::file::node::{Key, quoted};
use crate::file::read::{At, Entries};
use crate::file::source::Span;
use crate::file::written::{
    CacheFile, CacheKeys, CacheWord, ExpectFile, MetricFile, Metrics, ObjectiveFile, SloFile,
    States, TakeFile,
};
use crate::model::{
    CacheFrom, Check, CheckJson, JsonTemplate, MeasureTake, Plan, Scenario, StatePlan, TakeFrom,
    Template, UserKind,
};
use crate::template::check::{Scope, is_name};

/// What objectives can name.
pub(super) struct Known {
    /// Scenarios.
    pub(super) scenarios: Vec<String>,
    /// Every scenario could be read, and with it every rung of a ladder.
    pub(super) all_rungs: bool,
    /// Classes of users; `None` where only a locustfile knows them.
    pub(super) users: Option<Vec<String>>,
    /// The names of declared metrics, and of the counters of states.
    pub(super) metrics: Vec<String>,
    /// The declared metrics.
    pub(super) declared: Vec<Metric>,
    /// Every class could be read, and with it every state.
    pub(super) all_states: bool,
    /// The currency of the prices, if there are any.
    pub(super) currency: Option<Arc<str>>,
}

impl Resolver<'_> {
    /// A list of objectives and a table of them, as one list; what they name is checked when
    /// it is known.
    pub(super) fn objectives(
        &mut self,
        list: Option<At<Vec<At<ObjectiveFile>>>>,
        table: Option<At<SloFile>>,
    ) -> Vec<Objective> {
        let list = list.into_iter().flat_map(|list| list.value);
        let list = list.map(|one| At::new(one.value.0, one.span));
        let table = table.into_iter().flat_map(|table| table.value.0);
        let mut all: Vec<At<Objective>> = list.chain(table).collect();
        for one in &mut all {
            let is_gauge = |name: &str| self.gauge_names.iter().any(|gauge| **gauge == *name);
            one.value.name_gauges(is_gauge);
        }
        self.objectives.extend(all.iter().cloned());
        all.into_iter().map(|one| one.value).collect()
    }

    /// What objectives can name, in a plan with these scenarios and classes.
    pub(super) fn known(
        &self,
        written: Vec<String>,
        scenarios: Option<&[Scenario]>,
        users: &ClassList,
        around: &Plan,
    ) -> Known {
        let resolved = scenarios.map(|all| all.iter().map(|one| one.name.clone()).collect());
        let states = users
            .classes
            .iter()
            .flatten()
            .flat_map(|class| match &class.kind {
                UserKind::Http(users) => users.states.as_slice(),
                UserKind::Locust(_) | UserKind::Rust(_) => &[],
            });
        let states = self.plan_states.iter().chain(states);
        let gauges = around.all_gauges();
        let named = gauges.iter().map(|gauge| gauge.name.to_string());
        let declared = self.metric_names.iter().cloned().chain(named);
        Known {
            all_rungs: scenarios.is_some(),
            scenarios: resolved.unwrap_or(written),
            users: users_named(users),
            metrics: declared.chain(states.map(StatePlan::metric_name)).collect(),
            all_states: users.classes.iter().all(Option::is_some),
            currency: around.prices.as_ref().map(|prices| prices.currency.clone()),
            declared: [around.metrics.clone(), gauges].concat(),
        }
    }

    /// Faults every name in an objective that nothing has.
    pub(super) fn check_objectives(&mut self, known: &Known) {
        let all = std::mem::take(&mut self.objectives);
        for At { value, span } in &all {
            for name in value.metrics() {
                self.check_metric(&name, *span, known);
            }
            for metric in &known.declared {
                if let Some(why) = value.misuse(metric) {
                    self.reader.fault(self.word_in(*span, &metric.name), why);
                }
            }
            for term in value.terms() {
                self.check_scope(term, *span, known);
                if term.subject == Subject::Cost {
                    self.check_currency(value.unit.as_ref(), *span, known);
                }
            }
        }
        self.objectives = all;
    }

    fn check_metric(&mut self, name: &str, span: Span, known: &Known) {
        let built_in = Measure::ALL.iter().filter_map(|measure| measure.name());
        let all = built_in.chain([RESPONSE_TIME]);
        let all: Vec<&str> = all
            .chain(known.metrics.iter().map(String::as_str))
            .collect();
        let is_hidden = name.starts_with("state.") && !known.all_states;
        if all.contains(&name) || is_hidden {
            return;
        }
        let what = format!("there is no metric `{name}`");
        let hint = match crate::hint::nearest(name, all.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "declare it under `metrics`".to_owned(),
        };
        self.reader
            .fault_with_hint(self.word_in(span, name), what, hint);
    }

    fn check_currency(&mut self, unit: Option<&Unit>, span: Span, known: &Known) {
        match (unit, &known.currency) {
            (_, None) => {
                let hint = "say what requests cost: `prices: { of: { \"*\": 0.002 } }`";
                let span = self.word_in(span, "cost");
                self.reader
                    .fault_with_hint(span, "`cost` needs `prices`", hint);
            }
            (Some(Unit::Named(said)), Some(currency)) if said != currency => {
                let what = format!("the prices are in {currency}, this is in {said}");
                let span = self.word_in(span, said);
                self.reader.fault(span, what);
            }
            _ => {}
        }
    }

    fn check_scope(&mut self, term: &Term, span: Span, known: &Known) {
        let is_hidden = |name: &str| {
            let mut names = known.scenarios.iter();
            !known.all_rungs && names.any(|ladder| is_rung(name, ladder))
        };
        if let Some(scenario) = term.scope.scenario.as_ref().filter(|name| !is_hidden(name)) {
            self.check_one_of("scenario", scenario, span, &known.scenarios);
        }
        if let (Some(user), Some(users)) = (&term.scope.user, &known.users) {
            self.check_one_of("user class", user, span, users);
        }
    }

    fn check_one_of(&mut self, what: &str, name: &str, span: Span, names: &[String]) {
        if !names.iter().any(|known| known == name) {
            let what = format!("there is no {what} {}", quoted(name));
            self.missing(self.word_in(span, name), what, name, names);
        }
    }

    /// Where a word stands in a piece of the file; else the whole piece.
    fn word_in(&self, span: Span, word: &str) -> Span {
        let source = self.reader.texts.of(span);
        match source.slice(span.range()).find(word) {
            Some(at) => {
                let start = span.range().start + at;
                Span::in_file(start..start + word.len()).of(span.source)
            }
            None => span,
        }
    }

    /// The declared metrics, in their order.
    pub(super) fn metrics(&mut self, written: Entries<Metrics, MetricFile>) -> Vec<Metric> {
        self.metric_names = written.names;
        let mut metrics = Vec::new();
        for (key, file) in written.list {
            self.check_metric_name(&key);
            let (kind, unit) = match file.value {
                MetricFile::Kind(kind) => (Some(kind), None),
                MetricFile::Keys(keys) => (
                    keys.kind.map(|kind| kind.value),
                    keys.unit.map(|unit| unit.value),
                ),
            };
            // Without a kind it is faulty, which has been told; its place is kept.
            let kind = kind.unwrap_or(Kind::Trend);
            metrics.push(Metric {
                name: key.name.into(),
                unit: unit_of(unit, kind),
                kind,
            });
        }
        metrics
    }

    /// A metric needs a name that objectives can say and that means nothing else there.
    fn check_metric_name(&mut self, key: &Key) {
        let name = &key.name;
        let is_built_in = |measure: &Measure| measure.name() == Some(name);
        let what = if !name.split('.').all(is_name) {
            format!(
                "{} cannot be the name of a metric: letters, digits, `_` and `.`",
                quoted(name)
            )
        } else if name.starts_with("state.") {
            format!("`{name}` is kept for the counter of a state; declare that under `states`")
        } else if Measure::ALL.iter().any(is_built_in) || name == RESPONSE_TIME {
            format!("`{name}` is measured anyway; choose another name")
        } else if !means_itself(name) {
            format!("`{name}` means something else in objectives; choose another name")
        } else {
            return;
        };
        self.reader.fault(key.span, what);
    }

    /// The numbers of an answer that are recorded.
    pub(super) fn measures(
        &mut self,
        written: Option<At<Entries<Metrics, TakeFile>>>,
    ) -> Vec<MeasureTake> {
        let entries = written.into_iter().flat_map(|written| written.value.list);
        entries
            .filter_map(|(key, take)| self.measure(&key, take.value))
            .collect()
    }

    fn measure(&mut self, key: &Key, take: TakeFile) -> Option<MeasureTake> {
        let names = self.metric_names.clone();
        let metric = names.iter().position(|name| *name == key.name);
        if metric.is_none() {
            let what = format!("there is no metric {} under `metrics`", quoted(&key.name));
            match names.is_empty() {
                true => {
                    let hint = format!("declare it: `metrics: {{ {}: trend }}`", key.name);
                    self.reader.fault_with_hint(key.span, what, hint);
                }
                false => self.missing(key.span, what, &key.name, &names),
            }
        }
        let from = match take {
            TakeFile::Json(path) => TakeFrom::Json(path.0),
            TakeFile::Place(place) => {
                if let Some(default) = &place.default {
                    let what = "what is not there is not recorded: `default` does not go here";
                    self.reader.fault(default.span, what);
                }
                super::requests::from(*place)?
            }
        };
        Some(MeasureTake {
            metric: metric?,
            from,
        })
    }

    /// How answers tell of a cache. `None` if that is faulty.
    pub(super) fn cache(&mut self, written: CacheFile) -> Option<CacheFrom> {
        let keys = match written {
            CacheFile::Word(CacheWord::Off) => return Some(CacheFrom::Off),
            CacheFile::Word(CacheWord::Headers) => return Some(CacheFrom::Headers),
            CacheFile::Keys(keys) => keys,
        };
        let CacheKeys { json, header, hit } = keys;
        match (json, header) {
            (Some(path), None) => Some(CacheFrom::Json {
                path: path.value.0,
                hit: hit.map(|hit| hit.value.0),
            }),
            (None, Some(name)) => Some(CacheFrom::Header {
                name: name.value,
                hit: hit.map(|hit| text_of(&hit.value.0)),
            }),
            _ => None,
        }
    }

    /// The states that are written, under names of which one replaces that of `others`.
    pub(super) fn states(
        &mut self,
        written: Option<At<Entries<States, ExpectFile>>>,
        others: &[StatePlan],
    ) -> Vec<StatePlan> {
        let mut states = others.to_vec();
        for (key, expect) in written.into_iter().flat_map(|written| written.value.list) {
            self.check_name(&key, "a state");
            let span = expect.span;
            let when = self.checks(expect, &Scope::default());
            self.check_condition_of_state(&when, span);
            let state = StatePlan {
                name: key.name,
                when,
            };
            states.retain(|other| other.name != state.name);
            states.push(state);
        }
        states
    }

    fn check_condition_of_state(&mut self, when: &[Check], span: Span) {
        if when.is_empty() && self.reader.is_sound(span) {
            let hint = "write for example `{ header: { X-Mode: degraded } }`";
            self.reader
                .fault_with_hint(span, "no condition stands here", hint);
        }
        if !when.iter().all(is_constant) {
            let what = "the texts of a state stand as they are: there is nothing to fill in";
            self.reader.fault(span, what);
        }
    }
}

/// The names of all classes of users, those of locustfiles included; `None` if one of these
/// does not say which they are.
fn users_named(users: &ClassList) -> Option<Vec<String>> {
    let mut names = users.names.clone();
    for class in users.classes.iter().flatten() {
        match &class.kind {
            UserKind::Locust(users) if users.classes.is_empty() => return None,
            UserKind::Locust(users) => names.extend(users.classes.iter().cloned()),
            UserKind::Http(_) | UserKind::Rust(_) => {}
        }
    }
    Some(names)
}

/// Whether an objective that says this name speaks of the metric.
fn means_itself(name: &str) -> bool {
    let objective = Objective::parse(&format!("{name} < 1"));
    objective.is_ok_and(|objective| objective.metrics().iter().any(|metric| **metric == *name))
}

pub(super) fn unit_of(written: Option<String>, kind: Kind) -> Unit {
    match (written.as_deref(), kind) {
        (None, Kind::Rate) | (Some("share"), _) => Unit::Share,
        (Some("s"), _) => Unit::Seconds,
        (None, _) | (Some("count"), _) => Unit::Count,
        (Some("ms"), _) => Unit::Ms,
        (Some("bytes"), _) => Unit::Bytes,
        (Some("per second"), _) => Unit::PerSecond,
        (Some(other), _) => Unit::Named(other.into()),
    }
}

fn text_of(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_constant(check: &Check) -> bool {
    let text = |template: &Template| template.as_constant().is_some();
    match check {
        Check::Header(_, template) | Check::Contains(template) => text(template),
        Check::Json(_, CheckJson::Contains(template)) => text(template),
        Check::Json(_, CheckJson::Equals(value)) => matches!(value, JsonTemplate::Constant(_)),
        _ => true,
    }
}
