//! The binary as a person meets it: what it says, and how it ends.

mod bad_input;
mod check;
mod consent;
mod dashboard;
mod endings;
mod environment_python;
mod explain;
mod keys;
mod live;
mod overview;
mod plans;
mod profile;
mod prometheus;
mod quick;
mod reference;
mod results;
mod run;
mod target;
mod telling;
mod watching;

use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held while a script is written and while a process is started: a process that starts
/// in between would hold the script open for writing, and nobody could run it ("text
/// file busy").
static STARTING: Mutex<()> = Mutex::new(());

fn starting() -> MutexGuard<'static, ()> {
    STARTING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The binary, in an environment where nothing can be found unless a test puts it there.
fn gatecrash(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatecrash"));
    command.args(args).env_clear().stdin(Stdio::null());
    command
}

/// Starts it with both streams held for reading.
fn start(command: &mut Command) -> Child {
    let _alone = starting();
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs to the end; the exit code and the two streams as text.
fn ended(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = start(command).wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// Ends with `code`; stdout is empty and stderr says each of `words` after the program's name.
fn check_refused(command: &mut Command, code: i32, words: &[&str]) {
    let (ended_with, stdout, stderr) = ended(command);
    assert!(stderr.starts_with("gatecrash: error: "), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "{word:?} is not in: {stderr}");
    }
    assert_eq!((ended_with, stdout.as_str()), (code, ""), "{stderr}");
}
