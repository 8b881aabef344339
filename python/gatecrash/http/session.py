"""The state of a session: what ``requests.Session`` holds, made when it is needed.

A session that never touches its adapters, hooks or proxies does not have any, so a user costs
kilobytes less. ``_plain`` says whether the quick way may be tried at all.
"""

import os
from urllib.request import getproxies_environment

import requests
from gatecrash import _engine
from requests.hooks import default_hooks
from requests.utils import default_headers

from gatecrash.http import foreign
from gatecrash.http.adapter import EngineAdapter
from gatecrash.http.cookies import SessionCookies
from gatecrash.http.headers import SessionHeaders

#: Setting one of these means that `requests` has to prepare every call from now on.
_NEEDS_PREPARING = frozenset(("auth", "hooks", "params", "proxies", "stream"))
_CONTAINERS = frozenset(("hooks", "params", "proxies"))
#: Setting one of these means that the connections lead elsewhere.
_NEEDS_PLACE = frozenset(("verify", "cert", "base_url"))
_DEFAULT_HEADERS = default_headers()
#: The environment names a proxy or holds passwords, which sessions with `trust_env` use.
_ENVIRONMENT_MATTERS = bool(getproxies_environment()) or any(
    os.path.exists(os.path.expanduser(path)) for path in ("~/.netrc", "~/_netrc")
)


class EngineSession(requests.Session):
    """A ``requests.Session`` whose requests the engine sends."""

    auth = None
    stream = False
    verify = True
    cert = None
    max_redirects = 30
    trust_env = True
    _plain = True
    _has_containers = False
    _place = None

    def __init__(self):
        # Not the base class's: it makes two adapters, a jar, hooks and headers for every user.
        self._client = _engine.Client()

    def __getattr__(self, name):
        make = _PARTS.get(name)
        if make is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value = make(self)
        if name in _CONTAINERS:
            # Whoever holds it may fill it at any time.
            self.__dict__["_has_containers"] = True
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

    def may_be_quick(self):
        """Nothing about this session needs the judgement of ``requests``."""
        if not self._plain or (_ENVIRONMENT_MATTERS and self.trust_env):
            return False
        return not self._has_containers or self._containers_are_empty()

    def _containers_are_empty(self):
        own = self.__dict__
        hooks = own.get("hooks")
        return not (own.get("params") or own.get("proxies") or (hooks and any(hooks.values())))

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
