//! nginx as the target: pinned to its core, counting what it answered.
//!
//! In: `bench/nginx.conf`. Out: an address, the requests so far, the connections now. Runs in a temporary
//! folder and ends when dropped.

use std::cell::Cell;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::generator::TARGET_CORE;
use crate::process::Running;
use crate::{http, workspace};

/// A running nginx.
pub(crate) struct Nginx {
    _running: Running,
    _folder: TempDir,
    /// How often it was asked by us, which it counts.
    asked: Cell<u64>,
    /// Where it listens, as `http://127.0.0.1:PORT`.
    pub(crate) url: String,
}

impl Nginx {
    /// Starts nginx and waits until it answers.
    pub(crate) fn start() -> Result<Nginx> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let conf = std::fs::read_to_string(workspace::root().join("bench/nginx.conf"))?;
        let folder = tempfile::tempdir()?;
        std::fs::write(
            folder.path().join("nginx.conf"),
            conf.replace("@PORT@", &port.to_string()),
        )?;
        let mut command = Command::new("taskset");
        command
            .args(["-c", TARGET_CORE, "nginx", "-c", "nginx.conf", "-p"])
            .arg(folder.path());
        let running = Running::start(command.stdout(Stdio::null()))?;
        let nginx = Nginx {
            _running: running,
            _folder: folder,
            asked: Cell::new(0),
            url: format!("http://127.0.0.1:{port}"),
        };
        let deadline = Instant::now() + Duration::from_secs(5);
        while let Err(error) = nginx.requests() {
            if Instant::now() > deadline {
                return Err(error.context("nginx does not answer"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(nginx)
    }

    /// How many requests nginx has taken so far, our own questions left out.
    pub(crate) fn requests(&self) -> Result<u64> {
        let all = self.number(2, 2)?;
        Ok(all.saturating_sub(self.asked.get()))
    }

    /// How many connections are open, without that of this question.
    pub(crate) fn connections(&self) -> Result<u64> {
        Ok(self.number(0, 2)?.saturating_sub(1))
    }

    /// A word of a line of `stub_status`.
    fn number(&self, line: usize, word: usize) -> Result<u64> {
        let status = http::get(&self.url, "/count")?;
        self.asked.set(self.asked.get() + 1);
        let words = status.lines().nth(line).map(str::split_whitespace);
        let number = words.and_then(|mut words| words.nth(word)?.parse().ok());
        number.context("stub_status has an unknown shape")
    }
}
