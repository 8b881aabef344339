//! Which path is whose.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use crate::board::Board;
use crate::metrics;

/// What there is, for a person.
const INDEX: &str = "<!doctype html><title>Gatecrash</title>\
    <p>A run of Gatecrash. Its numbers are at <a href=\"metrics\">/metrics</a>.</p>\n";

/// Everything that is served beside a run.
pub(crate) fn app(board: Board) -> Router {
    Router::new()
        .route("/", get(Html(INDEX)))
        .route("/metrics", metrics::route(board))
        .fallback(nothing)
}

async fn nothing() -> impl IntoResponse {
    let text = "There is nothing here; see /metrics.\n";
    let head = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
    (axum::http::StatusCode::NOT_FOUND, head, text)
}
