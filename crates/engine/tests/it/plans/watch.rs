//! What is watched while a plan runs.

use std::process::{Child, Command};
use std::time::Duration;

use gatecrash_metrics::objective::Outcome;
use gatecrash_metrics::record::RunRecord;
use gatecrash_metrics::{Kind, Series};

use super::play::{plan, run};
use crate::native::target;

/// A process of the test's own, which ends with it.
struct Own(Child);

impl Own {
    fn shell(script: &str) -> Own {
        Own(Command::new("sh")
            .args(["-c", script])
            .spawn()
            .expect("a shell"))
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs one user for so long beside this watch.
fn watched(watch: &str, objectives: &str, seconds: u32) -> RunRecord {
    let server = target();
    let yaml = format!(
        "host: {}\nwatch: {watch}\nobjectives: {objectives}\nusers: {{ u: {{ wait: 100ms, tasks: [{{ get: /service }}] }} }}\n\
         scenarios: {{ s: {{ users: 1, for: {seconds}s }} }}\n",
        server.url()
    );
    run(&plan(&yaml, std::path::Path::new(".")), 1)
}

fn gauge<'a>(record: &'a RunRecord, name: &str) -> Option<&'a Series> {
    let all = record.scenarios[0].snapshot.metrics.in_order();
    all.iter().find(|series| series.name() == name)
}

#[test]
fn gauges_stand_beside_the_requests_of_the_same_second() {
    let own = Own::shell("exec sleep 60");
    let pid = own.pid();
    let record = watched(
        &format!("{{ api: {{ process: {pid} }} }}"),
        "['max of api.memory < 1GB']",
        3,
    );
    let memory = gauge(&record, "api.memory").expect("read");
    assert_eq!(memory.kind(), Kind::Gauge);
    assert!(memory.values.count() >= 2, "{memory:?}");
    assert!(
        memory.values.min().is_some_and(|bytes| bytes > 10_000.0),
        "{memory:?}"
    );
    let slices = &record.scenarios[0].slices;
    let seconds = slices.iter().filter(|slice| {
        let mut names = slice.metrics.iter().map(|measured| measured.name());
        names.any(|name| name == "api.memory") && slice.total.requests > 0
    });
    assert!(seconds.count() >= 2, "{slices:?}");
    assert_eq!(record.verdicts[0].outcome, Outcome::Passed);
    assert!(gauge(&record, "generator.memory").is_some());
    assert!(gauge(&record, "generator.busiest_lane").is_some());
}

#[test]
fn a_process_that_ends_leaves_a_gap_and_a_note() {
    let own = Own::shell("exec sleep 1.5");
    let pid = own.pid();
    let mut own = own;
    let reaper = std::thread::spawn(move || own.0.wait());
    let record = watched(
        &format!("{{ api: {{ process: {pid} }} }}"),
        "['avg of api.memory > 1']",
        4,
    );
    let note = format!("watch api cannot be read: process {pid} has ended");
    let changes: Vec<&str> = record.scenarios[0]
        .changes
        .iter()
        .map(|c| &*c.what)
        .collect();
    assert!(changes.contains(&&*note), "{changes:?}");
    let memory = gauge(&record, "api.memory").expect("read before it ended");
    assert!((1..=3).contains(&memory.values.count()), "{memory:?}");
    assert_eq!(
        record.verdicts[0].outcome,
        Outcome::Passed,
        "what was read counts"
    );
    assert!(record.ended_by.to_string() == "done");
    reaper.join().expect("no panic").expect("ended");
}

#[test]
fn what_was_never_read_is_no_data_and_others_go_on() {
    let hangs = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = hangs.local_addr().expect("bound").port();
    let watch = format!(
        "{{ stuck: {{ prometheus_text: 'http://127.0.0.1:{port}/metrics', take: {{ depth: queue_depth }} }}, machine: host, \
         bad: {{ command: 'exit 3' }} }}"
    );
    let record = watched(
        &watch,
        "['last stuck.depth < 1', 'max of machine.cpu <= 1']",
        3,
    );
    assert_eq!(record.verdicts[0].outcome, Outcome::NoData);
    assert_eq!(record.verdicts[1].outcome, Outcome::Passed);
    let told: Vec<&str> = record.scenarios[0]
        .changes
        .iter()
        .map(|c| &*c.what)
        .collect();
    let told = told.join("; ");
    assert!(
        told.contains("watch bad cannot be read: exit code 3"),
        "{told}"
    );
    assert!(record.scenarios[0].elapsed_s() < 3.0 + Duration::from_secs(2).as_secs_f64());
    drop(hangs);
}
