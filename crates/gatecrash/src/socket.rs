//! Messages both ways.
//!
//! In: an open WebSocket. Out: a sample for each message that is sent or waited for, with the
//! round trip where an answer is; the messages per second when it is closed. While the
//! user does other things nothing is read.

use std::rc::Rc;
use std::time::Duration;

use gatecrash_engine::Cause;
use gatecrash_engine::journey::{Flight, Socket};
use gatecrash_metrics::Measure;
use gatecrash_net::{Message, now};
use tokio::time::timeout;

use crate::context::Inner;
use crate::{Failed, Outcome};

/// How long a message is waited for unless somebody says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open WebSocket, by [`RequestBuilder::web_socket`](crate::RequestBuilder::web_socket).
/// Dropped, it breaks off without a goodbye.
pub struct WebSocket {
    inner: Rc<Inner>,
    socket: Socket,
    patience: Duration,
}

impl WebSocket {
    /// Under which what happens on sockets is counted.
    pub(crate) const METHOD: &str = "WS";

    pub(crate) fn new(inner: Rc<Inner>, socket: Socket) -> WebSocket {
        WebSocket {
            inner,
            socket,
            patience: PATIENCE,
        }
    }

    /// From now on messages are waited for so long; 30 s without this.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Sends a text, counted as `name`.
    ///
    /// # Errors
    /// When it could not be sent, which is recorded.
    pub async fn send(&mut self, name: &str, text: impl Into<String>) -> Outcome {
        let inner = self.begin();
        let flight = inner.seat.depart(inner.seat.endpoint(Self::METHOD, name));
        let sent = self.socket.send(&Message::Text(text.into())).await;
        settle(flight, sent.map(|()| String::new())).map(drop)
    }

    /// Sends a text and waits for the message that `is_answer`; the time between them is
    /// measured as a round trip. Other messages that come before it are dropped.
    ///
    /// # Errors
    /// When it could not be sent or no such message came in time, which is recorded.
    pub async fn ask(
        &mut self,
        name: &str,
        text: impl Into<String>,
        is_answer: impl Fn(&str) -> bool,
    ) -> Result<String, Failed> {
        let inner = self.begin();
        let endpoint = inner.seat.endpoint(Self::METHOD, name);
        let flight = inner.seat.depart(endpoint);
        let answer = match self.socket.send(&Message::Text(text.into())).await {
            Ok(()) => {
                flight.mark_sent();
                self.wait(is_answer).await
            }
            Err(why) => Err(why),
        };
        if answer.is_ok() {
            let time = now().saturating_duration_since(flight.called());
            let ms = time.as_secs_f64() * 1e3;
            inner.seat.measure(endpoint, Measure::RoundTrip, ms);
        }
        settle(flight, answer)
    }

    /// Waits for the message that `is_it`, counted as `name`; others that come before it are
    /// dropped.
    ///
    /// # Errors
    /// When none came in time, which is recorded.
    pub async fn expect(
        &mut self,
        name: &str,
        is_it: impl Fn(&str) -> bool,
    ) -> Result<String, Failed> {
        let inner = self.begin();
        let flight = inner.seat.depart(inner.seat.endpoint(Self::METHOD, name));
        let message = self.wait(is_it).await;
        settle(flight, message)
    }

    /// Stays for so long, answers pings, and counts the messages that come.
    ///
    /// # Errors
    /// When the socket ended before, which is recorded as `hold`.
    pub async fn hold(&mut self, time: Duration) -> Outcome {
        let inner = self.begin();
        let until_end = async {
            loop {
                if let Err(why) = self.socket.receive().await {
                    break why;
                }
            }
        };
        match timeout(time, until_end).await {
            Err(_) => Ok(()),
            Ok(why) => {
                let flight = inner.seat.depart(inner.seat.endpoint(Self::METHOD, "hold"));
                settle(flight, Err(why)).map(drop)
            }
        }
    }

    /// Says goodbye, and tells how many messages came per second.
    pub async fn close(self) {
        self.socket.close(&self.inner.seat).await;
    }

    /// The user does something that waits.
    fn begin(&self) -> Rc<Inner> {
        self.inner.is_busy.set(true);
        self.inner.clone()
    }

    async fn wait(&mut self, is_it: impl Fn(&str) -> bool) -> Result<String, Cause> {
        let patience = self.patience;
        let found = async {
            loop {
                let message = self.socket.receive().await?;
                // Messages of bytes are looked at as text as far as they are.
                let text = String::from_utf8_lossy(&message).into_owned();
                if is_it(&text) {
                    return Ok(text);
                }
            }
        };
        let found = timeout(patience, found).await;
        let in_vain = || format!("no such message within {patience:?}");
        found.unwrap_or_else(|_| Err(Cause::timeout(in_vain())))
    }
}

fn settle(flight: Flight<'_>, outcome: Result<String, Cause>) -> Result<String, Failed> {
    let bytes = outcome.as_ref().map(|message| message.len() as u64);
    let recorded = flight.settle(bytes.map_err(Clone::clone));
    recorded.map_err(|_| Failed::RECORDED)?;
    outcome.map_err(|_| Failed::RECORDED)
}

impl std::fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebSocket(user {})", self.inner.seat.number())
    }
}
