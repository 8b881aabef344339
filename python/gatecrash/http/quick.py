"""The parts of the quick way that are Python's: URLs, bodies and parameters as ``requests`` has them.

The way itself is the engine's (``_engine.Session``). Nothing is guessed: whatever is not known to
come out byte for byte as ``requests`` would send it is left to ``requests``.
"""

import re
from json import JSONEncoder

from gatecrash import _engine
from requests import Request, compat
from requests.models import RequestEncodingMixin

from gatecrash.http.adapter import origin_of

#: Methods as they are sent; anything else goes through ``requests``.
METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))

_PLAIN_URL = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:]+\])(?::([0-9]{1,5}))?(/[^?#]*)?\Z")
_ABSOLUTE_URL = re.compile(r"(https?://[^/?#]+)(/.*)?\Z", re.S)
_encode_form = RequestEncodingMixin._encode_params

if compat.json.__name__ == "json":
    encode_json = JSONEncoder(allow_nan=False).encode
else:

    def encode_json(value):
        return compat.json.dumps(value, allow_nan=False)


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
    return _engine.Place(base, origin_of(base, verify, cert), path or "")


def split_absolute(url):
    """(base, target) of an absolute URL with a path, or None."""
    match = _ABSOLUTE_URL.match(url)
    return match.groups() if match and match[2] else None


def body_of(data, json):
    """(body, content type) of a call; None when ``requests`` has to make it."""
    if not data:
        if data is not None and not isinstance(data, (str, bytes, dict, list, tuple)):
            return None
        if json is None:
            return None, None
        return encode_json(json).encode("utf-8"), "application/json"
    if type(data) is str:
        return data.encode("utf-8"), None
    if type(data) is bytes:
        return data, None
    if type(data) is dict:
        return _encode_form(data).encode("utf-8"), "application/x-www-form-urlencoded"
    return None


def prepare(session, method, url, data, json, keywords):
    """The request of a quick call as ``requests`` prepares it."""
    keywords = keywords or {}
    return session.prepare_request(
        Request(
            method,
            url,
            headers=keywords.get("headers"),
            data=data or {},
            json=json,
            params=keywords.get("params") or {},
        )
    )
