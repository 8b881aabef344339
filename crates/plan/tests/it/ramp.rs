//! The closed ramp against sequences observed on Locust 2.47.0.

use gatecrash_plan::schedule::{Dispatcher, ScheduleError, Step, UserClass};

/// Classes written as `A5 B1 F=2`: name and weight, or name and fixed count.
fn classes(text: &str) -> Vec<UserClass> {
    text.split_whitespace()
        .map(|word| match word.split_once('=') {
            Some((name, fixed)) => class(name, 1.0, fixed.parse().unwrap()),
            None => class(&word[..1], word[1..].parse().unwrap(), 0),
        })
        .collect()
}

fn class(name: &str, weight: f64, fixed_count: usize) -> UserClass {
    UserClass {
        name: name.to_owned(),
        weight,
        fixed_count,
    }
}

fn local(text: &str) -> Dispatcher {
    Dispatcher::new(vec!["local".to_owned()], classes(text)).unwrap()
}

fn ramp(dispatcher: &mut Dispatcher, target: usize, rate: f64, active: &str) -> Vec<Step> {
    dispatcher.retarget(target, rate, classes(active)).unwrap();
    dispatcher.by_ref().collect()
}

/// Names in the order in which users are started, one per step.
fn check_order(text: &str, expected: &str) {
    let mut dispatcher = local(text);
    let names: Vec<String> = dispatcher.class_names().map(str::to_owned).collect();
    let mut before = vec![0; names.len()];
    let mut order = String::new();
    for step in ramp(&mut dispatcher, expected.len(), 1.0, text) {
        let now = &step.users[0];
        for (class, name) in names.iter().enumerate() {
            order += &name.repeat(now[class] - before[class]);
        }
        before = now.clone();
    }
    assert_eq!(order, expected, "{text}");
}

#[test]
fn order_of_weighted_classes() {
    check_order("A5 B1", "AABAAAAABAAAAA");
    check_order("A1 B1 C1", "ABCABCABCABCAB");
    check_order("A3 B1", "ABAAABAAABAAAB");
    check_order("A2 B3 C5", "CBACBCCABCCBAC");
    check_order("C5 A2 B3", "CBACBCCABCCBAC");
    check_order("A1 B0 C1", "ACACAC");
}

#[test]
fn order_of_float_weights() {
    check_order("A0.5 B0.1 C1.5", "CACCCACBCCACCCACCCAC");
    let norm_power_admin = "AANAAAAANAAAAANAAAAZANAAAAANAAAAANAAAAANAAAAANAAAAANAAAAANAA";
    check_order("A5 N1 Z0.1", norm_power_admin);
}

#[test]
fn fixed_counts_come_first() {
    check_order("A=3 B=1 C2 D1", "ABAACDCCDCCDCC");
}

/// Counts of the first node, wait after the step, due time.
fn told(steps: &[Step]) -> Vec<(Vec<usize>, f64, f64)> {
    steps
        .iter()
        .map(|step| (step.users[0].clone(), step.wait_s, step.due_s))
        .collect()
}

#[test]
fn bursts_of_the_rate_rounded_down() {
    let delay = 2.0 / 2.4;
    let steps = ramp(&mut local("A2 B1 F=2"), 7, 2.4, "A2 B1 F=2");
    let expected = [
        (vec![0, 0, 2], delay, 0.0),
        (vec![1, 1, 2], delay, delay),
        (vec![3, 1, 2], delay, 2.0 * delay),
        (vec![3, 2, 2], 0.0, 3.0 * delay),
    ];
    assert_eq!(told(&steps), expected);
}

#[test]
fn one_burst_when_the_rate_covers_all() {
    assert_eq!(
        told(&ramp(&mut local("A1"), 9, 120.0, "A1")),
        [(vec![9], 0.0, 0.0)]
    );
}

#[test]
fn slow_rates_wait_longer() {
    let steps = ramp(&mut local("A1"), 2, 0.5, "A1");
    assert_eq!(told(&steps), [(vec![1], 2.0, 0.0), (vec![2], 0.0, 2.0)]);
}

#[test]
fn ramp_down_stops_the_last_started_first() {
    let all = "A2 B1 F=2";
    let mut dispatcher = local(all);
    ramp(&mut dispatcher, 7, 2.4, all);
    let counts = |steps: Vec<Step>| -> Vec<Vec<usize>> {
        steps
            .into_iter()
            .map(|step| step.users[0].clone())
            .collect()
    };
    assert_eq!(
        counts(ramp(&mut dispatcher, 3, 2.0, all)),
        [[2, 1, 2], [1, 0, 2]]
    );
    assert_eq!(
        counts(ramp(&mut dispatcher, 3, 1.0, all)),
        [[1, 0, 2]],
        "nothing to change"
    );
    assert_eq!(counts(ramp(&mut dispatcher, 9, 120.0, all)), [[5, 2, 2]]);
    let down = [
        [5, 1, 2],
        [4, 1, 2],
        [3, 1, 2],
        [3, 0, 2],
        [2, 0, 2],
        [1, 0, 2],
        [0, 0, 2],
        [0, 0, 1],
        [0, 0, 0],
    ];
    assert_eq!(counts(ramp(&mut dispatcher, 0, 0.5, all)), down);
    assert_eq!(
        counts(ramp(&mut dispatcher, 5, 3.0, all)),
        [[1, 0, 2], [2, 1, 2]]
    );
}

#[test]
fn a_new_target_in_the_middle_of_a_ramp() {
    let all = "A2 B1 F=2";
    let mut dispatcher = local(all);
    for (target, rate) in [(7, 2.4), (3, 2.0), (3, 1.0), (9, 120.0), (0, 0.5), (5, 3.0)] {
        ramp(&mut dispatcher, target, rate, all);
    }
    dispatcher.retarget(20, 5.0, classes(all)).unwrap();
    assert_eq!(dispatcher.next_step().unwrap().users, [[6, 2, 2]]);
    let last = |steps: Vec<Step>| steps.last().unwrap().users[0].clone();
    assert_eq!(last(ramp(&mut dispatcher, 2, 100.0, all)), [0, 0, 2]);
    assert_eq!(
        last(ramp(&mut dispatcher, 8, 100.0, "B1")),
        [0, 6, 2],
        "a subset of classes"
    );
    assert_eq!(
        last(ramp(&mut dispatcher, 12, 100.0, all)),
        [3, 7, 2],
        "all of them again"
    );
}

#[test]
fn only_fixed_counts_end_the_ramp_early() {
    let steps = ramp(&mut local("A=2 B=1"), 10, 2.0, "A=2 B=1");
    assert_eq!(
        told(&steps),
        [(vec![1, 1], 1.0, 0.0), (vec![2, 1], 1.0, 1.0)]
    );
}

#[test]
fn a_changed_fixed_count_counts_after_a_ramp_down() {
    let mut dispatcher = local("A1 F=1");
    ramp(&mut dispatcher, 4, 10.0, "A1 F=1");
    ramp(&mut dispatcher, 1, 10.0, "A1 F=1");
    let steps = ramp(&mut dispatcher, 5, 10.0, "A1 F=3");
    assert_eq!(steps[0].users, [[2, 3]]);
}

#[test]
fn weights_are_those_of_the_first_user_that_needs_them() {
    let mut dispatcher = local("A1 B1");
    let steps = ramp(&mut dispatcher, 6, 10.0, "A5 B1");
    assert_eq!(steps[0].users, [[5, 1]]);
    let steps = ramp(&mut dispatcher, 12, 10.0, "A1 B5");
    assert_eq!(steps[0].users, [[10, 2]], "the order goes on");
}

#[test]
fn planned_users_at_a_time() {
    let mut dispatcher = local("A1 B1");
    dispatcher.retarget(10, 4.0, classes("A1 B1")).unwrap();
    assert_eq!(dispatcher.targets_at(-1.0), [0, 0]);
    assert_eq!(dispatcher.targets_at(0.0), [2, 2]);
    assert_eq!(dispatcher.targets_at(0.99), [2, 2]);
    assert_eq!(dispatcher.targets_at(1.0), [4, 4]);
    assert_eq!(dispatcher.targets_at(1e9), [5, 5]);
    assert_eq!(dispatcher.current(), 0, "looking ahead changes nothing");
}

fn node_counts(dispatcher: &Dispatcher, step: &Step) -> Vec<(String, Vec<usize>)> {
    dispatcher
        .nodes()
        .iter()
        .cloned()
        .zip(step.users.iter().cloned())
        .collect()
}

fn check_nodes(dispatcher: &Dispatcher, step: &Step, expected: &[(&str, [usize; 3])]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(node, users)| (node.to_string(), users.to_vec()))
        .collect();
    assert_eq!(node_counts(dispatcher, step), expected);
}

#[test]
fn users_spread_over_hosts_and_follow_the_nodes() {
    let all = "A2 B1 F=2";
    let nodes = ["h1_b", "h1_a", "h2_a"].map(str::to_owned).to_vec();
    let mut dispatcher = Dispatcher::new(nodes, classes(all)).unwrap();
    dispatcher.retarget(8, 4.0, classes(all)).unwrap();
    let step = dispatcher.next_step().unwrap();
    let first = [
        ("h1_a", [0, 1, 1]),
        ("h2_a", [0, 0, 1]),
        ("h1_b", [1, 0, 0]),
    ];
    check_nodes(&dispatcher, &step, &first);

    dispatcher.add_node("h3_x".to_owned());
    assert!(dispatcher.rebalance_pending());
    let step = dispatcher.next_step().unwrap();
    let dealt = [
        ("h1_a", [0, 0, 1]),
        ("h2_a", [0, 0, 1]),
        ("h3_x", [1, 0, 0]),
        ("h1_b", [0, 1, 0]),
    ];
    check_nodes(&dispatcher, &step, &dealt);
    let step = dispatcher.next_step().unwrap();
    let full = [
        ("h1_a", [1, 0, 1]),
        ("h2_a", [1, 0, 1]),
        ("h3_x", [1, 1, 0]),
        ("h1_b", [1, 1, 0]),
    ];
    check_nodes(&dispatcher, &step, &full);
    assert_eq!(dispatcher.next_step(), None);

    dispatcher.remove_node("h1_a");
    assert_eq!(
        dispatcher.next_step(),
        None,
        "a finished ramp waits for the next one"
    );
    dispatcher.retarget(8, 4.0, classes(all)).unwrap();
    let step = dispatcher.next_step().unwrap();
    let fewer = [
        ("h2_a", [0, 2, 1]),
        ("h3_x", [2, 0, 1]),
        ("h1_b", [2, 0, 0]),
    ];
    check_nodes(&dispatcher, &step, &fewer);
    assert_eq!(dispatcher.next_step(), None);
}

#[test]
fn without_any_node_nobody_starts_until_one_comes() {
    let mut dispatcher = local("A1");
    dispatcher.retarget(4, 2.0, classes("A1")).unwrap();
    dispatcher.next_step().unwrap();
    dispatcher.remove_node("local");
    assert_eq!(dispatcher.next_step().unwrap().users, [[2]]);
    assert_eq!(dispatcher.next_step(), None);
    dispatcher.add_node("other".to_owned());
    let steps = ramp(&mut dispatcher, 4, 2.0, "A1");
    assert_eq!(dispatcher.nodes(), ["other"]);
    assert_eq!(steps.last().unwrap().users, [[4]]);
}

#[test]
fn what_cannot_be_planned_is_refused_and_changes_nothing() {
    let mut dispatcher = local("A1");
    for rate in [0.0, -1.0, f64::INFINITY] {
        let refused = dispatcher.retarget(5, rate, classes("A1"));
        assert_eq!(refused, Err(ScheduleError::SpawnRate(rate)));
    }
    assert!(dispatcher.retarget(5, f64::NAN, classes("A1")).is_err());
    let unknown = dispatcher.retarget(5, 1.0, classes("X1"));
    assert_eq!(unknown, Err(ScheduleError::UnknownClass("X".to_owned())));
    assert_eq!(dispatcher.next_step(), None);
    let made = |nodes: &[&str], text: &str| {
        let nodes = nodes.iter().map(|node| node.to_string()).collect();
        Dispatcher::new(nodes, classes(text)).err()
    };
    assert_eq!(made(&[], "A1"), Some(ScheduleError::NoNodes));
    assert_eq!(made(&["n"], ""), Some(ScheduleError::NoClasses));
    assert_eq!(
        made(&["n"], "A1 A2"),
        Some(ScheduleError::DuplicateClass("A".to_owned()))
    );
    assert!(matches!(
        made(&["n"], "Ainf"),
        Some(ScheduleError::Weight(..))
    ));
}
