//! One open WebSocket, from the handshake's end to the close.
//!
//! In: a socket and what it is for. Out: echoes, or what the others in the room say.
//! Never: more than a queue of messages for a peer that does not read them.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::frame::{Fault, Opcode, encode};
use super::incoming::{Incoming, Inlet};
use super::rooms::{FellBehind, Member, Saying};
use super::{Purpose, Upgrade};
use crate::alarm::Alarm;
use crate::clock::now;
use crate::inbox::read_more;
use crate::options::Limits;
use crate::server::Worker;
use crate::truth::SocketTicket;

/// How often a write that does not get on is looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// Both sides know.
    Closed,
    /// The peer is gone.
    Gone,
    /// The peer does not read, and is not waited for.
    Slow,
}

/// Why a session ends that nobody closed.
enum End {
    Gone,
    Slow,
    /// The peer is told why.
    Refused(Fault),
}

struct Session<'a, S> {
    socket: &'a mut S,
    inlet: Inlet,
    outlet: Outlet,
    limits: &'a Limits,
    alarm: &'a Alarm,
    ticket: SocketTicket<'a>,
}

/// What is to be sent, and when.
enum Outlet {
    Echo {
        delay: Duration,
        /// With the moment that each is due; the first one is due first.
        queue: VecDeque<(Instant, Arc<Saying>)>,
    },
    Room(Member),
}

/// Serves an open socket until it ends; `received` came with the handshake.
pub(crate) async fn serve(
    socket: &mut (impl AsyncRead + AsyncWrite + Unpin),
    received: BytesMut,
    upgrade: Upgrade,
    slot: usize,
    worker: &Worker,
) -> Farewell {
    let shared = &worker.shared;
    let limits = &shared.options.limits;
    let outlet = match upgrade.purpose {
        Purpose::Room(member) => Outlet::Room(member),
        Purpose::Echo { delay } => {
            let queue = VecDeque::new();
            Outlet::Echo { delay, queue }
        }
    };
    let mut session = Session {
        socket,
        inlet: Inlet::new(received, limits.message_bytes, shared.body_memory.clone()),
        outlet,
        limits,
        alarm: &worker.alarm,
        ticket: shared.truth.open_socket(slot),
    };
    match session.run().await {
        Ok(()) => Farewell::Closed,
        Err(End::Gone) => Farewell::Gone,
        Err(End::Slow) => {
            session.ticket.was_slow();
            Farewell::Slow
        }
        Err(End::Refused(fault)) => {
            session.ticket.was_refused();
            session.close(fault).await
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    /// Goes on until the peer closes.
    async fn run(&mut self) -> Result<(), End> {
        while self.react().await? {
            if let Some(saying) = self.wait().await? {
                self.write(&saying.frame).await?;
                self.ticket.sent(now() - saying.said_at);
            }
        }
        Ok(())
    }

    /// Reacts to all that came whole; says whether the peer has left the session open.
    async fn react(&mut self) -> Result<bool, End> {
        while self.outlet.has_room(self.limits) {
            let incoming = self.inlet.next().map_err(End::Refused)?;
            match incoming {
                None => break,
                Some(Incoming::Message {
                    opcode,
                    payload,
                    memory,
                }) => {
                    self.ticket.received();
                    self.outlet.take(Saying {
                        frame: encode(opcode, &payload),
                        said_at: now(),
                        _memory: memory,
                    });
                }
                Some(Incoming::Ping(payload)) => {
                    self.write(&encode(Opcode::Pong, &payload)).await?;
                }
                Some(Incoming::Pong) => {}
                Some(Incoming::Close(code)) => {
                    self.write(&encode(Opcode::Close, &code)).await?;
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Waits until there is something to send, which is returned, or something was received.
    async fn wait(&mut self) -> Result<Option<Arc<Saying>>, End> {
        let may_read = self.outlet.has_room(self.limits);
        let idle = self.limits.idle_time;
        let reading = timeout(idle, read_more(&mut self.inlet.buffer, self.socket));
        match &mut self.outlet {
            Outlet::Echo { queue, .. } => {
                let due = queue.front().map(|(due, _)| *due);
                tokio::select! {
                    biased;
                    () = self.alarm.until(due.unwrap_or_else(now)), if due.is_some() => {
                        Ok(queue.pop_front().map(|(_, saying)| saying))
                    }
                    read = reading, if may_read => received(read),
                }
            }
            Outlet::Room(member) => tokio::select! {
                heard = member.hear() => heard.map(Some).map_err(|FellBehind| End::Slow),
                read = reading => received(read),
            },
        }
    }

    /// Writes a frame, as long as the peer takes some of it now and then.
    async fn write(&mut self, frame: &Bytes) -> Result<(), End> {
        let deadline = now() + self.limits.reader_time;
        let mut writing = pin!(async {
            self.socket.write_all(frame).await?;
            self.socket.flush().await
        });
        loop {
            if let Ok(written) = timeout(GLANCE, &mut writing).await {
                return written.map_err(|_| End::Gone);
            }
            if self.outlet.fell_behind() || now() > deadline {
                return Err(End::Slow);
            }
        }
    }

    /// Tells the peer why the session ends.
    async fn close(&mut self, fault: Fault) -> Farewell {
        let told = [&fault.code.to_be_bytes(), fault.reason.as_bytes()].concat();
        match self.write(&encode(Opcode::Close, &told)).await {
            Ok(()) => Farewell::Closed,
            Err(_) => Farewell::Gone,
        }
    }
}

/// What a read means for the session.
fn received(read: Result<bool, Elapsed>) -> Result<Option<Arc<Saying>>, End> {
    match read {
        Ok(true) => Ok(None),
        Ok(false) => Err(End::Gone),
        Err(_) => Err(End::Refused(IDLE)),
    }
}

const IDLE: Fault = Fault {
    code: 1001,
    reason: "nothing was said for too long",
};

impl Outlet {
    /// Whether another message may be read; nobody in a room is waited for.
    fn has_room(&self, limits: &Limits) -> bool {
        match self {
            Self::Echo { queue, .. } => queue.len() < limits.queue_messages,
            Self::Room(_) => true,
        }
    }

    fn take(&mut self, saying: Saying) {
        match self {
            Self::Echo { delay, queue } => {
                queue.push_back((saying.said_at + *delay, Arc::new(saying)));
            }
            Self::Room(member) => member.say(saying),
        }
    }

    fn fell_behind(&self) -> bool {
        match self {
            Self::Echo { .. } => false,
            Self::Room(member) => member.fell_behind(),
        }
    }
}
