//! What must not be told is told nowhere.

use std::sync::Arc;

use gatecrash_metrics::{Change, EndpointId, RunRecord, Sample, Shard};
use gatecrash_report::results::files::files;
use gatecrash_report::secrets::Secrets;

use crate::archive::full;
use crate::runs::{self, START};

fn secrets(values: &[&str]) -> Secrets {
    Secrets::new(values.iter().map(ToString::to_string))
}

fn check(values: &[&str], text: &str, masked: &str) {
    assert_eq!(secrets(values).mask(text), masked, "{values:?}");
}

#[test]
fn secrets_are_masked_in_each_form_that_they_have() {
    check(
        &["hunter2hunter2"],
        "/a?key=hunter2hunter2&b",
        "/a?key=***&b",
    );
    check(&["hunter2hunter2"], "xhunter2hunter2x", "x***x");
    check(&["päss/word=1"], "/a?k=p%C3%A4ss%2Fword%3D1", "/a?k=***");
    check(
        &["quo\"ted\nsecret"],
        r#"{"k":"quo\"ted\nsecret"}"#,
        r#"{"k":"***"}"#,
    );
    // The longer one first, whatever their order.
    check(&["abcdefgh", "abcdefghijkl"], "abcdefghijkl", "***");
    check(&[], "nothing", "nothing");
}

#[test]
fn short_values_are_words_of_their_own_or_no_secrets() {
    check(&["prod"], "/products of prod", "/products of ***");
    check(&["prod"], "prod/prod_x/prod", "***/prod_x/***");
    check(&["no", ""], "no secret", "no secret");
    let secrets = secrets(&["run", "a long secret"]);
    assert_eq!(
        secrets.mask_sentence("the run with a long secret"),
        "the run with ***"
    );
}

#[test]
fn addresses_are_told_but_not_who_logs_in() {
    let url = "http://127.0.0.1:8000";
    check(
        &[url, "https://host/"],
        "http://127.0.0.1:8000/a https://host/",
        "http://127.0.0.1:8000/a https://host/",
    );
    check(&["https://me:pass@host:1"], "me:pass", "***");
    check(
        &["https://hooks.example/T0/B0"],
        "to https://hooks.example/T0/B0.",
        "to ***.",
    );
    check(
        &[],
        "GET http://me:p@ss@host/x?a=b@c",
        "GET http://***@host/x?a=b@c",
    );
    check(
        &[],
        "http://host/@x and 'ws://u@h'",
        "http://host/@x and 'ws://***@h'",
    );
    check(&[], "http://***@host", "http://***@host");
}

#[test]
fn names_that_only_a_secret_told_apart_stay_apart() {
    let mut shard = Shard::new(START);
    for (id, path) in ["/a/first-token", "/a/other-token", "/b"]
        .into_iter()
        .enumerate()
    {
        let id = EndpointId(id as u32);
        shard.define(id, "GET", path);
        shard.record(&Sample {
            endpoint: id,
            at_epoch_s: START,
            response_time_ms: Some(1.0),
            whole_ms: false,
            response_length: 0,
        });
    }
    let before = shard.snapshot();
    let mut snapshot = before.clone();
    secrets(&["first-token", "other-token"]).mask_snapshot(&mut snapshot);
    let names: Vec<&str> = snapshot.endpoints.iter().map(|e| &*e.name).collect();
    assert_eq!(names, ["/a/***", "/a/*** (2)", "/b"]);
    assert!(
        Arc::ptr_eq(&snapshot.endpoints[2], &before.endpoints[2]),
        "no copy without need"
    );
}

#[test]
fn no_file_of_a_run_has_a_secret() {
    const SECRET: &str = "s3cr3t-t0ken";
    let mut record = full();
    plant(&mut record, SECRET);
    let has = |text: &str| text.contains(SECRET);
    assert!(files(&record).filter(|(_, text)| has(text)).count() > 8);
    secrets(&[SECRET]).mask_run(&mut record);
    for (name, text) in files(&record) {
        assert!(!has(&text), "{name}: {text}");
    }
}

/// Puts a secret wherever a text comes from elsewhere.
fn plant(record: &mut RunRecord, secret: &str) {
    let told = format!("with {secret} inside");
    let named: Arc<str> = told.as_str().into();
    record.name = told.clone();
    record.notes.push(told.clone());
    record.origin.command = told.clone();
    record.origin.host = Some(told.clone());
    for verdict in &mut record.verdicts {
        verdict.objective = told.clone();
        verdict.why = told.clone();
        verdict.endpoint = Some(told.clone());
    }
    for (at, scenario) in record.scenarios.iter_mut().enumerate() {
        scenario.name = format!("{told} {at}");
        scenario.load = told.clone();
        scenario.changes = vec![Change {
            at_epoch_s: START,
            what: told.clone(),
        }];
        for hook in &mut scenario.hooks {
            (hook.name, hook.told) = (told.clone(), told.clone());
        }
        for sighting in &mut scenario.sightings {
            sighting.objective = told.clone();
            sighting.endpoint = Some(told.clone());
        }
        let snapshot = &mut scenario.snapshot;
        for endpoint in snapshot.endpoints.iter_mut().chain(&mut snapshot.users) {
            Arc::make_mut(endpoint).name = named.clone();
        }
        for failure in &mut snapshot.failures {
            let failure = Arc::make_mut(failure);
            (failure.error, failure.name) = (named.clone(), named.clone());
        }
        for group in &mut snapshot.exceptions {
            let group = Arc::make_mut(group);
            (group.message, group.traceback) = (named.clone(), named.clone());
        }
        for task in &mut snapshot.tasks {
            Arc::make_mut(task).name = named.clone();
        }
    }
    let driven = runs::open().validity;
    record.validity = driven;
}
