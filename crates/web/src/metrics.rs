//! `/metrics`: the run's numbers, as Prometheus collects them.
//!
//! In: `GET` with an `Accept` header. Out: OpenMetrics, or plain text for who likes it better.
//! The text of a state is written once, however many ask for it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use gatecrash_report::live::prometheus::{Format, text};
use gatecrash_report::live::{locust_exporter, native};

use crate::board::Board;

/// The answers to all who ask.
pub(crate) fn route(board: Board) -> MethodRouter {
    let texts = Arc::new(Texts {
        board,
        written: Mutex::default(),
    });
    get(move |head: HeaderMap| async move {
        let format = accepted(&head);
        let fields = [
            (CONTENT_TYPE, format.content_type()),
            (CACHE_CONTROL, "no-store"),
            (VARY, "accept"),
        ];
        (fields, texts.get(format)).into_response()
    })
}

fn accepted(head: &HeaderMap) -> Format {
    let accept = head.get_all(ACCEPT).iter();
    let accept: Vec<&str> = accept.filter_map(|value| value.to_str().ok()).collect();
    Format::accepted(&accept.join(","))
}

struct Texts {
    board: Board,
    /// The state that each text is of.
    written: Mutex<Vec<(Format, u64, Bytes)>>,
}

impl Texts {
    fn get(&self, format: Format) -> Bytes {
        let (version, run) = self.board.look();
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let known = written.iter().find(|(its, ..)| *its == format);
        if let Some((_, _, text)) = known.filter(|(_, its, _)| *its == version) {
            return text.clone();
        }
        let mut families = native::families(&run);
        families.extend(locust_exporter::families(&run));
        let text = Bytes::from(text(&families, format));
        written.retain(|(its, ..)| *its != format);
        written.push((format, version, text.clone()));
        text
    }
}
