//! A rate of task executions instead of a number of users. Locust has nothing like it.

use super::{Default, Group, Kind, OptionSpec};

/// Arrivals at a rate.
pub(super) const GROUP: Group = Group {
    title: "Rate options",
    options: OPTIONS,
};

const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(
        &["--rate"],
        "rate",
        Kind::Rate,
        "Start this many executions of tasks per time, 100/s, 30/m or 1000/h, on as many users as \
         that takes, whether the answers come in time or not. Takes the place of --users and \
         --spawn-rate; the file's wait times do not apply. A run that could not be driven like \
         that is told to be INVALID and ends with exit code 98",
    )
    .env("GATECRASH_RATE")
    .metavar("<rate>"),
    OptionSpec::new(
        &["--max-users"],
        "max_users",
        Kind::PositiveInt,
        "With --rate: the most users at once. An execution that finds all of them at work is \
         missed, and counted as such",
    )
    .env("GATECRASH_MAX_USERS")
    .default(Default::Int(10_000))
    .metavar("<int>"),
    OptionSpec::new(
        &["--poisson"],
        "poisson",
        Kind::Flag,
        "With --rate: let executions start independently of each other, as those of many people \
         do, instead of evenly spaced",
    )
    .env("GATECRASH_POISSON"),
    OptionSpec::new(
        &["--seed"],
        "seed",
        Kind::PositiveInt,
        "With --rate: draw User classes, tasks and --poisson from this number, so that a run can \
         be repeated. Default: another one for each run, which the log tells",
    )
    .env("GATECRASH_SEED")
    .metavar("<int>"),
];
