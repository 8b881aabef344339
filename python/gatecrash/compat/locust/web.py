"""The page, which Gatecrash does not have yet: asking for it says so."""

from __future__ import annotations

from gatecrash.guest.later import not_there_yet

HOST_IS_REQUIRED = False
DEFAULT_CACHE_TIME = 2.0


class WebUI:
    """Locust's page and its HTTP API."""

    app = None
    greenlet = None
    server = None

    def __init__(self, environment, host: str, port: int, *args, **kwargs):
        raise not_there_yet("The web page")
