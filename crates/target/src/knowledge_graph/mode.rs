//! Whether the graph works with all it has, or degraded.
//!
//! In: an operator's call with the token. Out: the mode, and what follows from it.
//! Never: a change by itself; it stays in its mode under any load.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::index::Fusion;
use super::state;
use crate::answer::{Answer, Reply};
use crate::routes::Call;

/// What an operator has to show. Never more than a test's secret.
const TOKEN: &str = "kg-operator";

/// The mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    /// With the reranker.
    #[default]
    Normal,
    /// Without it, for a time of trouble.
    Degraded,
}

impl Mode {
    pub(super) fn name(self) -> &'static str {
        match self {
            Mode::Normal => "normal",
            Mode::Degraded => "degraded",
        }
    }

    /// Results of an answer at most.
    pub(super) fn top_k(self) -> usize {
        match self {
            Mode::Normal => 20,
            Mode::Degraded => 10,
        }
    }

    pub(super) fn fusion(self) -> Fusion {
        match self {
            Mode::Normal => Fusion::Weighted,
            Mode::Degraded => Fusion::Rrf,
        }
    }

    pub(super) fn reranks(self) -> bool {
        self == Mode::Normal
    }
}

/// `POST /admin/reload` with `{"mode": "normal" | "degraded"}` and a bearer token.
pub(super) fn reload(call: &Call<'_>) -> Result<Reply, Answer> {
    #[derive(Deserialize)]
    struct Wanted {
        mode: Mode,
    }
    if call.head().bearer() != Some(TOKEN) {
        let reason = format!("the operator's bearer token is needed, which is {TOKEN}");
        return Err(Answer::unauthorized(&reason));
    }
    let Wanted { mode } = call.json()?;
    state(call)?.switch(mode);
    let shown = json!({
        "mode": mode,
        "topK": mode.top_k(),
        "fusion": mode.fusion(),
        "reranker": mode.reranks(),
    });
    Ok(Answer::json(200, &shown).into())
}
