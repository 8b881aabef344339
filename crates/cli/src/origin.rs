//! Where a run comes from: what a reader of its record wants to know of the process.
//!
//! In: the plan, the command line, and what the system says. Out: plain data.

use std::ffi::OsString;

use gatecrash_metrics::record::{Machine, Origin, OriginKind, PlanText};
use gatecrash_plan::model::UserKind;

use crate::plan_file::PlanFile;

/// The origin of a run of a plan, or of a program with users of its own.
pub(crate) fn origin(file: &PlanFile, command: String) -> Origin {
    let is_rust = |kind: &UserKind| matches!(kind, UserKind::Rust(_));
    let kind = match file.plan.users.iter().any(|class| is_rust(&class.kind)) {
        true => OriginKind::Rust,
        false => OriginKind::Plan,
    };
    let text = gatecrash_plan::effective(&file.plan);
    let plan = (!text.is_empty()).then(|| PlanText {
        format: "yaml".to_owned(),
        text,
    });
    Origin {
        kind,
        gatecrash: env!("CARGO_PKG_VERSION").to_owned(),
        command,
        python: None,
        machine: machine(),
        plan,
        host: file.plan.host.clone(),
    }
}

/// This machine.
fn machine() -> Machine {
    let system = rustix::system::uname();
    let told = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let memory = rustix::system::sysinfo();
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    Machine {
        os: format!("{} {}", told(system.sysname()), told(system.release())),
        cpus: u32::try_from(cpus).unwrap_or(u32::MAX),
        memory_bytes: (memory.totalram as u64).saturating_mul(u64::from(memory.mem_unit)),
        hostname: told(system.nodename()),
    }
}

/// A command line as a person would type it.
pub(crate) fn command_line(words: &[OsString]) -> String {
    let words = words.iter().map(|word| quoted(&word.to_string_lossy()));
    let all: Vec<String> = std::iter::once("gatecrash".to_owned())
        .chain(words)
        .collect();
    all.join(" ")
}

/// A word in single quotes, where the shell would take it for something else.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_=./:,@%+".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
