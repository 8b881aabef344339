//! The run's numbers on their way to a collector of OpenTelemetry.
//!
//! In: where a run stands, every so often and once more at its end. Out: one `POST` each time.
//! One that fails costs the run nothing: the next one has everything in it, and the first
//! reason is told once. Headers, which may be secrets, are in no message.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use gatecrash_net::{BodyUse, Client, Fetched, Request, TlsSettings, Trust, Url, UrlFault, now};
use gatecrash_report::live::native;
use gatecrash_report::live::otlp::settings::Settings;
use gatecrash_report::live::otlp::{rejected, request};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};

use crate::board::Board;

/// The longest answer that is read, bytes.
const LONGEST_ANSWER: u64 = 64 << 10;

/// So much of what a collector says is told, characters.
const LONGEST_REASON: usize = 200;

/// Sends on a thread of its own until it is closed.
#[derive(Debug)]
pub(crate) struct Exporter {
    over: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Why an export failed, until somebody has heard of it.
    fault: Arc<Mutex<Option<String>>>,
}

/// Where to, and how.
struct Way {
    settings: Settings,
    origin: Arc<gatecrash_net::Origin>,
    /// The head of every request, but for the length of its body.
    head: String,
}

impl Exporter {
    /// Begins to send what stands on the board.
    ///
    /// # Errors
    /// A URL that is none; or the system gives no thread.
    pub(crate) fn start(settings: Settings, board: Board) -> Result<Exporter, ExportError> {
        let way = Way::new(settings)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (over, is_over) = oneshot::channel();
        let fault: Arc<Mutex<Option<String>>> = Arc::default();
        let told = fault.clone();
        let thread = std::thread::Builder::new()
            .name("gatecrash-otlp".to_owned())
            .spawn(move || runtime.block_on(send_on(&way, &board, is_over, &told)))?;
        Ok(Exporter {
            over: Some(over),
            thread: Some(thread),
            fault,
        })
    }

    /// Why an export failed, the first time that somebody asks.
    pub(crate) fn take_fault(&self) -> Option<String> {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.take()
    }

    /// Sends for the last time, and waits for that as long as an export may take.
    pub(crate) fn close(&mut self) {
        drop(self.over.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its thread.
            let _ = thread.join();
        }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.close();
    }
}

/// What keeps an exporter from its work.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The endpoint is no URL.
    #[error("the endpoint of OTEL_EXPORTER_OTLP_…: {0}")]
    Url(#[from] UrlFault),
    /// The system gives no thread.
    #[error("cannot send metrics: {0}")]
    Thread(#[from] io::Error),
}

async fn send_on(
    way: &Way,
    board: &Board,
    mut is_over: oneshot::Receiver<()>,
    fault: &Mutex<Option<String>>,
) {
    let client = Client::new();
    let mut ticks = interval(way.settings.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first one comes at once, when there is nothing to tell yet.
    ticks.tick().await;
    let mut is_told = false;
    let mut note = |sent: Result<(), String>| {
        if let (Err(why), false) = (sent, is_told) {
            is_told = true;
            let url = &way.settings.url;
            let text =
                format!("metrics were not taken by {url}: {why}; each later export has them all");
            *fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        }
    };
    let every = async {
        loop {
            ticks.tick().await;
            note(way.send(&client, board).await);
        }
    };
    tokio::select! {
        _ = &mut is_over => {}
        () = every => {}
    }
    note(way.send(&client, board).await);
}

impl Way {
    fn new(settings: Settings) -> Result<Way, UrlFault> {
        let url = Url::parse(&settings.url)?;
        let trust = settings.certificate.clone();
        let origin = url.origin(TlsSettings {
            trust: trust.map_or(Trust::System, Trust::File),
            identity: settings.identity.clone(),
        });
        let mut head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: gatecrash/{}\r\nContent-Type: {}\r\n",
            url.target,
            origin.authority(),
            env!("CARGO_PKG_VERSION"),
            settings.encoding.content_type(),
        );
        if settings.gzip {
            head += "Content-Encoding: gzip\r\n";
        }
        for (name, value) in &settings.headers.0 {
            head += &format!("{name}: {value}\r\n");
        }
        Ok(Way {
            settings,
            origin: Arc::new(origin),
            head,
        })
    }

    /// Sends where the run stands; nothing before anything has begun.
    async fn send(&self, client: &Client, board: &Board) -> Result<(), String> {
        let (_, run) = board.look();
        let last = run.scenarios.iter().map(|one| one.at_epoch_s);
        let Some(at_epoch_s) = last.reduce(f64::max) else {
            return Ok(());
        };
        let families = native::families(&run);
        let body = request(&run, &families, at_epoch_s, &self.settings);
        let body = match self.settings.gzip {
            true => zipped(&body).map_err(|fault| fault.to_string())?,
            false => body,
        };
        let answer = client.fetch(&self.request(&body), now(), || ()).await;
        let (Fetched::Whole(answer) | Fetched::Streamed(answer, _)) =
            answer.map_err(|failure| failure.error.to_string())?;
        match answer.head.status {
            200..300 => match rejected(&answer.body, self.settings.encoding) {
                Some(why) => Err(cut(&why)),
                None => Ok(()),
            },
            status => Err(format!("it answered with status {status}")),
        }
    }

    fn request(&self, body: &[u8]) -> Request {
        let mut wire = format!("{}Content-Length: {}\r\n\r\n", self.head, body.len()).into_bytes();
        let body_at = wire.len();
        wire.extend_from_slice(body);
        Request {
            total_timeout: Some(self.settings.timeout),
            body: BodyUse::Keep {
                limit_bytes: LONGEST_ANSWER,
            },
            ..Request::new(self.origin.clone(), Bytes::from(wire), body_at)
        }
    }
}

fn zipped(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
    zip.write_all(body)?;
    zip.finish()
}

/// A reason that a peer gave, in one line and not too long.
fn cut(why: &str) -> String {
    let plain = why.chars().filter(|letter| !letter.is_control());
    plain.take(LONGEST_REASON).collect()
}
