"""A session's cookies, with the ``Cookie`` header kept until something changes.

``http.cookiejar`` decides what is sent; asking it costs more than a whole request does here. A
header is reused while nobody has looked at the jar's insides, no cookie has expired and all of
them are for any path.
"""

import time

from requests.cookies import RequestsCookieJar, get_cookie_header


class _Question:
    """As much of a request as a cookie policy looks at."""

    unverifiable = False
    is_unverifiable = staticmethod(lambda: False)

    def __init__(self, url):
        self.url = url
        self.headers = {}


class SessionCookies(RequestsCookieJar):
    """``requests``' jar with a memory of the header per origin."""

    def __init__(self, policy=None):
        self._headers = {}
        super().__init__(policy)

    # The base class keeps its cookies in `_cookies`, and files reach for it too. Any look at it
    # may be followed by a change, so each one forgets the headers.
    @property
    def _cookies(self):
        self._headers = None
        return self._kept

    @_cookies.setter
    def _cookies(self, value):
        self._headers = None
        self._kept = value

    def is_empty(self):
        """No cookie at all, whoever it is for."""
        return not self._kept

    def header_for(self, origin, url):
        """The ``Cookie`` header for a URL, or None.

        ``origin`` stands for scheme, host and port of ``url``.
        """
        known = self._headers
        if known is not None and origin in known:
            header, until = known[origin]
            if until is None or time.time() < until:
                return header
        header = get_cookie_header(self, _Question(url))
        self._remember(origin, header)
        return header

    def _remember(self, origin, header):
        cookies = list(self)
        if any(cookie.path != "/" for cookie in cookies):
            self._headers = None
            return
        until = min((cookie.expires for cookie in cookies if cookie.expires), default=None)
        if self._headers is None:
            self._headers = {}
        self._headers[origin] = header, until

    def __getstate__(self):
        state = super().__getstate__()
        state.pop("_headers", None)
        return state

    def __setstate__(self, state):
        self._headers = None
        super().__setstate__(state)
