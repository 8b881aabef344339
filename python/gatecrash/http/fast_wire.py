"""Heads and bodies as ``geventhttpclient`` 2.6 puts them on the wire.

In: method, target, headers and body as its client is asked to send them. Out: the bytes of head
and body. Headers keep their order and case; ``Host`` and the body's length come last unless the
caller wrote them. What could smuggle a second request is refused with a ``ValueError``.
"""

import os
import re
from dataclasses import dataclass

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TARGET = re.compile(r"[^\x00-\x20\x7f]*")
_BLOCK_BYTES = 4096
_METHODS_WITH_BODY = frozenset(("POST", "PUT", "PATCH"))
_LAST_CHUNK = b"0\r\n\r\n"


@dataclass(slots=True)
class Outgoing:
    """A request ready to be sent."""

    head: str
    body: bytes
    #: The body waits for ``100 Continue``.
    expects_continue: bool


def encode(client, method, target, body, headers) -> Outgoing:
    """A request of ``client``; ``headers`` is laid over the client's own."""
    if body is None:
        body = b""
    elif isinstance(body, str):
        body = body.encode("utf-8")
    fields = client.headers_type()
    fields.update(client.default_headers)
    fields.update(headers or {})
    _check_request_line(method, target)
    expects = any("100-continue" in str(value).lower() for value in fields.getlist("expect"))
    chunked = _is_chunked(fields, body)
    if "host" not in fields:
        fields["Host"] = client.authority
    _declare_body(fields, method, body, chunked)
    return Outgoing(
        head=_head(method, target, fields),
        body=_chunked(body) if chunked else _whole(body),
        expects_continue=expects,
    )


def _check_request_line(method, target):
    if not isinstance(method, str) or not _TOKEN.fullmatch(method):
        raise ValueError(f"invalid HTTP method {method!r}")
    if not isinstance(target, str) or not _TARGET.fullmatch(target):
        raise ValueError(f"invalid request URI {target!r}")
    if target.startswith("//"):
        raise ValueError(
            f"invalid request URI {target!r}: protocol-relative targets are not origin-form"
        )


def _is_chunked(fields, body):
    if any("chunked" in str(value).lower() for value in fields.getlist("transfer-encoding")):
        return True
    return not isinstance(body, (bytes, bytearray, memoryview)) and _length(body) is None


def _length(body):
    try:
        return len(body)
    except TypeError:
        pass
    try:
        return os.fstat(body.fileno()).st_size
    except (AttributeError, OSError):
        return None


def _declare_body(fields, method, body, chunked):
    if chunked:
        if "transfer-encoding" not in fields:
            fields["Transfer-Encoding"] = "chunked"
        fields.discard("content-length")
    elif "content-length" not in fields:
        length = _length(body) if body else 0
        if length or (not body and method in _METHODS_WITH_BODY):
            fields["Content-Length"] = str(length)


def _head(method, target, fields):
    if not target.startswith("/"):
        target = f"/{target}"
    lines = [f"{method} {target} HTTP/1.1"]
    for name, value in fields.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise ValueError(f"invalid header field name {name!r}")
        if isinstance(value, str) and not _FIELD_VALUE.fullmatch(value):
            raise ValueError(f"invalid value for header field {name!r}: {value!r}")
        lines.append(f"{name}: {value}")
    return "\r\n".join(lines) + "\r\n\r\n"


def _whole(body):
    """All of a body whose length is known; a file from where it stands."""
    return body if isinstance(body, bytes) or not body else body.read()


def _chunked(body):
    if not body:
        return _LAST_CHUNK
    blocks = map(_as_bytes, _blocks(body))
    framed = [b"%x\r\n%b\r\n" % (len(block), block) for block in blocks if block]
    return b"".join((*framed, _LAST_CHUNK))


def _blocks(body):
    if isinstance(body, (bytes, bytearray, memoryview)):
        starts = range(0, len(body), _BLOCK_BYTES)
        return (bytes(body[start : start + _BLOCK_BYTES]) for start in starts)
    if hasattr(body, "read"):
        return iter(lambda: body.read(_BLOCK_BYTES) or None, None)
    return body


def _as_bytes(block):
    if isinstance(block, str):
        return block.encode("utf-8")
    if isinstance(block, (bytes, bytearray, memoryview)):
        return bytes(block)
    raise TypeError(f"chunked body items must be bytes or str, not {type(block).__name__}")
