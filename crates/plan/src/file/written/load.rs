//! Scenarios and their loads, as written.

use std::str::FromStr;
use std::time::Duration;

use super::{HooksFile, ObjectiveFile, ProfileFile, SloFile, Weights};
use crate::file::node::{Node, Value};
use crate::file::read::{At, Entries, Read, Reader};
use crate::file::scalar::{Arrivals, Count, Weight, Whole};
use crate::file::shape::{Kind, Leaf, record};
use crate::rate::Rate;

record! {
    /// A scenario: a load over the users, given either as a number of `users` (closed: each has
    /// one task after the other) or as a `rate` (open: so many tasks begin per second, on as many
    /// users as that takes).
    ScenarioFile "a scenario" one of ["users", "rate"] {
        /// How many users there are: a number, or stages, each a straight way to another
        /// number, from nobody on.
        users: UsersFile = "100";
        /// How many users start per second, up to the number of `users`.
        spawn: Rate = "10/s" (default "all at once");
        /// How many tasks begin per second: a rate; a ramp from one to another over the time of
        /// the scenario (`1/s .. 100/s`); stages, from 0/s on; or a ladder (`[10/s, 100/s]`),
        /// which makes a scenario of each rung, named `NAME 10/s` and so on.
        rate: RateFile = "1/s .. 100/s";
        /// How long new work begins. Not needed with iterations; stages say it themselves.
        duration as "for": Duration = "2m";
        /// How many tasks each user does. With `for`, whichever ends first.
        iterations: Count = "4";
        /// How many tasks all users do together. With `for`, whichever ends first.
        total_iterations: Count = "1000";
        /// The most tasks at once under a `rate`; arrivals beyond are missed, and counted.
        max_in_flight: Count = "500" (default "10000");
        /// How arrivals lie in time: evenly spaced (`even`), or by chance, as those of many
        /// separate people do (`poisson`).
        arrivals: Arrivals = "poisson" (default "even");
        /// What this scenario's schedule, rows and tasks are drawn from.
        seed: Whole = "7" (default "drawn from the plan's seed and the scenario's name");
        /// Whether its numbers count; those of a warm-up do not.
        measure: bool = "false" (default "true");
        /// How long unfinished tasks may go on after the end of `for`.
        grace: Duration = "10s" (default "30s");
        /// The scenario after whose end this one begins.
        after: String = "burst" (default "the one before it in the file");
        /// Which user classes take part: their names, or their names with weights for this
        /// scenario.
        who: WhoFile = "[researcher]" (default "all, with their weights");
        /// How long a task takes, as the author expects; only for the forecast of `gatecrash
        /// explain`.
        expected_time: Duration = "800ms";
        /// What must hold in it, beside the `objectives` of the plan.
        objectives: Vec<At<ObjectiveFile>> = "[p95 < 300ms, error_rate < 1%]";
        /// What must hold in it, as a table: endpoints, and under each its values and their limits.
        slo: SloFile = "{ /retrieve: { p50: 300ms, p95: 900ms, errors: 1% } }";
        /// The rest before it and its hooks: from the end of the scenario that it waits for,
        /// or from the start of the run if it waits for none. Of a ladder before each rung.
        pause_before: Duration = "10s" (default "0s");
        /// What is done before it begins and after it has ended; of a ladder around each rung.
        hooks: HooksFile = "{ before: [{ post: /admin/mode, json: { mode: degraded } }] }";
        /// A flame graph of a process of this machine while it runs, kept with the results as
        /// `flame-SCENARIO.svg`; of a ladder one for each rung.
        profile: ProfileFile = "{ port: 8010, for: 60s }";
    }
}

record! {
    /// A stage of a number of users.
    UserStageFile "a stage" {
        /// The number of users at its end.
        to: Whole = "50", required;
        /// How long it takes; `0s` is at once.
        duration as "in": Duration = "1m", required;
    }
}

record! {
    /// A stage of a rate.
    RateStageFile "a stage" {
        /// The rate at its end.
        to: Rate = "100/s", required;
        /// How long it takes; `0s` is at once.
        duration as "in": Duration = "1m", required;
    }
}

/// How many users.
pub(crate) enum UsersFile {
    Number(Count),
    Stages(Vec<At<UserStageFile>>),
}

impl Read for UsersFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![Count::kind(), <Vec<At<UserStageFile>>>::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::List(_) => Read::read(node, reader).map(UsersFile::Stages),
            Value::Number(..) | Value::Text(_) => Count::read(node, reader).map(UsersFile::Number),
            _ => reader.mismatch::<Self, Self>(node),
        }
    }
}

/// How many tasks per second.
pub(crate) enum RateFile {
    Constant(Rate),
    Ramp(Rate, Rate),
    Ladder(Vec<At<Rate>>),
    Stages(Vec<At<RateStageFile>>),
}

/// A ramp, for the schema and the messages.
struct Ramp;

impl Read for Ramp {
    fn kind() -> Kind {
        static LEAF: Leaf = Leaf {
            name: "ramp",
            what: "a ramp such as 1/s .. 100/s",
            schema: r#"{"type":"string","pattern":"^[0-9.]+/[smh] *\\.\\. *[0-9.]+/[smh]$"}"#,
        };
        Kind::Leaf(&LEAF)
    }

    fn read(_: &Node, _: &mut Reader<'_>) -> Option<Self> {
        None
    }
}

impl Read for RateFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![
            Rate::kind(),
            Ramp::kind(),
            <Vec<At<Rate>>>::kind(),
            <Vec<At<RateStageFile>>>::kind(),
        ])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(_) => {
                let text = reader.text(node)?;
                match text.split_once("..") {
                    Some((from, to)) => {
                        let from = rate(from, node, reader);
                        let to = rate(to, node, reader);
                        Some(RateFile::Ramp(from?, to?))
                    }
                    None => rate(&text, node, reader).map(RateFile::Constant),
                }
            }
            Value::Number(..) => Rate::read(node, reader).map(RateFile::Constant),
            Value::List(list) if list.iter().any(|one| matches!(one.value, Value::Map(_))) => {
                Read::read(node, reader).map(RateFile::Stages)
            }
            Value::List(_) => Read::read(node, reader).map(RateFile::Ladder),
            _ => reader.mismatch::<Self, Self>(node),
        }
    }
}

fn rate(text: &str, node: &Node, reader: &mut Reader<'_>) -> Option<Rate> {
    Rate::from_str(text.trim()).map_or_else(|why| reader.refuse(node, why.to_string()), Some)
}

/// Which classes.
pub(crate) enum WhoFile {
    Names(Vec<At<String>>),
    Weights(Entries<Weights, Weight>),
}

impl Read for WhoFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![
            String::kind(),
            <Vec<At<String>>>::kind(),
            <Entries<Weights, Weight>>::kind(),
        ])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(_) => {
                let name = String::read(node, reader)?;
                Some(WhoFile::Names(vec![At::new(name, node.span)]))
            }
            Value::Map(_) => Read::read(node, reader).map(WhoFile::Weights),
            Value::List(_) => Read::read(node, reader).map(WhoFile::Names),
            _ => reader.mismatch::<Self, Self>(node),
        }
    }
}
