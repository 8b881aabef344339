//! The request that follows a redirect.
//!
//! In: the request that was made and the head of its answer. Out: the next request. What
//! goes along, and by which method, says `net`; the lines themselves are taken from the
//! request that was made, so that nothing is drawn twice. Never: a connection, a count.

use std::sync::Arc;
use std::time::Duration;

use gatecrash_net::{Error, Head, Hop, Jar, Request, TlsSettings, UrlFault, next_hop};

use super::request::{push_line, url_of};
use crate::cause::Cause;
use crate::clock::Clock;

/// The request after `before`, whose answer redirects; at most `left` may it take.
///
/// # Errors
/// Why there is none.
pub fn follow(
    before: &Request,
    head: &Head,
    jar: Option<&Jar>,
    tls: &TlsSettings,
    left: Duration,
) -> Result<Request, Cause> {
    if left.is_zero() {
        return Err(Cause::from(&Error::TotalTimeout));
    }
    let location = head.header("location").unwrap_or_default();
    let hop = next_hop(&method_of(before), &url_of(before), head.status, location);
    let hop = hop.map_err(|fault| match fault {
        UrlFault::Scheme(_) => Cause::check("redirect: neither to http nor to https"),
        _ => Cause::check("redirect: the Location leads nowhere"),
    });
    let hop = hop?.ok_or_else(|| Cause::check("redirect: the status redirects nobody"))?;
    let origin = match hop.url.origin(tls.clone()) {
        same if same == *before.origin => before.origin.clone(),
        other => Arc::new(other),
    };
    let mut wire = format!("{} {} HTTP/1.1\r\n", hop.method, hop.url.target).into_bytes();
    push_line(&mut wire, "Host", origin.authority().as_bytes());
    for line in header_lines(before).filter(|line| goes_along(line, &hop)) {
        wire.extend_from_slice(line);
        wire.extend_from_slice(b"\r\n");
    }
    let now_epoch_s = Clock::start().now_epoch_s();
    if let Some(cookies) = jar.and_then(|jar| jar.header_for(&hop.url, now_epoch_s)) {
        push_line(&mut wire, "Cookie", &cookies);
    }
    let body = match hop.keeps_body {
        true => &before.wire[before.body_at..],
        false => b"",
    };
    let says_none = matches!(hop.method.as_str(), "POST" | "PUT" | "PATCH");
    let is_chunked = hop.keeps_body && header_lines(before).any(is_of_chunks);
    // What goes in chunks has said so, and goes on as it is.
    if !is_chunked && (!body.is_empty() || says_none) {
        let length = body.len().to_string();
        push_line(&mut wire, "Content-Length", length.as_bytes());
    }
    wire.extend_from_slice(b"\r\n");
    let body_at = wire.len();
    wire.extend_from_slice(body);
    Ok(Request {
        origin,
        wire: wire.into(),
        body_at,
        is_head: hop.method == "HEAD",
        expects_continue: before.expects_continue && hop.keeps_body,
        total_timeout: Some(left),
        ..before.clone()
    })
}

/// Whether a header of the request before is sent with the next one.
fn goes_along(line: &[u8], hop: &Hop) -> bool {
    let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
    let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
    if is("host") || is("cookie") || is("content-length") {
        // These are made anew.
        return false;
    }
    (hop.keeps_credentials || !is("authorization"))
        && (hop.keeps_body || !(is("content-type") || is("expect") || is_of_chunks(line)))
}

/// Whether a header says that the body goes in chunks.
fn is_of_chunks(line: &[u8]) -> bool {
    let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
    name.eq_ignore_ascii_case(b"transfer-encoding")
}

fn method_of(request: &Request) -> String {
    let method = request.wire.split(|&byte| byte == b' ').next();
    String::from_utf8_lossy(method.unwrap_or_default()).into_owned()
}

/// The header lines of a request, without their ends.
fn header_lines(request: &Request) -> impl Iterator<Item = &[u8]> {
    let lines = request.wire[..request.body_at].split(|&byte| byte == b'\n');
    lines
        .skip(1)
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
}
