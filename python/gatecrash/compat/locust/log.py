"""Logging as Locust sets it up, and what becomes of exceptions that nobody caught.

In: a level and perhaps a file. Out: log lines on stderr (or in the file), tables always on
stderr, and the last 500 lines kept for whoever asks. It never touches loggers' levels when
`--skip-log-setup` was given, because then nobody calls it.
"""

import logging
import logging.config
import os
import socket
from collections import deque

HOSTNAME = socket.gethostname().split(".")[0]

unhandled_greenlet_exception = False
"""True once any exception was caught by nobody; the process then ends with a code that says so."""


class LogReader(logging.Handler):
    """Keeps the last 500 formatted lines."""

    def __init__(self):
        super().__init__()
        self.logs = deque(maxlen=500)

    def emit(self, record):
        self.logs.append(self.format(record))


def setup_logging(loglevel, logfile=None):
    """Sends the root logger and `locust` to stderr or `logfile`; tables stay on stderr.

    `loglevel` is a name in any case; ValueError if there is no such level, OSError if the
    file cannot be opened. Folders of the file are made.
    """
    if logfile:
        os.makedirs(os.path.dirname(logfile) or ".", exist_ok=True)
        # dictConfig would hide the reason.
        open(logfile, "a").close()
    logging.config.dictConfig(_configuration(loglevel.upper(), logfile))


def _configuration(level: str, logfile: str | None) -> dict:
    handlers = {
        "console": {"class": "logging.StreamHandler", "formatter": "default"},
        "console_plain": {"class": "logging.StreamHandler", "formatter": "plain"},
        "log_reader": {"class": "locust.log.LogReader", "formatter": "default"},
    }
    if logfile:
        handlers["file"] = {
            "class": "logging.FileHandler",
            "filename": logfile,
            "formatter": "default",
        }
    lines = {"handlers": ["file" if logfile else "console", "log_reader"], "level": level}
    tables = {"handlers": ["console_plain", "log_reader"], "level": "INFO", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "default": {"format": f"[%(asctime)s] {HOSTNAME}/%(levelname)s/%(name)s: %(message)s"},
            "plain": {"format": "%(message)s"},
        },
        "handlers": handlers,
        "loggers": {"locust": {**lines, "propagate": False}, "locust.stats_logger": tables},
        "root": lines,
    }


def get_logs():
    """The last lines that were logged, oldest first; empty without `setup_logging`."""
    for handler in logging.getLogger().handlers:
        if handler.name == "log_reader":
            return list(handler.logs)
    return []


def greenlet_exception_logger(logger, level=logging.CRITICAL):
    """A function for `Greenlet.link_exception`: logs the exception and marks the process."""

    def on_exception(greenlet):
        global unhandled_greenlet_exception
        unhandled_greenlet_exception = True
        if greenlet.exc_info[0] is SystemExit:
            # Asked for by the file itself, so no reason to shout; the stack only for who looks.
            logger.log(
                min(level, logging.INFO),
                f"sys.exit({greenlet.exc_info[1]}) called (use log level DEBUG for callstack)",
            )
            level_of_stack = logging.DEBUG
        else:
            level_of_stack = level
        logger.log(
            level_of_stack,
            "Unhandled exception in greenlet: %s",
            greenlet,
            exc_info=greenlet.exc_info,
        )

    return on_exception
