//! Messages out of frames (RFC 6455, sections 5.4 to 5.6 and 7.1).
//!
//! In: the bytes of a connection. Out: whole messages and control frames, checked.
//! Never: an answer to them.

use bytes::{Bytes, BytesMut};

use super::frame::{Fault, Frame, Opcode, broken, take};
use crate::memory::{Memory, Share};

/// What a client says.
#[derive(Debug)]
pub(super) enum Incoming {
    Message {
        /// Text or binary.
        opcode: Opcode,
        payload: Bytes,
        /// The memory that it takes.
        memory: Share,
    },
    Ping(Bytes),
    Pong,
    /// The end, with what is to be sent back: the peer's code, or nothing.
    Close(Bytes),
}

/// What came and is not understood yet.
pub(super) struct Inlet {
    pub(super) buffer: BytesMut,
    /// The first part of a message whose rest is still to come.
    begun: Option<(Opcode, BytesMut)>,
    /// Most bytes of a message.
    most: usize,
    memory: Memory,
    share: Share,
}

impl Inlet {
    pub(super) fn new(buffer: BytesMut, most: usize, memory: Memory) -> Self {
        Self {
            buffer,
            begun: None,
            most,
            memory,
            share: Share::default(),
        }
    }

    /// The next thing said, if it is all there.
    pub(super) fn next(&mut self) -> Result<Option<Incoming>, Fault> {
        loop {
            let begun = self.begun.as_ref().map_or(0, |(_, begun)| begun.len());
            let claimed = self
                .memory
                .claim(&mut self.share, begun + self.buffer.len());
            claimed.map_err(|_| Fault {
                code: 1013,
                reason: "too many large messages at once",
            })?;
            let Some(frame) = take(&mut self.buffer, self.most - begun)? else {
                return Ok(None);
            };
            if self.buffer.is_empty() {
                // Gives the memory back while nothing comes.
                self.buffer = BytesMut::new();
            }
            if frame.opcode.is_control() {
                return control(frame).map(Some);
            }
            if let Some(message) = self.join(frame)? {
                return Ok(Some(message));
            }
        }
    }

    /// Adds a data frame to the message that it belongs to.
    fn join(&mut self, frame: Frame) -> Result<Option<Incoming>, Fault> {
        let (opcode, payload) = match (self.begun.take(), frame.opcode) {
            (None, Opcode::Continuation) => return Err(broken("there is nothing to continue")),
            (None, opcode) => (opcode, frame.payload),
            (Some((opcode, mut begun)), Opcode::Continuation) => {
                begun.extend_from_slice(&frame.payload);
                (opcode, begun)
            }
            (Some(_), _) => return Err(broken("the message before is not finished")),
        };
        if !frame.is_last {
            self.begun = Some((opcode, payload));
            return Ok(None);
        }
        if opcode == Opcode::Text && std::str::from_utf8(&payload).is_err() {
            return Err(NOT_TEXT);
        }
        Ok(Some(Incoming::Message {
            opcode,
            payload: payload.freeze(),
            memory: std::mem::take(&mut self.share),
        }))
    }
}

const NOT_TEXT: Fault = Fault {
    code: 1007,
    reason: "a text must be UTF-8",
};

fn control(frame: Frame) -> Result<Incoming, Fault> {
    Ok(match frame.opcode {
        Opcode::Ping => Incoming::Ping(frame.payload.freeze()),
        Opcode::Pong => Incoming::Pong,
        _ => Incoming::Close(close_code(&frame.payload)?),
    })
}

/// The code of a close frame, as its bytes.
fn close_code(payload: &[u8]) -> Result<Bytes, Fault> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return match payload {
            [] => Ok(Bytes::new()),
            _ => Err(broken("a close code has two bytes")),
        };
    };
    if std::str::from_utf8(reason).is_err() {
        return Err(NOT_TEXT);
    }
    match u16::from_be_bytes(*code) {
        1000..=1003 | 1007..=1014 | 3000..=4999 => Ok(Bytes::copy_from_slice(code)),
        _ => Err(broken("a close code that must not be sent")),
    }
}
