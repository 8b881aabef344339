"""Noticing user code that computes and never gives way: no other greenlet runs until it does.

In: a timer of gevent's hub, which beats as long as greenlets give way, and a timer of the kernel,
which counts the process's CPU time and interrupts whatever runs. Out: a line that says where the
code is; and when the run should be over, an end of the greenlet that holds everybody up. Code that
waits inside a library that knows nothing of gevent uses no CPU and is not noticed.
"""

from __future__ import annotations

import atexit
import logging
import signal
import time
from types import FrameType

import gevent

logger = logging.getLogger("locust.main")

BEAT_S = 0.25
TELL_AFTER_S = 5
"""Silence of the hub after which users' code is told off."""
END_AFTER_S = 1
"""Silence of the hub, past the run's end, after which users' code is ended."""


class Watchdog:
    """One per process, for the time of a run."""

    def __init__(self):
        self._beat_at = time.monotonic()
        self._end_at = float("inf")
        self._told = False
        self._timer = None

    def start(self) -> None:
        """Begins to watch, unless the file uses the kernel's timer itself."""
        if signal.getsignal(signal.SIGVTALRM) is not signal.SIG_DFL:
            return
        # Without a reference: a beat is no reason for the hub to go on.
        self._timer = gevent.get_hub().loop.timer(BEAT_S, BEAT_S, ref=False)
        self._timer.start(self._beat)
        signal.signal(signal.SIGVTALRM, self._look)
        signal.siginterrupt(signal.SIGVTALRM, False)
        signal.setitimer(signal.ITIMER_VIRTUAL, END_AFTER_S, END_AFTER_S)
        # Python gives signals their default action at its end, which for this one is death.
        atexit.register(signal.setitimer, signal.ITIMER_VIRTUAL, 0)

    def end_by(self, seconds: float) -> None:
        """In so many seconds from now the run should be over."""
        self._end_at = time.monotonic() + seconds

    def _beat(self) -> None:
        self._beat_at = time.monotonic()
        self._told = False

    def _look(self, _number: int, frame: FrameType | None) -> None:
        # Runs in the greenlet that is at work, between two of its instructions.
        now = time.monotonic()
        silent_s = now - self._beat_at
        told = (
            f"Code of a user has computed for {silent_s:.0f} s without giving way, so all other "
            f"users stand still: {_place(frame)}."
        )
        if silent_s > TELL_AFTER_S and not self._told:
            self._told = True
            logger.warning(f"{told} Let it call gevent.sleep(0) now and then.")
        late = silent_s > END_AFTER_S and now > self._end_at
        if late and isinstance(gevent.getcurrent(), gevent.Greenlet):
            logger.warning(f"{told} The run is over, so this user is ended there.")
            raise gevent.GreenletExit


def _place(frame: FrameType | None) -> str:
    if frame is None:
        return "somewhere"
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
