"""A ``requests.Response`` that is filled in as it is looked at.

Most files look at the status, some at the body, few at the rest; building all of it for every
answer would cost more than the request. The class defines none of the attributes that
``requests.Response.__init__`` sets, so Python asks ``__getattr__`` for the first look at each,
which takes the value from the engine's exchange and stores it as an ordinary attribute.
"""

from datetime import timedelta
from functools import lru_cache

from gatecrash import _engine
from requests import compat, exceptions
from requests.models import Response
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from gatecrash.http.body import RawBody
from gatecrash.http.cookies import SessionCookies


class Answer(Response):
    """An answer of the engine. ``_exchange`` holds it; ``_ask`` can rebuild the request."""

    def __getattr__(self, name):
        fill = _FILLS.get(name)
        if fill is None or "_exchange" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value = fill(self)
        self.__dict__[name] = value
        return value

    def json(self, **kwargs):
        """The body as JSON; faults are told by ``requests``."""
        own = self.__dict__
        if not kwargs and "encoding" not in own and (exchange := own.get("_exchange")):
            text = exchange.json_text()
            if text is not None:
                try:
                    return _loads(text)
                except ValueError:
                    pass
        return super().json(**kwargs)


_loads = compat.json.loads


def from_exchange(kind, exchange, stream=None):
    """An answer of class ``kind``; with ``stream`` its body is read from there."""
    answer = kind.__new__(kind)
    answer.__dict__ = {"_exchange": exchange, "status_code": exchange.status}
    if stream is not None:
        answer._content = False
        answer._content_consumed = False
        answer.raw = RawBody(exchange, stream)
    return answer


def _headers(answer):
    headers = CaseInsensitiveDict()
    for name, value in answer._exchange.headers:
        earlier = headers.get(name)
        headers[name] = value if earlier is None else f"{earlier}, {value}"
    return headers


@lru_cache(maxsize=256)
def _encoding_of(content_type):
    return get_encoding_from_headers({"content-type": content_type} if content_type else {})


def _content(answer):
    try:
        return answer._exchange.content()
    except _engine.DecodeFault as fault:
        coding, text = fault.args
        raise exceptions.ContentDecodingError(
            f"Received response with content-encoding: {coding}, but failed to decode it: {text}"
        ) from fault


def _cookies(answer):
    from requests.cookies import extract_cookies_to_jar

    jar = SessionCookies()
    if answer._exchange.has_cookies:
        extract_cookies_to_jar(jar, answer.request, answer.raw)
    return jar


def _next(answer):
    """The request that a redirect asks for, or None; where `requests` sends, it sets this itself."""
    if "_ask" not in answer.__dict__ or not answer.is_redirect:
        return None
    steps = answer._ask.session.resolve_redirects(answer, answer.request, yield_requests=True)
    return next(steps, None)


_FILLS = {
    "status_code": lambda answer: answer._exchange.status,
    "headers": _headers,
    "reason": lambda answer: answer._exchange.reason,
    "encoding": lambda answer: _encoding_of(answer._exchange.header("content-type")),
    "elapsed": lambda answer: timedelta(milliseconds=answer._exchange.until_head_ms),
    "history": lambda answer: [],
    "cookies": _cookies,
    "raw": lambda answer: RawBody(answer._exchange, None),
    "request": lambda answer: answer._ask.prepare(),
    "url": lambda answer: answer._ask.url(),
    "connection": lambda answer: None,
    "_content": _content,
    "_content_consumed": lambda answer: True,
    "_next": _next,
}
