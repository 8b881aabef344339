//! The examples, as a person runs them.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use gatecrash_target::Server;
use serde_json::Value;
use tempfile::TempDir;

use crate::{endpoint, scenario, target};

/// The binary of an example: cargo builds it beside the tests.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test has a place");
    let built = test
        .parent()
        .and_then(|deps| deps.parent())
        .expect("a target folder");
    let binary = built.join("examples").join(name);
    let advice = "run `cargo build -p gatecrash --examples` first";
    assert!(
        binary.is_file(),
        "{} is not there: {advice}",
        binary.display()
    );
    binary
}

/// Runs an example against a target; gives its exit code and its record.
fn run(name: &str, server: &Server, load: &str) -> (Option<i32>, Value) {
    let results = TempDir::new().expect("a folder");
    let status = Command::new(binary(name))
        .args(["--host", &server.url(), "--quiet", "--results"])
        .arg(results.path())
        .args(load.split_whitespace())
        .stdout(Stdio::null())
        .status();
    (status.expect("it ran").code(), scenario(results.path()))
}

/// Requests that the target received by a method on a route.
fn received(server: &Server, method: &str, path: &str) -> u64 {
    let truth = server.truth();
    let mut endpoints = truth.endpoints.iter();
    let found = endpoints.find(|one| one.method == method && one.path == path);
    found.map_or(0, |one| one.counts.received)
}

#[test]
fn hello_sends_what_it_counts() {
    let server = target();
    let (code, record) = run("hello", &server, "--users 3 --iterations 7");
    assert_eq!(code, Some(0));
    assert_eq!(endpoint(&record, "GET", "/echo")["requests"], 21);
    assert_eq!(received(&server, "GET", "/echo"), 21);
    assert_eq!(
        server.truth().connections - 1,
        3,
        "one beside them looks whether it is there"
    );
}

#[test]
fn a_rate_starts_what_was_planned() {
    let server = target();
    // On a machine that is busy with other tests the run may call itself invalid.
    let (code, record) = run(
        "hello",
        &server,
        "--rate 50/s --for 1s --poisson --seed 3 --lanes 2",
    );
    assert!(matches!(code, Some(0 | 98)), "{code:?}");
    let counted = endpoint(&record, "GET", "/echo")["requests"].as_u64();
    let arrivals = &record["arrivals"];
    assert_eq!(arrivals["planned"], arrivals["started"], "{arrivals}");
    assert_eq!(arrivals["started"].as_u64(), counted);
    assert_eq!(Some(received(&server, "GET", "/echo")), counted);
}

#[test]
fn weighted_tasks_are_counted_with_their_metric() {
    let server = target();
    let (code, record) = run("weighted", &server, "--users 4 --iterations 25 --seed 2");
    assert_eq!(code, Some(0), "{record}");
    let articles = endpoint(&record, "GET", "article")["requests"].as_u64();
    let orders = endpoint(&record, "POST", "order")["requests"].as_u64();
    assert_eq!(
        articles.zip(orders).map(|(one, other)| one + other),
        Some(100)
    );
    assert_eq!(Some(received(&server, "GET", "/echo")), articles);
    assert_eq!(Some(received(&server, "POST", "/echo")), orders);
    assert!(articles > orders, "three of four are the one");
    let told = &record["metrics"]["orders"];
    assert_eq!(
        told["sum"].as_f64(),
        orders.map(|orders| orders as f64),
        "{told}"
    );
}

#[test]
fn streams_and_sockets_are_measured() {
    let server = target();
    let (code, record) = run("stream", &server, "--users 2 --iterations 6");
    assert_eq!(code, Some(0), "{record}");
    let questions = endpoint(&record, "POST", "/v1/chat/completions");
    let greetings = endpoint(&record, "WS", "greeting");
    let connects = endpoint(&record, "WS", "/ws/echo");
    let number = |one: &Value| one["requests"].as_u64().expect("a number");
    assert_eq!(number(&questions) + number(&greetings), 12);
    assert_eq!(number(&connects), 2);
    let sent = received(&server, "POST", "/v1/chat/completions");
    assert_eq!(number(&questions), sent);
    let sockets = &server.truth().sockets["/ws/echo"];
    assert_eq!(
        (sockets.opened, sockets.messages_in),
        (2, number(&greetings))
    );
    let measured = |one: &Value, name: &str| one["measures"][name]["count"].as_u64();
    assert_eq!(measured(&questions, "ttft"), Some(sent));
    assert_eq!(measured(&greetings, "round_trip"), Some(number(&greetings)));
    assert_eq!(measured(&connects, "ws_connect"), Some(2));
}
