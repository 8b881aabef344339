//! The CSV files during a run and at its end.

use std::fs;

use gatecrash_metrics::{EndpointId, Sample, Shard};
use gatecrash_report::csv;
use gatecrash_report::live::CsvFiles;
use gatecrash_report::locust::Rules;

fn record(shard: &mut Shard, name: &str, at_epoch_s: f64) {
    let endpoint = EndpointId(name.len() as u32);
    shard.define(endpoint, "GET", name);
    shard.record(&Sample {
        endpoint,
        at_epoch_s,
        response_time_ms: Some(5.25),
        whole_ms: false,
        response_length: 3,
    });
}

#[test]
fn tables_are_rewritten_and_the_history_grows() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("made/on/demand/run.csv");
    let prefix = prefix.to_str().unwrap();
    let read = |suffix: &str| fs::read_to_string(format!("{prefix}{suffix}")).unwrap();
    let rules = Rules::default();
    let mut files = CsvFiles::create(prefix, false, &rules).unwrap();
    assert_eq!(read("_stats_history.csv"), csv::history_header(&rules));

    let mut shard = Shard::new(100.0);
    record(&mut shard, "/a/name/that/goes/away", 100.5);
    shard.fail(EndpointId(0), "a failure that goes away", 100.5);
    files.write(&shard.snapshot(), &rules, 101.0, 1).unwrap();
    assert_eq!(read("_stats.csv"), csv::requests(&shard.snapshot(), &rules));

    shard.clear(101.5);
    record(&mut shard, "/", 101.6);
    files.write(&shard.snapshot(), &rules, 102.0, 1).unwrap();
    let shorter = read("_stats.csv");
    assert_eq!(shorter, csv::requests(&shard.snapshot(), &rules));
    assert_eq!(read("_failures.csv").lines().count(), 1);

    record(&mut shard, "/", 102.6);
    shard.exception("boom", "line 1", "local");
    files.finish(&shard.snapshot(), &rules, 102.7, 0).unwrap();
    assert!(read("_stats.csv").contains("GET,/,2,0,"));
    assert_eq!(
        read("_exceptions.csv"),
        "Count,Message,Traceback,Nodes\r\n1,boom,line 1,local\r\n"
    );
    let starts: Vec<String> = read("_stats_history.csv")
        .lines()
        .map(|row| row[..5].to_string())
        .collect();
    assert_eq!(starts, ["Times", "101,1", "102,1", "102,0"]);
}

#[test]
fn the_end_adds_no_row_when_nothing_happened_since() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("run");
    let rules = Rules::default();
    let mut files = CsvFiles::create(prefix.to_str().unwrap(), true, &rules).unwrap();
    let history = files.history_path().to_owned();
    let mut shard = Shard::new(100.0);
    record(&mut shard, "/", 100.5);
    files.write(&shard.snapshot(), &rules, 101.2, 1).unwrap();
    files.finish(&shard.snapshot(), &rules, 101.9, 1).unwrap();
    // A header, and one row each for the endpoint and for all.
    assert_eq!(fs::read_to_string(history).unwrap().lines().count(), 3);
}

#[test]
fn a_path_that_cannot_be_written_is_found_at_once_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let below_a_file = format!("{}/run", file.display());
    let error = CsvFiles::create(&below_a_file, false, &Rules::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&format!("cannot write {}", file.display())),
        "{error}"
    );

    let taken = folder.path().join("run_failures.csv");
    fs::create_dir(&taken).unwrap();
    let prefix = folder.path().join("run");
    let error = CsvFiles::create(prefix.to_str().unwrap(), false, &Rules::default()).unwrap_err();
    assert_eq!(error.path, taken);
}
