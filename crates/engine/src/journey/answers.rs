//! What is counted of the answers of guests, whose requests no step of a plan describes.
//!
//! In: what a plan says of all answers (caches, states, prices of tokens), and an answer. Out:
//! what the books shall know of it, and the states that it tells of. What belongs to single
//! steps, numbers to measure and caches of their own, guests do not have.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gatecrash_metrics::objective::Objective;
use gatecrash_metrics::{Measure, Metric};
use gatecrash_net::{Exchange, Head, decode_within};
use gatecrash_plan::model::{Plan, StatePlan};

use super::account::{Account, Asked, Judged};
use super::extract::Received;
use super::feed::Feeds;
use super::jsonpath::JsonText;
use super::template::Scope;
use super::values::{Names, Values};
use crate::accounts::speaks_of_answers;
use crate::noted::{Noted, Usage};

/// Bodies that are longer when they are decoded are not read.
const MAX_BODY_BYTES: u64 = 64_000_000;

/// An answer to a guest, on its way into the books.
#[derive(Clone, Debug)]
pub struct Came {
    /// Its head.
    pub head: Head,
    /// Its body, encoded as it was sent; of a stream of events the visible content.
    pub body: Bytes,
    /// What a stream was measured by.
    pub measures: Vec<(Measure, f64)>,
}

impl Came {
    /// The answer of an exchange.
    pub fn of(exchange: &Exchange) -> Came {
        Came {
            head: exchange.head.clone(),
            body: exchange.body.clone(),
            measures: Vec::new(),
        }
    }

    /// The body without its content codings; empty if it is not what they say.
    fn decoded(&self) -> Bytes {
        if !self.head.is_encoded || self.is_stream() {
            return self.body.clone();
        }
        let codings = self.head.header("content-encoding").unwrap_or_default();
        let codings = String::from_utf8_lossy(codings);
        decode_within(MAX_BODY_BYTES, &codings, &self.body).unwrap_or_default()
    }

    fn is_stream(&self) -> bool {
        !self.measures.is_empty()
    }
}

/// What is looked at in such answers.
#[derive(Debug)]
pub struct GuestAnswers {
    account: Account,
    metrics: Vec<Metric>,
    /// Places of the counters that an objective names.
    judged: Vec<usize>,
    slots: usize,
    feeds: Arc<Feeds>,
}

impl GuestAnswers {
    /// What this plan wants to know of the answers of classes that it does not describe.
    ///
    /// # Errors
    /// What is wrong with a path or an expression.
    pub fn of(plan: &Plan) -> Result<GuestAnswers, String> {
        let asked = Asked::of(plan, &plan.states);
        let feeds = Feeds::load(&[]).map_err(|fault| fault.to_string())?;
        let mut names = Names::new(&feeds, &plan.environment);
        let account = Account::of_all(&plan.cache, &asked, &mut names)?;
        let slots = names.slots();
        let judged = asked.judged_counters.into_iter();
        Ok(GuestAnswers {
            judged: judged.filter(|place| account.tells(*place)).collect(),
            metrics: asked.metrics,
            account,
            slots,
            feeds: Arc::new(feeds),
        })
    }

    /// What these objectives want to know of answers where there is no plan: the usual headers
    /// of caches, status 429, tokens. `None` if they want to know nothing.
    pub fn asked_for(objectives: &[Objective]) -> Option<GuestAnswers> {
        let plan = Plan {
            objectives: objectives.to_vec(),
            states: vec![StatePlan::rate_limited()],
            ..Plan::default()
        };
        // Nothing of anybody's stands in it that could be wrong.
        let answers = || GuestAnswers::of(&plan).ok();
        speaks_of_answers(objectives).then(answers).flatten()
    }

    /// The counters of the states with their places, and whether an objective names them.
    pub(crate) fn counters(&self) -> impl Iterator<Item = (usize, &Metric, bool)> {
        let metrics = self.metrics.iter().enumerate();
        let told = metrics.filter(|(place, _)| self.account.tells(*place));
        told.map(|(place, metric)| (place, metric, self.judged.contains(&place)))
    }

    /// What the books shall know of an answer, and what it was measured by; `tell` hears of
    /// the places of the states that it tells of.
    pub(crate) fn note(
        &self,
        came: &Came,
        time_ms: f64,
        body_bytes: u64,
        mut tell: impl FnMut(usize),
    ) -> (Noted<'static>, Vec<(Measure, f64)>) {
        let body = match self.account.reads_body() {
            true => came.decoded(),
            false => Bytes::new(),
        };
        // The texts of a state have nothing to fill in.
        let values = Values::new(self.slots, 0, 0, 0);
        let received = Received {
            status: came.head.status,
            head: Some(&came.head),
            body: &body,
            json: JsonText::new(&body, self.account.paths()),
            jar: None,
        };
        let judged = Judged {
            head: &came.head,
            received: &received,
            time: Duration::try_from_secs_f64(time_ms / 1e3).unwrap_or_default(),
            body_bytes,
            scope: Scope {
                values: &values,
                feeds: &self.feeds,
            },
        };
        let noted = self.account.note(&judged, |place, _| tell(place));
        if came.is_stream() {
            let usage = Usage::of_measures(&came.measures);
            return (Noted { usage, ..noted }, came.measures.clone());
        }
        (noted, noted.usage.measures().collect())
    }
}
