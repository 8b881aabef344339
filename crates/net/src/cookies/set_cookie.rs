//! One `Set-Cookie` header, read as RFC 6265 section 5.2 reads it: whatever it says, only
//! what is understood counts.

use super::date;

/// The most bytes of a name with its value; browsers draw the same line.
const MAX_PAIR_BYTES: usize = 4096;
/// A longer attribute is passed over, as in browsers.
const MAX_ATTRIBUTE_BYTES: usize = 1024;

/// What a server wants to set.
#[derive(Debug, PartialEq)]
pub(super) struct SetCookie<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// In lower case, without a dot in front.
    pub(super) domain: Option<String>,
    /// Begins with `/`.
    pub(super) path: Option<String>,
    pub(super) is_secure: bool,
    /// In seconds since 1970.
    pub(super) expires_epoch_s: Option<f64>,
}

impl<'a> SetCookie<'a> {
    /// `None`: it sets nothing.
    pub(super) fn parse(header: &'a [u8], now_epoch_s: f64) -> Option<Self> {
        let mut parts = header.split(|&byte| byte == b';');
        let (name, value) = split_pair(parts.next()?)?;
        if name.is_empty() || name.len() + value.len() > MAX_PAIR_BYTES {
            return None;
        }
        // Would end the header of a later request.
        if header
            .iter()
            .any(|&byte| byte.is_ascii_control() && byte != b'\t')
        {
            return None;
        }
        let mut set = SetCookie {
            name,
            value,
            domain: None,
            path: None,
            is_secure: false,
            expires_epoch_s: None,
        };
        let mut lives_until = None;
        for attribute in parts.filter(|part| part.len() <= MAX_ATTRIBUTE_BYTES) {
            let (name, value) = split_pair(attribute).unwrap_or((attribute.trim_ascii(), b""));
            set.note(name, value, now_epoch_s, &mut lives_until);
        }
        // Max-Age counts more than Expires, whichever comes first.
        set.expires_epoch_s = lives_until.or(set.expires_epoch_s);
        Some(set)
    }

    fn note(&mut self, name: &[u8], value: &[u8], now_epoch_s: f64, lives_until: &mut Option<f64>) {
        match name.to_ascii_lowercase().as_slice() {
            b"secure" => self.is_secure = true,
            b"domain" => self.domain = domain(value).or(self.domain.take()),
            b"path" => {
                let text = str::from_utf8(value).ok();
                self.path = text.filter(|path| path.starts_with('/')).map(str::to_owned);
            }
            b"expires" => self.expires_epoch_s = date::parse(value).or(self.expires_epoch_s),
            b"max-age" => {
                if let Some(seconds) = seconds(value) {
                    *lives_until = Some(match seconds > 0.0 {
                        true => now_epoch_s + seconds,
                        false => f64::NEG_INFINITY,
                    });
                }
            }
            _ => {}
        }
    }
}

fn split_pair(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&byte| byte == b'=')?;
    Some((text[..at].trim_ascii(), text[at + 1..].trim_ascii()))
}

fn domain(value: &[u8]) -> Option<String> {
    let text = str::from_utf8(value).ok()?;
    let bare = text.strip_prefix('.').unwrap_or(text);
    (!bare.is_empty()).then(|| bare.to_ascii_lowercase())
}

/// Section 5.2.2: digits, perhaps after a minus.
fn seconds(value: &[u8]) -> Option<f64> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    str::from_utf8(value)
        .ok()
        .filter(|_| is_number)?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: Option<(&str, &str)>) {
        let set = SetCookie::parse(header.as_bytes(), 0.0);
        let pair = set.map(|set| (set.name, set.value));
        let expected = expected.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        assert_eq!(pair, expected, "{header:?}");
    }

    #[test]
    fn names_and_values() {
        check("a=b", Some(("a", "b")));
        check("  a = b c ; x", Some(("a", "b c")));
        check("a=\"b\"", Some(("a", "\"b\"")));
        check("a==b=", Some(("a", "=b=")));
        check("a=", Some(("a", "")));
        check("a", None);
        check("=b", None);
        check("; a=b", None);
        check("a=b\u{1}", None);
        check("a=b; Path=/\r\nX: y", None);
        let longest = "x".repeat(MAX_PAIR_BYTES - 1);
        check(&format!("a={longest}"), Some(("a", &longest)));
        check(&format!("a={longest}x"), None);
    }

    #[test]
    fn attributes() {
        let parse = |header: &'static str| {
            let set = SetCookie::parse(header.as_bytes(), 100.0).expect("a cookie");
            (set.domain, set.path, set.is_secure, set.expires_epoch_s)
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(parse("a=b"), (None, None, false, None));
        assert_eq!(
            parse("a=b;DOMAIN=.X.y;path = /p ;SECURE;max-age=5;SameSite=Lax"),
            (text("x.y"), text("/p"), true, Some(105.0))
        );
        assert_eq!(parse("a=b; Path=/x; Path=y").1, None, "the last one counts");
        assert!(parse("a=b; Secure=no").2);
        for (header, expires) in [
            ("a=b; Max-Age=0", Some(f64::NEG_INFINITY)),
            ("a=b; Max-Age=-5", Some(f64::NEG_INFINITY)),
            ("a=b; Max-Age=5x", None),
            ("a=b; Max-Age=", None),
            ("a=b; Max-Age=-", None),
            (
                "a=b; Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:01 GMT",
                Some(109.0),
            ),
            ("a=b; Expires=Thu, 01 Jan 1970 00:00:01 GMT", Some(1.0)),
            ("a=b; Expires=soon", None),
        ] {
            assert_eq!(parse(header).3, expires, "{header}");
        }
        let long = format!("a=b; Path=/{}", "x".repeat(MAX_ATTRIBUTE_BYTES));
        let set = SetCookie::parse(long.as_bytes(), 0.0).expect("a cookie");
        assert_eq!(set.path, None);
    }
}
