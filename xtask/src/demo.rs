//! `cargo xtask demo`: from a fresh checkout to finished load tests.
//!
//! In: nothing. Out: a clinic's API under the load of its locustfile, then of its plan, with the
//! tables on the terminal, the files in `.demo/` and the verdict. Ends by itself and leaves nothing
//! running.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{Running, Service};
use crate::shell::say;
use crate::{develop, http, workspace};

const USERS: &str = "100";
const SPAWN_RATE: &str = "20";
const RUN_TIME: &str = "20s";
const RATE: &str = "100/s";
const RATE_TIME: &str = "10s";
/// The exit code of a run whose numbers must not be used.
const INVALID: i32 = 98;
/// The ready suites: their folder, what serves them, what they are about.
const SUITES: [(&str, &[&str], &str); 5] = [
    (
        "records",
        &["records", "triage"],
        "a records API on a database, and a slow triage behind a queue",
    ),
    (
        "knowledge-graph",
        &["knowledge-graph"],
        "retrieval by promises, a mode without its reranker",
    ),
    (
        "clinic",
        &["clinic"],
        "1,000 users, 10,000 WebSockets, uploads",
    ),
    (
        "support-chat",
        &["support-chat --model-time 100ms"],
        "what a cache before a model is worth",
    ),
    (
        "ai-service",
        &["ai-service"],
        "token streams, limits, a breaker, a cost told before",
    ),
];
/// Far longer than a run, so that a demo never hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// Builds, starts the clinic, loads it twice, tells how it went; an error when a verdict is a bad one.
pub(crate) fn run() -> Result<()> {
    say("1 of 5: build (some minutes the first time) and make a Python environment");
    let developed = develop::run("release")?;
    say("2 of 5: start the clinic, an API with a small database");
    let clinic =
        Service::start(Command::new(&developed.binary).args(["target", "clinic", "--port", "0"]))?;
    let url = &clinic.url;
    say(format!("        it listens at {url}"));

    let results = workspace::root().join(".demo");
    std::fs::create_dir_all(&results)
        .with_context(|| format!("cannot make {}", results.display()))?;
    say(format!(
        "3 of 5: its locustfile, {USERS} users for {RUN_TIME}"
    ));
    // `--json-file` would leave the tables out, as it does in Locust.
    let locustfile = format!(
        "-f suites/clinic/locustfile.py --headless -u {USERS} -r {SPAWN_RATE} -t {RUN_TIME} \
         -H {url} --only-summary --csv .demo/clinic"
    );
    let gatecrash = developed.environment.join("bin/gatecrash");
    verdict(load(&gatecrash, &locustfile)?)?;
    say(format!(
        "4 of 5: its plan, {RATE} for {RATE_TIME}, without Python"
    ));
    let plan = format!(
        "run suites/clinic/plan.yaml --scenario rush --rate {RATE} --for {RATE_TIME} \
         --set host={url} --results .demo/plan"
    );
    match load(&developed.binary, &plan)? {
        INVALID => say("this machine was too busy to keep the rate, and the run says so"),
        code => verdict(code)?,
    }

    say("5 of 5: what is left behind");
    tell_files(&results)?;
    tell_files(&results.join("plan"))?;
    tell_truth(url)?;
    say("verdict: PASSED");
    tell_suites(&gatecrash);
    Ok(())
}

/// What to run next: each takes seconds.
fn tell_suites(gatecrash: &Path) {
    let shown = gatecrash.strip_prefix(workspace::root());
    let gatecrash = shown.unwrap_or(gatecrash).display();
    println!("\nReady suites, each with a plan, a locustfile and a README:\n");
    for (suite, targets, about) in SUITES {
        println!("  {about}");
        for target in targets {
            println!("    {gatecrash} target {target} &");
        }
        println!("    {gatecrash} run suites/{suite}/plan.yaml --quick\n");
    }
}

fn verdict(code: i32) -> Result<()> {
    if code != 0 {
        bail!("verdict: FAILED, exit code {code}: the reason stands above");
    }
    Ok(())
}

/// Runs `gatecrash LINE` and gives its exit code.
fn load(gatecrash: &Path, line: &str) -> Result<i32> {
    println!("\n$ gatecrash {line}\n");
    let mut load = Command::new(gatecrash);
    load.args(line.split(' ')).current_dir(workspace::root());
    let ended = Running::start(&mut load)?.wait(LIMIT)?;
    println!();
    let code = ended.status.code();
    code.with_context(|| format!("the run was ended from outside: {}", ended.status))
}

fn tell_files(folder: &Path) -> Result<()> {
    let root = workspace::root();
    let shown = folder.strip_prefix(&root)?.display();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.metadata()?;
        if found.is_file() {
            files.push((
                entry.file_name().to_string_lossy().into_owned(),
                found.len(),
            ));
        }
    }
    files.sort();
    for (name, bytes) in files {
        println!("           {shown}/{name} ({bytes} bytes)");
    }
    Ok(())
}

/// What the other side saw: the clinic keeps its own books.
fn tell_truth(url: &str) -> Result<()> {
    let truth: Value = serde_json::from_str(&http::get(url, "/truth")?)?;
    let (received, p95) = (&truth["received"], &truth["latency_ms"]["p95"]);
    say(format!(
        "the clinic received {received} requests; it answered 95 % of them within {p95} ms"
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_is_hinted_at() {
        let suites = std::fs::read_dir(workspace::root().join("suites")).unwrap();
        let folders = suites.map(Result::unwrap);
        let folders = folders.filter(|entry| entry.path().join("plan.yaml").is_file());
        let mut found: Vec<String> = folders
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        let mut hinted = SUITES.map(|(suite, ..)| suite.to_owned());
        found.sort();
        hinted.sort();
        assert_eq!(found, hinted);
    }
}
