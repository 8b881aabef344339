//! What judging twenty objectives each second costs over a thousand endpoints, beside what
//! the history costs. Prints `name,endpoints,seconds,milliseconds_per_second`, a row for each.

use std::io::Write;
use std::time::Duration;

use gatecrash_metrics::objective::{Judge, Objective};
use gatecrash_metrics::{EndpointId, History, Measure, Sample, Shard};

const ENDPOINTS: u32 = 1000;
const SECONDS: u32 = 120;
/// Requests of each endpoint in each second.
const REQUESTS: u32 = 10;

/// Windows and stops, of all requests, of single endpoints and of patterns; the dearest
/// forms among them.
const TEXTS: [&str; 20] = [
    "error_rate > 5% for 10s",
    "p95 < 900ms within 30s",
    "p99 < 2s within 1m",
    "rps < 10 for 5s",
    "p95 of /api/7/items < 900ms within 30s",
    "error_rate of /api/8/items > 5% for 10s",
    "p99 of GET /api/9/items < 900ms within 10s",
    "p95 of /api/1* < 900ms within 30s",
    "error_rate of /api/2* > 5% for 10s",
    "p95 of each /api/1* < 900ms within 10s",
    "p95 ttft < 2s within 30s",
    "avg ttft of /api/3* > 2s for 10s",
    "cache_hit_rate < 10% for 30s",
    "success_rate >= 95%",
    "p95 < 900ms",
    "p99 of /api/4* < 2s",
    "failures of /api/5/items < 1000000",
    "max < 60s",
    "p95 ttft < 5s",
    "success_rate of GET * > 90% within 20s",
];

fn main() -> std::io::Result<()> {
    let mut numbers = 1u64;
    let mut random = || {
        numbers ^= numbers << 13;
        numbers ^= numbers >> 7;
        numbers ^= numbers << 17;
        (numbers >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut shard = Shard::new(0.0);
    for id in 0..ENDPOINTS {
        shard.define(EndpointId(id), "GET", &format!("/api/{id}/items"));
    }
    let mut history = History::new(0.0, &shard.snapshot(), 7200);
    let mut judge = Judge::new(&objectives());
    judge.began("bench", 0.0, true);
    let (mut judged, mut kept) = (Duration::ZERO, Duration::ZERO);
    for second in 0..SECONDS {
        for id in 0..ENDPOINTS * REQUESTS {
            let endpoint = EndpointId(id % ENDPOINTS);
            let ms = 20.0 - 60.0 * (1.0 - random()).ln();
            record(&mut shard, endpoint, f64::from(second), ms, random() < 0.01);
        }
        let snapshot = shard.snapshot();
        let at_epoch_s = f64::from(second) + 1.0;
        let before = now();
        judge.second("bench", at_epoch_s, &snapshot);
        let between = now();
        history.push(at_epoch_s, &snapshot);
        kept += now() - between;
        judged += between - before;
    }
    let mut out = std::io::stdout().lock();
    for (name, spent) in [("judge", judged), ("history", kept)] {
        let each = spent.as_secs_f64() * 1000.0 / f64::from(SECONDS);
        writeln!(out, "{name},{ENDPOINTS},{SECONDS},{each:.3}")?;
    }
    Ok(())
}

fn objectives() -> Vec<Objective> {
    let parsed = TEXTS.into_iter().map(|text| Objective {
        stop: true,
        ..Objective::parse(text).expect("an objective")
    });
    parsed.collect()
}

fn record(shard: &mut Shard, endpoint: EndpointId, at_epoch_s: f64, ms: f64, failed: bool) {
    shard.record(&Sample {
        endpoint,
        at_epoch_s,
        response_time_ms: Some(ms),
        whole_ms: false,
        response_length: 500,
    });
    shard.measure(endpoint, Measure::Ttft, ms / 2.0);
    shard.measure(endpoint, Measure::CacheHit, f64::from(u8::from(ms < 50.0)));
    if failed {
        shard.fail(endpoint, "boom", at_epoch_s);
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "it measures what the pure crate costs"
)]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}
