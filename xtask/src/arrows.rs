//! Which crate may depend on which.
//!
//! In: the manifests of a workspace, by `cargo metadata`. Out: one line per forbidden arrow, with
//! both crates and the reason. Never looks into source files.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::shell;

/// One crate of ours: what it may depend on, and why nothing else.
struct Row {
    name: &'static str,
    may: &'static [&'static str],
    because: &'static str,
}

/// The arrows. A level never looks upwards; what is not listed is forbidden.
const ROWS: &[Row] = &[
    Row {
        name: "gatecrash-metrics",
        may: &[],
        because: "it knows only how numbers merge and are judged, and stands alone",
    },
    Row {
        name: "gatecrash-net",
        may: &[],
        because: "it knows sockets and protocols, no users, plans or statistics",
    },
    Row {
        name: "gatecrash-target",
        may: &[],
        because: "a witness must share no code with the accused: it stands alone",
    },
    Row {
        name: "gatecrash-plan",
        may: &["gatecrash-metrics"],
        because: "it says what is wanted; how that is done or told is not its business",
    },
    Row {
        name: "gatecrash-monitor",
        may: &["gatecrash-metrics", "gatecrash-net"],
        because: "it reads how others fare; who asked for it and why is not its business",
    },
    Row {
        name: "gatecrash-engine",
        may: &[
            "gatecrash-plan",
            "gatecrash-metrics",
            "gatecrash-net",
            "gatecrash-monitor",
        ],
        because: "it makes things happen and must run without a terminal, a report or Python",
    },
    Row {
        name: "gatecrash-report",
        may: &["gatecrash-plan", "gatecrash-metrics"],
        because: "reports are pure functions of the plan and what was observed",
    },
    Row {
        name: "gatecrash-web",
        may: &[
            "gatecrash-engine",
            "gatecrash-net",
            "gatecrash-plan",
            "gatecrash-metrics",
            "gatecrash-report",
        ],
        because: "it shows a run to others over HTTP; who runs it, and how, is not its business",
    },
    Row {
        name: "gatecrash-python",
        may: &[
            "gatecrash-engine",
            "gatecrash-net",
            "gatecrash-plan",
            "gatecrash-metrics",
            "gatecrash-report",
            "gatecrash-web",
        ],
        because: "it binds the engine to Python; arguments, settings and exit codes are the cli's",
    },
    Row {
        name: "gatecrash-cli",
        may: &[
            "gatecrash-engine",
            "gatecrash-net",
            "gatecrash-plan",
            "gatecrash-metrics",
            "gatecrash-report",
            "gatecrash-target",
            "gatecrash-web",
        ],
        because: "the native binary must build and run where there is no Python",
    },
    Row {
        name: "gatecrash",
        may: &[
            "gatecrash-cli",
            "gatecrash-engine",
            "gatecrash-net",
            "gatecrash-plan",
            "gatecrash-metrics",
        ],
        because: "it is the door for users in Rust, who have the native console and no Python",
    },
    Row {
        name: "gatecrash-bench-users",
        may: &["gatecrash"],
        because: "they are users in Rust as anybody writes them",
    },
    Row {
        name: "gatecrash-wheel",
        may: &["gatecrash-python", "gatecrash-cli"],
        because: "it is a shell of a few lines that joins the two doors",
    },
    Row {
        name: "xtask",
        may: &[],
        because: "the house's tools are built without what they check",
    },
];

/// A foreign world that only some crates may know.
struct Foreign {
    name: &'static str,
    only: &'static [&'static str],
    because: &'static str,
}

const FOREIGN: &[Foreign] = &[
    Foreign {
        name: "pyo3",
        only: &["gatecrash-python", "gatecrash-wheel"],
        because: "only `python` knows Python",
    },
    Foreign {
        name: "rustls",
        only: &["gatecrash-net", "gatecrash-target"],
        because: "only `net` and `target` know TLS",
    },
    Foreign {
        name: "nvml-wrapper",
        only: &["gatecrash-monitor"],
        because: "only `monitor` knows how others fare",
    },
    Foreign {
        name: "httparse",
        only: &["gatecrash-net", "gatecrash-target"],
        because: "only `net` and `target` frame HTTP",
    },
    Foreign {
        name: "hyper",
        only: &["gatecrash-web"],
        because: "the load is made by `net`; what is served beside a run is `web`'s",
    },
    Foreign {
        name: "axum",
        only: &["gatecrash-web"],
        because: "what is served beside a run is `web`'s",
    },
    Foreign {
        name: "clap",
        only: &["gatecrash-cli", "gatecrash", "xtask"],
        because: "only `cli`, and programs with users in Rust, know the command line",
    },
    Foreign {
        name: "tokio",
        only: &[
            "gatecrash-net",
            "gatecrash-monitor",
            "gatecrash-engine",
            "gatecrash-target",
            "gatecrash-web",
            "gatecrash-cli",
            "gatecrash",
        ],
        because: "metrics, plan and report are pure, and Python never runs on a lane's runtime",
    },
];

/// The faults among the manifests under `root`.
pub(crate) fn faults(root: &Path) -> Result<Vec<String>> {
    let json = shell::output(
        shell::cargo()
            .args([
                "metadata",
                "--no-deps",
                "--format-version",
                "1",
                "--offline",
                "--manifest-path",
            ])
            .arg(root.join("Cargo.toml")),
    )?;
    let metadata: Value =
        serde_json::from_str(&json).context("`cargo metadata` printed no JSON")?;
    let packages = metadata["packages"]
        .as_array()
        .context("`cargo metadata` lists no packages")?;
    Ok(packages.iter().flat_map(faults_of_package).collect())
}

fn faults_of_package(package: &Value) -> Vec<String> {
    let name = text(&package["name"]);
    let Some(row) = ROWS.iter().find(|row| row.name == name) else {
        return vec![format!(
            "{name}: a crate without a row in xtask/src/arrows.rs: say there what it may depend on"
        )];
    };
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    dependencies
        .filter_map(|dependency| fault_of_arrow(row, dependency))
        .collect()
}

/// Dev-dependencies are free to name any level: a test may stand anywhere.
fn fault_of_arrow(row: &Row, dependency: &Value) -> Option<String> {
    let to = text(&dependency["name"]);
    if text(&dependency["kind"]) == "dev" {
        return None;
    }
    if ours(to) && !row.may.contains(&to) {
        return Some(format!(
            "{} must not depend on {to}: {}",
            row.name, row.because
        ));
    }
    let foreign = FOREIGN.iter().find(|foreign| foreign.name == to)?;
    (!foreign.only.contains(&row.name))
        .then(|| format!("{} must not depend on {to}: {}", row.name, foreign.because))
}

fn ours(name: &str) -> bool {
    name == "xtask" || name == "gatecrash" || name.starts_with("gatecrash-")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
