//! What requests cost, as written.

use super::Endpoints;
use crate::file::money::Amount;
use crate::file::node::{Node, Value};
use crate::file::read::{Entries, Read, Reader};
use crate::file::scalar::Whole;
use crate::file::shape::{Kind, record};

record! {
    /// What requests cost. A request is charged when its answer came with a status below 400.
    PricesFile "`prices`" {
        /// The currency of all amounts.
        currency: String = "EUR" (default "USD");
        /// The price of a request, by its endpoint: a name, a pattern with `*`, or a method and a
        /// name. The first that fits holds; what none fits is free.
        of: Entries<Endpoints, PriceFile> = "{ /chat: { per_million_tokens: { in: 3, out: 15 } }, \"*\": 0.0001 }", required;
    }
}

record! {
    /// The price of a request: what is said here, added up.
    PriceKeys "a price" {
        /// For each request.
        per_request: Amount = "0.002";
        /// For each request that was a cache hit, instead of that.
        per_cached_request: Amount = "0" (default "`per_request`");
        /// For each 1,000 tokens.
        per_1k_tokens: TokenPriceKeys = "{ in: 0.003, out: 0.015 }";
        /// For each million tokens.
        per_million_tokens: TokenPriceKeys = "{ in: 3, cached: 0.30, out: 15 }";
    }
}

record! {
    /// The price of tokens, as the `usage` of an answer counts them.
    TokenPriceKeys "a price of tokens" {
        /// Input tokens.
        tokens_in as "in": Amount = "3" (default "0");
        /// Input tokens that came from a cache of prompts.
        cached: Amount = "0.30" (default "`in`");
        /// Output tokens.
        tokens_out as "out": Amount = "15" (default "0");
    }
}

/// A price: an amount per request, or a map that says more.
pub(crate) enum PriceFile {
    PerRequest(Amount),
    Keys(Box<PriceKeys>),
}

impl Read for PriceFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![Amount::kind(), PriceKeys::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => {
                PriceKeys::read(node, reader).map(|keys| PriceFile::Keys(Box::new(keys)))
            }
            Value::Number(..) | Value::Text(_) => {
                Amount::read(node, reader).map(PriceFile::PerRequest)
            }
            _ => reader.mismatch::<Self, Self>(node),
        }
    }
}

record! {
    /// The tokens that a request uses, as the author expects; only for the estimate of the cost.
    TokensKeys "`expected_tokens`" {
        /// Input tokens.
        tokens_in as "in": Whole = "1200" (default "0");
        /// Of these the ones from a cache of prompts.
        cached: Whole = "1000" (default "0");
        /// Output tokens.
        tokens_out as "out": Whole = "300" (default "0");
    }
}
