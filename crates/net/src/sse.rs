//! Server-sent events taken out of a stream of bytes, as the HTML standard has it
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>, "Interpreting an
//! event stream").
//!
//! In: the body of an answer in pieces of any size. Out: each event as soon as its last byte
//! is there. Never: I/O, a clock, a reconnection, or more memory than one event may have.

use std::time::Duration;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// What the server calls it; `message` where it does not.
    pub kind: &'a str,
    /// Its data; several lines are joined by line feeds.
    pub data: &'a str,
    /// The last id that the stream has named; empty before the first.
    pub id: &'a str,
}

/// An event, or a line of the stream, that is larger than allowed. The stream is of no
/// use from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is larger than {limit_bytes} bytes")]
pub struct TooLarge {
    /// The limit.
    pub limit_bytes: usize,
}

/// Reads one stream from its beginning.
#[derive(Debug)]
pub struct Parser {
    limit_bytes: usize,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    /// The last line ended in a carriage return: a line feed that follows belongs to it.
    after_return: bool,
    is_first_line: bool,
    kind: String,
    /// Each line of the data with a line feed behind it.
    data: String,
    id: String,
    retry: Option<Duration>,
    /// `kind` and `data` belong to the event that was handed out last.
    is_handed_out: bool,
}

impl Parser {
    /// A parser that refuses events with more than `limit_bytes` of data.
    pub fn new(limit_bytes: usize) -> Self {
        Parser {
            limit_bytes,
            line: Vec::new(),
            after_return: false,
            is_first_line: true,
            kind: String::new(),
            data: String::new(),
            id: String::new(),
            retry: None,
            is_handed_out: false,
        }
    }

    /// The next event that `input` completes; what it takes is gone from `input`. `None`
    /// when all of it is taken: an event that the end of a stream cuts off is none.
    ///
    /// # Errors
    /// When an event outgrows the limit.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Event<'_>>, TooLarge> {
        self.drop_handed_out();
        loop {
            self.skip_line_feed(input);
            let is_end = |&byte: &u8| matches!(byte, b'\n' | b'\r');
            let Some(end) = input.iter().position(is_end) else {
                self.check_size(input.len())?;
                self.line.extend_from_slice(input);
                *input = &[];
                return Ok(None);
            };
            let line = &input[..end];
            self.after_return = input[end] == b'\r';
            *input = &input[end + 1..];
            if self.take_line(line)? {
                return Ok(Some(self.hand_out()));
            }
        }
    }

    /// How long the server wants clients to wait before they connect again.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn skip_line_feed(&mut self, input: &mut &[u8]) {
        if self.after_return
            && let Some((&first, rest)) = input.split_first()
        {
            self.after_return = false;
            if first == b'\n' {
                *input = rest;
            }
        }
    }

    /// Takes the end of a line; says whether it completes an event.
    fn take_line(&mut self, end: &[u8]) -> Result<bool, TooLarge> {
        self.check_size(end.len())?;
        if self.line.is_empty() {
            return Ok(self.interpret(end));
        }
        let mut line = std::mem::take(&mut self.line);
        line.extend_from_slice(end);
        let is_complete = self.interpret(&line);
        line.clear();
        self.line = line;
        Ok(is_complete)
    }

    fn check_size(&self, more: usize) -> Result<(), TooLarge> {
        match self.line.len() + self.data.len() + more > self.limit_bytes {
            true => Err(TooLarge {
                limit_bytes: self.limit_bytes,
            }),
            false => Ok(()),
        }
    }

    /// Interprets a whole line; says whether it completes an event.
    fn interpret(&mut self, line: &[u8]) -> bool {
        let line = match std::mem::take(&mut self.is_first_line) {
            true => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
            false => line,
        };
        if line.is_empty() {
            // Without data it is no event, and its kind is forgotten.
            self.is_handed_out = true;
            return !self.data.is_empty();
        }
        self.drop_handed_out();
        let colon = line.iter().position(|&byte| byte == b':');
        let (field, value) = match colon {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &b""[..]),
        };
        self.note(field, value.strip_prefix(b" ").unwrap_or(value));
        false
    }

    fn note(&mut self, field: &[u8], value: &[u8]) {
        match field {
            b"data" => {
                self.data.push_str(&String::from_utf8_lossy(value));
                self.data.push('\n');
            }
            b"event" => self.kind = String::from_utf8_lossy(value).into_owned(),
            b"id" if !value.contains(&0) => {
                self.id = String::from_utf8_lossy(value).into_owned();
            }
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let milliseconds = str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse().ok());
                self.retry = milliseconds.map(Duration::from_millis).or(self.retry);
            }
            _ => {}
        }
    }

    fn hand_out(&self) -> Event<'_> {
        Event {
            kind: match self.kind.as_str() {
                "" => "message",
                kind => kind,
            },
            data: self.data.strip_suffix('\n').unwrap_or(&self.data),
            id: &self.id,
        }
    }

    fn drop_handed_out(&mut self) {
        if std::mem::take(&mut self.is_handed_out) {
            self.kind.clear();
            self.data.clear();
        }
    }
}
