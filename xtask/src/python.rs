//! Python environments, made once and kept under `.venvs/`.
//!
//! In: lists of requirements. Out: folders of virtual environments that satisfy them. An
//! environment is made anew when its list or its interpreter changes; nothing outside `.venvs/`
//! is ever installed or changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell::{self, say};
use crate::workspace;

/// What real Locust's environment holds, and what our tests need beside the package.
const LOCUST_REQUIREMENTS: &str = "tests/conformance/requirements-locust.txt";
const TEST_REQUIREMENTS: &str = "tests/conformance/requirements.txt";
/// One version for everybody, so that the same file is formatted the same way.
const RUFF: &str = "ruff==0.17.5";
/// The oldest Python that runs us.
const OLDEST: (u32, u32) = (3, 11);

/// The environment with the tools of `cargo xtask check`.
pub(crate) fn tools() -> Result<PathBuf> {
    environment("tools", &[RUFF.to_owned()])
}

/// The environment with real Locust, to compare with.
pub(crate) fn locust() -> Result<PathBuf> {
    environment("locust", &requirements(LOCUST_REQUIREMENTS)?)
}

/// The environment with what our own package and its tests need; the package itself is linked
/// into it by `develop`.
pub(crate) fn gatecrash() -> Result<PathBuf> {
    let dependencies = Project::read()?.dependencies;
    environment(
        "gatecrash",
        &[dependencies, requirements(TEST_REQUIREMENTS)?].concat(),
    )
}

/// The lines of a requirements file that name something.
fn requirements(file: &str) -> Result<Vec<String>> {
    let path = workspace::root().join(file);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    Ok(lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect())
}

/// What `pyproject.toml` says, as far as we need it.
pub(crate) struct Project {
    pub(crate) dependencies: Vec<String>,
    /// The sections of an `entry_points.txt`: (`console_scripts`, [(name, `module:function`)]).
    pub(crate) entry_points: Vec<(String, Vec<(String, String)>)>,
}

impl Project {
    pub(crate) fn read() -> Result<Project> {
        let path = workspace::root().join("pyproject.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let table: toml::Table = text
            .parse()
            .with_context(|| format!("{} is no TOML", path.display()))?;
        let project = table
            .get("project")
            .context("pyproject.toml has no [project]")?;
        let mut entry_points = vec![("console_scripts".to_owned(), pairs(project.get("scripts")))];
        for (group, names) in project
            .get("entry-points")
            .and_then(toml::Value::as_table)
            .into_iter()
            .flatten()
        {
            entry_points.push((group.clone(), pairs(Some(names))));
        }
        Ok(Project {
            dependencies: strings(project.get("dependencies")),
            entry_points,
        })
    }
}

fn strings(list: Option<&toml::Value>) -> Vec<String> {
    let items = list.and_then(toml::Value::as_array).into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

fn pairs(table: Option<&toml::Value>) -> Vec<(String, String)> {
    let entries = table.and_then(toml::Value::as_table).into_iter().flatten();
    entries
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// The interpreter that environments are made with: `$PYTHON`, or `python3` on the path.
pub(crate) fn interpreter() -> Result<String> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let ask = "import sys; print(*sys.version_info[:2])";
    let version = shell::output(Command::new(&python).args(["-c", ask]))
        .with_context(|| format!("`{python}` does not run; install Python ≥ 3.11 or set PYTHON"))?;
    let numbers: Vec<u32> = version
        .split(' ')
        .filter_map(|part| part.parse().ok())
        .collect();
    if numbers.len() != 2 || (numbers[0], numbers[1]) < OLDEST {
        bail!(
            "`{python}` is Python {}; install Python ≥ 3.11 or set PYTHON",
            version.replace(' ', ".")
        );
    }
    Ok(python)
}

/// The environment of this name with these requirements, made if it does not stand yet.
fn environment(name: &str, requirements: &[String]) -> Result<PathBuf> {
    let folder = workspace::root().join(".venvs").join(name);
    let python = interpreter()?;
    let stamp = format!(
        "{}\n{}\n",
        shell::output(Command::new(&python).arg("-VV"))?,
        requirements.join("\n")
    );
    let stamp_file = folder.join(".stamp");
    if std::fs::read_to_string(&stamp_file).is_ok_and(|found| found == stamp) {
        return Ok(folder);
    }
    say(format!(
        "making the Python environment .venvs/{name}: {}",
        requirements.join(" ")
    ));
    make(&python, &folder, requirements)?;
    std::fs::write(&stamp_file, stamp)
        .with_context(|| format!("cannot write {}", stamp_file.display()))?;
    Ok(folder)
}

/// Makes a virtual environment at `folder`, in place of whatever is there, and installs into it.
pub(crate) fn make(python: &str, folder: &Path, requirements: &[String]) -> Result<()> {
    shell::run(
        Command::new(python)
            .args(["-m", "venv", "--clear"])
            .arg(folder),
    )
    .context("cannot make a virtual environment (on Debian: apt-get install python3-venv)")?;
    shell::run(pip(folder).args(requirements))
}

/// `pip install` of an environment, quiet.
pub(crate) fn pip(folder: &Path) -> Command {
    let mut command = Command::new(folder.join("bin/python"));
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    command
}
