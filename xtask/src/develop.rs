//! `cargo xtask develop`: the working tree as an installed package.
//!
//! In: a build profile. Out: the native binary, the extension beside the Python package, and
//! `.venvs/gatecrash` in which `gatecrash` runs straight from the working tree. Python files can be
//! edited without doing this again. Nothing outside the repository is touched.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::python::{self, Project};
use crate::shell::{self, say};
use crate::workspace;

/// What `develop` leaves behind.
pub(crate) struct Developed {
    /// The native binary.
    pub(crate) binary: PathBuf,
    /// The environment whose `bin/gatecrash` runs the working tree.
    pub(crate) environment: PathBuf,
}

/// Builds with `profile` (`dev` or `release`) and links the working tree.
pub(crate) fn run(profile: &str) -> Result<Developed> {
    say(format!(
        "building the native binary and the Python extension (profile {profile})"
    ));
    let packages = ["--package", "gatecrash-cli", "--package", "gatecrash-wheel"];
    let mut build = shell::cargo();
    build
        .args(["build", "--quiet", "--profile", profile])
        .args(packages)
        .current_dir(workspace::root());
    shell::run(&mut build)?;
    let built = built_folder(profile)?;
    place_extension(&built)?;
    let environment = python::gatecrash()?;
    link(&environment)?;
    Ok(Developed {
        binary: built.join("gatecrash"),
        environment,
    })
}

/// Builds the programs of `packages`, none of which needs Python; gives their folder.
pub(crate) fn native(profile: &str, packages: &[&str]) -> Result<PathBuf> {
    say(format!(
        "building {} (profile {profile})",
        packages.join(" and ")
    ));
    let mut build = shell::cargo();
    build
        .args(["build", "--quiet", "--profile", profile])
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .current_dir(workspace::root());
    shell::run(&mut build)?;
    built_folder(profile)
}

/// Where cargo puts what it builds with `profile`.
fn built_folder(profile: &str) -> Result<PathBuf> {
    Ok(target_folder()?.join(if profile == "dev" { "debug" } else { profile }))
}

fn target_folder() -> Result<PathBuf> {
    let mut ask = shell::cargo();
    ask.args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(workspace::root());
    let metadata: Value = serde_json::from_str(&shell::output(&mut ask)?)?;
    let folder = metadata["target_directory"]
        .as_str()
        .context("`cargo metadata` names no target directory")?;
    Ok(PathBuf::from(folder))
}

/// Puts the extension where Python looks for it, by a rename: a process that has the old one
/// loaded keeps it whole.
fn place_extension(built: &Path) -> Result<()> {
    let package = workspace::root().join("python/gatecrash");
    let (made, fresh) = (
        built.join("lib_engine.so"),
        package.join("_engine.abi3.so.new"),
    );
    std::fs::copy(&made, &fresh).with_context(|| format!("cannot copy {}", made.display()))?;
    std::fs::rename(&fresh, package.join("_engine.abi3.so")).context("cannot place the extension")
}

/// Makes the environment see the working tree as an installed package, with its commands.
fn link(environment: &Path) -> Result<()> {
    let ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let site = PathBuf::from(shell::output(
        Command::new(environment.join("bin/python")).args(["-c", ask]),
    )?);
    let source = workspace::root().join("python");
    write(
        &site.join("gatecrash.pth"),
        &format!("{}\n", source.display()),
    )?;

    let version = env!("CARGO_PKG_VERSION");
    let information = site.join(format!("gatecrash-{version}.dist-info"));
    std::fs::create_dir_all(&information)
        .with_context(|| format!("cannot make {}", information.display()))?;
    write(
        &information.join("METADATA"),
        &format!("Metadata-Version: 2.1\nName: gatecrash\nVersion: {version}\n"),
    )?;
    let mut sections = String::new();
    for (group, names) in Project::read()?.entry_points {
        writeln!(sections, "[{group}]")?;
        for (name, function) in names {
            writeln!(sections, "{name} = {function}")?;
            if group == "console_scripts" {
                script(environment, &name, &function)?;
            }
        }
    }
    write(&information.join("entry_points.txt"), &sections)
}

/// Writes the command that an installer would write.
fn script(environment: &Path, name: &str, function: &str) -> Result<()> {
    let (module, function) = function
        .split_once(':')
        .with_context(|| format!("{name} = {function} names no function"))?;
    let python = environment.join("bin/python");
    let text = format!(
        "#!{}\nimport sys\n\nfrom {module} import {function}\n\nsys.exit({function}())\n",
        python.display()
    );
    let path = environment.join("bin").join(name);
    write(&path, &text)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", path.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
