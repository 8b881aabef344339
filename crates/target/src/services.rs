//! Which service a target is: its routes, and what it remembers for all its threads.
//!
//! In: the options. Out: a [`State`], which handlers ask for their own kind of. Never: what a
//! service does; each has a folder of its own.

use anyhow::{Result, ensure};

use crate::cache::Cache;
use crate::options::{CacheOptions, ModelOptions, Service, TargetOptions};
use crate::routes::Route;
use crate::sqlite::Database;
use crate::{ai_service, clinic, knowledge_graph, records, support_chat, triage};

/// What the service of a target remembers.
pub(crate) enum State {
    AiService(ai_service::State),
    Clinic(clinic::State),
    KnowledgeGraph(knowledge_graph::State),
    Plain,
    Records(Database),
    SupportChat(support_chat::State),
    Triage(triage::State),
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
    /// A database or a Redis that cannot be used; what is asked of a part that the service
    /// does not have.
    pub(crate) fn prepare(options: &TargetOptions) -> Result<State> {
        let state = match options.service {
            Service::AiService => State::AiService(ai_service::State::prepare(options)?),
            Service::Clinic => State::Clinic(clinic::State::prepare(options)?),
            Service::KnowledgeGraph => {
                State::KnowledgeGraph(knowledge_graph::State::prepare(options))
            }
            Service::Plain => State::Plain,
            Service::Records => State::Records(records::prepare(options)?),
            Service::SupportChat => State::SupportChat(support_chat::State::prepare(options)?),
            Service::Triage => State::Triage(triage::State::new(options.model)),
        };
        state.check(options)?;
        Ok(state)
    }

    /// What is asked of a part that the service does not have would be ignored.
    fn check(&self, options: &TargetOptions) -> Result<()> {
        let (model, usual) = (options.model, ModelOptions::default());
        ensure!(
            self.database().is_some() || options.db.is_none(),
            "this service has no database: leave --db out"
        );
        ensure!(
            self.cache().is_some() || options.cache == CacheOptions::default(),
            "this service has no cache of answers: leave --redis, --no-cache and \
             --cache-… out"
        );
        let but_errors = ModelOptions {
            errors: usual.errors,
            ..model
        };
        ensure!(
            self.has_model() || but_errors == usual,
            "this service has no model: leave --model-time, --model-slots and --model-queue out"
        );
        let is_ai_service = matches!(self, State::AiService(_));
        ensure!(
            is_ai_service || model.errors == usual.errors && options.rate_limit_per_s.is_none(),
            "this service has neither a limit nor a model that fails: leave --rate-limit and \
             --model-errors out"
        );
        Ok(())
    }

    fn has_model(&self) -> bool {
        match self {
            State::AiService(_)
            | State::KnowledgeGraph(_)
            | State::SupportChat(_)
            | State::Triage(_) => true,
            State::Clinic(_) | State::Plain | State::Records(_) => false,
        }
    }

    /// The service's own routes.
    pub(crate) fn routes(&self) -> Vec<Route> {
        match self {
            State::AiService(_) => ai_service::routes(),
            State::Clinic(_) => clinic::routes(),
            State::KnowledgeGraph(_) => knowledge_graph::routes(),
            State::Plain => Vec::new(),
            State::Records(_) => records::routes(),
            State::SupportChat(_) => support_chat::routes(),
            State::Triage(_) => triage::routes(),
        }
    }

    /// The file that every thread has a connection to.
    pub(crate) fn database(&self) -> Option<&Database> {
        match self {
            State::Clinic(clinic) => Some(clinic.database()),
            State::Records(database) => Some(database),
            _ => None,
        }
    }

    /// Where the service keeps its answers.
    pub(crate) fn cache(&self) -> Option<&Cache> {
        match self {
            State::AiService(service) => Some(service.cache()),
            State::SupportChat(chat) => Some(chat.cache()),
            _ => None,
        }
    }

    /// What the service tells a Prometheus beside the counts of its requests.
    pub(crate) fn gauges(&self) -> Vec<Gauge> {
        match self {
            State::AiService(service) => service.gauges(),
            State::Clinic(_) | State::Plain | State::Records(_) => Vec::new(),
            State::KnowledgeGraph(graph) => graph.gauges(),
            State::SupportChat(chat) => chat.gauges(),
            State::Triage(triage) => triage.load().gauges(),
        }
    }
}
