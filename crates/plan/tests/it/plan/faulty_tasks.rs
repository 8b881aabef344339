//! Tasks that cannot be: each impossible thing is told, and nothing besides.

use super::{faults, load, with_task};

#[track_caller]
fn task(task: &str, expected: &str) {
    assert_eq!(faults(&with_task(task)), [expected], "{task}");
}

#[test]
fn steps() {
    let verbs = "`get`, `post`, `put`, `patch`, `delete`, `head`, `options`, `request`, `think`, `set`, `if`, `repeat`, `connect`, `send`, `hold`, `close`, `expect`";
    task(
        "{ weight: 1 }",
        &format!("4:9 a task needs one of {verbs}, `steps` or `weight`")
            .replace(", `steps` or `weight`", " or `steps`"),
    );
    task(
        "{ steps: [{}] }",
        &format!(
            "4:17 a step needs one of {}",
            verbs.replace(", `expect`", " or `expect`")
        ),
    );
    task(
        "{ got: / }",
        "4:9 a task has no key \"got\" (did you mean `get`?)",
    );
    task(
        "{ steps: [{ thnk: 1s }] }",
        "4:19 a step has no key \"thnk\" (did you mean `think`?)",
    );
    task("get", "4:7 a task is a map, not the text \"get\"");
    task(
        "{ steps: [get] }",
        "4:17 a step is a map, not the text \"get\"",
    );
    task("{ steps: [] }", "4:7 the task has no steps");
    task(
        "{ get: /, steps: [{ get: / }] }",
        "4:24 a task is either one step or several under `steps`, not both",
    );
    task(
        "{ get: /, post: / }",
        "4:17 a request has either `get` or `post`, not both",
    );
    task(
        "{ get: /, think: 1s }",
        "4:17 `think` is a step of its own, and a request stands here already (put one after the other under `steps`)",
    );
    task(
        "{ think: 5s..1s }",
        "4:16 `think`: '5s..1s' ends before it begins; write the shorter time first",
    );
    task(
        "{ think: pacing 1s }",
        "4:16 `think`: 'pacing 1s' is not a length of time; write it as 500ms, 2s, 1m30s, 1.5h or 2d",
    );
    task(
        "{ repeat: 0, steps: [{ get: / }] }",
        "4:17 `repeat`: it is from 1 to 1000000000, not 0",
    );
    task(
        "{ repeat: 2 }",
        "4:9 `repeat` needs `steps` (for example `steps: [{ get: /next }]`)",
    );
    task(
        "{ if: 1 > 0 }",
        "4:9 `if` needs `then` (for example `then: [{ get: /large }]`)",
    );
    task(
        "{ if: '{{ 1 }}', then: [] }",
        "4:13 an expression does not begin with `{{` (this is an expression already: leave out the `{{ }}`)",
    );
    task(
        "{ close: 5 }",
        "4:16 `close` takes `true`, or nothing, not the number 5",
    );
    task(
        "{ get: /, weight: 0 }",
        "3:15 every task has weight 0 (give one of them a weight above 0)",
    );
    task(
        "{ get: /, weight: -1 }",
        "4:25 `weight`: a weight is from 0 to 1000000000, not -1",
    );
    task(
        "{ get: /, weight: '3' }",
        "4:25 `weight` takes a number from 0 on, not the text \"3\"",
    );
}

#[test]
fn requests() {
    task(
        "{ request: / }",
        "4:18 `request` needs a `method` (add for example `method: PURGE`)",
    );
    task(
        "{ get: /, method: POST }",
        "4:25 the method is GET already; `method` goes with `request`",
    );
    task(
        "{ request: /, method: purge }",
        "4:29 \"purge\" is not a method (methods are written in capitals: PURGE)",
    );
    task(
        "{ request: /, method: 'A B' }",
        "4:29 \"A B\" is not a method",
    );
    task(
        "{ get: items }",
        "4:14 \"items\" is not a URL (write `/items` for a path on the host)",
    );
    task(
        "{ get: '' }",
        "4:14 the URL is empty (the host itself is `/`)",
    );
    task(
        "{ get: /a b }",
        "4:14 the URL has white space in it (a space is written `%20`, or put it into `query`)",
    );
    task(
        "{ get: 'ftp://h/' }",
        "4:14 \"ftp://h/\" is a URL of \"ftp\", not of http or https",
    );
    task(
        "{ get: 'http://h:99999/' }",
        "4:14 \"http://h:99999/\" has no port from 1 to 65535 behind the `:`",
    );
    task(
        "{ get: 'http:///x' }",
        "4:14 \"http:///x\" has no name of a host",
    );
    task(
        "{ get: 'http://[::g]/' }",
        "4:14 \"http://[::g]/\" has \"::g\" for an IPv6 address",
    );
    task(
        "{ connect: 'http//h' }",
        "4:18 \"http//h\" is not a URL (write `/http//h` for a path on the host)",
    );
    task(
        "{ connect: 'ftp://h' }",
        "4:18 \"ftp://h\" is a URL of \"ftp\", not of ws or wss or http or https",
    );
}

#[test]
fn what_goes_with_a_request() {
    task(
        "{ post: /, json: {}, text: x }",
        "4:34 a request has one body, not both `json` and `text`",
    );
    task(
        "{ get: /, timeout: 0s }",
        "4:26 a time of 0 is too short here",
    );
    task(
        "{ get: /, headers: { 'A B': x } }",
        "4:28 \"A B\" cannot be the name of a header",
    );
    task(
        "{ get: /, headers: { A: \"x\\ny\" } }",
        "4:31 a header is one line without control characters",
    );
    task(
        "{ get: /, headers: { Content-Length: 5 } }",
        "4:28 `Content-Length` follows from the body and cannot be set",
    );
    task(
        "{ get: /, headers: { A: [x] } }",
        "4:31 `A` takes a text, which may hold `{{ expressions }}`, not a list",
    );
    task(
        "{ get: /, stream: openia }",
        "4:25 `stream` takes `sse`, `openai` or `anthropic`, not \"openia\" (did you mean `openai`?)",
    );
    task(
        "{ get: /, max_body: lots }",
        "4:27 `max_body`: \"lots\" is not a size; write 512, 64kB, 1MB or 2GiB",
    );
    task(
        "{ get: /, redirects: many }",
        "4:28 `redirects` takes a whole number from 0 on, not the text \"many\"",
    );
    task(
        "{ get: /, chunked: 16KiB }",
        "4:26 `chunked` says how a body is sent, and there is none (add `json`, `form`, `text`, `file` or `multipart`)",
    );
    task(
        "{ post: /, text: x, chunked: 15 }",
        "4:36 a chunk has at least 16 bytes",
    );
    task("{ post: /, file: '' }", "4:24 the name of a file is empty");
    task(
        "{ post: /, multipart: { a: { file: x, kind: y } } }",
        "4:45 a file has no key \"kind\" (its keys are `file` or `type`)",
    );
}

#[test]
fn values_that_are_not_there_yet() {
    let start = |steps: &str| {
        format!(
            "host: http://h\nusers: {{ u: {{ start: [ {steps} ], tasks: [{{ get: /, take: {{ late: $.x }} }}] }} }}\nscenarios: {{ s: {{ users: 1, for: 1s }} }}\n"
        )
    };
    let not_yet = |name: &str| {
        format!(
            "`{name}` is not there yet: no step before this one takes it (let an earlier step take it, or write `{name} | default(\"…\")`)"
        )
    };
    let cases = [
        ("{ get: '/{{ a }}', take: { a: $.a } }", Some(("2:36", "a"))),
        ("{ get: '/{{ late }}' }", Some(("2:36", "late"))),
        ("{ get: /, take: { a: $.a } }, { get: '/{{ a }}' }", None),
        (
            "{ get: \"/{{ a | default('x') }}\", take: { a: $.a } }",
            None,
        ),
        ("{ if: late, then: [ { get: / } ] }", None),
        ("{ set: { a: 1 } }, { set: { b: '{{ a }}' } }", None),
    ];
    for (steps, fault) in cases {
        let text = start(steps);
        match fault {
            Some((place, name)) => {
                assert_eq!(
                    faults(&text),
                    [format!("{place} {}", not_yet(name))],
                    "{steps}"
                );
            }
            None => assert!(load(&text).is_ok(), "{steps}: {:?}", faults(&text)),
        }
    }
}

#[test]
fn names_are_not_filled_in() {
    task(
        "{ post: /, json: { a: { '{{ uuid() }}': 1 } } }",
        "4:31 \"{{ uuid() }}\" is a name, and names are not filled in",
    );
    task(
        "{ get: /, query: { '${THREE}': 1 } }",
        "4:26 \"${THREE}\" is a name, and names are not filled in",
    );
}

#[test]
fn answers() {
    let status = "is not a status; write 200, 2xx, 200..299 or a list of these";
    for wrong in ["20", "600", "6xx", "299..200", "2x", "x", "200..", "[]"] {
        let told = faults(&with_task(&format!(
            "{{ get: /, expect: {{ status: {wrong} }} }}"
        )));
        assert!(told[0].starts_with("4:35 `status`"), "{told:?}");
        assert!(told[0].contains(status) || wrong == "[]", "{told:?}");
    }
    task(
        "{ get: /, expect: { json: { a: exists } } }",
        "4:35 \"a\" is not a JSONPath; it begins with `$`, as in $.items[0].id",
    );
    task(
        "{ get: /, expect: { json: { '$[': exists } } }",
        "4:35 \"$[\" is not a JSONPath (RFC 9535)",
    );
    task(
        "{ get: /, expect: { json: { $.a: { least: 1 } } } }",
        "4:42 a condition has no key \"least\" (did you mean `at_least`?)",
    );
    task(
        "{ get: /, expect: { json: { $.a: {} } } }",
        "4:40 no condition stands here (write `exists`, or one of `equals`, `contains`, `at_least`, `at_most`)",
    );
    task(
        "{ get: /, expect: { matches: '(' } }",
        "4:36 `matches`: \"(\" is not a regular expression: unclosed group",
    );
    task(
        "{ get: /, expect: 200 }",
        "4:25 `expect` takes a map that describes `expect`, not the number 200",
    );
    task(
        "{ get: /, take: { a: 5 } }",
        "4:28 `a` takes a JSONPath such as $.items[0].id, or a map that describes a value to take, not the number 5",
    );
    task(
        "{ get: /, take: { a: {} } }",
        "4:28 a value to take needs one of `json`, `header`, `regex`, `cookie`, `body` or `status`",
    );
    task(
        "{ get: /, take: { a: { header: H, cookie: c } } }",
        "4:41 a value to take has either `header` or `cookie`, not both",
    );
    task(
        "{ get: /, take: { a: { regex: '*' } } }",
        "4:37 `regex`: \"*\" is not a regular expression: repetition operator missing expression",
    );
    task(
        "{ send: x, expect: { take: { a: { status: true } } } }",
        "4:26 `a` cannot be taken from a message: it has no headers, cookies or status",
    );
    task(
        "{ send: x, expect: { json: { $.a: 1, $.b: 2 } } }",
        "4:26 a message is told by one condition on its JSON, not by several",
    );
}
