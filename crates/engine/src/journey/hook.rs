//! A request that belongs to no user: what a plan does before and after its scenarios.
//!
//! In: a step as users have them, with an absolute URL. Out: how its answer was. Nothing is
//! counted: it is no load.

use std::sync::Arc;
use std::time::Duration;

use gatecrash_net::{Client, Exchange, Fetched, Request, now};
use gatecrash_plan::model::{HttpStep, HttpUsers, Plan, Wait};

use super::account::{Asked, Judged};
use super::extract::Received;
use super::feed::Feeds;
use super::http::{HttpCall, decoded, is_redirect, since};
use super::jsonpath::JsonText;
use super::plan::Compiling;
use super::redirect;
use super::request::Home;
use super::template::Scope;
use super::values::{Names, Values};
use crate::cause::Cause;

/// A compiled request without a user.
#[derive(Debug)]
pub(crate) struct HookCall {
    call: HttpCall,
    home: Home,
    feeds: Arc<Feeds>,
    slots: usize,
}

impl HookCall {
    /// Compiles a request of this plan.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn compile(step: &HttpStep, plan: &Plan) -> Result<HookCall, String> {
        let nobody = HttpUsers {
            host: String::new(),
            wait: Wait::None,
            headers: Vec::new(),
            start: Vec::new(),
            tasks: Vec::new(),
            stop: Vec::new(),
            verify_tls: true,
            states: Vec::new(),
        };
        let feeds = Feeds::load(&[]).map_err(|fault| fault.to_string())?;
        let home = Home::of(&nobody)?;
        let no_plan = Plan::default();
        let asked = Asked::of(&no_plan, &[]);
        let names = Names::new(&feeds, &plan.environment);
        let mut compiling = Compiling::alone(&nobody, &home, names, &asked);
        let call = HttpCall::compile(step, &mut compiling)?;
        let slots = compiling.names.slots();
        Ok(HookCall {
            call,
            home,
            feeds: Arc::new(feeds),
            slots,
        })
    }

    /// Makes the request, follows redirects, and tells the status.
    ///
    /// # Errors
    /// Why it failed.
    pub(crate) async fn perform(&self) -> Result<u16, Cause> {
        let values = Values::new(self.slots, 0, 0, 0);
        let scope = Scope {
            values: &values,
            feeds: &self.feeds,
        };
        let called = now();
        let encoded = self.call.encoder.encode(scope, &self.home, None);
        let encoded = encoded.map_err(|fault| Cause::check(fault.0))?;
        let request = self
            .call
            .encoder
            .request(encoded.origin, encoded.wire, encoded.body_at);
        let exchange = self.exchange(self.call.limited(request)).await?;
        self.judge(&exchange, scope, since(called))?;
        Ok(exchange.head.status)
    }

    async fn exchange(&self, mut request: Request) -> Result<Exchange, Cause> {
        let (client, called) = (Client::new(), now());
        let limits = self.call.limits;
        for _ in 0..=limits.redirects {
            let fetched = client.fetch(&request, now(), || {}).await;
            let exchange = match fetched.map_err(|broken| Cause::from(&broken.error))? {
                Fetched::Whole(exchange) | Fetched::Streamed(exchange, _) => exchange,
            };
            if limits.redirects == 0 || !is_redirect(&exchange.head) {
                return Ok(exchange);
            }
            let left: Duration = limits.timeout.saturating_sub(since(called));
            request = redirect::follow(&request, &exchange.head, None, &self.home.tls, left)?;
        }
        let why = format!("more than {} redirects", limits.redirects);
        Err(Cause::check(why))
    }

    fn judge(&self, exchange: &Exchange, scope: Scope<'_>, time: Duration) -> Result<(), Cause> {
        let judge = &self.call.judge;
        let body = match exchange.head.is_encoded && judge.reads_body {
            true => decoded(exchange, self.call.limits.body_bytes)?,
            false => exchange.body.clone(),
        };
        let received = Received {
            status: exchange.head.status,
            head: Some(&exchange.head),
            body: &body,
            json: JsonText::new(&body, judge.paths),
            jar: None,
        };
        judge.holds(&Judged {
            head: &exchange.head,
            received: &received,
            time,
            body_bytes: exchange.body_bytes,
            scope,
        })
    }
}
