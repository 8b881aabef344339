//! Hosts and URLs: whether they can be asked at all.
//!
//! In: a text. Out: the same without a slash at its end, or what is wrong with it. Never: a
//! name looked up; `net` does.

use super::Resolver;
use crate::file::node::quoted;
use crate::file::read::At;

impl Resolver<'_> {
    /// A host as `http://name:port`, perhaps with the beginning of a path.
    pub(super) fn checked_host(&mut self, host: &At<String>) -> Option<String> {
        let text = self.checked_url(host)?;
        if text.contains(['?', '#']) {
            let what = format!("{} is a URL with a query, not a host", quoted(&text));
            self.reader.fault(host.span, what);
            return None;
        }
        Some(text.trim_end_matches('/').to_owned())
    }

    /// An absolute URL of HTTP.
    pub(super) fn checked_url(&mut self, url: &At<String>) -> Option<String> {
        match check(&url.value, &["http", "https"]) {
            Ok(()) => Some(url.value.clone()),
            Err(why) => {
                let what = format!("{} {why}", quoted(&url.value));
                let hint = "write it as http://127.0.0.1:8000 or https://api.example.com";
                self.reader.fault_with_hint(url.span, what, hint);
                None
            }
        }
    }
}

/// Whether this is an absolute URL of one of these schemes (RFC 3986, §3; names of hosts
/// as in RFC 1123).
pub(super) fn check(url: &str, schemes: &[&str]) -> Result<(), String> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err("is not a URL: it has no scheme".to_owned());
    };
    if !schemes.contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(format!(
            "is a URL of {scheme:?}, not of {}",
            schemes.join(" or ")
        ));
    }
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("has white space in it".to_owned());
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let place = authority
        .rsplit_once('@')
        .map_or(authority, |(_, place)| place);
    check_place(place)
}

/// `name`, `name:port`, `[address]:port`.
fn check_place(place: &str) -> Result<(), String> {
    let (name, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']').ok_or("has a `[` without `]`")?;
            let is_address = address.parse::<core::net::Ipv6Addr>().is_ok();
            if !is_address {
                return Err(format!("has {address:?} for an IPv6 address"));
            }
            (address, after.strip_prefix(':'))
        }
        None => match place.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (place, None),
        },
    };
    if name.is_empty() {
        return Err("has no name of a host".to_owned());
    }
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    if !name.chars().all(belongs) {
        return Err(format!("has {name:?} for the name of a host"));
    }
    match port.map(str::parse::<u16>) {
        None | Some(Ok(1..)) => Ok(()),
        _ => Err("has no port from 1 to 65535 behind the `:`".to_owned()),
    }
}
