//! Token streams: answers that come piece by piece, at a pace that is known beforehand.
//!
//! In: calls. Out: server-sent events as they are, in OpenAI's form or in Anthropic's, with the
//! faults that were asked for. Never: a language model; the tokens are `token0 token1 …`.

mod anthropic;
mod openai;
mod plain;
mod prompt;
mod steps;
mod wishes;

pub(crate) use plain::tokens as plain_tokens;
pub(crate) use steps::{TokenSteps, TokenStream};

use crate::general::usual;
use crate::routes::Route;

/// The routes that stream tokens.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        usual("GET", "/sse", plain::sse),
        usual("POST", "/v1/chat/completions", openai::chat),
        usual("POST", "/v1/messages", anthropic::messages),
    ]
}
