//! One small request to a server on this machine.
//!
//! In: an address and a path. Out: the body of the answer. Never used for load, nor to measure.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long a server may take to answer, and how much.
const PATIENCE: Duration = Duration::from_secs(10);
const LARGEST_ANSWER: u64 = 16 << 20;

/// The body of `GET {url}{path}`; an error unless the status is 200.
pub(crate) fn get(url: &str, path: &str) -> Result<String> {
    exchange("GET", url, path)
}

/// Sends `POST {url}{path}` without a body; an error unless the status is 2xx.
pub(crate) fn post(url: &str, path: &str) -> Result<String> {
    exchange("POST", url, path)
}

fn exchange(method: &str, url: &str, path: &str) -> Result<String> {
    let address = url
        .strip_prefix("http://")
        .with_context(|| format!("{url} is no http:// address"))?;
    let mut stream =
        TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LARGEST_ANSWER).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .with_context(|| format!("{url}{path} gave no HTTP answer"))?;
    if !head.starts_with("HTTP/1.1 2") {
        bail!(
            "{method} {url}{path}: {}",
            head.lines().next().unwrap_or_default()
        );
    }
    Ok(body.to_owned())
}
