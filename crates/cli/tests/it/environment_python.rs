//! Locust-style command lines go to the Python of the environment, if it can run them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::plans::Desk;
use crate::{check_refused, ended, gatecrash, starting};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A virtual environment whose Python says `probe` when it is asked for the version, and
/// otherwise shows its arguments and ends with 7.
pub(crate) fn python_that_says(probe: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let show = r#"for word in "$@"; do echo "[$word]"; done; exit 7"#;
    let script = format!("#!/bin/sh\nif [ \"$1\" = -c ]; then {probe}\nfi\n{show}\n");
    executable(&bin.join("python"), &script);
    folder
}

fn executable(path: &Path, script: &str) {
    let _alone = starting();
    fs::write(path, script).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn check_handed_over(args: &[&str], expected: &str) {
    let environment = python_that_says(&format!("echo {VERSION}; exit 0"));
    let mut command = gatecrash(args);
    let (code, stdout, stderr) = ended(command.env("VIRTUAL_ENV", environment.path()));
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (7, expected, ""));
}

#[test]
fn everything_but_our_own_commands_is_handed_over_as_it_is() {
    check_handed_over(
        &["-f", "a file.py", "--headless", "UserClass"],
        "[-m]\n[gatecrash]\n[-f]\n[a file.py]\n[--headless]\n[UserClass]\n",
    );
    check_handed_over(
        &["python", "-m", "x"],
        "[-m]\n[gatecrash]\n[python]\n[-m]\n[x]\n",
    );
    check_handed_over(&["-f", "target"], "[-m]\n[gatecrash]\n[-f]\n[target]\n");
}

#[test]
fn python3_on_the_path_stands_in_for_an_environment() {
    let folder = python_that_says(&format!(
        "case $2 in *executable*) echo $0;; *) echo {VERSION};; esac; exit 0"
    ));
    let bin = folder.path().join("bin");
    fs::rename(bin.join("python"), bin.join("python3")).unwrap();
    let (code, stdout, _) = ended(gatecrash(&["-V"]).env("PATH", &bin));
    assert_eq!((code, stdout.as_str()), (7, "[-m]\n[gatecrash]\n[-V]\n"));
}

#[test]
fn without_any_python_it_says_so() {
    let words = ["Python 3.11 or newer", "pip install gatecrash"];
    let empty = TempDir::new().unwrap();
    let mut command = gatecrash(&["-f", "x.py"]);
    check_refused(command.env("PATH", empty.path()), 97, &words);
}

#[test]
fn without_the_package_it_says_how_to_install_it() {
    let environment = python_that_says("echo 'No module named gatecrash' >&2; exit 1");
    let python = environment.path().join("bin/python").display().to_string();
    let install = format!("{python} -m pip install gatecrash=={VERSION}");
    let mut command = gatecrash(&["-f", "x.py"]);
    let command = command.env("VIRTUAL_ENV", environment.path());
    check_refused(command, 97, &["No module named gatecrash", &install]);
}

#[test]
fn another_version_of_the_package_is_refused() {
    let environment = python_that_says("echo 0.0.0; exit 0");
    let mut command = gatecrash(&["-f", "x.py"]);
    let command = command.env("VIRTUAL_ENV", environment.path());
    check_refused(command, 97, &["has the package gatecrash 0.0.0", VERSION]);
}

const LOCUST_PLAN: &str = "host: ${TARGET}\nusers: { u: { locustfile: users.py } }\n\
                           scenarios: { a: { rate: 10/s, for: 1s } }\n";

/// A plan of locust users that goes on with `more` is run with `option`: Python gets `handed`.
pub(crate) fn check_plan_is_handed_over(more: &str, option: &str, handed: &str) {
    let environment = python_that_says(&format!("echo {VERSION}; exit 0"));
    let desk = Desk::new(&format!("{LOCUST_PLAN}{more}"));
    desk.write("users.py", "");
    let mut command = desk.command(&["run", "plan.yaml", option]);
    let ended = ended(command.env("VIRTUAL_ENV", environment.path()));
    let handed = format!("[-m]\n[gatecrash]\n[run]\n[plan.yaml]\n{handed}");
    assert_eq!(ended, (7, handed, String::new()));
}

#[test]
fn a_plan_with_a_locustfile_is_resolved_and_then_handed_over() {
    let environment = python_that_says(&format!("echo {VERSION}; exit 0"));
    let desk = Desk::new(LOCUST_PLAN);
    let run = |args: &[&str]| {
        let mut command = desk.command(args);
        ended(command.env("VIRTUAL_ENV", environment.path()))
    };
    let (code, _, stderr) = run(&["run", "plan.yaml"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("users.py"), "{stderr}");
    desk.write("users.py", "");
    let (code, stdout, stderr) = run(&["run", "plan.yaml", "--lanes", "1"]);
    let handed = "[-m]\n[gatecrash]\n[run]\n[plan.yaml]\n[--lanes]\n[1]\n";
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (7, handed, ""));
    let mut from_stdin = desk.command(&["run", "-"]);
    let plan = std::fs::File::open(desk.path("plan.yaml")).unwrap();
    from_stdin.stdin(plan);
    check_refused(&mut from_stdin, 2, &["cannot come from stdin"]);
}
