//! The option table: nothing twice, nothing half said, and Locust's own names and defaults.

use std::collections::HashSet;

use gatecrash_plan::options::{Availability, Default, GROUPS, Kind, all};

#[test]
fn no_name_is_given_twice() {
    let mut seen = HashSet::new();
    for option in all() {
        let names = option
            .flags
            .iter()
            .copied()
            .chain(option.env)
            .chain([option.dest]);
        for name in names {
            assert!(seen.insert(name), "{name} is in the table twice");
        }
    }
}

#[test]
fn every_option_can_be_written_and_explained() {
    for option in all() {
        let positional = option.kind == Kind::UserClasses;
        assert_eq!(option.flags.is_empty(), positional, "{}", option.dest);
        let long = option.flags.iter().any(|flag| flag.starts_with("--"));
        assert!(
            long || positional,
            "{} has no long flag, so no config key",
            option.dest
        );
        assert!(
            !option.help.is_empty() && !option.help.ends_with('.'),
            "{}",
            option.dest
        );
        assert!(
            !option.help.contains('%'),
            "{}: argparse would read the %",
            option.dest
        );
    }
}

#[test]
fn flags_take_no_default_but_off() {
    for option in all().filter(|option| option.kind == Kind::Flag) {
        let gone = matches!(option.availability, Availability::Gone { .. });
        assert!(option.default == Default::Off || gone, "{}", option.dest);
    }
}

/// Locust 2.47.0's options: flags, attribute, variable, default.
const LOCUST: &str = "
-h --help | help | - | -
-f --locustfile | locustfile | LOCUST_LOCUSTFILE | locustfile.py
--config | config | - | -
-H --host | host | LOCUST_HOST | -
-u --users | num_users | LOCUST_USERS | -
-r --spawn-rate | spawn_rate | LOCUST_SPAWN_RATE | -
-t --run-time | run_time | LOCUST_RUN_TIME | -
-l --list | list_commands | - | off
--config-users | config_users | LOCUST_CONFIG_USERS | -
--headless | headless | LOCUST_HEADLESS | off
--web-host | web_host | LOCUST_WEB_HOST |
--web-host-display-name | web_host_display_name | LOCUST_WEB_HOST_DISPLAY_NAME | -
--web-port -P | web_port | LOCUST_WEB_PORT | 8089
--autostart | autostart | LOCUST_AUTOSTART | off
--autoquit | autoquit | LOCUST_AUTOQUIT | -1
--headful | headful | LOCUST_HEADFUL | off
--web-auth | web_auth | LOCUST_WEB_AUTH | -
--web-login | web_login | LOCUST_WEB_LOGIN | off
--tls-cert | tls_cert | LOCUST_TLS_CERT |
--tls-key | tls_key | LOCUST_TLS_KEY |
--class-picker | class_picker | LOCUST_USERCLASS_PICKER | off
--build-path | build_path | LOCUST_BUILD_PATH |
--legacy-ui | legacy_ui | LOCUST_LEGACY_UI | off
--web-base-path | web_base_path | LOCUST_WEB_BASE_PATH |
--master | master | LOCUST_MODE_MASTER | off
--master-bind-host | master_bind_host | LOCUST_MASTER_BIND_HOST | *
--master-bind-port | master_bind_port | LOCUST_MASTER_BIND_PORT | 5557
--expect-workers | expect_workers | LOCUST_EXPECT_WORKERS | 1
--expect-workers-max-wait | expect_workers_max_wait | LOCUST_EXPECT_WORKERS_MAX_WAIT | 0
--enable-rebalancing | enable_rebalancing | - | off
--expect-slaves | expect_slaves | - | -
--worker | worker | LOCUST_MODE_WORKER | off
--processes | processes | LOCUST_PROCESSES | -
--slave | slave | - | -
--master-host | master_host | LOCUST_MASTER_NODE_HOST | 127.0.0.1
--master-port | master_port | LOCUST_MASTER_NODE_PORT | 5557
-T --tags | tags | LOCUST_TAGS | -
-E --exclude-tags | exclude_tags | LOCUST_EXCLUDE_TAGS | -
--csv | csv_prefix | LOCUST_CSV | -
--csv-full-history | stats_history_enabled | LOCUST_CSV_FULL_HISTORY | off
--print-stats | print_stats | LOCUST_PRINT_STATS | off
--only-summary | only_summary | LOCUST_ONLY_SUMMARY | off
--reset-stats | reset_stats | LOCUST_RESET_STATS | off
--html | html_file | LOCUST_HTML | -
--json | json | - | off
--json-file | json_file | - | -
--skip-log-setup | skip_log_setup | LOCUST_SKIP_LOG_SETUP | off
--loglevel -L | loglevel | LOCUST_LOGLEVEL | INFO
--logfile | logfile | LOCUST_LOGFILE | -
--show-task-ratio | show_task_ratio | - | off
--show-task-ratio-json | show_task_ratio_json | - | off
--version -V | version | - | -
--exit-code-on-error | exit_code_on_error | LOCUST_EXIT_CODE_ON_ERROR | 1
-s --stop-timeout | stop_timeout | LOCUST_STOP_TIMEOUT | 0
--equal-weights | equal_weights | - | off
--profile | profile | - | -
--otel | otel | LOCUST_ENABLE_OPENTELEMETRY | off
| user_classes | - | -
";

/// Options that Locust does not have.
const OURS: &[&str] = &[
    "iterations",
    "metrics_port",
    "metrics_host",
    "trace",
    "rate",
    "max_users",
    "poisson",
    "seed",
    "objectives",
    "watches",
    "results",
];

#[test]
fn names_and_defaults_are_locusts() {
    let mut ours: Vec<String> = all()
        .filter(|option| !OURS.contains(&option.dest))
        .map(|option| {
            let default = match option.default {
                Default::Nothing => "-".to_owned(),
                Default::Off => "off".to_owned(),
                Default::Int(number) => number.to_string(),
                Default::Text(text) => text.to_owned(),
            };
            let env = option.env.unwrap_or("-");
            format!(
                "{} | {} | {env} | {default}",
                option.flags.join(" "),
                option.dest
            )
            .trim()
            .to_owned()
        })
        .collect();
    let mut locust: Vec<&str> = LOCUST.lines().filter(|line| !line.is_empty()).collect();
    ours.sort();
    locust.sort_unstable();
    assert_eq!(ours, locust);
}

#[test]
fn what_is_not_built_yet_is_said() {
    let later: Vec<&str> = all()
        .filter(|option| matches!(option.availability, Availability::Later { .. }))
        .map(|option| option.dest)
        .collect();
    for dest in ["web_port", "master", "worker", "processes", "profile"] {
        assert!(later.contains(&dest), "{dest}");
    }
    for dest in [
        "headless",
        "num_users",
        "csv_prefix",
        "html_file",
        "json",
        "objectives",
        "iterations",
        "otel",
        "tags",
    ] {
        assert!(!later.contains(&dest), "{dest}");
    }
}

#[test]
fn groups_are_titled() {
    assert!(
        GROUPS
            .iter()
            .all(|group| !group.title.is_empty() && !group.options.is_empty())
    );
}
