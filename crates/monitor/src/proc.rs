//! Numbers of Linux' `/proc`: processes and the machine.
//!
//! In: the folder, which a test may have made itself. Out: counters as the kernel has them.
//! Never: a rate; two readings make one.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the kernel has its numbers.
#[derive(Clone, Debug)]
pub struct Proc {
    root: PathBuf,
}

/// What is known of a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProcessStat {
    /// When it began, ticks since the machine did: with its number the process itself.
    pub started_ticks: u64,
    /// CPU time in user and kernel mode, seconds.
    pub cpu_s: f64,
    /// Threads.
    pub threads: u64,
    /// Resident memory, bytes.
    pub resident_bytes: u64,
}

/// CPU time of all cores, in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostCpu {
    /// All of it.
    pub all: u64,
    /// Idle, or waiting for storage.
    pub idle: u64,
    /// Given to other guests by the hypervisor.
    pub steal: u64,
}

/// TCP segments of this machine (RFC 4022: `tcpOutSegs`, `tcpRetransSegs`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    /// Sent for the first time.
    pub sent: u64,
    /// Sent again.
    pub retransmitted: u64,
}

impl Segments {
    /// The share that was sent again since; `None` where nothing was sent.
    pub fn retransmitted_since(self, begin: Segments) -> Option<f64> {
        let sent = self.sent.saturating_sub(begin.sent);
        let again = self.retransmitted.saturating_sub(begin.retransmitted);
        (sent > 0).then(|| again as f64 / sent as f64)
    }
}

/// The state of a socket that listens, in `/proc/net/tcp`.
const LISTENS: &str = "0A";

impl Default for Proc {
    fn default() -> Proc {
        Proc::at("/proc")
    }
}

impl Proc {
    /// The numbers below this folder.
    pub fn at(root: impl Into<PathBuf>) -> Proc {
        Proc { root: root.into() }
    }

    fn read(&self, name: &str) -> io::Result<String> {
        fs::read_to_string(self.root.join(name))
    }

    /// All processes.
    pub fn pids(&self) -> Vec<u32> {
        let Ok(entries) = fs::read_dir(&self.root) else {
            return Vec::new();
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter_map(|name| name.parse().ok()).collect()
    }

    /// What is known of a process (proc_pid_stat(5)).
    ///
    /// # Errors
    /// When there is no such process.
    pub fn process(&self, pid: u32) -> io::Result<ProcessStat> {
        let stat = self.read(&format!("{pid}/stat"))?;
        let parsed = process_stat(&stat, ticks_per_s(), page_bytes());
        parsed.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "unknown form"))
    }

    /// Whether a process goes by this name: its own, that of its program, or that of the
    /// script that its program runs.
    pub fn is_called(&self, pid: u32, name: &str) -> bool {
        let comm = self.read(&format!("{pid}/comm")).unwrap_or_default();
        if comm.trim_end() == name {
            return true;
        }
        let line = fs::read(self.root.join(format!("{pid}/cmdline"))).unwrap_or_default();
        let words = line.split(|&byte| byte == 0).take(2);
        words.map(String::from_utf8_lossy).any(|word| {
            Path::new(&*word)
                .file_name()
                .is_some_and(|last| last == name)
        })
    }

    /// The name of the program that a process runs, without its folder; nothing of one that
    /// may not be looked at.
    pub fn program(&self, pid: u32) -> Option<String> {
        let path = fs::read_link(self.root.join(format!("{pid}/exe"))).ok()?;
        Some(path.file_name()?.to_string_lossy().into_owned())
    }

    /// The process that began this one (proc_pid_stat(5): ppid).
    pub fn parent(&self, pid: u32) -> Option<u32> {
        let stat = self.read(&format!("{pid}/stat")).ok()?;
        let (_, behind) = stat.rsplit_once(')')?;
        behind.split_whitespace().nth(1)?.parse().ok()
    }

    /// A setting of the kernel, such as `kernel/perf_event_paranoid` (proc_sys(5)).
    pub fn setting(&self, name: &str) -> Option<String> {
        let value = self.read(&format!("sys/{name}")).ok()?;
        Some(value.trim().to_owned())
    }

    /// How many file descriptors a process has open; `None` where that is not told.
    pub fn open_files(&self, pid: u32) -> Option<u64> {
        let folder = self.root.join(format!("{pid}/fd"));
        // Linux from 6.2 on tells their number as the size of the folder.
        let told = fs::metadata(&folder).ok()?.len();
        match told {
            0 => Some(fs::read_dir(folder).ok()?.count() as u64),
            told => Some(told),
        }
    }

    /// Bytes that storage had to read and write for a process (proc_pid_io(5)); `None` where
    /// that is not told, as of processes of others.
    pub fn storage_bytes(&self, pid: u32) -> Option<(u64, u64)> {
        let io = self.read(&format!("{pid}/io")).ok()?;
        Some((field(&io, "read_bytes:")?, field(&io, "write_bytes:")?))
    }

    /// All processes that listen at a TCP port; those of others only where that is allowed.
    pub fn listeners(&self, port: u16) -> Vec<u32> {
        let sockets = self.listening_sockets(port);
        let has_one = |pid: &u32| {
            let Ok(entries) = fs::read_dir(self.root.join(format!("{pid}/fd"))) else {
                return false;
            };
            let links = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
            let mut links = links.filter_map(|link| socket_of(link.to_str()?));
            links.any(|socket| sockets.contains(&socket))
        };
        match sockets.is_empty() {
            true => Vec::new(),
            false => self.pids().into_iter().filter(has_one).collect(),
        }
    }

    /// The inodes of the sockets that listen at a port.
    fn listening_sockets(&self, port: u16) -> HashSet<u64> {
        let tables = ["net/tcp", "net/tcp6"].map(|name| self.read(name).unwrap_or_default());
        let lines = tables.iter().flat_map(|table| table.lines().skip(1));
        lines.filter_map(|line| listening(line, port)).collect()
    }

    /// CPU time of all cores (proc_stat(5)).
    pub fn cpu(&self) -> Option<HostCpu> {
        let stat = self.read("stat").ok()?;
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<u64> = line
            .split_whitespace()
            .map_while(|n| n.parse().ok())
            .collect();
        let at = |place: usize| ticks.get(place).copied().unwrap_or(0);
        Some(HostCpu {
            // Guests' time, which comes after steal, is in user time already.
            all: ticks.iter().take(8).sum(),
            idle: at(3) + at(4),
            steal: at(7),
        })
    }

    /// Memory that is there and that can still be had, bytes (proc_meminfo(5)).
    pub fn memory(&self) -> Option<(u64, u64)> {
        let info = self.read("meminfo").ok()?;
        let kib = |key| field(&info, key).map(|kib| kib * 1024);
        Some((kib("MemTotal:")?, kib("MemAvailable:")?))
    }

    /// Bytes received and sent by all interfaces but the loopback.
    pub fn traffic(&self) -> Option<(u64, u64)> {
        let table = self.read("net/dev").ok()?;
        let rows = table.lines().filter_map(|line| line.split_once(':'));
        let mut sum = (0, 0);
        for (_, numbers) in rows.filter(|(name, _)| name.trim() != "lo") {
            let numbers: Vec<u64> = numbers
                .split_whitespace()
                .map_while(|number| number.parse().ok())
                .collect();
            sum.0 += numbers.first()?;
            sum.1 += numbers.get(8)?;
        }
        Some(sum)
    }

    /// TCP segments of this machine; `None` where the kernel does not tell.
    pub fn segments(&self) -> Option<Segments> {
        segments(&self.read("net/snmp").ok()?)
    }
}

/// The number behind a key that begins a line.
fn field(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.split_whitespace().next()?.parse().ok()
}

fn segments(snmp: &str) -> Option<Segments> {
    let mut lines = snmp.lines().filter(|line| line.starts_with("Tcp:"));
    let names = lines.next()?.split_whitespace();
    let values: Vec<&str> = lines.next()?.split_whitespace().collect();
    let place = |wanted: &str| names.clone().position(|name| name == wanted);
    let value = |name: &str| values.get(place(name)?)?.parse().ok();
    Some(Segments {
        sent: value("OutSegs")?,
        retransmitted: value("RetransSegs")?,
    })
}

/// A line of `/proc/PID/stat`. The program's name, in brackets, may hold anything.
fn process_stat(stat: &str, ticks_per_s: f64, page_bytes: u64) -> Option<ProcessStat> {
    let (_, behind) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = behind.split_whitespace().collect();
    // Fields are counted from 1 in the manual, and the first of these is the third there.
    let number = |place: usize| fields.get(place - 3)?.parse::<u64>().ok();
    let cpu_ticks = number(14)? + number(15)?;
    Some(ProcessStat {
        started_ticks: number(22)?,
        cpu_s: cpu_ticks as f64 / ticks_per_s,
        threads: number(20)?,
        resident_bytes: number(24)? * page_bytes,
    })
}

/// The inode of a socket that a line of `/proc/net/tcp` shows listening at a port.
fn listening(line: &str, port: u16) -> Option<u64> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (_, local) = fields.get(1)?.rsplit_once(':')?;
    let is_it = u16::from_str_radix(local, 16) == Ok(port) && *fields.get(3)? == LISTENS;
    is_it.then(|| fields.get(9)?.parse().ok()).flatten()
}

/// The inode of `socket:[4711]`.
fn socket_of(link: &str) -> Option<u64> {
    let inode = link.strip_prefix("socket:[")?.strip_suffix(']')?;
    inode.parse().ok()
}

/// Ticks of the kernel's clock in a second (`_SC_CLK_TCK`).
fn ticks_per_s() -> f64 {
    rustix::param::clock_ticks_per_second() as f64
}

fn page_bytes() -> u64 {
    rustix::param::page_size() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_may_have_any_name() {
        let stat =
            "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 9000 1000 42 rest";
        let expected = ProcessStat {
            started_ticks: 9000,
            cpu_s: 3.0,
            threads: 3,
            resident_bytes: 42 * 4096,
        };
        assert_eq!(process_stat(stat, 100.0, 4096), Some(expected));
        assert_eq!(process_stat("7 (a) S 1", 100.0, 4096), None);
    }

    #[test]
    fn this_process_is_found_by_its_port() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = socket.local_addr().expect("bound").port();
        let own = std::process::id();
        assert_eq!(Proc::default().listeners(port), vec![own]);
        drop(socket);
        assert_eq!(Proc::default().listeners(port), Vec::<u32>::new());
    }

    #[test]
    fn open_files_are_counted() {
        let proc = Proc::default();
        let own = std::process::id();
        let before = proc.open_files(own).expect("told");
        let held: Vec<_> = (0..40).map(|_| fs::File::open("/dev/null")).collect();
        // Other tests open and close files meanwhile.
        assert!(proc.open_files(own).expect("told") + 20 > before + 40);
        drop(held);
    }

    #[test]
    fn retransmissions_are_a_share_of_what_was_sent() {
        let snmp = |sent: u64, again: u64| {
            let text =
                format!("Ip: X\nIp: 1\nTcp: RtoMin OutSegs RetransSegs\nTcp: 200 {sent} {again}\n");
            segments(&text).expect("three fields")
        };
        assert_eq!(snmp(300, 7).retransmitted_since(snmp(100, 5)), Some(0.01));
        assert_eq!(snmp(100, 5).retransmitted_since(snmp(100, 5)), None);
        assert_eq!(segments("Tcp: OutSegs\nTcp: 1\n"), None);
    }

    /// A machine that a test has made.
    #[test]
    fn the_machine_is_read() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        write("stat", "cpu  10 0 20 60 5 0 1 4 2 0\ncpu0 1 1 1 1\n");
        write(
            "meminfo",
            "MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable: 400 kB\n",
        );
        let dev = "Inter-| x\n face | y\n    lo: 9 1 0 0 0 0 0 0 9 1\n  eth0: 100 1 0 0 0 0 0 0 70 1\n eth1:5 1 0 0 0 0 0 0 6 1\n";
        write("net/dev", dev);
        let proc = Proc::at(root.path());
        let cpu = HostCpu {
            all: 100,
            idle: 65,
            steal: 4,
        };
        assert_eq!(proc.cpu(), Some(cpu));
        assert_eq!(proc.memory(), Some((1_024_000, 409_600)));
        assert_eq!(proc.traffic(), Some((105, 76)));
        assert_eq!(proc.segments(), None);
    }
}
