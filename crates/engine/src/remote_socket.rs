//! WebSockets for users on the guest's thread: the lane holds them, answers pings and reads
//! as messages come.
//!
//! In: an opening, then messages to send. Out: what came of the opening, messages with the
//! instant each came, and the end, through one [`Mailbox`]; through another how each
//! sending went.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gatecrash_net::{Close, Error, Failure, Message, Opening, Timings, WebSocket, now};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::spawn_local;

use crate::lane::Lane;
use crate::mailbox::Mailbox;

/// How long a server may take to say goodbye.
const CLOSING_PATIENCE: Duration = Duration::from_secs(2);

/// A WebSocket on a lane. Dropped, it breaks off without a goodbye.
#[derive(Debug)]
pub struct RemoteSocket {
    commands: UnboundedSender<Command>,
    /// What comes.
    pub incoming: Arc<Mailbox<Incoming>>,
    /// How each sending went, and when the system had it; in their order.
    pub sent: Arc<Mailbox<(Result<(), String>, Instant)>>,
}

/// What comes, in this order: what came of the opening; messages; the end.
#[derive(Debug)]
pub enum Incoming {
    /// It is open, with the subprotocol that the server chose.
    Open(Timings, Option<String>),
    /// It is not. Nothing follows.
    Refused(Box<Failure>),
    /// A message.
    Message(Message, Instant),
    /// It is over, for this reason. Nothing follows.
    End(String, Instant),
}

#[derive(Debug)]
enum Command {
    Send(Message),
    Close(Option<Close>),
}

impl Lane {
    /// Opens a WebSocket.
    pub fn open_socket(&self, opening: Opening) -> RemoteSocket {
        let (commands, mut orders) = unbounded_channel();
        let incoming = Arc::new(Mailbox::new(self.clone()));
        let sent = Arc::new(Mailbox::new(self.clone()));
        let (own_incoming, own_sent) = (incoming.clone(), sent.clone());
        self.run(move |_| {
            spawn_local(async move {
                live(opening, &mut orders, &own_incoming, &own_sent).await;
                // Whoever still waits for a sending hears that it came to nothing.
                orders.close();
                while let Ok(order) = orders.try_recv() {
                    if let Command::Send(_) = order {
                        own_sent.put((Err("the WebSocket is not open".to_owned()), now()), 0);
                    }
                }
            });
        });
        RemoteSocket {
            commands,
            incoming,
            sent,
        }
    }
}

impl RemoteSocket {
    /// Sends a message; [`RemoteSocket::sent`] tells when the system had it. False if the
    /// socket is over.
    pub fn send(&self, message: Message) -> bool {
        self.commands.send(Command::Send(message)).is_ok()
    }

    /// Says goodbye; its end follows. False if the socket is over.
    pub fn close(&self, close: Option<Close>) -> bool {
        self.commands.send(Command::Close(close)).is_ok()
    }
}

impl Drop for RemoteSocket {
    fn drop(&mut self) {
        self.incoming.leave();
        self.sent.leave();
    }
}

async fn live(
    opening: Opening,
    orders: &mut UnboundedReceiver<Command>,
    incoming: &Mailbox<Incoming>,
    sent: &Mailbox<(Result<(), String>, Instant)>,
) {
    let opened = tokio::select! {
        opened = WebSocket::connect(&opening) => opened,
        () = incoming.left() => return,
    };
    let mut socket = match opened {
        Ok((socket, timings)) => {
            let subprotocol = socket.subprotocol().map(str::to_owned);
            incoming.put(Incoming::Open(timings, subprotocol), 0);
            socket
        }
        Err(failure) => return incoming.put(Incoming::Refused(Box::new(failure)), 0),
    };
    loop {
        tokio::select! {
            biased;
            order = orders.recv() => match order {
                Some(Command::Send(message)) => {
                    let outcome = socket.send(&message).await;
                    sent.put((outcome.map_err(|error| error.to_string()), now()), 0);
                }
                Some(Command::Close(close)) => {
                    let said = socket.close(close, CLOSING_PATIENCE).await;
                    let why = said.map_or_else(|error| error.to_string(), farewell);
                    return incoming.put(Incoming::End(why, now()), 0);
                }
                None => return,
            },
            message = next(&mut socket, incoming) => {
                let why = match message {
                    Ok(Message::Close(close)) => farewell(close),
                    Ok(message) => {
                        let bytes = size(&message);
                        incoming.put(Incoming::Message(message, now()), bytes);
                        continue;
                    }
                    Err(error) => error.to_string(),
                };
                return incoming.put(Incoming::End(why, now()), 0);
            }
        }
    }
}

/// The next message, once there is room for it.
async fn next(socket: &mut WebSocket, incoming: &Mailbox<Incoming>) -> Result<Message, Error> {
    if incoming.room().await {
        socket.next().await
    } else {
        std::future::pending().await
    }
}

fn size(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}

fn farewell(close: Option<Close>) -> String {
    match close {
        Some(close) => format!("the server closed the WebSocket ({})", close.code),
        None => "the server closed the WebSocket".to_owned(),
    }
}
