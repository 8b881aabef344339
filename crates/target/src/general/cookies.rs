//! Cookies set and shown.
//!
//! In: calls. Out: `Set-Cookie` headers, and the cookies of a request. Never: a stored cookie.

use serde_json::json;

use crate::answer::{Answer, Reply};
use crate::request::latin1;
use crate::routes::Call;

/// `{"cookies": [[name, value], …]}` in the order received.
pub(crate) fn show(call: &Call<'_>) -> Result<Reply, Answer> {
    let mut cookies = Vec::new();
    for header in call.head().values("cookie") {
        for pair in latin1(header).split(';') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            cookies.push(json!([name.trim(), value.trim()]));
        }
    }
    Ok(Answer::json(200, &json!({ "cookies": cookies })).into())
}

/// Sets a cookie for each query parameter. `path`, `domain`, `max-age`, `expires` (with a value),
/// `secure` and `http-only` are attributes of all of them; `redirect` names where a 302 leads.
pub(crate) fn set(call: &Call<'_>) -> Result<Reply, Answer> {
    let (mut cookies, mut attributes, mut redirect) = (Vec::new(), String::new(), None);
    for (name, value) in call.head().query() {
        match name.as_str() {
            "redirect" => redirect = Some(header_text("redirect", value)?),
            "secure" => attributes.push_str("; Secure"),
            "http-only" => attributes.push_str("; HttpOnly"),
            "path" | "domain" | "max-age" | "expires" => {
                attributes += &format!("; {}={}", spelling(&name), header_text(&name, value)?);
            }
            _ => cookies.push(format!(
                "{}={}",
                header_text("name", name)?,
                header_text("value", value)?
            )),
        }
    }
    let mut answer = match redirect {
        Some(location) => Answer::empty(302).with("Location", location),
        None => Answer::json(200, &json!({ "set": cookies })),
    };
    for cookie in cookies {
        answer = answer.with("Set-Cookie", cookie + &attributes);
    }
    Ok(answer.into())
}

fn spelling(attribute: &str) -> &'static str {
    match attribute {
        "path" => "Path",
        "domain" => "Domain",
        "max-age" => "Max-Age",
        _ => "Expires",
    }
}

/// Text that may stand in a header: no control characters, which could begin another one.
pub(crate) fn header_text(name: &str, text: String) -> Result<String, Answer> {
    if text.chars().any(char::is_control) {
        return Err(Answer::error(
            422,
            format!("{name} must not hold control characters"),
        ));
    }
    Ok(text)
}
