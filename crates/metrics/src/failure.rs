//! Distinct errors of requests, and exceptions of user code, each with its count.
//!
//! In: the text of an error and where it happened. Out: one entry per distinct
//! text in the order of first sight. A server may put anything into an error text,
//! so both the number of entries and the length of a text are limited; what goes
//! beyond is counted in one entry of its own and told.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Text of the entry that counts the errors beyond the limit.
pub const OTHER_ERRORS: &str = "other errors";

/// The longest error text or traceback that is kept, bytes; the rest is cut off.
pub const TEXT_LIMIT: usize = 16 * 1024;

/// What kind of failure it was, whatever its text says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureKind {
    /// Something took longer than it may.
    Timeout,
    /// No connection: the name has no address, nobody listens, no port is left.
    Connect,
    /// No trust: a handshake that failed, a certificate that is not accepted.
    Tls,
    /// The connection broke, or what came over it was no answer.
    Reset,
    /// An answer whose status says that it failed.
    Status(u16),
    /// An answer that is not what the plan or the program wants.
    Check,
    /// A stream that ended early, or told of an error.
    Stream,
    /// User code raised it.
    Exception,
    /// Nobody said which.
    #[default]
    Other,
}

impl FailureKind {
    /// As outputs write it: `timeout`, `status 503`, `other`.
    pub fn name(self) -> Cow<'static, str> {
        let name = match self {
            FailureKind::Timeout => "timeout",
            FailureKind::Connect => "connect",
            FailureKind::Tls => "tls",
            FailureKind::Reset => "reset",
            FailureKind::Status(status) => return format!("status {status}").into(),
            FailureKind::Check => "check",
            FailureKind::Stream => "stream",
            FailureKind::Exception => "exception",
            FailureKind::Other => "other",
        };
        name.into()
    }

    /// The kind that [`FailureKind::name`] writes so.
    pub fn named(name: &str) -> Option<FailureKind> {
        Some(match name {
            "timeout" => FailureKind::Timeout,
            "connect" => FailureKind::Connect,
            "tls" => FailureKind::Tls,
            "reset" => FailureKind::Reset,
            "check" => FailureKind::Check,
            "stream" => FailureKind::Stream,
            "exception" => FailureKind::Exception,
            "other" => FailureKind::Other,
            _ => FailureKind::Status(name.strip_prefix("status ")?.parse().ok()?),
        })
    }
}

/// Why a request failed: its kind, and in words. Words alone are of no known kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Why<'a> {
    /// What kind of failure.
    pub kind: FailureKind,
    /// The error as its language writes it.
    pub text: &'a str,
}

impl<'a> From<&'a str> for Why<'a> {
    fn from(text: &'a str) -> Self {
        let kind = FailureKind::Other;
        Why { kind, text }
    }
}

impl<'a> From<&'a String> for Why<'a> {
    fn from(text: &'a String) -> Self {
        text.as_str().into()
    }
}

/// One distinct error of one endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Method of the requests that failed so.
    pub method: Arc<str>,
    /// Name of the requests that failed so.
    pub name: Arc<str>,
    /// The error as its language writes it, `ConnectionRefusedError(111, '…')`.
    pub error: Arc<str>,
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// How often it happened.
    pub occurrences: u64,
    /// When it first happened, seconds since the Unix epoch.
    pub first_seen_epoch_s: f64,
    /// When it last happened.
    pub last_seen_epoch_s: f64,
}

impl Failure {
    /// Adds the occurrences of the same failure elsewhere.
    pub fn merge(&mut self, other: &Failure) {
        self.occurrences += other.occurrences;
        if self.kind == FailureKind::Other {
            self.kind = other.kind;
        }
        self.first_seen_epoch_s = self.first_seen_epoch_s.min(other.first_seen_epoch_s);
        self.last_seen_epoch_s = self.last_seen_epoch_s.max(other.last_seen_epoch_s);
    }
}

/// One distinct exception that user code raised outside a request.
#[derive(Clone, Debug, PartialEq)]
pub struct ExceptionGroup {
    /// How often it was raised.
    pub count: u64,
    /// Its message.
    pub message: Arc<str>,
    /// Where it was raised; tells one group from another.
    pub traceback: Arc<str>,
    /// The nodes that raised it, in the order of first sight.
    pub nodes: Vec<Arc<str>>,
}

impl ExceptionGroup {
    /// Adds the occurrences of the same exception elsewhere.
    pub fn merge(&mut self, other: &ExceptionGroup) {
        self.count += other.count;
        for node in &other.nodes {
            self.add_node(node);
        }
    }

    fn add_node(&mut self, node: &str) {
        if !self.nodes.iter().any(|known| **known == *node) {
            self.nodes.push(node.into());
        }
    }
}

/// The failures and exceptions of one shard.
#[derive(Clone, Debug)]
pub struct FailureBook {
    limit: usize,
    failures: Vec<Arc<Failure>>,
    /// Slot of the endpoint, then error text, to the place in `failures`.
    places: HashMap<u32, HashMap<Arc<str>, usize>>,
    others: Option<usize>,
    exceptions: Vec<Arc<ExceptionGroup>>,
    exception_places: HashMap<Arc<str>, usize>,
    exceptions_dropped: u64,
}

impl FailureBook {
    /// A book for at most `limit` distinct failures and as many exceptions.
    pub fn new(limit: usize) -> FailureBook {
        FailureBook {
            limit,
            failures: Vec::new(),
            places: HashMap::new(),
            others: None,
            exceptions: Vec::new(),
            exception_places: HashMap::new(),
            exceptions_dropped: 0,
        }
    }

    /// Counts one failure of the endpoint in `slot` that is called (`method`, `name`).
    pub fn fail(
        &mut self,
        slot: u32,
        method: &Arc<str>,
        name: &Arc<str>,
        why: Why<'_>,
        at_epoch_s: f64,
    ) {
        let error = cut(why.text);
        let known = self
            .places
            .get(&slot)
            .and_then(|places| places.get(&*error));
        let place = match known {
            Some(&place) => place,
            None if self.failures.len() >= self.limit => self.other_place(at_epoch_s),
            None => {
                let why = Why {
                    text: &error,
                    ..why
                };
                self.new_place(slot, method, name, why, at_epoch_s)
            }
        };
        let failure = Arc::make_mut(&mut self.failures[place]);
        failure.occurrences += 1;
        failure.last_seen_epoch_s = failure.last_seen_epoch_s.max(at_epoch_s);
    }

    fn new_place(
        &mut self,
        slot: u32,
        method: &Arc<str>,
        name: &Arc<str>,
        why: Why<'_>,
        at_epoch_s: f64,
    ) -> usize {
        let place = self.push(method.clone(), name.clone(), why, at_epoch_s);
        let error = self.failures[place].error.clone();
        self.places.entry(slot).or_default().insert(error, place);
        place
    }

    fn other_place(&mut self, at_epoch_s: f64) -> usize {
        if self.others.is_none() {
            self.others = Some(self.push(
                "".into(),
                "Aggregated".into(),
                OTHER_ERRORS.into(),
                at_epoch_s,
            ));
        }
        self.others.unwrap_or_default()
    }

    fn push(&mut self, method: Arc<str>, name: Arc<str>, why: Why<'_>, at_epoch_s: f64) -> usize {
        self.failures.push(Arc::new(Failure {
            method,
            name,
            error: why.text.into(),
            kind: why.kind,
            occurrences: 0,
            first_seen_epoch_s: at_epoch_s,
            last_seen_epoch_s: at_epoch_s,
        }));
        self.failures.len() - 1
    }

    /// Counts one exception of user code on a node.
    pub fn exception(&mut self, message: &str, traceback: &str, node: &str) {
        let traceback = cut(traceback);
        let place = match self.exception_places.get(&*traceback) {
            Some(&place) => place,
            None if self.exceptions.len() >= self.limit => {
                self.exceptions_dropped += 1;
                return;
            }
            None => self.new_exception(&cut(message), &traceback),
        };
        let group = Arc::make_mut(&mut self.exceptions[place]);
        group.count += 1;
        group.add_node(node);
    }

    fn new_exception(&mut self, message: &str, traceback: &str) -> usize {
        let traceback: Arc<str> = traceback.into();
        self.exceptions.push(Arc::new(ExceptionGroup {
            count: 0,
            message: message.into(),
            traceback: traceback.clone(),
            nodes: Vec::new(),
        }));
        let place = self.exceptions.len() - 1;
        self.exception_places.insert(traceback, place);
        place
    }

    /// The failures in the order of first sight.
    pub fn failures(&self) -> &[Arc<Failure>] {
        &self.failures
    }

    /// The exceptions in the order of first sight.
    pub fn exceptions(&self) -> &[Arc<ExceptionGroup>] {
        &self.exceptions
    }

    /// Failures counted in the entry [`OTHER_ERRORS`].
    pub fn other_errors(&self) -> u64 {
        self.others
            .map_or(0, |place| self.failures[place].occurrences)
    }

    /// Exceptions that were not kept because of the limit.
    pub fn exceptions_dropped(&self) -> u64 {
        self.exceptions_dropped
    }

    /// Forgets the failures, keeps the exceptions.
    pub fn clear_failures(&mut self) {
        self.failures.clear();
        self.places.clear();
        self.others = None;
    }

    /// Forgets the exceptions, keeps the failures.
    pub fn clear_exceptions(&mut self) {
        self.exceptions.clear();
        self.exception_places.clear();
        self.exceptions_dropped = 0;
    }
}

fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= TEXT_LIMIT {
        return text.into();
    }
    let end = text.floor_char_boundary(TEXT_LIMIT);
    format!("{}… ({} bytes cut)", &text[..end], text.len() - end).into()
}
