//! What a person sees.

use super::load;

#[test]
fn all_faults_of_a_plan_at_once() {
    let text = "\
host: 127.0.0.1:8000
users:
  reader:
    wieght: 4
    wait: 10
    tasks:
      - get: /items/{{ itme }}
        timeout: soon
        take: { item: '$.items[' }
      - pots: /items
scenarios:
  burst: { rate: 50, for: 2m }
  crowd: { users: 100, spwan: 10/s }
  after: { users: 1, for: 1s, after: brust }
";
    let expected = r#"
plan.yaml:1:7: "127.0.0.1:8000" is not a URL: it has no scheme
  |
1 | host: 127.0.0.1:8000
  |       ^^^^^^^^^^^^^^
  = write it as http://127.0.0.1:8000 or https://api.example.com

plan.yaml:4:5: a user class has no key "wieght"
  |
4 |     wieght: 4
  |     ^^^^^^
  = did you mean `weight`?

plan.yaml:5:11: `wait`: '10' is a time without its unit; write 10s, 10ms, 10m or 10h
  |
5 |     wait: 10
  |           ^^

plan.yaml:7:24: nothing is called `itme` here: no feed, and no value that a step takes or sets
  |
7 |       - get: /items/{{ itme }}
  |                        ^^^^
  = did you mean `item`?

plan.yaml:8:18: `timeout`: 'soon' is not a length of time; write it as 500ms, 2s, 1m30s, 1.5h or 2d
  |
8 |         timeout: soon
  |                  ^^^^

plan.yaml:9:23: `item`: "$.items[" is not a JSONPath (RFC 9535)
  |
9 |         take: { item: '$.items[' }
  |                       ^^^^^^^^^^

plan.yaml:10:9: a task has no key "pots"
   |
10 |       - pots: /items
   |         ^^^^
   = did you mean `post`?

plan.yaml:12:18: `rate`: '50' is a rate without its unit; write 50/s (per second), 50/m or 50/h
   |
12 |   burst: { rate: 50, for: 2m }
   |                  ^^

plan.yaml:13:24: a scenario has no key "spwan"
   |
13 |   crowd: { users: 100, spwan: 10/s }
   |                        ^^^^^
   = did you mean `spawn`?

plan.yaml:14:38: there is no scenario "brust"
   |
14 |   after: { users: 1, for: 1s, after: brust }
   |                                      ^^^^^
   = did you mean `burst`?

10 faults"#;
    let told = load(text).unwrap_err().to_string();
    assert_eq!(told, expected.trim_start(), "\n{told}");
}

#[test]
fn long_lines_and_odd_characters_are_shown_so_that_a_terminal_survives() {
    let long = format!(
        "host: \"{}\u{1b}[31m {}\"\nx: 1",
        "a".repeat(300),
        "b".repeat(300)
    );
    let told = load(&long).unwrap_err().to_string();
    assert!(!told.contains('\u{1b}'), "{told:?}");
    assert!(
        told.lines().all(|line| line.chars().count() < 260),
        "{told}"
    );
    let wide = "users: { ü: { tasks: [ { get: /, wieght: 1 } ] } }\nscenarios: { s: { users: 1, for: 1s } }\nhost: http://h\n";
    let told = load(wide).unwrap_err().to_string();
    let lines: Vec<&str> = told.lines().collect();
    let place = |line: &str, what: &str| line.find(what).map(|at| line[..at].chars().count());
    assert_eq!(place(lines[2], "wieght"), place(lines[3], "^"), "{told}");
}

#[test]
fn of_very_many_faults_some_are_shown() {
    let keys: String = (0..300).map(|number| format!("k{number}: 1\n")).collect();
    let told = load(&keys).unwrap_err().to_string();
    assert!(told.ends_with("200 faults, 50 of them shown"), "{told}");
    assert!(told.len() < 20_000);
}
