//! Steps on the WebSocket that a user holds.
//!
//! In: compiled steps and the user's socket. Out: a sample for each connect, send and
//! expect, with the round trip where an answer is waited for; the messages per second of
//! the socket when it is closed. A message that nobody waits for is counted and dropped.
//!
//! While a user does other things nothing is read: the server's messages wait in the
//! system's buffers, and its pings for the next step.

use std::time::{Duration, Instant};

use gatecrash_metrics::{EndpointId, Measure};
use gatecrash_net::{Message, Opening, Url, WebSocket, now};
use gatecrash_plan::model::{JsonTemplate, SocketExpect, SocketStep, Template, Wait};
use tokio::time::timeout_at;

use super::check::{JsonDemand, Text};
use super::encode::Escape;
use super::endpoint::Endpoint;
use super::extract::{Extraction, Received};
use super::http::since;
use super::jsonpath::{JsonPath, JsonText};
use super::plan::{Compiling, Lane, State, Stop};
use super::request::header_pieces;
use super::steps::drawn;
use super::template::{Fault, Pieces, Scope, Written};
use super::{Failed, Flight, Seat, ms_between};
use crate::cause::Cause;
use crate::clock::Clock;
use crate::noted::Noted;

/// The method under which steps on sockets are counted.
const METHOD: &str = "WS";
/// How long a server may take to say goodbye.
const CLOSING_PATIENCE: Duration = Duration::from_secs(2);

/// A user's open WebSocket.
#[derive(Debug)]
pub struct Socket {
    inner: WebSocket,
    /// Under which its messages per second are counted.
    endpoint: EndpointId,
    opened: Instant,
    received: u64,
}

/// A step on the socket.
#[derive(Debug)]
pub(super) enum SocketCall {
    Connect(Box<Connect>),
    Send {
        endpoint: Endpoint,
        message: Pieces,
        expect: Option<Expectation>,
    },
    Expect {
        endpoint: Endpoint,
        message: Expectation,
    },
    Hold {
        endpoint: Endpoint,
        time: Wait,
    },
    Close,
}

/// How a socket is opened.
#[derive(Debug)]
pub(super) struct Connect {
    endpoint: Endpoint,
    url: Pieces,
    headers: Vec<(String, Pieces)>,
    timeout: Duration,
}

/// The message waited for, and what is taken from it.
#[derive(Debug)]
pub(super) struct Expectation {
    contains: Text,
    json: Option<(JsonPath, JsonDemand)>,
    take: Vec<Extraction>,
    within: Duration,
}

impl SocketCall {
    /// Compiles a step.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn compile(
        step: &SocketStep,
        class: &mut Compiling<'_>,
    ) -> Result<SocketCall, String> {
        Ok(match step {
            SocketStep::Connect {
                name,
                url,
                headers,
                timeout,
            } => SocketCall::Connect(Box::new(Connect {
                endpoint: Endpoint::compile(METHOD, name, class)?,
                url: Pieces::compile(url, Written::As(Escape::Url), &mut class.names)?,
                headers: header_pieces(&class.users.headers, headers, &mut class.names)?,
                timeout: *timeout,
            })),
            SocketStep::Send {
                name,
                message,
                expect,
            } => SocketCall::Send {
                endpoint: Endpoint::compile(METHOD, name, class)?,
                message: message_pieces(message, class)?,
                expect: match expect {
                    Some(expect) => Some(Expectation::compile(expect, class)?),
                    None => None,
                },
            },
            SocketStep::Expect { name, message } => SocketCall::Expect {
                endpoint: Endpoint::compile(METHOD, name, class)?,
                message: Expectation::compile(message, class)?,
            },
            SocketStep::Hold(time) => SocketCall::Hold {
                endpoint: Endpoint::compile(METHOD, &Template::constant("hold"), class)?,
                time: *time,
            },
            SocketStep::Close => SocketCall::Close,
        })
    }

    /// Does the step.
    ///
    /// # Errors
    /// When it failed.
    pub(super) async fn perform(
        &self,
        seat: &Seat,
        lane: &Lane,
        state: &mut State,
    ) -> Result<(), Stop> {
        match self {
            SocketCall::Connect(connect) => connect.perform(seat, lane, state).await,
            SocketCall::Send {
                endpoint,
                message,
                expect,
            } => {
                let number = endpoint.number(seat, lane, state)?;
                let text = message
                    .text(state.scope(&lane.class))
                    .map_err(Stop::Fault)?;
                let flight = seat.depart(number);
                let outcome = send(&text, expect.as_ref(), &flight, lane, state).await;
                if outcome.is_ok() && expect.is_some() {
                    let ms = ms_between(flight.called(), now());
                    seat.measure(number, Measure::RoundTrip, ms);
                }
                settle(flight, outcome)
            }
            SocketCall::Expect { endpoint, message } => {
                let flight = seat.depart(endpoint.number(seat, lane, state)?);
                let outcome = message.wait(flight.called(), lane, state).await;
                settle(flight, outcome)
            }
            SocketCall::Hold { endpoint, time } => {
                let until = now() + drawn(*time, state);
                let number = endpoint.number(seat, lane, state)?;
                match hold(until, state).await {
                    Ok(()) => Ok(()),
                    // Holding is no request; only its end before the time is in the books.
                    Err(why) => settle(seat.depart(number), Err(why)),
                }
            }
            SocketCall::Close => {
                if let Some(socket) = state.socket.take() {
                    socket.close(seat).await;
                }
                Ok(())
            }
        }
    }
}

impl Connect {
    async fn perform(&self, seat: &Seat, lane: &Lane, state: &mut State) -> Result<(), Stop> {
        if let Some(before) = state.socket.take() {
            before.close(seat).await;
        }
        let endpoint = self.endpoint.number(seat, lane, state)?;
        let opening = self.opening(lane, state).map_err(Stop::Fault)?;
        let socket = Socket::connect(seat, endpoint, opening).await;
        state.socket = Some(Box::new(socket.map_err(|_| Stop::Recorded)?));
        Ok(())
    }

    fn opening(&self, lane: &Lane, state: &State) -> Result<Opening, Fault> {
        let home = &lane.class.home;
        let scope = state.scope(&lane.class);
        let url = home
            .absolute(&self.url.text(scope)?, Url::parse_web_socket)
            .map_err(|_| Fault("the URL that was filled in leads nowhere".to_owned()))?;
        let origin = std::sync::Arc::new(url.origin(home.tls.clone()));
        let mut opening = Opening::new(origin, &url.target, now());
        opening.connect_timeout = Some(self.timeout);
        opening.answer_timeout = Some(self.timeout);
        for (name, value) in &self.headers {
            let value = value.text(scope)?;
            match name.eq_ignore_ascii_case("Sec-WebSocket-Protocol") {
                true => opening
                    .subprotocols
                    .extend(value.split(',').map(|protocol| protocol.trim().to_owned())),
                false => opening.headers.push((name.clone(), value)),
            }
        }
        let jar = state.jar.as_deref();
        let cookies = jar.and_then(|jar| jar.header_for(&url, Clock::start().now_epoch_s()));
        if let Some(cookies) = cookies {
            let cookies = String::from_utf8_lossy(&cookies).into_owned();
            opening.headers.push(("Cookie".to_owned(), cookies));
        }
        Ok(opening)
    }
}

impl Expectation {
    fn compile(expect: &SocketExpect, class: &mut Compiling<'_>) -> Result<Expectation, String> {
        let names = &mut class.names;
        let take = expect
            .take
            .iter()
            .map(|take| Extraction::compile(take, names));
        let take = take.collect::<Result<_, _>>()?;
        Ok(Expectation {
            contains: Text::compile(&expect.contains, names)?,
            json: match &expect.json {
                Some((path, wanted)) => Some((
                    JsonPath::compile(path)?,
                    JsonDemand::compile(wanted, names)?,
                )),
                None => None,
            },
            take,
            within: expect.within,
        })
    }

    /// Waits for the message; gives its size.
    ///
    /// # Errors
    /// Why it did not come.
    async fn wait(&self, since: Instant, lane: &Lane, state: &mut State) -> Result<u64, Cause> {
        let limit = since + self.within;
        loop {
            let message = timeout_at(limit.into(), receive(state)).await;
            let in_vain = || format!("no such message within {:?}", self.within);
            let message = message.unwrap_or_else(|_| Err(Cause::timeout(in_vain())))?;
            let received = self.received(&message);
            if self.is_met(&received, state.scope(&lane.class)) {
                for extraction in &self.take {
                    let value = extraction.take(&received).map_err(Cause::check)?;
                    state.values.set(extraction.slot(), value);
                }
                return Ok(message.len() as u64);
            }
        }
    }

    fn received<'a>(&self, message: &'a [u8]) -> Received<'a> {
        let paths = usize::from(self.json.is_some())
            + self.take.iter().map(Extraction::paths).sum::<usize>();
        Received {
            status: 0,
            head: None,
            body: message,
            json: JsonText::new(message, paths),
            jar: None,
        }
    }

    fn is_met(&self, received: &Received<'_>, scope: Scope<'_>) -> bool {
        let contains =
            self.contains.is_empty() || self.contains.is_in(received.body, scope).unwrap_or(false);
        let json = self.json.as_ref();
        contains && json.is_none_or(|(path, wanted)| wanted.check(path, received, scope).is_ok())
    }
}

impl Socket {
    /// Opens a WebSocket, and records how that went.
    ///
    /// # Errors
    /// When it could not be opened, which is in the books.
    pub async fn connect(
        seat: &Seat,
        endpoint: EndpointId,
        mut opening: Opening,
    ) -> Result<Socket, Failed> {
        let flight = seat.depart(endpoint);
        opening.started = flight.called();
        match WebSocket::connect(&opening).await {
            Ok((inner, timings)) => {
                let opened = timings.done.unwrap_or_else(now);
                let ms = ms_between(flight.called(), opened);
                seat.measure(endpoint, Measure::WsConnect, ms);
                flight.record(&timings, 0, &Noted::default(), None);
                Ok(Socket {
                    inner,
                    endpoint,
                    opened,
                    received: 0,
                })
            }
            Err(broken) => {
                let why = Cause::from(&broken.error);
                flight.record(&broken.timings, 0, &Noted::default(), Some(&why));
                Err(Failed)
            }
        }
    }

    /// Sends a message; back when the system has it.
    ///
    /// # Errors
    /// Why it could not be sent.
    pub async fn send(&mut self, message: &Message) -> Result<(), Cause> {
        let sent = self.inner.send(message).await;
        sent.map_err(|error| Cause::from(&error))
    }

    /// The next message, which is counted. Dropped while it waits, it loses nothing.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn receive(&mut self) -> Result<Vec<u8>, Cause> {
        let message = self.inner.next().await;
        let message = match message.map_err(|error| Cause::from(&error))? {
            Message::Text(text) => text.into_bytes(),
            Message::Binary(bytes) => bytes,
            Message::Close(Some(close)) => {
                let why = format!("the server closed the WebSocket ({})", close.code);
                return Err(Cause::stream(why));
            }
            Message::Close(None) => return Err(Cause::stream("the server closed the WebSocket")),
        };
        self.received += 1;
        Ok(message)
    }

    /// Says goodbye, and tells how many messages came per second.
    pub async fn close(self, seat: &Seat) {
        let open_s = since(self.opened).as_secs_f64();
        if open_s > 0.0 {
            let per_s = self.received as f64 / open_s;
            seat.measure(self.endpoint, Measure::MessagesPerSecond, per_s);
        }
        // A server without manners is none of the user's concern any more.
        let _ = self.inner.close(None, CLOSING_PATIENCE).await;
    }
}

/// A JSON string is sent as its text, all else as JSON.
fn message_pieces(message: &JsonTemplate, class: &mut Compiling<'_>) -> Result<Pieces, String> {
    let mut pieces = Pieces::default();
    match message {
        JsonTemplate::Text(text) => {
            pieces.push(text, Written::As(Escape::Text), &mut class.names)?
        }
        JsonTemplate::Constant(serde_json::Value::String(text)) => {
            pieces.push_bytes(text.as_bytes());
        }
        other => pieces.push_json(other, &mut class.names)?,
    }
    Ok(pieces)
}

/// Sends a text and waits for what must come back; gives the size of that.
async fn send(
    text: &str,
    expect: Option<&Expectation>,
    flight: &Flight<'_>,
    lane: &Lane,
    state: &mut State,
) -> Result<u64, Cause> {
    let socket = state.socket.as_mut().ok_or_else(not_open)?;
    let message = Message::Text(text.to_owned());
    socket.send(&message).await?;
    flight.mark_sent();
    match expect {
        Some(expect) => expect.wait(flight.called(), lane, state).await,
        None => Ok(0),
    }
}

/// Counts what comes until an instant.
async fn hold(until: Instant, state: &mut State) -> Result<(), Cause> {
    loop {
        match timeout_at(until.into(), receive(state)).await {
            Err(_) => return Ok(()),
            Ok(message) => drop(message?),
        }
    }
}

/// The next message of the user's socket.
async fn receive(state: &mut State) -> Result<Vec<u8>, Cause> {
    state.socket.as_mut().ok_or_else(not_open)?.receive().await
}

fn not_open() -> Cause {
    Cause::stream("the WebSocket is not open")
}

fn settle(flight: Flight<'_>, outcome: Result<u64, Cause>) -> Result<(), Stop> {
    flight.settle(outcome).map_err(|_| Stop::Recorded)
}
