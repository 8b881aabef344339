//! Before the first scenario: is there a target, and does it answer?
//!
//! In: what the plan says. Out: nothing, or why the run cannot begin. Where the plan asks
//! for readiness one URL is tried until it answers with a status below 400; of every
//! other host only a connection is asked for, so that a wrong port is known at once
//! and not after a run of failures.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use gatecrash_net::{BodyUse, Client, Fetched, Request, TlsSettings, Trust, Url, now};
use gatecrash_plan::duration::written;
use gatecrash_plan::model::{Plan, Ready, UserKind};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// From one try to the next.
const PAUSE: Duration = Duration::from_millis(250);

/// The longest that one try may take.
const ONE_TRY: Duration = Duration::from_secs(5);

/// Returns when the target can be loaded. `told` hears of waiting.
pub(crate) async fn wait(plan: &Plan, told: impl FnMut(&str)) -> Result<()> {
    let answered = match &plan.ready {
        Some(ready) => Some(wait_for_answer(ready, trust(plan), told).await?),
        None => None,
    };
    for host in hosts(plan)? {
        let is_same = |other: &Url| (&other.host, other.port) == (&host.host, host.port);
        if !answered.as_ref().is_some_and(is_same) {
            try_connection(&host).await?;
        }
    }
    Ok(())
}

/// Tries until the URL answers well, and returns it.
async fn wait_for_answer(ready: &Ready, trust: Trust, mut told: impl FnMut(&str)) -> Result<Url> {
    let url = Url::parse(&ready.url).with_context(|| format!("ready: {}", ready.url))?;
    let tls = TlsSettings {
        trust,
        identity: None,
    };
    let mut request = get(&url, tls);
    let within = written(ready.within);
    let end = now() + ready.within;
    let mut tries = 0;
    loop {
        let begun = now();
        request.total_timeout = Some(end.saturating_duration_since(begun).min(ONE_TRY));
        let Err(fault) = try_answer(&request, begun).await else {
            return Ok(url);
        };
        tries += 1;
        if tries == 1 {
            told(&format!("waiting for {url}, {within} at most ({fault:#})"));
        }
        if now() + PAUSE >= end {
            bail!(
                "the target is not ready: {url} did not answer with a status below 400 within \
                 {within}; the last of {tries} tries: {fault:#}"
            );
        }
        sleep(PAUSE).await;
    }
}

async fn try_answer(request: &Request, begun: Instant) -> Result<()> {
    let fetched = Client::new().fetch(request, begun, || ()).await;
    let (Fetched::Whole(exchange) | Fetched::Streamed(exchange, _)) =
        fetched.map_err(|failure| failure.error)?;
    match exchange.head.status {
        ..400 => Ok(()),
        status => bail!("status {status}"),
    }
}

fn get(url: &Url, tls: TlsSettings) -> Request {
    let origin = Arc::new(url.origin(tls));
    let wire = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: gatecrash/{}\r\nAccept: */*\r\n\r\n",
        url.target,
        origin.authority(),
        env!("CARGO_PKG_VERSION")
    );
    let body_at = wire.len();
    Request {
        // A try ends in time, however long the body is.
        body: BodyUse::Discard {
            limit_bytes: u64::MAX,
        },
        ..Request::new(origin, Bytes::from(wire), body_at)
    }
}

/// The readiness check trusts like the plan's users: anybody, if all of them do.
fn trust(plan: &Plan) -> Trust {
    let checks = plan
        .users
        .iter()
        .any(|class| matches!(&class.kind, UserKind::Http(users) if users.verify_tls));
    if checks {
        Trust::System
    } else {
        Trust::Anybody
    }
}

/// Where the classes of the plan's scenarios lead.
fn hosts(plan: &Plan) -> Result<Vec<Url>> {
    let taking_part = plan.scenarios.iter().flat_map(|scenario| &scenario.who);
    let places: BTreeSet<usize> = taking_part.map(|(class, _)| *class).collect();
    let mut found: Vec<Url> = Vec::new();
    for class in places {
        let host = match &plan.users[class].kind {
            UserKind::Http(users) => Some(&users.host),
            UserKind::Rust(users) => Some(&users.host),
            UserKind::Locust(_) => None,
        };
        if let Some(host) = host {
            let url = Url::parse(host);
            let url = url.with_context(|| format!("the host of {}", plan.users[class].name))?;
            if !found.contains(&url) {
                found.push(url);
            }
        }
    }
    Ok(found)
}

async fn try_connection(host: &Url) -> Result<()> {
    let address = (host.host.as_str(), host.port);
    let fault = match timeout(ONE_TRY, TcpStream::connect(address)).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(fault)) => anyhow!(fault),
        Err(_) => anyhow!("no connection within {}", written(ONE_TRY)),
    };
    Err(fault.context(format!(
        "the target at {host} cannot be reached; start it, correct `host`, or let the plan wait \
         for it (`ready: {{ get: /, within: 30s }}`)"
    )))
}
