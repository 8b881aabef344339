//! A run as others see it while it goes on.
//!
//! In: the news of a run, with their secrets masked. Out: the same, on their way to who
//! watches over HTTP.

use anyhow::Result;
use gatecrash_engine::{ScenarioSetup, Setup};
use gatecrash_report::live::state::Phase;
use gatecrash_report::secrets::Secrets;
use gatecrash_web::{About, Live, Second, Wishes};

use crate::news::{News, Standing};

/// Whoever watches one run.
#[derive(Debug)]
pub(crate) struct Watchers {
    live: Live,
    /// Where the numbers are sent.
    sent_to: Option<String>,
    /// Names of the scenarios, and whether they are measured, by their places.
    scenarios: Vec<(String, bool)>,
}

impl Watchers {
    /// Lets watch who is wished for.
    ///
    /// # Errors
    /// What cannot be had.
    pub(crate) fn open(wishes: &Wishes, setup: &Setup, secrets: &Secrets) -> Result<Watchers> {
        let about = About {
            name: setup.name.clone(),
            currency: setup.prices.as_ref().map(|prices| prices.currency.clone()),
            objectives: setup.objectives.clone(),
            secrets: secrets.clone(),
        };
        let named = |one: &ScenarioSetup| (secrets.mask(&one.name).into_owned(), one.measured);
        Ok(Watchers {
            live: Live::open(wishes, about)?,
            sent_to: wishes.otlp.as_ref().map(|settings| settings.url.clone()),
            scenarios: setup.scenarios.iter().map(named).collect(),
        })
    }

    /// Whether there is any.
    pub(crate) fn is_any(&self) -> bool {
        self.live.is_wanted()
    }

    /// Lines on where to look.
    pub(crate) fn lines(&self) -> Vec<String> {
        let metrics = self.live.metrics_url();
        let metrics = metrics.map(|url| format!("metrics at {url}"));
        let sent = self.sent_to.as_ref();
        let sent = sent.map(|url| format!("metrics are sent to {url}"));
        metrics.into_iter().chain(sent).collect()
    }

    /// What a person must know of them, once.
    pub(crate) fn take_warning(&self) -> Option<String> {
        let warning = self.live.take_warning()?;
        Some(format!("warning: {warning}"))
    }

    /// The run has ended; what a person must know of its end.
    pub(crate) fn close(&mut self) -> Option<String> {
        self.live.close()
    }

    /// Passes a piece of news on.
    pub(crate) fn note(&mut self, news: &News) {
        match news {
            News::Second(standing) => self.second(standing),
            News::Ended(record) => self.live.ended(record),
            News::Began(_) | News::Changed(_) => {}
        }
    }

    fn second(&mut self, standing: &Standing) {
        let Some((name, measured)) = self.scenarios.get(standing.place) else {
            return;
        };
        self.live.second(Second {
            name,
            measured: *measured,
            phase: match standing {
                Standing {
                    is_ending: true, ..
                } => Phase::Ending,
                Standing {
                    is_paused: true, ..
                } => Phase::Paused,
                _ => Phase::Running,
            },
            at_epoch_s: standing.at_epoch_s,
            elapsed_s: standing.elapsed.as_secs_f64(),
            snapshot: &standing.snapshot,
            driven: standing.driven.clone(),
        });
    }
}
