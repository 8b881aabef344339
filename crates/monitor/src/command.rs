//! A program that prints numbers.
//!
//! In: its words, and which names it prints. Out: a value for each. It is run anew for every
//! reading; time and output have limits, and what it started ends with it.

use std::collections::HashMap;
use std::process::Stdio;
use std::time::Duration;

use gatecrash_metrics::watch::{Command, SINGLE};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::time::timeout;

use crate::series::number;
use crate::source::{Readings, Value};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// So much of what it prints is read, bytes.
const OUTPUT_MAX: u64 = 64 << 10;

/// So much of what it says is told, characters.
const TOLD_MAX: usize = 200;

/// A program that is watched.
#[derive(Debug)]
pub(crate) struct Program {
    command: Command,
}

impl Program {
    pub(crate) fn new(command: &Command) -> Program {
        Program {
            command: command.clone(),
        }
    }

    pub(crate) async fn read(&self) -> Result<Readings, String> {
        let mut child = self.start()?;
        let group = Group::of(&child);
        let ended = timeout(PATIENCE, finish(&mut child)).await;
        drop(group);
        let Ok(ended) = ended else {
            return Err(format!("it was not done within {} s", PATIENCE.as_secs()));
        };
        let (printed, said, status) = ended.map_err(|fault| fault.to_string())?;
        if !status.success() {
            let said: String = said.trim().chars().take(TOLD_MAX).collect();
            let code = status
                .code()
                .map_or_else(|| status.to_string(), |c| format!("exit code {c}"));
            return Err(if said.is_empty() {
                code
            } else {
                format!("{code}: {said}")
            });
        }
        self.values(&printed)
    }

    fn start(&self) -> Result<Child, String> {
        let (program, arguments) = self
            .command
            .words
            .split_first()
            .ok_or("there is no command")?;
        tokio::process::Command::new(program)
            .args(arguments)
            .current_dir(&self.command.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|fault| format!("{program} cannot be started: {fault}"))
    }

    /// A value for each name: lines of a name and a number, or a number alone.
    fn values(&self, printed: &str) -> Result<Readings, String> {
        let mut found: HashMap<&str, f64> = HashMap::new();
        for line in printed
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let (name, text) = match line.rsplit_once([' ', '\t', '=', ':']) {
                Some((name, text)) => (name.trim_end_matches([' ', '\t', '=', ':']), text),
                None => (SINGLE, line),
            };
            let value = number(text).ok_or_else(|| {
                let line: String = line.chars().take(TOLD_MAX).collect();
                format!("it printed `{line}`, which does not end with a number")
            })?;
            found.insert(name, value);
        }
        let value = |name: &str| match found.get(name) {
            Some(value) if value.is_finite() => Value::Known(*value),
            Some(value) => Value::Gap(format!("{name} is {value}")),
            None if name == SINGLE => Value::Gap("it printed no number alone".to_owned()),
            None => Value::Gap(format!("it printed no `{name}`")),
        };
        let gives = self.command.gives.iter();
        Ok(gives.map(|(name, _)| value(name)).collect())
    }
}

/// A group of processes that ends with this.
pub(crate) struct Group(Option<Pid>);

impl Group {
    /// That of a process that was started as the first of its own.
    pub(crate) fn of(child: &Child) -> Group {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Group(id.and_then(Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // One that is gone needs no signal.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

async fn finish(child: &mut Child) -> std::io::Result<(String, String, std::process::ExitStatus)> {
    let (out, errors) = (child.stdout.take(), child.stderr.take());
    let (out, errors, status) = tokio::join!(text(out), text(errors), child.wait());
    Ok((out?, errors?, status?))
}

/// The beginning of what comes; the rest is read and thrown away, so that nobody blocks.
async fn text(from: Option<impl AsyncRead + Unpin>) -> std::io::Result<String> {
    let Some(mut from) = from else {
        return Ok(String::new());
    };
    let mut kept = Vec::new();
    (&mut from).take(OUTPUT_MAX).read_to_end(&mut kept).await?;
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok(String::from_utf8_lossy(&kept).into_owned())
}

#[cfg(test)]
mod tests {
    use gatecrash_metrics::Unit;

    use super::*;

    /// What a line of shell gives.
    fn run(script: &str, names: &[&str]) -> Result<Readings, String> {
        let program = Program::new(&Command {
            words: ["sh", "-c", script].map(str::to_owned).to_vec(),
            folder: "/".into(),
            gives: names
                .iter()
                .map(|name| ((*name).to_owned(), Unit::Count))
                .collect(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(program.read())
    }

    #[test]
    fn numbers_are_read_by_their_names() {
        let readings = run(
            "printf 'a 1\\nb= 2.5\\nqueue depth: 7\\n\\n'",
            &["b", "queue depth", "c"],
        );
        let expected = [
            Value::Known(2.5),
            Value::Known(7.0),
            Value::Gap("it printed no `c`".to_owned()),
        ];
        assert_eq!(readings.expect("it runs"), expected);
        assert_eq!(
            run("echo 42", &[SINGLE]).expect("it runs"),
            [Value::Known(42.0)]
        );
    }

    #[test]
    fn what_goes_wrong_is_told() {
        let told = |script: &str| run(script, &["a"]).expect_err(script);
        assert_eq!(told("echo no data >&2; exit 3"), "exit code 3: no data");
        assert!(told("echo a many").contains("a many"));
        assert!(told("kill -9 $$").contains("signal"));
    }

    #[test]
    fn a_flood_has_a_limit() {
        let readings = run(
            "echo 1; head -c 3000000 /dev/zero | tr '\\0' '\\n'",
            &[SINGLE],
        );
        assert_eq!(readings.expect("it runs"), [Value::Known(1.0)]);
    }
}
