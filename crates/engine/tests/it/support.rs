//! A guest of the plainest kind: it waits for a lane by poll(2).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gatecrash_engine::classify::Fine;
use gatecrash_engine::{
    ClientId, Completion, Counted, Fetch, Lane, Outcome, Recording, Rule, ShardId, Ticket,
};
use gatecrash_metrics::{EndpointId, Sample};
use gatecrash_net::{Exchange, Origin, Request, Scheme, TlsSettings, now};
use gatecrash_target::{Server, Service, TargetOptions, TruthReport, serve};

/// Who waits longer waits for ever.
const WATCHDOG: Duration = Duration::from_secs(20);

/// Waits until the lane's bell has rung.
pub(crate) fn wait_for_bell(lane: &Lane) {
    assert!(has_rung(lane, WATCHDOG), "a wake-up was lost");
}

/// Whether the lane's bell rings within `patience`.
pub(crate) fn has_rung(lane: &Lane, patience: Duration) -> bool {
    let mut watched = libc::pollfd {
        fd: lane.guest_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: the pointer is to one pollfd, as the count says, and it lives on.
    let ready = unsafe { libc::poll(&mut watched, 1, patience.as_millis() as libc::c_int) };
    assert!(ready >= 0, "poll(2) failed");
    ready == 1
}

/// A lane, a target, and who asks the one about the other.
pub(crate) struct Guest {
    pub(crate) lane: Lane,
    pub(crate) server: Server,
    pub(crate) client: ClientId,
    next_slot: AtomicU32,
}

impl Guest {
    pub(crate) fn new() -> Self {
        let lane = Lane::start().expect("a lane");
        let server = serve(TargetOptions {
            service: Service::Plain,
            port: 0,
            ..TargetOptions::default()
        });
        Guest {
            client: lane.open_client(),
            lane,
            server: server.expect("a target"),
            next_slot: AtomicU32::new(0),
        }
    }

    pub(crate) fn ticket(&self) -> Ticket {
        Ticket::new(self.next_slot.fetch_add(1, Ordering::Relaxed), 0)
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        get(&origin(self.server.address()), path)
    }

    /// Asks for `request` with a ticket of its own.
    pub(crate) fn ask(&self, request: Request, recording: Recording) -> Ticket {
        let ticket = self.ticket();
        self.ask_as(ticket, request, recording);
        ticket
    }

    pub(crate) fn ask_as(&self, ticket: Ticket, request: Request, recording: Recording) {
        self.lane.fetch(Box::new(Fetch {
            ticket,
            client: self.client,
            request,
            started: now(),
            recording,
            counted: Counted::FromCall,
            class: None,
        }));
    }

    /// The next completion.
    pub(crate) fn next(&self) -> Completion {
        loop {
            wait_for_bell(&self.lane);
            self.lane.begin_batch();
            let next = self.lane.next_completion();
            self.lane.end_batch();
            if let Some(completion) = next {
                return completion;
            }
        }
    }

    /// The whole answer to a request, and whether the lane has recorded it.
    pub(crate) fn answer(&self, request: Request, recording: Recording) -> (Exchange, bool) {
        let ticket = self.ask(request, recording);
        let completion = self.next();
        assert_eq!(completion.ticket, ticket);
        match completion.outcome {
            Outcome::Answer(exchange) => (*exchange, completion.recorded),
            other => panic!("{other:?}"),
        }
    }

    /// Requests that were sent and given up, as the lane counts them.
    pub(crate) fn abandoned(&self) -> u64 {
        self.lane.ask(|books| books.abandoned.in_flight)
    }

    /// The truth, once `settled` holds of it.
    pub(crate) fn truth_when(&self, settled: impl Fn(&TruthReport) -> bool) -> TruthReport {
        for _ in 0..WATCHDOG.as_millis() {
            let truth = self.server.truth();
            if settled(&truth) {
                return truth;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("the truth does not settle: {:?}", self.server.truth());
    }
}

pub(crate) fn origin(address: std::net::SocketAddr) -> Arc<Origin> {
    let host = address.ip().to_string();
    let tls = TlsSettings::default();
    Arc::new(Origin::new(Scheme::Http, &host, address.port(), tls))
}

pub(crate) fn get(origin: &Arc<Origin>, path: &str) -> Request {
    with_body(origin, "GET", path, b"")
}

pub(crate) fn with_body(origin: &Arc<Origin>, method: &str, path: &str, body: &[u8]) -> Request {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: t\r\nContent-Length: {length}\r\n\r\n");
    let wire = [head.as_bytes(), body].concat().into();
    Request::new(origin.clone(), wire, head.len())
}

/// The lane records what is below 400 and leads nowhere else.
pub(crate) fn by_lane(shard: ShardId, endpoint: EndpointId) -> Recording {
    Recording::Lane {
        shard,
        endpoint,
        rule: Rule {
            fine: Fine::Below400,
            follows_redirects: true,
        },
    }
}

pub(crate) fn sample(endpoint: EndpointId, response_time_ms: f64) -> Sample {
    Sample {
        endpoint,
        at_epoch_s: 1000.0,
        response_time_ms: Some(response_time_ms),
        whole_ms: false,
        response_length: 0,
    }
}
