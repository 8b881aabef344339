//! The plan as written: one type per map of the file, one field per key.
//!
//! In: the tree, by [`super::read`]. Out: typed values with their places. Never: a default
//! filled in, a name looked up. The comments on fields are what the JSON Schema and the
//! reference page say.

mod answer;
mod data;
mod load;
mod steps;
mod users;

pub(crate) use answer::{ExpectFile, JsonExpectFile, SocketExpectFile, TakeFile, TakeKeys};
pub(crate) use data::FeedFile;
pub(crate) use load::{RateFile, RateStageFile, ScenarioFile, UserStageFile, UsersFile, WhoFile};
pub(crate) use steps::{
    ConnectFile, HttpFile, PartFile, ReceiveFile, SendFile, StepFile, TaskFile,
};
pub(crate) use users::UserFile;

use std::time::Duration;

use super::read::{Entries, Named};
use super::scalar::Whole;
use super::shape::record;

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
    Weights "user classes and their weights",
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
        /// What schedules, rows and tasks are drawn from: the same seed draws the same again.
        seed: Whole = "7" (default "1");
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
