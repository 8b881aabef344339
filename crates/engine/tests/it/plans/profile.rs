//! Flame graphs beside scenarios, by the real `perf`.

use std::path::Path;
use std::process::{Child, Command as Program, Stdio};
use std::time::Duration;

use gatecrash_engine::{Command, Run, RunEvent, Setup};
use gatecrash_metrics::record::{Ended, HookRecord, RunRecord, When};

use super::play::{plan, setup};
use crate::native::target;

/// A process that is busy until it is dropped.
struct Busy(Child);

impl Busy {
    fn new() -> Busy {
        let mut shell = Program::new("sh");
        shell.args(["-c", "while :; do :; done"]);
        Busy(shell.stdin(Stdio::null()).spawn().expect("a shell"))
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs one user with this profile beside it.
fn record(profile: &str, lasts: &str, files: Option<&Path>) -> RunRecord {
    let server = target();
    let yaml = format!(
        "host: {}\nusers: {{ u: {{ wait: 100ms, tasks: [{{ get: /service }}] }} }}\n\
         scenarios: {{ the one: {{ users: 1, {lasts}, profile: {profile} }} }}\n",
        server.url()
    );
    let folder = files.unwrap_or(Path::new("/"));
    let setup = Setup {
        files: files.map(Path::to_owned),
        ..setup(&plan(&yaml, folder), 1)
    };
    Run::start(setup, |_| {}).expect("a run").wait()
}

/// What came of it; the run went on, whatever that was.
fn hook(record: &RunRecord) -> &HookRecord {
    assert_eq!(record.ended_by, Ended::Done);
    let scenario = &record.scenarios[0];
    assert!(scenario.snapshot.total.requests > 0);
    assert_eq!(scenario.hooks.len(), 1);
    assert_eq!(scenario.hooks[0].when, When::Beside);
    &scenario.hooks[0]
}

/// Whether every test has to have what it needs.
#[expect(
    clippy::disallowed_methods,
    reason = "only the environment tells what is required"
)]
fn is_required() -> bool {
    std::env::var("GATECRASH_REQUIRE_ALL").is_ok_and(|value| value == "1")
}

/// Whether `perf` cannot be asked for more than a clear word here.
fn is_hindered(hook: &HookRecord) -> bool {
    let is_absent = hook.told.contains("perf is not installed (");
    assert!(!(is_absent && is_required()), "{}", hook.told);
    // A machine may forbid it, and then it must say that and nothing else.
    is_absent || hook.told.starts_with("perf may not look at process ")
}

#[test]
fn a_busy_process_gets_its_picture_and_nothing_else_stays() {
    let (busy, folder) = (Busy::new(), tempfile::tempdir().expect("a folder"));
    let profile = format!("{{ pid: {}, for: 50s }}", busy.pid());
    let record = record(&profile, "for: 5s", Some(folder.path()));
    let hook = hook(&record);
    assert_eq!(hook.name, format!("flame graph of process {}", busy.pid()));
    if is_hindered(hook) {
        assert!(!hook.ok);
        assert_eq!(
            record.notes,
            [format!("hook {} failed: {}", hook.name, hook.told)]
        );
        return;
    }
    assert!(hook.ok, "{hook:?}");
    assert!(hook.elapsed_s < 40.0, "the end of the scenario ends it");
    assert_eq!(hook.file.as_deref(), Some("flame-the-one.svg"));
    assert!(hook.told.ends_with(" samples by perf"), "{hook:?}");
    let svg = std::fs::read_to_string(folder.path().join("flame-the-one.svg")).expect("kept");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(
        svg.contains("<title>sh · ") && svg.contains("<title>all · "),
        "{svg}"
    );
    let files = std::fs::read_dir(folder.path()).expect("a folder");
    assert_eq!(files.count(), 1, "only the picture is left");
}

#[test]
fn nobody_to_look_at_is_a_note_and_ends_no_run() {
    let folder = tempfile::tempdir().expect("a folder");
    // Beyond the largest number that Linux gives (pid_max, 2^22).
    let record = record("{ pid: 4194999, for: 1s }", "for: 1s", Some(folder.path()));
    let hook = hook(&record);
    assert_eq!((hook.ok, hook.file.as_deref()), (false, None));
    assert_eq!(
        record.notes,
        ["hook flame graph of process 4194999 failed: there is no process 4194999"]
    );
}

#[test]
fn a_scenario_may_be_over_before_it_begins() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = record(
        "{ pid: 1, for: 1s, after: 1h }",
        "iterations: 1",
        Some(folder.path()),
    );
    assert_eq!(hook(&record).told, "the scenario was over before it began");
}

#[test]
fn without_a_folder_nothing_is_sampled() {
    let record = record("{ pid: 1, for: 1s }", "iterations: 1", None);
    let told = "without a folder of results it cannot be kept";
    assert_eq!(hook(&record).told, told);
}

#[test]
fn a_stop_ends_it_and_keeps_what_there_is() {
    let (busy, folder) = (Busy::new(), tempfile::tempdir().expect("a folder"));
    let server = target();
    let yaml = format!(
        "host: {}\nusers: {{ u: {{ wait: 100ms, tasks: [{{ get: /service }}] }} }}\n\
         scenarios: {{ one: {{ users: 1, for: 1h, profile: {{ pid: {}, for: 50m }} }} }}\n",
        server.url(),
        busy.pid()
    );
    let setup = Setup {
        files: Some(folder.path().to_owned()),
        ..setup(&plan(&yaml, folder.path()), 1)
    };
    let (told, began) = std::sync::mpsc::channel();
    let run = Run::start(setup, move |event| {
        if matches!(event, RunEvent::Began { .. }) {
            let _ = told.send(());
        }
    });
    let run = run.expect("a run");
    began.recv().expect("it begins");
    // It samples once it has written down what it knows of the process.
    let samples = folder.path().join("flame-one.samples");
    let has_begun = || std::fs::metadata(&samples).is_ok_and(|file| file.len() > 1024);
    for _ in 0..100 {
        if has_begun() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(Duration::from_secs(1));
    run.handle().ask(Command::Stop(Ended::Stopped));
    let record = run.wait();
    assert_eq!(record.ended_by, Ended::Stopped);
    let hook = &record.scenarios[0].hooks[0];
    assert!(
        is_hindered(hook) || hook.file.as_deref() == Some("flame-one.svg"),
        "{hook:?}"
    );
}
