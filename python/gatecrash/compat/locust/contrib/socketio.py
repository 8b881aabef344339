"""A user of Socket.IO servers, through python-socketio.

In: `self.sio`, a `socketio.Client`. Out: requests of types WS (connect), WSS (send), WSE (emit),
WSC (call) and WSR (event received); only connect and call have a time, the others have 0.
May be one base of a user beside HttpUser.
"""

from typing import Any

import gevent
import socketio

from locust import User
from locust.event import EventHook


class SocketIOClient(socketio.Client):
    """python-socketio's client, with what it does counted."""

    def __init__(self, request_event: EventHook, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.request_event = request_event

    def connect(self, *args, **kwargs):
        """Connects; what that raises is counted and goes no further."""
        with self.request_event.measure("WS", "connect"):
            super().connect(*args, **kwargs)

    def send(self, data, namespace=None, callback=None, name="Unnamed") -> None:
        """Sends a message."""
        self._count_attempt("WSS", name, data, super().send, data, namespace, callback)

    def emit(self, event, data=None, namespace=None, callback=None) -> None:
        """Sends an event."""
        self._count_attempt("WSE", str(event), data, super().emit, event, data, namespace, callback)

    def call(self, event, data=None, *args, **kwargs):
        """Sends an event and waits for the server's answer, which it returns."""
        with self.request_event.measure("WSC", event):
            return super().call(event, data, *args, **kwargs)

    def on_message(self, event: str, data: str) -> None:
        """Called for every event that arrives; override it to take a time from the data."""
        self._count("WSR", event, data, None)

    def _count_attempt(self, request_type, name, data, send, *args) -> None:
        error = None
        try:
            send(*args)
        except Exception as raised:
            error = raised
        self._count(request_type, name, data, error)

    def _count(self, request_type: str, name: str, data, error: Exception | None) -> None:
        self.request_event.fire(
            request_type=request_type,
            name=name,
            response_time=0,
            response_length=len(data or []),
            exception=error,
            context={},
        )


class SocketIOUser(User):
    """A user with a `SocketIOClient` as `self.sio`."""

    abstract = True
    options: dict[str, Any] = {}
    """Arguments of `socketio.Client`, e.g. `{"reconnection_attempts": 1}`."""
    sio: SocketIOClient

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.sio = SocketIOClient(self.environment.events.request, **self.options)
        self.sio_greenlet = gevent.spawn(self.sio.wait)
        self.sio.on("*", self.sio.on_message)
