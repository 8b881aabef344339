"""An answer of the engine in the shape of ``geventhttpclient``'s socket response.

In: an exchange, and the engine's stream while the body is still on its way. Out: what
``geventhttpclient``'s responses and Locust's read from below: status, headers, a body to read in
pieces. Content codings stay on; taking them off is the business of the layer above.
"""

from geventhttpclient.header import Headers

from gatecrash.http import fast_failures


class EngineAnswer:
    """A body to read once, with the head that came before it."""

    def __init__(self, exchange, stream=None, sent="", on_end=None):
        self.exchange = exchange
        self._stream = stream
        self._on_end = on_end
        self._sent_request = sent
        self._fault = _fault_after_head(exchange)
        self._buffer = bytearray(exchange.raw_body if stream is None else b"")
        self._headers = None
        if stream is None:
            self._end()

    @property
    def _headers_index(self):
        if self._headers is None:
            self._headers = Headers(self.exchange.headers)
        return self._headers

    @property
    def headers(self):
        """(name, value) of each header line."""
        return self._headers_index.items()

    def info(self):
        """The headers, as ``http.client`` calls them."""
        return self._headers_index

    def get_code(self):
        """The status code."""
        return self.exchange.status

    status_code = property(get_code)

    @property
    def status_message(self):
        """The status phrase."""
        return self.exchange.reason

    @property
    def version(self):
        """As in the status line, e.g. ``HTTP/1.1``."""
        return "HTTP/1.1" if self.exchange.version == 11 else "HTTP/1.0"

    def get_http_version(self):
        """As in the status line, e.g. ``HTTP/1.1``."""
        return self.version

    @property
    def length(self):
        """The declared length of the body, or None."""
        length = self._headers_index.get("content-length")
        return int(length) if isinstance(length, str) else None

    content_length = length

    @property
    def message_complete(self):
        """Whether all of the body has come."""
        return self._stream is None and self._fault is None

    def _more(self):
        """Appends the next piece of the body; False when there is none."""
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault
        if self._stream is None:
            return False
        try:
            piece, failure = self._stream.read()
        except BaseException:
            self.release()
            raise
        if failure is not None:
            self.release()
            raise fast_failures.exception_for(failure, had_first_byte=True)
        if not piece:
            self._end()
            return False
        self._buffer += piece
        return True

    def read(self, length=None):
        """``length`` bytes, fewer only at the end; all that are left without ``length``."""
        while (length is None or len(self._buffer) < length) and self._more():
            pass
        return self._take(len(self._buffer) if length is None else length)

    def read_some(self, length):
        """What is there, at most ``length`` bytes; waits only while there is nothing."""
        if not self._buffer:
            self._more()
        return self._take(min(length, len(self._buffer)))

    def readline(self, sep=b"\r\n"):
        """The next line with its end; b"" when there is none."""
        searched = 0
        while (at := self._buffer.find(sep, searched)) < 0:
            searched = max(0, len(self._buffer) - len(sep) + 1)
            if not self._more():
                return b""
        return self._take(at + len(sep))

    def collect(self):
        """Reads the body to its end and keeps it."""
        while self._stream is not None and self._more():
            pass

    def _take(self, length):
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def __iter__(self):
        return self

    def __next__(self):
        if data := self.read(4096):
            return data
        raise StopIteration

    def release(self):
        """Gives up what is left of the body; its connection is then closed."""
        if self._stream is not None:
            self._stream.close()
            self._end()

    def _end(self):
        self._stream = None
        if self._on_end is not None:
            self._on_end()
            self._on_end = None

    def __del__(self):
        self.release()

    def __enter__(self):
        return self

    def __exit__(self, *_fault):
        self.release()


def _fault_after_head(exchange):
    failure = exchange.failure
    return None if failure is None else fast_failures.exception_for(failure, had_first_byte=True)
