//! The options of almost every run: what to load, with how many users, for how long.

use super::{Default, Group, Kind, OptionSpec};

/// Options that every run may want.
pub(super) const GROUP: Group = Group {
    title: "Common options",
    options: OPTIONS,
};

const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(
        &["-h", "--help"],
        "help",
        Kind::Help,
        "Show this help and exit",
    )
    .early(),
    OptionSpec::new(
        &["-f", "--locustfile"],
        "locustfile",
        Kind::Text,
        "Where the users are: a .py file, several with commas between them, a directory (every \
         .py file below it), or an http(s) URL. Default: locustfile.py",
    )
    .env("LOCUST_LOCUSTFILE")
    .default(Default::Text("locustfile.py"))
    .metavar("<file>")
    .early(),
    OptionSpec::new(
        &["--config"],
        "config",
        Kind::ConfigFile,
        "A file with more options: .conf (key = value), .toml (section [tool.locust]) or .json \
         (one object). It wins over ~/.locust.conf, locust.conf and pyproject.toml, which are read \
         anyway; variables and the command line win over it",
    )
    .metavar("<file>")
    .early(),
    OptionSpec::new(
        &["-H", "--host"],
        "host",
        Kind::Text,
        "Base address of what is tested, such as https://api.example.org; wins over the hosts \
         that the User classes name",
    )
    .env("LOCUST_HOST")
    .metavar("<base url>"),
    OptionSpec::new(
        &["-u", "--users"],
        "num_users",
        Kind::Int,
        "How many users run at the peak. Default: 1",
    )
    .env("LOCUST_USERS")
    .metavar("<int>"),
    OptionSpec::new(
        &["-r", "--spawn-rate"],
        "spawn_rate",
        Kind::PositiveFloat,
        "How many users to start per second. Default: 1",
    )
    .env("LOCUST_SPAWN_RATE")
    .metavar("<float>"),
    OptionSpec::new(
        &["-t", "--run-time"],
        "run_time",
        Kind::Timespan,
        "Stop after this time: 300, 300s, 20m, 3h, 1h30m. Default: run until interrupted",
    )
    .env("LOCUST_RUN_TIME")
    .metavar("<time>"),
    OptionSpec::new(
        &["-i", "--iterations"],
        "iterations",
        Kind::PositiveInt,
        "Stop after this many executed tasks, counted over all users. Default: no such limit",
    )
    .env("LOCUST_ITERATIONS")
    .metavar("<int>"),
    OptionSpec::new(
        &["-l", "--list"],
        "list_commands",
        Kind::Flag,
        "Print the names of the User classes found and exit",
    ),
    OptionSpec::new(
        &["--config-users"],
        "config_users",
        Kind::UserConfig,
        "Set attributes of User classes: JSON objects, arrays of them, or .json files; each object \
         says which class it is for in user_class_name",
    )
    .env("LOCUST_CONFIG_USERS")
    .metavar("<json>"),
];
