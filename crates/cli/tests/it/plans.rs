//! Plans in folders of their own, and targets that know what they received.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use gatecrash_target::{Server, Service, TargetOptions, serve};
use tempfile::TempDir;

use crate::{ended, gatecrash};

/// A folder with a plan, and a target for it.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    pub(crate) target: Server,
}

/// Users that get one path, beside whatever `scenarios` are.
pub(crate) fn getting(path: &str, scenarios: &str) -> String {
    format!(
        "name: Test\nhost: ${{TARGET}}\nusers: {{ reader: {{ tasks: [{{ get: '{path}' }}] }} }}\n\
         scenarios: {{ {scenarios} }}\n"
    )
}

impl Desk {
    /// `plan.yaml` holds `plan`.
    pub(crate) fn new(plan: &str) -> Desk {
        let target = serve(TargetOptions {
            service: Service::Plain,
            port: 0,
            ..TargetOptions::default()
        });
        let desk = Desk {
            folder: TempDir::new().unwrap(),
            target: target.unwrap(),
        };
        desk.write("plan.yaml", plan);
        desk
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
    }

    /// `gatecrash ARGS` in the folder, with the target's address in `$TARGET`.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = gatecrash(args);
        command
            .current_dir(self.folder.path())
            .env("TARGET", self.target.url());
        command
    }

    /// Exit code, stdout and stderr of `gatecrash ARGS`.
    pub(crate) fn ended(&self, args: &[&str]) -> (i32, String, String) {
        ended(&mut self.command(args))
    }

    /// Ends with `code`, having said each of `words` on stderr; returns stdout.
    pub(crate) fn check(&self, args: &[&str], code: i32, words: &[&str]) -> String {
        let (ended_with, stdout, stderr) = self.ended(args);
        for word in words {
            assert!(stderr.contains(word), "{word:?} is not in: {stderr}");
        }
        assert_eq!(ended_with, code, "{stdout}\n{stderr}");
        stdout
    }

    /// Requests that the target received, readiness checks among them.
    pub(crate) fn received(&self) -> u64 {
        self.target.truth().total.received
    }
}

/// A row of a CSV file by the name in its second column.
pub(crate) fn row(csv: &str, name: &str) -> Vec<String> {
    let rows = csv.lines().map(|line| line.split(',').map(str::to_owned));
    let mut rows = rows.map(Iterator::collect::<Vec<String>>);
    rows.find(|cells| cells.get(1).is_some_and(|cell| cell == name))
        .unwrap_or_else(|| panic!("no row {name} in {csv}"))
}
