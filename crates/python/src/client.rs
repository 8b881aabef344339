//! A user's connections as Python sees them, and the two ways to make an
//! exchange: quick (the head is encoded here) and prepared (the caller has
//! encoded it). Both wait in the caller's greenlet.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gatecrash_engine::classify::Fine;
use gatecrash_engine::remote_stream::{Heard, Listen};
use gatecrash_engine::{ClientId, Counted, Fetch, Outcome, Recording, Rule, ShardId, Ticket};
use gatecrash_metrics::EndpointId;
use gatecrash_net::{Request, Scheme, Timings, TlsSettings, Trust, now};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyDict, PyString};

use crate::boundary::{self, Boundary};
use crate::encode::{Manner, Parts, Template};
use crate::events::{self, EventStream};
use crate::exchange::Exchange;
use crate::pieces::Stream;
use crate::turn;

/// The most bytes of a stream of events.
const MAX_STREAM_BYTES: u64 = 64 << 20;

/// Where a connection leads, with whom to trust there.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Origin {
    inner: Arc<gatecrash_net::Origin>,
    /// What the `Host` header says.
    pub(crate) authority: String,
}

#[pymethods]
impl Origin {
    /// `verify` is True (the system's roots), False (anybody) or the path of
    /// trusted certificates; `cert` the paths of a chain and of its key.
    #[new]
    #[pyo3(signature = (scheme, host, port=None, verify=None, cert=None))]
    fn new(
        scheme: &str,
        host: &str,
        port: Option<u16>,
        verify: Option<&Bound<'_, PyAny>>,
        cert: Option<(PathBuf, PathBuf)>,
    ) -> PyResult<Self> {
        let (scheme, default_port) = match scheme {
            "http" => (Scheme::Http, 80),
            "https" => (Scheme::Https, 443),
            other => {
                return Err(PyValueError::new_err(format!(
                    "{other:?} is neither http nor https"
                )));
            }
        };
        let port = port.unwrap_or(default_port);
        let tls = TlsSettings {
            trust: trust(verify)?,
            identity: cert,
        };
        let shown = if host.contains(':') && !host.starts_with('[') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let authority = if port == default_port {
            shown
        } else {
            format!("{shown}:{port}")
        };
        let inner = Arc::new(gatecrash_net::Origin::new(scheme, host, port, tls));
        Ok(Origin { inner, authority })
    }

    /// What the `Host` header says.
    #[getter]
    fn authority(&self) -> &str {
        &self.authority
    }
}

impl Origin {
    /// As the engine has it.
    pub(crate) fn engine_origin(&self) -> Arc<gatecrash_net::Origin> {
        self.inner.clone()
    }
}

fn trust(verify: Option<&Bound<'_, PyAny>>) -> PyResult<Trust> {
    let Some(verify) = verify else {
        return Ok(Trust::System);
    };
    if let Ok(path) = verify.extract::<PathBuf>() {
        return Ok(Trust::File(path));
    }
    Ok(if verify.is_truthy()? {
        Trust::System
    } else {
        Trust::Anybody
    })
}

/// The connections of one user.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Client {
    id: ClientId,
    boundary: &'static Boundary,
    template: Mutex<Option<Arc<Template>>>,
    last_endpoint: Mutex<Option<LastEndpoint>>,
    fine: Fine,
    manner: Manner,
}

#[pymethods]
impl Client {
    /// `library` is the one whose requests and whose idea of a success are
    /// meant: "requests" or "geventhttpclient" (as Locust's `FastHttpUser` uses it).
    #[new]
    #[pyo3(signature = (library="requests"))]
    pub(crate) fn new(py: Python<'_>, library: &str) -> PyResult<Self> {
        let boundary = boundary::get(py)?;
        let (fine, manner) = match library {
            "requests" => (Fine::Below400, Manner::Requests),
            "geventhttpclient" => (Fine::Listed, Manner::Geventhttpclient),
            other => {
                return Err(PyValueError::new_err(format!(
                    "no library is called {other:?}"
                )));
            }
        };
        Ok(Client {
            id: boundary.lane.open_client(),
            boundary,
            template: Mutex::default(),
            last_endpoint: Mutex::default(),
            fine,
            manner,
        })
    }

    /// Sets the session's headers for `quick`, a dict of text to text. Says
    /// whether they are plain; while they are not, `quick` refuses.
    fn set_headers(&self, headers: &Bound<'_, PyDict>) -> bool {
        let template = plain_items(headers).and_then(|items| {
            Template::new(items.iter().map(|(name, value)| (&**name, &**value))).ok()
        });
        let is_plain = template.is_some();
        *self.template() = template.map(Arc::new);
        is_plain
    }

    /// Makes an exchange whose head is encoded here. Returns None, having sent
    /// nothing, when anything about it needs the judgement of the library.
    ///
    /// `direct` is the shard into which the lane may record a plain success
    /// under `name` by itself. Timeouts are seconds.
    #[pyo3(signature = (origin, method, target, extra, cookie, body, content_type, connect_timeout_s, read_timeout_s, follows, name, direct))]
    #[allow(
        clippy::too_many_arguments,
        reason = "one call per request: a struct would cost one more object"
    )]
    fn quick(
        &self,
        py: Python<'_>,
        origin: &Origin,
        method: &str,
        target: &str,
        extra: Option<&Bound<'_, PyDict>>,
        cookie: Option<&str>,
        body: Option<&[u8]>,
        content_type: Option<&str>,
        connect_timeout_s: Option<f64>,
        read_timeout_s: Option<f64>,
        follows: bool,
        name: Option<&str>,
        direct: Option<u32>,
    ) -> PyResult<Option<Exchange>> {
        let parts = Parts {
            method,
            target,
            host: &origin.authority,
            cookie,
            content_type,
        };
        let quick = Quick {
            origin,
            parts,
            extra,
            body: body.unwrap_or_default(),
            connect_timeout_s,
            read_timeout_s,
            follows,
            name,
            direct,
        };
        self.quick_exchange(py, &quick)
    }

    /// Makes an exchange of a whole head and body that the caller has encoded.
    /// Timeouts are seconds. `expects_continue`: the head asks for `100
    /// Continue` and the body waits for it.
    #[pyo3(signature = (origin, method, head, body, connect_timeout_s, read_timeout_s, closes, streams, name=None, direct=None, follows=false, expects_continue=false))]
    #[allow(
        clippy::too_many_arguments,
        reason = "one call per request: a struct would cost one more object"
    )]
    fn prepared(
        &self,
        py: Python<'_>,
        origin: &Origin,
        method: &str,
        head: &[u8],
        body: &[u8],
        connect_timeout_s: Option<f64>,
        read_timeout_s: Option<f64>,
        closes: bool,
        streams: bool,
        name: Option<&str>,
        direct: Option<u32>,
        follows: bool,
        expects_continue: bool,
    ) -> PyResult<(Exchange, Option<Stream>)> {
        let started = now();
        let mut wire = Vec::with_capacity(head.len() + body.len());
        wire.extend_from_slice(head);
        wire.extend_from_slice(body);
        let request = Request {
            is_head: method == "HEAD",
            expects_continue,
            closes,
            streams,
            connect_timeout: seconds(connect_timeout_s),
            read_timeout: seconds(read_timeout_s),
            ..Request::new(origin.inner.clone(), wire.into(), head.len())
        };
        let recording = self.recording(
            method,
            name.unwrap_or_default(),
            direct.filter(|_| name.is_some()),
            follows,
        );
        if !streams {
            let ticket = self.submit(py, request, started, recording)?;
            return Ok((self.finish(py, ticket)?, None));
        }
        self.start_stream(py, request, started)
    }

    /// Makes an exchange of a whole head and body whose answer comes in events, which the
    /// lane reads as they come. Timeouts are seconds, the last one for all of it. `form`
    /// says what an event means. Without an answer there are no events.
    #[allow(
        clippy::too_many_arguments,
        reason = "one call per request: a struct would cost one more object"
    )]
    fn listen(
        &self,
        py: Python<'_>,
        origin: &Origin,
        head: &[u8],
        body: &[u8],
        connect_timeout_s: Option<f64>,
        read_timeout_s: Option<f64>,
        timeout_s: Option<f64>,
        form: &str,
    ) -> PyResult<(Exchange, Option<EventStream>)> {
        let started = now();
        let listen = Listen {
            client: self.id,
            request: Request {
                streams: true,
                connect_timeout: seconds(connect_timeout_s),
                read_timeout: seconds(read_timeout_s),
                ..Request::new(
                    origin.inner.clone(),
                    [head, body].concat().into(),
                    head.len(),
                )
            },
            started,
            form: events::form(form)?,
            timeout: seconds(timeout_s),
            max_bytes: MAX_STREAM_BYTES,
        };
        let ticket = self.boundary.take_slot(py)?;
        if let Some(turn) = turn::current(py) {
            turn.get().count(ticket, started);
        }
        let mailbox = self.boundary.lane.listen(listen);
        if mailbox.wakes(ticket) {
            let woken = self.boundary.wait(py, ticket, false);
            woken.inspect_err(|_| {
                mailbox.leave();
                left(py, ticket);
                self.boundary.count_unreported();
            })?;
        } else {
            self.boundary.release(ticket);
        }
        let lag_ms = lag_ms(py, ticket, false, None);
        match self.boundary.take_from(py, &mailbox)? {
            Heard::Head(exchange) => {
                came(py, &exchange);
                let events = EventStream::new(self.boundary, mailbox, started, lag_ms);
                Ok((Exchange::answered(*exchange, false, lag_ms), Some(events)))
            }
            Heard::Failed(failure) => Ok((self.failed(*failure, lag_ms), None)),
            other => unreachable!("a stream begins with its head, not with {other:?}"),
        }
    }

    /// Closes the idle connections.
    fn close(&self) {
        self.boundary.lane.close_client(self.id);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.boundary.lane.drop_client(self.id);
    }
}

/// The endpoint of a client's last request: users repeat themselves.
struct LastEndpoint {
    shard: ShardId,
    method: Box<str>,
    name: Box<str>,
    endpoint: EndpointId,
}

/// What a quick request is made of; timeouts are seconds.
pub(crate) struct Quick<'a, 'py> {
    pub(crate) origin: &'a Origin,
    pub(crate) parts: Parts<'a>,
    pub(crate) extra: Option<&'a Bound<'py, PyDict>>,
    pub(crate) body: &'a [u8],
    pub(crate) connect_timeout_s: Option<f64>,
    pub(crate) read_timeout_s: Option<f64>,
    pub(crate) follows: bool,
    pub(crate) name: Option<&'a str>,
    pub(crate) direct: Option<u32>,
}

impl Client {
    fn template(&self) -> std::sync::MutexGuard<'_, Option<Arc<Template>>> {
        self.template
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Head and body as the library would send them; None when not plain.
    fn encode(
        &self,
        parts: &Parts<'_>,
        extra: Option<&Bound<'_, PyDict>>,
        body: &[u8],
    ) -> Option<Vec<u8>> {
        let template = self.template().clone()?;
        let items = match extra {
            Some(extra) => plain_items(extra)?,
            None => Vec::new(),
        };
        let extra = items.iter().map(|(name, value)| (&**name, &**value));
        self.manner.encode(parts, &template, extra, body).ok()
    }

    fn recording(&self, method: &str, name: &str, direct: Option<u32>, follows: bool) -> Recording {
        let Some(shard) = direct.map(ShardId) else {
            return Recording::Guest;
        };
        let rule = Rule {
            fine: self.fine,
            follows_redirects: follows,
        };
        let mut last = self
            .last_endpoint
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(last) = &*last
            && last.shard == shard
            && *last.name == *name
            && *last.method == *method
        {
            return Recording::Lane {
                shard,
                endpoint: last.endpoint,
                rule,
            };
        }
        let lane = &self.boundary.lane;
        let Some(names) = lane.names(shard) else {
            return Recording::Guest;
        };
        let endpoint = names.endpoint(lane, method, name);
        *last = Some(LastEndpoint {
            shard,
            method: method.into(),
            name: name.into(),
            endpoint,
        });
        Recording::Lane {
            shard,
            endpoint,
            rule,
        }
    }

    fn submit(
        &self,
        py: Python<'_>,
        request: Request,
        started: Instant,
        recording: Recording,
    ) -> PyResult<Ticket> {
        let ticket = self.boundary.take_slot(py)?;
        let turn = turn::current(py);
        let (counted, class) = turn.map_or((Counted::FromCall, None), |turn| {
            let turn = turn.get();
            (turn.count(ticket, started), turn.class())
        });
        self.boundary.fetch(Box::new(Fetch {
            ticket,
            client: self.id,
            request,
            started,
            recording,
            counted,
            class,
        }));
        Ok(ticket)
    }

    /// Makes an exchange whose head is encoded here; None, with nothing sent,
    /// when it is not plain.
    pub(crate) fn quick_exchange(
        &self,
        py: Python<'_>,
        quick: &Quick<'_, '_>,
    ) -> PyResult<Option<Exchange>> {
        match self.submit_quick(py, quick)? {
            Some(ticket) => self.finish(py, ticket).map(Some),
            None => Ok(None),
        }
    }

    /// Apart from the waiting, so that little of the stack is held meanwhile:
    /// greenlets copy theirs whenever they switch.
    #[inline(never)]
    pub(crate) fn submit_quick(
        &self,
        py: Python<'_>,
        quick: &Quick<'_, '_>,
    ) -> PyResult<Option<Ticket>> {
        let started = now();
        let Some(wire) = self.encode(&quick.parts, quick.extra, quick.body) else {
            return Ok(None);
        };
        let body_at = wire.len() - quick.body.len();
        let request = Request {
            is_head: quick.parts.method == "HEAD",
            connect_timeout: seconds(quick.connect_timeout_s),
            read_timeout: seconds(quick.read_timeout_s),
            ..Request::new(quick.origin.inner.clone(), wire.into(), body_at)
        };
        let name = quick.name.unwrap_or(quick.parts.target);
        let recording = self.recording(quick.parts.method, name, quick.direct, quick.follows);
        self.submit(py, request, started, recording).map(Some)
    }

    pub(crate) fn finish(&self, py: Python<'_>, ticket: Ticket) -> PyResult<Exchange> {
        let completion = self.boundary.wait(py, ticket, self.reports_timeouts());
        let completion = completion.inspect_err(|_| left(py, ticket))?;
        self.boundary.keep_trace(py, &completion);
        let timings = match &completion.outcome {
            Outcome::Answer(exchange) => Some(&exchange.timings),
            Outcome::Failed(failure) => Some(&failure.timings),
            _ => None,
        };
        let lag_ms = lag_ms(py, ticket, completion.recorded, timings);
        if let Outcome::Answer(exchange) = &completion.outcome
            && !completion.recorded
        {
            came(py, exchange);
        }
        match completion.outcome {
            Outcome::Answer(exchange) => {
                Ok(Exchange::answered(*exchange, completion.recorded, lag_ms))
            }
            Outcome::Failed(failure) => Ok(self.failed(*failure, lag_ms)),
            other => unreachable!("a fetch ends in an answer or a failure, not in {other:?}"),
        }
    }

    /// `FastHttpUser` counts a `gevent.Timeout` among the failures of a request.
    fn reports_timeouts(&self) -> bool {
        self.manner == Manner::Geventhttpclient
    }

    /// `geventhttpclient` gives an answer before its body has come; `requests` gives
    /// none when the body fails.
    fn failed(&self, failure: gatecrash_net::Failure, lag_ms: f64) -> Exchange {
        Exchange::failed(failure, self.manner == Manner::Geventhttpclient, lag_ms)
    }

    fn start_stream(
        &self,
        py: Python<'_>,
        request: Request,
        started: Instant,
    ) -> PyResult<(Exchange, Option<Stream>)> {
        let ticket = self.submit(py, request, started, Recording::Guest)?;
        let completion = self
            .boundary
            .wait_and_keep(py, ticket, self.reports_timeouts());
        let completion = completion.inspect_err(|_| left(py, ticket))?;
        self.boundary.keep_trace(py, &completion);
        let lag_ms = lag_ms(py, ticket, false, None);
        match completion.outcome {
            Outcome::Started(exchange) => {
                came(py, &exchange);
                let stream = Stream::new(self.boundary, ticket);
                Ok((Exchange::answered(*exchange, false, lag_ms), Some(stream)))
            }
            Outcome::Failed(failure) => {
                self.boundary.release(ticket);
                Ok((self.failed(*failure, lag_ms), None))
            }
            other => unreachable!("a stream starts or fails, it is not {other:?}"),
        }
    }
}

/// How long a request was called for after its turn was due, milliseconds; 0 unless it is
/// the first of a turn.
fn lag_ms(py: Python<'_>, ticket: Ticket, recorded: bool, timings: Option<&Timings>) -> f64 {
    turn::current(py).map_or(0.0, |turn| turn.get().finish(ticket, recorded, timings))
}

/// An answer is there that Python reports.
fn came(py: Python<'_>, exchange: &gatecrash_net::Exchange) {
    if let Some(turn) = turn::current(py) {
        turn.get().came(exchange);
    }
}

/// A request was left before it had an outcome.
fn left(py: Python<'_>, ticket: Ticket) {
    if let Some(turn) = turn::current(py) {
        turn.get().leave(ticket);
    }
}

/// The items of a dict when all are text.
fn plain_items(headers: &Bound<'_, PyDict>) -> Option<Vec<(PyBackedStr, PyBackedStr)>> {
    headers
        .iter()
        .map(|(name, value)| {
            let name = name.cast_into_exact::<PyString>().ok()?;
            let value = value.cast_into_exact::<PyString>().ok()?;
            Some((name.try_into().ok()?, value.try_into().ok()?))
        })
        .collect()
}

pub(crate) fn seconds(timeout_s: Option<f64>) -> Option<Duration> {
    timeout_s.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Origin>()?;
    module.add_class::<Client>()?;
    module.add_class::<Stream>()
}
