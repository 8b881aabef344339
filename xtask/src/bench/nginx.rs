//! nginx as the target: pinned to its core, counting what it answered.
//!
//! In: `bench/nginx.conf`. Out: an address, and the number of requests so far. Runs in a temporary
//! folder and ends when dropped.

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

    /// How many requests nginx has taken so far, this question included.
    pub(crate) fn requests(&self) -> Result<u64> {
        let status = http::get(&self.url, "/count")?;
        let numbers = status
            .lines()
            .nth(2)
            .context("stub_status has an unknown shape")?;
        let requests = numbers
            .split_whitespace()
            .nth(2)
            .and_then(|number| number.parse().ok());
        requests.context("stub_status has an unknown shape")
    }
}
