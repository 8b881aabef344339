//! Exchanges over real sockets: with the target, which knows what it received, and
//! with a peer that says what no good server would.

mod bodies;
mod codings;
mod connections;
mod corpus;
mod cost;
mod exhaustion;
mod faults;
mod framing;
mod heap;
mod kept;
mod lies;
mod sse;
mod streams;
mod support;
mod tls;
mod tolerance;
mod trace;
mod uploads;
mod websocket;
