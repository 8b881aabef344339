"""The quick way of ``FastHttpUser``: calls so plain that the engine can encode them by itself.

In: the arguments of a call, its headers complete, and the session's user agent. Out: the engine's
exchange, what was thrown into the greenlet instead, or None when the user agent has to prepare
the call. Nothing is guessed: whatever is not known to come out byte for byte as
``geventhttpclient`` would send it is left to it.
"""

import re
import time
from urllib.parse import urlencode

from gevent import GreenletExit
from geventhttpclient.url import URL

from gatecrash.http.fast_client import EngineClient, Thrown, client_for
from gatecrash.http.fast_cookies import FastCookies

#: Methods as they are sent; anything else goes the other way.
METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))

_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
_PLAIN_BASE = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?(/[^?#]*)?\Z")
_ABSOLUTE_URL = re.compile(r"(https?://[^/?#]+)(/.*)\Z", re.S)
_PLACES_MAX = 1000
_BODIES = frozenset((str, bytes, dict))


class Place:
    """Where a base URL leads: the pool's client, and what goes before each path."""

    __slots__ = ("client", "pool", "prefix", "site")

    def __init__(self, client, pool, site, prefix):
        self.client = client
        self.pool = pool
        self.site = site
        self.prefix = prefix


def place_of(agent, base_url):
    """The place of a base URL, or None when it is not plain."""
    places = agent.places
    place = places.get(base_url)
    if place is None or place.client.closed or place.pool is not agent.clientpool:
        place = _make_place(agent, base_url)
        if place is not None:
            if len(places) >= _PLACES_MAX:
                places.clear()
            places[base_url] = place
    return place


def _make_place(agent, base_url):
    match = _PLAIN_BASE.match(base_url) if isinstance(base_url, str) else None
    if match is None:
        return None
    url = URL(base_url)
    usual = 443 if url.scheme == "https" else 80
    if url.port != usual and url.port in (80, 443):
        # The library leaves such a port out of the `Host` header, the engine does not.
        return None
    prefix = match[1] or ""
    pool = agent.clientpool
    client = client_for(pool, url)
    if not isinstance(client, EngineClient) or not prefix.isascii():
        return None
    return Place(client, pool, base_url[: len(base_url) - len(prefix)], prefix)


def locate(agent, base_url, url):
    """(place, path) of a URL, or None when it is not plain."""
    if type(url) is not str:
        return None
    if url[:1] != "/":
        match = _ABSOLUTE_URL.match(url)
        if match is None:
            return None
        base_url, url = match.groups()
    place = place_of(agent, base_url)
    return None if place is None else (place, url)


def body_of(data):
    """(bytes, content type unless the headers say another), or None when it is not plain."""
    if type(data) is bytes:
        return data, _BYTES
    if type(data) is str:
        return data.encode("utf-8"), _TEXT
    if type(data) is dict:
        return urlencode(data).encode(), _FORM
    return None


def with_query(target, params):
    """A target with parameters, or None when they are not plain."""
    if type(params) is not dict or "#" in target:
        return None
    query = URL("", params=params).query
    if not query:
        return None if "?" in target else target
    return f"{target}{'&' if '?' in target else '?'}{query}"


def send(agent, base_url, method, url, headers, data, params, follows, name, direct):
    """One exchange, or what was thrown while it was awaited; None with nothing sent.

    ``headers`` is a dict of all that the call itself brings. ``direct`` is the shard into which
    the lane may record a plain success under ``name``.
    """
    found = locate(agent, base_url, url)
    if found is None:
        return None
    place, path = found
    client = place.client
    target = place.prefix + path
    if params is not None and (target := with_query(target, params)) is None:
        return None
    content = content_type = cookie = None
    if data:
        if (body := body_of(data)) is None:
            return None
        content, content_type = body
    elif data is not None and type(data) not in _BODIES:
        return None
    jar = agent.cookiejar
    if jar is not None:
        if type(jar) is not FastCookies:
            return None
        if not jar.is_empty():
            cookie = jar.header_for(client.origin, place.site + target)
    if client.turns.locked() or not client.knows_headers(agent.default_headers):
        return None
    client.turns.acquire()
    started = time.perf_counter()
    try:
        return client.engine.quick(
            client.origin,
            method,
            target,
            headers,
            cookie,
            content,
            content_type,
            client.connection_timeout,
            client.network_timeout,
            follows,
            name,
            direct,
        )
    except GreenletExit:
        raise
    except BaseException as fault:
        return Thrown(fault, (time.perf_counter() - started) * 1000)
    finally:
        client.turns.release()
