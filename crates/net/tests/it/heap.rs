//! How much memory the connections of a thread own, counted by the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use gatecrash_net::{Client, Message, Opening, Origin, Scheme, TlsSettings, Trust, WebSocket, now};
use gatecrash_target::TlsOptions;

use crate::support::{fetch, get, origin, run, target};

/// The system's allocator, which counts what each thread has.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static BYTES: Cell<isize> = const { Cell::new(0) };
    /// The most there were.
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // Neither has a destructor: both can be counted on until the thread has ended.
    BYTES.set(BYTES.get() + bytes);
    PEAK.set(PEAK.get().max(BYTES.get()));
}

/// What `work` gives, and the most memory that this thread had beyond what it has now.
pub(crate) async fn peak_bytes<T>(work: impl Future<Output = T>) -> (T, usize) {
    let before = BYTES.get();
    PEAK.set(before);
    let done = work.await;
    (done, usize::try_from(PEAK.get() - before).unwrap_or(0))
}

// SAFETY: both methods hand their arguments to the system's allocator as they are, and the
// count neither allocates nor unwinds. `realloc` and `alloc_zeroed` are made of these two.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

const CONNECTIONS: usize = 100;

/// What each of so many things holds on the heap and in itself, after the first one is made.
async fn bytes_each<T>(make: impl AsyncFn() -> T) -> usize {
    let mut all = Vec::with_capacity(CONNECTIONS + 1);
    // The first one pays for what all share.
    all.push(make().await);
    let before = BYTES.get();
    for _ in 0..CONNECTIONS {
        all.push(make().await);
    }
    let grown = usize::try_from(BYTES.get() - before).expect("it grows");
    grown / CONNECTIONS + size_of::<T>()
}

/// An open WebSocket that has said and heard something.
async fn used_socket(origin: &Arc<Origin>) -> WebSocket {
    let opening = Opening::new(origin.clone(), "/ws/echo", now());
    let (mut socket, _) = WebSocket::connect(&opening).await.expect("a WebSocket");
    let message = Message::Text("x".repeat(1000));
    socket.send(&message).await.expect("it goes out");
    assert_eq!(socket.next().await.expect("it comes back"), message);
    socket
}

/// A client with a kept connection.
async fn used_client(origin: &Arc<Origin>) -> Client {
    let client = Client::new();
    let exchange = fetch(&client, get(origin, "/json")).await;
    assert!(!exchange.expect("JSON").body.is_empty());
    client
}

#[test]
fn an_idle_connection_owns_little() {
    for (is_secured, most) in [(false, 1024), (true, 12 * 1024)] {
        let server = target(|options| options.tls = is_secured.then(TlsOptions::default));
        let settings = TlsSettings {
            trust: Trust::Anybody,
            identity: None,
        };
        let scheme = match is_secured {
            true => Scheme::Https,
            false => Scheme::Http,
        };
        let origin = origin(scheme, server.address(), settings);
        run(async {
            let websocket = bytes_each(async || used_socket(&origin).await).await;
            assert!(websocket <= most, "{websocket} bytes, TLS: {is_secured}");
            let client = bytes_each(async || used_client(&origin).await).await;
            assert!(client <= most, "{client} bytes, TLS: {is_secured}");
        });
    }
}
