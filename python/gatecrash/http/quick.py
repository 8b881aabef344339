"""The quick way: calls so plain that the engine can encode them by itself.

In: the arguments of a call and the session's state. Out: the engine's exchange, or None when
``requests`` has to prepare the call. Nothing is guessed: whatever is not known to come out byte
for byte as ``requests`` would send it is left to ``requests``.
"""

import re
from json import JSONEncoder

from requests import Request, compat
from requests.exceptions import InvalidJSONError
from requests.models import RequestEncodingMixin

from gatecrash.http.adapter import origin_of, timeouts
from gatecrash.http.cookies import SessionCookies

#: Keywords of a call that the quick way understands.
KEYWORDS = frozenset(("headers", "allow_redirects", "timeout", "params"))
#: Methods as they are sent; anything else goes through ``requests``.
METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))

_PLAIN_URL = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:]+\])(?::([0-9]{1,5}))?(/[^?#]*)?\Z")
_ABSOLUTE_URL = re.compile(r"(https?://[^/?#]+)(/.*)?\Z", re.S)
_encode_form = RequestEncodingMixin._encode_params

if compat.json.__name__ == "json":
    _encode_json = JSONEncoder(allow_nan=False).encode
else:

    def _encode_json(value):
        return compat.json.dumps(value, allow_nan=False)


class Place:
    """Where a base URL leads: the origin, and what goes before each path."""

    __slots__ = ("base", "origin", "prefix")

    def __init__(self, base, origin, prefix):
        self.base = base
        self.origin = origin
        self.prefix = prefix


def place_of(base_url, verify, cert):
    """The place of a base URL, or None when the URL is not plain."""
    match = _PLAIN_URL.match(base_url) if isinstance(base_url, str) else None
    if match is None:
        return None
    scheme, host, port, path = match.groups()
    default_port = "443" if scheme == "https" else "80"
    # `requests` keeps a port that was written out, `http.client` leaves the default one out
    # of the Host header; origins know the second rule.
    base = f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"
    if port == default_port or (path and not path.isascii()):
        return None
    return Place(base, origin_of(base, verify, cert), path or "")


def split_absolute(url):
    """(base, target) of an absolute URL with a path, or None."""
    match = _ABSOLUTE_URL.match(url)
    return match.groups() if match and match[2] else None


class Body:
    """A body at hand with the type that ``requests`` would declare for it."""

    __slots__ = ("content", "content_type")

    def __init__(self, content, content_type):
        self.content = content
        self.content_type = content_type


_NO_BODY = Body(None, None)


def body_of(data, json):
    """The body of a call, or None when ``requests`` has to make it. Raises ``InvalidJSONError``."""
    if not data:
        if data is not None and not isinstance(data, (str, bytes, dict, list, tuple)):
            return None
        if json is None:
            return _NO_BODY
        try:
            return Body(_encode_json(json).encode("utf-8"), "application/json")
        except ValueError as fault:
            raise InvalidJSONError(fault) from fault
    if type(data) is str:
        return Body(data.encode("utf-8"), None)
    if type(data) is bytes:
        return Body(data, None)
    if type(data) is dict:
        return Body(_encode_form(data).encode("utf-8"), "application/x-www-form-urlencoded")
    return None


class Ask:
    """What was asked, for whoever wants to see the request that was sent."""

    __slots__ = ("data", "json", "keywords", "method", "path", "place", "session", "target")

    def __init__(self, session, method, place, path, data, json, keywords):
        self.session = session
        self.method = method
        self.place = place
        self.path = path
        self.data = data
        self.json = json
        self.keywords = keywords
        self.target = place.prefix + path

    def url(self):
        """The URL that was asked for, query included."""
        return self.place.base + self.target

    def timeouts(self):
        """(connect, read) in seconds."""
        return timeouts(self.keywords.get("timeout"))

    def prepare(self):
        """The request as ``requests`` prepares it."""
        return self.session.prepare_request(
            Request(
                self.method,
                f"{self.place.base}{self.place.prefix}{self.path}",
                headers=self.keywords.get("headers"),
                data=self.data or {},
                json=self.json,
                params=self.keywords.get("params") or {},
            )
        )


def make(ask, name, direct):
    """One exchange, or None. ``direct`` is the shard into which a plain success is recorded."""
    place = ask.place
    keywords = ask.keywords
    headers = None
    connect_s = read_s = None
    follows = True
    if keywords:
        headers = keywords.get("headers")
        if headers is not None and type(headers) is not dict:
            return None
        follows = keywords.get("allow_redirects", True)
        if (params := keywords.get("params")) and not _add_params(ask, params):
            return None
        if (timeout := keywords.get("timeout")) is not None:
            connect_s, read_s = timeouts(timeout)
    content = content_type = None
    if ask.data is not None or ask.json is not None:
        body = body_of(ask.data, ask.json)
        if body is None:
            return None
        content, content_type = body.content, body.content_type
    cookie = None
    session = ask.session
    jar = session.__dict__.get("cookies")
    if jar is not None:
        if type(jar) is not SessionCookies:
            return None
        if not jar.is_empty():
            cookie = jar.header_for(place.origin, ask.url())
    return session._client.quick(
        place.origin,
        ask.method,
        ask.target,
        headers,
        cookie,
        content,
        content_type,
        connect_s,
        read_s,
        follows,
        name,
        direct,
    )


def _add_params(ask, params):
    """Puts parameters behind the target; False when ``requests`` has to."""
    encoded = _encode_form(params) if type(params) is dict else None
    if not isinstance(encoded, str):
        return False
    if encoded:
        ask.target = f"{ask.target}{'&' if '?' in ask.target else '?'}{encoded}"
    return True
