//! A request of a plan and what its answer is worth.
//!
//! In: a compiled step and the state of a user. Out: one sample in the books, however many
//! redirects it took, and the values that were taken. The usual request (constant, and
//! nobody looks at its answer) copies two references and allocates nothing here.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use gatecrash_net::{BodyUse, Error, Exchange, Failure, Fetched, Head, Request};
use gatecrash_net::{decode_within, now};
use gatecrash_plan::model::{HttpStep, StreamForm};

use super::check::Demand;
use super::endpoint::Endpoint;
use super::extract::{Extraction, Received};
use super::jsonpath::JsonText;
use super::plan::{Compiling, Lane, State, Stop};
use super::redirect;
use super::request::{Encoded, Encoder, url_of};
use super::stream::{self, Reading};
use super::{Answer, Seat};

/// A request, what is taken from its answer, and what the answer must be.
#[derive(Debug)]
pub(super) struct HttpCall {
    endpoint: Endpoint,
    encoder: Encoder,
    limits: Limits,
    pub(super) stream: Option<StreamForm>,
    judge: Judge,
}

/// How far a request goes.
#[derive(Clone, Copy, Debug)]
struct Limits {
    timeout: Duration,
    redirects: u32,
    body_bytes: u64,
}

/// What is looked at in an answer.
#[derive(Debug)]
pub(super) struct Judge {
    demands: Vec<Demand>,
    extractions: Vec<Extraction>,
    demands_status: bool,
    reads_body: bool,
    /// Paths that are followed into the body.
    paths: usize,
}

/// What is left to wait for when an answer is there: mostly nothing.
enum Settled<'a> {
    Done(Result<(), Stop>),
    GoesOn(Pin<Box<dyn Future<Output = Result<(), Stop>> + 'a>>),
}

impl Future for Settled<'_> {
    type Output = Result<(), Stop>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Settled::Done(result) => Poll::Ready(std::mem::replace(result, Ok(()))),
            Settled::GoesOn(rest) => rest.as_mut().poll(cx),
        }
    }
}

impl HttpCall {
    /// Compiles a step.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn compile(step: &HttpStep, class: &mut Compiling<'_>) -> Result<HttpCall, String> {
        let encoder = Encoder::compile(step, class.users, class.home, &mut class.names)?;
        Ok(HttpCall {
            endpoint: Endpoint::compile(&step.method, &step.name, class)?,
            encoder,
            limits: Limits {
                timeout: step.timeout,
                redirects: step.redirects,
                body_bytes: step.max_body_bytes,
            },
            stream: step.stream,
            judge: Judge::compile(step, class)?,
        })
    }

    /// Makes the request, and records it.
    ///
    /// # Errors
    /// When it failed, or could not be made.
    pub(super) async fn perform(
        &self,
        seat: &Seat,
        lane: &Lane,
        state: &mut State,
    ) -> Result<(), Stop> {
        let endpoint = self.endpoint.number(seat, lane, state)?;
        let prototype = lane.request(self.endpoint.place(), || self.prototype());
        if let Some(constant) = prototype
            && self.encoder.is_constant()
            && state.jar.is_none()
        {
            let answer = seat.fetch(endpoint, constant).await;
            return self.settle(answer, constant, seat, lane, state).await;
        }
        // Boxed, so that users of constant requests need no room for it.
        let filled = Box::new(self.fill(prototype, lane, state)?);
        let answer = seat.fetch(endpoint, &filled).await;
        self.settle(answer, &filled, seat, lane, state).await
    }

    /// Records an answer if it is the end of the exchange, else goes on.
    fn settle<'a>(
        &'a self,
        answer: Answer<'a>,
        request: &'a Request,
        seat: &'a Seat,
        lane: &'a Lane,
        state: &'a mut State,
    ) -> Settled<'a> {
        match &answer.result {
            Ok(Fetched::Whole(exchange)) if !self.goes_on(&exchange.head) => {
                Settled::Done(self.conclude(answer, request, lane, state))
            }
            // Rare, or long: its state is not kept in every user.
            _ => Settled::GoesOn(Box::pin(self.go_on(answer, request, seat, lane, state))),
        }
    }

    /// The request with what is filled in this time.
    fn fill(
        &self,
        prototype: Option<&Request>,
        lane: &Lane,
        state: &State,
    ) -> Result<Request, Stop> {
        let class = &lane.class;
        let encoded = self
            .encoder
            .encode(state.scope(class), &class.home, state.jar.as_deref())
            .map_err(Stop::Fault)?;
        let Encoded {
            origin,
            wire,
            body_at,
        } = encoded;
        Ok(match prototype {
            Some(prototype) => Request {
                wire,
                body_at,
                ..prototype.clone()
            },
            None => self.limited(self.encoder.request(origin, wire, body_at)),
        })
    }

    fn prototype(&self) -> Option<Request> {
        self.encoder
            .prototype()
            .map(|request| self.limited(request))
    }

    fn limited(&self, request: Request) -> Request {
        let limit_bytes = self.limits.body_bytes;
        Request {
            total_timeout: Some(self.limits.timeout),
            streams: self.stream.is_some(),
            body: match self.judge.reads_body {
                true => BodyUse::Keep { limit_bytes },
                false => BodyUse::Discard { limit_bytes },
            },
            ..request
        }
    }

    /// Whether this head is not the end of the exchange.
    fn goes_on(&self, head: &Head) -> bool {
        self.limits.redirects > 0 && is_redirect(head)
    }

    /// Follows redirects, reads streams, and records how it ended.
    async fn go_on(
        &self,
        answer: Answer<'_>,
        request: &Request,
        seat: &Seat,
        lane: &Lane,
        state: &mut State,
    ) -> Result<(), Stop> {
        let Answer { mut result, flight } = answer;
        let mut next = None;
        for _ in 0..self.limits.redirects {
            let sent = next.as_ref().unwrap_or(request);
            let Some(head) = head_of(&result).filter(|head| self.goes_on(head)) else {
                break;
            };
            state.keep_cookies(head, || url_of(sent));
            let left = self.limits.timeout.saturating_sub(since(flight.called()));
            let jar = state.jar.as_deref();
            match redirect::follow(sent, head, jar, &lane.class.home.tls, left) {
                Ok(request) => next = Some(request),
                Err(why) => return fail(Answer { result, flight }, &why),
            }
            let sent = next.as_ref().unwrap_or(request);
            let started = now();
            result = seat
                .client()
                .fetch(sent, started, || flight.mark_sent())
                .await;
        }
        let answer = Answer { result, flight };
        let sent = next.as_ref().unwrap_or(request);
        match (head_of(&answer.result), self.stream) {
            (Some(head), _) if self.goes_on(head) => {
                let why = format!("more than {} redirects", self.limits.redirects);
                fail(answer, &why)
            }
            (Some(head), Some(form)) => {
                state.keep_cookies(head, || url_of(sent));
                let reading = Reading {
                    form,
                    timeout: self.limits.timeout,
                    body_bytes: self.limits.body_bytes,
                    keeps_content: self.judge.reads_body,
                };
                let judge = |exchange: &Exchange, content: &str, time| {
                    let bytes = exchange.body_bytes;
                    self.judge(&exchange.head, content.as_bytes(), bytes, time, lane, state)
                };
                let told = stream::read_stream(reading, answer, seat, judge).await;
                told.map(drop).map_err(|_| Stop::Recorded)
            }
            _ => self.conclude(answer, sent, lane, state),
        }
    }

    /// Judges a whole answer and records it.
    fn conclude(
        &self,
        answer: Answer<'_>,
        sent: &Request,
        lane: &Lane,
        state: &mut State,
    ) -> Result<(), Stop> {
        let exchange = match &answer.result {
            Ok(Fetched::Whole(exchange) | Fetched::Streamed(exchange, _)) => exchange,
            Err(broken) => {
                let why = words(&broken.error);
                return fail(answer, &why);
            }
        };
        state.keep_cookies(&exchange.head, || url_of(sent));
        let done = exchange.timings.done.unwrap_or_else(now);
        let time = done.saturating_duration_since(answer.flight.called());
        match self.judge_whole(exchange, time, lane, state) {
            Ok(()) => {
                answer.record(None);
                Ok(())
            }
            Err(why) => fail(answer, &why),
        }
    }

    fn judge_whole(
        &self,
        exchange: &Exchange,
        time: Duration,
        lane: &Lane,
        state: &mut State,
    ) -> Result<(), String> {
        let decoded_body;
        let body = match exchange.head.is_encoded && self.judge.reads_body {
            true => {
                decoded_body = decoded(exchange, self.limits.body_bytes)?;
                &decoded_body
            }
            false => &exchange.body,
        };
        let (head, bytes) = (&exchange.head, exchange.body_bytes);
        self.judge(head, body, bytes, time, lane, state)
    }

    /// Holds an answer against what it must be, and takes what is taken.
    ///
    /// # Errors
    /// Why it counts as failed, as the name of the failure.
    fn judge(
        &self,
        head: &Head,
        body: &[u8],
        body_bytes: u64,
        time: Duration,
        lane: &Lane,
        state: &mut State,
    ) -> Result<(), String> {
        let judge = &self.judge;
        if !judge.demands_status && head.status >= 400 {
            return Err(format!("status {}", head.status));
        }
        let received = Received {
            status: head.status,
            head: Some(head),
            body,
            json: JsonText::new(body, judge.paths),
            jar: state.jar.as_deref(),
        };
        let scope = state.scope(&lane.class);
        for demand in &judge.demands {
            demand.check(&received, time, body_bytes, scope)?;
        }
        for extraction in &judge.extractions {
            let value = extraction.take(&received)?;
            state.values.set(extraction.slot(), value);
        }
        Ok(())
    }
}

impl Judge {
    fn compile(step: &HttpStep, class: &mut Compiling<'_>) -> Result<Judge, String> {
        let names = &mut class.names;
        let demands = step
            .expect
            .iter()
            .map(|check| Demand::compile(check, names));
        let mut demands = demands.collect::<Result<Vec<_>, _>>()?;
        // What an answer is comes before what is in it: of an error page the status is told.
        demands.sort_by_key(|demand| !demand.is_of_status());
        let extractions = step
            .take
            .iter()
            .map(|take| Extraction::compile(take, names));
        let extractions = extractions.collect::<Result<Vec<_>, _>>()?;
        Ok(Judge {
            demands_status: demands.iter().any(Demand::is_of_status),
            reads_body: demands.iter().any(Demand::reads_body)
                || extractions.iter().any(Extraction::reads_body),
            paths: demands.iter().map(Demand::paths).sum::<usize>()
                + extractions.iter().map(Extraction::paths).sum::<usize>(),
            demands,
            extractions,
        })
    }
}

/// Whether an answer leads elsewhere.
pub fn is_redirect(head: &Head) -> bool {
    head.has_location && matches!(head.status, 301 | 302 | 303 | 307 | 308)
}

fn head_of(result: &Result<Fetched, Failure>) -> Option<&Head> {
    match result {
        Ok(Fetched::Whole(exchange) | Fetched::Streamed(exchange, _)) => Some(&exchange.head),
        Err(_) => None,
    }
}

/// Records a request that failed.
fn fail(answer: Answer<'_>, why: &str) -> Result<(), Stop> {
    answer.record(Some(why));
    Err(Stop::Recorded)
}

/// The body of an answer as its `Content-Encoding` says.
///
/// # Errors
/// When it is not encoded like that, as the name of the failure.
pub fn decoded(exchange: &Exchange, limit_bytes: u64) -> Result<Bytes, String> {
    let codings = exchange.head.header("content-encoding").unwrap_or_default();
    let codings = String::from_utf8_lossy(codings);
    decode_within(limit_bytes, &codings, &exchange.body).map_err(|fault| {
        match fault.is_too_large() {
            true => too_large(limit_bytes),
            false => "the body cannot be decoded as its Content-Encoding says".to_owned(),
        }
    })
}

pub(super) fn too_large(limit_bytes: u64) -> String {
    Error::BodyTooLarge { limit: limit_bytes }.to_string()
}

/// The name of a failure: the error's own words, but for what differs from one time to the
/// next.
pub fn words(error: &Error) -> Cow<'static, str> {
    match error {
        Error::ShortBody { .. } => "the body ended early".into(),
        Error::BadChunk { .. } => "broken chunk framing".into(),
        Error::BadHead(_) => "not an HTTP answer".into(),
        other => other.to_string().into(),
    }
}

/// How long ago an instant was.
pub(super) fn since(instant: Instant) -> Duration {
    now().saturating_duration_since(instant)
}
