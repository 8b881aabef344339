//! Programs with users in Rust, against a target that knows what it received.

mod command_line;
mod cost;
mod examples;
mod live;
mod requests;

use std::ffi::OsString;
use std::path::Path;

use gatecrash_target::{Server, Service, TargetOptions, serve};
use serde_json::Value;

/// A target with the general routes.
fn target() -> Server {
    serve(TargetOptions {
        service: Service::Plain,
        port: 0,
        ..TargetOptions::default()
    })
    .expect("a target")
}

/// The words of a command line.
fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

/// The only scenario of the record in a folder of results.
fn scenario(results: &Path) -> Value {
    let text = std::fs::read_to_string(results.join("run.json")).expect("a record");
    let record: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(record["scenarios"].as_array().map(Vec::len), Some(1));
    record["scenarios"][0].clone()
}

/// One endpoint of a scenario.
fn endpoint(scenario: &Value, method: &str, name: &str) -> Value {
    let all = scenario["endpoints"].as_array().expect("endpoints");
    let is_it = |one: &&Value| one["method"] == method && one["name"] == name;
    let found = all.iter().find(is_it);
    found
        .unwrap_or_else(|| panic!("no {method} {name} in {all:?}"))
        .clone()
}
