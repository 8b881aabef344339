//! Control groups of Linux, version 1 and 2: what a group has used and what held it back.
//!
//! In: the folder where they are mounted, and a group. Out: counters as the kernel has them
//! (cgroup-v2, cgroup-v1/cpuacct and memory of the kernel's documentation). No daemon is
//! asked: the files tell.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where control groups are mounted.
pub const ROOT: &str = "/sys/fs/cgroup";

/// A limit from here on is none: version 1 writes the largest multiple of a page.
const NO_LIMIT: u64 = 1 << 60;

/// The files of one group.
#[derive(Clone, Debug)]
pub struct Cgroup {
    /// Folders in which its files may be, the likeliest first.
    folders: Vec<PathBuf>,
}

/// Which controllers of version 1 have files that are read here.
const CONTROLLERS: [&str; 4] = ["cpu", "cpuacct", "cpu,cpuacct", "memory"];

impl Cgroup {
    /// The group of a process, by the text of its `/proc/PID/cgroup`. In a container that sees
    /// only its own group this is the root.
    pub fn of_process(root: &Path, told: &str) -> Cgroup {
        let mut folders = Vec::new();
        for line in told.lines() {
            let mut fields = line.splitn(3, ':');
            let (Some(_), Some(controllers), Some(group)) =
                (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let group = group.trim_start_matches('/');
            let mounts: Vec<&str> = match controllers {
                "" => vec!["", "unified"],
                _ if controllers.split(',').any(|one| CONTROLLERS.contains(&one)) => {
                    let of = controllers.split(',').chain([controllers]);
                    of.chain(["cpu,cpuacct"]).collect()
                }
                _ => continue,
            };
            for mount in mounts {
                folders.push(root.join(mount).join(group));
                folders.push(root.join(mount));
            }
        }
        Cgroup {
            folders: existing(folders),
        }
    }

    /// The group at a path below the mounts of all controllers.
    pub fn at(root: &Path, path: &Path) -> Option<Cgroup> {
        let path = path.strip_prefix(root).unwrap_or(path);
        let path = path.strip_prefix("/").unwrap_or(path);
        let mounts = ["", "unified"].into_iter().chain(CONTROLLERS);
        let mut folders: Vec<PathBuf> = mounts.map(|mount| root.join(mount).join(path)).collect();
        // Somebody may name the folder of one controller, who means the group in all of them.
        if let Some((controller, rest)) = first_of(path)
            && CONTROLLERS.contains(&controller)
        {
            folders.extend(CONTROLLERS.map(|mount| root.join(mount).join(&rest)));
        }
        let folders = existing(folders);
        (!folders.is_empty()).then_some(Cgroup { folders })
    }

    /// Whether the group is still there.
    pub fn exists(&self) -> bool {
        self.folders.iter().any(|folder| folder.is_dir())
    }

    /// What the files of this name say, in the order of the folders.
    fn texts(&self, name: &str) -> impl Iterator<Item = String> {
        let files = self.folders.iter().map(move |folder| folder.join(name));
        files.filter_map(|file| fs::read_to_string(file).ok())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.texts(name).next()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.trim().parse().ok()
    }

    /// A number behind its key in a file of such lines.
    fn keyed(&self, name: &str, key: &str) -> Option<u64> {
        // `cpu.stat` may stand in several hierarchies, and only one of them says this.
        self.texts(name).find_map(|text| keyed(&text, key))
    }

    /// CPU time of all its processes.
    pub fn cpu_time(&self) -> Option<Duration> {
        let new = self
            .keyed("cpu.stat", "usage_usec")
            .map(Duration::from_micros);
        let old = || self.number("cpuacct.usage").map(Duration::from_nanos);
        new.or_else(old)
    }

    /// For how long its CPU limit held it still.
    pub fn throttled_time(&self) -> Option<Duration> {
        self.texts("cpu.stat").find_map(|text| {
            let new = keyed(&text, "throttled_usec").map(Duration::from_micros);
            new.or_else(|| keyed(&text, "throttled_time").map(Duration::from_nanos))
        })
    }

    /// Memory in use without file pages that can be had back, bytes.
    pub fn memory_bytes(&self) -> Option<u64> {
        let used = self
            .number("memory.current")
            .or_else(|| self.number("memory.usage_in_bytes"))?;
        let stat = self.text("memory.stat").unwrap_or_default();
        let inactive =
            keyed(&stat, "total_inactive_file").or_else(|| keyed(&stat, "inactive_file"));
        Some(used.saturating_sub(inactive.unwrap_or(0)))
    }

    /// The most memory that it may use, bytes; `None` without such a limit.
    pub fn memory_limit_bytes(&self) -> Option<u64> {
        let new = self.number("memory.max");
        let limit = new.or_else(|| self.number("memory.limit_in_bytes"))?;
        (limit < NO_LIMIT).then_some(limit)
    }

    /// How many of its processes were killed for want of memory.
    pub fn oom_kills(&self) -> Option<u64> {
        let new = self.keyed("memory.events", "oom_kill");
        new.or_else(|| self.keyed("memory.oom_control", "oom_kill"))
    }
}

/// Those of the folders that are there, each once: they are read every second beside the load.
fn existing(folders: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in folders {
        if folder.is_dir() && !found.contains(&folder) {
            found.push(folder);
        }
    }
    found
}

/// The first part of a path, and the rest.
fn first_of(path: &Path) -> Option<(&str, PathBuf)> {
    let mut parts = path.iter();
    let first = parts.next()?.to_str()?;
    Some((first, parts.collect()))
}

fn keyed(text: &str, key: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    let (_, value) = lines.find(|(name, _)| *name == key)?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2: &str = "usage_usec 9\nnr_periods 4\nnr_throttled 2\nthrottled_usec 1500\n";
    const V1: &str = "nr_periods 4\nnr_throttled 2\nthrottled_time 2500000\n";

    /// How long the group of a process was held still, in a tree with one `cpu.stat`.
    fn check(file: &str, stat: &str, told: &str, expected: Option<Duration>) {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
        fs::write(&path, stat).expect("written");
        let group = Cgroup::of_process(root.path(), told);
        assert_eq!(group.throttled_time(), expected, "{file}");
    }

    #[test]
    fn throttling_is_read_in_both_versions() {
        let v2 = Some(Duration::from_micros(1500));
        let v1 = Some(Duration::from_micros(2500));
        check("app/cpu.stat", V2, "0::/app\n", v2);
        check("cpu.stat", V2, "0::/../../host\n", v2);
        let both = "5:memory:/m\n4:cpu,cpuacct:/docker/x\n";
        check("cpu,cpuacct/docker/x/cpu.stat", V1, both, v1);
        check("cpu/cpu.stat", V1, both, v1);
        check("memory/m/other", V1, both, None);
        check("app/cpu.stat", "nr_periods 4\n", "0::/app\n", None);
    }
}
