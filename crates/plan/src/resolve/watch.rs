//! What is watched beside the load, as meant.

use std::time::Duration;

use gatecrash_metrics::watch::{
    self, Command, Exposition, GENERATOR, Operator, ProcessBy, Prometheus, Query, Reduce, SINGLE,
    Selector, Source, Take, Watch,
};
use gatecrash_metrics::{Metric, Unit};
use regex::Regex;

use super::Resolver;
use super::judging::unit_of;
use crate::file::node::{Key, quoted};
use crate::file::read::{At, Entries};
use crate::file::source::Span;
use crate::file::written::{
    ProcessFile, ProcessKeys, Queries, QueryFile, QueryKeys, SelectorText, TakenFile, TakenKeys,
    Takes, WatchFile, WatchKeys, WatchWord, Watches,
};
use crate::template::check::is_name;

const DEFAULT_EVERY: Duration = Duration::from_secs(1);
const SHORTEST_EVERY: Duration = Duration::from_millis(100);
const DEFAULT_OVER: Duration = Duration::from_secs(60);

/// So many gauges a plan may have.
const GAUGES_MAX: usize = 200;

impl Resolver<'_> {
    /// All that is watched, in the order of the file.
    pub(super) fn watches(
        &mut self,
        written: Option<At<Entries<Watches, WatchFile>>>,
    ) -> Vec<Watch> {
        let Some(At { value, span }) = written else {
            return Vec::new();
        };
        let entries = value.list.into_iter();
        let watches: Vec<Watch> = entries
            .filter_map(|(key, file)| self.watch(&key, file))
            .collect();
        let gauges = watch::gauges(&watches);
        if gauges.len() > GAUGES_MAX {
            let what = format!("a plan can have {GAUGES_MAX} gauges, not {}", gauges.len());
            self.reader.fault(span, what);
        }
        self.check_gauges(&gauges, span);
        watches
    }

    /// One that stands alone, as an option gives it.
    pub(crate) fn watch(&mut self, key: &Key, written: At<WatchFile>) -> Option<Watch> {
        self.check_watch_name(key);
        let keys = match written.value {
            WatchFile::Word(word) => {
                let source = match word {
                    WatchWord::Host => Source::Host,
                    WatchWord::Gpu => Source::Gpu(None),
                };
                return Some(watch_of(key, source, DEFAULT_EVERY));
            }
            WatchFile::Keys(keys) => *keys,
        };
        let every = self.every(keys.every.as_ref());
        self.refuse_in_watch(&keys);
        let source = self.watched(keys, written.span)?;
        Some(watch_of(key, source, every))
    }

    fn check_watch_name(&mut self, key: &Key) {
        let what = if !is_name(&key.name) {
            format!(
                "{} cannot be the name of a watch: letters, digits and `_`",
                quoted(&key.name)
            )
        } else if [GENERATOR, "state"].contains(&key.name.as_str()) {
            format!(
                "`{}` is kept for something else; choose another name",
                key.name
            )
        } else {
            return;
        };
        self.reader.fault(key.span, what);
    }

    /// A metric of the plan's own must not have the name of a gauge.
    fn check_gauges(&mut self, gauges: &[Metric], span: Span) {
        let same = gauges
            .iter()
            .find(|gauge| self.metric_names.iter().any(|name| **name == *gauge.name));
        if let Some(gauge) = same {
            let what = format!("`{}` stands under `metrics` as well", gauge.name);
            self.reader.fault(span, what);
        }
    }

    fn every(&mut self, written: Option<&At<Duration>>) -> Duration {
        let Some(At { value, span }) = written else {
            return DEFAULT_EVERY;
        };
        if *value < SHORTEST_EVERY {
            let what = "nothing is read more often than every 100ms";
            self.reader.fault(*span, what);
        }
        *value
    }

    /// Faults keys that belong to another source.
    fn refuse_in_watch(&mut self, keys: &WatchKeys) {
        let takes = keys.prometheus_text.is_some() || keys.command.is_some();
        let asks = keys.prometheus.is_some();
        let fetches = keys.prometheus_text.is_some() || asks;
        let given = [
            (
                "take",
                keys.take.as_ref().map(|at| at.span),
                takes,
                "`prometheus_text` or `command`",
            ),
            (
                "query",
                keys.query.as_ref().map(|at| at.span),
                asks,
                "`prometheus`",
            ),
            (
                "headers",
                keys.headers.as_ref().map(|at| at.span),
                fetches,
                "`prometheus_text` or `prometheus`",
            ),
        ];
        for (key, span, fits, of) in given {
            if let Some(span) = span.filter(|_| !fits) {
                let what = format!("`{key}` belongs to {of}");
                self.reader.fault(span, what);
            }
        }
    }

    fn watched(&mut self, keys: WatchKeys, span: Span) -> Option<Source> {
        let headers = keys
            .headers
            .into_iter()
            .flat_map(|headers| headers.value.list);
        let headers = headers
            .map(|(key, value)| (key.name, value.value))
            .collect();
        if let Some(process) = keys.process {
            return self.process(process).map(Source::Process);
        }
        if let Some(At { value, span }) = keys.container {
            if value.trim().is_empty() {
                self.reader.fault(span, "the name of a container is empty");
            }
            return Some(Source::Container(value));
        }
        if let Some(At { value, span }) = keys.host {
            if !value {
                self.reader.fault(
                    span,
                    "`host` is `true`; leave it out where it is not watched",
                );
            }
            return Some(Source::Host);
        }
        if let Some(device) = keys.gpu {
            let number = u32::try_from(device.value.0);
            if number.is_err() {
                self.reader
                    .fault(device.span, "no machine has so many GPUs");
            }
            return Some(Source::Gpu(Some(number.ok()?)));
        }
        if let Some(command) = keys.command {
            if command.value.written.trim().is_empty() {
                self.reader.fault(command.span, "the command is empty");
            }
            return Some(Source::Command(Command {
                words: command.value.words,
                folder: self.folder.to_owned(),
                gives: self.numbers(keys.take),
            }));
        }
        if let Some(url) = keys.prometheus_text {
            let url = self.absolute(&url);
            let takes = self.taken(keys.take, span);
            return Some(Source::Exposition(Exposition {
                url: url?,
                headers,
                takes,
            }));
        }
        let url = self.checked_url(&keys.prometheus?);
        let queries = self.queries(keys.query, span);
        Some(Source::Prometheus(Prometheus {
            url: url?,
            headers,
            queries,
        }))
    }

    pub(super) fn process(&mut self, written: At<ProcessFile>) -> Option<ProcessBy> {
        let ProcessKeys { pid, name, port } = match written.value {
            ProcessFile::Pid(pid) => return self.pid(pid, written.span),
            ProcessFile::Name(name) => return self.process_name(At::new(name, written.span)),
            ProcessFile::Keys(keys) => keys,
        };
        if let Some(pid) = pid {
            return self.pid(pid.value.0, pid.span);
        }
        if let Some(name) = name {
            return self.process_name(name);
        }
        let At { value, span } = port?;
        match u16::try_from(value.0) {
            Ok(port @ 1..) => Some(ProcessBy::Port(port)),
            _ => {
                let what = format!("a port is from 1 to 65535, not {}", value.0);
                self.reader.fault(span, what);
                None
            }
        }
    }

    fn pid(&mut self, pid: u64, span: Span) -> Option<ProcessBy> {
        match u32::try_from(pid) {
            Ok(pid @ 1..) => Some(ProcessBy::Pid(pid)),
            _ => {
                self.reader
                    .fault(span, format!("no process has the number {pid}"));
                None
            }
        }
    }

    fn process_name(&mut self, name: At<String>) -> Option<ProcessBy> {
        if name.value.trim().is_empty() || name.value.contains('/') {
            let what = "the name of a process is that of its program, without folders";
            self.reader.fault(name.span, what);
            return None;
        }
        Some(ProcessBy::Name(name.value))
    }

    /// The numbers that a command prints, with their units; else one alone.
    fn numbers(&mut self, written: Option<At<Entries<Takes, TakenFile>>>) -> Vec<(String, Unit)> {
        let Some(written) = written else {
            return vec![(SINGLE.to_owned(), Unit::Count)];
        };
        let mut numbers = Vec::new();
        for (key, take) in written.value.list {
            self.check_gauge_name(&key);
            let unit = match take.value {
                TakenFile::Text(unit) => Some(unit.value),
                TakenFile::Keys(TakenKeys { select, unit }) => {
                    if let Some(select) = select {
                        let what =
                            "`select` belongs to `prometheus_text`; a command prints its names";
                        self.reader.fault(select.span, what);
                    }
                    unit.map(|unit| unit.value)
                }
            };
            numbers.push((key.name, unit_of(unit, gatecrash_metrics::Kind::Gauge)));
        }
        numbers
    }

    fn check_gauge_name(&mut self, key: &Key) {
        if !key.name.split('.').all(is_name) {
            let what = format!(
                "{} cannot be the name of a gauge: letters, digits, `_` and `.`",
                quoted(&key.name)
            );
            self.reader.fault(key.span, what);
        }
    }

    fn taken(&mut self, written: Option<At<Entries<Takes, TakenFile>>>, span: Span) -> Vec<Take> {
        let Some(written) = written else {
            let hint = "for example `take: { queue: queue_depth }`";
            self.reader
                .fault_with_hint(span, "`prometheus_text` needs `take`", hint);
            return Vec::new();
        };
        let entries = written.value.list.into_iter();
        entries
            .filter_map(|(key, take)| self.taken_as(key, take))
            .collect()
    }

    fn taken_as(&mut self, key: Key, written: At<TakenFile>) -> Option<Take> {
        self.check_gauge_name(&key);
        let (selector, unit) = match written.value {
            TakenFile::Text(text) => (self.selector(&text)?, None),
            TakenFile::Keys(TakenKeys { select, unit }) => match select {
                Some(select) => (self.checked(select)?, unit),
                None => {
                    let what = "a gauge of a page needs `select`";
                    self.reader.fault(written.span, what);
                    return None;
                }
            },
        };
        Some(Take {
            name: key.name,
            unit: unit.map_or_else(|| selector.unit(), |unit| given(unit.value)),
            selector,
        })
    }

    fn selector(&mut self, text: &At<String>) -> Option<Selector> {
        match Selector::parse(&text.value) {
            Ok(selector) => self.checked(At::new(SelectorText(selector), text.span)),
            Err(fault) => {
                let what = format!("{}: {fault}", quoted(&text.value));
                self.reader.fault(text.span, what);
                None
            }
        }
    }

    /// A selector whose patterns are patterns.
    fn checked(&mut self, selector: At<SelectorText>) -> Option<Selector> {
        let At { value, span } = selector;
        for matcher in &value.0.matchers {
            let is_pattern = matches!(matcher.operator, Operator::Fits | Operator::FitsNot);
            if let (true, Err(fault)) = (is_pattern, Regex::new(&matcher.value)) {
                let what = format!("{matcher} is no pattern: {fault}");
                self.reader
                    .fault(span, what.lines().collect::<Vec<_>>().join(" "));
                return None;
            }
        }
        Some(value.0)
    }

    fn queries(
        &mut self,
        written: Option<At<Entries<Queries, QueryFile>>>,
        span: Span,
    ) -> Vec<Query> {
        let Some(written) = written else {
            let hint = "for example `query: { p95: { p95: http_request_duration_seconds } }`";
            self.reader
                .fault_with_hint(span, "`prometheus` needs `query`", hint);
            return Vec::new();
        };
        let entries = written.value.list.into_iter();
        entries
            .filter_map(|(key, query)| self.query(key, query))
            .collect()
    }

    fn query(&mut self, key: Key, written: At<QueryFile>) -> Option<Query> {
        self.check_gauge_name(&key);
        let keys = match written.value {
            QueryFile::Text(promql) => {
                return Some(Query {
                    name: key.name,
                    promql,
                    unit: Unit::Count,
                    step: None,
                });
            }
            QueryFile::Keys(keys) => *keys,
        };
        let step = self.positive(keys.step.clone());
        let unit = keys.unit.as_ref().map(|unit| given(unit.value.clone()));
        let (promql, natural) = self.promql(keys)?;
        Some(Query {
            name: key.name,
            promql,
            unit: unit.unwrap_or(natural),
            step,
        })
    }

    /// The question, and the unit of what it gives.
    fn promql(&mut self, keys: QueryKeys) -> Option<(String, Unit)> {
        if let Some(promql) = keys.promql {
            return Some((promql.value, Unit::Count));
        }
        let over = self.positive(keys.over).unwrap_or(DEFAULT_OVER);
        let over = format!("{}ms", over.as_millis());
        let quantiles = [
            (keys.p50, 0.5),
            (keys.p90, 0.9),
            (keys.p95, 0.95),
            (keys.p99, 0.99),
        ];
        for (selector, share) in quantiles {
            if let Some(selector) = selector {
                let selector = self.plain(selector)?;
                return Some((quantile_of(&selector, share, &over), selector.unit()));
            }
        }
        if let Some(selector) = keys.error_ratio {
            let status = keys
                .status
                .map_or_else(|| "status".to_owned(), |at| at.value);
            let selector = self.plain(selector)?;
            return Some((error_ratio(&selector, &status, &over), Unit::Share));
        }
        let selector = self.plain(keys.request_rate?)?;
        Some((format!("sum(rate({selector}[{over}]))"), Unit::PerSecond))
    }

    /// A selector without a word before it: the question says what becomes of the values.
    fn plain(&mut self, selector: At<SelectorText>) -> Option<Selector> {
        let span = selector.span;
        let selector = self.checked(selector)?;
        if selector.reduce != Reduce::Natural {
            let what = "a name and its labels are enough here";
            self.reader.fault(span, what);
            return None;
        }
        Some(selector)
    }
}

fn watch_of(key: &Key, source: Source, every: Duration) -> Watch {
    Watch {
        name: key.name.clone(),
        source,
        every,
    }
}

fn given(unit: String) -> Unit {
    unit_of(Some(unit), gatecrash_metrics::Kind::Gauge)
}

/// <https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile>
fn quantile_of(selector: &Selector, share: f64, over: &str) -> String {
    let buckets = Selector {
        name: format!("{}_bucket", selector.name),
        ..selector.clone()
    };
    format!("histogram_quantile({share}, sum by (le) (rate({buckets}[{over}])))")
}

/// Failures by requests. Where none failed there is no such series, which is 0, as long as
/// there are series with that label at all: a wrong label must not look like no failures.
fn error_ratio(selector: &Selector, status: &str, over: &str) -> String {
    let with = |operator: Operator, value: &str| {
        let mut other = selector.clone();
        other.matchers.push(watch::Matcher {
            label: status.to_owned(),
            operator,
            value: value.to_owned(),
        });
        format!("sum(rate({other}[{over}]))")
    };
    let failed = with(Operator::Fits, "5..");
    let labelled = with(Operator::Unequal, "");
    format!("({failed} or 0 * {labelled}) / sum(rate({selector}[{over}]))")
}
