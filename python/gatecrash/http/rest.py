"""``rest()``: a request whose answer is JSON and whose block may simply assert.

In: a call. Out: the response with the parsed body in ``js``; whatever goes wrong in the block is
a failure of that request and never leaves it.
"""

import re
import time
import traceback
from contextlib import contextmanager
from json import JSONDecodeError

_HOME = re.compile(r"/(?:home|Users)/\w*/")


class RestMixin:
    """``rest`` and ``rest_`` for users whose ``client`` speaks HTTP."""

    @contextmanager
    def rest(self, method, url, headers: dict | None = None, **kwargs):
        """Sends JSON headers unless others are given, and parses the answer into ``js``."""
        headers = dict(headers) if headers else {}
        for name in ("Content-Type", "Accept"):
            if name not in headers and name.lower() not in headers:
                headers[name] = "application/json"
        with self.client.request(
            method, url, catch_response=True, headers=headers, **kwargs
        ) as response:
            _parse(response)
            try:
                yield response
            except AssertionError as fault:
                response.failure(_assertion_text(fault, response))
            except Exception as fault:
                response.failure(_exception_text(fault, response))

    @contextmanager
    def rest_(self, method, url, name=None, **kwargs):
        """``rest`` with a time stamp in the query, which keeps caches out."""
        stamp = f"{url}{'&' if '?' in url else '?'}_="
        if name is None:
            name = f"{stamp}..."
        with self.rest(
            method, f"{stamp}{int(time.time() * 1000)}", name=name, **kwargs
        ) as response:
            yield response


def _parse(response):
    response.js = None
    if response.content is None:
        response.failure(str(response.error))
    elif response.text:
        try:
            response.js = response.json()
        except JSONDecodeError as fault:
            response.failure(
                f"Could not parse response as JSON. {response.text[:250]}, "
                f"response code {response.status_code}, error {fault}"
            )


def _short(response):
    return response.text[:200] if response.text else response.text


def _assertion_text(fault, response):
    if not fault.args:
        return "Assertion failed"
    message = fault.args[0]
    if message.endswith(","):
        return f"{message[:-1]}, response was {_short(response)}"
    return message


def _exception_text(fault, response):
    frames = traceback.extract_tb(fault.__traceback__)
    places = [
        f"{_HOME.sub('~/', frame.filename)}:{frame.lineno} in {frame.name}"
        for frame in frames
        if frame.filename.startswith("/")
    ]
    return (
        f"{type(fault).__name__}: {fault} at {', '.join(places)}. Response was {_short(response)}"
    )
