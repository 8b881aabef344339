"""The exceptions that ``requests`` would have raised, from what the engine says failed.

The chain is built as ``urllib3`` and ``requests`` build it, because files look at
``response.error`` and the statistics group failures by the innermost cause.
"""

import http.client
import os
import socket
import ssl

from requests import exceptions
from urllib3 import exceptions as pool_exceptions
from urllib3.exceptions import IncompleteRead, InvalidChunkLength

_RESOLVER_CODES = {
    "Name or service not known": socket.EAI_NONAME,
    "Temporary failure in name resolution": socket.EAI_AGAIN,
    "No address associated with hostname": socket.EAI_NODATA,
}


class PoolName:
    """Stands where ``urllib3`` puts a connection pool into its messages."""

    def __init__(self, scheme, host, port):
        self.host = host
        self.port = port
        self._kind = "HTTPSConnectionPool" if scheme == "https" else "HTTPConnectionPool"

    def __str__(self):
        return f"{self._kind}(host={self.host!r}, port={self.port!r})"

    __repr__ = __str__

    def connection(self):
        """What stands for one of its connections."""
        return ConnectionName(self._kind.removesuffix("Pool"), self.host, self.port)


class ConnectionName:
    """Stands where ``urllib3`` puts one connection into its messages."""

    def __init__(self, kind, host, port):
        self.host = host
        self.port = port
        self._kind = kind

    def __str__(self):
        return f"{self._kind}(host={self.host!r}, port={self.port!r})"

    def __repr__(self):
        return f"<{self} at {id(self):#x}>"


def cause_of(failure):
    """The innermost exception of a failure: what the operating system or the parser said."""
    kind, text, first, second = failure
    make = _CAUSES.get(kind)
    return make(text, first, second) if make else OSError(text)


def exception_for(failure, pool, target, timeout=(None, None), request=None):
    """What ``requests`` raises for a failure (a tuple as in ``_engine.Exchange.failure``).

    ``timeout`` is (connect, read) in seconds, only for the message.
    """
    kind, text, *_ = failure
    if kind == "tls-settings":
        return OSError(f"Could not use the TLS certificates: {text}")
    if kind == "body-too-large":
        return exceptions.RequestException(text, request=request)
    cause = cause_of(failure)
    if kind == "connect-timeout":
        reason = pool_exceptions.ConnectTimeoutError(
            pool.connection(),
            f"Connection to {pool.host} timed out. (connect timeout={timeout[0]})",
        )
        return _chain(exceptions.ConnectTimeout, _retries(pool, target, reason), request)
    if kind in ("read-timeout", "total-timeout"):
        reason = pool_exceptions.ReadTimeoutError(
            pool, target, f"Read timed out. (read timeout={timeout[1]})"
        )
        return _chain(exceptions.ReadTimeout, reason, request)
    if kind in ("short-body", "bad-chunk"):
        reason = pool_exceptions.ProtocolError(f"Connection broken: {cause!r}", cause)
        reason.__context__ = cause
        return _chain(exceptions.ChunkedEncodingError, reason, request)
    if kind in ("resolve", "connect"):
        kind_of = (
            pool_exceptions.NameResolutionError if kind == "resolve" else _new_connection_error
        )
        reason = kind_of(pool.host, pool.connection(), cause)
        reason.__context__ = cause
        return _chain(exceptions.ConnectionError, _retries(pool, target, reason), request)
    if kind == "tls":
        reason = pool_exceptions.SSLError(cause)
        reason.__context__ = cause
        return _chain(exceptions.SSLError, _retries(pool, target, reason), request)
    reason = pool_exceptions.ProtocolError("Connection aborted.", cause)
    reason.__context__ = cause
    return _chain(exceptions.ConnectionError, reason, request)


def _new_connection_error(_host, connection, cause):
    return pool_exceptions.NewConnectionError(
        connection, f"Failed to establish a new connection: {cause}"
    )


def _retries(pool, target, reason):
    error = pool_exceptions.MaxRetryError(pool, target, reason)
    error.__context__ = reason
    return error


def _chain(kind, reason, request):
    error = kind(reason, request=request)
    error.__context__ = reason
    return error


def _resolver_error(text, _first, _second):
    words = text.rpartition(": ")[2]
    return socket.gaierror(_RESOLVER_CODES.get(words, socket.EAI_NONAME), words)


def _system_error(text, number, _second):
    return OSError(number, os.strerror(number)) if number else ConnectionError(text)


def _tls_error(text, _first, _second):
    return ssl.SSLCertVerificationError(1, text) if "certificate" in text else ssl.SSLError(1, text)


def _closed(_text, _first, _second):
    return http.client.RemoteDisconnected("Remote end closed connection without response")


def _bad_head(text, _first, _second):
    return http.client.BadStatusLine(text)


def _head_too_large(text, _first, _second):
    if "headers" in text:
        return http.client.HTTPException("got more than 100 headers")
    return http.client.LineTooLong("header line")


def _short_body(_text, received, missing):
    return IncompleteRead(received, missing)


class _ChunkedBody:
    """As much of a response as the message about a broken chunk looks at."""

    length_remaining = None

    def tell(self):
        """Always 0: ``urllib3`` does not count the bytes of chunks."""
        return 0


def _bad_chunk(line, _received, _second):
    # Without a line the connection ended where a chunk's size was due.
    return InvalidChunkLength(_ChunkedBody(), line.encode("latin-1", "replace"))


_CAUSES = {
    "resolve": _resolver_error,
    "connect": _system_error,
    "send": _system_error,
    "receive": _system_error,
    "tls": _tls_error,
    "closed": _closed,
    "bad-head": _bad_head,
    "head-too-large": _head_too_large,
    "short-body": _short_body,
    "bad-chunk": _bad_chunk,
}
