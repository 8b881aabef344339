//! A user's requests, and the quickest way to make one.
//!
//! In: method and URL. Out: a [`RequestBuilder`], or a [`Prepared`] request that is encoded
//! once and only copied by reference. Redirects are followed and cookies kept here, for
//! both alike.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gatecrash_engine::Cause;
use gatecrash_engine::clock::Clock;
use gatecrash_engine::journey::{self, follow, is_redirect, url_of};
use gatecrash_metrics::EndpointId;
use gatecrash_net::{BodyUse, Failure, Fetched, Head, Jar, Origin, Request, TlsSettings, Url};
use gatecrash_net::{UrlFault, now};

use crate::context::Inner;
use crate::encode::{Parts, encode};
use crate::{Failed, Outcome, RequestBuilder};

/// How long a request may take unless it says otherwise.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes of a body at most; beyond, the request fails.
pub(crate) const BODY_BYTES: u64 = 64_000_000;

/// How many redirects are followed.
const REDIRECTS: u32 = 10;

/// How many prepared requests the users of a class share on a lane; each user makes
/// further ones for itself.
const SHARED_REQUESTS: usize = 1000;

/// What the users of a class share on one lane.
pub(crate) struct Lane {
    /// Where relative URLs lead; its path comes before theirs.
    host: Url,
    origin: Arc<Origin>,
    authority: String,
    pub(crate) tls: TlsSettings,
    clock: Clock,
    /// By method and URL.
    prepared: RefCell<HashMap<(String, String), Prepared>>,
}

/// Where a request leads.
pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) origin: Arc<Origin>,
    pub(crate) authority: String,
}

/// A user's way to make requests: its own connections, cookies and headers. Copies are the
/// same user's.
///
/// URLs may be relative to `--host`. Redirects are followed, up to 10, as one request. A
/// status of 400 or more is a failure unless the request expects it.
#[derive(Clone)]
pub struct Http(pub(crate) Rc<Inner>);

/// A request without a body that is encoded once, by [`Http::prepare`].
#[derive(Clone)]
pub struct Prepared(Rc<PreparedRequest>);

struct PreparedRequest {
    method: String,
    url: String,
    /// Or why there is none.
    ready: Result<(EndpointId, Request), String>,
}

impl Lane {
    pub(crate) fn new(host: Url, tls: TlsSettings) -> Lane {
        let origin = host.origin(tls.clone());
        Lane {
            authority: origin.authority(),
            origin: Arc::new(origin),
            host,
            tls,
            clock: Clock::start(),
            prepared: RefCell::default(),
        }
    }

    /// Where a URL leads that may be relative.
    ///
    /// # Errors
    /// When it leads nowhere.
    pub(crate) fn target(
        &self,
        url: &str,
        parse: fn(&str) -> Result<Url, UrlFault>,
    ) -> Result<Target, String> {
        let url = match parse(url) {
            Err(UrlFault::NotAbsolute(_)) => {
                let prefix = self.host.target.trim_end_matches('/');
                self.host
                    .join(&format!("{prefix}/{}", url.trim_start_matches('/')))
            }
            other => other,
        };
        let url = url.map_err(|fault| fault.to_string())?;
        let is_home = (url.scheme, url.port) == (self.host.scheme, self.host.port)
            && url.host == self.host.host;
        let origin = match is_home {
            true => self.origin.clone(),
            false => Arc::new(url.origin(self.tls.clone())),
        };
        let authority = match is_home {
            true => self.authority.clone(),
            false => origin.authority(),
        };
        Ok(Target {
            url,
            origin,
            authority,
        })
    }

    fn now_epoch_s(&self) -> f64 {
        self.clock.now_epoch_s()
    }
}

impl Http {
    /// A GET request.
    pub fn get(&self, url: impl Into<String>) -> RequestBuilder<'_> {
        self.request("GET", url)
    }

    /// A POST request.
    pub fn post(&self, url: impl Into<String>) -> RequestBuilder<'_> {
        self.request("POST", url)
    }

    /// A PUT request.
    pub fn put(&self, url: impl Into<String>) -> RequestBuilder<'_> {
        self.request("PUT", url)
    }

    /// A PATCH request.
    pub fn patch(&self, url: impl Into<String>) -> RequestBuilder<'_> {
        self.request("PATCH", url)
    }

    /// A DELETE request.
    pub fn delete(&self, url: impl Into<String>) -> RequestBuilder<'_> {
        self.request("DELETE", url)
    }

    /// A HEAD request.
    pub fn head(&self, url: impl Into<String>) -> RequestBuilder<'_> {
        self.request("HEAD", url)
    }

    /// A request with any method.
    pub fn request(&self, method: impl Into<String>, url: impl Into<String>) -> RequestBuilder<'_> {
        RequestBuilder::new(&self.0, method.into(), url.into())
    }

    /// A request without a body, encoded once, for [`Http::send`]. It is counted under its
    /// URL as it stands here. All users of the class share it on their thread.
    ///
    /// What is wrong with it is told when it is sent.
    pub fn prepare(&self, method: &str, url: &str) -> Prepared {
        let key = (method.to_owned(), url.to_owned());
        let mut known = self.0.lane.prepared.borrow_mut();
        if let Some(prepared) = known.get(&key) {
            return prepared.clone();
        }
        let prepared = Prepared(Rc::new(PreparedRequest {
            method: method.to_owned(),
            url: url.to_owned(),
            ready: self.encoded_once(method, url),
        }));
        if known.len() < SHARED_REQUESTS {
            known.insert(key, prepared.clone());
        }
        prepared
    }

    fn encoded_once(&self, method: &str, url: &str) -> Result<(EndpointId, Request), String> {
        let target = self.0.lane.target(url, Url::parse)?;
        let (wire, body_at) = encode(&Parts {
            method,
            url: &target.url,
            authority: &target.authority,
            headers: &[],
            cookies: None,
            body: None,
        })?;
        let request = Request {
            total_timeout: Some(TIMEOUT),
            body: BodyUse::Discard {
                limit_bytes: BODY_BYTES,
            },
            ..Request::new(target.origin, wire.into(), body_at)
        };
        Ok((self.0.seat.endpoint(method, url), request))
    }

    /// Sends a prepared request. The body of its answer is counted and not kept: this is
    /// the quickest way to make a request. Once the user has cookies, or headers of its
    /// own, it is encoded anew each time, with these.
    ///
    /// # Errors
    /// When it failed, or could not be made.
    pub async fn send(&self, prepared: &Prepared) -> Outcome {
        let PreparedRequest { method, url, ready } = &*prepared.0;
        let (endpoint, request) = ready.as_ref().map_err(Failed::because)?;
        if !self.0.is_plain() {
            let builder = self.request(method, url).discarding();
            return Box::pin(builder.send()).await.map(drop);
        }
        let answer = self.0.fetch(*endpoint, request).await;
        match &answer.result {
            Ok(Fetched::Whole(exchange)) if is_plain_success(&exchange.head) => {
                answer.record(None);
                Ok(())
            }
            // Rare: its state is not kept in every user.
            _ => Box::pin(self.go_on(answer, request)).await,
        }
    }

    async fn go_on(&self, answer: journey::Answer<'_>, request: &Request) -> Outcome {
        let answer = self.0.settle(answer, request, TIMEOUT).await?;
        let why = head_of(&answer.result).and_then(|head| status_fault(head.status, None));
        let is_fine = why.is_none() && answer.result.is_ok();
        // A failed exchange has words of its own.
        answer.record(why.as_ref());
        is_fine.then_some(()).ok_or(Failed::RECORDED)
    }

    /// From now on every request of this user has this header, unless it has one of the
    /// same name.
    pub fn set_header(&self, name: &str, value: &str) {
        let mut headers = self.0.headers.borrow_mut();
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        headers.push((name.to_owned(), value.to_owned()));
    }

    /// The value of a cookie that the user has.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let jar = self.0.jar.borrow();
        let value = jar.as_ref()?.get(name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }
}

impl Inner {
    /// Whether what is sent is the same for all users.
    fn is_plain(&self) -> bool {
        self.jar.borrow().is_none() && self.headers.borrow().is_empty()
    }

    pub(crate) async fn fetch(
        &self,
        endpoint: EndpointId,
        request: &Request,
    ) -> journey::Answer<'_> {
        self.is_busy.set(true);
        self.seat.fetch(endpoint, request).await
    }

    /// The cookies that go to a URL, as one header value.
    pub(crate) fn cookies_for(&self, url: &Url) -> Option<Vec<u8>> {
        let jar = self.jar.borrow();
        jar.as_ref()?.header_for(url, self.lane.now_epoch_s())
    }

    /// Follows the redirects of an answer and keeps its cookies.
    ///
    /// # Errors
    /// When the redirects lead nowhere, which is recorded.
    pub(crate) async fn settle<'a>(
        &'a self,
        answer: journey::Answer<'a>,
        request: &Request,
        timeout: Duration,
    ) -> Result<journey::Answer<'a>, Failed> {
        let journey::Answer { mut result, flight } = answer;
        let mut next: Option<Request> = None;
        for hop in 0.. {
            let sent = next.as_ref().unwrap_or(request);
            let Some(head) = head_of(&result) else {
                break;
            };
            self.keep_cookies(head, sent);
            if !is_redirect(head) {
                break;
            }
            let left = timeout.saturating_sub(now().saturating_duration_since(flight.called()));
            let following = match hop < REDIRECTS {
                true => self.follow(sent, head, left),
                false => Err(Cause::check(format!("more than {REDIRECTS} redirects"))),
            };
            match following {
                Ok(following) => next = Some(following),
                Err(why) => {
                    journey::Answer { result, flight }.record(Some(&why));
                    return Err(Failed::RECORDED);
                }
            }
            let sent = next.as_ref().unwrap_or(request);
            let fetching = self.seat.client().fetch(sent, now(), || flight.mark_sent());
            result = fetching.await;
        }
        Ok(journey::Answer { result, flight })
    }

    fn follow(&self, sent: &Request, head: &Head, left: Duration) -> Result<Request, Cause> {
        let jar = self.jar.borrow();
        follow(sent, head, jar.as_deref(), &self.lane.tls, left)
    }

    fn keep_cookies(&self, head: &Head, sent: &Request) {
        if !head.has_cookies {
            return;
        }
        let headers = head.headers();
        let is_cookie = |(name, _): &&(&[u8], &[u8])| name.eq_ignore_ascii_case(b"set-cookie");
        let set = headers.iter().filter(is_cookie).map(|(_, value)| *value);
        let mut jar = self.jar.borrow_mut();
        let jar: &mut Box<Jar> = jar.get_or_insert_default();
        jar.store(&url_of(sent), set, self.lane.now_epoch_s());
    }
}

/// The head of an answer, if there is one.
pub(crate) fn head_of(result: &Result<Fetched, Failure>) -> Option<&Head> {
    match result {
        Ok(Fetched::Whole(exchange) | Fetched::Streamed(exchange, _)) => Some(&exchange.head),
        Err(_) => None,
    }
}

/// Why an answer of this status counts as failed, where `expected` is what the request said.
pub(crate) fn status_fault(status: u16, expected: Option<u16>) -> Option<Cause> {
    let is_fine = expected.map_or(status < 400, |expected| expected == status);
    (!is_fine).then(|| Cause::status(status))
}

fn is_plain_success(head: &Head) -> bool {
    head.status < 400 && !head.has_cookies && !is_redirect(head)
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Http(user {})", self.0.seat.number())
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({} {})", self.0.method, self.0.url)
    }
}
