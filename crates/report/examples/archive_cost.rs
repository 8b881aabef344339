//! What the record of a long run costs: an hour of a hundred endpoints, a thousand requests
//! per second. Prints a row `what,value` for each figure: megabytes of `run.json`, seconds to
//! write and to read it, to make every report of it, and of a journal of the same hour.
#![expect(
    clippy::disallowed_methods,
    reason = "what is measured here is time, and no clock of ours is below this crate"
)]

use std::io::Write;
use std::time::Instant;

use gatecrash_metrics::history::POINTS;
use gatecrash_metrics::{
    Driven, EndpointId, History, Measure, Model, Phases, RunRecord, Sample, ScenarioRecord, Shard,
    judge,
};
use gatecrash_report::archive;
use gatecrash_report::archive::journal::{Beginning, Journal};
use gatecrash_report::html::html;
use gatecrash_report::results::files::files;

const ENDPOINTS: u32 = 100;
const SECONDS: u32 = 3600;
/// Requests of each endpoint in each second.
const REQUESTS: u32 = 10;

fn main() -> std::io::Result<()> {
    let (scenario, journal_bytes, journal_s) = hour();
    let record = RunRecord {
        name: "an hour".into(),
        ended_epoch_s: f64::from(SECONDS),
        validity: RunRecord::judged(std::slice::from_ref(&scenario)),
        scenarios: vec![scenario],
        ..RunRecord::default()
    };
    let (text, write_s) = timed(|| archive::write(&record));
    let (read, read_s) = timed(|| archive::read(&text));
    let read = read.map_err(std::io::Error::other)?;
    let (_, report_s) = timed(|| (files(&read).count(), html(&read)));
    let mut out = std::io::stdout().lock();
    writeln!(out, "run.json MB,{:.1}", text.len() as f64 / 1e6)?;
    writeln!(out, "write s,{write_s:.3}")?;
    writeln!(out, "read s,{read_s:.3}")?;
    writeln!(out, "report s,{report_s:.3}")?;
    writeln!(out, "journal MB,{:.1}", journal_bytes as f64 / 1e6)?;
    writeln!(
        out,
        "journal ms per second,{:.3}",
        1000.0 * journal_s / f64::from(SECONDS)
    )
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed().as_secs_f64())
}

/// The hour, with the bytes of its journal and the seconds that these took.
fn hour() -> (ScenarioRecord, usize, f64) {
    let mut random = Random(1);
    let mut shard = Shard::new(0.0);
    for id in 0..ENDPOINTS {
        shard.define(EndpointId(id), "GET", &format!("/api/{id}/items"));
    }
    let mut history = History::new(0.0, &shard.snapshot(), POINTS);
    let mut journal = Journal::default();
    let (mut bytes, mut seconds) = (0, 0.0);
    for second in 1..=SECONDS {
        for request in 0..ENDPOINTS * REQUESTS {
            record(
                &mut shard,
                EndpointId(request % ENDPOINTS),
                f64::from(second),
                &mut random,
            );
        }
        let snapshot = shard.snapshot();
        history.push(f64::from(second), &snapshot);
        let (lines, took_s) = timed(|| journal.second(&beginning(), f64::from(second), &snapshot));
        bytes += lines.len();
        seconds += took_s;
    }
    let snapshot = shard.snapshot();
    let driven = Driven::of(Model::Open, None, &snapshot);
    let scenario = ScenarioRecord {
        name: "hour".into(),
        load: "1000/s for 1h".into(),
        measured: true,
        started_epoch_s: 0.0,
        ended_epoch_s: f64::from(SECONDS),
        validity: judge(&driven),
        driven,
        abandoned: 0,
        slices: history.all_slices(&snapshot),
        history: history.points().to_vec(),
        snapshot,
        changes: Vec::new(),
        sightings: Vec::new(),
        hooks: Vec::new(),
    };
    (scenario, bytes, seconds)
}

fn beginning() -> Beginning {
    Beginning {
        place: 0,
        name: "hour".into(),
        load: "1000/s for 1h".into(),
        measured: true,
        started_epoch_s: 0.0,
        model: Model::Open,
        max_in_flight: None,
    }
}

/// A request as an API answers it: a few milliseconds, now and then many more.
fn record(shard: &mut Shard, endpoint: EndpointId, at_epoch_s: f64, random: &mut Random) {
    let base_ms = 5.0 + f64::from(endpoint.0);
    let service_ms = base_ms - base_ms * (1.0 - random.next()).ln();
    shard.planned(1);
    shard.arrival_started(random.next());
    shard.record(&Sample {
        endpoint,
        at_epoch_s,
        response_time_ms: Some(service_ms + random.next()),
        whole_ms: false,
        response_length: 1200,
    });
    shard.measure(endpoint, Measure::ServiceTime, service_ms);
    shard.phases(
        endpoint,
        &Phases {
            first_byte_ms: Some(service_ms * 0.9),
            receive_ms: Some(service_ms * 0.1),
            ..Phases::default()
        },
    );
    if random.next() < 0.01 {
        shard.fail(endpoint, "HTTPError('503 Server Error')", at_epoch_s);
    }
}

/// Numbers from 0 to 1 by xorshift (Marsaglia 2003), the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}
