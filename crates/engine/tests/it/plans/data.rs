//! Rows of data in tasks.

use super::play::{Played, fault, folder, plan, play_plan, written};
use super::witness::Witness;

const PEOPLE: &str = "people: { csv: people.csv, pick: PICK }";

/// Runs tasks that name a row; gives the names in the order in which they were heard.
fn names(pick: &str, scenario: &str) -> (Played, Vec<String>) {
    let witness = Witness::ok();
    let class = "tasks:\n  - steps: [{ name: a, get: '/{{ people.name }}' }, { name: b, get: '/{{ people.name }}' }]";
    let played = play_plan(
        &witness.url(),
        class,
        &PEOPLE.replace("PICK", pick),
        scenario,
    );
    let heard = witness.heard();
    let lines = heard.iter().filter_map(|one| one.split(' ').nth(1));
    (played, lines.map(str::to_owned).collect())
}

#[test]
fn a_task_keeps_its_row_and_the_next_one_has_the_next() {
    let (played, names) = names("sequential", "{ users: 1, iterations: 4 }");
    played.well();
    assert_eq!(
        names,
        [
            "/Ada", "/Ada", "/Bo", "/Bo", "/Cy%20D", "/Cy%20D", "/Ada", "/Ada"
        ]
    );
}

#[test]
fn users_share_the_rows() {
    let (played, mut names) = names("sequential", "{ users: 3, iterations: 1 }");
    played.well();
    names.sort();
    assert_eq!(names, ["/Ada", "/Ada", "/Bo", "/Bo", "/Cy%20D", "/Cy%20D"]);
}

#[test]
fn a_shuffle_gives_each_row_once_per_round() {
    let (played, names) = names("shuffled", "{ users: 1, iterations: 6 }");
    played.well();
    for round in names.chunks(6) {
        let mut round = round.to_vec();
        round.sort();
        assert_eq!(round, ["/Ada", "/Ada", "/Bo", "/Bo", "/Cy%20D", "/Cy%20D"]);
    }
}

#[test]
fn when_unique_rows_are_used_up_tasks_are_not_performed_and_that_is_told() {
    for scenario in ["{ users: 1, iterations: 5 }", "{ rate: 50/s, for: 100ms }"] {
        let (played, mut heard) = names("unique", scenario);
        assert_eq!(
            played.exceptions(),
            ["data people: every row was used once; tasks that need one are not performed"]
        );
        assert_eq!(played.0.exceptions[0].count, 2, "{scenario}");
        heard.sort();
        assert_eq!(heard, ["/Ada", "/Ada", "/Bo", "/Bo", "/Cy%20D", "/Cy%20D"]);
        assert_eq!(played.failures(), Vec::<String>::new());
        let task = &played.0.tasks[0];
        assert_eq!((task.started, task.failed), (5, 2));
    }
}

#[test]
fn arrivals_have_the_rows_of_their_numbers() {
    let (played, mut heard) = names("random", "{ rate: 50/s, for: 200ms, seed: 3 }");
    played.well();
    heard.sort();
    let (_, mut again) = names("random", "{ rate: 50/s, for: 200ms, seed: 3 }");
    again.sort();
    assert_eq!(heard, again);
    let (_, mut other) = names("random", "{ rate: 50/s, for: 200ms, seed: 4 }");
    other.sort();
    assert_ne!(heard, other);
}

#[test]
fn json_rows_keep_their_types() {
    for data in [
        "things: { json: things.jsonl, pick: sequential }",
        "things: { rows: [{ id: 1, tags: [a], deep: null }, { id: 2, tags: [], deep: { x: true } }], pick: sequential }",
    ] {
        let witness = Witness::ok();
        let class = "tasks:\n  - { post: /, json: { id: '{{ things.id }}', t: '{{ things.tags[0] if things.tags else none }}', d: '{{ things.deep.x if things.deep else 0 }}' } }";
        play_plan(&witness.url(), class, data, "{ users: 1, iterations: 2 }").well();
        let heard = witness.heard();
        let bodies: Vec<_> = heard
            .iter()
            .filter_map(|one| one.split("\r\n\r\n").nth(1))
            .collect();
        assert_eq!(
            bodies,
            [r#"{"id":1,"t":"a","d":0}"#, r#"{"id":2,"t":null,"d":true}"#]
        );
    }
}

#[test]
fn a_start_has_a_row_of_its_own() {
    let witness = Witness::ok();
    let class = "start:\n  - { set: { me: '{{ people.name }}' } }\n\
                 tasks:\n  - { name: x, get: '/{{ me }}/{{ task.number }}' }";
    let data = PEOPLE.replace("PICK", "unique");
    play_plan(&witness.url(), class, &data, "{ users: 2, iterations: 2 }").well();
    let mut heard: Vec<String> = witness.heard();
    heard.sort();
    let paths: Vec<_> = heard
        .iter()
        .filter_map(|one| one.split(' ').nth(1))
        .collect();
    assert_eq!(paths, ["/Ada/1", "/Ada/2", "/Bo/1", "/Bo/2"]);
}

#[test]
fn data_that_cannot_be_read_is_told_with_its_name() {
    for (data, expected) in [
        (
            "people: { csv: nowhere.csv }",
            "nowhere.csv: No such file or directory (os error 2)",
        ),
        (
            "people: { csv: broken.csv }",
            "broken.csv: CSV error: record 2 (line: 3",
        ),
        (
            "people: { json: hello.txt }",
            "hello.txt: line 1: expected value",
        ),
    ] {
        let yaml = written(
            "http://127.0.0.1:1",
            "tasks:\n  - get: /",
            data,
            "{ users: 1, iterations: 1 }",
        );
        let told = fault(&plan(&yaml, &folder()));
        assert!(
            told.starts_with("data people: ") && told.contains(expected),
            "{told}"
        );
    }
}
