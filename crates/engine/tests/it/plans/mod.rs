//! Users of plans: what they send, what they make of answers, how that is counted.

mod answers;
mod bodies;
mod checks;
mod data;
mod examples;
mod hooks;
mod objectives;
mod play;
mod profile;
mod redirects;
mod requests;
mod sockets;
mod steps;
mod streams;
mod templates;
mod watch;
mod witness;
