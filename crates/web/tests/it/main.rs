//! A run that is looked at over real sockets.

mod metrics;
mod peers;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use gatecrash_metrics::{EndpointId, Sample, Shard, Snapshot};
use gatecrash_report::live::state::Phase;
use gatecrash_report::secrets::Secrets;
use gatecrash_web::{About, Address, Live, Second, Wishes};

const START: f64 = 1_700_000_000.0;

/// Only what hangs takes as long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A run whose numbers are served on a port that was free.
fn live() -> Live {
    let wishes = Wishes {
        metrics: Some(Address {
            host: "127.0.0.1".to_owned(),
            port: 0,
        }),
        otlp: None,
    };
    let about = About {
        name: "shop with s3cret-w0rd".to_owned(),
        objectives: vec![gatecrash_metrics::objective::Objective::parse("failures < 1").unwrap()],
        secrets: Secrets::new(["s3cret-w0rd".to_owned()]),
        ..About::default()
    };
    Live::open(&wishes, about).unwrap()
}

/// Numbers after so many requests.
fn snapshot(requests: u64) -> Snapshot {
    let mut shard = Shard::new(START);
    shard.define(EndpointId(0), "GET", "/a");
    for _ in 0..requests {
        shard.record(&Sample {
            endpoint: EndpointId(0),
            at_epoch_s: START + 0.5,
            response_time_ms: Some(5.0),
            whole_ms: false,
            response_length: 3,
        });
    }
    shard.snapshot()
}

fn second(live: &mut Live, phase: Phase, snapshot: &Snapshot) {
    live.second(Second {
        name: "main",
        measured: true,
        phase,
        at_epoch_s: START + 1.0,
        elapsed_s: 1.0,
        snapshot,
        driven: None,
    });
}

/// A connection to whoever serves it.
fn connect(live: &Live) -> TcpStream {
    let url = live.metrics_url().unwrap();
    let address = url.strip_prefix("http://").unwrap();
    let address = address.strip_suffix("/metrics").unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Everything that comes until the other side ends it.
fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// The answer to one request, head and body.
fn ask(live: &Live, path: &str, more: &str) -> String {
    let mut stream = connect(live);
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    rest(stream)
}
