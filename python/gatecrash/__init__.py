"""Gatecrash: load testing of APIs with Locust files, on an engine written in Rust.

Importing this package makes `import locust` resolve to the compatible package that
lives in `compat/locust`, in this process only and even where real Locust is installed.
It never imports that package itself, so nothing is monkey patched until a file asks.
"""

from gatecrash._engine import VERSION as __version__
from gatecrash.finder import install

LOCUST_VERSION = "2.47.0"
"""The release of Locust whose behaviour `import locust` offers."""

__all__ = ["LOCUST_VERSION", "SseUser", "WebSocketUser", "__version__", "install"]

install()


def __getattr__(name: str):
    # Not before somebody asks: they import `locust`, which patches the standard library.
    if name == "SseUser":
        from gatecrash.streams.sse import SseUser

        return SseUser
    if name == "WebSocketUser":
        from gatecrash.streams.websocket import WebSocketUser

        return WebSocketUser
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
