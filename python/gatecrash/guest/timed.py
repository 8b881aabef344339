"""Timing a call to some other package, for clients that report what came of it.

In: a call. Out: how long it took in milliseconds, and its result or what it raised. Who fires
which event with it is the client's business.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Timed:
    """What came of a call: `error` is None when it returned `result`."""

    result: Any
    error: Exception | None
    response_time_ms: float


def timed(call: Callable[[], Any], catch: type[Exception] = Exception) -> Timed:
    """Makes the call; exceptions of kind `catch` are kept, others go through."""
    started = time.perf_counter()
    result = error = None
    try:
        result = call()
    except catch as raised:
        error = raised
    return Timed(result, error, (time.perf_counter() - started) * 1000)


def outcome(call: Callable[[], Any], is_empty: Callable[[Any], bool] | None = None) -> dict:
    """The call's outcome as vector-database clients return it.

    `{"success", "response_time", "result"}`, with `"empty"` if `is_empty` can tell (an empty
    answer is no success), or `{"success": False, "response_time", "exception"}`.
    """
    done = timed(call)
    if done.error is not None:
        return {
            "success": False,
            "response_time": done.response_time_ms,
            "exception": done.error,
        }
    told = {"success": True, "response_time": done.response_time_ms, "result": done.result}
    if is_empty is not None:
        told["empty"] = is_empty(done.result)
        told["success"] = not told["empty"]
    return told


def fire_outcome(request_event, request_type: str, name: str, told: dict) -> None:
    """The request event for an outcome; time in whole milliseconds, no length."""
    request_event.fire(
        request_type=request_type,
        name=name,
        response_time=int(told.get("response_time", 0)),
        response_length=0,
        exception=told.get("exception"),
    )
