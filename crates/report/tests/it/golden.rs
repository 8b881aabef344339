//! Every output that copies Locust, against what Locust wrote for the same samples.

use std::fs;
use std::path::PathBuf;

use gatecrash_metrics::{EndpointId, Sample, Shard, Snapshot};
use gatecrash_report::console::{self, Rates, Widths};
use gatecrash_report::csv::{self, Moment};
use gatecrash_report::json;
use gatecrash_report::locust::Rules;

/// What a scenario leaves behind.
struct Outcome {
    snapshot: Snapshot,
    now_epoch_s: f64,
    users: u64,
}

/// Plays the samples of a scenario and compares all outputs with Locust's.
fn check(scenario: &str) {
    let outcome = play(&golden(scenario, "samples.tsv"));
    let rules = Rules::default();
    let same = |file: &str, ours: String| {
        let theirs = golden(scenario, file);
        assert!(
            ours == theirs,
            "{scenario}/{file}\n--- ours\n{ours}\n--- Locust's\n{theirs}"
        );
    };
    let snapshot = &outcome.snapshot;
    for name in [80, 20, 0] {
        let widths = Widths {
            name,
            ..Widths::default()
        };
        let table = |rates| text(console::request_table(snapshot, &rules, widths, rates));
        same(&format!("current-{name}.txt"), table(Rates::Current));
        same(&format!("total-{name}.txt"), table(Rates::Whole));
        same(
            &format!("percentiles-{name}.txt"),
            text(console::percentile_table(snapshot, &rules, widths)),
        );
        same(
            &format!("errors-{name}.txt"),
            text(console::error_report(snapshot, widths)),
        );
    }
    same("stats.csv", csv::requests(snapshot, &rules));
    same("failures.csv", csv::failures(snapshot));
    same("exceptions.csv", csv::exceptions(&snapshot.exceptions));
    same("history.csv", history(&outcome, &rules, false));
    if outcome.now_epoch_s - snapshot.total.start_epoch_s > 10.0 {
        same("full_history.csv", history(&outcome, &rules, true));
    }
    same("entries.json", json::entries(snapshot, &rules) + "\n");
}

fn history(outcome: &Outcome, rules: &Rules, full: bool) -> String {
    let moment = Moment {
        epoch_s: outcome.now_epoch_s,
        users: outcome.users,
        full,
    };
    csv::history_header(rules) + &csv::history_rows(&outcome.snapshot, rules, moment)
}

fn text(lines: Vec<String>) -> String {
    lines.join("\n") + "\n"
}

fn golden(scenario: &str, file: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let path = root.join(scenario).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn play(lines: &str) -> Outcome {
    let mut shard = Shard::new(0.0);
    let mut names: Vec<(String, String)> = Vec::new();
    for line in lines.lines() {
        let fields: Vec<String> = line.split('\t').map(unescape).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        match fields[..] {
            ["start", at] => shard = Shard::new(at.parse().unwrap()),
            ["request", at, method, name, ms, length] => {
                let endpoint = intern(&mut shard, &mut names, method, name);
                shard.record(&Sample {
                    endpoint,
                    at_epoch_s: at.parse().unwrap(),
                    response_time_ms: ms.parse().ok(),
                    whole_ms: ms.parse::<i64>().is_ok(),
                    response_length: length.parse().unwrap(),
                });
            }
            ["error", at, method, name, error] => {
                let endpoint = intern(&mut shard, &mut names, method, name);
                shard.fail(endpoint, error, at.parse().unwrap());
            }
            ["exception", message, traceback, node] => shard.exception(message, traceback, node),
            ["end", at, users] => {
                return Outcome {
                    snapshot: shard.snapshot(),
                    now_epoch_s: at.parse().unwrap(),
                    users: users.parse().unwrap(),
                };
            }
            _ => panic!("what is {line:?}?"),
        }
    }
    panic!("the scenario has no end");
}

fn intern(
    shard: &mut Shard,
    names: &mut Vec<(String, String)>,
    method: &str,
    name: &str,
) -> EndpointId {
    let wanted = (method.to_string(), name.to_string());
    let place = names
        .iter()
        .position(|known| *known == wanted)
        .unwrap_or_else(|| {
            names.push(wanted);
            names.len() - 1
        });
    let id = EndpointId(place as u32);
    shard.define(id, method, name);
    id
}

fn unescape(field: &str) -> String {
    let mut text = String::new();
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other => other,
            },
            c => c,
        });
    }
    text
}

#[test]
fn a_run_with_everything_in_it() {
    check("mixed");
}

#[test]
fn a_run_in_which_nothing_happened() {
    check("empty");
}

#[test]
fn a_run_that_has_just_begun() {
    check("young");
}
