//! Flame graphs of processes, by the tools that sample stacks.
//!
//! In: which processes, and a tool. Out: the words that run the tool, what its samples look
//! like, and a clear word where something stands in the way. Never: a tool that is run for
//! its time; whoever does that says when it ends.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use gatecrash_metrics::watch::{ProcessBy, Profile, Sampler};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::time::timeout;

use crate::command::Group;
use crate::flame;
use crate::proc::Proc;
use crate::process::{find, nobody};
use crate::stacks::{PerfLines, Stacks};

/// Samples per second. Not 100, so as not to beat with what a program does so often.
const PER_SECOND: &str = "99";

/// `perf` writes so much at most.
const DATA_MAX: &str = "256M";

/// So much of what py-spy has written is read, bytes.
const FOLDED_MAX: u64 = 64 << 20;

/// So much of a line is read, bytes.
const LINE_MAX: u64 = 64 << 10;

/// Processes at once at most: they stand in the words of the tool.
const PIDS_MAX: usize = 500;

/// How long a tool may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long `perf script` may take.
const READING: Duration = Duration::from_secs(60);

/// Processes that are to be sampled.
#[derive(Debug)]
pub struct Aim {
    by: ProcessBy,
    pids: Vec<u32>,
    /// All of them run Python.
    is_python: bool,
    /// Those that none of the others has begun.
    roots: Vec<u32>,
}

impl Aim {
    /// Looks who fits now.
    ///
    /// # Errors
    /// That nobody does.
    pub fn at(by: &ProcessBy) -> Result<Aim, String> {
        Aim::among(by, &Proc::default())
    }

    fn among(by: &ProcessBy, proc: &Proc) -> Result<Aim, String> {
        let mut pids = find(by, proc);
        pids.retain(|pid| proc.process(*pid).is_ok());
        if pids.is_empty() {
            return Err(nobody(by, false));
        }
        if pids.len() > PIDS_MAX {
            let count = pids.len();
            return Err(format!(
                "{count} processes fit, and {PIDS_MAX} can be sampled: give a `pid`"
            ));
        }
        let runs_python = |pid: &u32| {
            let program = proc.program(*pid);
            program.is_some_and(|name| name.starts_with("python"))
        };
        let is_root = |pid: &&u32| proc.parent(**pid).is_none_or(|one| !pids.contains(&one));
        Ok(Aim {
            by: by.clone(),
            is_python: pids.iter().all(runs_python),
            roots: pids.iter().filter(is_root).copied().collect(),
            pids,
        })
    }

    /// The tool that fits and is there: the one that is asked for; else py-spy for Python,
    /// and `perf` for the rest.
    ///
    /// # Errors
    /// Why none can be used.
    pub async fn sampler(&self, asked: Option<Sampler>) -> Result<Sampler, String> {
        let is_one = self.roots.len() == 1;
        if asked == Some(Sampler::PySpy) && !is_one {
            let count = self.roots.len();
            return Err(format!(
                "py-spy samples one process and what it has begun, and {count} fit: give a `pid`, or `tool: perf`"
            ));
        }
        if let Some(asked) = asked {
            return run_here(asked).await.map(|()| asked);
        }
        let may_spy = self.is_python && is_one;
        if may_spy && run_here(Sampler::PySpy).await.is_ok() {
            return Ok(Sampler::PySpy);
        }
        match run_here(Sampler::Perf).await {
            Ok(()) => Ok(Sampler::Perf),
            Err(why) if may_spy => Err(format!("{why}; nor is py-spy there")),
            Err(why) => Err(why),
        }
    }

    /// The words that sample them for a time into a file. They end by themselves then, so that
    /// nothing is left behind by a run that is killed.
    pub fn words(
        &self,
        sampler: Sampler,
        clock: Clock,
        lasts: Duration,
        file: &Path,
    ) -> Vec<String> {
        let lasts_s = lasts.as_secs_f64().ceil().to_string();
        let file = file.display().to_string();
        let pids: Vec<String> = self.pids.iter().map(u32::to_string).collect();
        let root = self.roots.first().map_or_else(String::new, u32::to_string);
        let mut words = match sampler {
            // Without `-N` it would copy what it meets into the user's folder.
            Sampler::Perf => vec![
                "perf",
                "record",
                "-N",
                "-F",
                PER_SECOND,
                "-g",
                "--max-size",
                DATA_MAX,
                "-o",
                &file,
            ],
            Sampler::PySpy => vec![
                "py-spy",
                "record",
                "--format",
                "raw",
                "--rate",
                PER_SECOND,
                "-o",
                &file,
                "--pid",
                &root,
                "--duration",
                &lasts_s,
            ],
        };
        let pids = pids.join(",");
        match sampler {
            Sampler::Perf if clock == Clock::Software => words.extend(["-e", "cpu-clock"]),
            Sampler::PySpy if self.pids.len() > 1 => words.push("--subprocesses"),
            Sampler::Perf | Sampler::PySpy => {}
        }
        if sampler == Sampler::Perf {
            words.extend(["-p", &pids, "--", "sleep", &lasts_s]);
        }
        words.into_iter().map(str::to_owned).collect()
    }

    /// Why a tool failed that ended with these words.
    pub fn why(&self, sampler: Sampler, said: &str) -> String {
        self.why_among(sampler, said, &Proc::default())
    }

    fn why_among(&self, sampler: Sampler, said: &str, proc: &Proc) -> String {
        if !self.pids.iter().any(|pid| proc.process(*pid).is_ok()) {
            return nobody(&self.by, true);
        }
        let is_forbidden = ["ermission", "ermitted", "perf_event_paranoid"]
            .iter()
            .any(|word| said.contains(word));
        let setting = |name: &str| proc.setting(name).unwrap_or_else(|| "unknown".to_owned());
        match sampler {
            _ if !is_forbidden => format!("{}: {said}", sampler.program()),
            Sampler::Perf => format!(
                "perf may not look at {}: run as root, or as its user after `sysctl kernel.perf_event_paranoid=1` (it is {}); in a container by CAP_PERFMON",
                self.by,
                setting("kernel/perf_event_paranoid")
            ),
            Sampler::PySpy => format!(
                "py-spy may not look at {}: run as root, or as its user after `sysctl kernel.yama.ptrace_scope=0` (it is {}); in a container by CAP_SYS_PTRACE",
                self.by,
                setting("kernel/yama/ptrace_scope")
            ),
        }
    }
}

/// What tells `perf` that it is time for a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// What it likes best: the cycles of the CPU, where they are counted.
    Own,
    /// A timer of the kernel, as on many virtual machines.
    Software,
}

/// Whether `perf` has failed because the machine counts no cycles.
pub fn needs_software_clock(sampler: Sampler, said: &str) -> bool {
    sampler == Sampler::Perf && said.contains("not supported")
}

/// Reads what a tool has sampled; gives a picture, and what it is in words.
///
/// # Errors
/// That there is nothing, or that it cannot be read.
pub async fn picture(
    sampler: Sampler,
    file: &Path,
    profile: &Profile,
) -> Result<(String, String), String> {
    let stacks = match sampler {
        Sampler::Perf => perf_stacks(file).await?,
        Sampler::PySpy => folded_stacks(file).map_err(|fault| not_read(sampler, &fault))?,
    };
    if stacks.samples() == 0 {
        return Err(format!(
            "{} has no samples: {} used no CPU",
            sampler.program(),
            profile.process
        ));
    }
    let told = format!(
        "{} by {}",
        flame::counted(stacks.samples()),
        sampler.program()
    );
    let title = format!("{}: {told}", profile.process);
    Ok((flame::svg(&stacks, &title), told))
}

fn not_read(sampler: Sampler, fault: &io::Error) -> String {
    format!("what {} sampled cannot be read: {fault}", sampler.program())
}

fn folded_stacks(file: &Path) -> io::Result<Stacks> {
    let mut bytes = Vec::new();
    File::open(file)?.take(FOLDED_MAX).read_to_end(&mut bytes)?;
    let mut stacks = Stacks::new("all");
    let text = String::from_utf8_lossy(&bytes);
    text.lines().for_each(|line| stacks.add_folded(line));
    Ok(stacks)
}

async fn perf_stacks(file: &Path) -> Result<Stacks, String> {
    let mut child = tokio::process::Command::new("perf")
        // Functions that a compiler has put into others are looked for by a slow program.
        .args(["script", "--no-inline", "-F", "comm,ip,sym,dso", "-i"])
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|fault| not_read(Sampler::Perf, &fault))?;
    let group = Group::of(&child);
    let (mut stacks, mut lines) = (Stacks::new("all"), PerfLines::default());
    let out = child.stdout.take();
    let reading = each_line(out, |line| lines.take(line, &mut stacks));
    let done = timeout(READING, reading).await;
    drop(group);
    match done {
        Ok(Ok(())) => {}
        Ok(Err(fault)) => return Err(not_read(Sampler::Perf, &fault)),
        Err(_) => {
            let limit_s = READING.as_secs();
            return Err(format!("`perf script` was not done within {limit_s} s"));
        }
    }
    lines.end(&mut stacks);
    Ok(stacks)
}

/// Tells each line; a very long one in pieces.
async fn each_line(
    from: Option<impl AsyncRead + Unpin>,
    mut tell: impl FnMut(&str),
) -> io::Result<()> {
    let Some(from) = from else { return Ok(()) };
    let (mut reader, mut line) = (BufReader::new(from), Vec::new());
    loop {
        line.clear();
        let mut piece = (&mut reader).take(LINE_MAX);
        if piece.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        tell(String::from_utf8_lossy(&line).trim_end_matches('\n'));
    }
}

/// Asks a tool for its version.
async fn run_here(sampler: Sampler) -> Result<(), String> {
    let program = sampler.program();
    let asked = tokio::process::Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status();
    let package = match sampler {
        Sampler::Perf => "the package linux-perf, perf or linux-tools of your system",
        Sampler::PySpy => "pip install py-spy",
    };
    match timeout(PATIENCE, asked).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(_)) => Err(format!(
            "{program} does not run here: see `{program} --version`"
        )),
        Ok(Err(fault)) if fault.kind() == io::ErrorKind::NotFound => {
            Err(format!("{program} is not installed ({package})"))
        }
        Ok(Err(fault)) => Err(format!("{program} cannot be started: {fault}")),
        Err(_) => Err(format!("{program} does not answer")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A machine with these processes: number, parent and program.
    fn machine(processes: &[(u32, u32, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for (pid, parent, program) in processes {
            let folder = root.path().join(pid.to_string());
            fs::create_dir_all(&folder).expect("made");
            let stat =
                format!("{pid} (api) S {parent} 1 1 0 -1 0 0 0 0 0 5 0 0 0 20 0 2 0 50 1 10 0");
            fs::write(folder.join("stat"), stat).expect("written");
            fs::write(folder.join("comm"), "api\n").expect("written");
            symlink(format!("/usr/bin/{program}"), folder.join("exe")).expect("linked");
        }
        root
    }

    fn aim(processes: &[(u32, u32, &str)]) -> (Aim, tempfile::TempDir) {
        let root = machine(processes);
        let by = ProcessBy::Name("api".to_owned());
        let aim = Aim::among(&by, &Proc::at(root.path())).expect("there");
        (aim, root)
    }

    const TEN: Duration = Duration::from_millis(9_300);

    #[test]
    fn py_spy_takes_the_parent_with_its_workers() {
        let workers = [
            (10, 1, "python3.11"),
            (11, 10, "python3.11"),
            (12, 10, "python3.11"),
        ];
        let (aim, _root) = aim(&workers);
        assert!(aim.is_python);
        let words = aim.words(Sampler::PySpy, Clock::Own, TEN, Path::new("/r/x"));
        let expected =
            "py-spy record --format raw --rate 99 -o /r/x --pid 10 --duration 10 --subprocesses";
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn perf_takes_all_that_fit() {
        let (aim, _root) = aim(&[(10, 1, "nginx"), (13, 1, "python3")]);
        assert!(!aim.is_python);
        let mut pids = aim.pids.clone();
        pids.sort_unstable();
        assert_eq!(pids, [10, 13]);
        let one = Aim {
            pids: vec![10, 13],
            ..aim
        };
        let words = one.words(Sampler::Perf, Clock::Software, TEN, Path::new("/r/x"));
        let expected =
            "perf record -N -F 99 -g --max-size 256M -o /r/x -e cpu-clock -p 10,13 -- sleep 10";
        assert_eq!(words.join(" "), expected);
    }

    #[tokio::test]
    async fn py_spy_does_not_choose_among_strangers() {
        let (aim, _root) = aim(&[(10, 1, "python3"), (13, 1, "python3")]);
        let why = aim.sampler(Some(Sampler::PySpy)).await.expect_err("two");
        assert!(why.contains("and 2 fit: give a `pid`"), "{why}");
    }

    #[test]
    fn what_stands_in_the_way_is_told_clearly() {
        let (aim, root) = aim(&[(10, 1, "api")]);
        let proc = Proc::at(root.path());
        fs::create_dir_all(root.path().join("sys/kernel")).expect("made");
        fs::write(root.path().join("sys/kernel/perf_event_paranoid"), "4\n").expect("written");
        let why = |sampler, said: &str| aim.why_among(sampler, said, &proc);
        let told = why(
            Sampler::Perf,
            "exit code 255: … perf_event_paranoid setting is 4",
        );
        assert!(
            told.starts_with("perf may not look at api: run as root"),
            "{told}"
        );
        assert!(told.contains("(it is 4)"), "{told}");
        let told = why(
            Sampler::PySpy,
            "exit code 1: Error: Operation not permitted",
        );
        assert!(told.contains("ptrace_scope=0` (it is unknown)"), "{told}");
        assert_eq!(
            why(Sampler::Perf, "exit code 1: odd"),
            "perf: exit code 1: odd"
        );
        fs::remove_dir_all(root.path().join("10")).expect("removed");
        assert_eq!(why(Sampler::Perf, "odd"), "no process called api is left");
        let nobody = Aim::among(&ProcessBy::Pid(10), &proc).expect_err("gone");
        assert_eq!(nobody, "there is no process 10");
    }

    #[test]
    fn cycles_that_are_not_counted_ask_for_another_clock() {
        assert!(needs_software_clock(
            Sampler::Perf,
            "The cycles event is not supported."
        ));
        assert!(!needs_software_clock(Sampler::PySpy, "not supported"));
    }
}
