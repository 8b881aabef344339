"""The cookies of a ``FastHttpSession``: the standard library's jar, as its files expect it.

In: what servers and files set. Out: the ``Cookie`` header, remembered like that of
:class:`~gatecrash.http.cookies.SessionCookies`.
"""

from http.cookiejar import CookieJar

from gatecrash.http.cookies import SessionCookies


class FastCookies(CookieJar):
    """A ``CookieJar`` with a memory of the header per origin."""

    def __init__(self, policy=None):
        self._headers = {}
        super().__init__(policy)

    _cookies = SessionCookies._cookies
    is_empty = SessionCookies.is_empty
    header_for = SessionCookies.header_for
    _remember = SessionCookies._remember
