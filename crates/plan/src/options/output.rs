//! The options of what a run tells: tables, files, the log.

use super::{Default, Group, Kind, OptionSpec};

/// Options of the statistics.
pub(super) const STATISTICS: Group = Group {
    title: "Request statistics options",
    options: STATISTICS_OPTIONS,
};

/// Options of the log.
pub(super) const LOGGING: Group = Group {
    title: "Logging options",
    options: LOGGING_OPTIONS,
};

const STATISTICS_OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(
        &["--csv"],
        "csv_prefix",
        Kind::Text,
        "Write the statistics as CSV: PREFIX_stats.csv, PREFIX_stats_history.csv, \
         PREFIX_failures.csv and PREFIX_exceptions.csv. Missing directories are made",
    )
    .env("LOCUST_CSV")
    .metavar("<prefix>"),
    OptionSpec::new(
        &["--csv-full-history"],
        "stats_history_enabled",
        Kind::Flag,
        "With --csv: every second one row per endpoint in the history, not only the total",
    )
    .env("LOCUST_CSV_FULL_HISTORY"),
    OptionSpec::new(
        &["--print-stats"],
        "print_stats",
        Kind::Flag,
        "Print the table of statistics every two seconds also in runs with the web page",
    )
    .env("LOCUST_PRINT_STATS"),
    OptionSpec::new(
        &["--only-summary"],
        "only_summary",
        Kind::Flag,
        "Print tables at the end only",
    )
    .env("LOCUST_ONLY_SUMMARY"),
    OptionSpec::new(
        &["--reset-stats"],
        "reset_stats",
        Kind::Flag,
        "Forget what was measured until all users had been started",
    )
    .env("LOCUST_RESET_STATS"),
    OptionSpec::new(
        &["--html"],
        "html_file",
        Kind::Text,
        "Write a report as HTML, one file with verdicts, tables and charts. {u}, {r} and {t} in the \
         name become users, spawn rate and run time",
    )
    .env("LOCUST_HTML")
    .metavar("<file>"),
    OptionSpec::new(
        &["--json"],
        "json",
        Kind::Flag,
        "Print the final statistics as JSON on stdout; everything else goes to stderr",
    ),
    OptionSpec::new(
        &["--json-file"],
        "json_file",
        Kind::Text,
        "Write the final statistics as JSON to NAME.json",
    )
    .metavar("<name>"),
];

const LOGGING_OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(
        &["--skip-log-setup"],
        "skip_log_setup",
        Kind::Flag,
        "Leave Python's logging as the locustfile sets it up",
    )
    .env("LOCUST_SKIP_LOG_SETUP"),
    OptionSpec::new(
        &["--loglevel", "-L"],
        "loglevel",
        Kind::LogLevel,
        "Least important message to log: DEBUG, INFO, WARNING, ERROR or CRITICAL. Default: INFO",
    )
    .env("LOCUST_LOGLEVEL")
    .default(Default::Text("INFO"))
    .metavar("<level>"),
    OptionSpec::new(
        &["--logfile"],
        "logfile",
        Kind::Text,
        "Write the log to this file. Default: stderr",
    )
    .env("LOCUST_LOGFILE")
    .metavar("<file>"),
];
