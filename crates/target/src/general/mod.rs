//! Routes that every service has: what a client needs to be tested against.
//!
//! In: calls. Out: answers that show what was received, or that have a certain shape.
//! Never: state; each answer follows from its request alone.

mod cookies;
mod fault;
mod inspect;
mod shape;

use std::time::Duration;

use crate::answer::{Answer, Reply};
use crate::metrics;
use crate::routes::{Call, Handler, Kind, Route};

/// Longest freeze that a caller can ask for.
const STALL_MAX: Duration = Duration::from_secs(600);

/// The general routes.
pub(crate) fn routes() -> Vec<Route> {
    let get = |pattern, handler| usual("GET", pattern, handler);
    let any = |pattern, handler| usual("*", pattern, handler);
    let fault = |pattern, handler: Handler| Route {
        method: "*",
        pattern,
        handler,
        kind: Kind::Fault,
    };
    let truth = |method, pattern, handler: Handler| Route {
        method,
        pattern,
        handler,
        kind: Kind::Uncounted,
    };
    vec![
        get("/", shape::index),
        any("/echo", inspect::echo),
        get("/headers", inspect::headers),
        get("/basic-auth/{user}/{password}", inspect::basic_auth),
        get("/cookies", cookies::show),
        get("/cookies/set", cookies::set),
        any("/status/{code}", shape::status),
        any("/redirect/{n}", shape::redirect),
        any("/redirect-to", shape::redirect_to),
        any("/delay/{ms}", shape::delay),
        any("/close", shape::close),
        get("/bytes/{n}", shape::bytes),
        get("/stream/{n}", shape::stream),
        get("/json", shape::json),
        get("/text", shape::text),
        get("/html", shape::html),
        get("/etag", shape::etag),
        get("/gzip", shape::gzip),
        get("/deflate", shape::deflate),
        get("/br", shape::br),
        get("/zstd", shape::zstd),
        fault("/fault/short-body", fault::short_body),
        fault("/fault/reset", fault::reset),
        fault("/fault/bad-chunk", fault::bad_chunk),
        fault("/fault/header-flood", fault::header_flood),
        fault("/fault/no-answer", fault::no_answer),
        fault("/fault/close-before-answer", fault::close_before_answer),
        fault("/fault/slow-body", fault::slow_body),
        truth("GET", "/truth", show_truth),
        truth("POST", "/truth/reset", reset_truth),
        truth("GET", "/metrics", metrics::show),
        truth("POST", "/admin/stall", stall),
    ]
}

/// A route that is counted and takes part in latency and errors.
pub(crate) fn usual(method: &'static str, pattern: &'static str, handler: Handler) -> Route {
    Route {
        method,
        pattern,
        handler,
        kind: Kind::Usual,
    }
}

fn show_truth(call: &Call<'_>) -> Result<Reply, Answer> {
    Ok(Answer::json(200, &call.worker.shared.truth.report()).into())
}

fn reset_truth(call: &Call<'_>) -> Result<Reply, Answer> {
    call.worker.shared.truth.reset();
    Ok(Answer::empty(204).into())
}

/// The whole service freezes for `for`, right after the answer to this call.
fn stall(call: &Call<'_>) -> Result<Reply, Answer> {
    let lasting = call.duration("for", None, STALL_MAX)?;
    // The freeze begins when this connection waits for its next request.
    call.worker.shared.stalls.freeze(lasting);
    let shown = serde_json::json!({ "stalls_for_ms": lasting.as_secs_f64() * 1000.0 });
    Ok(Answer::json(202, &shown).into())
}
