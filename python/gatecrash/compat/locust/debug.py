"""Running one user in the current greenlet, for a debugger.

In: a user class, and the process's own command line. Out: a line on stdout per request. No
runner, no statistics, no end of its own.
"""

from __future__ import annotations

import inspect
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import locust
from locust import argument_parser, log
from locust.env import Environment
from locust.exception import CatchResponseError

if TYPE_CHECKING:
    from locust import User

_env: Environment | None = None
"""Shared by all calls of `run_single_user` in a process."""


class PrintListener:
    """Prints a heading, then every request of an Environment, columns separated by tabs."""

    def __init__(
        self,
        env: Environment,
        include_length=False,
        include_time=False,
        include_context=False,
        include_payload=False,
    ):
        self.include_length = "length\t" if include_length else ""
        self.include_time = f"{'time':<24}\t" if include_time else ""
        self.include_context = "context\t" if include_context else ""
        self.include_payload = "payload\t" if include_payload else ""
        env.events.request.add_listener(self.on_request)
        print(
            f"\n{self.include_time}type\t{'name':<50}\tresp_ms\t{self.include_length}exception\t"
            f"{self.include_context}\t{self.include_payload}"
        )

    def on_request(
        self,
        request_type,
        name,
        response_time,
        response_length,
        exception,
        context: dict,
        start_time=None,
        response=None,
        **_kwargs,
    ):
        """Prints one request."""
        cells = [request_type, f"{name or '':<50}", f"{_whole_ms(response_time):<7}"]
        if self.include_time:
            at = datetime.fromtimestamp(start_time, tz=UTC) if start_time else datetime.now()
            cells.insert(0, at)
        if self.include_length:
            cells.append(response_length)
        cells.append(f"{_error_text(exception):<9}")
        if self.include_context:
            cells.append(context or "")
        if self.include_payload:
            cells.append(_payload(response))
        print("".join(f"{cell}\t" for cell in cells))


def _whole_ms(response_time: float | None) -> int:
    return -1 if response_time is None else round(response_time)


def _error_text(exception) -> str:
    if not exception:
        return ""
    try:
        text = str(exception) if isinstance(exception, CatchResponseError) else repr(exception)
    except AttributeError:
        text = f"{exception.__class__} (and it has no string representation)"
    return text[:500].replace("\n", " ")


def _payload(response):
    """What was sent: responses of FastHttpUser and of HttpUser keep it in different places."""
    request = getattr(response, "_request", None) or getattr(response, "request", None)
    payload = getattr(request, "payload", None)
    return getattr(request, "body", None) if payload is None else payload


def run_single_user(
    user_class: type[User],
    include_length=False,
    include_time=False,
    include_context=False,
    include_payload=False,
    loglevel: str | None = "WARNING",
):
    """Runs one user until it ends, printing each of its requests.

    Fires `init` and `test_start`, never `test_stop` or `quit`. `loglevel` None leaves logging
    alone. The user is `environment.single_user_instance`.
    """
    global _env
    if loglevel:
        log.setup_logging(loglevel)
    if _env is None:
        caller = inspect.stack()[1].filename
        _env = _environment(os.path.basename(caller))
        PrintListener(_env, include_length, include_time, include_context, include_payload)
        _env.events.init.fire(environment=_env, runner=None, web_ui=None)
        if log.unhandled_greenlet_exception:
            # An init listener raised, which is logged. As a debugger may hold the process, no
            # exception would reach the outside.
            os._exit(1)
    _env.user_classes = [user_class]
    _env._filter_tasks_by_tags()
    _env.events.test_start.fire(environment=_env)
    if _env.host:
        user_class.host = _env.host
    user = user_class(_env)
    _env.single_user_instance = user
    user.run()


def _environment(locustfile: str) -> Environment:
    options = argument_parser.get_parser().parse_args()
    options.locustfile = locustfile
    return Environment(
        events=locust.events, locustfile=locustfile, host=options.host, parsed_options=options
    )
