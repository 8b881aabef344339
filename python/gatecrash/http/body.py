"""The raw side of an answer: what ``response.raw`` is to those who stream.

In: an exchange, and the engine's stream while the body is still on its way. Out: the part of
``urllib3``'s response that ``requests`` and files use. Content codings are taken off piece by
piece for gzip and deflate, and at the end for the others.
"""

import zlib

from gatecrash import _engine
from urllib3.exceptions import DecodeError

from gatecrash.http import failures


class HeaderMessage:
    """Headers as ``http.cookiejar`` asks for them."""

    def __init__(self, headers):
        self._headers = headers

    def get_all(self, name, default=None):
        """All values of a header, or ``default`` when there is none."""
        values = [value for known, value in self._headers if known.lower() == name.lower()]
        return values or default

    getheaders = get_all

    def items(self):
        """(name, value) in the order in which they came."""
        return list(self._headers)


class _Original:
    """Where ``requests`` looks for the headers that set cookies."""

    def __init__(self, headers):
        self.msg = HeaderMessage(headers)

    def isclosed(self):
        return True

    def close(self):
        """There is nothing left to close."""


class RawBody:
    """A body to read once, in pieces of the caller's size."""

    def __init__(self, exchange, stream):
        self._exchange = exchange
        self._stream = stream
        self._pieces = self._incoming()
        self._rest = b""
        self._decoder = None
        self.status = exchange.status
        self.reason = exchange.reason
        self.version = exchange.version
        self.decode_content = False
        self.closed = False

    @property
    def headers(self):
        """The headers as ``urllib3`` gives them."""
        from urllib3 import HTTPHeaderDict

        return HTTPHeaderDict(self._exchange.headers)

    @property
    def _original_response(self):
        return _Original(self._exchange.headers)

    def _incoming(self):
        if self._stream is None:
            if body := self._exchange.raw_body:
                yield body
            return
        while True:
            piece, failure = self._stream.read()
            if failure is not None:
                cause = failures.cause_of(failure)
                raise failures.pool_exceptions.ProtocolError(
                    f"Connection broken: {cause!r}", cause
                ) from cause
            if not piece:
                return
            yield piece

    def stream(self, amt=2**16, decode_content=None):
        """Pieces of at most ``amt`` bytes, each as soon as it is there."""
        for piece in self._pieces:
            piece = self._decode(piece, decode_content)
            for at in range(0, len(piece), amt or len(piece) or 1):
                yield piece[at : at + amt] if amt else piece
        if last := self._flush():
            yield last
        self.closed = True

    def read(self, amt=None, decode_content=None, cache_content=False):
        """``amt`` bytes, fewer only at the end; all of them without ``amt``."""
        wanted = float("inf") if amt is None or amt < 0 else amt
        collected = [self._rest]
        length = len(self._rest)
        while length < wanted:
            piece = next(self._pieces, None)
            piece = self._flush() if piece is None else self._decode(piece, decode_content)
            if not piece and self._decoder is None:
                self.closed = True
                break
            collected.append(piece)
            length += len(piece)
        body = b"".join(collected)
        if amt is None or amt < 0:
            self._rest = b""
            return body
        self._rest = body[amt:]
        return body[:amt]

    def _decode(self, piece, decode_content):
        if not (self.decode_content if decode_content is None else decode_content):
            return piece
        if not self._exchange.is_encoded:
            return piece
        if self._decoder is None:
            self._decoder = _decoder_for(self._exchange.header("content-encoding"))
        return self._decoder.decompress(piece)

    def _flush(self):
        decoder, self._decoder = self._decoder, None
        return decoder.flush() if decoder else b""

    def __iter__(self):
        return self.stream()

    def readable(self):
        """There is a body to read."""
        return True

    def release_conn(self):
        """The engine keeps the connection by itself once the body is read."""

    def drain_conn(self):
        """Gives up what is left of the body."""
        self.close()

    def close(self):
        """Gives up what is left of the body; its connection is closed."""
        self.closed = True
        if self._stream is not None:
            self._stream.close()


def _decoder_for(coding):
    if coding.lower() in ("gzip", "x-gzip"):
        return zlib.decompressobj(16 + zlib.MAX_WBITS)
    if coding.lower() == "deflate":
        return _Deflate()
    return _AtTheEnd(coding)


class _Deflate:
    """zlib with or without its wrapper, which servers mix up."""

    def __init__(self):
        self._zlib = None

    def decompress(self, piece):
        if self._zlib is not None:
            return self._zlib.decompress(piece)
        self._zlib = zlib.decompressobj()
        try:
            return self._zlib.decompress(piece)
        except zlib.error:
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._zlib.decompress(piece)

    def flush(self):
        return self._zlib.flush() if self._zlib else b""


class _AtTheEnd:
    """Codings that the engine takes off a whole body."""

    def __init__(self, coding):
        self._coding = coding
        self._pieces = []

    def decompress(self, piece):
        self._pieces.append(piece)
        return b""

    def flush(self):
        try:
            return _engine.decode(self._coding, b"".join(self._pieces))
        except _engine.DecodeFault as fault:
            raise DecodeError(f"failed to decode {self._coding}: {fault}") from fault
