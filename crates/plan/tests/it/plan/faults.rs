//! Plans that cannot be: each impossible thing is told, and nothing besides.

use super::{faults, load, with_scenario};

#[track_caller]
fn scenario(scenario: &str, expected: &str) {
    assert_eq!(faults(&with_scenario(scenario)), [expected], "{scenario}");
}

#[test]
fn loads() {
    let needs_for = "(add for example `for: 2m`)";
    scenario(
        "{ rate: 5/s }",
        &format!("3:14 the scenario needs `for` {needs_for}"),
    );
    scenario(
        "{ rate: 1/s..5/s }",
        &format!("3:14 the scenario needs `for` {needs_for}"),
    );
    scenario(
        "{ rate: [1/s, 5/s] }",
        &format!("3:14 the scenario needs `for` {needs_for}"),
    );
    scenario(
        "{ users: 5 }",
        "3:15 the scenario has no end: it needs `for` or iterations (add for example `for: 5m`, or `iterations: 1`)",
    );
    scenario(
        "{ for: 5s }",
        "3:8 a scenario needs one of `users` or `rate`",
    );
    scenario(
        "{ users: 5, rate: 5/s, for: 5s }",
        "3:18 a scenario has either `users` or `rate`, not both",
    );
    scenario(
        "{ rate: 0/s, for: 5s }",
        "3:14 at this rate nothing would ever begin",
    );
    scenario(
        "{ rate: [5/s, 0/s], for: 5s }",
        "3:20 at this rate nothing would ever begin",
    );
    scenario(
        "{ rate: -5/s, for: 5s }",
        "3:14 `rate`: '-5/s' is not a rate; write it as 50/s, 0.5/s, 30/m or 1000/h",
    );
    scenario("{ rate: [], for: 5s }", "3:14 the list is empty");
    scenario("{ users: [] }", "3:15 the list is empty");
    scenario(
        "{ users: 0, for: 5s }",
        "3:15 `users`: it is from 1 to 1000000000, not 0",
    );
    scenario(
        "{ users: 20000000, for: 5s }",
        "3:15 20000000 users are too many; the limit is 10000000",
    );
    scenario(
        "{ users: -5, for: 5s }",
        "3:15 `users` takes a whole number from 1 on, not the number -5",
    );
    scenario(
        "{ users: 1.5, for: 5s }",
        "3:15 `users` takes a whole number from 1 on, not the number 1.5",
    );
    scenario(
        "{ users: [{ to: 0, in: 5s }] }",
        "3:15 with these stages there is never a user",
    );
    scenario(
        "{ users: [{ to: 5 }] }",
        "3:18 a stage needs `in` (for example `in: 1m`)",
    );
    scenario(
        "{ rate: [{ in: 5s }] }",
        "3:17 a stage needs `to` (for example `to: 100/s`)",
    );
    scenario(
        "{ users: 5, for: 0s }",
        "3:23 a time of 0 is too short here",
    );
    scenario(
        "{ users: 5, for: 400d }",
        "3:23 `for`: '400d' is longer than a year",
    );
    scenario(
        "{ users: 5, for: 5s, spawn: 0/s }",
        "3:34 at 0/s no user would ever start",
    );
    scenario(
        "{ users: [{ to: 5, in: 5s }], spawn: 1/s }",
        "3:43 `spawn` does not go with stages (the stages say how fast users start)",
    );
}

#[test]
fn keys_of_the_other_model_and_wrong_types() {
    scenario(
        "{ users: 5, for: 5s, max_in_flight: 5 }",
        "3:42 `max_in_flight` does not go with `users`",
    );
    scenario(
        "{ users: 5, for: 5s, arrivals: even }",
        "3:37 `arrivals` does not go with `users`",
    );
    scenario(
        "{ rate: 5/s, for: 5s, spawn: 5/s }",
        "3:35 `spawn` does not go with `rate`",
    );
    scenario(
        "{ rate: 5/s, for: 5s, iterations: 5 }",
        "3:40 `iterations` does not go with `rate`",
    );
    scenario(
        "{ rate: 5/s, total_iterations: 5, for: 5s }",
        "3:37 `total_iterations` does not go with `rate`",
    );
    scenario(
        "{ users: 5, iterations: 5, total_iterations: 5 }",
        "3:51 a scenario has `iterations` or `total_iterations`, not both",
    );
    scenario(
        "{ rate: 5/s, for: 5s, max_in_flight: 0 }",
        "3:43 `max_in_flight`: it is from 1 to 1000000000, not 0",
    );
    scenario(
        "{ rate: 5/s, for: 5s, arrivals: poison }",
        "3:38 `arrivals` takes `even` or `poisson`, not \"poison\" (did you mean `poisson`?)",
    );
    scenario(
        "{ rate: 5/s, for: 5s, measure: no }",
        "3:37 `measure` takes `true` or `false`, not the text \"no\" (yes and no are written as `true` and `false`)",
    );
    scenario(
        "{ users: true, for: 5s }",
        "3:15 `users` takes a whole number from 1 on, or a list, not `true`",
    );
    scenario(
        "5",
        "3:6 `s` takes a map that describes a scenario, not the number 5",
    );
}

#[test]
fn stages_and_names() {
    let no_for = "stages say how long they take; `for` does not go with them (leave it out, or change the `in` of a stage)";
    scenario(
        "{ users: [{ to: 5, in: 5s }], for: 5s }",
        &format!("3:41 {no_for}"),
    );
    scenario(
        "{ rate: [{ to: 5/s, in: 5s }], for: 5s }",
        &format!("3:42 {no_for}"),
    );
    let twins = "two scenarios would be called `s 5/s` (each rung of a ladder is one)";
    scenario("{ rate: [5/s, 300/m], for: 5s }", &format!("3:3 {twins}"));
    scenario(
        "{ rate: [5/s, 6/s], for: 5s }\n  s 5/s: { users: 1, for: 1s }",
        &format!("4:3 {twins}"),
    );
    scenario(
        "{ users: 1, for: 5s }\n  '': { users: 1, for: 1s }",
        "4:3 \"\" cannot be the name of a scenario",
    );
    scenario(
        "{ users: 1, for: 5s }\n  \"a\\nb\": { users: 1, for: 1s }",
        "4:3 \"a\\nb\" cannot be the name of a scenario",
    );
}

#[test]
fn who_and_after() {
    scenario(
        "{ users: 1, for: 5s, who: v }",
        "3:32 there is no user class \"v\" (there is `u`)",
    );
    scenario(
        "{ users: 1, for: 5s, who: [u, uu] }",
        "3:36 there is no user class \"uu\" (did you mean `u`?)",
    );
    scenario(
        "{ users: 1, for: 5s, who: { uu: 1 } }",
        "3:34 there is no user class \"uu\" (did you mean `u`?)",
    );
    scenario(
        "{ users: 1, for: 5s, who: { u: 0 } }",
        "3:32 no user class takes part: all weights are 0 (give a user class a weight above 0)",
    );
    scenario(
        "{ users: 1, for: 5s, who: [] }",
        "3:32 no user class takes part: all weights are 0 (give a user class a weight above 0)",
    );
    let waits = "waits for itself to end (a scenario without `after` waits for the one before it in the file)";
    scenario(
        "{ users: 1, for: 5s, after: s }",
        &format!("3:34 `s` {waits}"),
    );
    scenario(
        "{ users: 1, for: 5s, after: t }\n  t: { users: 1, for: 5s }",
        &format!("3:34 `s` {waits}"),
    );
    scenario(
        "{ users: 1, for: 5s, after: t }\n  t: { users: 1, for: 5s, after: s }",
        &format!("3:34 `s` {waits}"),
    );
}

/// A plan of one class, which begins in line 2, column 13.
fn class(text: &str) -> String {
    format!("host: http://h\nusers: {{ u: {text} }}\nscenarios: {{ s: {{ users: 1, for: 1s }} }}\n")
}

#[test]
fn classes() {
    let cases = [
        ("{ tasks: [] }", "2:22 there are no tasks"),
        (
            "{ weight: 2 }",
            "2:15 a user class needs one of `tasks` or `locustfile`",
        ),
        (
            "{ tasks: [{ get: / }], locustfile: a.py }",
            "2:36 a user class has either `tasks` or `locustfile`, not both",
        ),
        (
            "{ locustfile: a.py, wait: 1s }",
            "2:39 `wait` does not apply to users of a locustfile (the locustfile says it)",
        ),
        (
            "{ tasks: [{ get: / }], classes: [A] }",
            "2:45 `classes` does not apply here (it names classes of a `locustfile`)",
        ),
        (
            "{ tasks: [{ get: / }], wait: throughput 0/s }",
            "2:42 `wait`: at '0/s' a user would never do anything",
        ),
        (
            "{ tasks: [{ get: / }], wait: often }",
            "2:42 `wait`: 'often' is not a length of time; write it as 500ms, 2s, 1m30s, 1.5h or 2d",
        ),
        (
            "{ weight: 0, tasks: [{ get: / }] }",
            "3:17 no user class takes part: all weights are 0 (give a user class a weight above 0)",
        ),
        (
            "{ tasks: { get: / } }",
            "2:22 `tasks` takes a list, not a map",
        ),
        (
            "{ tasks: [{ get: / }], host: 'http://h/?a=1' }",
            "2:42 \"http://h/?a=1\" is a URL with a query, not a host",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(faults(&class(text)), [expected], "{text}");
    }
}

#[test]
fn whole_plans() {
    let cases = [
        (
            "[]",
            "1:1 the plan takes a map that describes a plan, not a list",
        ),
        (
            "{}\n",
            "1:1 a plan needs `scenarios` (for example `scenarios: { burst: { rate: 50/s, for: 2m } }`)",
        ),
        (
            "users: {}\nscenarios: { s: { users: 1, for: 1s } }",
            "1:8 there are no user classes",
        ),
        (
            "host: http://h\nusers: { u: { tasks: [{ get: / }] } }\nscenarios: {}",
            "3:12 there are no scenarios",
        ),
        (
            "users: { u: { tasks: [{ get: / }, { get: /b }] } }\nscenarios: { s: { users: 1, for: 1s } }",
            "1:30 \"/\" is relative, and there is no `host` (add `host: http://…` to the plan or the class)",
        ),
        (
            "ready: { get: /up }\nusers: { u: { host: 'http://h', tasks: [{ get: / }] } }\nscenarios: { s: { users: 1, for: 1s } }",
            "1:15 `/up` is relative, and the plan has no `host` (add `host: http://…` to the plan)",
        ),
        (
            "host: http://h\nname: '{{ x }}'\nusers: { u: { tasks: [{ get: / }] } }\nscenarios: { s: { users: 1, for: 1s } }",
            "2:7 `name` takes no `{{ … }}` (only requests fill in expressions; variables are written `${NAME}`)",
        ),
        (
            "host: http://h\nseed: -1\nusers: { u: { tasks: [{ get: / }] } }\nscenarios: { s: { users: 1, for: 1s } }",
            "2:7 `seed` takes a whole number from 0 on, not the number -1",
        ),
        (
            "host: http://h\nnmae: x\nusers: { u: { tasks: [{ get: / }] } }\nscenarios: { s: { users: 1, for: 1s } }",
            "2:1 a plan has no key \"nmae\" (did you mean `name`?)",
        ),
    ];
    for (text, expected) in cases {
        let told = faults(text);
        assert!(told.iter().any(|line| line == expected), "{text}: {told:?}");
        assert!(told.len() == 1 || text == "{}\n", "{text}: {told:?}");
    }
}

#[test]
fn feeds() {
    let feed = |text: &str| {
        format!(
            "host: http://h\ndata: {{ f: {text} }}\nusers: {{ u: {{ tasks: [{{ get: / }}] }} }}\nscenarios: {{ s: {{ users: 1, for: 1s }} }}\n"
        )
    };
    let cases = [
        ("{ rows: [] }", "2:20 the feed `f` has no rows"),
        (
            "{ rows: [{ a: 1 }, { b: 2 }] }",
            "2:31 not every row of `f` has the column `a`",
        ),
        (
            "{ pick: unique }",
            "2:14 a feed needs one of `csv`, `json` or `rows`",
        ),
        (
            "{ csv: a, json: b }",
            "2:22 a feed has either `csv` or `json`, not both",
        ),
        (
            "{ csv: a, pick: randm }",
            "2:28 `pick` takes `sequential`, `shuffled`, `random` or `unique`, not \"randm\" (did you mean `random`?)",
        ),
    ];
    for (text, expected) in cases {
        let told = faults(&feed(text));
        assert_eq!(told[0], expected, "{text}");
    }
}

#[test]
fn variables() {
    let host = |text: &str| {
        format!(
            "host: {text}\nusers: {{ u: {{ tasks: [{{ get: / }}] }} }}\nscenarios: {{ s: {{ users: 1, for: 1s }} }}\n"
        )
    };
    let not_a_variable =
        "(write `${NAME}`, `${NAME:-default}` or `${NAME:?message}`; a dollar is `$$`)";
    let cases = [
        (
            "http://${NOPE}",
            "1:14 the variable NOPE is not set (set it, or give a default: `${NOPE:-…}`)"
                .to_owned(),
        ),
        (
            "'http://${NOPE:?say where}'",
            "1:15 the variable NOPE is not set: say where".to_owned(),
        ),
        (
            "'http://${EMPTY:?say where}'",
            "1:15 the variable EMPTY is not set: say where".to_owned(),
        ),
        (
            "http://${NO PE}",
            format!("1:14 \"${{NO PE}}\" is not a variable {not_a_variable}"),
        ),
        (
            "http://${NOPE-x}",
            format!("1:14 \"${{NOPE-x}}\" is not a variable {not_a_variable}"),
        ),
        (
            "http://${}",
            format!("1:14 \"${{}}\" is not a variable {not_a_variable}"),
        ),
        (
            "http://${A:-${B}}",
            format!("1:14 \"${{A:-${{B}}\" is not a variable {not_a_variable}"),
        ),
        (
            "http://${NOPE",
            "1:14 `${` without `}` (a dollar is written `$$`)".to_owned(),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(faults(&host(text)), [expected], "{text}");
    }
    scenario(
        "{ users: '${HOST}', for: 1s }",
        "3:15 `users`: \"http://from.env:81\" is not a whole number",
    );
    scenario(
        "{ rate: '${THREE}', for: 1s }",
        "3:14 `rate`: '3' is a rate without its unit; write 3/s (per second), 3/m or 3/h",
    );
    scenario(
        "{ users: 1, for: 1s, measure: '${THREE}' }",
        "3:36 `measure`: \"3\" is not `true` or `false`",
    );
}

#[test]
fn a_fault_of_a_repeated_part_is_told_once() {
    let text = "\
host: http://h
users:
  a: { tasks: &tasks [ { get: /, wieght: 1 } ] }
  b: { tasks: *tasks }
scenarios: { s: { users: 1, for: 1s } }
";
    assert_eq!(load(text).unwrap_err().iter().count(), 1);
}
