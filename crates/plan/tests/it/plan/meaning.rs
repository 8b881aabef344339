//! What plans mean.

use std::time::Duration;

use gatecrash_plan::model::{
    Body, Check, CheckJson, JsonTemplate, PartBody, Pick, SocketStep, Source, Step, StreamForm,
    TakeFrom, UserKind, Wait,
};
use serde_json::json;

use super::{
    http_users, plan, request, scenario, seconds, steps_of, with_scenario, with_task, written,
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_plan_has_a_name_a_host_and_what_must_be_ready() {
    let text = "host: '${HOST}/api/'\nready: { get: /up }\nusers: { u: { tasks: [{ get: / }] } }\nscenarios: { s: { users: 1, for: 1s } }\n";
    let plan = plan(text);
    assert_eq!(plan.name, "plan");
    assert_eq!(plan.host.as_deref(), Some("http://from.env:81/api"));
    let ready = plan.ready.clone().unwrap();
    assert_eq!(
        (ready.url.as_str(), ready.within),
        ("http://from.env:81/api/up", seconds(30))
    );
    assert_eq!(http_users(&plan).host, "http://from.env:81/api");
    assert_eq!(
        plan.environment,
        [("HOST".to_owned(), "http://from.env:81".to_owned())]
    );
}

#[test]
fn a_class_has_its_own_host_before_the_plans() {
    let text = "host: http://a\nusers: { u: { host: 'https://b:8443', tasks: [{ get: / }] } }\nscenarios: { s: { users: 1, for: 1s } }\n";
    assert_eq!(http_users(&plan(text)).host, "https://b:8443");
}

#[test]
fn absolute_urls_need_no_host() {
    let text = "users: { u: { tasks: [{ get: 'http://a/b' }, { get: '{{ env.HOST }}/c' }] } }\nscenarios: { s: { users: 1, for: 1s } }\n";
    assert_eq!(http_users(&plan(text)).host, "");
}

#[test]
fn waits() {
    let wait = |text: &str| {
        let text = format!(
            "host: http://h\nusers: {{ u: {{ wait: {text}, tasks: [{{ get: / }}] }} }}\nscenarios: {{ s: {{ users: 1, for: 1s }} }}\n"
        );
        http_users(&plan(&text)).wait
    };
    assert_eq!(wait("none"), Wait::None);
    assert_eq!(wait("2s"), Wait::Between(seconds(2), seconds(2)));
    assert_eq!(wait("1s..5s"), Wait::Between(seconds(1), seconds(5)));
    assert_eq!(wait("1s .. 5s"), Wait::Between(seconds(1), seconds(5)));
    assert_eq!(wait("pacing 10s"), Wait::Pacing(seconds(10)));
    assert_eq!(wait("throughput 0.1/s"), Wait::Pacing(seconds(10)));
    assert_eq!(wait("throughput 6/m"), Wait::Pacing(seconds(10)));
}

#[test]
fn a_request_has_the_name_of_its_template() {
    let of = |task: &str| written(&request(task).name);
    assert_eq!(
        of("{ get: '/items/{{ random_int(1, 9) }}?a=b' }"),
        "/items/{{ random_int(1, 9) }}?a=b"
    );
    assert_eq!(of("{ get: /a, name: b }"), "b");
    assert_eq!(
        of("{ get: /a, name: 'b {{ user.number }}' }"),
        "b {{ user.number }}"
    );
    // As a constant: the name of a request is not filled in unless it says so.
    let step = request("{ get: '/items/{{ random_int(1, 9) }}' }");
    assert_eq!(
        step.name.as_constant(),
        Some("/items/{{ random_int(1, 9) }}")
    );
    assert_eq!(step.url.as_constant(), None);
}

#[test]
fn a_task_has_a_name() {
    let of = |task: &str| http_users(&plan(&with_task(task))).tasks[0].name.clone();
    assert_eq!(of("{ get: /a }"), "GET /a");
    assert_eq!(of("{ request: /a, method: PURGE }"), "PURGE /a");
    assert_eq!(of("{ get: /a, name: b }"), "b");
    assert_eq!(of("{ steps: [{ get: /a }, { get: /b }] }"), "task 1");
    assert_eq!(
        of("{ steps: [{ get: /a }, { get: /b }], name: both }"),
        "both"
    );
}

#[test]
fn tasks_have_weights_and_expected_times() {
    let text = with_task(
        "{ get: /a, weight: 40, expected_time: 800ms }, { get: /b }, { get: /c, weight: 0 }",
    );
    let plan = plan(&text);
    let tasks: Vec<(f64, Option<Duration>)> = http_users(&plan)
        .tasks
        .iter()
        .map(|task| (task.weight, task.expected_time))
        .collect();
    assert_eq!(
        tasks,
        [(40.0, Some(Duration::from_millis(800))), (1.0, None)]
    );
    let one = scenario("{ rate: 1/s, for: 1s, expected_time: 2s }");
    assert_eq!(one.expected_time, Some(seconds(2)));
}

#[test]
fn what_a_class_says_holds_for_its_requests() {
    let text = "host: http://h\nusers: { u: { timeout: 7s, redirects: 3, max_body: 1kB, verify_tls: false, headers: { A: '1' }, tasks: [{ get: / }, { get: /b, timeout: 8s, redirects: 0, max_body: 2kB, headers: { B: 2 } }] } }\nscenarios: { s: { users: 1, for: 1s } }\n";
    let plan = plan(text);
    let users = http_users(&plan);
    assert!(!users.verify_tls);
    assert_eq!(users.headers.len(), 1);
    let of = |task: usize| match users.tasks[task].steps.as_slice() {
        [Step::Http(step)] => (
            step.timeout,
            step.redirects,
            step.max_body_bytes,
            step.headers.len(),
        ),
        other => panic!("{other:?}"),
    };
    assert_eq!(of(0), (seconds(7), 3, 1000, 0));
    assert_eq!(of(1), (seconds(8), 0, 2000, 1));
}

#[test]
fn a_header_that_needs_a_value_waits_for_it() {
    let text = "\
host: http://h
users:
  u:
    headers: { Authorization: 'Bearer {{ token }}', A: '{{ late }}', B: '{{ maybe | default(1) }}', C: '1' }
    start:
      - post: /login
        take: { token: $.t, maybe: $.m }
      - get: /me
    tasks:
      - get: /a
      - steps: [ { get: /b, take: { late: $.x } }, { connect: /c }, { get: /d, headers: { authorization: none } } ]
scenarios: { s: { users: 1, for: 1s } }
";
    let plan = plan(text);
    let users = http_users(&plan);
    let always: Vec<&str> = users
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(always, ["B", "C"]);
    let headers = |steps: &[Step]| -> Vec<Vec<String>> {
        let of = |step: &Step| match step {
            Step::Http(http) => http.headers.clone(),
            Step::Socket(SocketStep::Connect { headers, .. }) => headers.clone(),
            other => panic!("{other:?}"),
        };
        let names = |step: &Step| of(step).into_iter().map(|(name, _)| name).collect();
        steps.iter().map(names).collect()
    };
    assert_eq!(headers(&users.start), [vec![""; 0], vec!["Authorization"]]);
    assert_eq!(headers(&users.tasks[0].steps), [["Authorization", "A"]]);
    assert_eq!(
        headers(&users.tasks[1].steps),
        [
            vec!["Authorization"],
            vec!["Authorization", "A"],
            vec!["A", "authorization"]
        ]
    );
}

#[test]
fn bodies() {
    let of = |body: &str| request(&format!("{{ post: /, {body} }}")).body;
    let Body::Json(JsonTemplate::Object(entries)) =
        of("json: { z: 1, a: [x, '{{ uuid() }}'], n: null }")
    else {
        panic!("no object");
    };
    let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["z", "a", "n"]);
    assert_eq!(entries[0].1, JsonTemplate::Constant(json!(1)));
    let JsonTemplate::Array(list) = &entries[1].1 else {
        panic!("{entries:?}");
    };
    assert_eq!(list[0], JsonTemplate::Constant(json!("x")));
    assert!(matches!(&list[1], JsonTemplate::Text(text) if written(text) == "{{ uuid() }}"));
    assert!(
        matches!(of("text: 'a ${THREE} $$b $c'"), Body::Text(text) if text.as_constant() == Some("a 3 $b $c"))
    );
    assert!(matches!(of("file: a/b.bin"), Body::File(file) if file.ends_with("plans/a/b.bin")));
    let Body::Form(fields) = of("form: { v: 1.10, yes: true }") else {
        panic!("no form");
    };
    let fields: Vec<(String, String)> = fields
        .iter()
        .map(|(name, text)| (name.clone(), written(text)))
        .collect();
    assert_eq!(
        fields,
        [
            ("v".to_owned(), "1.10".to_owned()),
            ("yes".to_owned(), "true".to_owned())
        ]
    );
    let Body::Multipart(parts) =
        of("multipart: { t: x, f: { file: a }, g: { file: b, type: text/csv } }")
    else {
        panic!("no parts");
    };
    assert!(matches!(&parts[0].1, PartBody::Text(text) if written(text) == "x"));
    assert!(matches!(&parts[1].1, PartBody::File(_, kind) if kind == "application/octet-stream"));
    assert!(matches!(&parts[2].1, PartBody::File(_, kind) if kind == "text/csv"));
}

#[test]
fn what_is_taken() {
    let step = request(
        "{ get: /, take: { a: $.x, b: { header: H, default: 5 }, c: { regex: 'i(d)' }, d: { cookie: s }, e: { body: true }, f: { status: true }, g: { json: '$.y' } } }",
    );
    let from: Vec<&TakeFrom> = step.take.iter().map(|take| &take.from).collect();
    assert_eq!(
        from,
        [
            &TakeFrom::Json("$.x".to_owned()),
            &TakeFrom::Header("H".to_owned()),
            &TakeFrom::Regex("i(d)".to_owned()),
            &TakeFrom::Cookie("s".to_owned()),
            &TakeFrom::Body,
            &TakeFrom::Status,
            &TakeFrom::Json("$.y".to_owned()),
        ]
    );
    assert_eq!(step.take[0].default, None);
    assert_eq!(step.take[1].default, Some(json!(5)));
}

#[test]
fn what_is_expected() {
    let of = |expect: &str| request(&format!("{{ get: /, expect: {expect} }}")).expect;
    assert_eq!(of("{ status: 200 }"), [Check::Status(vec![(200, 200)])]);
    assert_eq!(
        of("{ status: [2xx, '301', 400..404] }"),
        [Check::Status(vec![(200, 299), (301, 301), (400, 404)])]
    );
    let json = of(
        "{ json: { $.a: exists, $.b: absent, $.c: ready, $.d: { equals: exists, at_least: 1, at_most: 2.5 } } }",
    );
    let json: Vec<(&str, &CheckJson)> = json
        .iter()
        .map(|check| match check {
            Check::Json(path, check) => (path.as_str(), check),
            other => panic!("{other:?}"),
        })
        .collect();
    let equals = |text: &str| CheckJson::Equals(JsonTemplate::Constant(json!(text)));
    assert_eq!(
        json,
        [
            ("$.a", &CheckJson::Exists),
            ("$.b", &CheckJson::Absent),
            ("$.c", &equals("ready")),
            ("$.d", &equals("exists")),
            ("$.d", &CheckJson::AtLeast(1.0)),
            ("$.d", &CheckJson::AtMost(2.5)),
        ]
    );
    let rest = of(
        "{ header: { A: exists, B: json }, contains: [x, y], matches: 'z+', under: 5s, min_bytes: 1kB }",
    );
    let text = |text: &str| gatecrash_plan::model::Template {
        parts: match text {
            "" => vec![gatecrash_plan::model::Part::Text(String::new())],
            text => vec![gatecrash_plan::model::Part::Text(text.to_owned())],
        },
    };
    assert_eq!(
        rest,
        [
            Check::Header("A".to_owned(), text("")),
            Check::Header("B".to_owned(), text("json")),
            Check::Contains(text("x")),
            Check::Contains(text("y")),
            Check::Matches("z+".to_owned()),
            Check::Under(seconds(5)),
            Check::MinBytes(1000),
        ]
    );
}

#[test]
fn steps_in_steps() {
    let steps = steps_of(
        "{ steps: [ { set: { a: 1 } }, { think: 1s }, { if: a > 0, then: [ { repeat: 2, steps: [ { get: / } ] } ] } ] }",
    );
    let [
        Step::Set(values),
        Step::Think(wait),
        Step::If {
            condition,
            then,
            otherwise,
        },
    ] = steps.as_slice()
    else {
        panic!("{steps:?}");
    };
    assert_eq!(values[0].0, "a");
    assert_eq!(*wait, Wait::Between(SECOND, SECOND));
    assert_eq!(condition, "a > 0");
    assert!(otherwise.is_empty());
    assert!(matches!(then.as_slice(), [Step::Repeat { times: 2, steps }] if steps.len() == 1));
}

#[test]
fn a_task_may_be_any_step() {
    assert!(matches!(
        steps_of("{ repeat: 2, steps: [{ get: / }], weight: 3 }").as_slice(),
        [Step::Repeat { .. }]
    ));
    assert!(matches!(
        steps_of("{ think: 1s, name: rest }").as_slice(),
        [Step::Think(_)]
    ));
}

#[test]
fn streams() {
    for (word, form) in [
        ("sse", StreamForm::Sse),
        ("openai", StreamForm::OpenAi),
        ("anthropic", StreamForm::Anthropic),
    ] {
        assert_eq!(
            request(&format!("{{ get: /, stream: {word} }}")).stream,
            Some(form)
        );
    }
}

#[test]
fn sockets() {
    let steps = steps_of(
        "{ steps: [ { connect: /ws, timeout: 3s }, { send: { op: 1 }, expect: pong }, { send: x }, { expect: { json: { $.t: u }, take: { id: $.id }, within: 2s } }, { hold: 1s..2s }, { close: } ] }",
    );
    let [
        Step::Socket(SocketStep::Connect { name, timeout, .. }),
        Step::Socket(SocketStep::Send {
            name: sent,
            message,
            expect: Some(pong),
        }),
        Step::Socket(SocketStep::Send { expect: None, .. }),
        Step::Socket(SocketStep::Expect {
            name: awaited,
            message: update,
        }),
        Step::Socket(SocketStep::Hold(_)),
        Step::Socket(SocketStep::Close),
    ] = steps.as_slice()
    else {
        panic!("{steps:?}");
    };
    assert_eq!(
        (written(name), written(sent), written(awaited)),
        ("/ws".into(), "send".into(), "expect".into())
    );
    assert_eq!(*timeout, seconds(3));
    assert!(matches!(message, JsonTemplate::Object(_)));
    assert_eq!(
        (written(&pong.contains), pong.within),
        ("pong".to_owned(), seconds(10))
    );
    assert_eq!(update.json.as_ref().unwrap().0, "$.t");
    assert_eq!((update.take.len(), update.within), (1, seconds(2)));
}

#[test]
fn feeds() {
    let text = with_task("{ get: / }")
        + "data:\n  a: { csv: a.csv }\n  b: { json: /abs/b.json, pick: unique }\n  c: { rows: [ { x: 1, y: '${THREE}' } ], pick: shuffled }\n";
    let plan = plan(&text);
    assert!(matches!(&plan.feeds[0].source, Source::Csv(file) if file.ends_with("plans/a.csv")));
    assert!(matches!(&plan.feeds[1].source, Source::Json(file) if file.starts_with("/abs")));
    let picks: Vec<Pick> = plan.feeds.iter().map(|feed| feed.pick).collect();
    assert_eq!(picks, [Pick::Sequential, Pick::Unique, Pick::Shuffled]);
    let Source::Rows(rows) = &plan.feeds[2].source else {
        panic!("{:?}", plan.feeds);
    };
    assert_eq!(json!(rows), json!([{ "x": 1, "y": "3" }]));
    let files: Vec<String> = plan
        .files()
        .map(|file| file.display().to_string())
        .collect();
    assert_eq!(files, ["/plans/a.csv", "/abs/b.json"]);
    assert_eq!(
        (plan.mentions[0].place.line, plan.mentions[0].place.column),
        (8, 13)
    );
    let fault = plan.mentions[0].place.fault("there is no such file", None);
    assert!(
        fault
            .to_string()
            .starts_with("plan.yaml:8:13: there is no such file\n")
    );
}

#[test]
fn locustfiles() {
    let text = "host: http://h\nusers: { u: { locustfile: a.py, classes: [A, B] } }\nscenarios: { s: { users: 1, for: 1s } }\n";
    let plan = plan(text);
    let UserKind::Locust(users) = &plan.users[0].kind else {
        panic!("{plan:?}");
    };
    assert!(users.file.ends_with("plans/a.py"));
    assert_eq!(
        (users.classes.len(), users.host.as_deref()),
        (2, Some("http://h"))
    );
}

#[test]
fn variables_stand_for_numbers_where_a_key_takes_one() {
    let text = with_scenario("{ users: '${THREE}', for: '${NOPE:-5s}', measure: '${YES}' }");
    let one = &plan(&text).scenarios[0];
    assert_eq!((one.duration, one.measured), (Some(seconds(5)), true));
    // In a body a text stays a text.
    let step = request("{ post: /, json: { a: '${THREE}' } }");
    let Body::Json(JsonTemplate::Object(entries)) = step.body else {
        panic!("no object");
    };
    assert_eq!(entries[0].1, JsonTemplate::Constant(json!("3")));
}
