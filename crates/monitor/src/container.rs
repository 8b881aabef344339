//! A container, or any other control group of this machine.
//!
//! In: a name, an id, or the path of a group. Out: its gauges. Names are those that Docker and
//! Podman have written down beside their containers, and those of folders of groups, such as
//! `redis.service`; no daemon is asked.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cgroup::{Cgroup, ROOT};
use crate::growth::Growth;
use crate::source::{Readings, Value};

/// Where Docker writes down its containers, a folder each.
const DOCKER: &str = "/var/lib/docker/containers";
/// Where Podman does, in one file.
const PODMAN: &str = "/var/lib/containers/storage/overlay-containers/containers.json";

/// The shortest part of an id that is taken for one.
const SHORTEST_ID: usize = 12;

/// Groups below the mounts are looked through so deep, and so many.
const DEPTH_MAX: usize = 8;
const GROUPS_MAX: usize = 20_000;

/// Where names and groups are looked up.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    root: PathBuf,
    docker: PathBuf,
    podman: PathBuf,
}

impl Default for Places {
    fn default() -> Places {
        Places {
            root: ROOT.into(),
            docker: DOCKER.into(),
            podman: PODMAN.into(),
        }
    }
}

/// A container that is watched.
#[derive(Debug)]
pub(crate) struct Container {
    name: String,
    places: Places,
    group: Option<Cgroup>,
    cpu: Growth,
    throttled: Growth,
    /// Kills before the watching began.
    killed_before: Option<u64>,
}

impl Container {
    pub(crate) fn new(name: &str, places: Places) -> Container {
        Container {
            name: name.to_owned(),
            places,
            group: None,
            cpu: Growth::default(),
            throttled: Growth::default(),
            killed_before: None,
        }
    }

    /// Its gauges in the order of [`gatecrash_metrics::watch::CONTAINER`].
    pub(crate) fn read(&mut self, at_s: f64) -> Result<Readings, String> {
        if !self.group.as_ref().is_some_and(Cgroup::exists) {
            self.group = Some(self.find()?);
            (self.cpu, self.throttled) = (Growth::default(), Growth::default());
            self.killed_before = None;
        }
        let Some(group) = &self.group else {
            return Err("it is gone".to_owned());
        };
        let seconds = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64());
        let cpu = seconds(group.cpu_time());
        let throttled = seconds(group.throttled_time());
        let memory = group.memory_bytes();
        let share = memory.zip(group.memory_limit_bytes());
        let kills = group.oom_kills();
        let before = *self.killed_before.get_or_insert(kills.unwrap_or(0));
        Ok(vec![
            rate(
                &mut self.cpu,
                at_s,
                cpu,
                "the kernel tells no CPU time of this group",
            ),
            rate(
                &mut self.throttled,
                at_s,
                throttled,
                "this group has no CPU controller",
            ),
            Value::or(
                memory.map(|bytes| bytes as f64),
                "this group has no memory controller",
            ),
            // Without a limit there is no share: nothing to be told about.
            share.map_or(Value::NotYet, |(used, limit)| {
                Value::Known(used as f64 / limit as f64)
            }),
            Value::or(
                kills.map(|kills| kills.saturating_sub(before) as f64),
                "the kernel does not tell who was killed for want of memory",
            ),
        ])
    }

    fn find(&self) -> Result<Cgroup, String> {
        let root = &self.places.root;
        if self.name.contains('/') {
            return Cgroup::at(root, Path::new(&self.name))
                .ok_or_else(|| format!("there is no control group {}", self.name));
        }
        let id = self.id_of_name();
        let wanted = id.as_deref().unwrap_or(&self.name);
        let path = find_group(root, wanted).ok_or_else(|| {
            format!(
                "no container or control group is called {}; name it, or give its id or the path of its group",
                self.name
            )
        })?;
        Cgroup::at(root, &path).ok_or_else(|| "its control group is gone".to_owned())
    }

    /// The id of the container with that name, as Docker or Podman have written it down.
    fn id_of_name(&self) -> Option<String> {
        let folders = fs::read_dir(&self.places.docker).into_iter().flatten();
        let mut configs = folders.filter_map(|entry| {
            let text = fs::read_to_string(entry.ok()?.path().join("config.v2.json")).ok()?;
            serde_json::from_str::<serde_json::Value>(&text).ok()
        });
        let docker = configs.find_map(|config| {
            let name = config["Name"].as_str()?.trim_start_matches('/');
            (name == self.name).then(|| config["ID"].as_str().map(str::to_owned))?
        });
        docker.or_else(|| {
            let text = fs::read_to_string(&self.places.podman).ok()?;
            let all: Vec<serde_json::Value> = serde_json::from_str(&text).ok()?;
            let is_it = |one: &&serde_json::Value| {
                let names = one["names"].as_array();
                names.is_some_and(|names| names.iter().any(|name| *name == *self.name))
            };
            all.iter().find(is_it)?["id"].as_str().map(str::to_owned)
        })
    }
}

fn rate(growth: &mut Growth, at_s: f64, value: Option<f64>, or: &str) -> Value {
    match value {
        Some(value) => growth
            .per_second(at_s, value)
            .map_or(Value::NotYet, Value::Known),
        None => Value::Gap(or.to_owned()),
    }
}

/// The path, below its mount, of the first group whose folder is called so, or carries such an
/// id (`docker-ID.scope`, `ID`).
fn find_group(root: &Path, wanted: &str) -> Option<PathBuf> {
    let is_id = wanted.len() >= SHORTEST_ID && wanted.bytes().all(|b| b.is_ascii_hexdigit());
    let fits = |name: &str| {
        let bare = name.strip_suffix(".scope").unwrap_or(name);
        let bare = bare.strip_suffix(".service").unwrap_or(bare);
        let id = bare.rsplit_once('-').map_or(bare, |(_, id)| id);
        name == wanted || bare == wanted || (is_id && id.starts_with(wanted))
    };
    let mut waiting = vec![(root.to_path_buf(), 0)];
    let mut seen = 0;
    while let Some((folder, depth)) = waiting.pop() {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            seen += 1;
            let path = entry.path();
            if depth > 0 && entry.file_name().to_str().is_some_and(fits) {
                return Some(below_mount(root, &path));
            }
            if depth == 0 && root.join("cgroup.controllers").exists() {
                // Version 2 has no folders of controllers: groups begin here.
                if entry.file_name().to_str().is_some_and(fits) {
                    return Some(below_mount(root, &path));
                }
            }
            if depth < DEPTH_MAX && seen < GROUPS_MAX {
                waiting.push((path, depth + 1));
            }
        }
    }
    None
}

/// The path of a group without the root and, in version 1, without its controller.
fn below_mount(root: &Path, path: &Path) -> PathBuf {
    let path = path.strip_prefix(root).unwrap_or(path);
    match root.join("cgroup.controllers").exists() {
        true => path.to_path_buf(),
        false => path.iter().skip(1).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of groups, and the files of the daemons, as they were found on a machine.
    struct Recorded {
        folder: tempfile::TempDir,
    }

    impl Recorded {
        fn new(files: &[(&str, &str)]) -> Recorded {
            let recorded = Recorded {
                folder: tempfile::tempdir().expect("a folder"),
            };
            files
                .iter()
                .for_each(|(name, text)| recorded.write(name, text));
            recorded
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.folder.path().join(name);
            fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
            fs::write(path, text).expect("written");
        }

        fn watch(&self, name: &str) -> Container {
            let at = |name: &str| self.folder.path().join(name);
            let places = Places {
                root: at("cgroup"),
                docker: at("docker"),
                podman: at("podman.json"),
            };
            Container::new(name, places)
        }
    }

    const ID: &str = "3f2a9c0d1e4b5a6978877665544332211000ffeeddccbbaa9988776655443322";

    fn known(readings: &[Value]) -> Vec<Option<f64>> {
        let value = |value: &Value| match value {
            Value::Known(value) => Some(*value),
            _ => None,
        };
        readings.iter().map(value).collect()
    }

    fn v2() -> Recorded {
        let group = format!("cgroup/system.slice/docker-{ID}.scope");
        let stat = "usage_usec 2000000\nuser_usec 1\nsystem_usec 1\nthrottled_usec 100000\n";
        let files = [
            (
                "cgroup/cgroup.controllers".to_owned(),
                "cpu memory\n".to_owned(),
            ),
            (format!("{group}/cpu.stat"), stat.to_owned()),
            (format!("{group}/memory.current"), "90000000\n".to_owned()),
            (format!("{group}/memory.max"), "160000000\n".to_owned()),
            (
                format!("{group}/memory.stat"),
                "anon 7\ninactive_file 10000000\n".to_owned(),
            ),
            (
                format!("{group}/memory.events"),
                "low 0\noom 3\noom_kill 2\n".to_owned(),
            ),
            (
                format!("docker/{ID}/config.v2.json"),
                format!("{{\"ID\":\"{ID}\",\"Name\":\"/redis\"}}"),
            ),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (&**n, &**t)).collect();
        Recorded::new(&files)
    }

    #[test]
    fn version_2_is_read_by_name_id_and_path() {
        let recorded = v2();
        let path = format!("/system.slice/docker-{ID}.scope");
        for name in ["redis", ID, &ID[..12], &path] {
            let mut container = recorded.watch(name);
            let first = container.read(10.0).expect(name);
            let expected = [None, None, Some(80e6), Some(0.5), Some(0.0)];
            assert_eq!(known(&first), expected, "{name}");
        }
        let mut container = recorded.watch("redis");
        container.read(10.0).expect("there");
        let group = format!("cgroup/system.slice/docker-{ID}.scope");
        let later = "usage_usec 2500000\nthrottled_usec 300000\n";
        recorded.write(&format!("{group}/cpu.stat"), later);
        recorded.write(&format!("{group}/memory.events"), "oom_kill 3\n");
        recorded.write(&format!("{group}/memory.max"), "max\n");
        let second = container.read(11.0).expect("there");
        let expected = [Some(0.5), Some(0.2), Some(80e6), None, Some(1.0)];
        for (found, wanted) in known(&second).into_iter().zip(expected) {
            let close = |(a, b): (f64, f64)| (a - b).abs() < 1e-6;
            assert_eq!(found.is_some(), wanted.is_some());
            assert!(found.zip(wanted).is_none_or(close), "{second:?}");
        }
    }

    #[test]
    fn version_1_is_read_in_all_its_hierarchies() {
        let recorded = Recorded::new(&[
            (
                "cgroup/cpu/docker/x/cpu.stat",
                "nr_periods 1\nthrottled_time 0\n",
            ),
            ("cgroup/cpuacct/docker/x/cpuacct.usage", "5000000000\n"),
            ("cgroup/memory/docker/x/memory.usage_in_bytes", "5000\n"),
            (
                "cgroup/memory/docker/x/memory.limit_in_bytes",
                "9223372036854771712\n",
            ),
            (
                "cgroup/memory/docker/x/memory.stat",
                "inactive_file 9\ntotal_inactive_file 1000\n",
            ),
            (
                "cgroup/memory/docker/x/memory.oom_control",
                "under_oom 0\noom_kill 0\n",
            ),
        ]);
        for name in ["x", "/docker/x", "cpu/docker/x"] {
            let mut container = recorded.watch(name);
            let first = container.read(1.0).expect(name);
            let expected = [None, None, Some(4000.0), None, Some(0.0)];
            assert_eq!(known(&first), expected, "{name}");
            recorded.write("cgroup/cpuacct/docker/x/cpuacct.usage", "6000000000\n");
            let second = container.read(3.0).expect(name);
            assert_eq!(known(&second)[0], Some(0.5), "{name}");
            recorded.write("cgroup/cpuacct/docker/x/cpuacct.usage", "5000000000\n");
        }
    }

    #[test]
    fn what_is_not_there_is_named() {
        let recorded = v2();
        let fault = recorded.watch("postgres").read(1.0).expect_err("nobody");
        assert!(fault.contains("is called postgres"), "{fault}");
        let fault = recorded.watch("/no/such").read(1.0).expect_err("nobody");
        assert!(fault.contains("/no/such"), "{fault}");
    }
}
