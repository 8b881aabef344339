//! Steps other than requests: pauses, values, ways, repetitions, starts and stops.

use super::play::{Played, play, play_plan};
use super::witness::{Witness, answer, json};

/// The paths that are heard.
fn heard(witness: &Witness) -> Vec<String> {
    let heard = witness.heard();
    let paths = heard.iter().filter_map(|one| one.split(' ').nth(1));
    paths.map(str::to_owned).collect()
}

fn paths(class: &str) -> Vec<String> {
    let witness = Witness::new(&[json(r#"{"n": 3, "list": [], "text": "x"}"#)]);
    play(&witness.url(), class).well();
    heard(&witness)
}

#[test]
fn one_way_or_the_other() {
    let way = |condition: &str| {
        let class = format!(
            "tasks:\n  - steps:\n    - {{ get: /a, take: {{ n: $.n, list: $.list, t: $.text }} }}\n    \
             - if: {condition}\n      then: [{{ get: /yes }}]\n      else: [{{ get: /no }}]"
        );
        paths(&class)[1].clone()
    };
    for (condition, expected) in [
        ("n", "/yes"),
        ("n > 2 and t == 'x'", "/yes"),
        ("n > 3", "/no"),
        ("list", "/no"),
        ("not list", "/yes"),
        ("list[7]", "/no"),
        ("t.x.y", "/no"),
        ("user.number == 1", "/yes"),
        ("random_int(1, 6) > 6", "/no"),
        ("'true'", "/yes"),
    ] {
        assert_eq!(way(condition), expected, "{condition}");
    }
}

#[test]
fn an_if_without_an_else_may_do_nothing() {
    let class = "tasks:\n  - steps: [{ if: false, then: [{ get: /a }] }, { get: /b }]";
    assert_eq!(paths(class), ["/b"]);
}

#[test]
fn steps_are_repeated_and_values_live_on() {
    let class = "start:\n  - set: { count: 0 }\n\
                 tasks:\n  - steps:\n    - repeat: 2\n      steps:\n      - set: { count: '{{ count + 1 }}' }\n      \
                 - repeat: 2\n        steps: [{ name: x, get: '/{{ count }}' }]";
    let witness = Witness::ok();
    play_plan(&witness.url(), class, "", "{ users: 1, iterations: 2 }").well();
    assert_eq!(
        heard(&witness),
        ["/1", "/1", "/2", "/2", "/3", "/3", "/4", "/4"]
    );
}

#[test]
fn a_user_starts_once_and_stops_once() {
    let class = "start:\n  - { get: /start, take: { n: $.n } }\n\
                 tasks:\n  - { name: x, get: '/task/{{ n }}' }\n\
                 stop:\n  - { name: y, get: '/stop/{{ n }}' }";
    let witness = Witness::new(&[json(r#"{"n": 3}"#)]);
    play_plan(&witness.url(), class, "", "{ users: 1, iterations: 2 }").well();
    assert_eq!(heard(&witness), ["/start", "/task/3", "/task/3", "/stop/3"]);
}

#[test]
fn a_start_that_failed_is_tried_again() {
    let answers = [answer("500 No", "", ""), json(r#"{"n": 3}"#)];
    let class =
        "start:\n  - { get: /start, take: { n: $.n } }\ntasks:\n  - { name: x, get: '/{{ n }}' }";
    let witness = Witness::new(&answers);
    let played = play_plan(&witness.url(), class, "", "{ users: 1, iterations: 2 }");
    assert_eq!(played.failures(), ["GET /start: status 500"]);
    assert_eq!(heard(&witness), ["/start", "/start", "/3"]);
}

#[test]
fn pauses_are_taken() {
    let class =
        "tasks:\n  - steps: [{ get: /a }, { think: 60ms }, { think: 1ms..2ms }, { get: /a }]";
    let witness = Witness::ok();
    let played = play(&witness.url(), class).well();
    let task = &played.0.tasks[0];
    let least_ms = task.time_ms.min().expect("a time");
    assert!(least_ms >= 61.0, "{least_ms} ms");
}

#[test]
fn names_may_be_filled_in() {
    let class = "tasks:\n  - { name: 'item {{ task.number % 2 }}', get: / }";
    let witness = Witness::ok();
    let played = play_plan(&witness.url(), class, "", "{ users: 1, iterations: 3 }").well();
    assert_eq!(played.requests(), ["GET item 1: 2", "GET item 0: 1"]);
}

#[test]
fn a_task_without_a_name_for_its_request_is_called_as_its_url_stands_in_the_plan() {
    let class = "tasks:\n  - { get: '/{{ random_int(1, 99) }}/x' }";
    let witness = Witness::ok();
    let played = play_plan(&witness.url(), class, "", "{ users: 1, iterations: 3 }").well();
    assert_eq!(played.requests(), ["GET /{{ random_int(1, 99) }}/x: 3"]);
}

#[test]
fn steps_that_send_nothing_leave_the_lane_to_others() {
    let class = "tasks:\n  - steps: [{ set: { a: '{{ random_int(1, 9) }}' } }]";
    let played: Played =
        play_plan("http://127.0.0.1:1", class, "", "{ users: 3, for: 50ms }").well();
    assert!(played.0.tasks[0].ended > 3);
}

#[test]
fn lanes_share_the_work_and_nothing_else() {
    let witness = Witness::new(&[json(r#"{"n": 3}"#)]);
    let class = "start:\n  - { get: /start, take: { n: $.n } }\ntasks:\n  - { name: x, get: '/{{ n }}/{{ user.number }}' }";
    let yaml = super::play::written(&witness.url(), class, "", "{ users: 4, iterations: 3 }");
    let plan = super::play::plan(&yaml, &super::play::folder());
    let record = super::play::run(&plan, 2);
    let played = Played(record.scenarios[0].snapshot.clone()).well();
    assert_eq!(played.requests(), ["GET /start: 4", "GET x: 12"]);
    let mut paths = heard(&witness);
    paths.sort();
    paths.dedup();
    assert_eq!(paths, ["/3/1", "/3/2", "/3/3", "/3/4", "/start"]);
}
