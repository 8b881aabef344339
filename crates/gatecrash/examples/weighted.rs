//! Users with a state, weighted tasks, waits, checks and a metric of their own.
//!
//! ```text
//! gatecrash target plain &
//! cargo run --release --example weighted -- --host http://127.0.0.1:8000 --rate 50/s --for 5s
//! ```

use std::process::ExitCode;
use std::time::Duration;

use gatecrash::{Context, Http, Metric, Outcome, Unit, User, Wait, tasks};
use serde_json::{Value, json};

struct Shopper {
    http: Http,
    orders: Metric,
    /// What this user has in its basket.
    basket: Vec<u64>,
}

impl User for Shopper {
    const WAIT: Wait = Wait::Between(Duration::from_millis(1), Duration::from_millis(5));

    tasks! { browse: 3, order }

    fn new(context: &Context) -> Self {
        Shopper {
            http: context.http(),
            orders: context.counter("orders", Unit::Count),
            basket: vec![context.random_below(1000)],
        }
    }
}

impl Shopper {
    async fn browse(&mut self) -> Outcome {
        let article = self.basket.len().to_string();
        let page = self
            .http
            .get("/echo")
            .name("article")
            .query("article", &article);
        let answer = page.send().await?;
        let seen: Value = answer.json()?;
        if !seen["request_line"].is_string() {
            return Err(answer.fail("the page does not show the request"));
        }
        Ok(())
    }

    async fn order(&mut self) -> Outcome {
        let order = json!({ "articles": self.basket });
        self.http
            .post("/echo")
            .name("order")
            .json(&order)
            .expect_status(200)
            .send()
            .await?;
        self.orders.add(1.0);
        self.basket.push(1);
        Ok(())
    }
}

fn main() -> ExitCode {
    gatecrash::app().user::<Shopper>().run()
}
