//! What requests cost.
//!
//! In: what `resolve` made of `prices:`. Out: plain data, and the cost of one request. Never:
//! a sum; the engine counts, the forecast estimates.

use std::sync::Arc;

use gatecrash_metrics::objective::fits;

/// The prices of a service, in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    /// `USD`, `EUR` …
    pub currency: Arc<str>,
    /// Patterns of endpoints' names (see [`Prices::of`]) and the price of their requests, in
    /// the order of the file: the first that fits holds, with nothing of the others.
    pub endpoints: Vec<(String, Price)>,
}

/// What one request costs: an amount, and amounts for its tokens, in the currency of the
/// [`Prices`]. A request is charged when its answer came with a status below 400.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    /// For the request itself.
    pub request: f64,
    /// For the request itself if it was a cache hit.
    pub cached_request: f64,
    /// For one input token that was not served from a cache.
    pub token_in: f64,
    /// For one input token that was served from a cache of prompts.
    pub token_cached: f64,
    /// For one output token.
    pub token_out: f64,
}

/// What a request used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Used {
    /// It was a cache hit. Unknown counts as none.
    pub hit: bool,
    /// All input tokens, those from a cache included (as OpenAI's `prompt_tokens`).
    pub tokens_in: f64,
    /// Of these the ones from a cache.
    pub tokens_cached: f64,
    /// Output tokens.
    pub tokens_out: f64,
}

/// What a request cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Charge {
    /// The price of what it used.
    pub cost: f64,
    /// What it would have cost more without any cache.
    pub saved: f64,
}

/// What tokens a request is expected to use: for the forecast only.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ExpectedTokens {
    /// Input tokens.
    pub tokens_in: f64,
    /// Of these the ones from a cache.
    pub tokens_cached: f64,
    /// Output tokens.
    pub tokens_out: f64,
}

impl Prices {
    /// The price of requests to an endpoint; nothing if no pattern fits. A pattern is a name in which `*` stands for any
    /// text; one that begins with a method and a space (`POST /chat`) asks for that too.
    pub fn of(&self, method: &str, name: &str) -> Price {
        let mut all = self.endpoints.iter();
        let found = all.find(|(pattern, _)| fits(pattern, method, name));
        found.map_or_else(Price::default, |(_, price)| *price)
    }
}

impl Price {
    /// What a request cost that used this much.
    pub fn charge(&self, used: &Used) -> Charge {
        let cached = used.tokens_cached.min(used.tokens_in);
        let fresh = used.tokens_in - cached;
        let (request, spared) = match used.hit {
            true => (self.cached_request, self.request - self.cached_request),
            false => (self.request, 0.0),
        };
        let tokens_in = fresh * self.token_in + cached * self.token_cached;
        Charge {
            cost: request + tokens_in + used.tokens_out * self.token_out,
            saved: spared + cached * (self.token_in - self.token_cached),
        }
    }

    /// Whether tokens cost something.
    pub fn has_tokens(&self) -> bool {
        self.token_in > 0.0 || self.token_cached > 0.0 || self.token_out > 0.0
    }
}
