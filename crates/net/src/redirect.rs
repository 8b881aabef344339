//! Where a redirect leads and what is sent there.
//!
//! In: the request that was made and what its answer said. Out: the next [`Hop`]. Never: a
//! request of its own, or a limit on hops; both are the caller's.

use crate::{Scheme, Url, UrlFault};

/// The next request of a redirected exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Its method.
    pub method: String,
    /// Where to.
    pub url: Url,
    /// The body goes along, with the headers that describe it.
    pub keeps_body: bool,
    /// Headers that identify the user to the server (`Authorization`, and a `Cookie` that
    /// no jar wrote) go along.
    pub keeps_credentials: bool,
}

/// The next hop of a request with `method` to `url` that was answered with `status` and a
/// `Location`; `None` where that status redirects nobody.
///
/// Methods and bodies change as `requests` changes them, which for GET and POST is what
/// browsers do: 303 and 302 make all but HEAD a GET, 301 makes a POST a GET, and only
/// 307 and 308 send the body again. Credentials stay with their host, as there: they go
/// along where host, port and scheme stay, and from http to https on the usual ports.
///
/// # Errors
/// A `Location` that leads nowhere.
pub fn next_hop(
    method: &str,
    url: &Url,
    status: u16,
    location: &[u8],
) -> Result<Option<Hop>, UrlFault> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let next = url.join(&escaped(location))?;
    let method = match (status, method) {
        (302 | 303, other) if other != "HEAD" => "GET",
        (301, "POST") => "GET",
        (_, same) => same,
    };
    Ok(Some(Hop {
        method: method.to_owned(),
        keeps_body: matches!(status, 307 | 308),
        keeps_credentials: keeps_credentials(url, &next),
        url: next,
    }))
}

fn keeps_credentials(from: &Url, to: &Url) -> bool {
    let is_upgrade = (from.scheme, from.port) == (Scheme::Http, 80)
        && (to.scheme, to.port) == (Scheme::Https, 443);
    let is_same = (from.scheme, from.port) == (to.scheme, to.port);
    from.host == to.host && (is_same || is_upgrade)
}

/// Headers are bytes: those that are no text go into the URL as they came.
fn escaped(location: &[u8]) -> String {
    let mut text = String::with_capacity(location.len());
    for chunk in location.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "http://a/b/c";

    fn hop(method: &str, status: u16, location: &[u8]) -> Option<Hop> {
        let here = Url::parse(HERE).expect("a URL");
        next_hop(method, &here, status, location).expect("a hop")
    }

    #[test]
    fn methods_and_bodies() {
        for (method, status, next, keeps_body) in [
            ("GET", 301, "GET", false),
            ("POST", 301, "GET", false),
            ("PUT", 301, "PUT", false),
            ("HEAD", 301, "HEAD", false),
            ("POST", 302, "GET", false),
            ("DELETE", 302, "GET", false),
            ("HEAD", 302, "HEAD", false),
            ("PUT", 303, "GET", false),
            ("HEAD", 303, "HEAD", false),
            ("POST", 307, "POST", true),
            ("POST", 308, "POST", true),
            ("PATCH", 307, "PATCH", true),
        ] {
            let hop = hop(method, status, b"/x").expect("a redirect");
            assert_eq!(
                (hop.method.as_str(), hop.keeps_body),
                (next, keeps_body),
                "{method} {status}"
            );
        }
        for status in [200, 300, 304, 305, 306, 400] {
            assert_eq!(hop("GET", status, b"/x"), None, "{status}");
        }
    }

    #[test]
    fn credentials_stay_with_their_host() {
        for (from, to, keeps) in [
            ("http://a/", "/x", true),
            ("http://a/", "http://A:80/x", true),
            ("http://a/", "https://a/", true),
            ("https://a/", "http://a/", false),
            ("http://a:8080/", "https://a/", false),
            ("http://a/", "https://a:8443/", false),
            ("http://a/", "http://a:81/", false),
            ("http://a/", "http://b/", false),
            ("http://a/", "//b/", false),
            ("http://a/", "http://x.a/", false),
        ] {
            let url = Url::parse(from).expect("a URL");
            let hop = next_hop("GET", &url, 302, to.as_bytes()).expect("a hop");
            let hop = hop.expect("a redirect");
            assert_eq!(hop.keeps_credentials, keeps, "{from} {to}");
        }
    }

    #[test]
    fn odd_locations() {
        let to = |location: &[u8]| {
            hop("GET", 302, location)
                .expect("a redirect")
                .url
                .to_string()
        };
        assert_eq!(to(b""), HERE);
        assert_eq!(to("/caf\u{e9}".as_bytes()), "http://a/caf%C3%A9");
        assert_eq!(to(b"/caf\xe9?\xff"), "http://a/caf%E9?%FF");
        assert_eq!(to(b"d e"), "http://a/b/d%20e");
        let here = Url::parse(HERE).expect("a URL");
        let fault = next_hop("GET", &here, 302, b"javascript:alert(1)");
        assert_eq!(
            fault,
            Err(UrlFault::NotAbsolute("javascript:alert(1)".to_owned()))
        );
    }
}
