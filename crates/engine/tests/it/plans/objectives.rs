//! Every form of objective against the target: it holds while the target is well, and a fault
//! of the target breaks it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use gatecrash_engine::journey::{Failed, Journey, Seat, TaskKind, Turn, User};
use gatecrash_engine::{Change, Command, Run, RunEvent, Setup};
use gatecrash_metrics::objective::{Objective, Outcome, Tier, Verdict};
use gatecrash_metrics::record::{Ended, RunRecord};
use gatecrash_plan::model::Wait;
use gatecrash_target::Server;

use super::play::{folder, plan, run, setup};
use crate::native::{rate, scenario, target, task};

/// A plan with one class of one user that does `step`, so often, and these objectives.
fn written(
    server: &Server,
    step: &str,
    more: &str,
    scenarios: &str,
    objectives: &[&str],
) -> String {
    let host = server.url();
    let objectives: String = objectives
        .iter()
        .map(|one| format!("  - '{one}'\n"))
        .collect();
    format!(
        "host: {host}\nusers:\n  tester:\n    tasks:\n      - {{ name: s, {step} }}\n{more}\n\
         objectives:\n{objectives}scenarios:\n{scenarios}\n"
    )
}

const THREE_TIMES: &str = "  main: { users: 1, iterations: 3 }";

fn record(yaml: &str) -> RunRecord {
    run(&plan(yaml, &folder()), 1)
}

/// What came of objectives in a run of `step`.
fn verdicts(server: &Server, step: &str, more: &str, objectives: &[&str]) -> Vec<Verdict> {
    let verdicts = record(&written(server, step, more, THREE_TIMES, objectives)).verdicts;
    assert!(verdicts.len() >= objectives.len(), "{verdicts:?}");
    verdicts
}

/// All of them hold with the step `well`, and none does with the step `ill`.
fn check_with(more: &str, objectives: &[&str], well: &str, ill: &str) {
    let server = target();
    for (step, outcome) in [(well, Outcome::Passed), (ill, Outcome::Failed)] {
        for verdict in verdicts(&server, step, more, objectives) {
            let Verdict { objective, why, .. } = &verdict;
            assert_eq!(verdict.outcome, outcome, "{objective} with {step}: {why}");
            assert!(verdict.observed.is_some() && !why.is_empty());
        }
    }
}

fn check(objectives: &[&str], well: &str, ill: &str) {
    check_with("", objectives, well, ill);
}

#[test]
fn response_times() {
    let objectives = [
        "p50 < 500ms",
        "p95 < 500ms",
        "p99.9 < 500ms",
        "avg < 500ms",
        "max < 500ms",
        "p95 first_byte < 500ms",
        "p95 of s < 500ms",
        "p95 of \"GET s\" < 500ms",
        "p95 of * < 500ms",
        "p95 of each * < 500ms",
        "p95 of user tester < 500ms",
        "avg first_byte of user tester < 500ms",
        "p95 in main < 500ms",
        "p95 between 0ms and 500ms",
        "goodput(response_time < 500ms) > 0",
        "goodput(service_time < 500ms) of user tester > 0",
    ];
    check(&objectives, "get: /json", "get: /delay/600");
}

#[test]
fn failures_and_how_many() {
    let objectives = [
        "error_rate < 1%",
        "success_rate > 99%",
        "failures == 0",
        "error_rate of user tester < 1%",
        "error_rate of s < 1%",
        "goodput(response_time < 1m) > 0",
    ];
    for ill in ["/status/500", "/fault/reset", "/fault/close-before-answer"] {
        check(&objectives, "get: /json", &format!("get: {ill}"));
    }
    check(&["rps > 3"], "get: /json", "get: /delay/400");
}

#[test]
fn requests_that_were_not_made() {
    let server = target();
    for (path, outcome) in [("/json", Outcome::Passed), ("/delay/700", Outcome::Failed)] {
        let step = format!("get: {path}");
        let rate = "  main: { rate: 5/s, for: 1s, max_in_flight: 1 }";
        let objectives = ["missed == 0", "requests >= 5", "p95 service_time < 500ms"];
        let told = record(&written(&server, &step, "", rate, &objectives));
        let outcomes: Vec<_> = told
            .verdicts
            .iter()
            .map(|verdict| verdict.outcome)
            .collect();
        assert_eq!(outcomes, [outcome; 3], "{path}: {:?}", told.verdicts);
    }
}

#[test]
fn users_that_are_fewer_than_wanted() {
    let server = target();
    for (limit, outcome) in [(1, Outcome::Passed), (2, Outcome::Failed)] {
        let objective = format!("users >= {limit}");
        let verdicts = verdicts(&server, "get: /json", "", &[&objective]);
        assert_eq!(verdicts[0].outcome, outcome, "{verdicts:?}");
    }
}

#[test]
fn caches() {
    let well = "get: /cached/a?work=0";
    let ill = "get: /cached/a?work=0&ttl=0";
    check(&["cache_hit_rate > 60%", "rate cache_hit > 60%"], well, ill);
    let (quick, slow) = ("get: /cached/b?work=0", "get: /cached/c?work=600ms&ttl=0");
    check(&["p95 miss_time < 500ms"], quick, slow);
    let body = |path| format!("get: '{path}&tell=body', cache: {{ json: $.cached }}");
    let (well, ill) = (body("/cached/d?work=0"), body("/cached/d?work=0&ttl=0"));
    check(&["cache_hit_rate > 60%"], &well, &ill);
}

#[test]
fn what_does_not_tell_is_no_miss() {
    let server = target();
    let verdicts = verdicts(&server, "get: /json", "", &["cache_hit_rate > 70%"]);
    assert_eq!(verdicts[0].outcome, Outcome::NoData);
}

const CHAT: &str = "post: '/v1/chat/completions?QUERY', stream: openai, json: { model: m, stream: true, stream_options: { include_usage: true }, messages: [{ role: user, content: one two three four }] }";

fn chat(query: &str) -> String {
    CHAT.replace("QUERY", query)
}

#[test]
fn streams() {
    let well = chat("tokens=5");
    let late = chat("tokens=5&first=600ms");
    let slow = chat("tokens=5&pace=150ms");
    check(&["p95 ttft < 500ms"], &well, &late);
    check(
        &["p95 tpot < 100ms", "tokens_per_second > 15"],
        &well,
        &slow,
    );
    let good = ["goodput(ttft < 500ms, tpot < 100ms) > 0"];
    check(&good, &well, &late);
    check(&good, &well, &slow);
    check(
        &["avg tokens == 5", "max tokens > 4"],
        &well,
        &chat("tokens=4"),
    );
    check(
        &["max tokens_cached > 3"],
        &chat("cached=4"),
        &chat("cached=3"),
    );
}

#[test]
fn costs() {
    const PRICES: &str =
        "prices: { of: { s: { per_million_tokens: { in: 1000, cached: 100, out: 2000 } } } }";
    // 4 tokens in and 10 out, three times: 3 × (4 × 0.001 + 10 × 0.002) = 0.072.
    let well = chat("tokens=10");
    check_with(PRICES, &["cost <= 0.0721 USD"], &well, &chat("tokens=11"));
    // All of the prompt from the cache: 3 × (4 × 0.0001 + 10 × 0.002) = 0.0612.
    let cached = chat("tokens=10&cached=4");
    check_with(PRICES, &["cost < 0.07 USD"], &cached, &well);
    // In a plain answer as well.
    let plain = |tokens| {
        format!(
            "post: '/v1/messages?tokens={tokens}', json: {{ model: m, max_tokens: 100, \
             messages: [{{ role: user, content: one two three four }}] }}"
        )
    };
    check_with(PRICES, &["cost <= 0.0721 USD"], &plain(10), &plain(11));
}

#[test]
fn metrics_and_states() {
    const METRICS: &str = "metrics: { allowed: gauge, said: counter, score: trend, fresh: rate }\n\
        states: { degraded: { header: { X-Mode: degraded } }, broken: { status: 5xx, json: { $.status: 503 } } }";
    let objectives = [
        "allowed < 1000",
        "last allowed < 1000",
        "said < 3000",
        "sum said < 3000",
        "p95 score < 1000",
        "avg score of s < 1000",
    ];
    let all = "allowed: $.rate, said: $.rate, score: $.rate";
    let rate = |rate| format!("get: '/limited?rate={rate}', measure: {{ {all} }}");
    check_with(METRICS, &objectives, &rate(999), &rate(1000));
    let fresh = |path| format!("get: '{path}&tell=body', measure: {{ fresh: $.cached }}");
    let (hits, misses) = (fresh("/cached/a?work=0"), fresh("/cached/a?work=0&ttl=0"));
    check_with(METRICS, &["fresh > 60%"], &hits, &misses);
    check_with(
        METRICS,
        &["state.broken == 0"],
        "get: /status/501",
        "get: /status/503",
    );
    let limited = |query| format!("get: '/limited?{query}'");
    check(
        &["state.rate_limited == 0"],
        &limited("rate=1000"),
        &limited("rate=0"),
    );
    let (soon, late) = (limited("rate=0&retry=6"), limited("rate=0&retry=7"));
    check(&["max retry_after < 7s"], &soon, &late);
}

#[test]
fn tiers_and_grades() {
    let server = target();
    let told = |path: &str, objective: &str| {
        let once = "  main: { users: 1, iterations: 1 }";
        let yaml = written(&server, &format!("get: {path}"), "", once, &[]);
        let yaml = yaml.replace("objectives:\n", &format!("objectives:\n  - {objective}\n"));
        let verdict = record(&yaml).verdicts.remove(0);
        (verdict.outcome, verdict.tier, verdict.grade)
    };
    let tiers = "p95: { target: 300ms, acceptable: 700ms }";
    for (path, outcome, tier) in [
        ("/json", Outcome::Passed, Tier::Met),
        ("/delay/350", Outcome::Passed, Tier::Tolerable),
        ("/delay/750", Outcome::Failed, Tier::Broken),
    ] {
        assert_eq!(told(path, tiers), (outcome, Some(tier), None), "{path}");
    }
    let grades = "{ avg: { excellent: 300ms, good: 700ms }, decide: excellent }";
    for (path, outcome, grade) in [
        ("/json", Outcome::Passed, "excellent"),
        ("/delay/350", Outcome::Failed, "good"),
        ("/delay/750", Outcome::Failed, "poor"),
    ] {
        assert_eq!(
            told(path, grades),
            (outcome, None, Some(grade.to_owned())),
            "{path}"
        );
    }
}

#[test]
fn scenarios_beside_each_other() {
    let server = target();
    let two = "  calm: { users: 1, iterations: 2 }\n  \
        busy: { users: 1, iterations: 2, hooks: { before: [{ post: /admin/mode, json: { mode: MODE } }] } }";
    for (mode, outcome) in [("normal", Outcome::Passed), ("degraded", Outcome::Failed)] {
        let scenarios = two.replace("MODE", mode);
        let objectives = [
            "p95 in busy < 30 * p95 in calm",
            "mean over scenarios of avg < 500ms",
        ];
        let step = "get: '/service?late=1200ms'";
        let record = record(&written(&server, step, "", &scenarios, &objectives));
        let outcomes: Vec<_> = record.verdicts.iter().map(|one| one.outcome).collect();
        assert_eq!(outcomes, [outcome; 2], "{mode}: {:?}", record.verdicts);
        assert!(record.verdicts.iter().all(|one| one.scenario.is_none()));
        assert!(
            record.scenarios[1].hooks.iter().all(|hook| hook.ok),
            "{:?}",
            record.scenarios[1].hooks
        );
    }
}

/// At a rate a slower target takes more users.
#[test]
fn users_that_are_more_than_wanted() {
    let server = target();
    for (path, outcome) in [("/json", Outcome::Passed), ("/delay/900", Outcome::Failed)] {
        let scenario = "  main: { rate: 10/s, for: 1s, max_in_flight: 50 }";
        let yaml = written(
            &server,
            &format!("get: {path}"),
            "",
            scenario,
            &["users < 7"],
        );
        let verdicts = record(&yaml).verdicts;
        assert_eq!(verdicts[0].outcome, outcome, "{path}: {verdicts:?}");
    }
}

/// Users whose own client holds up the lane until the target has answered: the next ones are
/// late by the generator's own fault.
struct Holders {
    address: SocketAddr,
    path: &'static str,
    tasks: Vec<TaskKind>,
}

struct Holder {
    seat: Seat,
    address: SocketAddr,
    path: &'static str,
}

impl Journey for Holders {
    type User = Holder;

    fn class(&self) -> &str {
        "Holder"
    }

    fn tasks(&self) -> &[TaskKind] {
        &self.tasks
    }

    fn wait(&self) -> Wait {
        Wait::None
    }

    fn user(&self, seat: Seat) -> Holder {
        Holder {
            seat,
            address: self.address,
            path: self.path,
        }
    }
}

impl User for Holder {
    fn seat(&self) -> &Seat {
        &self.seat
    }

    async fn start(&mut self) -> Result<(), Failed> {
        Ok(())
    }

    async fn perform(&mut self, _: &Turn) -> Result<(), Failed> {
        ask(self.address, "GET", self.path, "");
        Ok(())
    }

    async fn stop(&mut self) {}
}

#[test]
fn lag() {
    let server = target();
    for (path, outcome) in [("/json", Outcome::Passed), ("/delay/500", Outcome::Failed)] {
        let holders = Holders {
            address: server.address(),
            path,
            tasks: vec![task("hold", 1.0)],
        };
        let second = Duration::from_secs(1);
        let setup = Setup {
            scenarios: vec![scenario(holders, rate(5.0, second, 50), Some(second))],
            lanes: 1,
            objectives: vec![Objective::parse("lag < 250ms").expect("an objective")],
            ..Setup::default()
        };
        let record = Run::start(setup, |_| {}).expect("a run").wait();
        let verdicts = record.verdicts;
        assert_eq!(verdicts[0].outcome, outcome, "{path}: {verdicts:?}");
    }
}

/// A growth needs ten points, and a point is a second; both in one run.
#[test]
fn growth() {
    let server = target();
    let (well, ill) = (
        "growth of p95 of steady < 10% per 1s",
        "growth of p95 of creeping < 10% per 1s",
    );
    let scenario = "  main: { rate: 10/s, for: 13s, max_in_flight: 50 }";
    let step = "get: /delay/50 }\n      - { name: creeping, get: '/creeping?from=50ms&by=10ms'";
    let yaml = written(&server, step, "", scenario, &[well, ill]);
    let verdicts = record(&yaml.replace("name: s,", "name: steady,")).verdicts;
    let outcomes: Vec<_> = verdicts.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Outcome::Passed, Outcome::Failed], "{verdicts:?}");
}

/// Windows need seconds: all of them in one run, with a fault half-way.
#[test]
fn windows() {
    let server = target();
    let objectives = [
        "error_rate > 50% for 2s",
        "error_rate > 50% for 1m",
        "error_rate < 50% within 1s",
        "failures < 1000 within 1s",
    ];
    let scenario = "  main: { rate: 20/s, for: 5s, max_in_flight: 50 }";
    let yaml = written(&server, "get: /service", "", scenario, &objectives);
    let setup = setup(&plan(&yaml, &folder()), 1);
    let address = server.address();
    let mut seconds = 0;
    let run = Run::start(setup, move |event| {
        if let RunEvent::Second(_) = event {
            seconds += 1;
            if seconds == 2 {
                post_mode(address, "open");
            }
        }
    });
    let record = run.expect("a run").wait();
    let outcomes: Vec<_> = record.verdicts.iter().map(|one| one.outcome).collect();
    let expected = [
        Outcome::Failed,
        Outcome::NoData,
        Outcome::Failed,
        Outcome::Passed,
    ];
    assert_eq!(outcomes, expected, "{:?}", record.verdicts);
    assert!(record.verdicts[0].broke_epoch_s.is_some());
}

/// Sets the mode of a target, as somebody beside the run would.
fn post_mode(address: SocketAddr, mode: &str) {
    let body = format!("{{\"mode\": \"{mode}\"}}");
    ask(address, "POST", "/admin/mode", &body);
}

/// A request past the engine, and its answer waited for.
fn ask(address: SocketAddr, method: &str, path: &str, body: &str) {
    let mut stream = TcpStream::connect(address).expect("the target accepts");
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream
        .write_all((head + body).as_bytes())
        .expect("the target reads");
    stream
        .read_to_end(&mut Vec::new())
        .expect("the target answers");
}

#[test]
fn an_objective_that_stops_ends_its_scenario_and_no_other() {
    let server = target();
    let scenarios = "  ill: { users: 1, for: 60s, objectives: [{ that: failures == 0, stop: true }] }\n  \
        well: { users: 1, iterations: 1 }";
    let yaml = written(&server, "get: /status/500", "", scenarios, &[])
        .replace("objectives:\nscenarios", "scenarios");
    let record = record(&yaml);
    assert_eq!(record.ended_by, Ended::Done);
    let ill = &record.scenarios[0];
    assert!(ill.elapsed_s() < 30.0, "it ended early");
    let changes: Vec<&str> = ill.changes.iter().map(|change| &*change.what).collect();
    assert_eq!(changes, ["objective broken: failures == 0", "stopped"]);
    assert_eq!(record.scenarios.len(), 2);
    assert_eq!(record.verdicts[0].outcome, Outcome::Failed);
    assert_eq!(record.verdicts[0].scenario.as_deref(), Some("ill"));
}

#[test]
fn a_budget_ends_the_run() {
    let server = target();
    let more = "prices: { of: { s: 0.5 } }\nbudget: 5 USD";
    let scenarios = "  one: { users: 1, for: 60s }\n  two: { users: 1, for: 60s }";
    let yaml = written(
        &server,
        "get: /delay/20",
        more,
        scenarios,
        &["cost < 1000 USD"],
    );
    let record = record(&yaml);
    assert_eq!(record.ended_by, Ended::Stopped);
    assert_eq!(record.scenarios.len(), 1, "the second one never began");
    assert_eq!(record.currency.as_deref(), Some("USD"));
    let spent = record.verdicts[0].observed.expect("a cost");
    assert!(spent >= 5.0, "{spent}");
    assert!(
        record.notes[0].starts_with("the budget of 5 USD is spent"),
        "{:?}",
        record.notes
    );
}

/// Whatever ends a run, its objectives are judged.
#[test]
fn a_run_that_was_stopped_has_verdicts() {
    let server = target();
    let scenario = "  main: { users: 1, for: 60s }";
    let yaml = written(
        &server,
        "get: /delay/20",
        "",
        scenario,
        &["p95 < 1s", "p95 of other < 1s"],
    );
    let run = Run::start(setup(&plan(&yaml, &folder()), 1), |_| {}).expect("a run");
    std::thread::sleep(Duration::from_millis(300));
    run.handle().ask(Command::Change(Change::Pause));
    run.handle()
        .ask(Command::Stop(Ended::Interrupted("SIGINT".to_owned())));
    let record = run.wait();
    let outcomes: Vec<_> = record.verdicts.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Outcome::Passed, Outcome::NoData]);
}
