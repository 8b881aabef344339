//! Why a request counts as failed.
//!
//! In: what the connection, the answer or its judge has found. Out: a kind, and the words
//! under which equal failures are counted. Never: what differs from one time to the next.

use std::borrow::Cow;

use gatecrash_metrics::{FailureKind, Why};
use gatecrash_net::Error;

/// Why a request counts as failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// The name of the failure: equal words are counted together.
    pub text: Cow<'static, str>,
}

impl Cause {
    /// A failure of this kind.
    pub fn new(kind: FailureKind, text: impl Into<Cow<'static, str>>) -> Cause {
        let text = text.into();
        Cause { kind, text }
    }

    /// A status that counts as a failure.
    pub fn status(status: u16) -> Cause {
        Cause::new(FailureKind::Status(status), format!("status {status}"))
    }

    /// An answer that is not what it must be.
    pub fn check(text: impl Into<Cow<'static, str>>) -> Cause {
        Cause::new(FailureKind::Check, text)
    }

    /// A stream or a WebSocket that did not go as it must.
    pub fn stream(text: impl Into<Cow<'static, str>>) -> Cause {
        Cause::new(FailureKind::Stream, text)
    }

    /// Something was waited for in vain.
    pub fn timeout(text: impl Into<Cow<'static, str>>) -> Cause {
        Cause::new(FailureKind::Timeout, text)
    }

    /// For the books.
    pub fn why(&self) -> Why<'_> {
        Why {
            kind: self.kind,
            text: &self.text,
        }
    }
}

impl From<&Error> for Cause {
    fn from(error: &Error) -> Self {
        Cause::new(kind_of(error), words(error))
    }
}

/// The error's own words, but for what differs from one time to the next.
fn words(error: &Error) -> Cow<'static, str> {
    match error {
        Error::ShortBody { .. } => "the body ended early".into(),
        Error::BadChunk { .. } => "broken chunk framing".into(),
        Error::BadHead(_) => "not an HTTP answer".into(),
        other => other.to_string().into(),
    }
}

/// What kind of failure a failed exchange is.
pub fn kind_of(error: &Error) -> FailureKind {
    match error {
        Error::ConnectTimeout | Error::ReadTimeout | Error::TotalTimeout => FailureKind::Timeout,
        Error::Resolve { .. } | Error::Connect(_) | Error::NoPortLeft(_) | Error::NoFileLeft(_) => {
            FailureKind::Connect
        }
        Error::TlsSettings(_) | Error::Tls(_) => FailureKind::Tls,
        Error::Send(_)
        | Error::Receive(_)
        | Error::ClosedBeforeAnswer
        | Error::BadHead(_)
        | Error::HeadTooLarge(_)
        | Error::ShortBody { .. }
        | Error::BadChunk { .. }
        | Error::WebSocketCutOff => FailureKind::Reset,
        Error::BrokenWebSocket(_) | Error::NotUtf8 | Error::WebSocketClosed => FailureKind::Stream,
        Error::BodyTooLarge { .. } | Error::MessageTooLarge { .. } | Error::NoWebSocket(_) => {
            FailureKind::Other
        }
    }
}
