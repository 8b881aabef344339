//! What is wanted of a run while it goes on, and the way of its seconds to it.
//!
//! In: [`Wishes`] before the run, then each of its seconds, without secrets. Out: a server, as
//! long as the [`Live`] lives. With no wishes nothing is kept, and a second costs nothing.

use std::collections::HashMap;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use gatecrash_metrics::objective::{Judge, Objective};
use gatecrash_metrics::{Driven, ScenarioRecord, Snapshot};
use gatecrash_report::live::otlp::settings::Settings;
use gatecrash_report::live::state::{Phase, RunState, ScenarioState};
use gatecrash_report::secrets::Secrets;

use crate::app::app;
use crate::board::Board;
use crate::export::{ExportError, Exporter};
use crate::server::Server;

/// What is wanted while a run goes on.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Where its numbers are served.
    pub metrics: Option<Address>,
    /// Where they are sent.
    pub otlp: Option<Settings>,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or an address of this machine.
    pub host: String,
    /// The port; 0 for one that is free.
    pub port: u16,
}

/// What is known of a run before it begins.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// What it is called.
    pub name: String,
    /// What costs are counted in, where requests have prices.
    pub currency: Option<Arc<str>>,
    /// What must hold.
    pub objectives: Vec<Objective>,
    /// What must not be told.
    pub secrets: Secrets,
}

/// What was wished for and cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nobody can listen there.
    #[error(
        "cannot serve metrics on {}:{}: {source}; end what listens there, or name another \
         --metrics-port", address.host, address.port
    )]
    Listen {
        /// Where.
        address: Address,
        /// Why.
        source: io::Error,
    },
    /// Nothing can be sent there.
    #[error("--otel: {0}")]
    Export(#[from] ExportError),
}

/// A second of a scenario that runs.
#[derive(Debug)]
pub struct Second<'a> {
    /// The scenario.
    pub name: &'a str,
    /// Whether objectives that name no scenario hold for it.
    pub measured: bool,
    /// Where it stands.
    pub phase: Phase,
    /// When this is, seconds since the Unix epoch.
    pub at_epoch_s: f64,
    /// How long it has run, without pauses, seconds.
    pub elapsed_s: f64,
    /// All its numbers, without secrets.
    pub snapshot: &'a Snapshot,
    /// How it was driven until now, where somebody looked.
    pub driven: Option<Driven>,
}

/// A run as others see it while it goes on.
#[derive(Debug, Default)]
pub struct Live {
    /// None where nobody wants to see.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    board: Board,
    judge: Judge,
    /// Since when each scenario is counted.
    since: HashMap<String, f64>,
    secrets: Secrets,
    server: Option<Server>,
    exporter: Option<Exporter>,
}

impl Live {
    /// Opens what is wished for.
    ///
    /// # Errors
    /// What cannot be had.
    pub fn open(wishes: &Wishes, about: About) -> Result<Live, OpenError> {
        if wishes.metrics.is_none() && wishes.otlp.is_none() {
            return Ok(Live::default());
        }
        let board = Board::new(RunState {
            name: about.secrets.mask(&about.name).into(),
            currency: about.currency,
            scenarios: Vec::new(),
        });
        let server = wishes.metrics.as_ref().map(|address| {
            listen(address, &board).map_err(|source| OpenError::Listen {
                address: address.clone(),
                source,
            })
        });
        let exporter = wishes.otlp.clone();
        let exporter = exporter.map(|settings| Exporter::start(settings, board.clone()));
        Ok(Live {
            open: Some(Open {
                board,
                judge: Judge::new(&about.objectives),
                since: HashMap::new(),
                secrets: about.secrets,
                server: server.transpose()?,
                exporter: exporter.transpose()?,
            }),
        })
    }

    /// Whether anybody wants to see the seconds.
    pub fn is_wanted(&self) -> bool {
        self.open.is_some()
    }

    /// Where the metrics are, if they are served.
    pub fn metrics_url(&self) -> Option<String> {
        let address = self.open.as_ref()?.server.as_ref()?.address();
        Some(format!("http://{address}/metrics"))
    }

    /// What somebody must know of who watches, once.
    pub fn take_warning(&self) -> Option<String> {
        self.open.as_ref()?.exporter.as_ref()?.take_fault()
    }

    /// The run has ended: what is sent is sent for the last time, which is waited for as long
    /// as it may take. What somebody must know of that.
    pub fn close(&mut self) -> Option<String> {
        let open = self.open.take()?;
        let mut exporter = open.exporter?;
        exporter.close();
        exporter.take_fault()
    }

    /// Another second of a scenario.
    pub fn second(&mut self, second: Second<'_>) {
        if let Some(open) = &mut self.open {
            open.second(second);
        }
    }

    /// A scenario has ended; its record has no secrets.
    pub fn ended(&mut self, record: &ScenarioRecord) {
        if let Some(open) = &mut self.open {
            open.second(Second {
                name: &record.name,
                measured: record.measured,
                phase: Phase::Ended,
                at_epoch_s: record.ended_epoch_s,
                elapsed_s: record.elapsed_s(),
                snapshot: &record.snapshot,
                driven: Some(record.driven.clone()),
            });
        }
    }
}

impl Open {
    fn second(&mut self, second: Second<'_>) {
        let (name, at_epoch_s, snapshot) = (second.name, second.at_epoch_s, second.snapshot);
        // Numbers may begin anew on the way, and are judged anew then.
        let since = snapshot.total.start_epoch_s;
        if self.since.insert(name.to_owned(), since) != Some(since) {
            self.judge.began(name, since, second.measured);
        }
        self.judge.second(name, at_epoch_s, snapshot);
        let mut objectives = self.judge.standings(name, at_epoch_s, snapshot);
        for standing in &mut objectives {
            let masked = self.secrets.mask_sentence(&standing.objective);
            standing.objective = masked.into_owned();
        }
        if second.phase == Phase::Ended {
            self.judge.ended(name);
        }
        self.board.put(ScenarioState {
            name: name.into(),
            phase: second.phase,
            at_epoch_s,
            elapsed_s: second.elapsed_s,
            snapshot: snapshot.clone(),
            driven: second.driven,
            objectives,
        });
    }
}

fn listen(address: &Address, board: &Board) -> io::Result<Server> {
    let listener = TcpListener::bind((address.host.as_str(), address.port))?;
    Server::start(listener, app(board.clone()))
}
