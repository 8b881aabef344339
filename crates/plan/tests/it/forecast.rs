//! What a plan will do, before it does it.

mod costs;

use std::path::PathBuf;
use std::time::Duration;

use gatecrash_plan::forecast::{
    Forecast, MachineLimits, Peak, Sureness, count, forecast, planned_load,
};
use gatecrash_plan::model::{
    Body, CacheFrom, HttpStep, HttpUsers, Iterations, Load, LocustUsers, Plan, Scenario,
    SocketStep, Start, Step, Task, Template, UserClass, UserKind, Wait,
};
use gatecrash_plan::rate::Rate;
use gatecrash_plan::schedule::{RatePiece, RateProfile, Spacing, UserSchedule, UserStage};

const LIMITS: MachineLimits = MachineLimits {
    files: Some(20_000),
    ports: Some(28_232),
};

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn rate(text: &str) -> Rate {
    text.parse().expect(text)
}

fn get() -> Step {
    Step::Http(Box::new(HttpStep {
        name: Template::constant("/"),
        method: "GET".to_owned(),
        url: Template::constant("/"),
        query: Vec::new(),
        headers: Vec::new(),
        body: Body::None,
        chunk_bytes: None,
        timeout: secs(30),
        redirects: 0,
        max_body_bytes: 1 << 20,
        stream: None,
        take: Vec::new(),
        expect: Vec::new(),
        cache: CacheFrom::Headers,
        measure: Vec::new(),
        expected_tokens: None,
    }))
}

fn task(weight: f64, expected_time: Option<Duration>, steps: Vec<Step>) -> Task {
    Task {
        name: "task".to_owned(),
        weight,
        steps,
        expected_time,
    }
}

fn class(wait: Wait, tasks: Vec<Task>) -> UserClass {
    UserClass {
        name: "researcher".to_owned(),
        weight: 1.0,
        kind: UserKind::Http(Box::new(HttpUsers {
            host: "http://127.0.0.1:8000".to_owned(),
            wait,
            headers: Vec::new(),
            start: Vec::new(),
            tasks,
            stop: Vec::new(),
            verify_tls: true,
            states: Vec::new(),
        })),
    }
}

/// One task of one request that takes so long.
fn taking(seconds: f64) -> UserClass {
    let time = Duration::from_secs_f64(seconds);
    class(Wait::None, vec![task(1.0, Some(time), vec![get()])])
}

fn open(rate_text: &str, lasts: u64) -> Scenario {
    let lasts = Some(secs(lasts));
    let profile = RateProfile::constant(rate(rate_text), lasts).expect("fits");
    scenario(
        "burst",
        lasts,
        Load::Rate {
            profile,
            spacing: Spacing::Even,
            max_in_flight: 10_000,
        },
    )
}

fn closed(users: u32, lasts: Option<Duration>, iterations: Option<Iterations>) -> Scenario {
    let schedule = UserSchedule::constant(users, None, lasts).expect("fits");
    scenario(
        "crowd",
        lasts,
        Load::Users {
            schedule,
            iterations,
        },
    )
}

fn scenario(name: &str, duration: Option<Duration>, load: Load) -> Scenario {
    Scenario {
        name: name.to_owned(),
        start: Start::InTurn,
        who: vec![(0, 1.0)],
        load,
        duration,
        grace: secs(30),
        measured: true,
        seed: 1,
        expected_time: None,
        objectives: Vec::new(),
        pause_before: Duration::ZERO,
        before: Vec::new(),
        after: Vec::new(),
    }
}

fn plan(users: Vec<UserClass>, scenarios: Vec<Scenario>) -> Plan {
    Plan {
        name: "test".to_owned(),
        users,
        scenarios,
        seed: 1,
        folder: PathBuf::from("."),
        ..Plan::default()
    }
}

fn told(users: Vec<UserClass>, scenarios: Vec<Scenario>) -> Forecast {
    forecast(&plan(users, scenarios), &LIMITS)
}

/// The warnings, and that there are so many of them.
fn warnings<const N: usize>(forecast: &Forecast) -> [&str; N] {
    let all: Vec<&str> = forecast.warnings.iter().map(String::as_str).collect();
    all.try_into()
        .unwrap_or_else(|all| panic!("{N} warnings, not {all:#?}"))
}

#[test]
fn ten_per_second_of_six_and_a_half_minutes_are_3900_in_flight() {
    let forecast = told(vec![taking(390.0)], vec![open("10/s", 1800)]);
    let burst = &forecast.scenarios[0];
    assert_eq!(burst.in_flight, Some(3900.0));
    assert_eq!(burst.expected_time, Some(secs(390)));
    assert_eq!(burst.peak, Peak::Rate(10.0));
    assert_eq!(burst.tasks.to_string(), "18,000");
    assert_eq!(burst.requests.to_string(), "18,000");
    assert_eq!(forecast.connections, 3900);
    assert_eq!(forecast.files, 3964);
    assert_eq!(forecast.memory_bytes, (16 << 20) + 3900 * (8 << 10));
    assert_eq!(forecast.duration, Some(secs(1800)));
    let [] = warnings(&forecast);
}

#[test]
fn a_hundred_per_second_are_39000_and_more_than_this_machines_files() {
    let forecast = told(vec![taking(390.0)], vec![open("100/s", 1800)]);
    assert_eq!(forecast.scenarios[0].in_flight, Some(39_000.0));
    assert_eq!(forecast.connections, 39_000);
    let [cap, files, ports] = warnings(&forecast);
    assert_eq!(
        cap,
        "burst: 39,000 tasks will be in flight and `max_in_flight` is 10,000: further arrivals \
         will be missed; set `max_in_flight: 39000`, or lower the rate"
    );
    assert_eq!(
        files,
        "burst: 100/s with 6m30s each need 39,000 connections, more than this machine's files: \
         this process may open 20,000 (64 of them for other things), and connections beyond that \
         will fail; raise the limit (ulimit -n 39064), or ask for less"
    );
    assert!(ports.contains("28,232 local ports"), "{ports}");
    // What max_in_flight lets through is all that memory is needed for.
    assert_eq!(forecast.memory_bytes, (16 << 20) + 10_000 * (8 << 10));
}

#[test]
fn a_scenario_that_ends_before_its_first_task_is_never_in_balance() {
    let forecast = told(vec![taking(390.0)], vec![open("100/s", 30)]);
    assert_eq!(forecast.connections, 3000);
    let [never] = warnings(&forecast);
    assert_eq!(
        never,
        "burst ends after 30s, before its first tasks do (6m30s each): at most 3,000 are in \
         flight then; if 100/s went on it would be 39,000 and this process may open 20,000 files; \
         let it last longer to see what the rate means"
    );
    let mut longer = open("10/s", 391);
    longer.name = "longer".to_owned();
    let [] = warnings(&told(vec![taking(390.0)], vec![longer]));
}

#[test]
fn without_an_expected_time_what_is_allowed_counts() {
    let task = task(1.0, None, vec![get()]);
    let unknown = || class(Wait::None, vec![task.clone()]);
    let forecast = told(vec![unknown()], vec![open("1000/s", 60)]);
    assert_eq!(forecast.scenarios[0].in_flight, None);
    assert_eq!(forecast.connections, 10_000);
    let [] = warnings(&forecast);
    let mut wide = open("1000/s", 60);
    if let Load::Rate { max_in_flight, .. } = &mut wide.load {
        *max_in_flight = 30_000;
    }
    let forecast = told(vec![unknown()], vec![wide.clone()]);
    let [files, _ports] = warnings(&forecast);
    assert!(
        files.contains("`max_in_flight`; its tasks have no `expected_time`"),
        "{files}"
    );
    wide.expected_time = Some(secs(2));
    let forecast = told(vec![unknown()], vec![wide]);
    assert_eq!(forecast.scenarios[0].in_flight, Some(2000.0));
}

#[test]
fn limits_that_are_not_known_warn_of_nothing() {
    let plan = plan(
        vec![taking(390.0)],
        vec![closed(1_000_000, Some(secs(9)), None)],
    );
    let forecast = forecast(&plan, &MachineLimits::default());
    let [] = warnings(&forecast);
}

#[test]
fn tasks_and_classes_count_by_their_weights() {
    let long = task(
        3.0,
        Some(secs(2)),
        vec![
            get(),
            Step::Repeat {
                times: 3,
                steps: vec![get(), Step::Think(Wait::None)],
            },
        ],
    );
    let short = task(1.0, Some(secs(6)), vec![get()]);
    let mixed = class(Wait::None, vec![long, short]);
    let mut burst = open("10/s", 100);
    burst.who = vec![(0, 1.0), (1, 3.0)];
    let forecast = told(vec![mixed, taking(7.0)], vec![burst]);
    let burst = &forecast.scenarios[0];
    // Class 0: 3 s and 3.25 requests in the mean; class 1: 7 s and one.
    assert_eq!(burst.expected_time, Some(secs(6)));
    assert_eq!(burst.in_flight, Some(60.0));
    assert_eq!(burst.requests.number(), Some(1563));
    assert_eq!(burst.requests.sureness(), Sureness::About);
    assert_eq!(burst.requests.to_string(), "about 1,563");
}

#[test]
fn branches_make_requests_a_guess_and_sockets_another_connection() {
    let branch = Step::If {
        condition: "x".to_owned(),
        then: vec![get(), get()],
        otherwise: vec![Step::Socket(SocketStep::Close)],
    };
    let users = class(Wait::None, vec![task(1.0, Some(secs(1)), vec![branch])]);
    let forecast = told(vec![users], vec![open("10/s", 100)]);
    assert_eq!(forecast.scenarios[0].requests.to_string(), "about 1,000");
    assert_eq!(forecast.connections, 20);
    assert_eq!(forecast.memory_bytes, (16 << 20) + 10 * (16 << 10));
}

#[test]
fn users_with_waits_do_what_their_time_allows() {
    let with = |wait, time| class(wait, vec![task(1.0, time, vec![get()])]);
    let run = |class| {
        let forecast = told(vec![class], vec![closed(10, Some(secs(100)), None)]);
        let crowd = &forecast.scenarios[0];
        (crowd.tasks.to_string(), crowd.in_flight)
    };
    let wait = Wait::Between(secs(2), secs(6));
    let one = Some(secs(1));
    assert_eq!(run(with(wait, one)), ("about 200".to_owned(), Some(2.0)));
    assert_eq!(run(with(wait, None)), ("at most 510".to_owned(), None));
    let pacing = Wait::Pacing(secs(2));
    assert_eq!(run(with(pacing, one)), ("about 500".to_owned(), Some(5.0)));
    assert_eq!(run(with(pacing, None)), ("at most 510".to_owned(), None));
    let slow = Some(secs(4));
    assert_eq!(
        run(with(pacing, slow)),
        ("about 250".to_owned(), Some(10.0))
    );
    let unknown = "as many as the target lets through".to_owned();
    assert_eq!(run(with(Wait::None, None)), (unknown, None));
}

#[test]
fn every_user_begins_one_task_and_the_scenario_knows_its_times_best() {
    let crowd = |expected_time| {
        let mut crowd = closed(10, Some(secs(100)), None);
        crowd.expected_time = expected_time;
        let forecast = told(vec![taking(390.0)], vec![crowd]);
        forecast.scenarios[0].tasks.to_string()
    };
    assert_eq!(crowd(None), "about 10");
    assert_eq!(crowd(Some(secs(5))), "about 200");
}

#[test]
fn iterations_are_counted() {
    let tasks = |scenario| {
        let forecast = told(vec![taking(1.0)], vec![scenario]);
        forecast.scenarios[0].tasks.to_string()
    };
    let each = Some(Iterations::PerUser(4));
    assert_eq!(tasks(closed(5, None, each)), "20");
    assert_eq!(tasks(closed(5, Some(secs(60)), each)), "at most 20");
    assert_eq!(tasks(closed(5, None, Some(Iterations::Total(7)))), "7");
}

#[test]
fn users_of_a_locustfile_keep_their_secret() {
    let locust = UserClass {
        name: "legacy".to_owned(),
        weight: 1.0,
        kind: UserKind::Locust(LocustUsers {
            file: PathBuf::from("locustfile.py"),
            classes: Vec::new(),
            host: None,
        }),
    };
    let forecast = told(vec![locust], vec![open("10/s", 100)]);
    let burst = &forecast.scenarios[0];
    assert_eq!(burst.tasks.to_string(), "1,000");
    assert_eq!(burst.requests.sureness(), Sureness::Unknown);
    assert_eq!((burst.in_flight, burst.requests.number()), (None, None));
}

#[test]
fn a_load_without_end_says_so() {
    let load = |lasts| Load::Rate {
        profile: RateProfile::constant(rate("10/s"), lasts).expect("fits"),
        spacing: Spacing::Poisson { seed: 1 },
        max_in_flight: 100,
    };
    let forecast = told(
        vec![taking(1.0)],
        vec![scenario("forever", None, load(None))],
    );
    assert_eq!(forecast.duration, None);
    assert_eq!(forecast.scenarios[0].requests.to_string(), "without end");
    let [endless] = warnings(&forecast);
    assert!(endless.starts_with("forever has no end"), "{endless}");
}

#[test]
fn scenarios_begin_in_turn_at_once_or_after_another() {
    let named = |name: &str, start, mut scenario: Scenario| {
        scenario.name = name.to_owned();
        scenario.start = start;
        scenario
    };
    let crowd = |users| closed(users, Some(secs(10)), None);
    let forecast = told(
        vec![taking(1.0)],
        vec![
            named("first", Start::InTurn, crowd(100)),
            named("second", Start::InTurn, crowd(200)),
            named("beside", Start::AtOnce, closed(30, Some(secs(15)), None)),
            named("last", Start::After(4), crowd(300)),
            named("before last", Start::After(1), crowd(5)),
        ],
    );
    let starts: Vec<_> = forecast.scenarios.iter().map(|one| one.starts).collect();
    assert_eq!(starts, [0, 10, 0, 30, 20].map(|at| Some(secs(at))));
    assert_eq!(forecast.duration, Some(secs(40)));
    assert_eq!(forecast.connections, 300);

    let together = told(
        vec![taking(1.0)],
        vec![
            named("a", Start::AtOnce, crowd(15_000)),
            named("b", Start::AtOnce, crowd(6_000)),
            named("c", Start::InTurn, crowd(10)),
        ],
    );
    assert_eq!(together.connections, 21_000);
    let [files] = warnings(&together);
    assert!(
        files.starts_with("a and b at once need 21,000 connections"),
        "{files}"
    );
}

#[test]
fn where_an_end_is_unknown_what_may_run_at_once_counts() {
    let each = Some(Iterations::PerUser(1));
    let mut beside = closed(7, None, each);
    beside.start = Start::AtOnce;
    let forecast = told(
        vec![taking(1.0)],
        vec![closed(5, None, each), beside, closed(9, None, each)],
    );
    assert_eq!((forecast.duration, forecast.connections), (None, 14));
    let in_turn = vec![closed(5, None, each), closed(9, None, each)];
    let forecast = told(vec![taking(1.0)], in_turn);
    assert_eq!(forecast.scenarios[1].starts, None);
    assert_eq!(forecast.connections, 9);
}

#[test]
fn the_planned_load_keeps_short_peaks() {
    let stages = RateProfile::new(&[
        RatePiece::constant(rate("10/s"), Some(secs(50))),
        RatePiece::constant(rate("500/s"), Some(Duration::from_millis(10))),
        RatePiece::ramp(rate("0/s"), rate("100/s"), secs(50)),
    ])
    .expect("fits");
    let lasts = stages.duration();
    let load = Load::Rate {
        profile: stages,
        spacing: Spacing::Even,
        max_in_flight: 100,
    };
    let crowd = UserSchedule::stages(&[UserStage {
        to: 8,
        lasts: Some(secs(20)),
    }]);
    let crowd = Load::Users {
        schedule: crowd.expect("fits"),
        iterations: None,
    };
    let mut beside = scenario("crowd", Some(secs(20)), crowd);
    beside.start = Start::AtOnce;
    let plan = plan(
        vec![taking(1.0)],
        vec![scenario("burst", lasts, load), beside],
    );
    let drawn = planned_load(&plan, 10);
    assert_eq!((Some(drawn.lasts), drawn.goes_on), (lasts, false));
    assert_eq!(drawn.arrivals_per_s[..5], [10.0, 10.0, 10.0, 10.0, 500.0]);
    assert!((drawn.arrivals_per_s[9] - 100.0).abs() < 0.01);
    assert!((drawn.arrivals_per_s[7] - 60.0).abs() < 6.0);
    assert_eq!(
        drawn.users,
        [5.0, 8.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    );
}

#[test]
fn of_a_load_without_end_a_minute_is_shown() {
    let profile = RateProfile::new(&[
        RatePiece::ramp(rate("0/s"), rate("10/s"), secs(60)),
        RatePiece::constant(rate("10/s"), None),
    ]);
    let load = Load::Rate {
        profile: profile.expect("fits"),
        spacing: Spacing::Even,
        max_in_flight: 100,
    };
    let drawn = planned_load(
        &plan(vec![taking(1.0)], vec![scenario("on", None, load)]),
        4,
    );
    assert_eq!((drawn.lasts, drawn.goes_on), (secs(120), true));
    assert_eq!(drawn.arrivals_per_s[2..], [10.0, 10.0]);
    assert!(drawn.users.is_empty());
}

#[test]
fn thousands_are_set_apart() {
    let texts = [0, 999, 1000, 39_000, 1_234_567].map(count);
    assert_eq!(texts, ["0", "999", "1,000", "39,000", "1,234,567"]);
}

#[test]
fn scenarios_that_wait_for_one_another_are_never_at_once() {
    let each = Some(Iterations::PerUser(1));
    let starting = |start, users| {
        let mut scenario = closed(users, None, each);
        scenario.start = start;
        scenario
    };
    let forecast = told(
        vec![taking(1.0)],
        vec![
            starting(Start::AtOnce, 50),
            starting(Start::After(0), 30),
            starting(Start::After(0), 40),
            starting(Start::After(2), 100),
            starting(Start::AtOnce, 60),
            starting(Start::After(4), 5),
        ],
    );
    // The second and the fourth, and the one before the last.
    assert_eq!(forecast.connections, 30 + 100 + 60);
}
