//! Scenarios of which every number is known.

use gatecrash_metrics::objective::{Judge, Objective, Outcome, Verdict, verdicts};
use gatecrash_metrics::{
    Driven, EndpointId, History, Kind, Measure, Metric, MetricId, Model, Sample, ScenarioRecord,
    Shard, Unit, judge,
};

pub(super) const START: f64 = 1_700_000_000.0;

pub(super) const RETRIEVE: EndpointId = EndpointId(0);
pub(super) const CHAT: EndpointId = EndpointId(1);
const QUIET: EndpointId = EndpointId(2);

/// The declared metrics, by their numbers.
pub(super) const METRICS: [(&str, Kind, Unit); 4] = [
    ("answers", Kind::Counter, Unit::Count),
    ("target.memory", Kind::Gauge, Unit::Bytes),
    ("grounded", Kind::Rate, Unit::Share),
    ("queue wait", Kind::Trend, Unit::Ms),
];

/// A scenario that runs, with its judge.
pub(super) struct Scene {
    pub(super) shard: Shard,
    history: History,
    judge: Judge,
    now: f64,
    name: &'static str,
    /// The objectives that ended it would have ended it, and the second after which.
    pub(super) stops: Vec<(u32, String)>,
}

impl Scene {
    pub(super) fn new(name: &'static str, objectives: &[Objective]) -> Scene {
        let mut shard = Shard::new(START);
        shard.define(RETRIEVE, "GET", "/retrieve");
        shard.define(CHAT, "POST", "/chat");
        shard.define(QUIET, "GET", "/never");
        for (at, (name, kind, unit)) in METRICS.into_iter().enumerate() {
            let name = name.into();
            shard.declare(MetricId(at as u16), Metric { name, unit, kind });
        }
        let mut judge = Judge::new(objectives);
        judge.began(name, START, true);
        Scene {
            history: History::new(START, &shard.snapshot(), 7200),
            shard,
            judge,
            now: START,
            name,
            stops: Vec::new(),
        }
    }

    /// One request of an endpoint in this second.
    pub(super) fn request(&mut self, id: EndpointId, ms: f64, ok: bool) {
        let at_epoch_s = self.now + 0.5;
        self.shard.record(&Sample {
            endpoint: id,
            at_epoch_s,
            response_time_ms: Some(ms),
            whole_ms: false,
            response_length: 100,
        });
        if !ok {
            self.shard.fail(id, "boom", at_epoch_s);
        }
    }

    /// A value of a declared metric that belongs to no endpoint.
    pub(super) fn metric(&mut self, at: usize, value: f64) {
        self.shard
            .metric(MetricId(at as u16), value, self.now + 0.5);
    }

    /// The second is over.
    pub(super) fn tick(&mut self) {
        self.now += 1.0;
        let snapshot = self.shard.snapshot();
        self.history.push(self.now, &snapshot);
        let second = (self.now - START) as u32;
        let broken = self.judge.second(self.name, self.now, &snapshot);
        for text in broken {
            if self.stops.iter().all(|(_, known)| *known != text) {
                self.stops.push((second, text));
            }
        }
    }

    /// So many seconds that are all the same.
    pub(super) fn seconds(&mut self, count: u32, each: impl Fn(&mut Scene)) {
        for _ in 0..count {
            each(self);
            self.tick();
        }
    }

    /// How its objectives stand now: their texts, their endpoints, whether they hold.
    pub(super) fn standings(&self) -> Vec<(String, Option<String>, Option<bool>)> {
        let snapshot = self.shard.snapshot();
        let standings = self.judge.standings(self.name, self.now, &snapshot);
        let told = standings.into_iter();
        told.map(|one| (one.objective, one.endpoint, one.holds))
            .collect()
    }

    /// What is kept of it.
    pub(super) fn record(mut self) -> ScenarioRecord {
        let snapshot = self.shard.snapshot();
        let open = snapshot.arrivals.planned > 0;
        let model = if open { Model::Open } else { Model::Closed };
        let driven = Driven::of(model, None, &snapshot);
        ScenarioRecord {
            name: self.name.into(),
            load: String::new(),
            measured: true,
            started_epoch_s: START,
            ended_epoch_s: self.now,
            abandoned: 0,
            validity: judge(&driven),
            driven,
            changes: Vec::new(),
            history: self.history.points().to_vec(),
            slices: self.history.all_slices(&snapshot),
            sightings: self.judge.ended(self.name),
            hooks: Vec::new(),
            snapshot,
        }
    }
}

/// Twenty seconds, in each of them: 10 requests to `/retrieve` of 10, 20 … 100 ms, the last
/// of which fails in every other second; 5 to `/chat` of 400 ms with 20 tokens, a `ttft` of
/// 200 ms, of which 4 come from a cache, 1 does not; costs of 0.01; metrics; 8 users.
pub(super) fn plain(name: &'static str, objectives: &[Objective]) -> ScenarioRecord {
    let mut scene = Scene::new(name, objectives);
    scene.shard.occupied(8, 8);
    for second in 0..20 {
        for n in 1..=10 {
            scene.request(RETRIEVE, f64::from(n) * 10.0, n < 10 || second % 2 == 0);
        }
        for n in 0..5 {
            scene.request(CHAT, 400.0, true);
            let shard = &mut scene.shard;
            shard.measure(CHAT, Measure::Ttft, 200.0);
            shard.measure(CHAT, Measure::Tokens, 20.0);
            shard.measure(CHAT, Measure::CacheHit, f64::from(u8::from(n > 0)));
            shard.measure(CHAT, Measure::Cost, 0.01);
        }
        scene.metric(0, 3.0);
        scene.metric(1, 1e9);
        scene.metric(2, f64::from(second % 4));
        scene.metric(3, 5.0);
        scene.tick();
    }
    scene.record()
}

/// An objective that is one.
pub(super) fn objective(text: &str) -> Objective {
    Objective::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault} (at {})", fault.at))
}

/// The verdicts of one objective over records.
pub(super) fn all(text: &str, records: &[ScenarioRecord]) -> Vec<Verdict> {
    verdicts(&[objective(text)], records)
}

/// The only verdict of one objective.
pub(super) fn one(text: &str, records: &[ScenarioRecord]) -> Verdict {
    let mut verdicts = all(text, records);
    assert_eq!(verdicts.len(), 1, "{text}: {verdicts:?}");
    verdicts.remove(0)
}

/// Checks that objectives have these outcomes in these records.
pub(super) fn check(records: &[ScenarioRecord], outcome: Outcome, texts: &[&str]) {
    for text in texts {
        let verdict = one(text, records);
        assert_eq!(verdict.outcome, outcome, "{text}: {}", verdict.why);
        assert!(
            !verdict.why.is_empty() && !verdict.why.ends_with('.'),
            "{}",
            verdict.why
        );
    }
}
