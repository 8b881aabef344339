"""The transport of ``FastHttpUser``: a client of ``geventhttpclient``'s pools that the engine serves.

In: what its user agent asks a client to send. Out: an answer, or the exception that the library's
own client would raise. A pool that asks for what only the library can do (a proxy, a TLS context
of the file's own) keeps the library's clients; what they send is counted.
"""

import ssl
import time
from contextvars import ContextVar

import gevent.ssl
from gatecrash import _engine
from gevent.lock import Semaphore
from geventhttpclient.client import IDEMPOTENT_METHODS, HTTPClient
from geventhttpclient.connectionpool import ConnectionPool
from geventhttpclient.header import Headers
from geventhttpclient.response import HTTPConnectionClosed

from gatecrash.http import fast_failures, fast_wire, foreign
from gatecrash.http.fast_answer import EngineAnswer

#: Arguments of a pool that the engine's clients honour.
_ARGUMENTS = frozenset(
    (
        "concurrency",
        "connection_timeout",
        "headers",
        "headers_type",
        "insecure",
        "network_timeout",
        "ssl_context_factory",
    )
)


class Thrown:
    """What was thrown into a greenlet that waited for its answer (a kill, a timeout)."""

    __slots__ = ("fault", "waited_ms")

    def __init__(self, fault, waited_ms):
        self.fault = fault
        self.waited_ms = waited_ms


class Call:
    """What all attempts and redirects of one call have in common.

    ``made`` is the outcome of a first attempt that was made already: an exchange or
    :class:`Thrown`. ``spent_ms`` is the engine's time of all attempts so far.
    """

    __slots__ = ("by_engine", "made", "spent_ms", "start_time", "streams", "_started")

    def __init__(self, streams=False, made=None):
        self.streams = streams
        self.made = made
        self.spent_ms = 0.0
        self.by_engine = True
        self.start_time = time.time()
        self._started = time.perf_counter()

    @classmethod
    def of_exchange(cls, exchange):
        """A call that one exchange has done."""
        call = cls()
        call.spent_ms = exchange.total_ms
        call.start_time = exchange.started_epoch_s
        return call

    @property
    def response_time_ms(self):
        """The engine's time, or the caller's where the library's own client took part."""
        return self.spent_ms if self.by_engine else (time.perf_counter() - self._started) * 1000


#: The call that the current greenlet makes, or None outside of a session's call.
current_call: ContextVar[Call | None] = ContextVar("gatecrash_fast_call", default=None)


def insecure_ssl_context_factory():
    """A TLS context that verifies nothing."""
    return gevent.ssl._create_unverified_context()


_UNVERIFIED = (insecure_ssl_context_factory, ssl._create_unverified_context)
_VERIFIED = (None, ssl.create_default_context, gevent.ssl.create_default_context)


def verifies(arguments):
    """Whether a pool's TLS settings ask to verify servers; None when that cannot be read.

    The library verifies whenever the host name is to be checked (``insecure`` is off). With
    ``insecure`` on, its usual context still verifies the chain, which the engine cannot do alone.
    """
    factory = arguments.get("ssl_context_factory")
    insecure = arguments.get("insecure", False)
    if factory in _UNVERIFIED:
        return not insecure
    return True if factory in _VERIFIED and not insecure else None


def reason_for_foreign(url, arguments):
    """Why the library's own client has to do it, or None."""
    given = {name for name, value in arguments.items() if value is not None}
    if "proxy_host" in given:
        return "proxy_host"
    if url.scheme == "https" and verifies(arguments) is None:
        return "ssl_context_factory"
    others = given - _ARGUMENTS - {"proxy_port"}
    return f"client_pool({', '.join(sorted(others))})" if others else None


def client_for(pool, url):
    """The client of ``pool`` that serves ``url``: the engine's unless there is a reason."""
    client = pool.clients.get((url.host, url.port))
    if client is not None:
        return client
    if not url.host or reason_for_foreign(url, pool.client_args) is not None:
        return pool.get_client(url)
    client = pool.clients[url.host, url.port] = EngineClient(url, pool.client_args)
    return client


def counted_client_for(pool, url):
    """As :func:`client_for`, for one request: the library's own clients are counted."""
    client = client_for(pool, url)
    if not isinstance(client, EngineClient):
        foreign.count(reason_for_foreign(url, pool.client_args) or "no host")
        if (call := current_call.get()) is not None:
            call.by_engine = False
    return client


class EngineClient(HTTPClient):
    """Requests to one host and port over the engine's connections.

    ``arguments`` are those of the library's client; timeouts are seconds.
    """

    def __init__(self, url, arguments):
        # Not the base class's: it makes a pool of sockets and loads certificates.
        self.host = url.host
        self.port = url.port or 80
        self.ssl = url.scheme == "https"
        self.use_proxy = False
        self.version = self.HTTP_11
        self.headers_type = arguments.get("headers_type", Headers)
        self.default_headers = self.headers_type(self.DEFAULT_HEADERS)
        self.default_headers.update(arguments.get("headers") or {})
        self.connection_timeout = arguments.get(
            "connection_timeout", ConnectionPool.DEFAULT_CONNECTION_TIMEOUT
        )
        self.network_timeout = arguments.get(
            "network_timeout", ConnectionPool.DEFAULT_NETWORK_TIMEOUT
        )
        self.concurrency = arguments.get("concurrency", 1)
        self.turns = Semaphore(self.concurrency)
        self.closed = False
        self.origin = _engine.Origin(
            "https" if self.ssl else "http",
            self.host if self.host.isascii() else self.host.encode("idna").decode("ascii"),
            self.port,
            verifies(arguments),
        )
        self.engine = _engine.Client("geventhttpclient")
        self._known_headers = {}

    @property
    def authority(self):
        """What the ``Host`` header says. The library leaves both usual ports out of it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in (80, 443) else f"{host}:{self.port}"

    def knows_headers(self, headers):
        """Makes ``headers`` of a user agent those of quick requests; says whether they are plain."""
        # `dict`'s own comparison: the library's builds two dicts for each.
        return dict.__eq__(headers, self._known_headers) or self._learn(headers)

    def _learn(self, headers):
        fields = self.headers_type(self.default_headers)
        fields.update(headers)
        lines = list(fields.items())
        one_each = len({name.lower() for name, _ in lines}) == len(lines)
        is_plain = one_each and self.engine.set_headers(dict(lines))
        self._known_headers = dict(headers) if is_plain else {}
        return is_plain

    def request(self, method, request_uri, body=b"", headers=None):
        """Sends a request and gives the answer.

        A request that the server closed the connection on is sent again, as often as the pool
        has places and once more, unless doing it twice could do harm.
        """
        method = method.upper()
        call = current_call.get() or Call()
        outgoing = fast_wire.encode(self, method, request_uri, body, headers)
        head = outgoing.head.encode("latin-1")
        sends_left = self.concurrency + 2
        while True:
            sends_left -= 1
            try:
                return self._send(call, method, head, outgoing)
            except HTTPConnectionClosed:
                if not sends_left or method not in IDEMPOTENT_METHODS:
                    raise

    def _send(self, call, method, head, outgoing):
        made, call.made = call.made, None
        if type(made) is Thrown:
            call.spent_ms += made.waited_ms
            raise made.fault
        if made is not None:
            return self._answer(call, made, None, outgoing.head)
        if not self.turns.acquire(blocking=False):
            with _Clock(call):
                self.turns.acquire()
        exchange = stream = None
        try:
            with _Clock(call) as clock:
                exchange, stream = self.engine.prepared(
                    self.origin,
                    method,
                    head,
                    outgoing.body,
                    self.connection_timeout,
                    self.network_timeout,
                    False,
                    call.streams,
                    expects_continue=outgoing.expects_continue,
                )
                clock.stop()
        finally:
            if stream is None:
                self.turns.release()
        return self._answer(call, exchange, stream, outgoing.head)

    def _answer(self, call, exchange, stream, sent):
        call.spent_ms += exchange.total_until_head_ms if stream else exchange.total_ms
        if not exchange.status:
            had_first_byte = "first_byte" in exchange.phases_ms
            raise fast_failures.exception_for(exchange.failure, had_first_byte)
        on_end = self.turns.release if stream else None
        return EngineAnswer(exchange, stream, sent, on_end)

    def close(self):
        """Closes the idle connections; the pool makes a new client when it needs one."""
        self.closed = True
        self.engine.close()


class _Clock:
    """Adds to a call what it waited without an exchange that could tell."""

    def __init__(self, call):
        self._call = call
        self._started = time.perf_counter()

    def stop(self):
        """The exchange tells."""
        self._started = None

    def __enter__(self):
        return self

    def __exit__(self, *_fault):
        if self._started is not None:
            self._call.spent_ms += (time.perf_counter() - self._started) * 1000
