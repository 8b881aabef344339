//! What must not stand in the source, where clippy cannot say it.
//!
//! In: the files of a work tree. Out: faults (the check fails) and notices (worth a look), each
//! with file and line. Never changes a file. What clippy can say stands in `clippy.toml`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::source::{self, Facts, Mention};
use crate::workspace;

/// A lint that may be switched off only in the files that are the one place for what it bans.
struct OnlyIn {
    lint: &'static str,
    files: &'static [&'static str],
    because: &'static str,
}

const ONLY_IN: &[OnlyIn] = &[
    OnlyIn {
        lint: "clippy::disallowed_methods",
        files: &[
            "crates/engine/src/clock.rs",
            "crates/net/src/timings.rs",
            "crates/target/src/clock.rs",
            "crates/cli/src/env.rs",
            "xtask/src/main.rs",
            // Programs of the bench that measure a pure crate.
            "crates/metrics/examples/judge_cost.rs",
            "crates/report/examples/archive_cost.rs",
        ],
        because: "time is read in a crate's clock.rs and the environment in cli/src/env.rs, nowhere else",
    },
    OnlyIn {
        lint: "clippy::print_stdout",
        files: &["crates/cli/src/printer.rs", "xtask/src/main.rs"],
        because: "what a person reads goes through cli/src/printer.rs",
    },
    OnlyIn {
        lint: "clippy::print_stderr",
        files: &["crates/cli/src/printer.rs", "xtask/src/main.rs"],
        because: "what a person reads goes through cli/src/printer.rs",
    },
    OnlyIn {
        lint: "clippy::exit",
        files: &["crates/cli/src/main.rs", "crates/cli/src/exit.rs"],
        because: "a run ends by returning its exit code, so that every report is written",
    },
    OnlyIn {
        lint: "unsafe_code",
        files: &[],
        because: "unsafe code carries a SAFETY note, not an allow",
    },
];

/// Crates that are pure: the moment is an argument, nothing is waited for.
const PURE: &[&str] = &["crates/metrics/src", "crates/plan/src"];

/// What a pure crate may not name, by the beginning of the path.
const IMPURE: &[&str] = &[
    "std::*",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::*",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::sync::*",
    "std::sync::atomic",
    "std::sync::mpsc",
    "std::sync::Barrier",
    "std::sync::Condvar",
    "std::sync::Mutex",
    "std::sync::RwLock",
    "libc",
];

/// Longer files and functions are listed …
const LONG_FILE: usize = 600;
const LONG_FUNCTION: usize = 60;
/// … and beyond these the check fails.
const TOO_LONG_FILE: usize = 900;
const TOO_LONG_FUNCTION: usize = 100;

/// Marks of unfinished work, and folders that exist on one machine only.
const FORBIDDEN_WORDS: &[&str] = &[
    "TODO",
    "FIXME",
    "XXX",
    "HACK",
    "todo!(",
    "unimplemented!(",
    "/home/",
    "/Users/",
    "/root/",
    "/work/",
];

/// This file lists the words, so it may hold them.
const WORD_LIST: &str = "xtask/src/bans.rs";

/// What the scan found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) faults: Vec<String>,
    pub(crate) notices: Vec<String>,
}

/// Scans the work tree at `root`.
pub(crate) fn scan(root: &Path) -> Result<Findings> {
    let mut findings = Findings::default();
    for file in workspace::files(root)? {
        let extension = file
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default();
        if !["rs", "py", "toml", "md", "sh", "conf", ""].contains(&extension) {
            continue;
        }
        let bytes = std::fs::read(root.join(&file))
            .with_context(|| format!("cannot read {}", file.display()))?;
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        findings.text(&file, extension, &text);
        if extension == "rs" {
            match source::read(&text) {
                Ok(facts) => findings.rust(&file, &facts),
                Err(error) => findings
                    .faults
                    .push(format!("{}: not Rust: {error}", file.display())),
            }
        }
    }
    findings.faults.dedup();
    Ok(findings)
}

impl Findings {
    fn fault(&mut self, file: &Path, line: usize, text: &str) {
        self.faults
            .push(format!("{}:{line}: {text}", file.display()));
    }

    fn text(&mut self, file: &Path, extension: &str, text: &str) {
        if file != Path::new(WORD_LIST) {
            for (index, line) in text.lines().enumerate() {
                for word in FORBIDDEN_WORDS.iter().filter(|word| line.contains(*word)) {
                    self.fault(
                        file,
                        index + 1,
                        &format!("`{word}` must not stand in a committed file"),
                    );
                }
            }
        }
        if ["rs", "py"].contains(&extension) {
            let (lines, what) = (text.lines().count(), file.display().to_string());
            self.size(&what, "file", lines, LONG_FILE, TOO_LONG_FILE);
        }
    }

    fn size(&mut self, what: &str, kind: &str, lines: usize, long: usize, too_long: usize) {
        if lines > too_long {
            self.faults.push(format!(
                "{what}: a {kind} of {lines} lines; the limit is {too_long}"
            ));
        } else if lines > long {
            self.notices.push(format!(
                "{what}: a {kind} of {lines} lines; better under {long}"
            ));
        }
    }

    fn rust(&mut self, file: &Path, facts: &Facts) {
        for function in &facts.functions {
            let what = format!("{}:{}: {}", file.display(), function.line, function.name);
            self.size(
                &what,
                "function",
                function.lines,
                LONG_FUNCTION,
                TOO_LONG_FUNCTION,
            );
        }
        for test in &facts.ignored_tests {
            self.fault(file, test.line, "an ignored test: repair it or delete it");
        }
        if is_test(file) {
            return;
        }
        for allowed in &facts.allowed {
            self.switched_off(file, allowed);
        }
        if PURE.iter().any(|folder| file.starts_with(folder)) {
            self.pure(file, facts);
        }
    }

    fn switched_off(&mut self, file: &Path, allowed: &Mention) {
        let Some(rule) = ONLY_IN.iter().find(|rule| rule.lint == allowed.what) else {
            return;
        };
        if !rule
            .files
            .iter()
            .any(|permitted| file == Path::new(permitted))
        {
            self.fault(
                file,
                allowed.line,
                &format!("{} switched off: {}", rule.lint, rule.because),
            );
        }
    }

    fn pure(&mut self, file: &Path, facts: &Facts) {
        for path in &facts.paths {
            let named = |banned: &&&str| {
                path.what == **banned || path.what.starts_with(&format!("{banned}::"))
            };
            if let Some(banned) = IMPURE.iter().find(named) {
                let text = format!(
                    "`{banned}` in a pure crate: no clock, thread, lock or I/O; pass it as an argument"
                );
                self.fault(file, path.line, &text);
            }
        }
    }
}

/// Files that are built for tests only.
fn is_test(file: &Path) -> bool {
    let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
    let in_folder = parts.iter().any(|part| part == "tests");
    in_folder || file.file_name() == PathBuf::from("tests.rs").file_name()
}
