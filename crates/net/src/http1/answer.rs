//! The head of the final answer, found in the bytes of a connection as they come.
//!
//! In: pieces of any size. Out: the head and where the body begins, once the head is
//! whole. Interim answers (1xx) are passed over. Never: a read of its own, or a copy of
//! what is body.

use bytes::Bytes;

use super::MAX_HEAD_BYTES;
use crate::{Error, Head};

/// Waits for the head of an answer.
#[derive(Debug, Default)]
pub(crate) struct HeadReader {
    /// What came before and is no whole head yet.
    unfinished: Vec<u8>,
    /// Bytes of interim answers passed over: their number has a limit too.
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
            self.unfinished.extend_from_slice(piece);
        }
        let bytes = if is_first { piece } else { &self.unfinished };
        let mut start = 0;
        while let Some((head, length)) = Head::parse(&bytes[start..], is_head)? {
            let end = start + length;
            if !head.is_interim() {
                let head = head.with_raw(Bytes::copy_from_slice(&bytes[start..end]));
                let bytes = if is_first { piece } else { &self.unfinished };
                return Ok(Some((head, &bytes[end..])));
            }
            start = end;
        }
        self.pass_over(start)?;
        if is_first {
            self.unfinished.extend_from_slice(&piece[start..]);
        } else {
            self.unfinished.drain(..start);
        }
        Ok(None)
    }

    fn pass_over(&mut self, length: usize) -> Result<(), Error> {
        self.passed_over += length;
        if self.passed_over > MAX_HEAD_BYTES {
            return Err(Error::HeadTooLarge("more than 256 KiB of interim answers"));
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
