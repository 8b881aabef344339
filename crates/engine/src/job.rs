//! What crosses between a lane and the thread where users live: jobs one way,
//! completions the other. Both are plain data in queues.

use std::fmt;
use std::rc::Rc;
use std::time::Instant;

use gatecrash_metrics::measure::Phases;
use gatecrash_metrics::slowest::Traced;
use gatecrash_metrics::{EndpointId, Measure, Metric, MetricId, Sample};
use gatecrash_net::{Client, Exchange, Failure, Request, Timings};

use crate::books::{Books, ShardId};
use crate::cause::Cause;
use crate::classify::Rule;
use crate::fleet::Parts;
use crate::journey::{Came, GuestCall, ms_between, phases};
use crate::lane::ClientId;

/// Names one waiting call. The low half is a slot number that is reused, the
/// high half tells its users apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(pub u64);

impl Ticket {
    /// Nobody's.
    pub(crate) const NOBODY: Ticket = Ticket(u64::MAX);

    /// The ticket of the `generation`-th user of `slot`.
    pub fn new(slot: u32, generation: u32) -> Self {
        Ticket(u64::from(generation) << 32 | u64::from(slot))
    }

    /// The slot number.
    pub fn slot(self) -> usize {
        (self.0 & 0xffff_ffff) as usize
    }
}

/// A request to make.
#[derive(Debug)]
pub struct Fetch {
    /// Whose answer it is.
    pub ticket: Ticket,
    /// Over whose connections.
    pub client: ClientId,
    /// What to send.
    pub request: Request,
    /// When the caller asked: times are counted from here.
    pub started: Instant,
    /// Who records it.
    pub recording: Recording,
    /// From when its time counts.
    pub counted: Counted,
    /// The number of the class that its user belongs to, where somebody asks.
    pub class: Option<u32>,
}

/// From when the response time of a request counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counted {
    /// From its call.
    #[default]
    FromCall,
    /// From its call, in a turn of the closed model: its phases are kept.
    InTurn,
    /// The same in the open model: that time is kept as its service time, too.
    InOpenTurn,
    /// From the instant its turn was due: it is the first one of it, in the open model.
    /// The service time counts from its call.
    FromDue(Instant),
}

impl Counted {
    /// How long a request called for at `called` took until `done`, milliseconds.
    pub(crate) fn response_time_ms(self, called: Instant, done: Instant) -> f64 {
        let from = match self {
            Counted::FromDue(due) => due,
            Counted::FromCall | Counted::InTurn | Counted::InOpenTurn => called,
        };
        ms_between(from, done)
    }

    /// What is kept beside the response time.
    pub(crate) fn apart(self, timings: &Timings, done: Instant) -> Apart {
        let is_open = matches!(self, Counted::InOpenTurn | Counted::FromDue(_));
        Apart {
            service_time_ms: is_open.then(|| ms_between(timings.started, done)),
            phases: match self {
                Counted::FromCall => Phases::default(),
                _ => phases(timings, done),
            },
            class: None,
            came: None,
            traced: None,
        }
    }
}

/// What is kept of a request beside its response time.
#[derive(Clone, Debug, Default)]
pub struct Apart {
    /// The time without what came before the call.
    pub service_time_ms: Option<f64>,
    /// How long each phase took.
    pub phases: Phases,
    /// The number of the class that its user belongs to, where somebody asks.
    pub class: Option<u32>,
    /// What came, where somebody asks.
    pub came: Option<Came>,
    /// By what it can be found in traces.
    pub traced: Option<Traced>,
}

/// By what a request can be found in traces, if it had an id for that.
pub fn traced(timings: &Timings, status: Option<u16>) -> Option<Traced> {
    let trace = timings.trace?.get();
    Some(Traced { trace, status })
}

/// Who records an exchange.
#[derive(Clone, Copy, Debug)]
pub enum Recording {
    /// The lane, when the answer is plainly a success; else the guest.
    Lane {
        /// Into which books.
        shard: ShardId,
        /// Under which endpoint.
        endpoint: EndpointId,
        /// What plainly a success is.
        rule: Rule,
    },
    /// The guest, who knows what the user's code thinks of the answer.
    Guest,
}

/// One thing for a lane to do, in the order in which it was asked.
pub(crate) enum Job {
    Fetch(Box<Fetch>),
    /// Send the next piece of a streamed body.
    ReadPiece(Ticket),
    /// Nobody waits any more: close the connection, drop the answer.
    Cancel(Ticket),
    /// As `Cancel`, and tell whoever still waits for that.
    GiveUp(Ticket),
    /// From now on requests have ids by which they can be traced, of the run of this number.
    Trace(u64),
    /// Close the idle connections of a client.
    CloseClient(ClientId),
    /// Give up a client for good.
    DropClient(ClientId),
    Define {
        shard: ShardId,
        endpoint: EndpointId,
        method: Box<str>,
        name: Box<str>,
    },
    Record {
        shard: ShardId,
        sample: Sample,
        apart: Option<Box<Apart>>,
        failure: Option<Box<Cause>>,
    },
    Ask(Box<dyn FnOnce(&mut Books) + Send>),
    CloseBooks,
    /// Do this on the lane's thread, where tasks can be spawned.
    Run(Box<dyn FnOnce(&Parts) + Send>),
    /// The same, with the connections of a client.
    RunWithClient(ClientId, Box<dyn FnOnce(Rc<Client>) + Send>),
    Measure {
        shard: ShardId,
        endpoint: EndpointId,
        class: Option<u32>,
        measure: Measure,
        value: f64,
    },
    /// For all shards, those to come included.
    Declare(MetricId, Metric),
    Metric {
        shard: ShardId,
        id: MetricId,
        value: f64,
    },
    /// Answer at once: for tests and benchmarks of the hand-over itself.
    Echo(Ticket),
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Job::Fetch(fetch) => write!(f, "Fetch({:?})", fetch.ticket),
            Job::Ask(_) => write!(f, "Ask"),
            Job::CloseBooks => write!(f, "CloseBooks"),
            Job::Trace(_) => write!(f, "Trace"),
            Job::Run(_) | Job::RunWithClient(..) => write!(f, "Run"),
            Job::Measure { measure, .. } => write!(f, "Measure({measure:?})"),
            Job::Declare(id, _) => write!(f, "Declare({id:?})"),
            Job::Metric { id, .. } => write!(f, "Metric({id:?})"),
            Job::ReadPiece(ticket) => write!(f, "ReadPiece({ticket:?})"),
            Job::Cancel(ticket) => write!(f, "Cancel({ticket:?})"),
            Job::GiveUp(ticket) => write!(f, "GiveUp({ticket:?})"),
            Job::Echo(ticket) => write!(f, "Echo({ticket:?})"),
            Job::CloseClient(client) | Job::DropClient(client) => write!(f, "Close({client:?})"),
            Job::Define { endpoint, .. } => write!(f, "Define({endpoint:?})"),
            Job::Record { sample, .. } => write!(f, "Record({sample:?})"),
        }
    }
}

/// What came of a job that somebody waits for.
#[derive(Debug)]
pub struct Completion {
    /// Who waits.
    pub ticket: Ticket,
    /// What came.
    pub outcome: Outcome,
    /// The lane has recorded it.
    pub recorded: bool,
}

impl Completion {
    /// By what the request can be found in traces, where Python or whoever else took it is to
    /// report it.
    pub fn unreported_trace(&self) -> Option<Traced> {
        match &self.outcome {
            _ if self.recorded => None,
            Outcome::Answer(exchange) | Outcome::Started(exchange) => {
                traced(&exchange.timings, Some(exchange.head.status))
            }
            Outcome::Failed(failure) => {
                let begun = failure.begun.as_ref();
                traced(&failure.timings, begun.map(|begun| begun.head.status))
            }
            _ => None,
        }
    }

    /// The outcome of a request that the server can know of, and that is in no table yet.
    pub fn is_unreported(&self) -> bool {
        let sent = match &self.outcome {
            Outcome::Answer(_) | Outcome::Started(_) => true,
            Outcome::Failed(failure) => failure.timings.head_sent.is_some(),
            Outcome::GivenUp { sent } => *sent,
            Outcome::Piece(_) | Outcome::Echoed | Outcome::Called(_) => false,
        };
        sent && !self.recorded
    }
}

/// The result of one job.
#[derive(Debug)]
pub enum Outcome {
    /// A whole answer.
    Answer(Box<Exchange>),
    /// The head of an answer whose body is read piece by piece.
    Started(Box<Exchange>),
    /// The next piece of a body; an empty one ends it.
    Piece(Vec<u8>),
    /// The exchange, or the reading of its body, failed.
    Failed(Box<Failure>),
    /// There was no outcome yet when the request was given up.
    GivenUp {
        /// The server can know of it.
        sent: bool,
    },
    /// The answer to an echo.
    Echoed,
    /// A driver wants something done for a user; nobody waits by ticket.
    Called(Box<GuestCall>),
}
