"""The state of a session: what ``requests.Session`` holds, made when it is needed.

A session that never touches its adapters, hooks or proxies does not have any, so a user costs
kilobytes less. ``_plain`` (the engine's) says whether the quick way may be tried at all.
"""

import os
from urllib.request import getproxies_environment

import requests
from gatecrash import _engine
from requests.hooks import default_hooks
from requests.utils import default_headers

from gatecrash.http import foreign, quick
from gatecrash.http.adapter import EngineAdapter
from gatecrash.http.cookies import SessionCookies
from gatecrash.http.headers import SessionHeaders

#: Setting one of these means that `requests` has to prepare every call from now on.
_NEEDS_PREPARING = frozenset(("auth", "hooks", "params", "proxies", "stream"))
#: The engine looks at these for every call.
_NOTED = frozenset(("cookies", "request_event", "request_name"))
_CONTAINERS = frozenset(("hooks", "params", "proxies"))
#: Setting one of these means that the connections lead elsewhere.
_NEEDS_PLACE = frozenset(("verify", "cert", "base_url"))
_DEFAULT_HEADERS = default_headers()
#: The environment names a proxy or holds passwords, which sessions with `trust_env` use.
_ENVIRONMENT_MATTERS = bool(getproxies_environment()) or any(
    os.path.exists(os.path.expanduser(path)) for path in ("~/.netrc", "~/_netrc")
)


class EngineSession(_engine.Session, requests.Session):
    """A ``requests.Session`` whose requests the engine sends."""

    auth = None
    stream = False
    verify = True
    cert = None
    max_redirects = 30
    trust_env = True
    #: Why `requests` has to prepare every call of this session.
    _needs = frozenset()

    def __init__(self):
        # Not `requests.Session`'s: it makes adapters, a jar, hooks and headers for every user.
        if _ENVIRONMENT_MATTERS:
            self._need("trust_env")

    def __getattr__(self, name):
        make = _PARTS.get(name)
        if make is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name in _CONTAINERS:
            # Whoever holds it may fill it at any time.
            self._has_containers = True
        value = self.__dict__[name] = make(self)
        if name == "cookies":
            self._note(name, value)
        return value

    def __dir__(self):
        return {*super().__dir__(), *_PARTS}

    def __setattr__(self, name, value):
        if name in _NEEDS_PREPARING:
            self._need(name, bool(value))
        elif name in _NEEDS_PLACE:
            self._forget_place()
        elif name == "headers":
            self._need(name, type(value) is not SessionHeaders)
        elif name == "trust_env" and _ENVIRONMENT_MATTERS:
            self._need(name, value)
        elif name in _NOTED:
            self._note(name, value)
        object.__setattr__(self, name, value)

    def _need(self, name, needed=True):
        """Remembers that ``requests`` has to prepare calls, or no longer has to."""
        needs = self._needs | {name} if needed else self._needs - {name}
        self.__dict__["_needs"] = needs
        self._plain = not needs

    def mount(self, prefix, adapter):
        """Uses an adapter of the file's own for URLs that begin with ``prefix``."""
        if not isinstance(adapter, EngineAdapter):
            self._need("adapters")
            _count_uses_of(adapter)
        super().mount(prefix, adapter)

    def close(self):
        """Closes the idle connections; the session may go on being used."""
        self._client.close()
        for adapter in self.__dict__.get("adapters", {}).values():
            adapter.close()

    # Asked by the engine, from `_engine.Session`.

    def _containers_are_empty(self):
        own = self.__dict__
        hooks = own.get("hooks")
        return not (own.get("params") or own.get("proxies") or (hooks and any(hooks.values())))

    def _sync_headers(self):
        """Gives changed headers to the engine."""
        self._client.set_headers(self.headers.as_dict())

    def _locate_base(self):
        """The place of ``base_url``, or None when it is not plain."""
        return quick.place_of(self.base_url, self.verify, self.cert)

    def _locate_absolute(self, url):
        """(place, path) of an absolute URL, or None when it is not plain."""
        split = quick.split_absolute(url)
        place = quick.place_of(split[0], self.verify, self.cert) if split else None
        return (place, split[1]) if place else None


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
    "headers": lambda session: SessionHeaders(_DEFAULT_HEADERS, flag=session._headers_flag),
    "cookies": lambda session: SessionCookies(),
    "hooks": lambda session: default_hooks(),
    "params": lambda session: {},
    "proxies": lambda session: {},
    "adapters": _adapters,
}
