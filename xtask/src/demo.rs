//! `cargo xtask demo`: from a fresh checkout to a finished load test.
//!
//! In: nothing. Out: a clinic's API under the load of its own locustfile, with the tables on the
//! terminal, the files in `.demo/` and the verdict. Ends by itself and leaves nothing running.

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
/// Far longer than the run, so that a demo never hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// Builds, starts the clinic, loads it, tells how it went; an error when the verdict is a bad one.
pub(crate) fn run() -> Result<()> {
    say("1 of 4: build (some minutes the first time) and make a Python environment");
    let developed = develop::run("release")?;
    say("2 of 4: start the clinic, an API with a small database");
    let clinic =
        Service::start(Command::new(&developed.binary).args(["target", "clinic", "--port", "0"]))?;
    say(format!("        it listens at {}", clinic.url));

    let root = workspace::root();
    let results = root.join(".demo");
    std::fs::create_dir_all(&results)
        .with_context(|| format!("cannot make {}", results.display()))?;
    let mut load = Command::new(developed.environment.join("bin/gatecrash"));
    // `--json-file` would leave the tables out, as it does in Locust.
    let line = format!(
        "-f suites/clinic/locustfile.py --headless -u {USERS} -r {SPAWN_RATE} -t {RUN_TIME} \
         -H {} --only-summary --csv .demo/clinic",
        clinic.url
    );
    load.args(line.split(' '));
    say(format!("3 of 4: {USERS} users for {RUN_TIME}"));
    println!("\n$ gatecrash {line}\n");
    let ended = Running::start(load.current_dir(&root))?.wait(LIMIT)?;

    println!();
    say("4 of 4: what is left behind");
    tell_files(&results)?;
    tell_truth(&clinic.url)?;
    match ended.status.code() {
        Some(0) => say("verdict: PASSED, exit code 0"),
        Some(code) => bail!("verdict: FAILED, exit code {code}: the reason stands above"),
        None => bail!("the run was ended from outside: {}", ended.status),
    }
    Ok(())
}

fn tell_files(folder: &Path) -> Result<()> {
    let mut names: Vec<String> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()?;
    names.sort();
    for name in names {
        let bytes = std::fs::metadata(folder.join(&name))?.len();
        println!("           .demo/{name} ({bytes} bytes)");
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
