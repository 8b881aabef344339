"""All locustfiles of a run together: their user classes, shapes and tasks, by name.

In: paths. Out: one `Found`. Two files that define the same name end the process, as nobody could
tell which one is meant; the same class met twice (one file imports the other) is one class.
"""

from __future__ import annotations

import inspect
import logging
import os
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from traceback import StackSummary, TracebackException

HEADING = "Traceback (most recent call last):\n"
MINIMUM_OPEN_FILES = 10_000


@dataclass
class Found:
    """What the locustfiles hold."""

    users: dict = field(default_factory=dict)
    shapes: dict = field(default_factory=dict)
    tasks: dict = field(default_factory=dict)

    @property
    def shape(self):
        """The shape that the run uses: the first one found, if any."""
        return next(iter(self.shapes.values()), None)

    def add(self, users: dict, shapes: list) -> None:
        """Adds what one file holds; ends the process with 1 on a name that another file has."""
        for shape in shapes:
            name = type(shape).__name__
            if name in self.shapes:
                _same_or_exit(
                    type(self.shapes[name]), type(shape), f"Duplicate shape classes: {name}"
                )
            else:
                self.shapes[name] = shape
        for name, user in users.items():
            if name in self.users:
                _same_or_exit(
                    self.users[name], user, f"Duplicate user class names: {name} is defined"
                )
            else:
                self.users[name] = user
                self.tasks[name] = user.tasks


def _same_or_exit(first: type, second: type, message: str) -> None:
    paths = inspect.getfile(first), inspect.getfile(second)
    if paths[0] != paths[1]:
        sys.stderr.write(f"{message} in both {paths[0]} and {paths[1]}\n")
        sys.exit(1)


def load_all(locustfiles: list[str]) -> Found:
    """Imports all files; those without user classes are tried as pytest-style files."""
    from locust.util.load_locustfile import load_locustfile, load_locustfile_pytest

    found = Found()
    for path in locustfiles:
        found.add(*load_locustfile(path))
    if not found.users and find_spec("pytest"):
        for path in locustfiles:
            found.add(load_locustfile_pytest(path), [])
    return found


def traceback_of(error: Exception) -> str:
    """The traceback of what a locustfile raised, from that file on: how it came to be imported
    helps nobody."""
    report = TracebackException.from_exception(error)
    report.stack = StackSummary.from_list(
        [frame for frame in report.stack if not _is_ours(frame.filename)]
    )
    text = "".join(report.format())
    # Python leaves the heading out where no frame is left, as after a syntax error.
    return text if text.startswith(HEADING) else f"{HEADING}{text}"


def _is_ours(path: str) -> bool:
    package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    return path.startswith("<frozen ") or os.path.realpath(path).startswith(package + os.sep)


def raise_open_file_limit() -> None:
    """Lets this process have at least 10,000 files and sockets open, or says that it may not."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= MINIMUM_OPEN_FILES or soft == resource.RLIM_INFINITY:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (MINIMUM_OPEN_FILES, hard))
    except (OSError, ValueError):
        logging.getLogger("locust.main").warning(
            f"System open file limit '{soft}' is below minimum setting '{MINIMUM_OPEN_FILES}'. "
            "Each user needs at least one, and the system did not allow to raise it: "
            f"run 'ulimit -n {MINIMUM_OPEN_FILES}' as somebody who may."
        )
