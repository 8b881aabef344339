"""Keys pressed while a run goes on.

In: a terminal on stdin, and functions by key. Out: those functions called. The terminal is put
back as it was at the end; without a terminal nothing happens.
"""

from __future__ import annotations

import logging
import select
import sys
import termios
import tty
from collections.abc import Callable

import gevent

POLL_INTERVAL_S = 0.2


class InitError(Exception):
    """There is no terminal to read keys from."""


class UnixKeyPoller:
    """Reads single keys from the terminal, without waiting for one and without showing it."""

    def __init__(self):
        if not sys.stdin or not sys.stdin.isatty():
            raise InitError("Terminal was not a tty. Keyboard input disabled")
        self.stdin = sys.stdin.fileno()
        self.tattr = termios.tcgetattr(self.stdin)
        tty.setcbreak(self.stdin, termios.TCSANOW)

    def cleanup(self):
        """Puts the terminal back as it was."""
        termios.tcsetattr(self.stdin, termios.TCSANOW, self.tattr)

    def poll(self):
        """The key that was pressed, or None."""
        ready, _, _ = select.select([sys.stdin], [], [], 0)
        return sys.stdin.read(1) if ready else None


def get_poller():
    """The way to read keys on this system; InitError without a terminal."""
    return UnixKeyPoller()


def input_listener(key_to_func_map: dict[str, Callable]):
    """A function that, run in a greenlet, calls the function of each key that is pressed."""

    def listen():
        try:
            poller = get_poller()
        except InitError as error:
            logging.debug(error)
            return
        try:
            while True:
                key = poller.poll()
                if key in key_to_func_map:
                    key_to_func_map[key]()
                elif not key:
                    gevent.sleep(POLL_INTERVAL_S)
        except Exception as error:
            logging.warning(f"Exception in keyboard input poller: {error}")
        finally:
            poller.cleanup()

    return listen
