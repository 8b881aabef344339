"""``geventhttpclient``'s user agent over the engine: requests, redirects and retries are its own.

In: a URL and what to send there, as its ``urlopen`` takes it. Out: the last answer of a chain, or
the library's exception. It also rebuilds, for whoever looks, what a quick call has sent.
"""

import re

from geventhttpclient.useragent import UserAgent

from gatecrash.http import fast_wire
from gatecrash.http.fast_answer import EngineAnswer
from gatecrash.http.fast_client import client_for, counted_client_for

ABSOLUTE_URL = re.compile(r"^https?://", re.IGNORECASE)
#: Status codes of a success; the engine knows the same ones.
VALID = frozenset((*range(200, 209), 226, 301, 302, 303, 304, 307, 308))
REDIRECTS = frozenset((301, 302, 303, 307, 308))


def redirects(exchange):
    """Whether an answer leads elsewhere."""
    return exchange.has_location and exchange.status in REDIRECTS


class EngineUserAgent(UserAgent):
    """A user agent whose pool gives clients of the engine wherever it can."""

    def __init__(self, client_pool=None, **kwargs):
        super().__init__(**kwargs)
        if client_pool is not None:
            self.clientpool = client_pool
        #: Where base URLs lead, for the quick way.
        self.places = {}

    def is_plain(self):
        """Whether its rules are the usual ones, which the engine knows."""
        return self.valid_response_codes is VALID and self.redirect_response_codes is REDIRECTS

    def asked_request(self, base_url, method, url, headers, payload, params):
        """The request of a quick call, as ``urlopen`` would have made it."""
        merged = self.default_headers.copy()
        merged.update(headers)
        url = url if ABSOLUTE_URL.match(url) else f"{base_url}{url}"
        request = self._make_request(url, method, headers=merged, payload=payload, params=params)
        if self.cookiejar is not None:
            self.cookiejar.add_cookie_header(request)
        return request

    def sent_head(self, request):
        """Request line and headers as they were sent for ``request``."""
        url = request.url_split
        client = client_for(self.clientpool, url)
        return fast_wire.encode(
            client, request.method, url.quoted_uri, request.payload, request.headers
        ).head

    def _urlopen(self, request):
        url = request.url_split
        client = counted_client_for(self.clientpool, url)
        answer = client.request(
            request.method, url.quoted_uri, body=request.payload, headers=request.headers
        )
        if type(answer) is EngineAnswer and not self._may_be_last(answer.exchange):
            # Its text goes into the report, or its connection is used again at once.
            answer.collect()
        return self.response_type(answer, request=request, sent_request=answer._sent_request)

    def _may_be_last(self, exchange):
        return exchange.status in self.valid_response_codes and not redirects(exchange)
