//! A request of a plan and what its answer is worth.
//!
//! In: a compiled step and the state of a user. Out: one sample in the books, however many
//! redirects it took, and the values that were taken. The usual request (constant, and
//! nobody looks at its answer) copies two references and allocates nothing here.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use gatecrash_metrics::{EndpointId, FailureKind};
use gatecrash_net::{BodyUse, Error, Exchange, Failure, Fetched, Head, Request};
use gatecrash_net::{decode_within, now};
use gatecrash_plan::model::{HttpStep, StreamForm};

use super::account::{Account, Judged};
use super::check::Demand;
use super::endpoint::Endpoint;
use super::extract::{Extraction, Received};
use super::jsonpath::JsonText;
use super::plan::{Compiling, Lane, State, Stop};
use super::redirect;
use super::request::{Encoded, Encoder, url_of};
use super::stream::{self, Reading};
use super::{Answer, Seat};
use crate::cause::Cause;
use crate::noted::Noted;

/// A request, what is taken from its answer, and what the answer must be.
#[derive(Debug)]
pub(super) struct HttpCall {
    endpoint: Endpoint,
    pub(super) encoder: Encoder,
    pub(super) limits: Limits,
    pub(super) stream: Option<StreamForm>,
    pub(super) judge: Judge,
}

/// How far a request goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) timeout: Duration,
    pub(super) redirects: u32,
    pub(super) body_bytes: u64,
}

/// What is looked at in an answer.
#[derive(Debug)]
pub(super) struct Judge {
    demands: Vec<Demand>,
    extractions: Vec<Extraction>,
    demands_status: bool,
    /// Nothing is asked of an answer but that its status is below 400.
    asks_nothing: bool,
    account: Account,
    pub(super) reads_body: bool,
    /// Paths that are followed into the body.
    pub(super) paths: usize,
}

/// What came, to be judged.
#[derive(Clone, Copy)]
struct Came<'a> {
    head: &'a Head,
    body: &'a [u8],
    body_bytes: u64,
    time: Duration,
    endpoint: EndpointId,
}

/// What came of it: what the books shall know, and whether it is as it must be.
type Verdict = (Noted<'static>, Result<(), Cause>);

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
        let begun = seat.take_begun();
        let endpoint = self.endpoint.number(seat, lane, state)?;
        let prototype = lane.request(self.endpoint.place(), || self.prototype());
        if let Some(constant) = prototype
            && self.encoder.is_constant()
            && state.jar.is_none()
        {
            let called = begun.unwrap_or_else(now);
            let answer = seat.fetch_from(called, endpoint, constant).await;
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
            Ok(Fetched::Whole(exchange)) if self.is_plain(&exchange.head) => {
                answer.record(None);
                Settled::Done(Ok(()))
            }
            Ok(Fetched::Whole(exchange)) if !self.goes_on(&exchange.head) => {
                Settled::Done(self.conclude(answer, request, seat, lane, state))
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

    pub(super) fn limited(&self, request: Request) -> Request {
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

    /// Whether this head is all that there is to an answer: a success of which nothing is asked,
    /// which is not recorded otherwise by [`HttpCall::conclude`].
    fn is_plain(&self, head: &Head) -> bool {
        self.judge.asks_nothing && head.status < 300 && !head.has_cookies
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
                fail(answer, &Cause::check(why))
            }
            (Some(head), Some(form)) => {
                state.keep_cookies(head, || url_of(sent));
                let reading = Reading {
                    form,
                    timeout: self.limits.timeout,
                    body_bytes: self.limits.body_bytes,
                    keeps_content: self.judge.reads_body,
                };
                let endpoint = answer.flight.endpoint();
                let judge = |exchange: &Exchange, content: &str, time| {
                    let came = Came {
                        head: &exchange.head,
                        body: content.as_bytes(),
                        body_bytes: exchange.body_bytes,
                        time,
                        endpoint,
                    };
                    self.judge(&came, seat, lane, state)
                };
                let told = stream::read_stream(reading, answer, seat, judge).await;
                told.map(drop).map_err(|_| Stop::Recorded)
            }
            _ => self.conclude(answer, sent, seat, lane, state),
        }
    }

    /// Judges a whole answer and records it.
    fn conclude(
        &self,
        answer: Answer<'_>,
        sent: &Request,
        seat: &Seat,
        lane: &Lane,
        state: &mut State,
    ) -> Result<(), Stop> {
        let exchange = match &answer.result {
            Ok(Fetched::Whole(exchange) | Fetched::Streamed(exchange, _)) => exchange,
            Err(broken) => {
                let why = Cause::from(&broken.error);
                return fail(answer, &why);
            }
        };
        state.keep_cookies(&exchange.head, || url_of(sent));
        let done = exchange.timings.done.unwrap_or_else(now);
        let decoded_body;
        let body = match exchange.head.is_encoded && self.judge.reads_body {
            true => match decoded(exchange, self.limits.body_bytes) {
                Ok(body) => {
                    decoded_body = body;
                    &decoded_body
                }
                Err(why) => return fail(answer, &why),
            },
            false => &exchange.body,
        };
        let came = Came {
            head: &exchange.head,
            body,
            body_bytes: exchange.body_bytes,
            time: done.saturating_duration_since(answer.flight.called()),
            endpoint: answer.flight.endpoint(),
        };
        let (noted, outcome) = self.judge(&came, seat, lane, state);
        let tokens: Vec<_> = noted.usage.measures().collect();
        let measures = &tokens;
        answer.record_noted(&Noted { measures, ..noted }, outcome.as_ref().err());
        outcome.map_err(|_| Stop::Recorded)
    }

    /// Holds an answer against what it must be, takes what is taken, and counts what is
    /// counted of it.
    fn judge(&self, came: &Came<'_>, seat: &Seat, lane: &Lane, state: &mut State) -> Verdict {
        let received = Received {
            status: came.head.status,
            head: Some(came.head),
            body: came.body,
            json: JsonText::new(came.body, self.judge.paths),
            jar: state.jar.as_deref(),
        };
        let answer = Judged {
            head: came.head,
            received: &received,
            time: came.time,
            body_bytes: came.body_bytes,
            scope: state.scope(&lane.class),
        };
        let noted = self.judge.account.note(&answer, |place, value| {
            seat.measure(came.endpoint, lane.metric(place), value);
        });
        let outcome = self.judge.holds(&answer).and_then(|()| {
            for extraction in &self.judge.extractions {
                let value = extraction.take(&received).map_err(Cause::check)?;
                state.values.set(extraction.slot(), value);
            }
            Ok(())
        });
        (noted, outcome)
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
        let account = Account::compile(step, class)?;
        Ok(Judge {
            demands_status: demands.iter().any(Demand::is_of_status),
            asks_nothing: demands.is_empty() && extractions.is_empty() && account.asks_nothing(),
            reads_body: demands.iter().any(Demand::reads_body)
                || extractions.iter().any(Extraction::reads_body)
                || account.reads_body(),
            paths: demands.iter().map(Demand::paths).sum::<usize>()
                + extractions.iter().map(Extraction::paths).sum::<usize>()
                + account.paths(),
            demands,
            extractions,
            account,
        })
    }

    /// Holds an answer against what it must be.
    ///
    /// # Errors
    /// Why it counts as failed.
    pub(super) fn holds(&self, answer: &Judged<'_>) -> Result<(), Cause> {
        let status = answer.head.status;
        if !self.demands_status && status >= 400 {
            return Err(Cause::status(status));
        }
        for demand in &self.demands {
            let check = demand.check(
                answer.received,
                answer.time,
                answer.body_bytes,
                answer.scope,
            );
            check.map_err(|why| match demand.is_of_status() {
                true => Cause::new(FailureKind::Status(status), why),
                false => Cause::check(why),
            })?;
        }
        Ok(())
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
fn fail(answer: Answer<'_>, why: &Cause) -> Result<(), Stop> {
    answer.record(Some(why));
    Err(Stop::Recorded)
}

/// The body of an answer as its `Content-Encoding` says.
///
/// # Errors
/// When it is not encoded like that.
pub fn decoded(exchange: &Exchange, limit_bytes: u64) -> Result<Bytes, Cause> {
    let codings = exchange.head.header("content-encoding").unwrap_or_default();
    let codings = String::from_utf8_lossy(codings);
    decode_within(limit_bytes, &codings, &exchange.body).map_err(|fault| {
        match fault.is_too_large() {
            true => too_large(limit_bytes),
            false => Cause::new(
                FailureKind::Reset,
                "the body cannot be decoded as its Content-Encoding says",
            ),
        }
    })
}

pub(super) fn too_large(limit_bytes: u64) -> Cause {
    Cause::from(&Error::BodyTooLarge { limit: limit_bytes })
}

/// How long ago an instant was.
pub(super) fn since(instant: Instant) -> Duration {
    now().saturating_duration_since(instant)
}
