//! Connections and their limits.
//!
//! In: a socket that listens, and what answers. Out: a thread that serves it until its
//! [`Server`] is dropped. A peer decides nothing but its own answer: how many there are, how
//! long a request may take to come and an answer to go, and how long both are, is said here.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

/// Connections at once; more wait until one of these ends.
const MOST_CONNECTIONS: u32 = 64;

/// How long the head of a request may take to come.
const HEAD_WITHIN: Duration = Duration::from_secs(3);

/// How long a head may be, bytes, and how many fields it may have.
const LONGEST_HEAD: usize = 16 << 10;
const MOST_FIELDS: usize = 64;

/// How long a connection may last: then somebody else may have its place.
const LONGEST: Duration = Duration::from_secs(60);

/// How long an answer under way may still take when its connection or the server ends.
const LAST_ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// How long it waits when the system has no descriptor for another connection.
const PAUSE: Duration = Duration::from_millis(100);

/// A server at work; dropped, it ends.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    goes_on: Option<watch::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `app` on a thread of its own.
    ///
    /// # Errors
    /// When the system gives no thread, or the socket cannot be used.
    pub(crate) fn start(listener: TcpListener, app: Router) -> io::Result<Server> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (goes_on, ends) = watch::channel(());
        let thread = std::thread::Builder::new()
            .name("gatecrash-web".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    // Only a socket that has just been bound comes here.
                    if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                        serve(listener, app, ends).await;
                    }
                });
            })?;
        Ok(Server {
            address,
            goes_on: Some(goes_on),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.goes_on.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its thread.
            let _ = thread.join();
        }
    }
}

async fn serve(listener: tokio::net::TcpListener, app: Router, ends: watch::Receiver<()>) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS as usize));
    let accept = async {
        loop {
            let Ok(place) = room.clone().acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let connection = connection(stream, app.clone(), ends.clone());
                    tokio::spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Err(_) => sleep(PAUSE).await,
            }
        }
    };
    let mut end = ends.clone();
    tokio::select! {
        _ = end.changed() => {}
        () = accept => {}
    }
    // Connections end by themselves now, within their limit.
    let _ = timeout(2 * LAST_ANSWER_WITHIN, room.acquire_many(MOST_CONNECTIONS)).await;
}

async fn connection(stream: TcpStream, app: Router, mut ends: watch::Receiver<()>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(LONGEST_HEAD)
        .max_headers(MOST_FIELDS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    let mut connection = pin!(connection);
    tokio::select! {
        // What a peer does wrong is its own loss.
        _ = connection.as_mut() => return,
        _ = ends.changed() => {}
        () = sleep(LONGEST) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(LAST_ANSWER_WITHIN, connection).await;
}
