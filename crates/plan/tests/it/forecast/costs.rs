//! What a run will cost.

use gatecrash_plan::forecast::{CostForecast, money};
use gatecrash_plan::model::{ExpectedTokens, Price, Prices};

use super::*;

fn prices(of: &[(&str, Price)]) -> Option<Prices> {
    let of = of.iter().map(|(name, price)| ((*name).to_owned(), *price));
    Some(Prices {
        currency: "USD".into(),
        endpoints: of.collect(),
    })
}

fn each(amount: f64) -> Price {
    Price {
        request: amount,
        cached_request: amount,
        ..Price::default()
    }
}

#[track_caller]
fn cost_of(plan: &Plan) -> CostForecast {
    forecast(plan, &LIMITS).cost.expect("prices")
}

#[track_caller]
fn cost(users: Vec<UserClass>, scenarios: Vec<Scenario>) -> CostForecast {
    cost_of(&Plan {
        prices: prices(&[("*", each(0.002))]),
        ..plan(users, scenarios)
    })
}

fn formula(cost: &CostForecast) -> &str {
    &cost.scenarios[0].formula
}

#[test]
fn without_prices_there_is_nothing_to_tell() {
    let plan = plan(vec![taking(1.0)], vec![open("50/s", 120)]);
    assert_eq!(forecast(&plan, &LIMITS).cost, None);
}

#[test]
fn a_rate_costs_rate_times_time() {
    let told = cost(vec![taking(1.0)], vec![open("50/s", 120)]);
    assert_eq!(
        formula(&told),
        "50/s × 2m = 6,000 tasks × 0.002 USD a task = 12.00 USD"
    );
    assert_eq!(told.total, Some(12.0));
    assert_eq!(told.sum(), "12.00 USD");
}

#[test]
fn a_ramp_costs_its_mean() {
    let profile = RateProfile::new(&[RatePiece::ramp(rate("0/s"), rate("10/s"), secs(60))]);
    let load = Load::Rate {
        profile: profile.expect("fits"),
        spacing: Spacing::Even,
        max_in_flight: 100,
    };
    let told = cost(
        vec![taking(1.0)],
        vec![scenario("ramp", Some(secs(60)), load)],
    );
    assert_eq!(
        formula(&told),
        "5/s in the mean × 1m = 300 tasks × 0.002 USD a task = 0.60 USD"
    );
}

#[test]
fn users_cost_users_times_pace_times_time() {
    let pacing = Wait::Pacing(secs(10));
    let users = vec![class(pacing, vec![task(1.0, Some(secs(1)), vec![get()])])];
    let told = cost(users, vec![closed(100, Some(secs(300)), None)]);
    assert_eq!(
        formula(&told),
        "100 users × 5m ÷ 10 s from one task of a user to the next = about 3,000 tasks \
         × 0.002 USD a task = 6.00 USD"
    );
    assert_eq!(told.sum(), "about 6.00 USD");
}

#[test]
fn work_that_is_counted_costs_its_count() {
    let each = cost(
        vec![taking(1.0)],
        vec![closed(5, None, Some(Iterations::PerUser(4)))],
    );
    assert_eq!(
        formula(&each),
        "5 users × 4 tasks each = 20 tasks × 0.002 USD a task = 0.04 USD"
    );
    let total = cost(
        vec![taking(1.0)],
        vec![closed(5, None, Some(Iterations::Total(70)))],
    );
    assert_eq!(
        formula(&total),
        "all users together = 70 tasks × 0.002 USD a task = 0.14 USD"
    );
}

#[test]
fn a_task_costs_the_mean_of_its_ways() {
    let steps = vec![
        get(),
        Step::Repeat {
            times: 3,
            steps: vec![get()],
        },
        Step::If {
            condition: "x".to_owned(),
            then: vec![get(), get()],
            otherwise: Vec::new(),
        },
    ];
    let time = Some(secs(1));
    let tasks = vec![task(3.0, time, vec![get()]), task(1.0, time, steps)];
    // 3/4 of the tasks have one request, 1/4 five in the mean: two.
    let told = cost(vec![class(Wait::None, tasks)], vec![open("10/s", 100)]);
    assert_eq!(told.total, Some(4.0));
}

#[test]
fn classes_that_have_more_turns_cost_more() {
    let tasks = |name: &str| {
        let Step::Http(step) = get() else {
            panic!("no request");
        };
        let step = HttpStep {
            name: Template::constant(name),
            ..*step
        };
        vec![task(1.0, Some(secs(1)), vec![Step::Http(Box::new(step))])]
    };
    let fast = class(Wait::None, tasks("/fast"));
    let slow = class(Wait::Pacing(secs(3)), tasks("/slow"));
    let both = |load| Scenario {
        who: vec![(0, 1.0), (1, 1.0)],
        ..load
    };
    let of = |scenario| {
        let plan = plan(vec![fast.clone(), slow.clone()], vec![both(scenario)]);
        cost_of(&Plan {
            prices: prices(&[("/fast", each(1.0))]),
            ..plan
        })
    };
    // 3 users each: a task every second, and one every three.
    let closed = of(closed(6, Some(secs(60)), None));
    assert!((closed.total.unwrap() - 180.0).abs() < 1e-6, "{closed:?}");
    // Arrivals do not care.
    let open = of(open("4/s", 60));
    assert_eq!(open.total, Some(120.0));
}

fn chat(expected: Option<ExpectedTokens>) -> UserClass {
    let Step::Http(step) = get() else {
        panic!("no request");
    };
    let step = HttpStep {
        expected_tokens: expected,
        ..*step
    };
    class(
        Wait::None,
        vec![task(1.0, Some(secs(1)), vec![Step::Http(Box::new(step))])],
    )
}

const TOKENS: Price = Price {
    request: 0.0,
    cached_request: 0.0,
    token_in: 3e-6,
    token_cached: 0.3e-6,
    token_out: 15e-6,
};

#[test]
fn tokens_cost_as_many_as_are_expected() {
    let expected = ExpectedTokens {
        tokens_in: 1200.0,
        tokens_cached: 1000.0,
        tokens_out: 300.0,
    };
    let plan = Plan {
        prices: prices(&[("GET /", TOKENS)]),
        per_month_at: Some(1000.0),
        ..plan(vec![chat(Some(expected))], vec![open("1/s", 1000)])
    };
    let told = cost_of(&plan);
    // 200 × 3 + 1000 × 0.3 + 300 × 15 millionths; without a cache 1000 × 2.7 more.
    assert_eq!(
        formula(&told),
        "1/s × 16m40s = 1,000 tasks × 0.0054 USD a task = 5.40 USD"
    );
    assert_eq!(
        told.sum(),
        "5.40 USD with the cached tokens that are expected, 8.10 USD without; \
         at 1,000 requests a day 162.00 USD a month (of 30 days)"
    );
    assert_eq!(told.missing, Vec::<String>::new());
}

#[test]
fn what_the_estimate_lacks_is_said() {
    let tokens = cost_of(&Plan {
        prices: prices(&[("*", TOKENS)]),
        ..plan(vec![chat(None)], vec![open("1/s", 10), open("2/s", 10)])
    });
    assert_eq!(
        tokens.missing,
        ["the tokens of GET / are not in it; say `expected_tokens: { in: …, out: … }` there"]
    );
    let code = UserClass {
        name: "visitor".to_owned(),
        weight: 1.0,
        kind: UserKind::Locust(LocustUsers {
            file: PathBuf::from("l.py"),
            classes: Vec::new(),
            host: None,
        }),
    };
    let told = cost(vec![code], vec![open("1/s", 10)]);
    assert_eq!(told.total, None);
    assert!(told.missing[0].contains("its users are code"), "{told:?}");
    assert_eq!(told.sum(), "what the run costs cannot be told");
    let unknown = class(Wait::None, vec![task(1.0, None, vec![get()])]);
    let told = cost(vec![unknown], vec![closed(1, Some(secs(10)), None)]);
    assert_eq!(told.total, None);
    assert!(told.missing[0].contains("say `expected_time`"), "{told:?}");
}

#[test]
fn above_a_limit_it_asks_and_beyond_its_budget_it_warns() {
    let with = |confirm_above, budget| Plan {
        prices: prices(&[("*", each(0.01))]),
        confirm_above,
        budget,
        ..plan(vec![taking(1.0)], vec![open("1/s", 100)])
    };
    assert_eq!(cost_of(&with(None, None)).question(), None);
    assert_eq!(cost_of(&with(Some(1.0), None)).question(), None);
    assert_eq!(
        cost_of(&with(Some(0.5), None)).question().as_deref(),
        Some("the run is expected to cost 1.00 USD, which is above 0.50 USD (`confirm_above`)")
    );
    let warned = forecast(&with(None, Some(0.25)), &LIMITS).warnings;
    assert!(
        warned
            .iter()
            .any(|one| one.contains("its budget is 0.25 USD")),
        "{warned:?}"
    );
    assert_eq!(
        forecast(&with(None, Some(1.0)), &LIMITS).warnings,
        Vec::<String>::new()
    );
}

#[test]
fn amounts_have_the_digits_that_tell_something() {
    for (amount, told) in [
        (0.0, "0.00 X"),
        (1.0, "1.00 X"),
        (1234.5, "1,234.50 X"),
        (0.999_999, "1 X"),
        (0.5, "0.50 X"),
        (0.0054, "0.0054 X"),
        (0.000_012_34, "0.0000123 X"),
        (12.345, "12.35 X"),
    ] {
        assert_eq!(money(amount, "X"), told, "{amount}");
    }
}

#[test]
fn names_that_no_request_has_are_warned_of() {
    use gatecrash_metrics::objective::Objective;
    let objectives = |text: &str| vec![Objective::parse(text).unwrap()];
    let with = |text: &str| Plan {
        objectives: objectives(text),
        ..plan(vec![taking(1.0)], vec![open("1/s", 10)])
    };
    let warned = |plan: &Plan| forecast(plan, &LIMITS).warnings;
    assert_eq!(warned(&with("p95 of / < 1s")), Vec::<String>::new());
    assert_eq!(warned(&with("p95 of /* < 1s")), Vec::<String>::new());
    let told = warned(&with("p95 of /none < 1s"));
    assert!(
        told[0].contains("speaks of /none, and no request has that name"),
        "{told:?}"
    );
    let priced = Plan {
        prices: prices(&[("/none", each(1.0))]),
        ..with("p95 < 1s")
    };
    assert!(warned(&priced)[0].contains("the price of /none is nobody's"));
    // A name that is filled in may be any.
    let Step::Http(step) = get() else {
        panic!("no request");
    };
    let step = HttpStep {
        name: Template {
            parts: vec![gatecrash_plan::model::Part::Expression("x".to_owned())],
        },
        ..*step
    };
    let open_names = class(
        Wait::None,
        vec![task(1.0, Some(secs(1)), vec![Step::Http(Box::new(step))])],
    );
    let plan = Plan {
        users: vec![open_names],
        ..with("p95 of /none < 1s")
    };
    assert_eq!(warned(&plan), Vec::<String>::new());
}

#[test]
fn a_rest_before_a_scenario_takes_its_time() {
    let rested = |scenario| Scenario {
        pause_before: secs(5),
        ..scenario
    };
    let told = told(
        vec![taking(1.0)],
        vec![open("1/s", 10), rested(open("1/s", 10))],
    );
    assert_eq!(told.scenarios[1].starts, Some(secs(15)));
    assert_eq!(told.duration, Some(secs(25)));
}
