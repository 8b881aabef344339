//! What must hold, and what answers say of themselves.

use gatecrash_metrics::objective::{Comparison, Limit, Objective, Rule, Severity};
use gatecrash_metrics::{Kind, Unit};
use gatecrash_plan::model::{CacheFrom, Check, StatePlan, TakeFrom};
use gatecrash_plan::{Overrides, file::Format};

use super::{faults, http_users, load_as, plan, request, scenarios, with_scenario, with_task};

/// A plan that begins with these lines.
fn with(head: &str) -> String {
    format!(
        "{head}\nhost: http://h\nusers: {{ u: {{ tasks: [{{ get: / }}] }} }}\nscenarios: {{ s: {{ users: 1, for: 1s }} }}\n"
    )
}

#[track_caller]
fn objectives(list: &str) -> Vec<Objective> {
    plan(&with(&format!("objectives: {list}"))).objectives
}

#[track_caller]
fn objective(one: &str) -> Objective {
    let mut all = objectives(&format!("[{one}]"));
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn limit(objective: &Objective) -> (Comparison, f64) {
    match &objective.rule {
        Rule::Compare {
            comparison,
            right: Limit::Number(number),
            ..
        } => (*comparison, *number),
        other => panic!("not beside a number: {other:?}"),
    }
}

fn endpoint(objective: &Objective) -> Option<&str> {
    objective.terms()[0].scope.endpoint.as_deref()
}

#[test]
fn an_objective_is_a_text() {
    let objective = objective("p95 of /retrieve < 900ms");
    assert_eq!(objective.text, "p95 of /retrieve < 900ms");
    assert_eq!(limit(&objective), (Comparison::Below, 900.0));
    assert_eq!(endpoint(&objective), Some("/retrieve"));
    assert_eq!(objective.severity, Severity::Fail);
    assert!(!objective.stop);
}

#[test]
fn a_map_says_more_of_it() {
    let objective = objective("{ that: error_rate < 1%, severity: warn, stop: true }");
    assert_eq!(limit(&objective), (Comparison::Below, 0.01));
    assert_eq!(objective.severity, Severity::Warn);
    assert!(objective.stop);
}

#[test]
fn it_may_have_no_data() {
    assert!(!objective("error_rate < 1%").optional);
    assert!(objective("{ that: error_rate < 1%, optional: true }").optional);
    let tiers = "{ p95: { target: 3s, acceptable: 5s }, optional: true }";
    assert!(objective(tiers).optional);
}

#[test]
fn a_value_has_a_target_and_what_is_acceptable() {
    let tiers = objective("{ p95: { target: 3s, acceptable: 5s }, of: /retrieve }");
    assert_eq!(tiers.text, "p95 of /retrieve: target 3s, acceptable 5s");
    assert_eq!(endpoint(&tiers), Some("/retrieve"));
    let Rule::Tiers {
        comparison,
        target,
        acceptable,
        ..
    } = tiers.rule
    else {
        panic!("{tiers:?}");
    };
    assert_eq!(
        (comparison, target, acceptable),
        (Comparison::AtMost, 3000.0, 5000.0)
    );
    let turned = objective("{ cache_hit_rate: { acceptable: 70%, target: 90% } }");
    let Rule::Tiers {
        comparison, target, ..
    } = turned.rule
    else {
        panic!("{turned:?}");
    };
    assert_eq!((comparison, target), (Comparison::AtLeast, 0.9));
}

#[test]
fn a_value_earns_a_grade() {
    let graded = objective(
        "{ avg: { excellent: 3s, good: 5s, acceptable: 10s }, decide: good, severity: warn }",
    );
    assert_eq!(graded.severity, Severity::Warn);
    let Rule::Grades {
        grades, at_least, ..
    } = graded.rule
    else {
        panic!("{graded:?}");
    };
    let words: Vec<&str> = grades.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["excellent", "good", "acceptable"]);
    assert_eq!(at_least.as_deref(), Some("good"));
    let told = objective("{ avg: { good: 5s, acceptable: 10s } }");
    assert!(matches!(told.rule, Rule::Grades { at_least: None, .. }));
}

#[test]
fn a_table_has_an_objective_in_each_cell() {
    let text = "slo:
  /retrieve: { P50: 300ms, p95: 900ms, errors: 1%, p99: }
  POST /chat: { p95 ttft: 2s, success_rate: 99.9%, rps: \">= 50\", cache_hit_rate: 70% }";
    let all = plan(&with(text)).objectives;
    let told: Vec<&str> = all.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(
        told,
        [
            "p50 of /retrieve <= 300ms",
            "p95 of /retrieve <= 900ms",
            "error_rate of /retrieve <= 1%",
            "p95 ttft of POST /chat <= 2s",
            "success_rate of POST /chat >= 99.9%",
            "rps of POST /chat >= 50",
            "cache_hit_rate of POST /chat >= 70%",
        ]
    );
    assert!(
        all.iter()
            .skip(3)
            .all(|one| endpoint(one) == Some("POST /chat"))
    );
    // What is told reads back as the same objective.
    for one in &all {
        assert_eq!(Objective::parse(&one.text).unwrap().rule, one.rule);
    }
}

#[test]
fn scenarios_have_objectives_of_their_own() {
    let rungs =
        scenarios("{ rate: [1/s, 2/s], for: 1s, objectives: [p95 < 1s], slo: { /: { p99: 2s } } }");
    assert_eq!(rungs.len(), 2);
    for rung in rungs {
        assert_eq!(rung.objectives.len(), 2);
    }
    let text = with_scenario("{ users: 1, for: 1s, objectives: [p95 < 1s] }");
    let all = plan(&format!("objectives: [error_rate < 1%]\n{text}")).all_objectives();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].scenario, None);
    assert_eq!(all[1].scenario.as_deref(), Some("s"));
}

#[test]
fn what_cannot_be_judged_in_a_chosen_scenario_is_left_out() {
    let text = "objectives: [p95 in a < 2 * p95 in b, error_rate < 1%]
host: http://h
users: { u: { tasks: [{ get: / }] } }
scenarios:
  a: { users: 1, for: 1s, objectives: [p95 < 2 * p95 in b] }
  b: { users: 1, for: 1s }
";
    assert_eq!(plan(text).all_objectives().len(), 3);
    let chosen = Overrides {
        scenarios: vec!["a".to_owned()],
        ..Overrides::default()
    };
    let plan = load_as(text, Format::Yaml, &chosen).unwrap();
    let left: Vec<String> = plan
        .all_objectives()
        .into_iter()
        .map(|one| one.text)
        .collect();
    assert_eq!(left, ["error_rate < 1%"]);
}

#[test]
fn a_faulty_objective_is_told_at_its_place() {
    let text =
        with("objectives:\n  - p95 < 1s\n  - p95 of /x < 900parsecs\n  - \"p95 of /x ~ 1s\"");
    let told = faults(&text);
    assert!(told[0].starts_with("3:20 "), "{told:?}");
    assert!(told[1].starts_with("4:16 "), "{told:?}");
    assert_eq!(told.len(), 2);
    let told = faults(&with(
        "objectives:\n  - { p95: { target: 3s, acceptable: 5x } }",
    ));
    assert!(told[0].starts_with("2:38 "), "{told:?}");
    let told = faults(&with("slo:\n  /a: { p95: 1s, p199: 2s }"));
    assert!(told[0].starts_with("2:18 "), "{told:?}");
    let told = faults(&with("slo:\n  /a: { p95: 1s, p99: soon }"));
    assert!(told[0].starts_with("2:23 "), "{told:?}");
}

#[test]
fn names_that_nothing_has_are_faults() {
    let told = |line: &str| faults(&with(&format!("metrics: {{ credits: counter }}\n{line}")));
    assert_eq!(
        told("objectives: [sum credit < 5]"),
        ["2:18 there is no metric `credit` (did you mean `credits`?)"]
    );
    assert_eq!(
        told("objectives: [p95 in t < 2s]"),
        ["2:21 there is no scenario \"t\" (there is `s`)"]
    );
    assert_eq!(
        told("objectives: [p95 of user v < 2s]"),
        ["2:26 there is no user class \"v\" (there is `u`)"]
    );
    assert_eq!(
        told("objectives: [state.degraded < 5]"),
        ["2:14 there is no metric `state.degraded` (declare it under `metrics`)"]
    );
    plan(&with(
        "states: { degraded: { status: 503 } }\nobjectives: [state.degraded < 5, state.rate_limited < 1]",
    ));
}

#[test]
fn objectives_need_what_they_say() {
    let told = faults(&with("objectives: [{ severity: warn }]"));
    assert!(
        told[0].contains("an objective needs a value of the run"),
        "{told:?}"
    );
    let told = faults(&with(
        "objectives: [{ p95: { target: 1s, acceptable: 2s }, p99: { target: 1s, acceptable: 2s } }]",
    ));
    assert!(told[0].contains("about one value"), "{told:?}");
    let told = faults(&with("objectives: [{ p95: 1s }]"));
    assert!(told[0].contains("`p95` needs its limits"), "{told:?}");
    let told = faults(&with("objectives: [{ p95: { target: 1s } }]"));
    assert!(told[0].contains("stand beside each other"), "{told:?}");
    let told = faults(&with(
        "objectives: [{ p95: { target: 1s, acceptable: 2s }, decide: good }]",
    ));
    assert!(told[0].contains("`decide` goes with grades"), "{told:?}");
    let told = faults(&with_scenario(
        "{ users: 1, for: 1s, measure: false, objectives: [p95 < 1s] }",
    ));
    assert!(told[0].contains("has no objectives"), "{told:?}");
    let told = faults(&with("objectives: [cost < 5 USD]"));
    assert!(told[0].contains("`cost` needs `prices`"), "{told:?}");
    let told = faults(&with(
        "prices: { of: { \"*\": 1 } }\nobjectives: [cost < 5 EUR]",
    ));
    assert_eq!(told, ["2:23 the prices are in USD, this is in EUR"]);
}

#[test]
fn an_objective_that_cannot_stop_its_scenario_is_told() {
    let told = faults(&with(
        "objectives: [{ that: mean over scenarios of error_rate < 1%, stop: true }]",
    ));
    assert!(
        told[0].starts_with("1:68 this objective cannot end its scenario"),
        "{told:?}"
    );
    let told = faults(&with(
        "objectives: [{ avg: { good: 1s, fair: 2s }, stop: true }]",
    ));
    assert!(told[0].contains("describe and do not decide"), "{told:?}");
}

#[test]
fn a_metric_is_used_as_what_it_is() {
    let told = |objective: &str| {
        faults(&with(&format!(
            "metrics: {{ score: trend, size: {{ kind: gauge, unit: bytes }} }}\nobjectives: [{objective}]"
        )))
    };
    assert!(told("score < 5")[0].starts_with("2:14 `score` is a trend"));
    assert!(told("last size < 5ms")[0].starts_with("2:19 `size` counts in bytes"));
}

#[test]
fn metrics_are_declared_and_measured() {
    let text = format!(
        "metrics:\n  credits: counter\n  score: {{ kind: trend, unit: points }}\n  ok: rate\n{}",
        with_task("{ get: /, measure: { score: $.score, credits: { header: X-Credits } } }")
    );
    let plan = plan(&text);
    let told: Vec<(&str, Kind, &str)> = plan
        .metrics
        .iter()
        .map(|one| (&*one.name, one.kind, one.unit.name()))
        .collect();
    assert_eq!(
        told,
        [
            ("credits", Kind::Counter, "count"),
            ("score", Kind::Trend, "points"),
            ("ok", Kind::Rate, "share"),
        ]
    );
    let gatecrash_plan::model::Step::Http(http) = &http_users(&plan).tasks[0].steps[0] else {
        panic!("no request");
    };
    assert_eq!(http.measure[0].metric, 1);
    assert_eq!(http.measure[0].from, TakeFrom::Json("$.score".to_owned()));
    assert_eq!(http.measure[1].metric, 0);
    let recorded = plan.recorded_metrics();
    let names: Vec<&str> = recorded.iter().map(|one| &*one.name).collect();
    assert_eq!(names, ["credits", "score", "ok", "state.rate_limited"]);
    assert_eq!(recorded[3].unit, Unit::Count);
}

#[test]
fn metrics_have_names_that_objectives_can_say() {
    for (name, why) in [
        ("9lives", "cannot be the name of a metric"),
        ("a b", "cannot be the name of a metric"),
        ("ttft", "is measured anyway"),
        ("response_time", "is measured anyway"),
        ("state.x", "is kept for the counter of a state"),
        ("error_rate", "means something else in objectives"),
        ("p95", "means something else in objectives"),
    ] {
        let told = faults(&with(&format!("metrics: {{ {name}: trend }}")));
        assert!(told[0].contains(why), "{told:?}");
    }
    let told = faults(&with_task("{ get: /, measure: { score: $.score } }"));
    assert_eq!(
        told,
        [
            "4:28 there is no metric \"score\" under `metrics` (declare it: `metrics: { score: trend }`)"
        ]
    );
}

#[test]
fn what_tells_of_a_cache_comes_from_the_nearest() {
    assert_eq!(request("{ get: / }").cache, CacheFrom::Headers);
    assert_eq!(request("{ get: /, cache: off }").cache, CacheFrom::Off);
    let json = CacheFrom::Json {
        path: "$.cached".to_owned(),
        hit: None,
    };
    assert_eq!(request("{ get: /, cache: { json: $.cached } }").cache, json);
    let header = CacheFrom::Header {
        name: "X-From".to_owned(),
        hit: Some("7".to_owned()),
    };
    assert_eq!(
        request("{ get: /, cache: { header: X-From, hit: 7 } }").cache,
        header
    );
    let text = with_task("{ get: / }");
    let plan_wide = plan(&format!("cache: {{ json: $.cached }}\n{text}"));
    let of = |plan: &gatecrash_plan::model::Plan| match &http_users(plan).tasks[0].steps[0] {
        gatecrash_plan::model::Step::Http(http) => http.cache.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(of(&plan_wide), json);
    let own = text.replace("u: {", "u: { cache: off,");
    assert_eq!(
        of(&plan(&format!("cache: {{ json: $.cached }}\n{own}"))),
        CacheFrom::Off
    );
}

#[test]
fn a_cache_says_it_in_its_own_words() {
    use gatecrash_plan::model::judging::cache_word;
    for hit in [
        "HIT",
        "Hit from cloudfront",
        "MISS, HIT",
        "TCP_MEM_HIT",
        "true",
        "3",
        "REVALIDATED",
    ] {
        assert_eq!(cache_word(hit), Some(true), "{hit}");
    }
    for miss in [
        "MISS",
        "TCP_MISS:HIER_DIRECT",
        "EXPIRED",
        "false",
        "0",
        "DYNAMIC",
        "x; fwd=uri-miss",
    ] {
        assert_eq!(cache_word(miss), Some(false), "{miss}");
    }
    for unknown in ["", "NONE/UNKNOWN", "whitelist", "dismissed"] {
        assert_eq!(cache_word(unknown), None, "{unknown}");
    }
}

#[test]
fn states_are_conditions_with_names() {
    let text = with("states:\n  degraded: { header: { X-Mode: degraded } }");
    let of_plan = plan(&text);
    let names: Vec<&str> = of_plan.states.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["rate_limited", "degraded"]);
    assert_eq!(of_plan.states[0], StatePlan::rate_limited());
    assert_eq!(http_users(&of_plan).states, of_plan.states);
    let own = plan(&text.replace(
        "u: {",
        "u: { states: { rate_limited: { status: 420 }, open: { json: { $.circuit: open } } },",
    ));
    let states = &http_users(&own).states;
    let names: Vec<&str> = states.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["degraded", "rate_limited", "open"]);
    assert_eq!(states[1].when, [Check::Status(vec![(420, 420)])]);
    let told = faults(&with("states: { x: {} }"));
    assert!(told[0].contains("no condition stands here"), "{told:?}");
    let told = faults(&with("states: { x: { contains: \"{{ now() }}\" } }"));
    assert!(told[0].contains("nothing to fill in"), "{told:?}");
}
