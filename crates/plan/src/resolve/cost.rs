//! What requests cost, as meant.

use super::Resolver;
use crate::file::money::Money;
use crate::file::read::At;
use crate::file::written::{PlanFile, PriceFile, PricesFile, TokenPriceKeys, TokensKeys};
use crate::model::{ExpectedTokens, Price, Prices};

const DEFAULT_CURRENCY: &str = "USD";
const THOUSAND: f64 = 1e3;
const MILLION: f64 = 1e6;

/// What a plan says of money.
pub(super) struct Costs {
    pub(super) prices: Option<Prices>,
    pub(super) budget: Option<f64>,
    pub(super) confirm_above: Option<f64>,
    pub(super) per_month_at: Option<f64>,
}

impl Resolver<'_> {
    pub(super) fn costs(&mut self, file: &mut PlanFile) -> Costs {
        let (budget, confirm_above) = (file.budget.take(), file.confirm_above.take());
        let (prices, per_month_at) = (file.prices.take(), file.per_month_at.take());
        let needs = [
            ("budget", budget.as_ref().map(|at| at.span)),
            ("confirm_above", confirm_above.as_ref().map(|at| at.span)),
            ("per_month_at", per_month_at.as_ref().map(|at| at.span)),
        ];
        for (key, span) in needs {
            if let (Some(span), None) = (span, &prices) {
                let hint = "say what requests cost: `prices: { of: { \"*\": 0.002 } }`";
                let what = format!("`{key}` needs `prices`");
                self.reader.fault_with_hint(span, what, hint);
            }
        }
        let prices = prices.and_then(|prices| self.prices(prices.value));
        Costs {
            budget: self.money(budget, prices.as_ref()),
            confirm_above: self.money(confirm_above, prices.as_ref()),
            per_month_at: per_month_at.map(|number| number.value.0),
            prices,
        }
    }

    /// An amount in the currency of the prices.
    fn money(&mut self, money: Option<At<Money>>, prices: Option<&Prices>) -> Option<f64> {
        let At { value, span } = money?;
        if let (Some(said), Some(prices)) = (&value.currency, prices) {
            let currency = &*prices.currency;
            if said != currency {
                let what = format!("the prices are in {currency}, this is in {said}");
                let hint = format!("write it in {currency}, or `currency: {said}` under `prices`");
                self.reader.fault_with_hint(span, what, hint);
            }
        }
        Some(value.amount)
    }

    fn prices(&mut self, file: PricesFile) -> Option<Prices> {
        let currency = file.currency;
        if let Some(currency) = currency.as_ref().filter(|at| !is_currency(&at.value)) {
            let what = "a currency is one word such as USD or EUR";
            self.reader.fault(currency.span, what);
        }
        let of = file.of?;
        if of.value.list.is_empty() && self.reader.is_sound(of.span) {
            self.reader.fault(of.span, "no request has a price");
        }
        let endpoints = of.value.list.into_iter();
        Some(Prices {
            currency: currency
                .map_or_else(|| DEFAULT_CURRENCY.to_owned(), |at| at.value)
                .into(),
            endpoints: endpoints
                .map(|(key, price)| (key.name, self.price(price)))
                .collect(),
        })
    }

    fn price(&mut self, file: At<PriceFile>) -> Price {
        let keys = match file.value {
            PriceFile::PerRequest(amount) => {
                return Price {
                    request: amount.0,
                    cached_request: amount.0,
                    ..Price::default()
                };
            }
            PriceFile::Keys(keys) => *keys,
        };
        if let (Some(_), Some(second)) = (&keys.per_1k_tokens, &keys.per_million_tokens) {
            let what = "tokens have a price by the thousand or by the million, not both";
            self.reader.fault(second.span, what);
        }
        let request = keys.per_request.map_or(0.0, |at| at.value.0);
        let price = Price {
            request,
            cached_request: keys.per_cached_request.map_or(request, |at| at.value.0),
            ..Price::default()
        };
        let by_thousand = keys.per_1k_tokens.map(|at| (at.value, THOUSAND));
        let by_million = keys.per_million_tokens.map(|at| (at.value, MILLION));
        match by_thousand.or(by_million) {
            Some((tokens, number)) => with_tokens(price, &tokens, number),
            None => price,
        }
    }
}

/// The price with that of tokens, which is given for so many of them.
fn with_tokens(price: Price, tokens: &TokenPriceKeys, number: f64) -> Price {
    let token_in = tokens.tokens_in.as_ref().map_or(0.0, |at| at.value.0);
    let cached = tokens.cached.as_ref().map_or(token_in, |at| at.value.0);
    let token_out = tokens.tokens_out.as_ref().map_or(0.0, |at| at.value.0);
    Price {
        token_in: token_in / number,
        token_cached: cached / number,
        token_out: token_out / number,
        ..price
    }
}

/// The tokens that a request is expected to use.
pub(super) fn expected_tokens(file: &TokensKeys) -> ExpectedTokens {
    let number = |at: &Option<At<crate::file::scalar::Whole>>| {
        at.as_ref().map_or(0.0, |at| at.value.0 as f64)
    };
    ExpectedTokens {
        tokens_in: number(&file.tokens_in),
        tokens_cached: number(&file.cached),
        tokens_out: number(&file.tokens_out),
    }
}

fn is_currency(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphabetic)
}
