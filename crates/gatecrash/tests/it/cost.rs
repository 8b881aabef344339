//! What a prepared request costs in memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::{Mutex, OnceLock};

use gatecrash::{Context, Http, Outcome, Prepared, User, app, tasks};
use gatecrash_net::{BodyUse, Client, Request, TlsSettings, Url, now};

use crate::{target, words};

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

/// Requests that are counted together.
const ROUND: u64 = 20;

/// How often; the lane does other things as well now and then, so the least counts.
const ROUNDS: usize = 10;

static TARGET: OnceLock<String> = OnceLock::new();

/// Allocations of a round: of prepared requests, and of bare exchanges.
static FOUND: Mutex<Option<(u64, u64)>> = Mutex::new(None);

struct Counter {
    http: Http,
    page: Prepared,
}

impl User for Counter {
    tasks! { count }

    fn new(context: &Context) -> Self {
        let http = context.http();
        let page = http.prepare("GET", "/text");
        Counter { http, page }
    }
}

impl Counter {
    async fn count(&mut self) -> Outcome {
        let mut prepared = u64::MAX;
        for _ in 0..ROUNDS {
            let before = ASKED.get();
            for _ in 0..ROUND {
                self.http.send(&self.page).await?;
            }
            prepared = prepared.min(ASKED.get() - before);
        }
        let (client, request) = (Client::new(), bare_request());
        let mut bare = u64::MAX;
        for _ in 0..ROUNDS {
            let before = ASKED.get();
            for _ in 0..ROUND {
                let fetched = client.fetch(&request, now(), || {}).await;
                assert!(fetched.is_ok());
            }
            bare = bare.min(ASKED.get() - before);
        }
        *FOUND.lock().expect("nobody panicked") = Some((prepared, bare));
        Ok(())
    }
}

/// The same request without a user.
fn bare_request() -> Request {
    let url = Url::parse(TARGET.get().expect("a target")).expect("a URL");
    let origin = url.origin(TlsSettings::default());
    let head = format!("GET /text HTTP/1.1\r\nHost: {}\r\n\r\n", origin.authority());
    let body_at = head.len();
    Request {
        body: BodyUse::Discard { limit_bytes: 1000 },
        ..Request::new(origin.into(), head.into(), body_at)
    }
}

#[test]
fn a_prepared_request_allocates_what_its_exchange_does() {
    let server = target();
    TARGET.set(server.url()).expect("one test");
    let line = format!("counter --host {} --iterations 1 --quiet", server.url());
    assert_eq!(app().user::<Counter>().run_with(words(&line)), 0);
    let (prepared, bare) = FOUND
        .lock()
        .expect("nobody panicked")
        .expect("it was counted");
    // One more each: the engine keeps room for an exchange only while there is one.
    assert!(prepared <= bare + ROUND, "{prepared} beside {bare}");
}
