"""``geventhttpclient``'s response for quick answers: filled in as it is looked at.

In: an exchange of the engine and what was asked, or a socket response of the library's own. Out:
everything that files look at. Most look at the status and some at the body, so nothing else is
built before somebody asks; each part is then kept as an ordinary attribute.
"""

import json
from datetime import timedelta
from functools import lru_cache

from geventhttpclient.header import Headers
from geventhttpclient.response import HTTPConnectionClosed
from geventhttpclient.useragent import CompatResponse, ConnectionError
from requests.utils import get_encoding_from_headers

from gatecrash.http.fast_answer import EngineAnswer


class Filled:
    """An attribute that is made at the first look. Setting it by hand goes before."""

    def __init__(self, make, doc=None):
        self._make = make
        self.__doc__ = doc

    def __set_name__(self, owner, name):
        self._name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return None
        value = instance.__dict__[self._name] = self._make(instance)
        return value


def _socket_response(response):
    """What is below a quick answer: its body has been read, as the library reads it at once."""
    if response._exchange is None:
        return None
    below = response.__dict__["_response"] = EngineAnswer(response._exchange)
    _ = response.content
    return below


def _headers(response):
    if response._exchange is not None:
        return Headers(response._exchange.headers)
    below = response._response
    return None if below is None else below._headers_index


def _request(response):
    if response._ask is None:
        return None
    agent, *asked = response._ask
    return agent.asked_request(*asked)


def _sent_request(response):
    if response._ask is None:
        return response._response._sent_request
    return response._ask[0].sent_head(response.request)


class QuickResponse(CompatResponse):
    """A response over the engine's exchange (``_exchange``), or over a socket response."""

    #: How ``text`` is decoded, once that is known.
    encoding = None
    #: The engine's exchange, if there was one.
    _exchange = None
    #: A user agent and what its ``asked_request`` takes, if the request is not made yet.
    _ask = None

    headers = Filled(_headers, "The headers of the answer; names in any case.")
    request = Filled(_request, "The request that was sent.")
    _response = Filled(_socket_response)
    _request = Filled(lambda response: response.request)
    _sent_request = Filled(_sent_request)
    _history = Filled(lambda response: [])
    _elapsed = Filled(lambda response: None)

    @classmethod
    def of_exchange(cls, exchange, ask):
        """A quick answer; ``ask`` is a user agent and what its ``asked_request`` takes."""
        response = cls.__new__(cls)
        response.__dict__ = {"_exchange": exchange, "_ask": ask}
        return response

    def __init__(self, ghc_response, request=None, sent_request=None):
        self._response = ghc_response
        self._request = self.request = request
        self._sent_request = sent_request
        if type(ghc_response) is EngineAnswer:
            self._exchange = ghc_response.exchange

    @property
    def status_code(self):
        """The status code; 0 when there was no answer."""
        exchange = self._exchange
        if exchange is not None:
            return exchange.status
        below = self._response
        return 0 if below is None else below.get_code()

    @property
    def elapsed(self):
        """Time from the call until the head of the answer was complete, or None."""
        if self._exchange is not None:
            return timedelta(milliseconds=self._exchange.until_head_ms)
        return None if self._elapsed is None else timedelta(seconds=self._elapsed)

    def _content(self):
        exchange = self._exchange
        if exchange is not None and "_response" not in self.__dict__:
            if not exchange.is_encoded:
                return exchange.raw_body
            self._response = EngineAnswer(exchange)
        return None if self.headers is None else super()._content()

    @property
    def text(self):
        """The body as text; None when there is none or nothing tells how to decode it."""
        content = self.content
        if content is None:
            return None
        if self.encoding is None:
            self.encoding = self._declared_encoding() or _detected_encoding(content)
            if self.encoding is None:
                return None
        return str(content, str(self.encoding), errors="replace")

    @property
    def url(self):
        """The URL of the request; after redirects of the last one."""
        return None if self.request is None else self.request.url

    @property
    def ok(self):
        """Whether the status is below 400."""
        return self.status_code < 400

    def json(self):
        """The body parsed as JSON."""
        return json.loads(self.text)

    def _pieces(self, chunk_size, decode_content):
        while True:
            try:
                piece = self._response.read(chunk_size)
            except (HTTPConnectionClosed, ConnectionError):
                return
            if not piece:
                return
            yield _as_text(piece) if decode_content else piece

    def _arriving(self, most_bytes):
        """The body in pieces as they come, at most so many bytes each."""
        read = getattr(self._response, "read_some", self._response.read)
        try:
            while piece := read(most_bytes):
                yield bytes(piece)
        except (HTTPConnectionClosed, ConnectionError):
            return

    def _declared_encoding(self):
        if self._exchange is not None and "headers" not in self.__dict__:
            return _encoding_of(self._exchange.header("content-type"))
        return None if self.headers is None else get_encoding_from_headers(self.headers)


@lru_cache(maxsize=256)
def _encoding_of(content_type):
    return get_encoding_from_headers({"content-type": content_type})


def _detected_encoding(content):
    from charset_normalizer import detect

    return detect(content)["encoding"]


def _as_text(piece):
    try:
        return piece.decode("utf-8")
    except UnicodeDecodeError:
        return piece
