//! Which service a target is: its routes, and what it remembers for all its threads.
//!
//! In: the options. Out: a [`State`], which handlers ask for their own kind of. Never: what a
//! service does; each has a folder of its own.

use anyhow::{Result, ensure};

use crate::cache::Cache;
use crate::options::{CacheOptions, Percent, Service, TargetOptions};
use crate::routes::Route;
use crate::sqlite::Database;
use crate::{ai_service, clinic, support_chat};

/// What the service of a target remembers.
pub(crate) enum State {
    Plain,
    Clinic(clinic::State),
    AiService(ai_service::State),
    SupportChat(support_chat::State),
}

/// A figure of a service for its page of metrics.
pub(crate) struct Gauge {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) value: f64,
}

impl State {
    /// Starts the service that is asked for.
    ///
    /// # Errors
    /// A database or a Redis that cannot be used; what is asked of a cache that is not there.
    pub(crate) fn prepare(options: &TargetOptions) -> Result<State> {
        let state = match options.service {
            Service::Plain => State::Plain,
            Service::Clinic => State::Clinic(clinic::State::prepare(options)?),
            Service::AiService => State::AiService(ai_service::State::prepare(options)?),
            Service::SupportChat => State::SupportChat(support_chat::State::prepare(options)?),
        };
        ensure!(
            state.cache().is_some() || options.cache == CacheOptions::default(),
            "this service has no cache of answers: leave --redis, --no-cache and \
             --cache-… out"
        );
        ensure!(
            options.service == Service::AiService
                || options.model.errors == Percent::default() && options.rate_limit_per_s.is_none(),
            "this service has neither a limit nor a model that fails: leave --rate-limit and \
             --model-errors out"
        );
        Ok(state)
    }

    /// The service's own routes.
    pub(crate) fn routes(&self) -> Vec<Route> {
        match self {
            State::Plain => Vec::new(),
            State::Clinic(_) => clinic::routes(),
            State::AiService(_) => ai_service::routes(),
            State::SupportChat(_) => support_chat::routes(),
        }
    }

    /// The file that every thread has a connection to.
    pub(crate) fn database(&self) -> Option<&Database> {
        match self {
            State::Clinic(clinic) => Some(clinic.database()),
            State::Plain | State::AiService(_) | State::SupportChat(_) => None,
        }
    }

    /// Where the service keeps its answers.
    pub(crate) fn cache(&self) -> Option<&Cache> {
        match self {
            State::AiService(service) => Some(service.cache()),
            State::SupportChat(chat) => Some(chat.cache()),
            State::Plain | State::Clinic(_) => None,
        }
    }

    /// What the service tells a Prometheus beside the counts of its requests.
    pub(crate) fn gauges(&self) -> Vec<Gauge> {
        match self {
            State::AiService(service) => service.gauges(),
            State::SupportChat(chat) => chat.gauges(),
            State::Plain | State::Clinic(_) => Vec::new(),
        }
    }
}
