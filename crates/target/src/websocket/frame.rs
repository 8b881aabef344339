//! Frames of the WebSocket protocol (RFC 6455, section 5), as a server reads and writes them.
//!
//! In: bytes. Out: frames, or why the peer breaks the protocol. Never: what a frame means.

use bytes::{Bytes, BytesMut};

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
}

/// A frame from a client, unmasked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) is_last: bool,
    pub(super) opcode: Opcode,
    pub(super) payload: BytesMut,
}

/// Why a connection is closed (RFC 6455, section 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

/// The peer broke the protocol.
pub(super) const fn broken(reason: &'static str) -> Fault {
    Fault { code: 1002, reason }
}

const TOO_LONG: Fault = Fault {
    code: 1009,
    reason: "the message is too long",
};
/// Longest payload of a control frame.
const CONTROL_MAX: usize = 125;

impl Opcode {
    fn from_bits(bits: u8) -> Option<Self> {
        let all = [
            Self::Continuation,
            Self::Text,
            Self::Binary,
            Self::Close,
            Self::Ping,
            Self::Pong,
        ];
        all.into_iter().find(|opcode| *opcode as u8 == bits)
    }

    pub(super) fn is_control(self) -> bool {
        self as u8 >= 0x8
    }
}

/// Takes the first frame off `buffer` if it is all there. More data than `most` bytes are a fault
/// as soon as their length is known.
pub(super) fn take(buffer: &mut BytesMut, most: usize) -> Result<Option<Frame>, Fault> {
    let &[first, second, ..] = buffer.as_ref() else {
        return Ok(None);
    };
    let opcode = Opcode::from_bits(first & 0x0F).ok_or(broken("an unknown opcode"))?;
    let is_last = first & 0x80 != 0;
    if first & 0x70 != 0 {
        return Err(broken("a reserved bit is set"));
    }
    if second & 0x80 == 0 {
        return Err(broken("a client's frame must be masked"));
    }
    let Some((length, mask_at)) = length(second & 0x7F, &buffer[2..]) else {
        return Ok(None);
    };
    let too_long = |most: usize| length > most as u64;
    if opcode.is_control() && (too_long(CONTROL_MAX) || !is_last) {
        return Err(broken("a control frame must be short and whole"));
    }
    if !opcode.is_control() && too_long(most) {
        return Err(TOO_LONG);
    }
    let length = length as usize;
    let payload_at = mask_at + 4;
    if buffer.len() < payload_at + length {
        return Ok(None);
    }
    let head = buffer.split_to(payload_at);
    let mut payload = buffer.split_to(length);
    unmask(&mut payload, &head[mask_at..]);
    Ok(Some(Frame {
        is_last,
        opcode,
        payload,
    }))
}

/// The payload's length and where the mask begins, counted from the start of the frame.
fn length(short: u8, rest: &[u8]) -> Option<(u64, usize)> {
    match short {
        126 => {
            let bytes = rest.first_chunk().copied()?;
            Some((u16::from_be_bytes(bytes).into(), 4))
        }
        127 => {
            let bytes = rest.first_chunk().copied()?;
            Some((u64::from_be_bytes(bytes), 10))
        }
        length => Some((length.into(), 2)),
    }
}

fn unmask(payload: &mut [u8], mask: &[u8]) {
    for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// A whole frame as a server sends it.
pub(super) fn encode(opcode: Opcode, payload: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(payload.len() + 10);
    frame.push(0x80 | opcode as u8);
    match payload.len() {
        length @ 0..=125 => frame.push(length as u8),
        length @ 126..=0xFFFF => {
            frame.push(126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame with the opcode and flags `first`, and `length` as its length's bytes.
    fn masked(first: u8, length: &[u8], payload: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let mut frame = vec![first];
        frame.extend_from_slice(length);
        frame[1] |= 0x80;
        frame.extend_from_slice(&mask);
        frame.extend(
            payload
                .iter()
                .enumerate()
                .map(|(at, byte)| byte ^ mask[at % 4]),
        );
        frame
    }

    /// The bytes give `expected`, however they are cut, and not before they are all there.
    fn check(bytes: &[u8], expected: Result<(Opcode, &[u8]), Fault>) {
        let mut buffer = BytesMut::new();
        let mut outcome = Ok(None);
        for byte in bytes {
            assert!(matches!(outcome, Ok(None) | Err(_)), "too early: {bytes:?}");
            if outcome == Ok(None) {
                buffer.extend_from_slice(&[*byte]);
                outcome = take(&mut buffer, 70_000);
            }
        }
        let outcome = outcome.map(|frame| frame.expect("a whole frame"));
        let outcome = outcome
            .as_ref()
            .map(|frame| (frame.opcode, &frame.payload[..]));
        assert_eq!(outcome.map_err(|fault| *fault), expected, "{bytes:?}");
    }

    #[test]
    fn frames_are_read_in_any_pieces() {
        check(&masked(0x81, &[2], b"hi"), Ok((Opcode::Text, b"hi")));
        check(&masked(0x02, &[0], b""), Ok((Opcode::Binary, b"")));
        check(&masked(0x89, &[1], b"x"), Ok((Opcode::Ping, b"x")));
        let long = vec![7; 300];
        check(
            &masked(0x82, &[126, 1, 44], &long),
            Ok((Opcode::Binary, &long)),
        );
        let longer = vec![9; 65_536];
        let length = [127, 0, 0, 0, 0, 0, 1, 0, 0];
        check(
            &masked(0x82, &length, &longer),
            Ok((Opcode::Binary, &longer)),
        );
    }

    #[test]
    fn faults_are_named_as_soon_as_they_are_known() {
        check(&[0x83, 0x80], Err(broken("an unknown opcode")));
        check(&[0xC1, 0x80], Err(broken("a reserved bit is set")));
        check(
            &[0x81, 0x02],
            Err(broken("a client's frame must be masked")),
        );
        let control = Err(broken("a control frame must be short and whole"));
        check(&[0x09, 0x80], control);
        check(&[0x88, 0xFE, 0, 126], control);
        check(&[0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0x11, 0x71], Err(TOO_LONG));
        check(
            &[0x82, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255],
            Err(TOO_LONG),
        );
    }

    #[test]
    fn lengths_are_written_in_the_shortest_form() {
        for (length, head) in [
            (0, &[0x81, 0][..]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65_535, &[0x81, 126, 255, 255]),
            (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = encode(Opcode::Text, &vec![b'x'; length]);
            assert_eq!(
                (&frame[..head.len()], frame.len()),
                (head, head.len() + length)
            );
        }
    }
}
