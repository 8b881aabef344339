//! URLs as far as an exchange needs them: scheme, host, port, and what stands in the
//! request line.
//!
//! In: text that a person or a server wrote. Out: a [`Url`] whose parts can go on the wire
//! as they are, or a fault that says what is wrong. Never: a name in other characters than
//! ASCII. The `url` crate would bring some 25 crates along (Unicode tables for such names);
//! their written form (`xn--…`) works here too.

use std::fmt;

use crate::{Origin, Scheme, TlsSettings};

/// An absolute `http` or `https` URL, without a fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Url {
    /// How bytes travel.
    pub scheme: Scheme,
    /// A name in lower case, or an address without the brackets of IPv6.
    pub host: String,
    /// The port, whether it was written or not.
    pub port: u16,
    /// Path and query as they stand in the request line; begins with `/`.
    pub target: String,
}

/// What is wrong with a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// It names no scheme and host, and there is nothing that it could be relative to.
    #[error("{0:?} names no server; write the whole URL, like http://localhost:8000/")]
    NotAbsolute(String),
    /// A scheme that cannot be used here.
    #[error("a URL with {0}:// cannot be used here; use http:// or https://")]
    Scheme(String),
    /// A name and a password before the host.
    #[error("credentials in a URL are not sent; put them into a header `Authorization`")]
    Credentials,
    /// A host that is neither a name nor an address.
    #[error("{0:?} is no host; a name beyond ASCII is written in its own ASCII form (xn--…)")]
    Host(String),
    /// A port that is no number up to 65,535.
    #[error("{0:?} is no port")]
    Port(String),
}

/// A reference (RFC 3986 section 4.1) taken apart. The fragment is gone.
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl Url {
    /// Reads an absolute `http` or `https` URL.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Url, UrlFault> {
        Url::read(text, |scheme| match scheme {
            "http" => Some(Scheme::Http),
            "https" => Some(Scheme::Https),
            _ => None,
        })
    }

    /// Reads the URL of a WebSocket: `ws` and `wss` beside the schemes that they stand for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_web_socket(text: &str) -> Result<Url, UrlFault> {
        Url::read(text, |scheme| match scheme {
            "ws" | "http" => Some(Scheme::Http),
            "wss" | "https" => Some(Scheme::Https),
            _ => None,
        })
    }

    fn read(text: &str, known: impl Fn(&str) -> Option<Scheme>) -> Result<Url, UrlFault> {
        let parts = Parts::of(text);
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(UrlFault::NotAbsolute(text.to_owned()));
        };
        let scheme = known(&scheme.to_ascii_lowercase())
            .ok_or_else(|| UrlFault::Scheme(scheme.to_owned()))?;
        Url::at(scheme, authority, &parts)
    }

    /// Resolves `reference` against this URL (RFC 3986 section 5.2). What may not stand in
    /// a URL is percent-encoded.
    ///
    /// # Errors
    /// What is wrong with an absolute reference.
    pub fn join(&self, reference: &str) -> Result<Url, UrlFault> {
        let parts = Parts::of(reference);
        if parts.scheme.is_some() {
            return Url::parse(reference);
        }
        if let Some(authority) = parts.authority {
            return Url::at(self.scheme, authority, &parts);
        }
        let (path, query) = split_query(&self.target);
        let target = match (parts.path, parts.query) {
            ("", None) => target_of(path, query),
            ("", query) => target_of(path, query),
            (absolute, query) if absolute.starts_with('/') => target_of(absolute, query),
            (relative, query) => {
                let folder = path.rfind('/').map_or("", |end| &path[..=end]);
                target_of(&format!("{folder}{relative}"), query)
            }
        };
        Ok(Url {
            target,
            ..self.clone()
        })
    }

    /// Where connections for this URL lead.
    pub fn origin(&self, tls: TlsSettings) -> Origin {
        Origin::new(self.scheme, &self.host, self.port, tls)
    }

    /// The target up to the query.
    pub fn path(&self) -> &str {
        split_query(&self.target).0
    }

    fn at(scheme: Scheme, authority: &str, parts: &Parts<'_>) -> Result<Url, UrlFault> {
        if authority.contains('@') {
            return Err(UrlFault::Credentials);
        }
        let (host, port) = split_port(authority);
        Ok(Url {
            scheme,
            host: checked_host(host)?,
            port: match port {
                "" => scheme.default_port(),
                // No sign, which `parse` would take.
                digits if digits.bytes().all(|digit| digit.is_ascii_digit()) => digits
                    .parse()
                    .map_err(|_| UrlFault::Port(digits.to_owned()))?,
                other => return Err(UrlFault::Port(other.to_owned())),
            },
            target: target_of(parts.path, parts.query),
        })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let authority = self.origin(TlsSettings::default()).authority();
        write!(f, "{scheme}://{authority}{}", self.target)
    }
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Parts<'a> {
        let text = text.trim_matches(|c: char| c <= ' ');
        let text = text.split('#').next().unwrap_or_default();
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
            _ => (None, text),
        };
        let (authority, rest) = match rest.strip_prefix("//") {
            None => (None, rest),
            Some(rest) => {
                let end = rest.find(['/', '?']).unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
        };
        let (path, query) = split_query(rest);
        Parts {
            scheme,
            authority,
            path,
            query,
        }
    }
}

/// RFC 3986 section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn split_query(target: &str) -> (&str, Option<&str>) {
    match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    }
}

/// The colon of a port stands behind the brackets of an address.
fn split_port(authority: &str) -> (&str, &str) {
    let host_end = match authority.starts_with('[') {
        true => authority.find(']').map_or(authority.len(), |end| end + 1),
        false => 0,
    };
    match authority[host_end..].find(':') {
        Some(colon) => (
            &authority[..host_end + colon],
            &authority[host_end + colon + 1..],
        ),
        None => (authority, ""),
    }
}

fn checked_host(host: &str) -> Result<String, UrlFault> {
    let fault = || UrlFault::Host(host.to_owned());
    if let Some(inner) = host.strip_prefix('[') {
        let address = inner.strip_suffix(']').ok_or_else(fault)?;
        let parsed: std::net::Ipv6Addr = address.parse().map_err(|_| fault())?;
        return Ok(parsed.to_string());
    }
    let stands_in_names = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    match !host.is_empty() && host.bytes().all(stands_in_names) {
        true => Ok(host.to_ascii_lowercase()),
        false => Err(fault()),
    }
}

/// Path and query for the request line.
fn target_of(path: &str, query: Option<&str>) -> String {
    let mut target = String::with_capacity(path.len() + 1);
    encode(&without_dots(path), &mut target);
    if let Some(query) = query {
        target.push('?');
        encode(query, &mut target);
    }
    target
}

/// Takes `.` and `..` out of a path (RFC 3986 section 5.2.4); it begins with `/` then.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => {
                kept.push(segment);
                continue;
            }
        }
        if is_last {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

/// Encodes what may not stand in a URL; an escape that is there already stays.
fn encode(text: &str, into: &mut String) {
    use fmt::Write;
    for byte in text.bytes() {
        let stands = byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
        match stands {
            true => into.push(char::from(byte)),
            false => write!(into, "%{byte:02X}").expect("a string takes all"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_urls() {
        for (text, expected) in [
            ("http://example.com", "http://example.com/"),
            ("HTTPS://Example.COM:443/A?b#c", "https://example.com/A?b"),
            ("http://h:8080", "http://h:8080/"),
            ("http://h:/x", "http://h/x"),
            ("http://h?q=1", "http://h/?q=1"),
            ("http://[::1]:80/", "http://[::1]/"),
            ("http://[0:0::1]:81", "http://[::1]:81/"),
            (" http://h/a b\u{e9}\" \n", "http://h/a%20b%C3%A9%22"),
            ("http://h/%41%zz", "http://h/%41%zz"),
            ("http://h/a/./b/../c/..", "http://h/a/"),
            ("http://h/../../x//y", "http://h/x//y"),
            ("http://my_host.x-y/", "http://my_host.x-y/"),
        ] {
            let url = Url::parse(text).map(|url| url.to_string());
            assert_eq!(url.as_deref(), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, fault) in [
            ("/path", UrlFault::NotAbsolute("/path".to_owned())),
            (
                "example.com",
                UrlFault::NotAbsolute("example.com".to_owned()),
            ),
            ("http:/x", UrlFault::NotAbsolute("http:/x".to_owned())),
            ("ftp://h/", UrlFault::Scheme("ftp".to_owned())),
            (
                "localhost:8080/x",
                UrlFault::NotAbsolute("localhost:8080/x".to_owned()),
            ),
            ("http://u:p@h/", UrlFault::Credentials),
            ("http:///x", UrlFault::Host(String::new())),
            (
                "http://b\u{fc}cher.de/",
                UrlFault::Host("b\u{fc}cher.de".to_owned()),
            ),
            ("http://a b/", UrlFault::Host("a b".to_owned())),
            ("http://[::1/", UrlFault::Host("[::1".to_owned())),
            ("http://[zz]/", UrlFault::Host("[zz]".to_owned())),
            ("http://h:65536/", UrlFault::Port("65536".to_owned())),
            ("http://h:+1/", UrlFault::Port("+1".to_owned())),
            ("http://h:1:2/", UrlFault::Port("1:2".to_owned())),
        ] {
            assert_eq!(Url::parse(text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn urls_of_web_sockets() {
        for (text, expected) in [
            ("ws://h/x", Ok("http://h/x")),
            ("WSS://h/x", Ok("https://h/x")),
            ("https://h:1/", Ok("https://h:1/")),
            ("ftp://h/", Err(UrlFault::Scheme("ftp".to_owned()))),
        ] {
            let url = Url::parse_web_socket(text).map(|url| url.to_string());
            assert_eq!(url, expected.map(str::to_owned), "{text:?}");
        }
        assert_eq!(
            Url::parse("ws://h/"),
            Err(UrlFault::Scheme("ws".to_owned()))
        );
    }

    /// RFC 3986 section 5.4, without schemes and fragments that are not ours.
    #[test]
    fn references_are_resolved() {
        let base = Url::parse("http://a/b/c/d;p?q").expect("a URL");
        for (reference, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"),
            (";x", "http://a/b/c/;x"),
            ("g;x?y#s", "http://a/b/c/g;x?y"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("..g", "http://a/b/c/..g"),
            ("./../g", "http://a/b/g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g/./h", "http://a/b/c/g/h"),
            ("g/../h", "http://a/b/c/h"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("https://b:1/c", "https://b:1/c"),
            ("?next=http://x/y", "http://a/b/c/d;p?next=http://x/y"),
        ] {
            let url = base.join(reference).map(|url| url.to_string());
            assert_eq!(url.as_deref(), Ok(expected), "{reference:?}");
        }
        assert_eq!(
            base.join("mailto:me"),
            Err(UrlFault::NotAbsolute("mailto:me".to_owned()))
        );
    }
}
