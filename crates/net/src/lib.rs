//! One exchange with a server over HTTP/1.1, or an open WebSocket, with the instant of each
//! phase.
//!
//! In: a [`Request`] whose head is already encoded byte for byte. Out: an
//! [`Exchange`] (status, raw head, raw body) or an [`Error`], each with its
//! [`Timings`]. This crate knows no users, plans or statistics; it reports
//! instants, never judgements, and it decodes a body only when asked to.
//!
//! Beside the exchange stand the pieces of which a user's behaviour is made, each pure: the
//! [`Jar`] for cookies, [`next_hop`] for redirects, [`sse::Parser`] for streams of events.
//! All that a server controls has a limit.

mod client;
mod connect;
mod cookies;
mod decode;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod http1;
mod patience;
mod quick;
mod redirect;
mod request;
mod resolve;
mod send;
pub mod sse;
mod timings;
mod tls;
mod trace;
mod url;
mod verifier;
mod ws;

pub use client::{Client, Fetched, StreamedBody};
pub use cookies::Jar;
pub use cookies::date::parse as parse_http_date;
pub use decode::{DecodeError, decode_body, decode_within, decoded_length};
pub use error::{Error, Failure};
pub use http1::head::{Framing, Head};
pub use redirect::{Hop, next_hop};
pub use request::{BodyUse, Exchange, Origin, Request, Scheme};
pub use timings::{Timings, now};
pub use tls::{TlsSettings, Trust};
pub use trace::TraceId;
pub use url::{Url, UrlFault};
pub use ws::{Close, Message, Opening, WebSocket};
