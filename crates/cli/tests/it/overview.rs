//! What there is, for whoever has not said which command.

use tempfile::TempDir;

use crate::environment_python::python_that_says;
use crate::{check_refused, ended, gatecrash};

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn help_lists_our_commands_before_the_options_of_locust() {
    let environment = python_that_says(&format!("echo {VERSION}; exit 0"));
    let mut command = gatecrash(&["--help"]);
    let (code, stdout, stderr) = ended(command.env("VIRTUAL_ENV", environment.path()));
    assert_eq!((code, stderr.as_str()), (7, ""));
    for word in [
        "gatecrash run ",
        "gatecrash target ",
        "gatecrash -f locustfile.py ",
    ] {
        assert!(stdout.contains(word), "{stdout}");
    }
    assert!(
        stdout.ends_with("[-m]\n[gatecrash]\n[--help]\n"),
        "{stdout}"
    );
}

#[test]
fn help_needs_no_python() {
    let (code, stdout, stderr) = ended(&mut gatecrash(&["-h"]));
    assert_eq!(code, 0);
    assert!(stdout.contains("gatecrash schema"), "{stdout}");
    assert!(
        stderr.contains("Locust's options are not listed"),
        "{stderr}"
    );
}

#[test]
fn without_a_word_the_commands_are_listed_unless_a_locustfile_is_there() {
    let environment = python_that_says(&format!("echo {VERSION}; exit 0"));
    let folder = TempDir::new().unwrap();
    let said = || {
        let mut command = gatecrash(&[]);
        command.current_dir(folder.path());
        ended(command.env("VIRTUAL_ENV", environment.path()))
    };
    let (code, stdout, stderr) = said();
    assert_eq!((code, stdout.as_str()), (7, "[-m]\n[gatecrash]\n"));
    assert!(stderr.contains("gatecrash run "), "{stderr}");
    std::fs::write(folder.path().join("locustfile.py"), "").unwrap();
    assert_eq!(said().2, "");
}

#[test]
fn a_mistyped_command_gets_a_hint() {
    let folder = TempDir::new().unwrap();
    let said = |args: &[&str], words: &[&str]| {
        check_refused(gatecrash(args).current_dir(folder.path()), 2, words);
    };
    said(
        &["rum", "plan.yaml"],
        &["no command rum; did you mean: gatecrash run"],
    );
    said(&["tagret"], &["gatecrash target"]);
    said(&["plan.yaml"], &["gatecrash run plan.yaml"]);
}
