//! The cookies of one user (RFC 6265).
//!
//! In: what servers set, with the URL they were asked at and the time. Out: the `Cookie`
//! header of the next request. Never: a clock, a file, or another user's cookies.
//!
//! Own code, because a jar exists per user: without a cookie it is one pointer, and each
//! cookie is one small record in a list (a user has few, so a search is a scan). The usual
//! crate keeps three nested maps per jar, reads the clock itself and brings Unicode's
//! tables along.
//!
//! Other than in a browser there is no list of public suffixes: a user goes only to hosts
//! that somebody named. A domain without a dot is taken for one.

pub(crate) mod date;
mod set_cookie;

use crate::{Scheme, Url};
use set_cookie::SetCookie;

/// The most cookies of one user; the oldest one goes first. (RFC 6265 section 6.1 asks for
/// 50 per host.)
const MAX_COOKIES: usize = 200;

/// The cookies of one user.
#[derive(Clone, Debug, Default)]
pub struct Jar(Option<Box<Cookies>>);

#[derive(Clone, Debug, Default)]
struct Cookies {
    /// In the order in which they were first set.
    all: Vec<Cookie>,
}

#[derive(Clone, Debug)]
struct Cookie {
    /// `name=value`, as it goes on the wire.
    pair: Box<[u8]>,
    name_length: u16,
    domain: Box<str>,
    /// Only `domain` itself gets it, none of its subdomains.
    is_host_only: bool,
    path: Box<str>,
    is_secure: bool,
    /// In seconds since 1970; `None`: as long as the user lives.
    expires_epoch_s: Option<f64>,
}

impl Jar {
    /// A jar without cookies.
    pub const fn new() -> Self {
        Jar(None)
    }

    /// Takes the values of all `Set-Cookie` headers of an answer from `url`. What a server
    /// may not set is passed over, as RFC 6265 section 5.3 says.
    pub fn store<'a>(
        &mut self,
        url: &Url,
        set_cookies: impl IntoIterator<Item = &'a [u8]>,
        now_epoch_s: f64,
    ) {
        for value in set_cookies {
            let parsed = SetCookie::parse(value, now_epoch_s);
            if let Some(cookie) = parsed.and_then(|set| Cookie::for_url(set, url)) {
                self.put(cookie, now_epoch_s);
            }
        }
    }

    /// The value of the `Cookie` header for a request to `url`; `None` where none is due.
    pub fn header_for(&self, url: &Url, now_epoch_s: f64) -> Option<Vec<u8>> {
        let all = &self.0.as_ref()?.all;
        let goes = |cookie: &&Cookie| cookie.goes_to(url) && cookie.is_alive(now_epoch_s);
        let mut due: Vec<&Cookie> = all.iter().filter(goes).collect();
        // Longer paths first, else the older one (section 5.4); the sort is stable.
        due.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<&[u8]> = due.iter().map(|cookie| &*cookie.pair).collect();
        (!pairs.is_empty()).then(|| pairs.join(&b"; "[..]))
    }

    /// The value of a cookie, whichever URL it is for: of several the one set first.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let all = &self.0.as_ref()?.all;
        let found = all.iter().find(|cookie| cookie.name() == name.as_bytes());
        found.map(Cookie::value)
    }

    /// Forgets all cookies.
    pub fn clear(&mut self) {
        self.0 = None;
    }

    fn put(&mut self, cookie: Cookie, now_epoch_s: f64) {
        // A cookie that has expired already only deletes.
        let is_alive = cookie.is_alive(now_epoch_s);
        if self.0.is_none() && !is_alive {
            return;
        }
        let all = &mut self.0.get_or_insert_default().all;
        let known = all.iter().position(|known| known.is_same(&cookie));
        match known {
            Some(at) if is_alive => all[at] = cookie,
            Some(at) => drop(all.remove(at)),
            None if is_alive => {
                make_room(all, now_epoch_s);
                all.push(cookie);
            }
            None => {}
        }
        if all.is_empty() {
            self.0 = None;
        }
    }
}

fn make_room(all: &mut Vec<Cookie>, now_epoch_s: f64) {
    if all.len() == MAX_COOKIES {
        all.retain(|cookie| cookie.is_alive(now_epoch_s));
    }
    if all.len() == MAX_COOKIES {
        all.remove(0);
    }
}

impl Cookie {
    /// The cookie that an answer from `url` sets, unless it may not.
    fn for_url(set: SetCookie<'_>, url: &Url) -> Option<Cookie> {
        let (domain, is_host_only) = match set.domain {
            None => (url.host.clone(), true),
            Some(domain) if is_public_suffix(&domain) && domain == url.host => (domain, true),
            Some(domain) if is_public_suffix(&domain) => return None,
            Some(domain) if is_within(&url.host, &domain) => (domain, false),
            Some(_) => return None,
        };
        Some(Cookie {
            pair: [set.name, b"=", set.value].concat().into(),
            name_length: u16::try_from(set.name.len()).ok()?,
            domain: domain.into(),
            is_host_only,
            path: set.path.unwrap_or_else(|| default_path(url.path())).into(),
            is_secure: set.is_secure,
            expires_epoch_s: set.expires_epoch_s,
        })
    }

    fn name(&self) -> &[u8] {
        &self.pair[..usize::from(self.name_length)]
    }

    fn value(&self) -> &[u8] {
        &self.pair[usize::from(self.name_length) + 1..]
    }

    /// Setting one replaces the other.
    fn is_same(&self, other: &Cookie) -> bool {
        (self.name(), &self.domain, &self.path) == (other.name(), &other.domain, &other.path)
    }

    fn is_alive(&self, now_epoch_s: f64) -> bool {
        self.expires_epoch_s
            .is_none_or(|expires| expires > now_epoch_s)
    }

    fn goes_to(&self, url: &Url) -> bool {
        let fits_host = match self.is_host_only {
            true => *url.host == *self.domain,
            false => is_within(&url.host, &self.domain),
        };
        let fits_scheme = !self.is_secure || url.scheme == Scheme::Https;
        fits_host && fits_scheme && is_below(url.path(), &self.path)
    }
}

fn is_public_suffix(domain: &str) -> bool {
    !domain.contains('.')
}

/// Section 5.1.3.
fn is_within(host: &str, domain: &str) -> bool {
    let Some(before) = host.strip_suffix(domain) else {
        return false;
    };
    let is_address = || crate::connect::host_kind(host).is_some();
    before.is_empty() || (before.ends_with('.') && !is_address())
}

/// Section 5.1.4.
fn is_below(path: &str, folder: &str) -> bool {
    let Some(rest) = path.strip_prefix(folder) else {
        return false;
    };
    rest.is_empty() || folder.ends_with('/') || rest.starts_with('/')
}

/// Section 5.1.4: the folder that `path` stands in.
fn default_path(path: &str) -> String {
    match path.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(end) => path[..end].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: f64 = 1_800_000_000.0;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    /// What goes to `to` after `set` has been heard from `from`, one after the other.
    fn check(from: &str, set: &[&str], to: &str, expected: &str) {
        let mut jar = Jar::new();
        jar.store(&url(from), set.iter().map(|value| value.as_bytes()), NOW);
        let header = jar.header_for(&url(to), NOW).unwrap_or_default();
        let text = String::from_utf8(header).expect("text");
        assert_eq!(text, expected, "{from} sets {set:?}, {to}");
    }

    #[test]
    fn a_user_without_cookies_costs_a_pointer() {
        assert_eq!(size_of::<Jar>(), 8);
        let mut jar = Jar::new();
        jar.store(&url("http://a/"), [&b"a=1; Max-Age=0"[..], b"", b"="], NOW);
        assert!(jar.0.is_none());
        jar.store(&url("http://a/"), [&b"a=1"[..]], NOW);
        jar.store(&url("http://a/"), [&b"a=1; Max-Age=0"[..]], NOW);
        assert!(jar.0.is_none());
    }

    #[test]
    fn hosts() {
        let here = "http://www.example.com/";
        check(here, &["a=1"], here, "a=1");
        check(here, &["a=1"], "http://example.com/", "");
        check(here, &["a=1"], "http://x.www.example.com/", "");
        check(here, &["a=1"], "http://www.example.com:8080/", "a=1");
        for domain in ["example.com", ".Example.COM", "x.y; Domain=example.com"] {
            let set = format!("a=1; Domain={domain}");
            for to in [here, "http://example.com/", "http://a.b.example.com/"] {
                check(here, &[&set], to, "a=1");
            }
            check(here, &[&set], "http://notexample.com/", "");
        }
        for domain in ["com", "x.www.example.com", "other.com", "ww.example.com"] {
            check(here, &[&format!("a=1; Domain={domain}")], here, "");
        }
        check(here, &["a=1; Domain="], here, "a=1");
        check(
            "http://localhost/",
            &["a=1; Domain=localhost"],
            "http://localhost/",
            "a=1",
        );
        check(
            "http://localhost/",
            &["a=1; Domain=localhost"],
            "http://x.localhost/",
            "",
        );
        check(
            "http://1.2.3.4/",
            &["a=1; Domain=1.2.3.4"],
            "http://1.2.3.4/",
            "a=1",
        );
        check(
            "http://1.2.3.4/",
            &["a=1; Domain=3.4"],
            "http://1.2.3.4/",
            "",
        );
    }

    #[test]
    fn paths() {
        let here = "http://a/b/c?d=/e/f";
        check(here, &["a=1"], "http://a/b", "a=1");
        check(here, &["a=1"], "http://a/b/x/y?z", "a=1");
        check(here, &["a=1"], "http://a/bc", "");
        check(here, &["a=1"], "http://a/", "");
        check(here, &["a=1; Path=/"], "http://a/x", "a=1");
        check(here, &["a=1; Path=x"], "http://a/b", "a=1");
        check(here, &["a=1; Path=/x/"], "http://a/x/y", "a=1");
        check(here, &["a=1; Path=/x/"], "http://a/x", "");
        let several = [
            "a=1; Path=/",
            "b=2; Path=/b/c",
            "c=3; Path=/b",
            "d=4; Path=/",
        ];
        check(here, &several, here, "b=2; c=3; a=1; d=4");
    }

    #[test]
    fn schemes() {
        for from in ["http://a/", "https://a/"] {
            check(from, &["a=1; Secure; HttpOnly"], "https://a/", "a=1");
            check(from, &["a=1; secure"], "http://a/", "");
        }
    }

    #[test]
    fn a_cookie_set_again_is_replaced_in_its_place() {
        let here = "http://a/";
        check(here, &["a=1", "b=2", "a=3"], here, "a=3; b=2");
        check(here, &["a=1", "b=2", "a=; Max-Age=-1"], here, "b=2");
        check(here, &["a=1", "a=2; Path=/x"], "http://a/x", "a=2; a=1");
    }

    #[test]
    fn time_ends_cookies() {
        let (here, past) = ("http://a/", "Thu, 01 Jan 1970 00:00:00 GMT");
        check(here, &["a=1", &format!("a=2; Expires={past}")], here, "");
        check(
            here,
            &[&format!("a=2; Expires={past}; Max-Age=9")],
            here,
            "a=2",
        );
        let mut jar = Jar::new();
        let url = url(here);
        let set = b"a=1; Expires=Fri, 15 Jan 2027 08:01:40 GMT";
        jar.store(&url, [&set[..], b"b=2; Max-Age=50"], NOW);
        let at = |later: f64| jar.header_for(&url, NOW + later);
        assert_eq!(at(49.0).as_deref(), Some(&b"a=1; b=2"[..]));
        assert_eq!(at(99.0).as_deref(), Some(&b"a=1"[..]));
        assert_eq!(at(100.0), None);
    }

    #[test]
    fn values_can_be_looked_up() {
        let mut jar = Jar::new();
        assert_eq!(jar.get("a"), None);
        let set = [&b"a=1=\xfc; Path=/x"[..], b"a=2", b"ab="];
        jar.store(&url("http://a/"), set, NOW);
        assert_eq!(jar.get("a"), Some(&b"1=\xfc"[..]));
        assert_eq!(jar.get("ab"), Some(&b""[..]));
        assert_eq!(jar.get("b"), None);
        jar.clear();
        assert_eq!(jar.get("a"), None);
    }

    #[test]
    fn cookies_have_a_limit() {
        let (mut jar, url) = (Jar::new(), url("http://a/"));
        let mut set = |text: String| jar.store(&url, [text.as_bytes()], NOW);
        set("first=1".to_owned());
        set("dead=1; Max-Age=0".to_owned());
        for at in 0..MAX_COOKIES {
            set(format!("c{at}=1"));
        }
        assert_eq!(jar.get("first"), None);
        assert_eq!(jar.get("c0"), Some(&b"1"[..]));
        let all = jar.header_for(&url, NOW).expect("cookies");
        assert_eq!(all.split(|&byte| byte == b';').count(), MAX_COOKIES);
    }
}
