//! A request of the plan as bytes.
//!
//! In: a step, compiled once. Out: for each execution the encoded request. One whose
//! parts are all constant is encoded once and only copied by reference; of all others the
//! constant parts are. Never: a connection.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use gatecrash_net::{Jar, Origin, Request, TlsSettings, Trust, Url, UrlFault};
use gatecrash_plan::model::{HttpStep, HttpUsers, Part, Template};

use super::body::Body;
use super::encode::Escape;
use super::template::{Fault, Pieces, Scope, Written};
use super::values::Names;
use crate::clock::Clock;

/// Who asks, unless a header of the plan says otherwise.
const USER_AGENT: &str = concat!("gatecrash/", env!("CARGO_PKG_VERSION"));

/// The largest request of which each lane has its own copy.
const MAX_COPIED_BYTES: usize = 64 << 10;

/// What of the class every request needs.
#[derive(Debug)]
pub(super) struct Home {
    /// Where relative URLs lead; its path comes before theirs. A class may have none.
    base: Option<Url>,
    pub(super) tls: TlsSettings,
}

impl Home {
    pub(super) fn of(users: &HttpUsers) -> Result<Home, String> {
        let trust = match users.verify_tls {
            true => Trust::System,
            false => Trust::Anybody,
        };
        let base = match users.host.as_str() {
            "" => None,
            host => Some(Url::parse(host).map_err(|fault| format!("host: {fault}"))?),
        };
        Ok(Home {
            base,
            tls: TlsSettings {
                trust,
                identity: None,
            },
        })
    }

    /// The server of relative URLs, and what they are appended to: the path of the host
    /// without its last slash.
    fn base(&self) -> Result<(&Url, &str), String> {
        let base = self.base.as_ref();
        base.map(|base| (base, base.target.trim_end_matches('/')))
            .ok_or_else(|| "the URL is relative, and there is no host".to_owned())
    }

    /// An absolute URL from one that may be relative.
    pub(super) fn absolute(
        &self,
        url: &str,
        parse: fn(&str) -> Result<Url, UrlFault>,
    ) -> Result<Url, String> {
        let url = match parse(url) {
            Err(UrlFault::NotAbsolute(_)) => {
                let (base, prefix) = self.base()?;
                base.join(&format!("{prefix}/{}", url.trim_start_matches('/')))
            }
            other => other,
        };
        url.map_err(|fault| fault.to_string())
    }
}

/// A compiled request.
#[derive(Debug)]
pub(super) struct Encoder {
    method: Box<str>,
    target: Target,
    query: Pieces,
    /// All header lines after `Host`, but those of this request only.
    headers: Pieces,
    /// Without its own `Host` in the plan.
    says_host: bool,
    body: Option<Body>,
    /// The body goes in chunks of so many bytes.
    chunk_bytes: Option<usize>,
    constant: Option<Constant>,
    pub(super) closes: bool,
    expects_continue: bool,
}

/// Where a request goes.
#[derive(Debug)]
enum Target {
    /// To a server known before; path and query are filled in.
    At(Server, Pieces),
    /// What is filled in says where.
    Anywhere(Pieces),
}

/// A server that is known when the plan is compiled.
#[derive(Clone, Debug)]
struct Server {
    url: Url,
    origin: Arc<Origin>,
    authority: Box<str>,
}

#[derive(Debug)]
struct Constant {
    wire: Bytes,
    body_at: usize,
}

/// A request ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Encoded {
    pub(super) origin: Arc<Origin>,
    pub(super) wire: Bytes,
    pub(super) body_at: usize,
}

impl Server {
    fn new(url: Url, tls: &TlsSettings) -> Server {
        let origin = url.origin(tls.clone());
        Server {
            authority: origin.authority().into(),
            origin: Arc::new(origin),
            url,
        }
    }
}

impl Encoder {
    /// Compiles the request of a step.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn compile(
        step: &HttpStep,
        users: &HttpUsers,
        home: &Home,
        names: &mut Names<'_>,
    ) -> Result<Encoder, String> {
        let body = Body::compile(&step.body, names)?;
        let own_type = body.as_ref().map(|body| &*body.content_type);
        let headers = Headers::compile(&users.headers, &step.headers, own_type, names)?;
        let mut query = Pieces::default();
        for (at, (name, value)) in step.query.iter().enumerate() {
            query.push_bytes(if at > 0 { b"&" } else { b"" });
            query.push_text(name, Written::As(Escape::Query))?;
            query.push_bytes(b"=");
            query.push(value, Written::As(Escape::Query), names)?;
        }
        let mut encoder = Encoder {
            method: step.method.as_str().into(),
            target: Target::compile(&step.url, home, names)?,
            query,
            headers: headers.lines,
            says_host: !headers.has_host,
            body,
            chunk_bytes: step.chunk_bytes,
            constant: None,
            closes: headers.closes,
            expects_continue: headers.expects_continue,
        };
        encoder.constant = encoder.as_constant();
        Ok(encoder)
    }

    /// The request once for all, where nothing is to be filled in.
    fn as_constant(&self) -> Option<Constant> {
        let Target::At(server, target) = &self.target else {
            return None;
        };
        let body = match &self.body {
            Some(body) => Some(body.content.as_constant()?),
            None => None,
        };
        let mut wire = self.request_line(target.as_constant()?, self.query.as_constant()?);
        self.push_head(&mut wire, &server.authority, self.headers.as_constant()?);
        let body_at = self.push_body(&mut wire, body, None);
        Some(Constant {
            wire: wire.into(),
            body_at,
        })
    }

    /// What the requests of this step have in common, with an origin and bytes that no
    /// other thread counts references to. `None` where not even the server is known.
    pub(super) fn prototype(&self) -> Option<Request> {
        let Target::At(server, _) = &self.target else {
            return None;
        };
        let origin = Arc::new((*server.origin).clone());
        let (wire, body_at) = match &self.constant {
            // References to a large one are few beside the time it takes to send it.
            Some(large) if large.wire.len() > MAX_COPIED_BYTES => {
                (large.wire.clone(), large.body_at)
            }
            Some(constant) => (Bytes::copy_from_slice(&constant.wire), constant.body_at),
            None => (Bytes::new(), 0),
        };
        Some(self.request(origin, wire, body_at))
    }

    /// Whether [`Encoder::prototype`] is the whole request.
    pub(super) fn is_constant(&self) -> bool {
        self.constant.is_some()
    }

    /// A request of these bytes.
    pub(super) fn request(&self, origin: Arc<Origin>, wire: Bytes, body_at: usize) -> Request {
        Request {
            is_head: &*self.method == "HEAD",
            closes: self.closes,
            expects_continue: self.expects_continue,
            // The seat puts in when it is sent.
            ..Request::new(origin, wire, body_at)
        }
    }

    /// Encodes a request with what is to be filled in, and with the cookies of `jar`.
    pub(super) fn encode(
        &self,
        scope: Scope<'_>,
        home: &Home,
        jar: Option<&Jar>,
    ) -> Result<Encoded, Fault> {
        let mut part = Vec::new();
        let server = self.fill_target(scope, home, &mut part)?;
        let mut query = Vec::new();
        self.query.write(scope, &mut query)?;
        let mut wire = self.request_line(&part, &query);
        part.clear();
        self.headers.write(scope, &mut part)?;
        self.push_head(&mut wire, &server.authority, &part);
        let cookies = jar.and_then(|jar| {
            let url = url_at(&server.url, &wire);
            jar.header_for(&url, Clock::start().now_epoch_s())
        });
        part.clear();
        if let Some(body) = &self.body {
            body.content.write(scope, &mut part)?;
        }
        let content = self.body.is_some().then_some(&*part);
        let body_at = self.push_body(&mut wire, content, cookies.as_deref());
        Ok(Encoded {
            origin: server.origin.clone(),
            wire: wire.into(),
            body_at,
        })
    }

    /// Writes the path, and the query that stands in the URL; gives the server.
    fn fill_target<'a>(
        &'a self,
        scope: Scope<'_>,
        home: &Home,
        out: &mut Vec<u8>,
    ) -> Result<Cow<'a, Server>, Fault> {
        match &self.target {
            Target::At(server, pieces) => {
                pieces.write(scope, out)?;
                Ok(Cow::Borrowed(server))
            }
            Target::Anywhere(pieces) => {
                let url = home
                    .absolute(&pieces.text(scope)?, Url::parse)
                    .map_err(|_| Fault("the URL that was filled in leads nowhere".to_owned()))?;
                out.extend_from_slice(url.target.as_bytes());
                Ok(Cow::Owned(Server::new(url, &home.tls)))
            }
        }
    }

    fn request_line(&self, target: &[u8], query: &[u8]) -> Vec<u8> {
        let mut line = Vec::with_capacity(512 + target.len() + query.len());
        line.extend_from_slice(self.method.as_bytes());
        line.push(b' ');
        line.extend_from_slice(target);
        if !query.is_empty() {
            line.push(if target.contains(&b'?') { b'&' } else { b'?' });
            line.extend_from_slice(query);
        }
        line.extend_from_slice(b" HTTP/1.1\r\n");
        line
    }

    fn push_head(&self, wire: &mut Vec<u8>, authority: &str, headers: &[u8]) {
        if self.says_host {
            push_line(wire, "Host", authority.as_bytes());
        }
        wire.extend_from_slice(headers);
    }

    /// Ends the head and appends the body; gives where it begins.
    fn push_body(&self, wire: &mut Vec<u8>, body: Option<&[u8]>, cookies: Option<&[u8]>) -> usize {
        if let Some(cookies) = cookies {
            push_line(wire, "Cookie", cookies);
        }
        // A method that is expected to have a body says that it has none (RFC 9110 section 8.6).
        let says_none = matches!(&*self.method, "POST" | "PUT" | "PATCH");
        let chunked = body.zip(self.chunk_bytes);
        if chunked.is_some() {
            push_line(wire, "Transfer-Encoding", b"chunked");
        } else if body.is_some() || says_none {
            let length = body.map_or(0, <[u8]>::len);
            push_line(wire, "Content-Length", length.to_string().as_bytes());
        }
        wire.extend_from_slice(b"\r\n");
        let body_at = wire.len();
        match chunked {
            Some((body, chunk_bytes)) => push_chunks(wire, body, chunk_bytes),
            None => wire.extend_from_slice(body.unwrap_or_default()),
        }
        body_at
    }
}

/// A body in chunks (RFC 9112, section 7.1).
fn push_chunks(wire: &mut Vec<u8>, body: &[u8], chunk_bytes: usize) {
    for chunk in body.chunks(chunk_bytes) {
        wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        wire.extend_from_slice(chunk);
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"0\r\n\r\n");
}

/// The URL of a request.
pub fn url_of(request: &Request) -> Url {
    let origin = &request.origin;
    let base = Url {
        scheme: origin.scheme,
        host: origin.host.clone(),
        port: origin.port,
        target: String::new(),
    };
    url_at(&base, &request.wire)
}

/// The URL of an encoded request to the server of `base`.
fn url_at(base: &Url, wire: &[u8]) -> Url {
    let target = wire.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
    Url {
        target: String::from_utf8_lossy(target).into_owned(),
        ..base.clone()
    }
}

pub(super) fn push_line(wire: &mut Vec<u8>, name: &str, value: &[u8]) {
    wire.extend_from_slice(name.as_bytes());
    wire.extend_from_slice(b": ");
    wire.extend_from_slice(value);
    wire.extend_from_slice(b"\r\n");
}

impl Target {
    fn compile(url: &Template, home: &Home, names: &mut Names<'_>) -> Result<Target, String> {
        let mut pieces = Pieces::compile(&without_fragment(url), Written::As(Escape::Url), names)?;
        let start = String::from_utf8_lossy(pieces.start()).into_owned();
        let Some(after_scheme) = start.find("://") else {
            if start.is_empty() && pieces.as_constant().is_none() {
                return Ok(Target::Anywhere(pieces));
            }
            let (base, prefix) = home.base()?;
            let slash = if start.starts_with('/') { "" } else { "/" };
            pieces.insert_start(format!("{prefix}{slash}").as_bytes());
            return Ok(Target::At(Server::new(base.clone(), &home.tls), pieces));
        };
        let authority_at = after_scheme + "://".len();
        let end = match start[authority_at..].find(['/', '?']) {
            Some(end) => authority_at + end,
            None if pieces.as_constant().is_some() => start.len(),
            // The name of the host goes on with what is filled in.
            None => return Ok(Target::Anywhere(pieces)),
        };
        let server = Url::parse(&start[..end]).map_err(|fault| fault.to_string())?;
        pieces.cut_start(end);
        if !start[end..].starts_with('/') {
            pieces.insert_start(b"/");
        }
        Ok(Target::At(Server::new(server, &home.tls), pieces))
    }
}

/// What follows `#` is the author's, not the server's.
fn without_fragment(url: &Template) -> Template {
    let mut parts = Vec::new();
    for part in &url.parts {
        match part {
            Part::Text(text) if text.contains('#') => {
                let before = text.split('#').next().unwrap_or_default();
                parts.push(Part::Text(before.to_owned()));
                break;
            }
            other => parts.push(other.clone()),
        }
    }
    Template { parts }
}

/// The header lines of a request.
#[derive(Debug, Default)]
struct Headers {
    lines: Pieces,
    has_host: bool,
    closes: bool,
    expects_continue: bool,
}

/// The headers that say how long a body is; they follow from the body.
const OURS: [&str; 2] = ["content-length", "transfer-encoding"];

impl Headers {
    /// The headers of the class and those of the step, after our own ones.
    fn compile(
        class: &[(String, Template)],
        step: &[(String, Template)],
        content_type: Option<&str>,
        names: &mut Names<'_>,
    ) -> Result<Headers, String> {
        let mut headers = Headers::default();
        let given = header_pieces(class, step, names)?;
        let says = |wanted: &str, value: &str| {
            given.iter().any(|(name, pieces)| {
                let is_value =
                    |said: &[u8]| said.trim_ascii().eq_ignore_ascii_case(value.as_bytes());
                name.eq_ignore_ascii_case(wanted) && pieces.as_constant().is_some_and(is_value)
            })
        };
        headers.closes = says("Connection", "close");
        headers.expects_continue = says("Expect", "100-continue");
        let is_given = |wanted: &str| {
            given
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
        };
        headers.has_host = is_given("Host");
        if let Some(content_type) = content_type.filter(|_| !is_given("Content-Type")) {
            let line = format!("Content-Type: {content_type}\r\n");
            headers.lines.push_bytes(line.as_bytes());
        }
        for (name, value) in given {
            headers.lines.push_bytes(format!("{name}: ").as_bytes());
            headers.lines.append(value);
            headers.lines.push_bytes(b"\r\n");
        }
        Ok(headers)
    }
}

/// The headers of the class and those of the step, which replace the same name; who asks
/// is among them in any case.
///
/// # Errors
/// A name that is none, or that of a header that follows from the body.
pub(super) fn header_pieces(
    class: &[(String, Template)],
    step: &[(String, Template)],
    names: &mut Names<'_>,
) -> Result<Vec<(String, Pieces)>, String> {
    let user_agent = [("User-Agent".to_owned(), Template::constant(USER_AGENT))];
    let layers = [&user_agent[..], class, step];
    let mut pieces = Vec::new();
    for (at, layer) in layers.iter().enumerate() {
        let is_replaced = |name: &str| {
            let mut later = layers[at + 1..].iter().copied().flatten();
            later.any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        for (name, value) in layer.iter().filter(|(name, _)| !is_replaced(name)) {
            let told = |fault: String| format!("header {name}: {fault}");
            check_name(name).map_err(told)?;
            let value = Pieces::compile(value, Written::Header, names).map_err(told)?;
            pieces.push((name.clone(), value));
        }
    }
    Ok(pieces)
}

fn check_name(name: &str) -> Result<(), String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err("this is no name of a header".to_owned());
    }
    if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
        return Err("how long the body is follows from the body; leave it out".to_owned());
    }
    Ok(())
}
