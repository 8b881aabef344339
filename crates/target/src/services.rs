//! Which service a target is: its routes, and what it remembers for all its threads.
//!
//! In: the options. Out: a [`State`], which handlers ask for their own kind of. Never: what a
//! service does; each has a folder of its own.

use anyhow::Result;

use crate::clinic;
use crate::knowledge_graph;
use crate::options::{Service, TargetOptions};
use crate::routes::Route;
use crate::sqlite::Database;

/// What the service of a target remembers.
pub(crate) enum State {
    Plain,
    Clinic(clinic::State),
    KnowledgeGraph(knowledge_graph::State),
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
    /// A database that cannot be used.
    pub(crate) fn prepare(options: &TargetOptions) -> Result<State> {
        Ok(match options.service {
            Service::Plain => State::Plain,
            Service::Clinic => State::Clinic(clinic::State::prepare(options)?),
            Service::KnowledgeGraph => {
                State::KnowledgeGraph(knowledge_graph::State::prepare(options))
            }
        })
    }

    /// The service's own routes.
    pub(crate) fn routes(&self) -> Vec<Route> {
        match self {
            State::Plain => Vec::new(),
            State::Clinic(_) => clinic::routes(),
            State::KnowledgeGraph(_) => knowledge_graph::routes(),
        }
    }

    /// The file that every thread has a connection to.
    pub(crate) fn database(&self) -> Option<&Database> {
        match self {
            State::Clinic(clinic) => Some(clinic.database()),
            State::Plain | State::KnowledgeGraph(_) => None,
        }
    }

    /// What the service tells a Prometheus beside the counts of its requests.
    pub(crate) fn gauges(&self) -> Vec<Gauge> {
        match self {
            State::KnowledgeGraph(graph) => graph.gauges(),
            State::Plain | State::Clinic(_) => Vec::new(),
        }
    }
}
