"""The state of a session: what ``requests.Session`` holds, made when it is needed.

A session that never touches its adapters, hooks or proxies does not have any, so a user costs
kilobytes less. ``_plain`` says whether the quick way may be tried at all.
"""

import requests
from gatecrash import _engine
from requests.hooks import default_hooks
from requests.utils import default_headers

from gatecrash.http import foreign
from gatecrash.http.adapter import EngineAdapter
from gatecrash.http.cookies import SessionCookies
from gatecrash.http.headers import SessionHeaders

#: Setting one of these means that `requests` has to prepare every call from now on.
_NEEDS_PREPARING = frozenset(("auth", "hooks", "params", "proxies", "stream", "trust_env"))
#: Setting one of these means that the connections lead elsewhere.
_NEEDS_PLACE = frozenset(("verify", "cert", "base_url"))
_DEFAULT_HEADERS = default_headers()


class EngineSession(requests.Session):
    """A ``requests.Session`` whose requests the engine sends."""

    auth = None
    stream = False
    verify = True
    cert = None
    max_redirects = 30
    trust_env = True
    _plain = True
    _place = None

    def __init__(self):
        # Not the base class's: it makes two adapters, a jar, hooks and headers for every user.
        self._client = _engine.Client()

    def __getattr__(self, name):
        make = _PARTS.get(name)
        if make is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value = make(self)
        if name in ("hooks", "params", "proxies"):
            # Whoever holds it may change it at any time.
            self.__dict__["_plain"] = False
        self.__dict__[name] = value
        return value

    def __setattr__(self, name, value):
        if name in _NEEDS_PREPARING:
            self.__dict__["_plain"] = False
        elif name in _NEEDS_PLACE:
            self.__dict__["_place"] = None
        elif name == "headers" and type(value) is not SessionHeaders:
            value = self._own_headers(value)
        self.__dict__[name] = value

    def _own_headers(self, value):
        """A plain dict of the file's own: kept as it is, and every call prepared."""
        self.__dict__["_plain"] = False
        return value

    def mount(self, prefix, adapter):
        """Uses an adapter of the file's own for URLs that begin with ``prefix``."""
        if not isinstance(adapter, EngineAdapter):
            self.__dict__["_plain"] = False
            _count_uses_of(adapter)
        super().mount(prefix, adapter)

    def close(self):
        """Closes the idle connections; the session may go on being used."""
        self._client.close()
        for adapter in self.__dict__.get("adapters", {}).values():
            adapter.close()

    def sync_headers(self):
        """Gives changed headers to the engine; says whether they are plain."""
        headers = self.headers
        if headers.changed:
            headers.changed = False
            self.__dict__["_plain_headers"] = self._client.set_headers(headers.as_dict())
        return self.__dict__["_plain_headers"]


def _count_uses_of(adapter):
    """Counts what a foreign adapter sends."""
    send = adapter.send

    def counted(*args, **kwargs):
        foreign.count("adapter")
        return send(*args, **kwargs)

    adapter.send = counted


def _adapters(session):
    adapter = EngineAdapter(session._client, session._answer_kind)
    return {"https://": adapter, "http://": adapter}


_PARTS = {
    "headers": lambda session: SessionHeaders(_DEFAULT_HEADERS),
    "cookies": lambda session: SessionCookies(),
    "hooks": lambda session: default_hooks(),
    "params": lambda session: {},
    "proxies": lambda session: {},
    "adapters": _adapters,
}
