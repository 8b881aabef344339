//! An answer that a user looks at.
//!
//! In: a whole exchange that nobody has recorded yet. Out: its parts, and what the user says of
//! it. It is recorded once, when it is dropped.

use std::cell::RefCell;
use std::fmt::Display;

use bytes::Bytes;
use gatecrash_engine::journey::{self, Flight, decoded};
use gatecrash_engine::{Cause, Noted};
use gatecrash_net::{Exchange, Fetched};
use serde::de::DeserializeOwned;

use crate::Failed;
use crate::http::BODY_BYTES;

/// An answer. The request is recorded when this is dropped: until then it can be called a
/// failure. Its time ended with the last byte, however long you look at it.
#[derive(Debug)]
pub struct Answer<'a> {
    exchange: Exchange,
    flight: Option<Flight<'a>>,
    /// The first thing that is wrong with it.
    failure: RefCell<Option<Cause>>,
}

impl<'a> Answer<'a> {
    /// Of a whole exchange; anything else is recorded as failed.
    pub(crate) fn of(answer: journey::Answer<'a>) -> Option<Answer<'a>> {
        match answer {
            journey::Answer {
                result: Ok(Fetched::Whole(exchange)),
                flight,
            } => Some(Answer {
                exchange,
                flight: Some(flight),
                failure: RefCell::default(),
            }),
            other => {
                let why = match &other.result {
                    Err(broken) => Cause::from(&broken.error),
                    Ok(_) => Cause::check("not a whole answer"),
                };
                other.record(Some(&why));
                None
            }
        }
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.exchange.head.status
    }

    /// The first value of a header, its name in any case; bytes that are no text are replaced.
    pub fn header(&self, name: &str) -> Option<String> {
        let value = self.exchange.head.header(name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// The body, decoded as its `Content-Encoding` says.
    ///
    /// # Errors
    /// When it cannot be decoded; the request counts as failed.
    pub fn bytes(&self) -> Result<Bytes, Failed> {
        match self.exchange.head.is_encoded {
            true => decoded(&self.exchange, BODY_BYTES).map_err(|why| self.note(why)),
            false => Ok(self.exchange.body.clone()),
        }
    }

    /// The body as text.
    ///
    /// # Errors
    /// When it is not UTF-8; the request counts as failed.
    pub fn text(&self) -> Result<String, Failed> {
        let text = String::from_utf8(self.bytes()?.into());
        text.map_err(|_| self.note(Cause::check("the body is not UTF-8")))
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is not JSON of this type; the request counts as failed.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failed> {
        let value = serde_json::from_slice(&self.bytes()?);
        // Where it breaks off differs from one body to the next; failures of one kind have one name.
        value.map_err(|fault| {
            self.note(Cause::check(match fault.is_data() {
                true => "the body is not the JSON that was expected",
                false => "the body is not JSON",
            }))
        })
    }

    /// The request counts as failed. Equal words are counted together.
    pub fn fail(self, why: impl Display) -> Failed {
        self.note(Cause::check(why.to_string()))
    }

    pub(crate) fn note(&self, why: Cause) -> Failed {
        self.failure.borrow_mut().get_or_insert(why);
        Failed::RECORDED
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        if let Some(flight) = self.flight.take() {
            let failure = self.failure.take();
            let Exchange {
                head,
                timings,
                body_bytes,
                ..
            } = &self.exchange;
            let noted = Noted::of(head);
            flight.record(timings, *body_bytes, &noted, failure.as_ref());
        }
    }
}
