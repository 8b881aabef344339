//! What there is, for whoever asks for help or has not said which command.
//!
//! In: the words of a command line that begins with no command of ours. Out: a list of our
//! commands, or a hint at the one that was meant. Never: a word that Locust understands; all
//! of those are the guest's.

use std::ffi::OsString;
use std::path::Path;

use gatecrash_plan::hint::nearest;

use crate::exit::Exit;
use crate::{args, env, printer};

/// Files that hold plans.
const PLAN_ENDS: [&str; 4] = ["yaml", "yml", "toml", "json"];

/// Says what can be said here; an exit code only where the guest has nothing to add.
pub(crate) fn look_at(words: &[OsString]) -> Option<u8> {
    let first = words.first().map(|word| word.to_string_lossy());
    match first.as_deref() {
        None if !has_locustfile(words) => printer::note(&commands()),
        Some("-h" | "--help") => printer::answer(&commands()),
        Some(word) if is_plan(word) => {
            return Some(refuse(&format!("to run a plan: gatecrash run {word}")));
        }
        Some(word) if !word.starts_with('-') && !has_locustfile(words) => {
            let known = args::commands();
            let near = nearest(word, known.iter().map(|(name, _)| name.as_str()))?;
            let what = format!("there is no command {word}; did you mean: gatecrash {near}");
            return Some(refuse(&what));
        }
        _ => {}
    }
    None
}

/// Our commands, and how to come to Locust's options.
fn commands() -> String {
    let mut lines = vec![
        "Gatecrash: load testing for APIs, with plans or with locustfiles.".to_owned(),
        String::new(),
    ];
    let usage = args::commands();
    let usage = usage
        .iter()
        .map(|(name, about)| (format!("gatecrash {name}"), about.as_str()));
    let others = [
        (
            "gatecrash -f locustfile.py",
            "Run a locustfile, with Locust's options",
        ),
        (
            "gatecrash python script.py",
            "Run a script that uses Locust as a library",
        ),
    ];
    let others = others.map(|(usage, about)| (usage.to_owned(), about));
    for (usage, about) in usage.chain(others) {
        lines.push(format!("  {usage:<28}{about}"));
    }
    lines.push(String::new());
    lines.push("gatecrash COMMAND --help tells more about each command of our own.".to_owned());
    lines.join("\n") + "\n"
}

fn refuse(what: &str) -> u8 {
    printer::fault(what);
    Exit::Usage.code()
}

fn is_plan(word: &str) -> bool {
    let end = Path::new(word).extension().unwrap_or_default();
    PLAN_ENDS
        .iter()
        .any(|known| end.eq_ignore_ascii_case(known))
}

/// Whether a locustfile is named, or stands where Locust looks for one.
fn has_locustfile(words: &[OsString]) -> bool {
    let names_one = |word: &OsString| {
        let word = word.to_string_lossy();
        word.starts_with("-f") || word.starts_with("--locustfile")
    };
    words.iter().any(names_one)
        || env::variable("LOCUST_LOCUSTFILE").is_some()
        || Path::new("locustfile.py").exists()
}
