//! The folder of results: what is in it at each moment, and what is made of it again.

use std::fs;
use std::path::Path;

use gatecrash_metrics::{Ended, Model, RunRecord, ScenarioRecord, Shard, Snapshot};
use gatecrash_report::archive::journal::{self, Beginning};
use gatecrash_report::results::files::{csv_files, files};
use gatecrash_report::results::list::{folder_for, latest, list, look_at};
use gatecrash_report::results::open::{OpenError, find, open};
use gatecrash_report::results::{Folder, FolderError};
use tempfile::TempDir;

use crate::archive::{full, without_windows};
use crate::runs::{self, START};

fn begin() -> RunRecord {
    runs::run(Vec::new())
}

fn folder(path: &Path, scenarios: &[&str]) -> Result<Folder, FolderError> {
    let names = scenarios.iter().map(ToString::to_string).collect();
    Folder::create(path.to_owned(), &begin(), names)
}

fn beginning(place: usize, scenario: &ScenarioRecord) -> Beginning {
    Beginning {
        place,
        name: scenario.name.clone(),
        load: scenario.load.clone(),
        measured: scenario.measured,
        started_epoch_s: START,
        model: Model::Open,
        max_in_flight: None,
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("one").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.into_string().expect("text"))
        .collect();
    names.sort();
    names
}

#[test]
fn every_file_of_a_run_can_be_made_again() {
    let root = TempDir::new().expect("a folder");
    let path = root.path().join("a/b");
    let record = full();
    let scenarios: Vec<&str> = record
        .scenarios
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    let mut written = folder(&path, &scenarios).expect("a folder");
    for (place, scenario) in record.scenarios.iter().enumerate() {
        let beginning = beginning(place, scenario);
        let second = written.second(&beginning, START + 20.0, &scenario.snapshot);
        second.expect("it can be written");
        written.ended(scenario).expect("it can be written");
    }
    written.finish(&record).expect("it can be written");
    let read = open(&path).expect("a run").record;
    assert_eq!(read, without_windows(record.clone()));
    let made: Vec<_> = files(&read).collect();
    assert_eq!(made.len(), 6 + 3 * scenarios.len());
    for (name, text) in &made {
        let written = fs::read_to_string(path.join(name)).expect("a file");
        assert_eq!(&written, text, "{name}");
    }
    let histories = scenarios
        .iter()
        .map(|name| format!("{name}_stats_history.csv"));
    let mut all: Vec<String> = made
        .into_iter()
        .map(|(name, _)| name)
        .chain(histories)
        .collect();
    all.sort();
    assert_eq!(names(&path), all);
}

/// A folder in which a scenario has ended and another one is on its way.
fn on_its_way(path: &Path) -> (Folder, ScenarioRecord, Snapshot) {
    let (ended, running) = (runs::closed(), runs::open());
    let mut written = folder(path, &["crowd", "burst", "never"]).expect("a folder");
    let of_ended = beginning(0, &ended);
    let of_running = beginning(1, &running);
    let second = |written: &mut Folder, of: &Beginning, at: f64, snapshot: &Snapshot| {
        written
            .second(of, START + at, snapshot)
            .expect("it can be written");
    };
    second(&mut written, &of_ended, 1.0, &ended.snapshot);
    written.ended(&ended).expect("it can be written");
    second(
        &mut written,
        &of_running,
        30.0,
        &Shard::new(START).snapshot(),
    );
    second(&mut written, &of_running, 31.0, &running.snapshot);
    (written, ended, running.snapshot)
}

#[test]
fn a_killed_run_has_all_but_its_last_second() {
    let root = TempDir::new().expect("a folder");
    let (written, ended, snapshot) = on_its_way(root.path());
    let running = open(root.path()).expect("a run");
    assert!(running.is_running);
    assert!(
        running.record.notes[0].contains("still goes on"),
        "{:?}",
        running.record.notes
    );
    // What a killed process leaves: the files as they are, and no lock.
    drop(written);
    let killed = open(root.path()).expect("a run");
    assert!(!killed.is_running);
    assert_eq!(killed.record.ended_by, Ended::Unknown);
    assert!(
        killed.record.notes[0].contains("was killed"),
        "{:?}",
        killed.record.notes
    );
    assert_eq!(killed.record.ended_epoch_s, START + 31.0);
    let [first, second] = &killed.record.scenarios[..] else {
        panic!("{:?}", killed.record.scenarios);
    };
    assert_eq!(first.name, "crowd");
    assert_eq!(first.ended_epoch_s, ended.ended_epoch_s);
    assert_eq!(second.name, "burst");
    assert_eq!(second.ended_epoch_s, START + 31.0);
    assert_eq!(second.snapshot.total.requests, snapshot.total.requests);
    assert!(second.snapshot.total.hist == snapshot.total.hist);
    assert_eq!(second.history.len(), 2);
    assert!(files(&killed.record).count() > 0);
}

#[test]
fn a_folder_of_something_else_is_refused() {
    let root = TempDir::new().expect("a folder");
    fs::write(root.path().join("thesis.txt"), "precious").expect("a file");
    let fault = folder(root.path(), &[]).expect_err("not that one");
    assert!(fault.to_string().contains("name another one"), "{fault}");
    assert_eq!(names(root.path()), ["thesis.txt"]);
    // Neither is one with a file that only has the name.
    fs::write(root.path().join("run.json"), "{}").expect("a file");
    folder(root.path(), &[]).expect_err("not that one");
    assert_eq!(names(root.path()), ["run.json", "thesis.txt"]);
}

#[test]
fn an_earlier_run_gives_way_to_the_next_but_not_while_it_runs() {
    let root = TempDir::new().expect("a folder");
    let (written, ..) = on_its_way(root.path());
    let fault = folder(root.path(), &["other"]).expect_err("it is in use");
    assert!(matches!(fault, FolderError::InUse(_)), "{fault}");
    drop(written);
    fs::write(root.path().join("mine.txt"), "kept").expect("a file");
    let written = folder(root.path(), &["other"]).expect("a folder");
    assert_eq!(names(root.path()), ["mine.txt", "run.json", journal::FILE]);
    written.finish(&begin()).expect("it can be written");
    assert!(
        open(root.path())
            .expect("a run")
            .record
            .scenarios
            .is_empty()
    );
}

#[test]
fn a_folder_that_goes_away_is_told() {
    let root = TempDir::new().expect("a folder");
    let path = root.path().join("run");
    let mut written = folder(&path, &["crowd"]).expect("a folder");
    fs::remove_dir_all(&path).expect("it was there");
    let fault = written.ended(&runs::closed()).expect_err("it is gone");
    assert!(fault.to_string().contains("cannot write"), "{fault}");
}

#[test]
fn runs_are_found_by_what_a_person_says() {
    let root = TempDir::new().expect("a folder");
    let at = |name: &str| root.path().join(name);
    assert!(matches!(
        find("latest".as_ref(), root.path()),
        Err(OpenError::None(_))
    ));
    let first = folder_for(root.path(), START, "Knowledge graph/API");
    assert_eq!(first, at("20231114-221320-Knowledge-graph-API"));
    for path in [&first, &folder_for(root.path(), START + 1.0, "")] {
        let written = folder(path, &[]).expect("a folder");
        written.finish(&begin()).expect("it can be written");
    }
    let again = folder_for(root.path(), START, "Knowledge graph/API");
    assert_eq!(again, at("20231114-221320-Knowledge-graph-API-2"));
    fs::create_dir(at("notes")).expect("a folder");
    assert_eq!(
        list(root.path()),
        [at("20231114-221321-run"), first.clone()]
    );
    assert_eq!(latest(root.path()), Some(at("20231114-221321-run")));
    let found = |run: &str| find(run.as_ref(), root.path()).expect("one");
    assert_eq!(found("latest"), at("20231114-221321-run"));
    assert_eq!(found("20231114-221321-run"), at("20231114-221321-run"));
    let listed = look_at(first);
    assert_eq!(
        listed.glance.expect("a run").record.name,
        "Knowledge graph API"
    );
    assert!(list(&at("nowhere")).is_empty());
    let fault = |run: &str| open(&at(run)).expect_err("no run").to_string();
    assert!(
        fault("nowhere").contains("lists the runs"),
        "{}",
        fault("nowhere")
    );
    assert!(
        fault("notes").contains("it has no run.json"),
        "{}",
        fault("notes")
    );
}

#[test]
fn a_file_that_was_not_written_to_its_end_is_called_so() {
    let root = TempDir::new().expect("a folder");
    let written = folder(root.path(), &[]).expect("a folder");
    written
        .finish(&runs::run(vec![runs::closed()]))
        .expect("it can be written");
    let path = root.path().join("run.json");
    let text = fs::read_to_string(&path).expect("a file");
    fs::write(&path, &text[..text.len() / 2]).expect("a file");
    let fault = open(root.path()).expect_err("half a run").to_string();
    assert!(
        fault.contains("run.json cannot be used: it ends in the middle"),
        "{fault}"
    );
    assert!(look_at(root.path().to_owned()).glance.is_none());
}

#[test]
fn tables_of_scenarios_are_named_after_them() {
    let mut burst = runs::open();
    burst.name = "ladder 10/s".into();
    let run = runs::run(vec![burst]);
    let names: Vec<String> = csv_files(&run).map(|(name, _)| name).collect();
    let expected = [
        "measures.csv",
        "arrivals.csv",
        "ladder-10-s_stats.csv",
        "ladder-10-s_failures.csv",
        "ladder-10-s_exceptions.csv",
    ];
    assert_eq!(names, expected);
}
