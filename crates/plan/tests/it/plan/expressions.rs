//! Expressions: which names exist, where a fault is.

use super::{faults, plan, with_task};

/// The faults of an expression in a URL; columns count from the first character of it.
fn of(expression: &str) -> Vec<String> {
    let text = format!(
        "host: http://h
data:
  rows: {{ rows: [ {{ name: a, code: 1 }} ] }}
  file: {{ csv: f.csv }}
users:
  u:
    tasks:
      - take: {{ token: $.t, price: $.p }}
        get: |
          /{{{{{expression}}}}}
scenarios: {{ s: {{ users: 1, for: 1s }} }}
"
    );
    match super::load(&text) {
        Ok(_) => Vec::new(),
        Err(faults) => {
            let own = faults
                .iter()
                .filter(|fault| !fault.what.contains("white space"));
            own.map(|fault| {
                let hint = fault
                    .hint
                    .as_ref()
                    .map(|hint| format!(" ({hint})"))
                    .unwrap_or_default();
                format!("{} {}{hint}", fault.place.column - 14, fault.what)
            })
            .collect()
        }
    }
}

#[test]
fn what_exists_can_be_named() {
    for expression in [
        "token",
        "token ~ price",
        "rows.name",
        "rows['code'] + 1",
        "file.anything",
        "env.THREE",
        "env['THREE']",
        "env.NOT_SET | default('x')",
        "env.NOT_SET | d('x') | upper",
        "env.NOT_SET is defined",
        "user.number * 1000 + task.number",
        "random_int(1, 6)",
        "random_choice(['a', \"b\", rows.name])",
        "sequence()",
        "sequence('orders')",
        "fake.first_name() ~ '@' ~ fake.word()",
        "base64(token ~ ':' ~ price)",
        "token if price > 5 and not rows.code else none",
        "[1, 2][0] // 2 ** 3",
        "{'a': 1}['a']",
        "token[1:3]",
        "token is startingwith('a')",
        "'}}' ~ \"{{\"",
        "uuid() | replace('-', '')",
    ] {
        assert_eq!(of(expression), [""; 0], "{expression}");
    }
}

#[test]
fn what_does_not_exist_is_told_at_its_place() {
    let cases = [
        (
            "tokn",
            "0 nothing is called `tokn` here: no feed, and no value that a step takes or sets (did you mean `token`?)",
        ),
        (
            "1 + prise",
            "4 nothing is called `prise` here: no feed, and no value that a step takes or sets (did you mean `price`?)",
        ),
        (
            "zebra",
            "0 nothing is called `zebra` here: no feed, and no value that a step takes or sets",
        ),
        (
            "rows.nam",
            "0 the feed `rows` has no column `nam` (did you mean `rows.name`?)",
        ),
        (
            "rows['cod']",
            "0 the feed `rows` has no column `cod` (did you mean `rows.code`?)",
        ),
        ("uuid", "0 `uuid` is a function (write `uuid()`)"),
        (
            "fake.name",
            "0 `fake.name` is a function (write `fake.name()`)",
        ),
        (
            "fake.nam()",
            "0 there is no function `fake.nam` (did you mean `fake.name()`?)",
        ),
        ("fake", "0 `fake` alone is no value (write `fake.name()`)"),
        ("env", "0 `env` alone is no value (write `env.NAME`)"),
        ("user.name", "0 `user` has no `name` (write `user.number`)"),
        ("task", "0 `task` alone is no value (write `task.number`)"),
        (
            "random_in(1, 2)",
            "0 there is no function `random_in` (did you mean `random_int(low, high)`?)",
        ),
        (
            "random_int(1)",
            "0 `random_int` does not take 1 argument (write `random_int(low, high)`)",
        ),
        (
            "uuid(1, 2)",
            "0 `uuid` does not take 2 arguments (write `uuid()`)",
        ),
        (
            "random_int(low=1, high=2)",
            "0 `random_int` takes its arguments by place, without names (write `random_int(low, high)`)",
        ),
        (
            "token.upper()",
            "0 values have no method `upper` (filters are written `value | upper`)",
        ),
        ("token()", "0 there is no function `token`"),
        ("[1][0](2)", "0 only functions can be called"),
        (
            "token | uper",
            "8 there is no filter `uper` (did you mean `upper`?)",
        ),
        (
            "token is definde",
            "9 there is no test `definde` (did you mean `defined`?)",
        ),
        (
            "env.NOT_SET",
            "0 the variable NOT_SET is not set (set it, or give a default: `env.NOT_SET | default(\"…\")`)",
        ),
        (
            "env.NOT_SET ~ (1 | default(2))",
            "0 the variable NOT_SET is not set (set it, or give a default: `env.NOT_SET | default(\"…\")`)",
        ),
        (
            "1 +",
            "2 not an expression: unexpected end of input, expected expression",
        ),
        (
            "a b",
            "2 not an expression: unexpected input after expression",
        ),
        (
            "${THREE}",
            "0 variables are not filled in inside an expression (write `env.NAME`, without `$`)",
        ),
    ];
    for (expression, expected) in cases {
        assert_eq!(of(expression), [expected], "{expression}");
    }
}

#[test]
fn an_expression_has_an_end_and_says_something() {
    assert_eq!(
        faults(&with_task("{ get: '/{{ uuid()' }")),
        ["4:16 `{{` without `}}`"]
    );
    assert_eq!(
        faults(&with_task("{ get: '/{{ }}' }")),
        ["4:19 nothing stands between `{{` and `}}`"]
    );
    let long = format!("{{ get: '/{{{{ {} }}}}' }}", "1 + ".repeat(1000) + "1");
    assert_eq!(
        faults(&with_task(&long)),
        ["4:19 the expression is too long"]
    );
}

#[test]
fn all_that_minijinja_is_asked_for_it_has() {
    use gatecrash_plan::template::{FILTERS, TESTS};
    let environment = minijinja::Environment::new();
    let is = |kind: &str, name: &str| {
        let asked = environment
            .compile_expression_owned(format!("'{name}' is {kind}"))
            .unwrap();
        asked.eval(minijinja::context!()).unwrap().is_true()
    };
    for (name, _) in FILTERS {
        assert!(is("filter", name), "no filter {name}");
    }
    for (name, _) in TESTS {
        assert!(is("test", name), "no test {name}");
    }
}

#[test]
fn places_are_found_in_all_kinds_of_text() {
    let cases = [
        ("get: /{{ nope }}", "8:18"),
        ("get: '/{{ nope }}'", "8:19"),
        ("get: \"/\\t{{ nope }}\"", "8:21"),
        (
            "get: /\n        text: |\n          one\n          two {{ nope }}",
            "11:18",
        ),
        (
            "get: /\n        json: { a: [ 1, { b: '{{ nope }}' } ] }",
            "9:34",
        ),
    ];
    for (task, place) in cases {
        let text = format!(
            "host: http://h\nusers:\n  # ü\n  u:\n    tasks:\n      - weight: 1\n        name: a\n        {task}\nscenarios: {{ s: {{ users: 1, for: 1s }} }}\n"
        );
        let told = faults(&text);
        let own = told.iter().find(|line| line.contains("`nope`"));
        assert!(
            own.is_some_and(|line| line.starts_with(place)),
            "{task}: {told:?}"
        );
    }
}

#[test]
fn names_are_looked_for_in_the_whole_class() {
    let text = "\
host: http://h
users:
  a:
    start: [ { set: { one: 1 } } ]
    tasks:
      - if: one > two and three
        then: [ { repeat: 2, steps: [ { get: /, take: { two: $.x } } ] } ]
      - steps:
          - connect: /ws
          - expect: { take: { three: $.x } }
    stop: [ { get: '/{{ three }}' } ]
  b: { tasks: [ { get: '/{{ one }}' } ] }
scenarios: { s: { users: 1, for: 1s } }
";
    let told = faults(text);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("12:29 nothing is called `one` here"),
        "{told:?}"
    );
}

#[test]
fn a_value_that_cannot_be_read_is_still_a_name() {
    let told = faults(&with_task("{ get: '/{{ a }}', take: { a: items } }"));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("is not a JSONPath; it begins with `$`"),
        "{told:?}"
    );
}

#[test]
fn names_that_templates_know_already_cannot_be_given() {
    let cases = [
        (
            "{ get: /, take: { env: $.x } }",
            "`env` cannot be the name of a value: templates know it as something else",
        ),
        (
            "{ set: { uuid: 1 } }",
            "`uuid` cannot be the name of a value: templates know it as something else",
        ),
        (
            "{ set: { a-b: 1 } }",
            "`a-b` cannot be the name of a value: letters, digits and `_`, no digit first",
        ),
    ];
    for (task, expected) in cases {
        let told = faults(&with_task(task));
        assert!(told[0].ends_with(expected), "{told:?}");
    }
    let text = "data: { f: { csv: a }, user: { csv: b } }\nhost: http://h\nusers: { u: { tasks: [ { set: { f: 1 } } ] } }\nscenarios: { s: { users: 1, for: 1s } }\n";
    let told = faults(text);
    assert_eq!(
        told,
        [
            "1:24 `user` cannot be the name of a feed: templates know it as something else",
            "3:33 `f` is the name of a feed already",
        ]
    );
}

#[test]
fn a_value_of_the_environment_never_becomes_an_expression() {
    let plan = plan(&with_task("{ post: /, text: 'a ${BRACES} {{ 2 }}' }"));
    let shown = format!("{:?}", plan.users);
    assert!(shown.contains(r#"Text("a {{ 1 }} ")"#), "{shown}");
    assert!(shown.contains(r#"Expression("2")"#), "{shown}");
}
