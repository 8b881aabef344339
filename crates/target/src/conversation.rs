//! One connection from its first byte to its last.
//!
//! In: a socket and the worker that serves it. Out: answers on the wire, and the truth about them.
//! Never: a request that is not counted once its head is whole.

use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::alarm::spin_until;
use crate::answer::{Answer, Ending, Manner, Reply, Script, Step, Steps};
use crate::clock::now;
use crate::draw::{Purpose, Turn, unit};
use crate::inbox::{Failure, Inbox, drain};
use crate::request::{Head, Refusal, Request};
use crate::routes::{Call, Found, Kind, Target, captures};
use crate::server::Worker;
use crate::truth::StreamTicket;
use crate::websocket::{self, Farewell};

/// What a peer may still send after our last word, before the connection is closed on it: closing
/// with unread bytes would reset the connection, and the answer could be lost.
const LINGER_BYTES: usize = 64 << 20;
const LINGER_TIME: Duration = Duration::from_secs(2);

/// A byte stream over a TCP connection.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Answers requests until one side has had enough.
pub(crate) async fn converse(socket: &mut impl Socket, worker: &Worker) {
    let shared = &worker.shared;
    let mut inbox = Inbox::new(shared.options.limits, shared.body_memory.clone());
    loop {
        let goes_on = match inbox.head(socket).await {
            Ok(head) => exchange(socket, &mut inbox, worker, head).await,
            Err(Failure::Gone { midway: false }) => false,
            Err(failure) => {
                shared.truth.malformed();
                if let Failure::Refused(refusal) = failure {
                    refuse(socket, refusal, worker).await;
                }
                false
            }
        };
        if !goes_on {
            return;
        }
    }
}

/// Serves the request that `head` begins; says whether another one may follow.
async fn exchange(
    socket: &mut impl Socket,
    inbox: &mut Inbox,
    worker: &Worker,
    head: Head,
) -> bool {
    let shared = &worker.shared;
    let found = shared.table.find(head.method(), head.path());
    let counted = found.kind != Kind::Uncounted;
    let ticket = counted.then(|| shared.truth.receive(found.slot, head.method()));
    let body = inbox.body(head, socket).await;
    let read_at = now();
    let (script, due) = match body {
        Ok(request) => {
            let ordinal = ticket.as_ref().map_or(0, |ticket| ticket.ordinal);
            perform(worker, &found, ordinal, &request, read_at)
        }
        Err(Failure::Refused(refusal)) => (refused(refusal), read_at),
        Err(Failure::Gone { .. }) => return false,
    };
    let (status, whole, ending) = (script.status, script.whole, script.ending);
    let recorded = script.stream.filter(|_| counted);
    let mut stream = recorded.map(|_| shared.truth.begin_stream(found.slot, read_at));
    let written = play(socket, script.steps, due, stream.as_mut(), worker).await;
    if let (Some(stream), Some(end), true) = (stream, recorded, written) {
        stream.ended(end);
    }
    let unanswered = match ticket {
        Some(ticket) if written && whole => {
            ticket.answered(status, now() - read_at);
            None
        }
        ticket => ticket,
    };
    let goes_on = written && end(socket, inbox, ending, found.slot, worker).await;
    // Only now: a request that gets no answer is in flight as long as its connection lives.
    drop(unanswered);
    goes_on
}

/// Tells a peer that what came is no request, and ends the connection.
async fn refuse(socket: &mut impl Socket, refusal: Refusal, worker: &Worker) {
    if play(socket, refused(refusal).steps, now(), None, worker).await {
        close(socket).await;
    }
}

fn refused(refusal: Refusal) -> Script {
    Answer::error(refusal.status, refusal.reason).into_script(Manner::of_refusal())
}

/// Has the request handled, with the errors that the target was asked for. Says what to answer,
/// and when its first byte is due by the latency that the target was asked for.
fn perform(
    worker: &Worker,
    found: &Found,
    ordinal: u64,
    request: &Request,
    read_at: Instant,
) -> (Script, Instant) {
    let options = &worker.shared.options;
    let pattern = worker.shared.table.patterns()[found.slot];
    let turn = Turn {
        method: request.head.method(),
        pattern,
        ordinal,
    };
    let usual = found.kind == Kind::Usual;
    let fails = usual && unit(options.seed, turn, Purpose::Error) < options.errors.fraction();
    let reply = if fails {
        injected_error()
    } else {
        handle(worker, found, turn, request)
    };
    let script = reply.into_script(Manner::of(&request.head));
    if !usual {
        return (script, read_at);
    }
    let worked = now() - read_at;
    // A slow server is busy, it does not rest.
    spin_until(read_at + worked.mul_f64(options.slow));
    let latency = options
        .latency
        .at(unit(options.seed, turn, Purpose::Latency));
    (script, read_at + latency.mul_f64(options.slow))
}

fn injected_error() -> Reply {
    Answer::error(500, "injected by --errors").into()
}

fn handle(worker: &Worker, found: &Found, turn: Turn<'_>, request: &Request) -> Reply {
    match &found.target {
        Target::Handler(handler) => {
            let captures = captures(turn.pattern, request.head.path());
            handler(&Call {
                request,
                pattern: turn.pattern,
                captures,
                worker,
                ordinal: turn.ordinal,
            })
            .unwrap_or_else(Reply::from)
        }
        Target::OtherMethods(methods) => {
            let allowed = format!(
                "{}, OPTIONS",
                methods.join(", ").replace("GET", "GET, HEAD")
            );
            let answer = match request.head.method() {
                "OPTIONS" => Answer::empty(204),
                _ => Answer::error(405, "this path does not serve this method"),
            };
            answer.with("Allow", allowed).into()
        }
        Target::Nowhere => Answer::error(404, "there is nothing at this path").into(),
    }
}

/// Writes, the first time at `due`, and pauses; false when the peer does not take it.
///
/// Pauses count from one due moment to the next, so that what waking and writing takes does not
/// add up. Who is late by more than a pause does not catch up but goes on from there.
async fn play(
    socket: &mut impl Socket,
    steps: Steps,
    mut due: Instant,
    mut stream: Option<&mut StreamTicket<'_>>,
    worker: &Worker,
) -> bool {
    let patience = worker.shared.options.limits.idle_time;
    for step in steps {
        let (bytes, token) = match &step {
            Step::Write(bytes) => (bytes, None),
            Step::Token(token) => (&token.bytes, Some(token)),
            Step::Pause(pause) => {
                let is_late = now() > due + *pause;
                due = if is_late { now() } else { due } + *pause;
                continue;
            }
        };
        worker.alarm.until(due).await;
        let write = async {
            socket.write_all(bytes).await?;
            socket.flush().await
        };
        if !matches!(tokio::time::timeout(patience, write).await, Ok(Ok(()))) {
            return false;
        }
        if let Some(stream) = &mut stream {
            stream.sent(token, now());
        }
    }
    worker.alarm.until(due).await;
    true
}

/// Does what follows the last step; says whether another request may come.
async fn end(
    socket: &mut impl Socket,
    inbox: &mut Inbox,
    ending: Ending,
    slot: usize,
    worker: &Worker,
) -> bool {
    match ending {
        Ending::KeepAlive => return true,
        Ending::Close => close(socket).await,
        Ending::Reset => reset(socket),
        Ending::Silence => drain(socket, usize::MAX, worker.shared.options.limits.idle_time).await,
        Ending::WebSocket(upgrade) => {
            let rest = inbox.take_rest();
            // In memory of its own, which other connections need not have.
            let session = Box::pin(websocket::serve(socket, rest, *upgrade, slot, worker));
            match session.await {
                Farewell::Closed => close(socket).await,
                Farewell::Slow => reset(socket),
                Farewell::Gone => {}
            }
        }
    }
    false
}

/// Ends the connection in order.
async fn close(socket: &mut impl Socket) {
    let _ = socket.shutdown().await;
    drain(socket, LINGER_BYTES, LINGER_TIME).await;
}

/// Breaks the connection off, once it is dropped.
fn reset(socket: &mut impl Socket) {
    let _ = socket.tcp().set_zero_linger();
}
