//! What requests cost.

use gatecrash_plan::model::{Charge, ExpectedTokens, Price, Prices, Used};

use super::{faults, plan, request};

fn with(head: &str) -> String {
    format!(
        "{head}\nhost: http://h\nusers: {{ u: {{ tasks: [{{ get: / }}] }} }}\nscenarios: {{ s: {{ users: 1, for: 1s }} }}\n"
    )
}

#[track_caller]
fn prices(of: &str) -> Prices {
    plan(&with(&format!("prices: {{ of: {of} }}")))
        .prices
        .unwrap()
}

#[track_caller]
fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-12, "{a} is not {b}");
}

#[test]
fn a_price_is_for_requests_and_for_tokens() {
    let all = prices(
        "{ /retrieve: 0.002, POST /chat*: { per_request: 0.01, per_cached_request: 0.001, per_million_tokens: { in: 3, cached: 0.3, out: 15 } }, \"*\": { per_1k_tokens: { in: 0.5 } } }",
    );
    assert_eq!(&*all.currency, "USD");
    let retrieve = all.of("GET", "/retrieve");
    assert_eq!((retrieve.request, retrieve.cached_request), (0.002, 0.002));
    assert!(!retrieve.has_tokens());
    let chat = all.of("POST", "/chat/42");
    close(chat.token_in, 3e-6);
    close(chat.token_cached, 0.3e-6);
    close(chat.token_out, 15e-6);
    assert_eq!((chat.request, chat.cached_request), (0.01, 0.001));
    // Another method is another endpoint; what is not said of cached tokens is as of others.
    let other = all.of("GET", "/chat/42");
    close(other.token_in, 0.0005);
    close(other.token_cached, 0.0005);
    assert_eq!(other.token_out, 0.0);
    assert_eq!(prices("{ /a: 1 }").of("GET", "/b"), Price::default());
}

#[test]
fn a_request_costs_what_it_used() {
    let price = Price {
        request: 1.0,
        cached_request: 0.25,
        token_in: 0.1,
        token_cached: 0.01,
        token_out: 0.5,
    };
    let used = Used {
        hit: false,
        tokens_in: 100.0,
        tokens_cached: 40.0,
        tokens_out: 2.0,
    };
    let Charge { cost, saved } = price.charge(&used);
    close(cost, 1.0 + 60.0 * 0.1 + 40.0 * 0.01 + 1.0);
    close(saved, 40.0 * 0.09);
    let Charge { cost, saved } = price.charge(&Used { hit: true, ..used });
    close(cost, 0.25 + 60.0 * 0.1 + 40.0 * 0.01 + 1.0);
    close(saved, 0.75 + 40.0 * 0.09);
    // No more tokens come from a cache than there are.
    let odd = Used {
        tokens_in: 10.0,
        ..used
    };
    close(price.charge(&odd).cost, 1.0 + 10.0 * 0.01 + 1.0);
}

#[test]
fn money_is_in_the_currency_of_the_prices() {
    let text = with(
        "prices: { currency: EUR, of: { \"*\": 0.01 } }\nbudget: 5 EUR\nconfirm_above: 0.5\nper_month_at: 1000/day",
    );
    let plan = plan(&text);
    assert_eq!(plan.budget, Some(5.0));
    assert_eq!(plan.confirm_above, Some(0.5));
    assert_eq!(plan.per_month_at, Some(1000.0));
    assert_eq!(
        faults(&text.replace("5 EUR", "5 USD")),
        [
            "2:9 the prices are in EUR, this is in USD (write it in EUR, or `currency: USD` under `prices`)"
        ]
    );
    let weekly = super::plan(&text.replace("1000/day", "14/week"));
    assert_eq!(weekly.per_month_at, Some(2.0));
}

#[test]
fn money_needs_prices() {
    for (key, value) in [
        ("budget", "5 USD"),
        ("confirm_above", "1"),
        ("per_month_at", "9/day"),
    ] {
        let told = faults(&with(&format!("{key}: {value}")));
        assert_eq!(told.len(), 1);
        assert!(
            told[0].contains(&format!("`{key}` needs `prices`")),
            "{told:?}"
        );
    }
}

#[test]
fn money_that_is_none_is_told() {
    for (line, why) in [
        ("budget: -5", "leaves nothing to spend"),
        ("budget: 0 USD", "leaves nothing to spend"),
        ("budget: lots", "is not an amount of money"),
        ("budget: 5 US dollars", "is not an amount of money"),
        ("per_month_at: 1000", "is no number per time"),
        ("per_month_at: 10/year", "is no number per time"),
    ] {
        let told = faults(&with(&format!("prices: {{ of: {{ \"*\": 1 }} }}\n{line}")));
        assert!(told[0].contains(why), "{told:?}");
    }
    let told = faults(&with("prices: { of: { /a: -1 } }"));
    assert!(told[0].contains("not below 0"), "{told:?}");
    let told = faults(&with("prices: { of: {} }"));
    assert!(told[0].contains("no request has a price"), "{told:?}");
    let told = faults(&with(
        "prices: { of: { /a: { per_1k_tokens: { in: 1 }, per_million_tokens: { in: 1 } } } }",
    ));
    assert!(
        told[0].contains("by the thousand or by the million"),
        "{told:?}"
    );
    let told = faults(&with("prices: { currency: \"\", of: { /a: 1 } }"));
    assert!(told[0].contains("a currency is one word"), "{told:?}");
}

#[test]
fn tokens_are_expected_of_a_request() {
    let told = request("{ get: /, expected_tokens: { in: 1200, cached: 1000, out: 300 } }");
    let expected = ExpectedTokens {
        tokens_in: 1200.0,
        tokens_cached: 1000.0,
        tokens_out: 300.0,
    };
    assert_eq!(told.expected_tokens, Some(expected));
    assert_eq!(request("{ get: / }").expected_tokens, None);
}
