//! Tags, the names of User classes, and what fits nowhere else.

use super::{Default, Group, Kind, OptionSpec};

/// Which tasks run.
pub(super) const TAGS: Group = Group {
    title: "Tag options",
    options: TAG_OPTIONS,
};

/// What fits nowhere else.
pub(super) const GROUP: Group = Group {
    title: "Other options",
    options: OPTIONS,
};

/// Which User classes run.
pub(super) const USER_CLASSES: Group = Group {
    title: "User classes",
    options: USER_CLASS_OPTIONS,
};

const TAG_OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(
        &["-T", "--tags"],
        "tags",
        Kind::List,
        "Run only tasks that have at least one of these tags",
    )
    .env("LOCUST_TAGS")
    .metavar("<tag>"),
    OptionSpec::new(
        &["-E", "--exclude-tags"],
        "exclude_tags",
        Kind::List,
        "Run only tasks that have none of these tags",
    )
    .env("LOCUST_EXCLUDE_TAGS")
    .metavar("<tag>"),
];

const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(
        &["--show-task-ratio"],
        "show_task_ratio",
        Kind::Flag,
        "Print which share of all tasks each task has, and exit",
    ),
    OptionSpec::new(
        &["--show-task-ratio-json"],
        "show_task_ratio_json",
        Kind::Flag,
        "The same as JSON",
    ),
    OptionSpec::new(
        &["--version", "-V"],
        "version",
        Kind::Version,
        "Show the version, and with which Locust it is compatible, and exit",
    )
    .early(),
    OptionSpec::new(
        &["--exit-code-on-error"],
        "exit_code_on_error",
        Kind::Int,
        "Exit code of a run in which a request failed or a task raised. Default: 1",
    )
    .env("LOCUST_EXIT_CODE_ON_ERROR")
    .default(Default::Int(1))
    .metavar("<int>"),
    OptionSpec::new(
        &["-s", "--stop-timeout"],
        "stop_timeout",
        Kind::Timespan,
        "How long users may take to finish the task they are in when the run stops. Default: 0, \
         they are stopped at once",
    )
    .env("LOCUST_STOP_TIMEOUT")
    .default(Default::Text("0"))
    .metavar("<time>"),
    OptionSpec::new(
        &["--equal-weights"],
        "equal_weights",
        Kind::Flag,
        "Treat all User classes and all tasks as if they had the same weight",
    ),
    OptionSpec::new(
        &["--profile"],
        "profile",
        Kind::Text,
        "Name under which runs are grouped",
    )
    .metavar("<name>")
    .later("grouping runs by a profile"),
    OptionSpec::new(
        &["--otel"],
        "otel",
        Kind::Flag,
        "Send the numbers of the run to a collector of OpenTelemetry, by OTLP over HTTP; the \
         variables OTEL_… say where and how often. Default: to http://localhost:4318 every minute",
    )
    .env("LOCUST_ENABLE_OPENTELEMETRY"),
];

const USER_CLASS_OPTIONS: &[OptionSpec] = &[OptionSpec::new(
    &[],
    "user_classes",
    Kind::UserClasses,
    "User classes to run, after all options (--list shows which there are). Default: those of the \
     variable LOCUST_USER_CLASSES, with blanks between them, else all",
)
.metavar("<UserClass>")];
