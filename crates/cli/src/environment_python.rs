//! The native binary's guest: the Python of the environment, with our package in it.
//!
//! In: a command line. Out: this process becomes `python -m gatecrash ARGS`, or a
//! message says what is missing and how to get it. No interpreter is embedded: the
//! user's packages belong to the user's Python.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use gatecrash_engine::Guest;

use crate::exit::Exit;
use crate::{env, printer};

/// The version that binary and package must share.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Prints the version of the package if all of it can be imported.
const PROBE: &str = "import gatecrash._engine as engine; print(engine.VERSION)";

/// What is wrong with the Python that was found.
#[derive(Debug)]
enum Fault {
    NoPython,
    NotStarted(PathBuf, std::io::Error),
    NoPackage(PathBuf, String),
    OtherVersion(PathBuf, String),
}

/// Hands the command line to the Python of the active virtual environment, or else to
/// `python3`.
#[derive(Debug, Clone, Copy)]
pub struct EnvironmentPython;

impl Guest for EnvironmentPython {
    /// Returns only if the command line could not be handed over.
    fn run(&self, args: Vec<OsString>) -> u8 {
        let asks_for_help = matches!(args.as_slice(), [one] if one == "-h" || one == "--help");
        let Err(fault) = hand_over(args);
        if asks_for_help {
            // Our own commands are listed already, and need no Python.
            printer::note(&format!(
                "Locust's options are not listed: {}",
                message(&fault)
            ));
            return Exit::Fine.code();
        }
        printer::fault(&message(&fault));
        Exit::NotRun.code()
    }
}

fn hand_over(args: Vec<OsString>) -> Result<std::convert::Infallible, Fault> {
    let python = python()?;
    check_package(&python)?;
    let fault = Command::new(&python)
        .args(["-m", "gatecrash"])
        .args(args)
        .exec();
    Err(Fault::NotStarted(python, fault))
}

/// The interpreter: that of the active virtual environment, else `python3` on the PATH.
fn python() -> Result<PathBuf, Fault> {
    let active = env::virtual_env().map(|folder| folder.join("bin/python"));
    if let Some(python) = active.filter(|python| python.exists()) {
        return Ok(python);
    }
    let found = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .stdin(Stdio::null())
        .output();
    match found {
        Ok(output) if output.status.success() => Ok(PathBuf::from(first_line(&output.stdout))),
        _ => Err(Fault::NoPython),
    }
}

fn check_package(python: &Path) -> Result<(), Fault> {
    let output = Command::new(python)
        .args(["-c", PROBE])
        .stdin(Stdio::null())
        .output()
        .map_err(|fault| Fault::NotStarted(python.to_owned(), fault))?;
    judge_probe(python, &output)
}

fn judge_probe(python: &Path, output: &Output) -> Result<(), Fault> {
    let version = first_line(&output.stdout);
    if !output.status.success() {
        Err(Fault::NoPackage(
            python.to_owned(),
            last_line(&output.stderr),
        ))
    } else if version != VERSION {
        Err(Fault::OtherVersion(python.to_owned(), version))
    } else {
        Ok(())
    }
}

fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn last_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .trim_end()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

fn message(fault: &Fault) -> String {
    match fault {
        Fault::NoPython => format!(
            "a locustfile needs Python 3.11 or newer, and none was found: neither an active \
             virtual environment nor python3 on the PATH.\n\
             Install Python, then: python3 -m venv .venv && . .venv/bin/activate && \
             pip install gatecrash=={VERSION}"
        ),
        Fault::NotStarted(python, fault) => {
            format!("cannot start {}: {fault}", python.display())
        }
        Fault::NoPackage(python, said) => format!(
            "a locustfile needs the package gatecrash {VERSION} in the Python that runs it, and \
             {} cannot import it ({said}).\n{}",
            python.display(),
            how_to_install(python)
        ),
        Fault::OtherVersion(python, version) => format!(
            "this is gatecrash {VERSION}, but {} has the package gatecrash {version}; both must \
             be the same.\n{}",
            python.display(),
            how_to_install(python)
        ),
    }
}

fn how_to_install(python: &Path) -> String {
    format!(
        "Install it: {} -m pip install gatecrash=={VERSION} (or, in Gatecrash's source: -m pip \
         install .)",
        python.display()
    )
}
