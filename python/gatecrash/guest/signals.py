"""Ctrl-C and SIGTERM: the first asks for an orderly end with all outputs, the second ends at once.

In: the two signals. Out: an event that the main greenlet waits for. A locustfile's own handlers
win: one for Ctrl-C whenever it was installed, one for SIGTERM when it is installed later.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable

from gevent.event import Event

logger = logging.getLogger("locust.main")


class Interrupts:
    """What the two signals have asked for so far; the first one also calls `on_first`."""

    def __init__(self, on_first: Callable[[], None]):
        self.received = Event()
        self._on_first = on_first
        self._number: int | None = None

    def install(self) -> None:
        """Takes over both signals of this process."""
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, number: int, _frame) -> None:
        # Runs in whichever greenlet happens to be at work: nothing here may wait.
        if self._number is not None:
            os._exit(128 + number)
        self._number = number
        self._on_first()
        self.received.set()

    def announce(self) -> None:
        """Logs which signal it was."""
        if self._number == signal.SIGTERM:
            logger.info("Got SIGTERM signal")
        else:
            logger.info("Got Ctrl-C, shutting down (once more to end at once)")
