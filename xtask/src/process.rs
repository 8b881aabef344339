//! Programs that run beside us: servers that are ended when dropped, generators that are timed.
//!
//! In: commands. Out: running children, and at their end the CPU time that the kernel counted for
//! them and their descendants. Never leaves a child behind.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http;

/// How often a running child is looked at.
const POLL: Duration = Duration::from_millis(20);
/// How long a server may take to say where it listens.
const UP_WITHIN: Duration = Duration::from_secs(20);

/// A child that is asked to end, then made to, when dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) started: Instant,
}

/// What a child left behind.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// CPU seconds in user mode, of the child and all descendants it waited for.
    pub(crate) user_s: f64,
    /// CPU seconds in the kernel, likewise.
    pub(crate) system_s: f64,
}

impl Running {
    /// Starts `command` without a standard input.
    pub(crate) fn start(command: &mut Command) -> Result<Running> {
        let program = command.get_program().to_string_lossy().into_owned();
        let started = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start `{program}`"))?;
        Ok(Running { child, started })
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `limit` after the start for the child to end; beyond that it is killed and an error.
    pub(crate) fn wait(self, limit: Duration) -> Result<Ended> {
        while self.started.elapsed() < limit {
            if let Some(ended) = self.reap(libc::WNOHANG)? {
                std::mem::forget(self);
                return Ok(ended);
            }
            std::thread::sleep(POLL);
        }
        bail!(
            "process {} did not end within {} s",
            self.id(),
            limit.as_secs()
        );
    }

    /// Collects the child if it has ended, with what it cost.
    fn reap(&self, options: libc::c_int) -> Result<Option<Ended>> {
        let id = libc::pid_t::try_from(self.id())?;
        let mut status = 0;
        // SAFETY: `rusage` is a plain structure of numbers, for which all zeros is a value.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: both pointers lead to live locals of the right type, and `id` is our own child,
        // which nobody else waits for: `self` is consumed or dropped once it is reaped.
        let reaped = unsafe { libc::wait4(id, &raw mut status, options, &raw mut usage) };
        match reaped {
            0 => Ok(None),
            found if found == id => Ok(Some(Ended {
                status: ExitStatus::from_raw(status),
                user_s: seconds(usage.ru_utime),
                system_s: seconds(usage.ru_stime),
            })),
            _ => Err(std::io::Error::last_os_error()).context("cannot wait for a child"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let patience = Instant::now() + Duration::from_secs(5);
        let _ = Command::new("kill")
            .args(["-TERM", &self.id().to_string()])
            .status();
        while Instant::now() < patience {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(POLL),
                _ => return,
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "CPU seconds of a run are far below 2^53"
)]
fn seconds(time: libc::timeval) -> f64 {
    time.tv_sec as f64 + time.tv_usec as f64 / 1e6
}

/// A server on this machine that names its own address.
pub(crate) struct Service {
    running: Running,
    /// Where it listens, as `http://127.0.0.1:PORT`.
    pub(crate) url: String,
}

impl Service {
    /// Starts `command`, whose first lines on stdout name the address that it listens on.
    pub(crate) fn start(command: &mut Command) -> Result<Service> {
        let mut running = Running::start(command.stdout(Stdio::piped()))?;
        let stdout = running
            .child
            .stdout
            .take()
            .context("the service has no stdout")?;
        let mut lines = BufReader::new(stdout).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| url_in(&line));
        let url = url.context("the service ended without naming its address")?;
        // Its further lines are read and forgotten, so that it never waits for us.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let deadline = Instant::now() + UP_WITHIN;
        while let Err(error) = http::get(&url, "/truth") {
            if Instant::now() > deadline {
                return Err(error.context(format!("nothing answers at {url}")));
            }
            std::thread::sleep(POLL);
        }
        Ok(Service { running, url })
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.running.id()
    }
}

/// The first `http://host:port` of a line.
fn url_in(line: &str) -> Option<String> {
    let from = line.find("http://")?;
    let url = line[from..]
        .split(|letter: char| letter.is_whitespace() || "\"'<>,".contains(letter))
        .next()?;
    Some(url.trim_end_matches(['/', '.', ')']).to_owned())
}
