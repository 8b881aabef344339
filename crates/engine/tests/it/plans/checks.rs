//! Checks and takes, and how their failures are called.

use super::play::{Played, play};
use super::witness::{Witness, answer, json};

const BODY: &str = r#"{"id": 7, "name": "Ada \"A\"", "tags": ["a", "b", 3], "ok": true, "none": null, "deep": {"x": [{"y": 1.5}]}}"#;

fn got(keys: &str) -> Played {
    let said = answer(
        "200 OK",
        "X-Id: abc-17\r\nContent-Type: application/json\r\n",
        BODY,
    );
    let witness = Witness::new(&[said]);
    let class = format!(
        "tasks:\n  - steps:\n    - set: {{ seven: 7, letter: b }}\n    - {{ get: /, {keys} }}"
    );
    play(&witness.url(), &class)
}

/// The check holds.
fn holds(expect: &str) {
    got(&format!("expect: {{ {expect} }}")).well();
}

/// The check fails, and so it is called.
fn fails(expect: &str, why: &str) {
    let failures = got(&format!("expect: {{ {expect} }}")).failures();
    assert_eq!(failures, [format!("GET /: check: {why}")], "{expect}");
}

#[test]
fn statuses() {
    holds("status: 200");
    holds("status: [404, 200]");
    fails("status: 201", "status 200 is not 201");
    fails("status: [404, 410]", "status 200 is not 404 or 410");
}

#[test]
fn a_status_that_is_asked_for_is_right_however_high() {
    let witness = Witness::new(&[answer("503 Busy", "", "{")]);
    let class = "tasks:\n  - { get: /, expect: { status: 503 } }";
    play(&witness.url(), class).well();
    let class = "tasks:\n  - { get: /, expect: { json: { $.a: exists }, status: 200 } }";
    let failures = play(&witness.url(), class).failures();
    assert_eq!(failures, ["GET /: check: status 503 is not 200"]);
}

#[test]
fn values_that_are_there_or_not() {
    holds("json: { $.id: exists, $.none: exists, '$.deep.x[0].y': exists, '$..y': exists }");
    holds("json: { $.nobody: absent, '$.tags[3]': absent }");
    fails("json: { $.nobody: exists }", "$.nobody is missing");
    fails("json: { $.id: absent }", "$.id is there");
}

#[test]
fn values_that_equal() {
    holds("json: { $.id: 7, $.ok: true, $.tags: [a, b, 3], '$.deep.x[0].y': 1.5 }");
    holds("json: { $.id: { equals: '{{ seven }}' }, '$.tags[2]': 3.0 }");
    holds("json: { $.name: 'Ada \"A\"', $.deep: { equals: { x: [{ y: 1.5 }] } } }");
    fails("json: { $.id: 8 }", "$.id is not 8");
    fails("json: { $.id: '7' }", "$.id is not \"7\"");
    fails("json: { $.nobody: 1 }", "$.nobody is missing");
    fails("json: { $.tags: [a, b] }", r#"$.tags is not ["a","b"]"#);
    fails(
        "json: { $.name: '{{ letter }}' }",
        "$.name is not what the plan says",
    );
}

#[test]
fn values_that_contain() {
    holds("json: { $.name: { contains: Ada }, $.tags: { contains: '{{ letter }}' } }");
    holds("json: { $.tags: { contains: '3' } }");
    fails(
        "json: { $.tags: { contains: c } }",
        "$.tags does not contain \"c\"",
    );
    fails(
        "json: { $.name: { contains: '{{ letter }}' } }",
        "$.name does not contain \"{{ letter }}\"",
    );
}

#[test]
fn values_within_bounds() {
    holds("json: { $.id: { at_least: 7, at_most: 7 }, $.tags: { at_least: 3 } }");
    holds("json: { $.name: { at_most: 7 } }");
    fails(
        "json: { $.id: { at_least: 7.5 } }",
        "$.id is not at least 7.5",
    );
    fails(
        "json: { $.tags: { at_most: 2 } }",
        "$.tags is not at most 2",
    );
    fails("json: { $.ok: { at_least: 0 } }", "$.ok is not at least 0");
}

#[test]
fn headers() {
    holds("header: { x-id: 'abc', Content-Type: json, X-ID: exists }");
    fails("header: { X-Nobody: exists }", "header X-Nobody is missing");
    fails(
        "header: { X-Id: xyz }",
        "header X-Id does not contain \"xyz\"",
    );
}

#[test]
fn texts() {
    holds("contains: '\"tags\"'");
    holds("contains: ['Ada', '{{ seven }}']");
    holds("matches: '\"id\": \\d'");
    fails("contains: Bob", "the body does not contain \"Bob\"");
    fails(
        "matches: '\"id\": \\d\\d'",
        "the body does not match /\"id\": \\d\\d/",
    );
}

#[test]
fn sizes_and_times() {
    holds("min_bytes: 50, under: 1h");
    fails("min_bytes: 5000", "the body has fewer than 5000 bytes");
    let target = crate::native::target();
    let host = format!("http://{}", target.address());
    let class = "tasks:\n  - { get: /delay/60, expect: { under: 20ms } }";
    let failures = play(&host, class).failures();
    assert_eq!(failures, ["GET /delay/60: check: slower than 20ms"]);
}

#[test]
fn what_is_no_json_is_told_and_never_shown() {
    let witness = Witness::new(&[answer("200 OK", "", "<html>secret</html>")]);
    for keys in [
        "expect: { json: { $.a: exists } }",
        "expect: { json: { $..a: absent } }",
    ] {
        let failures =
            play(&witness.url(), &format!("tasks:\n  - {{ get: /, {keys} }}")).failures();
        assert_eq!(failures, ["GET /: check: the body is not JSON"]);
    }
    let failures = play(&witness.url(), "tasks:\n  - { get: /, take: { a: $.a } }").failures();
    assert_eq!(failures, ["GET /: take: the body is not JSON"]);
}

/// What a take gives, as the text that a later step sends.
fn taken(take: &str) -> String {
    let said = answer(
        "200 OK",
        "X-Id: abc-17\r\nSet-Cookie: session=s1; Path=/\r\n",
        BODY,
    );
    let witness = Witness::new(&[said, json("{}")]);
    let class = format!(
        "tasks:\n  - steps:\n    - {{ get: /, take: {{ it: {take} }} }}\n    - {{ post: /, text: '{{{{ it }}}}' }}"
    );
    play(&witness.url(), &class).well();
    let heard = witness.heard();
    let (_, body) = heard[1].split_once("\r\n\r\n").expect("a head");
    body.to_owned()
}

#[test]
fn values_are_taken_from_everywhere() {
    assert_eq!(taken("$.name"), "Ada \"A\"");
    assert_eq!(taken("$.deep"), r#"{"x":[{"y":1.5}]}"#);
    assert_eq!(taken("$.none"), "null");
    assert_eq!(taken("'$.tags[-1]'"), "3");
    assert_eq!(taken("{ header: x-id }"), "abc-17");
    assert_eq!(taken("{ regex: '\"id\": (\\d+)' }"), "7");
    assert_eq!(taken("{ regex: '\"id\": \\d+' }"), "\"id\": 7");
    assert_eq!(taken("{ cookie: session }"), "s1");
    assert_eq!(taken("{ status: true }"), "200");
    assert_eq!(taken("{ body: true }"), BODY);
    assert_eq!(taken("{ json: $.nobody, default: [1] }"), "[1]");
}

#[test]
fn what_cannot_be_taken_fails_the_request() {
    for (take, why) in [
        ("$.nobody", "$.nobody is missing"),
        ("{ header: X-Nobody }", "header X-Nobody is missing"),
        ("{ regex: 'x+y' }", "the body does not match /x+y/"),
        ("{ cookie: nobody }", "cookie nobody is missing"),
    ] {
        let failures = got(&format!("take: {{ it: {take} }}")).failures();
        assert_eq!(failures, [format!("GET /: take: {why}")]);
    }
}
