//! Users of another language under the drivers: a guest of the plainest kind, on a thread of
//! its own, does what it is called for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gatecrash_engine::classify::Fine;
use gatecrash_engine::journey::{Done, GuestAnswers, GuestCall, GuestJourney, Reply, Wish};
use gatecrash_engine::{
    Around, ClientId, Counted, Fetch, Lane, Outcome, Recording, Rule, Run, ScenarioSetup, Setup,
    ShardId, Ticket, Users,
};
use gatecrash_metrics::objective::{self, Objective};
use gatecrash_metrics::record::RunRecord;
use gatecrash_metrics::{EndpointId, Measure};
use gatecrash_net::now;
use gatecrash_plan::model::{
    Check, Iterations, Load, Plan, Price, Prices, Start, StatePlan, Template,
};
use gatecrash_target::Server;

use crate::native::{crowd, rate, received, target, task};
use crate::support::{get, has_rung, origin};

const ENDPOINT: EndpointId = EndpointId(0);
/// By which number the guest knows its class.
const CLASS: u32 = 3;
/// So many of its tasks are known by name, beside the one for all others.
const TASK: usize = 1;

/// What the guest does with a call: nothing until it is told, or at once.
type Does = Box<dyn FnMut(&mut World, GuestCall) + Send>;

/// What the guest knows.
struct World {
    lane: Lane,
    shard: ShardId,
    client: ClientId,
    server: Arc<gatecrash_net::Origin>,
    /// Executions under way, by the slot of their request.
    under_way: BTreeMap<u64, (Reply, Instant)>,
    calls: Vec<Wish>,
    /// Executions begun.
    begun: u64,
}

impl World {
    /// Makes the request of a turn; its answer ends the turn.
    fn ask(&mut self, reply: Reply, due: Instant, path: &str) {
        let ticket = Ticket::new(self.calls.len() as u32, 0);
        let started = now();
        self.under_way.insert(ticket.0, (reply, started));
        self.lane.fetch(Box::new(Fetch {
            ticket,
            client: self.client,
            request: get(&self.server, path),
            started,
            recording: Recording::Lane {
                shard: self.shard,
                endpoint: ENDPOINT,
                rule: Rule {
                    fine: Fine::Below400,
                    follows_redirects: true,
                },
            },
            counted: Counted::FromDue(due),
            class: Some(CLASS),
        }));
    }

    fn answered(&mut self, ticket: Ticket) {
        let (reply, called) = self.under_way.remove(&ticket.0).expect("somebody asked");
        reply.end(Done {
            is_ok: true,
            first_call: Some(called),
            task: Some(TASK),
            ..Done::default()
        });
    }
}

/// A guest and its thread.
struct Guest {
    lane: Lane,
    shard: ShardId,
    over: Arc<AtomicBool>,
    thread: JoinHandle<World>,
}

impl Guest {
    fn new(server: &Server, mut does: Does) -> Guest {
        let lane = Lane::start().expect("a lane");
        let names = lane.new_shard();
        assert_eq!(names.endpoint(&lane, "GET", "it"), ENDPOINT);
        let mut world = World {
            lane: lane.clone(),
            shard: names.shard(),
            client: lane.open_client(),
            server: origin(server.address()),
            under_way: BTreeMap::new(),
            calls: Vec::new(),
            begun: 0,
        };
        let over = Arc::new(AtomicBool::new(false));
        let (own_over, own_lane) = (over.clone(), lane.clone());
        let thread = std::thread::spawn(move || {
            while !own_over.load(Ordering::Relaxed) {
                has_rung(&own_lane, Duration::from_millis(20));
                own_lane.begin_batch();
                while let Some(completion) = own_lane.next_completion() {
                    match completion.outcome {
                        Outcome::Called(call) => {
                            world.calls.push(call.wish);
                            does(&mut world, *call);
                        }
                        _ => world.answered(completion.ticket),
                    }
                }
                own_lane.end_batch();
            }
            world
        });
        Guest {
            lane,
            shard: names.shard(),
            over,
            thread,
        }
    }

    fn users(&self) -> Users {
        Users::of(GuestJourney {
            class: CLASS,
            name: "Guest".to_owned(),
            tasks: vec![task("other", 1.0), task("get", 1.0)],
            lane: self.lane.clone(),
            shard: self.shard,
        })
    }

    /// Runs one class at a rate, over so many lanes; and what the guest was called for.
    fn run(self, load: Load, grace: Duration, lanes: usize) -> (RunRecord, World) {
        let asked = Setup {
            lanes,
            ..Setup::default()
        };
        self.run_asked(load, grace, asked)
    }

    /// The same, with all else that is asked for.
    fn run_asked(self, load: Load, grace: Duration, asked: Setup) -> (RunRecord, World) {
        let scenario = ScenarioSetup {
            name: "main".to_owned(),
            start: Start::InTurn,
            users: vec![(self.users(), 1.0)],
            load,
            load_text: String::new(),
            duration: Some(Duration::from_secs(1)),
            grace,
            measured: true,
            seed: 7,
            around: Around::default(),
        };
        let setup = Setup {
            name: "test".to_owned(),
            scenarios: vec![scenario],
            seed: 7,
            ..asked
        };
        let run = Run::start_beside(&self.lane, setup, |_| {}).expect("a run");
        let record = run.wait();
        self.over.store(true, Ordering::Relaxed);
        (record, self.thread.join().expect("no panic"))
    }
}

/// Does at once what it is called for: a request for each task.
fn diligent(path: &'static str) -> Does {
    Box::new(move |world, call| {
        let wanted = call.reply.begin();
        match call.wish {
            Wish::Perform(Some(due)) if wanted => {
                world.begun += 1;
                world.ask(call.reply, due, path);
            }
            _ => call.reply.end(Done {
                is_ok: true,
                ..Done::default()
            }),
        }
    })
}

fn second(per_second: f64, max_in_flight: u32) -> Load {
    rate(per_second, Duration::from_secs(1), max_in_flight)
}

const LONG: Duration = Duration::from_secs(10);

#[test]
fn a_guest_executes_what_is_due_and_its_numbers_are_the_scenarios() {
    for lanes in [1, 3] {
        let server = target();
        let guest = Guest::new(&server, diligent("/"));
        let (record, world) = guest.run(second(200.0, 100), LONG, lanes);
        let snapshot = &record.scenarios[0].snapshot;
        let arrivals = &snapshot.arrivals;
        assert_eq!((arrivals.planned, arrivals.started), (200, 200));
        assert_eq!(arrivals.schedule_lag_ms.count(), 200);
        assert_eq!(snapshot.total.requests, received(&server));
        assert_eq!(received(&server), 200);
        let get = &snapshot.tasks[TASK];
        assert_eq!((get.started, get.ended, get.failed), (200, 200, 0));
        assert_eq!(get.start_lag_ms.count(), 200);
        // Each request has both times, and the one from the due instant is the longer one.
        let measures = snapshot.measures();
        let count = |measure| measures.get(measure).map(|values| values.count());
        assert_eq!(count(Measure::FirstByte), Some(200));
        let service = measures.get(Measure::ServiceTime).expect("kept apart");
        assert_eq!(service.count(), 200);
        assert!(service.max() <= Some(snapshot.total.max_ms));
        let starts = world.calls.iter().filter(|wish| **wish == Wish::Start);
        assert_eq!(starts.count() as u64, arrivals.on_start_ms.count());
        assert!(arrivals.users.peak <= 100);
    }
}

/// The endpoint's value of a measure or a metric: how many, and their sum.
fn told(record: &RunRecord, name: &str) -> (u64, f64) {
    let endpoint = &record.scenarios[0].snapshot.endpoints[0];
    let mut all = endpoint.measures.in_order().iter();
    let found = all.find(|series| series.name() == name);
    found.map_or((0, 0.0), |series| {
        (series.values.count(), series.values.sum)
    })
}

#[test]
fn what_is_asked_of_requests_is_counted_beside_them() {
    let server = target();
    let asked_for = |text| Objective::parse(text).expect("an objective");
    let objectives = vec![
        asked_for("p95 of user Guest < 1m"),
        asked_for("goodput(response_time < 1m) > 0"),
    ];
    let hit = Check::Header("X-Cache".to_owned(), Template::constant("HIT"));
    let plan = Plan {
        states: vec![StatePlan {
            name: "warm".to_owned(),
            when: vec![hit],
        }],
        ..Plan::default()
    };
    let price = Price {
        request: 1.0,
        cached_request: 0.25,
        ..Price::default()
    };
    let asked = Setup {
        lanes: 1,
        objectives,
        answers: Some(Arc::new(GuestAnswers::of(&plan).expect("it compiles"))),
        prices: Some(Arc::new(Prices {
            currency: "USD".into(),
            endpoints: vec![("GET it".to_owned(), price)],
        })),
        ..Setup::default()
    };
    let guest = Guest::new(&server, diligent("/cached/a?work=0"));
    let (record, _) = guest.run_asked(second(20.0, 100), LONG, asked);
    let snapshot = &record.scenarios[0].snapshot;
    assert_eq!(snapshot.total.requests, 20);
    let users: Vec<_> = snapshot
        .users
        .iter()
        .map(|user| (&*user.name, user.requests))
        .collect();
    assert_eq!(users, [("Guest", 20)]);
    assert_eq!(told(&record, "cost"), (20, 1.0 + 19.0 * 0.25));
    assert_eq!(told(&record, "cache_hit"), (20, 19.0));
    assert_eq!(told(&record, "state.warm"), (19, 19.0));
    let good = record.verdicts.iter().map(|verdict| verdict.outcome);
    assert_eq!(
        good.collect::<Vec<_>>(),
        [objective::Outcome::Passed; 2],
        "{:?}",
        record.verdicts
    );
}

#[test]
fn without_a_question_nothing_is_counted_beside_requests() {
    let server = target();
    let guest = Guest::new(&server, diligent("/json"));
    let (record, _) = guest.run(second(5.0, 100), LONG, 1);
    assert!(record.scenarios[0].snapshot.users.is_empty());
    assert_eq!(told(&record, "cost"), (0, 0.0));
}

#[test]
fn what_a_busy_guest_never_began_was_missed_and_is_not_done() {
    let server = target();
    let mut diligent = diligent("/");
    // Each takes its time, so that most are still waiting at the end.
    let busy: Does = Box::new(move |world, call| {
        if matches!(call.wish, Wish::Perform(_)) {
            std::thread::sleep(Duration::from_millis(30));
        }
        diligent(world, call);
    });
    let guest = Guest::new(&server, busy);
    let (record, world) = guest.run(second(200.0, 1000), Duration::from_millis(100), 1);
    let arrivals = &record.scenarios[0].snapshot.arrivals;
    assert_eq!(arrivals.planned, 200);
    assert!(arrivals.missed_stopped > 100, "{arrivals:?}");
    assert_eq!(arrivals.started + arrivals.missed_stopped, 200);
    assert!(record.validity.is_invalid());
    // Nothing was begun after it had been counted as missed.
    assert_eq!(arrivals.started, world.begun);
    assert!(world.calls.contains(&Wish::CutOff));
}

#[test]
fn a_user_that_is_gone_starts_again_and_a_failed_start_is_a_failed_execution() {
    let server = target();
    let mut starts = 0;
    let moody: Does = Box::new(move |_, call| {
        call.reply.begin();
        starts += u64::from(call.wish == Wish::Start);
        match call.wish {
            // Dropped without an answer, and answered with a failure.
            Wish::Start if starts == 1 => drop(call.reply),
            Wish::Start if starts == 2 => call.reply.end(Done::default()),
            Wish::Perform(_) => call.reply.end(Done {
                is_ok: true,
                is_gone: true,
                ..Done::default()
            }),
            _ => call.reply.end(Done {
                is_ok: true,
                ..Done::default()
            }),
        }
    });
    let guest = Guest::new(&server, moody);
    let (record, world) = guest.run(second(10.0, 1), LONG, 1);
    let snapshot = &record.scenarios[0].snapshot;
    let arrivals = &snapshot.arrivals;
    assert_eq!((arrivals.planned, arrivals.missed_cap), (10, 0));
    assert_eq!(arrivals.started, 10);
    let starts = world.calls.iter().filter(|wish| **wish == Wish::Start);
    assert_eq!(starts.count(), 10);
    // Two starts failed; the others were each followed by a task.
    assert_eq!(arrivals.on_start_ms.count(), 8);
    assert_eq!(snapshot.tasks[0].failed, 2);
    assert_eq!(snapshot.tasks[0].started, 8);
}

#[test]
fn in_the_closed_model_each_user_takes_its_turns() {
    let server = target();
    let guest = Guest::new(&server, diligent("/"));
    let load = crowd(3, Some(Iterations::PerUser(4)));
    let (record, world) = guest.run(load, LONG, 2);
    let snapshot = &record.scenarios[0].snapshot;
    let performed = |wish: &&Wish| matches!(wish, Wish::Perform(None));
    assert_eq!(world.calls.iter().filter(performed).count(), 12);
    let done = &snapshot.tasks[0];
    assert_eq!((done.started, done.ended, done.failed), (12, 12, 0));
    assert_eq!(snapshot.arrivals.planned, 0);
    for wish in [Wish::Start, Wish::Stop] {
        assert_eq!(world.calls.iter().filter(|call| **call == wish).count(), 3);
    }
}
