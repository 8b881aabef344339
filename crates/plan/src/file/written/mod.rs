//! The plan as written: one type per map of the file, one field per key.
//!
//! In: the tree, by [`super::read`]. Out: typed values with their places. Never: a default
//! filled in, a name looked up. The comments on fields are what the JSON Schema and the
//! reference page say.

mod answer;
mod cost;
mod data;
mod hooks;
mod judging;
mod load;
mod metrics;
mod profile;
mod steps;
mod users;
mod watch;

pub(crate) use answer::{ExpectFile, JsonExpectFile, SocketExpectFile, TakeFile, TakeKeys};
pub(crate) use cost::{PriceFile, PricesFile, TokenPriceKeys, TokensKeys};
pub(crate) use data::FeedFile;
pub(crate) use hooks::{ActionFile, HookFile, HooksFile, RunFile};
pub(crate) use judging::{ObjectiveFile, SloFile};
pub(crate) use load::{RateFile, RateStageFile, ScenarioFile, UserStageFile, UsersFile, WhoFile};
pub(crate) use metrics::{CacheFile, CacheKeys, CacheWord, MetricFile};
pub(crate) use profile::ProfileFile;
pub(crate) use steps::{
    ConnectFile, HttpFile, PartFile, ReceiveFile, SendFile, StepFile, TaskFile,
};
pub(crate) use users::UserFile;
pub(crate) use watch::{
    ProcessFile, ProcessKeys, QueryFile, QueryKeys, SelectorText, TakenFile, TakenKeys, WatchFile,
    WatchKeys, WatchWord,
};

use std::time::Duration;

use super::money::{Money, PerDay};
use super::node::Node;
use super::read::{At, Entries, Named, Read, Reader};
use super::scalar::Whole;
use super::shape::{Kind, Record, record};

/// Names that the author of a plan chooses.
macro_rules! named {
    ($($type:ident $names:literal),* $(,)?) => {
        $(
            pub(crate) struct $type;
            impl Named for $type {
                const NAMES: &'static str = $names;
            }
        )*
    };
}

named!(
    Feeds "feeds",
    Classes "user classes",
    Scenarios "scenarios",
    Headers "headers",
    Parameters "parameters",
    Fields "fields",
    Values "values",
    Paths "JSONPaths",
    Columns "columns",
    Metrics "metrics",
    States "states",
    Endpoints "endpoints",
    Weights "user classes and their weights",
    Watches "watches",
    Takes "gauges",
    Queries "gauges and their queries",
);

record! {
    /// A plan: who uses the service (`users`), and how much (`scenarios`).
    PlanFile "a plan" {
        /// Where an editor finds the schema of this file. Gatecrash does not look at it.
        schema as "$schema": String = "plan.schema.json";
        /// What the reports call the run.
        name: String = "Knowledge graph API" (default "the name of the file, without its end");
        /// Where relative URLs lead: a URL with scheme and host. A user class may have its own.
        host: String = "http://127.0.0.1:8010";
        /// What must answer before the first scenario begins.
        ready: ReadyFile = "{ get: /health, within: 30s }";
        /// Rows for the templates: the row that a task has taken from the feed `questions` is
        /// `{{ questions.COLUMN }}`.
        data: Entries<Feeds, FeedFile> = "{ questions: { csv: questions.csv, pick: random } }";
        /// Who: classes of users, by their names.
        users: Entries<Classes, UserFile> = "{ reader: { tasks: [{ get: / }] } }", required;
        /// How much: loads over the users, by their names, in the order of the file.
        scenarios: Entries<Scenarios, ScenarioFile> = "{ burst: { rate: 50/s, for: 2m } }", required;
        /// Whether all scenarios begin together instead of one after the other; those with
        /// `after:` still wait.
        parallel: bool = "true" (default "false");
        /// What must hold in each measured scenario, or across them.
        objectives: Vec<At<ObjectiveFile>> = "[p95 of /retrieve < 900ms, error_rate < 1%]";
        /// What must hold, as a table: endpoints, and under each its values and their limits.
        /// These are upper limits; of `success_rate`, `rps`, `cache_hit_rate` and whatever else is
        /// the better the larger it is they are lower ones. A limit may say itself: `">= 50"`.
        slo: SloFile = "{ /retrieve: { p50: 300ms, p95: 900ms, p99: 2s, errors: 1% } }";
        /// Metrics of the author's own, which answers are measured by (`measure`) and objectives
        /// can name: their kinds, or maps that say more.
        metrics: Entries<Metrics, MetricFile> = "{ credits: counter, score: { kind: trend, unit: points } }";
        /// How answers tell whether they came from a cache: by the usual headers (`Age`, `X-Cache`,
        /// `CF-Cache-Status`, `Cache-Status`, status 304), at a place of its own, or not at all
        /// (`off`). What an answer does not tell is unknown, and no miss.
        cache: CacheFile = "{ json: $.cached }" (default "headers");
        /// Conditions of the service that answers may tell, by their names, each as under `expect`:
        /// how often it was told is the counter `state.NAME`. `rate_limited` is there anyway, for
        /// status 429.
        states: Entries<States, ExpectFile> = "{ degraded: { header: { X-Mode: degraded } } }";
        /// What is watched beside the load, by its name: processes, containers, this machine, GPUs,
        /// commands, pages of metrics, a Prometheus. Each gives gauges once a second, which
        /// objectives can name: `avg api.cpu < 70%`.
        watch: Entries<Watches, WatchFile> = "{ api: { process: { port: 8010 } }, machine: host }";
        /// What requests cost.
        prices: PricesFile = "{ of: { /retrieve: 0.002 } }";
        /// The run ends when it has cost as much.
        budget: Money = "5 USD";
        /// A run whose estimate is above this asks first.
        confirm_above: Money = "1 USD";
        /// So many requests are what the cost of a month (30 days) is told for.
        per_month_at: PerDay = "1000/day";
        /// What is done before the first scenario, when the service is ready, and after the last.
        hooks: HooksFile = "{ after: [{ run: ./collect-logs.sh, keep: server.log }] }";
        /// What schedules, rows and tasks are drawn from: the same seed draws the same again.
        seed: Whole = "7" (default "1");
        /// What `--quick` lays over the plan, so that it is run in seconds: maps are merged key by
        /// key, everything else replaces (a list of objectives as a whole), and `null` takes away.
        /// Without `--quick` it is checked and changes nothing.
        quick: QuickFile = "{ scenarios: { burst: { for: 5s } } }";
    }
}

/// Parts of a plan that are laid over it before it is read.
pub(crate) struct QuickFile;

impl Read for QuickFile {
    fn kind() -> Kind {
        static RECORD: Record = PlanFile::RECORD;
        Kind::Parts(&RECORD)
    }

    /// What is read has been laid over already: only an option can have brought this.
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let what = "`quick` is laid over the plan before this is set, and would change nothing";
        reader.fault_with_hint(node.span, what, "set the key itself");
        None
    }
}

record! {
    /// What must answer before the first scenario begins.
    ReadyFile "`ready`" {
        /// The URL that must answer with a status below 400; relative to the plan's `host`.
        get: String = "/health", required;
        /// How long it is tried.
        within: Duration = "30s" (default "30s");
    }
}
