//! The head of the final answer, found in the bytes of a connection as they come.
//!
//! In: pieces of any size. Out: the head and where the body begins, once the head is
//! whole. Interim answers (1xx) are passed over. Never: a read of its own, or a copy of
//! what is body.

use bytes::Bytes;

use super::MAX_HEAD_BYTES;
use crate::{Error, Head};

/// As long as so few bytes of a head are here, each further piece is parsed along with
/// them: what is no answer shows early. A larger head is parsed again when a blank line has
/// come, else whoever sends it byte by byte would be parsed all day.
const SMALL_HEAD_BYTES: usize = 4096;

/// Waits for the head of an answer.
#[derive(Debug, Default)]
pub(crate) struct HeadReader {
    /// What came before and is no whole head yet.
    unfinished: Vec<u8>,
    /// Bytes of interim answers and of blank lines before them: they have a limit too.
    passed_over: usize,
}

impl HeadReader {
    /// Takes the next bytes of the connection. With the head come the bytes behind it.
    pub(crate) fn feed<'a>(
        &'a mut self,
        piece: &'a [u8],
        is_head: bool,
    ) -> Result<Option<(Head, &'a [u8])>, Error> {
        let is_first = self.unfinished.is_empty();
        if !is_first {
            let seen = self.unfinished.len();
            self.unfinished.extend_from_slice(piece);
            if seen > SMALL_HEAD_BYTES && !self.may_be_whole(seen) {
                return Ok(None);
            }
        }
        if is_first && let Some(head) = Head::known(piece, is_head) {
            let length = head.raw.len();
            return Ok(Some((head, &piece[length..])));
        }
        let bytes = if is_first { piece } else { &self.unfinished };
        let mut start = blank(bytes);
        while let Some((head, length)) = Head::parse(&bytes[start..], is_head)? {
            let end = start + length;
            if !head.is_interim() {
                let head = head.with_raw(Bytes::copy_from_slice(&bytes[start..end]));
                head.remember(is_head);
                let bytes = if is_first { piece } else { &self.unfinished };
                return Ok(Some((head, &bytes[end..])));
            }
            start = end + blank(&bytes[end..]);
        }
        self.pass_over(start)?;
        if is_first {
            self.unfinished.extend_from_slice(&piece[start..]);
        } else {
            self.unfinished.drain(..start);
        }
        Ok(None)
    }

    /// Whether a blank line has come since `seen` bytes were here, or too much without one.
    fn may_be_whole(&self, seen: usize) -> bool {
        let news = &self.unfinished[seen - 2..];
        let is_blank =
            |bytes: &[u8]| bytes[0] == b'\n' && matches!(bytes[1..], [b'\n', ..] | [b'\r', b'\n']);
        let ends = news.windows(3).any(is_blank) || news.ends_with(b"\n\n");
        ends || self.unfinished.len() > MAX_HEAD_BYTES
    }

    fn pass_over(&mut self, length: usize) -> Result<(), Error> {
        self.passed_over += length;
        if self.passed_over > MAX_HEAD_BYTES {
            return Err(Error::HeadTooLarge("more than 256 KiB before the answer"));
        }
        Ok(())
    }

    /// The connection ended before the head was whole.
    pub(crate) fn close(&self) -> Error {
        match self.unfinished.is_empty() {
            true => Error::ClosedBeforeAnswer,
            false => Error::BadHead("the head ended early".to_owned()),
        }
    }
}

/// How many bytes of blank lines `bytes` begins with; servers may send some too many.
fn blank(bytes: &[u8]) -> usize {
    let is_blank = |byte: &&u8| matches!(byte, b'\r' | b'\n');
    bytes.iter().take_while(is_blank).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Framing;

    /// The second time the head is known.
    fn check(piece: &[u8], is_head: bool, framing: Framing) {
        for _ in 0..2 {
            let mut reader = HeadReader::default();
            let read = reader.feed(piece, is_head).expect("a head");
            let (head, rest) = read.expect("a whole one");
            assert_eq!(head.framing, framing);
            assert_eq!([&head.raw, rest].concat(), piece);
        }
    }

    #[test]
    fn a_head_that_came_before_is_the_same_again() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        check(answer, false, Framing::Length(3));
        check(answer, true, Framing::Empty);
        let longer = b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc";
        check(longer, false, Framing::Length(30));
        assert!(Head::known(answer, false).is_some());
        assert!(Head::known(&answer[..20], false).is_none());
    }
}
