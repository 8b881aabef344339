//! What stands between `{{` and `}}`.

use std::collections::HashSet;

use super::play::{Played, fault, folder, plan, play, play_plan, written};
use super::witness::Witness;

/// What a server hears in the body of `text`, after `set`.
fn heard(text: &str) -> String {
    let witness = Witness::ok();
    let class = format!(
        "tasks:\n  - steps:\n    - set: {{ s: 'a b', n: 3, l: [1, {{ k: v }}], nothing: null }}\n    - {{ post: /, text: '{text}' }}"
    );
    play(&witness.url(), &class).well();
    let request = witness.heard_once();
    let (_, body) = request.split_once("\r\n\r\n").expect("a head");
    body.to_owned()
}

#[test]
fn names_members_and_places() {
    assert_eq!(
        heard("{{ s }}|{{ n }}|{{ l[1].k }}|{{ l[1][\"k\"] }}|{{ l[-1].k }}"),
        "a b|3|v|v|v"
    );
    assert_eq!(
        heard("{{ l }}|{{ nothing }}|{{ true }}"),
        "[1,{\"k\":\"v\"}]|null|true"
    );
    assert_eq!(heard("{{ env.ENV_X }}"), "of the environment");
    assert_eq!(heard("{{ user.number }}.{{ task.number }}"), "1.1");
}

#[test]
fn expressions() {
    assert_eq!(
        heard("{{ n + 1 }}|{{ s ~ n }}|{{ s | upper }}|{{ l | length }}"),
        "4|a b3|A B|2"
    );
    assert_eq!(
        heard("{{ \"x\" if n > 2 else \"y\" }}|{{ [n, s] | join(\"-\") }}"),
        "x|3-a b"
    );
    assert_eq!(
        heard("{{ l[1].x | default(\"d\") }}|{{ env.ENV_X | length }}"),
        "d|18"
    );
    assert_eq!(heard("{{ user.number * 10 + task.number }}"), "11");
    assert_eq!(
        heard("{{ l + [2] }}|{{ {\"a\": n}.a }}"),
        "[1,{\"k\":\"v\"},2]|3"
    );
}

#[test]
fn functions_of_texts() {
    assert_eq!(
        heard("{{ base64(\"user:pass\") }}|{{ base64_decode(\"dXNlcjpwYXNz\") }}"),
        "dXNlcjpwYXNz|user:pass"
    );
    assert_eq!(
        heard("{{ hmac_sha256(\"key\", \"text\") }}"),
        "6afa9046a9579cad143a384c1b564b9a250d27d6f6a63f9f20bf3a7594c9e2c6"
    );
    assert_eq!(
        heard("{{ sha256(\"\") }}"),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(
        heard("{{ url_encode(\"a b&c\") }}|{{ url_encode(s) }}"),
        "a%20b%26c|a%20b"
    );
    assert_eq!(heard("{{ base64(s ~ n) }}"), "YSBiMw==");
}

#[test]
fn functions_of_chance_stay_within_their_bounds() {
    for _ in 0..3 {
        let text = heard(
            "{{ random_int(5, 6) }}|{{ random_float(0, 1) }}|{{ random_choice([\"x\", \"y\"]) }}|{{ random_string(5) }}|{{ random_int(n, n) }}",
        );
        let parts: Vec<&str> = text.split('|').collect();
        assert!(["5", "6"].contains(&parts[0]), "{text}");
        assert!(
            (0.0..1.0).contains(&parts[1].parse::<f64>().expect("a number")),
            "{text}"
        );
        assert!(["x", "y"].contains(&parts[2]), "{text}");
        assert!(parts[3].len() == 5 && parts[3].bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(parts[4], "3");
    }
    let text = heard("{{ random_int(-9223372036854775807, 9223372036854775807) }}");
    assert!(text.parse::<i64>().is_ok(), "{text}");
}

#[test]
fn uuids_are_of_version_4_and_times_are_now() {
    let text = heard("{{ uuid() }}|{{ now() }}|{{ now_ms() }}|{{ timestamp() }}");
    let parts: Vec<&str> = text.split('|').collect();
    let groups: Vec<usize> = parts[0].split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12]);
    assert_eq!(&parts[0][14..15], "4");
    assert!("89ab".contains(&parts[0][19..20]), "{text}");
    assert!(
        parts[1].starts_with("20") && parts[1].ends_with('Z'),
        "{text}"
    );
    let ms: u64 = parts[2].parse().expect("a number");
    let seconds: u64 = parts[3].parse().expect("a number");
    assert!(ms / 1000 <= seconds && seconds <= ms / 1000 + 5, "{text}");
}

#[test]
fn fakes_look_like_what_they_are() {
    let text = heard(
        "{{ fake.name() }}|{{ fake.email() }}|{{ fake.phone() }}|{{ fake.city() }}|{{ fake.company() }}|{{ fake.word() }}|{{ fake.sentence() }}|{{ fake.first_name() | upper }} {{ fake.last_name() }}",
    );
    let parts: Vec<&str> = text.split('|').collect();
    assert_eq!(parts[0].split(' ').count(), 2, "{text}");
    assert!(parts[1].ends_with("@example.com"), "{text}");
    assert!(parts[2].starts_with("+1-202-555-01"), "{text}");
    assert!(parts[6].ends_with('.') && parts[6].starts_with(|c: char| c.is_uppercase()));
    assert!(parts.iter().all(|part| !part.is_empty()), "{text}");
}

/// The paths that a server hears of several users and turns, sorted.
fn paths(scenario: &str, seed: u64, expression: &str) -> Vec<String> {
    let witness = Witness::ok();
    let class = format!("tasks:\n  - {{ name: x, get: '/{{{{ {expression} }}}}' }}");
    let scenario = scenario.replace("SEED", &seed.to_string());
    play_plan(&witness.url(), &class, "", &scenario).well();
    let heard = witness.heard();
    let lines = heard.iter().filter_map(|one| one.split(' ').nth(1));
    let mut lines: Vec<String> = lines.map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn a_seed_repeats_what_is_drawn() {
    for scenario in [
        "{ users: 3, iterations: 4, seed: SEED }",
        "{ rate: 100/s, for: 120ms, seed: SEED }",
    ] {
        for expression in [
            "random_int(1, 1000000000)",
            "random_int(1, 1000000 + 0 * task.number)",
        ] {
            let first = paths(scenario, 5, expression);
            assert_eq!(first.len(), 12);
            let distinct: HashSet<_> = first.iter().collect();
            assert_eq!(distinct.len(), 12, "each turn draws anew: {first:?}");
            assert_eq!(first, paths(scenario, 5, expression));
            assert_ne!(first, paths(scenario, 6, expression));
        }
    }
}

#[test]
fn sequences_are_counted_over_all_users_and_by_name() {
    let witness = Witness::ok();
    let class = "tasks:\n  - { name: x, get: '/{{ sequence() }}/{{ sequence(\"a\") }}/{{ sequence(\"a\") }}' }";
    play_plan(
        &witness.url(),
        class,
        "",
        "{ users: 2, total_iterations: 3 }",
    )
    .well();
    let mut lines: Vec<String> = witness.heard();
    lines.sort();
    let paths: Vec<_> = lines
        .iter()
        .filter_map(|one| one.split(' ').nth(1))
        .collect();
    assert_eq!(paths, ["/1/1/2", "/2/3/4", "/3/5/6"]);
}

fn told(text: &str) -> Played {
    let class = format!(
        "tasks:\n  - steps: [{{ if: false, then: [{{ set: {{ late: 1 }} }}] }}, {{ post: /, text: '{text}' }}]"
    );
    play("http://127.0.0.1:1", &class)
}

#[test]
fn what_has_no_value_is_an_exception_that_names_it() {
    for (text, exception) in [
        ("{{ late }}", "{{ late }}: it has no value here"),
        (
            "{{ late + 1 }}",
            "{{ late + 1 }}: invalid operation: tried to use + operator",
        ),
        (
            "{{ base64_decode(\"!\") }}",
            "{{ base64_decode(\"!\") }}: base64_decode: the text is no Base64",
        ),
        (
            "{{ random_int(6, 5) }}",
            "{{ random_int(6, 5) }}: random_int: the low end lies above the high end",
        ),
        (
            "{{ sequence(\"a\" ~ 1) ~ late }}",
            "{{ sequence(\"a\" ~ 1) ~ late }}: undefined value",
        ),
    ] {
        let played = told(text);
        assert_eq!(played.requests(), Vec::<String>::new(), "{text}");
        let told = played.exceptions();
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with(exception), "{told:?}");
    }
}

#[test]
fn a_variable_that_is_not_set_is_told_before_the_run() {
    let yaml = written(
        "http://127.0.0.1:1",
        "tasks:\n  - { get: '/{{ env.ENV_X }}' }",
        "",
        "{ users: 1, iterations: 1 }",
    );
    let mut read = plan(&yaml, &folder());
    read.environment.clear();
    let told = fault(&read);
    assert!(
        told.ends_with("the environment has no variable ENV_X"),
        "{told}"
    );
}
