//! One command of a hook, from its start to its end.
//!
//! In: words, a folder, and when it shall end. Out: the end of what it wrote, or why it
//! failed. It lives in a process group of its own, so that what it has started ends with it.
//! Of what it writes only the end is kept.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use gatecrash_plan::model::HookCommand;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// So much of what a command writes is kept, bytes of the last lines.
const KEPT_BYTES: usize = 400;

/// How long what a command has left behind may keep its output open.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What shall become of the hooks that are under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wish {
    /// They go on.
    #[default]
    GoOn,
    /// They end: what runs for a time has run long enough, nothing else begins.
    End,
    /// They are cut off.
    CutOff,
}

/// Until hooks shall end.
pub(super) async fn ended(wish: &mut watch::Receiver<Wish>) {
    wished(wish, Wish::End).await;
}

/// Until that much is wished; for ever if nobody can wish any more.
pub(super) async fn wished(wish: &mut watch::Receiver<Wish>, least: Wish) {
    if wish.wait_for(|wish| *wish >= least).await.is_err() {
        std::future::pending().await
    }
}

/// A command that a plan describes.
#[derive(Debug)]
pub(super) struct Command {
    plan: HookCommand,
    folder: PathBuf,
}

impl Command {
    pub(super) fn new(plan: HookCommand, folder: PathBuf) -> Command {
        Command { plan, folder }
    }

    /// How long it runs before it is asked to end.
    pub(super) fn runs_for(&self) -> Option<Duration> {
        self.plan.runs_for
    }

    /// A file that it makes.
    pub(super) fn keep(&self) -> Option<&Path> {
        self.plan.keep.as_deref()
    }

    /// Runs it to its end; gives the end of what it wrote.
    ///
    /// # Errors
    /// Why it failed.
    pub(super) async fn perform(&self, wish: &mut watch::Receiver<Wish>) -> Result<String, String> {
        let mut child = self.start().map_err(|fault| self.not_started(&fault))?;
        let group = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let (out, errors) = (child.stdout.take(), child.stderr.take());
        let watched = self.watch(&mut child, group, wish);
        let reading = async { tokio::join!(last_words(out), last_words(errors)) };
        let mut reading = std::pin::pin!(reading);
        let mut watched = std::pin::pin!(watched);
        let (outcome, words) = tokio::select! {
            words = &mut reading => (watched.await, Some(words)),
            outcome = &mut watched => (outcome, timeout(LAST_WORDS, reading).await.ok()),
        };
        let (out, errors) = words.unwrap_or_default();
        match outcome {
            Ok(()) => Ok(if out.is_empty() { errors } else { out }),
            Err(why) if errors.is_empty() => Err(why),
            Err(why) => Err(format!("{why}: {errors}")),
        }
    }

    fn start(&self) -> io::Result<Child> {
        let (program, arguments) =
            self.plan.words.split_first().ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidInput, "there is no command")
            })?;
        tokio::process::Command::new(program)
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
    }

    fn not_started(&self, fault: &io::Error) -> String {
        let program = self.plan.words.first().map_or("", String::as_str);
        format!("{program} cannot be started: {fault}")
    }

    /// Waits for its end, and sees to it.
    async fn watch(
        &self,
        child: &mut Child,
        group: Option<Pid>,
        wish: &mut watch::Receiver<Wish>,
    ) -> Result<(), String> {
        let longest = self.plan.runs_for.unwrap_or(self.plan.timeout);
        let why = tokio::select! {
            status = child.wait() => return verdict(status),
            () = sleep(longest) => match self.plan.runs_for {
                Some(_) => None,
                None => Some(format!("not done within {longest:?}")),
            },
            () = ended(wish) => match self.plan.runs_for {
                Some(_) => None,
                None => Some("cut off, as the run was stopped".to_owned()),
            },
        };
        // One that runs for a time is asked to end, and how it does is its own business.
        let asked = why.is_none();
        if asked {
            send(group, Signal::INT);
            let whole = timeout(self.plan.timeout, child.wait());
            tokio::select! {
                ended = whole => if ended.is_ok() {
                    // What it has started in turn may not have heard.
                    send(group, Signal::KILL);
                    return Ok(());
                },
                () = wished(wish, Wish::CutOff) => {}
            }
        }
        send(group, Signal::KILL);
        let _ = child.wait().await;
        let limit = self.plan.timeout;
        Err(why.unwrap_or_else(|| format!("did not end within {limit:?} of being asked to")))
    }
}

fn verdict(status: io::Result<ExitStatus>) -> Result<(), String> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(match status.code() {
            Some(code) => format!("exit code {code}"),
            None => status.to_string(),
        }),
        Err(fault) => Err(format!("nobody knows how it ended: {fault}")),
    }
}

/// A signal for all processes of a group; one that is gone needs none.
fn send(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        let _ = kill_process_group(group, signal);
    }
}

/// The end of what comes, as text in one line.
async fn last_words(from: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut from) = from else {
        return String::new();
    };
    let (mut kept, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = from.read(&mut piece).await {
        kept.extend_from_slice(&piece[..count]);
        let beyond = kept.len().saturating_sub(KEPT_BYTES);
        kept.drain(..beyond);
    }
    let text = String::from_utf8_lossy(&kept);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join(" ").trim().to_owned()
}
