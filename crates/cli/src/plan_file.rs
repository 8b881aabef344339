//! A plan from its file: the only place that reads one.
//!
//! In: the arguments that name a plan and override parts of it. Out: the plan. Never: what a
//! key means; that is `gatecrash_plan`'s.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use gatecrash_plan::fault::Faults;
use gatecrash_plan::file::{Format, LONGEST_TEXT};
use gatecrash_plan::model::{Plan, UserKind};
use gatecrash_plan::{Overrides, Sources};

use crate::args::PlanArgs;
use crate::env;

/// What stands for stdin.
const STDIN: &str = "-";

/// A plan that can be run, as far as its text says.
#[derive(Debug)]
pub(crate) struct PlanFile {
    /// What it means.
    pub(crate) plan: Plan,
    /// It came from stdin, where nobody can read it again.
    is_from_stdin: bool,
}

impl PlanFile {
    /// The plan of a program that brings its own users.
    pub(crate) fn of_program(plan: Plan) -> PlanFile {
        PlanFile {
            plan,
            is_from_stdin: false,
        }
    }

    /// Whether some of the users that take part live in a locustfile.
    pub(crate) fn has_locust_users(&self) -> bool {
        let plan = &self.plan;
        let mut who = plan.scenarios.iter().flat_map(|scenario| &scenario.who);
        who.any(|(class, _)| matches!(plan.users[*class].kind, UserKind::Locust(_)))
    }

    /// A plan whose users live in Python is read a second time, by Python's own process.
    ///
    /// # Errors
    /// If it came from stdin, where it can be read only once.
    pub(crate) fn check_readable_again(&self) -> Result<()> {
        ensure!(
            !self.is_from_stdin,
            "a plan with a locustfile among its users cannot come from stdin; save it in a file"
        );
        Ok(())
    }
}

/// Reads the plan that `args` name, with what they override.
///
/// # Errors
/// A file that cannot be read; every fault of the plan; files that it names and that are
/// not there.
pub(crate) fn load(args: &PlanArgs) -> Result<PlanFile> {
    let path = args.plan.as_deref().ok_or_else(no_plan)?;
    let is_from_stdin = path == Path::new(STDIN);
    let (format, text) = match is_from_stdin {
        // JSON is YAML as well.
        true => (Format::Yaml, read(std::io::stdin(), "the plan on stdin")?),
        false => (format_of(path)?, read_file(path)?),
    };
    let folder = folder_of(path)?;
    let dotenv = dotenv(&folder)?;
    let name = path.to_string_lossy();
    let plan = gatecrash_plan::load(&Sources {
        file_name: if is_from_stdin { "stdin" } else { &name },
        text: &text,
        format,
        environment: &|name| env::variable(name).or_else(|| dotenv.get(name).cloned()),
        overrides: &overrides(args)?,
        folder: &folder,
    })
    .and_then(check_files)
    .map_err(told)?;
    Ok(PlanFile {
        plan,
        is_from_stdin,
    })
}

fn no_plan() -> anyhow::Error {
    let found = ["plan.yaml", "plan.yml", "plan.toml", "plan.json"]
        .into_iter()
        .find(|name| Path::new(name).is_file());
    anyhow!(
        "which plan? Name its file: gatecrash run {}\n\
         A plan says who does what, and how much of it; the smallest one is\n\n\
         \x20   host: http://127.0.0.1:8000\n\
         \x20   users: {{ reader: {{ tasks: [{{ get: / }}] }} }}\n\
         \x20   scenarios: {{ steady: {{ rate: 10/s, for: 10s }} }}\n",
        found.unwrap_or("plan.yaml")
    )
}

fn format_of(path: &Path) -> Result<Format> {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    Format::of_extension(&extension).with_context(|| {
        let advice = match &*extension {
            "py" => format!("; for a locustfile: gatecrash -f {}", path.display()),
            _ => String::new(),
        };
        format!(
            "{} is no plan: its name must end in .yaml, .yml, .toml or .json{advice}",
            path.display()
        )
    })
}

fn read_file(path: &Path) -> Result<String> {
    let what = path.display().to_string();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {what}"))?;
    read(file, &what)
}

/// A whole text, if it is not longer than any plan may be.
fn read(source: impl Read, what: &str) -> Result<String> {
    let mut bytes = Vec::new();
    source
        .take(LONGEST_TEXT as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {what}"))?;
    String::from_utf8(bytes).map_err(|fault| {
        let line = fault.as_bytes()[..fault.utf8_error().valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        anyhow!(
            "{what} is not UTF-8: see line {}; save it as UTF-8",
            line + 1
        )
    })
}

/// The folder of the plan; of one from stdin the current one.
fn folder_of(path: &Path) -> Result<PathBuf> {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    std::path::absolute(folder).with_context(|| format!("the folder {}", folder.display()))
}

/// What `.env` in the folder of the plan says; nothing where there is none.
fn dotenv(folder: &Path) -> Result<BTreeMap<String, String>> {
    let path = folder.join(".env");
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let name = path.display().to_string();
    let variables = gatecrash_plan::dotenv::parse(&name, &read_file(&path)?).map_err(told)?;
    Ok(variables.into_iter().collect())
}

fn told(faults: Faults) -> anyhow::Error {
    anyhow!("the plan cannot be run\n\n{faults}")
}

fn overrides(args: &PlanArgs) -> Result<Overrides> {
    let seed = args.seed.map(|seed| format!("seed={seed}"));
    Ok(Overrides {
        quick: args.quick || env::wants_quick()?,
        set: args.set.iter().cloned().chain(seed).collect(),
        scenarios: args.scenario.clone(),
        rate: args.rate.clone(),
        users: args.users.clone(),
        duration: args.duration.clone(),
    })
}

/// Every file that the plan names must be there, and be a file.
fn check_files(plan: Plan) -> Result<Plan, Faults> {
    let missing = plan.mentions.iter().filter_map(|mention| {
        let why = match std::fs::metadata(&mention.file) {
            Ok(found) if found.is_file() => return None,
            Ok(_) => "it is not a file".to_owned(),
            Err(fault) => fault.to_string(),
        };
        let what = format!("cannot read {}: {why}", mention.file.display());
        let hint = "file names lead from the folder of the plan".to_owned();
        Some(mention.place.fault(what, Some(hint)))
    });
    let missing: Vec<_> = missing.collect();
    if missing.is_empty() {
        Ok(plan)
    } else {
        Err(Faults::new(missing))
    }
}
