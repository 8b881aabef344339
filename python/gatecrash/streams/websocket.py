"""`WebSocketUser`: WebSockets that the engine holds.

In: messages to send, and what must come back. Out: messages, and a `request` event for each opening,
sending and waiting, with the round trip where an answer is waited for. The engine reads messages as
they come and stamps them, and answers pings, whatever the user does meanwhile.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import gevent
from gatecrash import _engine
from locust.exception import RescheduleTask, StopTest
from locust.user.users import NO_HOST, User

METHOD = "WS"
"""What the reports show as the type of these requests."""

SCHEMES = {"ws": "http", "wss": "https", "http": "http", "https": "https"}
NOT_OPEN = "the WebSocket is not open"

Wanted = str | Callable[[Any], bool] | None


class WebSocketError(RescheduleTask):
    """Something about a WebSocket failed, and is in the statistics already. Where nobody catches
    it, it ends the task and no more."""


class WebSocketUser(User):
    """A user whose client opens WebSockets; `host` may begin with ws://, wss://, http:// or
    https://."""

    abstract = True
    verify: bool | str = True
    """Whether certificates are checked; or the file of those to trust."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.host is None:
            raise StopTest(NO_HOST)
        self.client = WebSocketClient(self.host, self, verify=self.verify)


class WebSocketClient:
    """Opens WebSockets and reports what becomes of them; one per user."""

    def __init__(self, base_url: str, user: User, verify: bool | str = True):
        self.base_url = base_url
        self.user = user
        self.verify = verify

    def connect(
        self,
        path: str = "",
        *,
        name: str | None = None,
        headers: dict[str, str] | None = None,
        subprotocols: list[str] | tuple[str, ...] = (),
        timeout: float | None = 10.0,
    ) -> WebSocket:
        """Opens a WebSocket at a path of the host, or at a URL. Raises WebSocketError."""
        url = path if "://" in path else f"{self.base_url}{path}"
        origin, target = self._place(url)
        report = _Reporter(self.user, url)
        socket = _engine.Socket(
            origin, target, list((headers or {}).items()), list(subprotocols), timeout
        )
        took_ms, subprotocol, failure = socket.opened()
        name = name or target
        report.tell(name, took_ms, 0, failure and failure[1])
        report.measure(name, "ws_connect", took_ms)
        return WebSocket(socket, report, name, subprotocol)

    def _place(self, url: str) -> tuple[_engine.Origin, str]:
        parts = urlsplit(url)
        scheme = SCHEMES.get(parts.scheme)
        if scheme is None or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a WebSocket: ws://host/path")
        target = parts.path or "/"
        if parts.query:
            target += f"?{parts.query}"
        return _engine.Origin(scheme, parts.hostname, parts.port, self.verify), target


class WebSocket:
    """An open WebSocket. Every method but `close` raises WebSocketError when it fails."""

    def __init__(self, socket: _engine.Socket, report: _Reporter, name: str, subprotocol):
        self.subprotocol: str | None = subprotocol
        """The one that the server chose."""
        self._socket = socket
        self._report = report
        self._name = name
        self._opened_ms = socket.now_ms
        self._received = 0
        self._is_over: str | None = None
        self._sent_ms: float | None = None

    def send(self, message: Any, *, name: str = "send") -> None:
        """Sends text, bytes, or anything else as JSON; returns when the system has it."""
        called_ms = self._socket.now_ms
        at_ms, fault = self._send(message)
        self._report.tell(name, at_ms - called_ms, 0, fault)

    def recv(self, *, timeout: float | None = 10.0, name: str = "recv") -> str | bytes:
        """The next message."""
        return self.expect(None, timeout=timeout, name=name)

    def expect(
        self, wanted: Wanted = None, *, timeout: float | None = 10.0, name: str = "expect"
    ) -> str | bytes:
        """The next message that contains a text, or that a function says True of; those before it
        are dropped. Measures the round trip if something was sent since the last such wait."""
        called_ms, sent_ms = self._socket.now_ms, self._sent_ms
        message, at_ms, fault = self._wait(wanted, called_ms, timeout)
        self._report.tell(name, at_ms - called_ms, len(message or ""), fault)
        if sent_ms is not None:
            self._report.measure(name, "round_trip", max(0.0, at_ms - sent_ms))
        return message

    def ask(
        self,
        message: Any,
        wanted: Wanted = None,
        *,
        timeout: float | None = 10.0,
        name: str = "ask",
    ) -> str | bytes:
        """Sends a message and waits for what must come back: one request, its round trip."""
        called_ms = self._socket.now_ms
        _, fault = self._send(message)
        answer, at_ms = None, self._socket.now_ms
        if fault is None:
            answer, at_ms, fault = self._wait(wanted, called_ms, timeout)
        self._report.tell(name, at_ms - called_ms, len(answer or ""), fault)
        self._report.measure(name, "round_trip", at_ms - called_ms)
        return answer

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Says goodbye and waits for the server's own; measures the messages per second."""
        if self._opened_ms is None:
            return
        open_s = (self._socket.now_ms - self._opened_ms) / 1000
        self._opened_ms = None
        if open_s > 0:
            self._report.measure(self._name, "messages_per_s", self._received / open_s)
        self._socket.close(code, reason)
        while self._is_over is None:
            self._take(self._socket.receive())

    def __enter__(self) -> WebSocket:
        return self

    def __exit__(self, *_fault) -> None:
        self.close()

    def _send(self, message: Any) -> tuple[float, str | None]:
        if not isinstance(message, str | bytes):
            message = json.dumps(message)
        at_ms, fault = self._socket.send(message)
        self._sent_ms = at_ms
        return at_ms, fault

    def _wait(self, wanted: Wanted, called_ms: float, timeout: float | None):
        """(message, when it came, None), or (None, when, why it did not)."""
        self._sent_ms = None
        deadline_ms = float("inf") if timeout is None else called_ms + timeout * 1000
        while True:
            message, at_ms, fault = self._next(deadline_ms)
            if fault is not None:
                return None, max(at_ms, called_ms), fault
            if _is_wanted(message, wanted):
                # It may have come before anybody asked for it.
                return message, max(at_ms, called_ms), None

    def _next(self, deadline_ms: float):
        if self._is_over is not None:
            return None, self._socket.now_ms, self._is_over
        try:
            with gevent.Timeout.start_new(self._seconds_until(deadline_ms), _TimedOut):
                return self._take(self._socket.receive())
        except _TimedOut:
            # What came in time counts, even if nobody had time to look.
            found = self._socket.receive_now()
            if found is not None and self._take(found)[1] <= deadline_ms:
                return found
            return None, deadline_ms, "no such message within the timeout"

    def _seconds_until(self, deadline_ms: float) -> float | None:
        if deadline_ms == float("inf"):
            return None
        return max(0.0, (deadline_ms - self._socket.now_ms) / 1000)

    def _take(self, found):
        message, _, end = found
        if message is None:
            self._is_over = end or NOT_OPEN
        else:
            self._received += 1
        return found


class _TimedOut(BaseException):
    """The message did not come in time."""


def _is_wanted(message: str | bytes, wanted: Wanted) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return wanted in (message if isinstance(message, str) else message.decode(errors="replace"))
    return bool(wanted(message))


class _Reporter:
    """Fires the events of one socket."""

    def __init__(self, user: User, url: str):
        self._user = user
        self._url = url

    def tell(self, name: str, took_ms: float, length: int, fault: str | None) -> None:
        """One request; raises WebSocketError if it failed."""
        error = WebSocketError(fault) if fault else None
        self._user.environment.events.request.fire(
            request_type=METHOD,
            name=name,
            response_time=took_ms,
            response_length=length,
            exception=error,
            context=self._user.context(),
            response=None,
            start_time=time.time() - took_ms / 1000,
            url=self._url,
        )
        if error is not None:
            raise error

    def measure(self, name: str, measure: str, value: float) -> None:
        """One value of a measure."""
        self._user.environment.stats._engine.measure(METHOD, name, [(measure, value)])
