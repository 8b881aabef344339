"""Ctrl-C and SIGTERM: the first asks for an orderly end with all outputs, the second ends at once
and only completes the CSV files.

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
    """What the two signals have asked for so far; the first one also calls `on_first`, the second
    one `on_second`, which must not give way to other greenlets."""

    def __init__(self, on_first: Callable[[], None], on_second: Callable[[], None]):
        self.received = Event()
        self._on_first = on_first
        self._on_second = on_second
        self._number: int | None = None

    def install(self) -> None:
        """Takes over both signals of this process."""
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, number: int, _frame) -> None:
        # Runs in whichever greenlet happens to be at work: nothing here may wait.
        if self._number is not None:
            self._end_at_once(number)
        self._number = number
        self._on_first()
        self.received.set()

    def _end_at_once(self, number: int) -> None:
        for either in (signal.SIGINT, signal.SIGTERM):
            # Should what is left to write hang, a third signal ends that too.
            signal.signal(either, signal.SIG_DFL)
        try:
            self._on_second()
        finally:
            os._exit(128 + number)

    @property
    def name(self) -> str | None:
        """The signal that asked for the end, if one did: SIGINT or SIGTERM."""
        return signal.Signals(self._number).name if self._number is not None else None

    def announce(self) -> None:
        """Logs which signal it was."""
        if self._number == signal.SIGTERM:
            logger.info("Got SIGTERM signal")
        else:
            logger.info("Got Ctrl-C, shutting down (once more to end at once)")
