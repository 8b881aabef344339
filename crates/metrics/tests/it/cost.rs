//! What counting a request costs in memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use gatecrash_metrics::{
    EndpointId, Measure, Metric, MetricId, Missed, Phases, Sample, Shard, TaskId, Unit,
};

/// The system's allocator, counting what each thread asks of it.
struct Counting;

thread_local! {
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed to the system's allocator as it came; counting neither
// allocates (the cell is const-initialised and has no destructor) nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.set(ASKED.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same here.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `System.alloc` with this layout, since `alloc` hands on.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ASKED.set(ASKED.get() + 1);
        // SAFETY: as for `dealloc`; the caller keeps the contract on `size`.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const TASK: TaskId = TaskId(0);
const METRIC: MetricId = MetricId(0);
const ENDPOINTS: u32 = 10;

/// One second of requests with all that can be counted for them, the same in each second.
fn second(shard: &mut Shard, epoch_s: f64) {
    for n in 0..1000u32 {
        let id = EndpointId(n % ENDPOINTS);
        let ms = f64::from(1 + n * n % 997) / 3.0;
        shard.planned(1);
        shard.arrival_started(0.05);
        shard.occupied(10, 5);
        shard.task_started(TASK, Some(0.1));
        shard.record(&Sample {
            endpoint: id,
            at_epoch_s: epoch_s + f64::from(n) / 1000.0,
            response_time_ms: Some(ms),
            whole_ms: false,
            response_length: 100,
        });
        shard.phases(
            id,
            &Phases {
                dns_ms: Some(0.2),
                connect_ms: Some(0.3),
                tls_ms: Some(1.0),
                first_byte_ms: Some(ms * 0.9),
                receive_ms: Some(ms * 0.1),
            },
        );
        shard.measure(id, Measure::ServiceTime, ms * 0.95);
        shard.measure(id, Measure::Custom(METRIC), ms);
        shard.metric(METRIC, ms, epoch_s);
        if n % 100 == 0 {
            shard.fail(id, "HTTPError(500)", epoch_s);
        }
        shard.task_ended(TASK, ms, true);
        shard.missed(Missed::Cap, 1);
    }
}

#[test]
fn a_request_of_a_known_endpoint_allocates_nothing() {
    let mut shard = Shard::new(1000.0);
    shard.define_task(TASK, "user", "task");
    shard.declare(
        METRIC,
        Metric {
            name: "size".into(),
            unit: Unit::Count,
            kind: gatecrash_metrics::Kind::Trend,
        },
    );
    for n in 0..ENDPOINTS {
        shard.define(EndpointId(n), "GET", &format!("/{n}"));
    }
    let mut asked_in = |seconds: std::ops::Range<u32>| {
        let before = ASKED.get();
        seconds.for_each(|s| second(&mut shard, 1000.0 + f64::from(s)));
        ASKED.get() - before
    };
    // Until every histogram has its form and the window is full of seconds to reuse.
    assert_ne!(asked_in(0..30), 0);
    (0..20).for_each(|_| {
        asked_in(29..30);
    });
    let asked: u64 = (0..10).map(|_| asked_in(29..30)).sum();
    assert_eq!(asked, 0, "for 10,000 requests");
    // As time goes by, only the series per second grows, now and then.
    let asked = asked_in(30..40);
    assert!(asked <= u64::from(ENDPOINTS) + 1, "{asked} in ten seconds");
    assert_eq!(shard.total().requests, 70_000);
}

#[test]
fn what_was_never_measured_takes_no_memory() {
    let mut shard = Shard::new(0.0);
    shard.define(EndpointId(0), "GET", "/");
    let before = ASKED.get();
    shard.phases(EndpointId(0), &Phases::default());
    assert_eq!(ASKED.get() - before, 0);
    let sample = Sample {
        endpoint: EndpointId(0),
        at_epoch_s: 1.0,
        response_time_ms: Some(1.0),
        whole_ms: false,
        response_length: 1,
    };
    shard.record(&sample);
    assert_eq!(shard.total().measures.heap_bytes(), 0);
    assert_eq!(
        shard.endpoint(EndpointId(0)).unwrap().measures.heap_bytes(),
        0
    );
}
