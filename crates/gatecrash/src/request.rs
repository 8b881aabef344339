//! A request while it is put together.
//!
//! In: what the user wants to send. Out: an [`Answer`], the content of a stream, or an open
//! WebSocket; one sample in the books for each. A fault on the way to the send (a header
//! that is none, a value that is no JSON) is told there.

use std::time::Duration;

use gatecrash_engine::Noted;
use gatecrash_engine::journey::{Reading, Socket, Told, read_stream};
use gatecrash_net::{BodyUse, Opening, Request, Url, now};
use gatecrash_plan::model::StreamForm;
use serde::Serialize;

use crate::context::Inner;
use crate::encode::{Parts, encode, push_pair};
use crate::http::{BODY_BYTES, TIMEOUT, head_of, status_fault};
use crate::{Answer, Failed, WebSocket};

/// A request that is put together, and made by [`send`](RequestBuilder::send).
#[must_use = "nothing is sent before `send().await`"]
pub struct RequestBuilder<'a> {
    inner: &'a std::rc::Rc<Inner>,
    method: String,
    url: String,
    name: Option<String>,
    query: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    expected_status: Option<u16>,
    timeout: Duration,
    keeps_body: bool,
    fault: Option<String>,
}

impl<'a> RequestBuilder<'a> {
    pub(crate) fn new(inner: &'a std::rc::Rc<Inner>, method: String, url: String) -> Self {
        RequestBuilder {
            inner,
            method,
            url,
            name: None,
            query: String::new(),
            headers: Vec::new(),
            body: None,
            expected_status: None,
            timeout: TIMEOUT,
            keeps_body: true,
            fault: None,
        }
    }

    /// As what it is counted; without this as its URL, before the query. Give one where
    /// URLs have numbers in them: `/articles/{id}`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Appends `name=value` to the query, escaped.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        push_pair(&mut self.query, name, value);
        self
    }

    /// A header; the same name replaces.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// A value as JSON.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.typed("application/json", body),
            Err(fault) => {
                self.fault = Some(format!("the value cannot be written as JSON: {fault}"));
                self
            }
        }
    }

    /// Fields as `application/x-www-form-urlencoded`.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let mut body = String::new();
        for (name, value) in fields {
            push_pair(&mut body, name, value);
        }
        self.typed("application/x-www-form-urlencoded", body.into_bytes())
    }

    /// Any body; its `Content-Type` is a header of yours.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Any status but this one is a failure.
    pub fn expect_status(mut self, status: u16) -> Self {
        self.expected_status = Some(status);
        self
    }

    /// Longest time for the whole exchange, redirects included; 60 s without this.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes the request and reads the answer. It is recorded when the answer is dropped, so
    /// that it can still be called a failure.
    ///
    /// # Errors
    /// When it failed, which is recorded, or could not be made.
    pub async fn send(self) -> Result<Answer<'a>, Failed> {
        let request = self.encoded(false)?;
        let endpoint = self.endpoint(&self.method);
        let answer = self.inner.fetch(endpoint, &request).await;
        let answer = self.inner.settle(answer, &request, self.timeout).await?;
        let fault = head_of(&answer.result)
            .and_then(|head| status_fault(head.status, self.expected_status));
        match Answer::of(answer) {
            Some(answer) => match fault {
                Some(why) => Err(answer.note(why)),
                None => Ok(answer),
            },
            None => Err(Failed::RECORDED),
        }
    }

    /// Makes the request and reads its answer as a stream of events, which is measured: time
    /// to the first content, gaps, events, tokens. A stream that ends without its end
    /// mark, or had no content, is a failure.
    ///
    /// # Errors
    /// When it failed, which is recorded, or could not be made.
    pub async fn stream(self, form: StreamForm) -> Result<Told, Failed> {
        let request = self.encoded(true)?;
        let endpoint = self.endpoint(&self.method);
        let answer = self.inner.fetch(endpoint, &request).await;
        let answer = self.inner.settle(answer, &request, self.timeout).await?;
        if answer.result.is_err() {
            answer.record(None);
            return Err(Failed::RECORDED);
        }
        let reading = Reading {
            form,
            timeout: self.timeout,
            body_bytes: BODY_BYTES,
            keeps_content: self.keeps_body,
        };
        let expected = self.expected_status;
        let told = read_stream(reading, answer, &self.inner.seat, |exchange, _, _| {
            let fault = status_fault(exchange.head.status, expected);
            (Noted::of(&exchange.head), fault.map_or(Ok(()), Err))
        });
        Box::pin(told).await.map_err(|_| Failed::RECORDED)
    }

    /// Opens a WebSocket at the URL (`/path`, `ws://…`, `wss://…`), with the headers of this
    /// request. It is counted under the method `WS`.
    ///
    /// # Errors
    /// When it failed, which is recorded, or could not be made.
    pub async fn web_socket(self) -> Result<WebSocket, Failed> {
        self.check()?;
        let parse = Url::parse_web_socket;
        let target = self.inner.lane.target(&self.whole_url(), parse);
        let target = target.map_err(Failed::because)?;
        let mut opening = Opening::new(target.origin, &target.url.target, now());
        opening.connect_timeout = Some(self.timeout);
        opening.answer_timeout = Some(self.timeout);
        opening.headers = self.inner.headers.borrow().clone();
        opening.headers.extend(self.headers.iter().cloned());
        if let Some(cookies) = self.inner.cookies_for(&target.url) {
            let cookies = String::from_utf8_lossy(&cookies).into_owned();
            opening.headers.push(("Cookie".to_owned(), cookies));
        }
        self.inner.is_busy.set(true);
        let endpoint = self.endpoint(WebSocket::METHOD);
        let socket = Socket::connect(&self.inner.seat, endpoint, opening).await;
        let socket = socket.map_err(|_| Failed::RECORDED)?;
        Ok(WebSocket::new(self.inner.clone(), socket))
    }

    /// Without a look at the body.
    pub(crate) fn discarding(mut self) -> Self {
        self.keeps_body = false;
        self
    }

    fn typed(mut self, content_type: &str, body: Vec<u8>) -> Self {
        let is_type = |(name, _): &(String, String)| name.eq_ignore_ascii_case("Content-Type");
        if !self.headers.iter().any(is_type) {
            self = self.header("Content-Type", content_type);
        }
        self.body(body)
    }

    /// # Errors
    /// What went wrong while it was put together.
    fn check(&self) -> Result<(), Failed> {
        let fault = self.fault.as_ref();
        fault.map_or(Ok(()), |fault| Err(self.unmade(fault)))
    }

    fn unmade(&self, why: &str) -> Failed {
        Failed::because(format_args!("{} {}: {why}", self.method, self.url))
    }

    fn whole_url(&self) -> String {
        let separator = match (self.query.is_empty(), self.url.contains('?')) {
            (true, _) => "",
            (false, true) => "&",
            (false, false) => "?",
        };
        format!("{}{separator}{}", self.url, self.query)
    }

    fn endpoint(&self, method: &str) -> gatecrash_metrics::EndpointId {
        let path = self.url.split('?').next().unwrap_or_default();
        let name = self.name.as_deref().unwrap_or(path);
        self.inner.seat.endpoint(method, name)
    }

    fn encoded(&self, streams: bool) -> Result<Request, Failed> {
        self.check()?;
        let target = self.inner.lane.target(&self.whole_url(), Url::parse);
        let target = target.map_err(|why| self.unmade(&why))?;
        let always = self.inner.headers.borrow();
        let headers: Vec<(&str, &str)> = always
            .iter()
            .chain(&self.headers)
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let encoded = encode(&Parts {
            method: &self.method,
            url: &target.url,
            authority: &target.authority,
            headers: &headers,
            cookies: self.inner.cookies_for(&target.url).as_deref(),
            body: self.body.as_deref(),
        });
        let (wire, body_at) = encoded.map_err(|why| self.unmade(&why))?;
        let limit_bytes = BODY_BYTES;
        Ok(Request {
            total_timeout: Some(self.timeout),
            streams,
            body: match self.keeps_body {
                true => BodyUse::Keep { limit_bytes },
                false => BodyUse::Discard { limit_bytes },
            },
            ..Request::new(target.origin, wire.into(), body_at)
        })
    }
}

impl std::fmt::Debug for RequestBuilder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RequestBuilder({} {})", self.method, self.whole_url())
    }
}
