//! A real Prometheus that collects what a test shows it.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::live::{answer, get};

/// How often something is asked for before it is given up, and how long between.
const TRIES: u32 = 600;
const PAUSE: Duration = Duration::from_millis(100);

/// What `ask` gives, as soon as it gives anything; `what` is waited for.
pub(crate) fn patiently<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..TRIES {
        if let Some(answer) = ask() {
            return answer;
        }
        sleep(PAUSE);
    }
    panic!("waited in vain for {what}");
}

/// A program of Prometheus's. `None`, which is told, where there is none: a fault only where
/// every test is required.
#[expect(
    clippy::disallowed_methods,
    reason = "only the environment tells where programs are, and what is required"
)]
pub(crate) fn binary(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    if found.is_none() {
        let required = std::env::var("GATECRASH_REQUIRE_ALL").is_ok_and(|value| value == "1");
        assert!(!required, "there is no {name}, and every test is required");
    }
    found
}

/// A Prometheus at work, with its data in a folder of its own.
pub(crate) struct Prometheus {
    child: Child,
    address: String,
    _folder: TempDir,
}

impl Prometheus {
    /// Collects from these addresses, every second; answers by the time this returns.
    pub(crate) fn start(binary: &PathBuf, targets: &[&str]) -> Prometheus {
        let folder = TempDir::new().unwrap();
        let config = format!(
            "global: {{ scrape_interval: 1s }}\nscrape_configs:\n- job_name: run\n  \
             static_configs: [{{ targets: {targets:?} }}]\n"
        );
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let child = Command::new(binary)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Prometheus {
            child,
            address,
            _folder: folder,
        };
        // It listens some time before it answers with anything but 503.
        patiently("a Prometheus that is ready", || {
            let (head, _) = answer(&server.address, "/-/ready", "*/*").ok()?;
            head.contains(" 200 ").then_some(())
        });
        server
    }

    /// The value of a query, as soon as it has exactly one.
    pub(crate) fn number(&self, query: &str) -> f64 {
        patiently(query, || {
            let answer = self.query(query);
            let result = answer["data"]["result"].as_array()?;
            let [only] = result.as_slice() else {
                assert!(result.len() < 2, "{query} has several values: {result:?}");
                return None;
            };
            let number: f64 = only["value"][1].as_str()?.parse().ok()?;
            (!number.is_nan()).then_some(number)
        })
    }

    /// The whole answer to a query.
    pub(crate) fn query(&self, query: &str) -> Value {
        let ready = |byte: u8| byte.is_ascii_alphanumeric();
        let encoded: String = query
            .bytes()
            .map(|byte| match ready(byte) {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02X}"),
            })
            .collect();
        let body = get(
            &self.address,
            &format!("/api/v1/query?query={encoded}"),
            "*/*",
        );
        serde_json::from_str(&body).unwrap()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
