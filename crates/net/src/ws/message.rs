//! What goes over a WebSocket, as its users see it.

use crate::Error;

/// One message, or the end of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// The peer says goodbye, perhaps with a reason. Nothing comes after it.
    Close(Option<Close>),
}

/// Why a WebSocket is closed (RFC 6455 section 7.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// 1000 is a normal end.
    pub code: u16,
    /// At most 123 bytes; often empty.
    pub reason: String,
}

/// The longest reason: what a control frame holds beside the code.
pub(super) const MAX_REASON_BYTES: usize = 123;

impl Close {
    /// Reads the payload of a close frame.
    pub(super) fn parse(payload: &[u8]) -> Result<Option<Close>, Error> {
        let Some((code, reason)) = payload.split_first_chunk() else {
            return match payload {
                [] => Ok(None),
                _ => Err(Error::BrokenWebSocket("a close frame of one byte")),
            };
        };
        let code = u16::from_be_bytes(*code);
        if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
            return Err(Error::BrokenWebSocket(
                "a close frame with a code that no peer may send",
            ));
        }
        let reason = str::from_utf8(reason).map_err(|_| Error::NotUtf8)?;
        Ok(Some(Close {
            code,
            reason: reason.to_owned(),
        }))
    }

    /// The payload of a close frame; a reason that is too long is cut.
    pub(super) fn payload(close: Option<&Close>) -> Vec<u8> {
        let Some(Close { code, reason }) = close else {
            return Vec::new();
        };
        let end = reason.floor_char_boundary(MAX_REASON_BYTES);
        [&code.to_be_bytes(), &reason.as_bytes()[..end]].concat()
    }
}
