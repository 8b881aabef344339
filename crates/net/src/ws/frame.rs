//! WebSocket frames (RFC 6455 section 5) on the wire.
//!
//! In: the bytes of a connection in pieces of any size. Out: whole messages and control
//! frames; or, the other way, a masked frame. Never: I/O, or memory for what a frame only
//! declares.

use super::message::{Close, Message};
use crate::Error;

/// The longest payload of a control frame.
const MAX_CONTROL_BYTES: u64 = 125;
const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    Message(Message),
    /// To be answered with the same bytes.
    Ping(Vec<u8>),
    Pong,
}

/// Appends one final frame to `out`, masked with `key` as clients must.
pub(crate) fn encode(opcode: Opcode, payload: &[u8], key: [u8; 4], out: &mut Vec<u8>) {
    out.push(FINAL | opcode as u8);
    match payload.len() {
        length @ ..126 => out.push(MASKED | length as u8),
        length @ ..0x1_0000 => {
            out.push(MASKED | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(MASKED | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&key);
    let start = out.len();
    out.extend_from_slice(payload);
    for chunk in out[start..].chunks_mut(4) {
        chunk
            .iter_mut()
            .zip(key)
            .for_each(|(byte, key)| *byte ^= key);
    }
}

/// Puts messages together.
#[derive(Debug)]
pub(crate) struct Decoder {
    limit_bytes: u64,
    /// As much of a frame's header as has come.
    header: Vec<u8>,
    /// The frame whose payload is coming.
    frame: Option<Frame>,
    /// Text or binary: the message that is not whole yet.
    unfinished: Option<Opcode>,
    message: Vec<u8>,
    control: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    is_final: bool,
    opcode: Opcode,
    left: u64,
}

impl Decoder {
    /// Refuses messages of more than `limit_bytes`.
    pub(crate) fn new(limit_bytes: u64) -> Self {
        Decoder {
            limit_bytes,
            header: Vec::new(),
            frame: None,
            unfinished: None,
            message: Vec::new(),
            control: Vec::new(),
        }
    }

    /// What `input` completes next; what it takes is gone from `input`. `None` when all of it
    /// is taken.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Incoming>, Error> {
        loop {
            let Some(frame) = &mut self.frame else {
                if !self.take_header(input)? {
                    return Ok(None);
                }
                continue;
            };
            let taken =
                usize::try_from(frame.left).map_or(input.len(), |left| left.min(input.len()));
            let (payload, rest) = input.split_at(taken);
            *input = rest;
            frame.left -= taken as u64;
            let frame = *frame;
            match frame.opcode.is_control() {
                true => self.control.extend_from_slice(payload),
                false => self.message.extend_from_slice(payload),
            }
            if frame.left > 0 {
                return Ok(None);
            }
            self.frame = None;
            if let Some(incoming) = self.finish(frame)? {
                return Ok(Some(incoming));
            }
        }
    }

    /// Takes what there is of a header; says whether it is whole.
    fn take_header(&mut self, input: &mut &[u8]) -> Result<bool, Error> {
        while let Some((&byte, rest)) = input.split_first() {
            *input = rest;
            self.header.push(byte);
            if let Some(frame) = self.parse_header()? {
                // An idle connection owns no memory for what may come.
                self.header = Vec::new();
                self.frame = Some(frame);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn parse_header(&self) -> Result<Option<Frame>, Error> {
        let &[first, second, ref extended @ ..] = &*self.header else {
            return Ok(None);
        };
        if first & RESERVED != 0 {
            return Err(broken("a frame with reserved bits"));
        }
        if second & MASKED != 0 {
            return Err(broken("a masked frame"));
        }
        let Some(left) = length(second, extended)? else {
            return Ok(None);
        };
        let frame = Frame {
            is_final: first & FINAL != 0,
            opcode: Opcode::parse(first)?,
            left,
        };
        self.check(frame)?;
        Ok(Some(frame))
    }

    fn check(&self, frame: Frame) -> Result<(), Error> {
        let is_going_on = self.unfinished.is_some();
        match frame.opcode {
            opcode if opcode.is_control() => match frame {
                Frame {
                    is_final: false, ..
                } => Err(broken("a control frame in fragments")),
                Frame {
                    left: MAX_CONTROL_BYTES..,
                    ..
                } if frame.left > MAX_CONTROL_BYTES => {
                    Err(broken("a control frame of more than 125 bytes"))
                }
                _ => Ok(()),
            },
            Opcode::Continuation if !is_going_on => Err(broken("a continuation of nothing")),
            Opcode::Text | Opcode::Binary if is_going_on => {
                Err(broken("a message within the fragments of another"))
            }
            _ if frame.left > self.limit_bytes.saturating_sub(self.message.len() as u64) => {
                Err(Error::MessageTooLarge {
                    limit: self.limit_bytes,
                })
            }
            _ => Ok(()),
        }
    }

    /// A frame is whole: what it completes.
    fn finish(&mut self, frame: Frame) -> Result<Option<Incoming>, Error> {
        let incoming = match frame.opcode {
            Opcode::Ping => Incoming::Ping(std::mem::take(&mut self.control)),
            Opcode::Pong => {
                self.control = Vec::new();
                Incoming::Pong
            }
            Opcode::Close => {
                let close = Close::parse(&std::mem::take(&mut self.control))?;
                Incoming::Message(Message::Close(close))
            }
            opcode => {
                if opcode != Opcode::Continuation {
                    self.unfinished = Some(opcode);
                }
                if !frame.is_final {
                    return Ok(None);
                }
                self.finish_message()?
            }
        };
        Ok(Some(incoming))
    }

    fn finish_message(&mut self) -> Result<Incoming, Error> {
        let payload = std::mem::take(&mut self.message);
        let message = match self.unfinished.take() {
            Some(Opcode::Text) => {
                let text = String::from_utf8(payload);
                Message::Text(text.map_err(|_| Error::NotUtf8)?)
            }
            _ => Message::Binary(payload),
        };
        Ok(Incoming::Message(message))
    }
}

impl Opcode {
    fn parse(first: u8) -> Result<Opcode, Error> {
        Ok(match first & 0x0F {
            0x0 => Opcode::Continuation,
            0x1 => Opcode::Text,
            0x2 => Opcode::Binary,
            0x8 => Opcode::Close,
            0x9 => Opcode::Ping,
            0xA => Opcode::Pong,
            _ => return Err(broken("a frame of a reserved kind")),
        })
    }

    fn is_control(self) -> bool {
        matches!(self, Opcode::Close | Opcode::Ping | Opcode::Pong)
    }
}

/// The length of the payload; `None` while its bytes have not all come.
fn length(second: u8, extended: &[u8]) -> Result<Option<u64>, Error> {
    let (length, least) = match (second & !MASKED, extended) {
        (126, &[a, b, ..]) => (u64::from(u16::from_be_bytes([a, b])), 126),
        (127, extended) if let Some(bytes) = extended.first_chunk() => {
            (u64::from_be_bytes(*bytes), 0x1_0000)
        }
        (126 | 127, _) => return Ok(None),
        (short, _) => (u64::from(short), 0),
    };
    if length < least || length > i64::MAX as u64 {
        return Err(broken("a length that is not written as it must be"));
    }
    Ok(Some(length))
}

fn broken(what: &'static str) -> Error {
    Error::BrokenWebSocket(what)
}
