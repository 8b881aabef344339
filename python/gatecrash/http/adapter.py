"""The transport that ``requests`` uses for prepared calls: the engine.

In: a ``PreparedRequest``. Out: an :class:`~gatecrash.http.answer.Answer`, or the exception that
``requests``' own adapter would raise. The head is written as ``http.client`` and ``urllib3``
write it, byte for byte. A call through a proxy goes to ``requests``' own adapter.
"""

from urllib.parse import urlsplit

from gatecrash import _engine
from requests import exceptions
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.utils import select_proxy

from gatecrash.http import answer, failures, foreign

_BLOCK_BYTES = 16384
_METHODS_WITHOUT_LENGTH = {"GET", "HEAD", "DELETE", "TRACE", "OPTIONS", "CONNECT"}


class EngineAdapter(BaseAdapter):
    """Sends prepared requests over the connections of one client."""

    def __init__(self, client, kind):
        super().__init__()
        self._client = client
        self._kind = kind
        self._through_proxy = None

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        """As ``requests.adapters.HTTPAdapter.send``; timeouts are seconds."""
        if proxies and select_proxy(request.url, proxies):
            return self._send_through_proxy(request, stream, timeout, verify, cert, proxies)
        made = request.__dict__.pop("_gatecrash_made", None)
        if made is not None:
            return self._answer(request, *made)
        connect_s, read_s = timeouts(timeout)
        place = origin_of(request.url, verify, cert)
        body = body_bytes(request)
        head = head_bytes(request, place.authority, body)
        if b"Transfer-Encoding: chunked" in head and isinstance(body, list):
            body = chunked(body)
        exchange, pieces = self._client.prepared(
            place,
            request.method,
            head,
            b"".join(body) if isinstance(body, list) else body,
            connect_s,
            read_s,
            request.headers.get("Connection", "").lower() == "close",
            bool(stream),
        )
        if exchange.failure is not None:
            raise self._fault(exchange, request, (connect_s, read_s))
        return self._answer(request, exchange, pieces)

    def _answer(self, request, exchange, pieces=None):
        made = answer.from_exchange(self._kind, exchange, pieces)
        made.request = request
        made.url = request.url
        made.connection = self
        return made

    def _fault(self, exchange, request, timeout):
        parts = urlsplit(request.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        pool = failures.PoolName(parts.scheme, parts.hostname, port)
        fault = failures.exception_for(
            exchange.failure, pool, request.path_url, timeout, request=request
        )
        fault._gatecrash_exchange = exchange
        return fault

    def _send_through_proxy(self, request, *args):
        foreign.count("proxies")
        if self._through_proxy is None:
            self._through_proxy = HTTPAdapter()
        stream, timeout, verify, cert, proxies = args
        return self._through_proxy.send(request, stream, timeout, verify, cert, proxies)

    def close(self):
        """Closes the idle connections."""
        self._client.close()
        if self._through_proxy is not None:
            self._through_proxy.close()


def timeouts(timeout):
    """(connect, read) in seconds from what ``requests`` takes as a timeout."""
    if isinstance(timeout, tuple):
        try:
            connect_s, read_s = timeout
        except ValueError:
            raise ValueError(
                f"Invalid timeout {timeout}. Pass a (connect, read) timeout tuple, "
                f"or a single float to set both timeouts to the same value."
            ) from None
        return connect_s, read_s
    if hasattr(timeout, "connect_timeout"):  # urllib3's Timeout
        return timeout.connect_timeout, timeout.read_timeout
    return timeout, timeout


_origins = {}


def origin_of(url, verify, cert):
    """The engine's origin for a prepared URL; made once per place and TLS settings."""
    scheme, _, rest = url.partition("://")
    netloc = rest.partition("/")[0].partition("?")[0]
    key = (scheme, netloc, verify, cert if not isinstance(cert, list) else tuple(cert))
    origin = _origins.get(key)
    if origin is None:
        origin = _origins[key] = _make_origin(url, verify, cert)
    return origin


def _make_origin(url, verify, cert):
    parts = urlsplit(url)
    if isinstance(cert, str):
        cert = (cert, cert)
    try:
        return _engine.Origin(
            parts.scheme, parts.hostname, parts.port, verify, tuple(cert) if cert else None
        )
    except ValueError as fault:
        raise exceptions.InvalidURL(f"{url!r}: {fault}") from None


def body_bytes(request):
    """The body at hand: bytes, or a list of the pieces that would be sent."""
    body = request.body
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8")
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    if hasattr(body, "read"):
        return [_as_bytes(piece) for piece in iter(lambda: body.read(_BLOCK_BYTES), body.read(0))]
    return [_as_bytes(piece) for piece in body if piece]


def _as_bytes(piece):
    return piece.encode("utf-8") if isinstance(piece, str) else bytes(piece)


def chunked(pieces):
    """Pieces in chunked framing, each its own chunk."""
    framed = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece]
    return [*framed, b"0\r\n\r\n"]


def head_bytes(request, authority, body):
    """Request line and headers as ``urllib3`` would write them."""
    present = {_text(name).lower() for name in request.headers}
    lines = [f"{request.method} {request.path_url} HTTP/1.1".encode("ascii")]
    if "host" not in present:
        lines.append(b"Host: " + authority.encode("idna" if not authority.isascii() else "ascii"))
    if "accept-encoding" not in present:
        lines.append(b"Accept-Encoding: identity")
    if "content-length" not in present and "transfer-encoding" not in present:
        if request.body is not None:
            length = len(body) if isinstance(body, bytes) else None
            lines.append(_framing(length))
        elif request.method not in _METHODS_WITHOUT_LENGTH:
            lines.append(b"Content-Length: 0")
    if "user-agent" not in present:
        from urllib3.connection import _get_default_user_agent

        lines.append(b"User-Agent: " + _get_default_user_agent().encode("ascii"))
    lines.extend(_line(name, value) for name, value in request.headers.items())
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _framing(length):
    if length is None:
        return b"Transfer-Encoding: chunked"
    return b"Content-Length: %d" % length


def _line(name, value):
    if isinstance(name, str):
        name = name.encode("ascii")
    if isinstance(value, int):
        value = str(value)
    if isinstance(value, str):
        value = value.encode("latin-1")
    return name + b": " + value


def _text(name):
    return name.decode("latin-1") if isinstance(name, bytes) else name
