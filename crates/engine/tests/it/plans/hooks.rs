//! What is done before and after scenarios, by calls and by commands.

use std::time::Duration;

use gatecrash_engine::{Command, Run, RunEvent, Setup};
use gatecrash_metrics::record::{Ended, HookRecord, RunRecord, When};
use gatecrash_target::Server;

use super::play::{plan, setup};
use crate::native::target;

/// A plan of two scenarios of a few requests; `more` are keys of the first.
fn written(server: &Server, more: &str, top: &str) -> String {
    format!(
        "host: {}\nusers:\n  tester:\n    tasks:\n      - {{ name: s, get: /service }}\n{top}\n\
         scenarios:\n  one: {{ users: 1, iterations: 2, {more} }}\n  two: {{ users: 1, iterations: 2 }}\n",
        server.url()
    )
}

/// Runs it with the files of hooks kept in a folder of its own.
fn record(yaml: &str, folder: &std::path::Path) -> RunRecord {
    let setup = Setup {
        files: Some(folder.to_path_buf()),
        ..setup(&plan(yaml, folder), 1)
    };
    Run::start(setup, |_| {}).expect("a run").wait()
}

fn told(hooks: &[HookRecord]) -> Vec<(&str, When, bool, &str)> {
    let told = hooks.iter();
    told.map(|hook| (&*hook.name, hook.when, hook.ok, &*hook.told))
        .collect()
}

#[test]
fn calls_change_the_target_before_and_after() {
    let server = target();
    let folder = tempfile::tempdir().expect("a folder");
    let more = "hooks: { before: [{ post: /admin/mode, name: degrade, json: { mode: open } }], \
        after: [{ post: /admin/mode, name: mend, json: { mode: normal } }] }";
    let record = record(&written(&server, more, ""), folder.path());
    let [one, two] = &record.scenarios[..] else {
        panic!("two scenarios: {:?}", record.ended_by);
    };
    let expected = [
        ("degrade", When::Before, true, "status 200"),
        ("mend", When::After, true, "status 200"),
    ];
    assert_eq!(told(&one.hooks), expected);
    assert_eq!(
        (one.snapshot.total.requests, one.snapshot.total.failures),
        (2, 2)
    );
    assert_eq!(
        (two.snapshot.total.requests, two.snapshot.total.failures),
        (2, 0)
    );
    assert_eq!(server.truth().total.received, 4, "hooks are no load");
}

#[test]
fn commands_run_in_the_plans_folder_and_their_files_are_kept() {
    let server = target();
    let folder = tempfile::tempdir().expect("a folder");
    let more = "hooks: { before: [{ run: 'echo said; echo drawn > flame.svg', name: draw, keep: flame.svg }] }";
    let record = record(&written(&server, more, ""), folder.path());
    let hook = &record.scenarios[0].hooks[0];
    assert_eq!(
        (&*hook.told, hook.file.as_deref()),
        ("said", Some("one-flame.svg"))
    );
    let kept = std::fs::read_to_string(folder.path().join("one-flame.svg"));
    assert_eq!(kept.expect("the copy"), "drawn\n");
}

#[test]
fn a_command_beside_a_scenario_is_asked_to_end_with_it() {
    let server = target();
    let folder = tempfile::tempdir().expect("a folder");
    let script = "trap \"echo drawn > flame.svg; exit 3\" INT; while true; do sleep 0.05; done";
    let more = format!(
        "hooks: {{ before: [{{ run: '{script}', name: watch, for: 50s, keep: flame.svg }}] }}"
    );
    let yaml = written(&server, &more, "").replacen("iterations: 2", "for: 1s", 1);
    let record = record(&yaml, folder.path());
    let hook = &record.scenarios[0].hooks[0];
    assert!(hook.ok, "how it ends is no failure: {hook:?}");
    assert!(hook.elapsed_s < 40.0);
    assert_eq!(hook.file.as_deref(), Some("one-flame.svg"));
}

#[test]
fn what_fails_before_ends_the_run_and_what_comes_after_is_done() {
    let server = target();
    let folder = tempfile::tempdir().expect("a folder");
    let more = "hooks: { before: [{ run: 'echo why >&2; exit 3', name: bad }, { run: 'true', name: never }], \
        after: [{ run: 'echo x > undone', name: undo }] }";
    let record = record(&written(&server, more, ""), folder.path());
    let why = "hook bad: exit code 3: why";
    assert_eq!(record.ended_by, Ended::Failed(why.to_owned()));
    assert!(record.scenarios.is_empty());
    assert!(
        record
            .notes
            .iter()
            .any(|note| note.contains("hook bad failed")),
        "{:?}",
        record.notes
    );
    assert!(folder.path().join("undone").exists());
    assert_eq!(server.truth().total.received, 0);
}

#[test]
fn a_failure_that_only_warns_is_noted() {
    let server = target();
    let folder = tempfile::tempdir().expect("a folder");
    let more = "hooks: { before: [{ get: /status/500, name: shaky, on_failure: warn }] }";
    let record = record(&written(&server, more, ""), folder.path());
    assert_eq!(record.ended_by, Ended::Done);
    assert_eq!(
        told(&record.scenarios[0].hooks),
        [("shaky", When::Before, false, "status 500")]
    );
    assert_eq!(record.notes, ["hook shaky failed: status 500"]);
}

#[test]
fn a_command_that_takes_too_long_is_ended_with_all_it_started() {
    let server = target();
    let folder = tempfile::tempdir().expect("a folder");
    let more = "hooks: { before: [{ run: 'sleep 50 & sleep 50', name: slow, timeout: 100ms, on_failure: warn }] }";
    let record = record(&written(&server, more, ""), folder.path());
    let hook = &record.scenarios[0].hooks[0];
    assert_eq!((&*hook.told, hook.ok), ("not done within 100ms", false));
    assert!(hook.elapsed_s < 20.0, "{hook:?}");
}

#[test]
fn hooks_of_the_run_stand_with_its_first_and_last_scenario() {
    let server = target();
    let folder = tempfile::tempdir().expect("a folder");
    let top =
        "hooks: { before: [{ run: 'true', name: first }], after: [{ run: 'true', name: last }] }";
    let record = record(&written(&server, "pause_before: 20ms", top), folder.path());
    let names = |at: usize| -> Vec<&str> {
        let hooks = record.scenarios[at].hooks.iter();
        hooks.map(|hook| &*hook.name).collect()
    };
    assert_eq!((names(0), names(1)), (vec!["first"], vec!["last"]));
}

#[test]
fn a_stop_does_not_wait_for_a_pause_or_a_command() {
    let server = target();
    for more in [
        "pause_before: 1h",
        "hooks: { before: [{ run: 'sleep 3000', name: slow, timeout: 1h }], after: [{ run: 'echo > undone', name: undo }] }",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let plan = plan(&written(&server, more, ""), folder.path());
        let run = Run::start(setup(&plan, 1), |event| {
            assert!(!matches!(event, RunEvent::Began { .. }));
        });
        let run = run.expect("a run");
        std::thread::sleep(Duration::from_millis(100));
        run.handle().ask(Command::Stop(Ended::Stopped));
        let record = run.wait();
        assert_eq!(record.ended_by, Ended::Stopped);
        assert!(record.scenarios.is_empty());
        assert_eq!(
            folder.path().join("undone").exists(),
            more.contains("after")
        );
    }
}
