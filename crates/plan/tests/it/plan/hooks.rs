//! What is done before and after scenarios.

use std::path::Path;
use std::time::Duration;

use gatecrash_plan::model::{Body, Check, Hook, HookAction, HookCommand, HttpStep, OnFailure};

use super::{faults, plan, scenario, scenarios, seconds, with_scenario, written};

#[track_caller]
fn before(hook: &str) -> Hook {
    let text = format!("{{ users: 1, for: 1s, hooks: {{ before: [{hook}] }} }}");
    scenario(&text).before.remove(0)
}

#[track_caller]
fn call(hook: &str) -> HttpStep {
    match before(hook).action {
        HookAction::Request(step) => *step,
        other => panic!("no request: {other:?}"),
    }
}

#[track_caller]
fn command(hook: &str) -> HookCommand {
    match before(hook).action {
        HookAction::Command(command) => command,
        other => panic!("no command: {other:?}"),
    }
}

#[test]
fn a_hook_is_a_request_on_the_plans_host() {
    let hook =
        "{ post: /admin/mode, json: { mode: degraded }, expect: { status: 204 }, timeout: 5s }";
    let step = call(hook);
    assert_eq!(step.method, "POST");
    assert_eq!(written(&step.url), "http://h/admin/mode");
    assert!(matches!(step.body, Body::Json(_)));
    assert_eq!(step.timeout, seconds(5));
    assert_eq!(step.expect, [Check::Status(vec![(204, 204)])]);
    assert_eq!(before(hook).name, "POST /admin/mode");
    assert_eq!(before("{ get: /x, name: warm up }").name, "warm up");
    let templated = call("{ get: \"/x?at={{ now() }}\" }");
    assert_eq!(written(&templated.url), "http://h/x?at={{ now() }}");
    let elsewhere = call("{ get: http://other:81/x }");
    assert_eq!(written(&elsewhere.url), "http://other:81/x");
}

#[test]
fn a_hook_is_a_command() {
    let shell = command("{ run: \"perf record -p 7\", for: 60s, keep: flame.svg }");
    assert_eq!(shell.words, ["sh", "-c", "perf record -p 7"]);
    assert_eq!(shell.runs_for, Some(seconds(60)));
    assert_eq!(shell.keep.as_deref(), Some(Path::new("/plans/flame.svg")));
    assert_eq!(shell.timeout, seconds(60));
    let words = command("{ run: [kill, -HUP, \"7\"], timeout: 2s }");
    assert_eq!(words.words, ["kill", "-HUP", "7"]);
    assert_eq!(words.timeout, seconds(2));
    assert_eq!(words.runs_for, None);
}

#[test]
fn the_name_of_a_hook_shows_no_value_of_a_variable() {
    let shell = before("{ run: \"login ${KG_PASSWORD}\" }");
    assert_eq!(shell.name, "login ${KG_PASSWORD}");
    let HookAction::Command(command) = shell.action else {
        panic!("no command");
    };
    assert_eq!(command.words[2], "login secret");
    assert_eq!(
        before("{ run: [login, \"${KG_PASSWORD}\"] }").name,
        "login ${KG_PASSWORD}"
    );
    assert_eq!(
        before("{ get: \"/${KG_PASSWORD}\" }").name,
        "GET /${KG_PASSWORD}"
    );
}

#[test]
fn a_hook_before_must_work_and_one_after_need_not() {
    let text = "{ users: 1, for: 1s, hooks: { before: [{ run: a }, { run: b, on_failure: warn }], after: [{ run: c }, { run: d, on_failure: stop }] } }";
    let scenario = scenario(text);
    let told = |hooks: &[Hook]| hooks.iter().map(|hook| hook.on_failure).collect::<Vec<_>>();
    assert_eq!(told(&scenario.before), [OnFailure::Stop, OnFailure::Warn]);
    assert_eq!(told(&scenario.after), [OnFailure::Warn, OnFailure::Stop]);
}

#[test]
fn the_plan_and_each_rung_have_hooks_and_rests() {
    let rungs = scenarios(
        "{ rate: [1/s, 2/s], for: 1s, pause_before: 10s, hooks: { before: [{ run: a }] } }",
    );
    for rung in &rungs {
        assert_eq!(rung.before.len(), 1);
        assert_eq!(rung.pause_before, seconds(10));
    }
    let text = with_scenario("{ users: 1, for: 1s }");
    let plan = plan(&format!(
        "hooks: {{ before: [{{ get: /a }}], after: [{{ run: b }}] }}\n{text}"
    ));
    assert_eq!((plan.before.len(), plan.after.len()), (1, 1));
    assert_eq!(plan.scenarios[0].pause_before, Duration::ZERO);
}

#[test]
fn hooks_that_say_too_much_or_too_little_are_told() {
    let told = |hook: &str| {
        let text = with_scenario(&format!(
            "{{ users: 1, for: 1s, hooks: {{ before: [{hook}] }} }}"
        ));
        faults(&text)
    };
    for (hook, why) in [
        (
            "{ get: /, take: { a: $.a } }",
            "`take` does not apply to a hook",
        ),
        (
            "{ get: /, stream: sse }",
            "`stream` does not apply to a hook",
        ),
        ("{ run: \"\" }", "the command is empty"),
        ("{ run: a, for: 0s }", "too short"),
        ("{ run: a, get: / }", "has no key \"get\""),
        ("{ on_failure: stop }", "a request needs one of"),
        ("{ run: a, on_failure: ignore }", "takes `stop` or `warn`"),
        ("run", "a hook is a map"),
        ("{ get: \"/{{ token }}\" }", "token"),
    ] {
        let told = told(hook);
        assert!(told[0].contains(why), "{hook}: {told:?}");
    }
}
