//! The knowledge graph's API.

use std::time::Duration;

use gatecrash_target::{Latency, Server, Service, TargetOptions};
use serde_json::{Value, json};

use crate::support::{Answer, ask, get, settled, target};

const INSTANTLY: Latency = Latency::Constant(Duration::ZERO);

fn graph(change: impl FnOnce(&mut TargetOptions)) -> Server {
    target(|options| {
        options.service = Service::KnowledgeGraph;
        options.model.time = Some(INSTANTLY);
        change(options);
    })
}

fn post(server: &Server, path: &str, body: &Value) -> Answer {
    ask(server, "POST", path, "", &body.to_string())
}

fn reload(server: &Server, token: &str, mode: &str) -> Answer {
    let header = format!("Authorization: Bearer {token}\r\n");
    let body = json!({ "mode": mode }).to_string();
    ask(server, "POST", "/admin/reload", &header, &body)
}

fn asked(server: &Server) -> Answer {
    let question = json!({
        "query": "Which endpoint creates invoices in billing?",
        "intent": "endpoint",
        "topK": 20,
    });
    let answer = post(server, "/retrieve", &question);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

#[test]
fn a_question_finds_passages_of_its_intent_the_best_first() {
    let server = graph(|_| {});
    let found = asked(&server).json();
    let results = found["results"].as_array().expect("results");
    assert_eq!(results.len(), 20);
    assert_eq!(results[0]["service"], "billing");
    assert_eq!(results[0]["resource"], "invoice");
    assert!(results.iter().all(|one| one["intent"] == "endpoint"));
    let scores: Vec<f64> = results
        .iter()
        .map(|one| one["score"].as_f64().expect("a score"))
        .collect();
    assert!(scores.is_sorted_by(|one, two| one >= two), "{scores:?}");
    assert_eq!(asked(&server).json(), found, "the same every time");
}

#[test]
fn degraded_it_says_so_and_gives_less() {
    let server = graph(|_| {});
    let told = || {
        let answer = asked(&server);
        let header = answer.header("x-mode").unwrap_or_default().to_owned();
        let body = answer.json();
        assert_eq!(body["mode"], header);
        assert_eq!(get(&server, "/health").json()["mode"], header);
        let results = body["results"].as_array().expect("results").len();
        (
            header,
            body["topK"].clone(),
            body["fusion"].clone(),
            body["reranker"].clone(),
            results,
        )
    };
    let normal = (
        "normal".to_owned(),
        json!(20),
        json!("weighted"),
        json!(true),
        20,
    );
    let degraded = (
        "degraded".to_owned(),
        json!(10),
        json!("rrf"),
        json!(false),
        10,
    );
    assert_eq!(told(), normal);
    assert_eq!(reload(&server, "kg-operator", "degraded").status, 200);
    assert_eq!(told(), degraded);
    assert_eq!(reload(&server, "kg-operator", "normal").status, 200);
    assert_eq!(told(), normal);
}

#[test]
fn only_the_operator_switches_the_mode() {
    let server = graph(|_| {});
    for token in ["", "wrong", "kg-operator2"] {
        let refused = reload(&server, token, "degraded");
        let challenge = refused.header("www-authenticate");
        assert_eq!(
            (refused.status, challenge),
            (401, Some("Bearer")),
            "{token}"
        );
    }
    assert_eq!(reload(&server, "kg-operator", "open").status, 422);
    assert_eq!(asked(&server).json()["mode"], "normal");
    let truth = settled(&server);
    assert_eq!(truth.total.received, 1, "administration is not counted");
}

#[test]
fn the_reranker_takes_its_time_and_a_slow_target_more() {
    let usual = graph(|options| options.model.time = None);
    asked(&usual);
    let held = settled(&usual).total.latency_ms;
    assert!(held.min >= 200.0, "{held:?}");
    let slow = graph(|options| {
        options.model.time = Some(Latency::Constant(Duration::from_millis(50)));
        options.slow = 3.0;
    });
    asked(&slow);
    let held = settled(&slow).total.latency_ms;
    assert!(held.min >= 150.0, "{held:?}");
}

#[test]
fn degraded_it_does_not_wait_for_the_reranker() {
    let hour = Latency::Constant(Duration::from_secs(3600));
    let server = graph(|options| options.model.time = Some(hour));
    reload(&server, "kg-operator", "degraded");
    asked(&server);
    assert_eq!(metric(&server, "kg_degraded"), 1.0);
}

#[test]
fn entities_relations_and_terms_are_extracted() {
    let server = graph(|_| {});
    let text =
        json!({ "text": "Billing sends invoices. Shipping knows the parcel, and no webhook." });
    let items = |kind: &str| {
        let answer = post(&server, &format!("/extract/{kind}"), &text);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["kind"], kind);
        answer.json()["items"].as_array().expect("items").clone()
    };
    let names: Vec<Value> = items("entities")
        .iter()
        .map(|one| one["name"].clone())
        .collect();
    assert_eq!(
        names,
        ["billing", "shipping", "invoice", "parcel", "webhook"]
    );
    let pairs: Vec<(Value, Value)> = items("relations")
        .iter()
        .map(|one| (one["from"].clone(), one["to"].clone()))
        .collect();
    let pair = |from: &str, to: &str| (json!(from), json!(to));
    assert_eq!(
        pairs,
        [
            pair("billing", "invoice"),
            pair("shipping", "parcel"),
            pair("shipping", "webhook")
        ]
    );
    let terms = items("terms");
    assert!(terms.iter().any(|one| one["term"] == "parcel"), "{terms:?}");
    assert!(terms.iter().all(|one| one["term"] != "knows"), "{terms:?}");
    assert_eq!(post(&server, "/extract/moods", &text).status, 404);
}

#[test]
fn facets_count_what_matches() {
    let server = graph(|_| {});
    let body = json!({ "query": "webhook", "intent": "error" });
    let found = post(&server, "/facets/generate", &body).json();
    assert_eq!(found["matches"], 12, "one in each service");
    assert_eq!(
        found["facets"]["intent"],
        json!([{ "value": "error", "count": 12 }])
    );
    assert_eq!(
        found["facets"]["resource"],
        json!([{ "value": "webhook", "count": 12 }])
    );
    let services = found["facets"]["service"].as_array().expect("values");
    assert_eq!(services.len(), 10, "the first ten");
}

#[test]
fn what_is_no_question_is_refused() {
    let server = graph(|_| {});
    let check = |path: &str, body: Value, status: u16| {
        assert_eq!(post(&server, path, &body).status, status, "{path} {body}");
    };
    check("/retrieve", json!({ "query": "  " }), 422);
    check("/retrieve", json!({ "query": "a".repeat(1001) }), 422);
    check(
        "/retrieve",
        json!({ "query": "a", "intent": "weather" }),
        422,
    );
    check("/retrieve", json!({ "query": "a", "topK": 0 }), 422);
    check("/retrieve", json!({}), 422);
    check("/extract/terms", json!({ "text": "" }), 422);
    check("/facets/generate", json!({ "query": "" }), 422);
    assert_eq!(
        ask(&server, "POST", "/retrieve", "", "nonsense").status,
        400
    );
}

fn metric(server: &Server, name: &str) -> f64 {
    let page = get(server, "/metrics");
    let line = page.text().lines().find_map(|line| line.strip_prefix(name));
    let value = line.unwrap_or_else(|| panic!("no {name} in {}", page.text()));
    value.trim().parse().expect("a number")
}

#[test]
fn a_full_queue_refuses_and_the_metrics_tell_of_it() {
    let server = graph(|options| {
        options.model.time = Some(Latency::Constant(Duration::from_millis(500)));
        options.model.slots = 1;
        options.model.waiting = 1;
    });
    std::thread::scope(|threads| {
        threads.spawn(|| asked(&server));
        threads.spawn(|| asked(&server));
        while metric(&server, "model_queue_waiting") != 1.0 {
            std::thread::sleep(Duration::from_millis(2));
        }
        let refused = post(&server, "/extract/terms", &json!({ "text": "a webhook" }));
        let when = refused.header("retry-after");
        assert_eq!((refused.status, when), (503, Some("1")));
    });
    assert_eq!(metric(&server, "kg_passages"), 1200.0);
    assert_eq!(metric(&server, "kg_top_k"), 20.0);
}
