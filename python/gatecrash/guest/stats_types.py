"""What statistics look like when they are sent or written, and one kind of failure.

In: plain values. Out: dicts, keys and texts. The names are those of `locust.stats`, which shows
them as its own.
"""

from __future__ import annotations

import hashlib
import time
from abc import abstractmethod
from collections import namedtuple
from collections.abc import Iterable
from typing import Protocol, TypedDict

from gatecrash import _engine
from locust.exception import CatchResponseError


class CSVWriter(Protocol):
    """What rows are written to; a `csv.writer` does."""

    @abstractmethod
    def writerow(self, columns: Iterable[str | int | float]) -> None: ...


class StatsBaseDict(TypedDict):
    name: str
    method: str


class StatsEntryDict(StatsBaseDict):
    """An entry as it is sent and written: times in ms, instants in seconds since 1970."""

    last_request_timestamp: float | None
    start_time: float
    num_requests: int
    num_none_requests: int
    num_failures: int
    total_response_time: int
    max_response_time: int
    min_response_time: int | None
    total_content_length: int
    response_times: dict[int, int]
    num_reqs_per_sec: dict[int, int]
    num_fail_per_sec: dict[int, int]


class StatsErrorDict(StatsBaseDict):
    """A kind of failure as it is sent and written."""

    error: str
    occurrences: int
    first_seen: float | None
    last_seen: float | None


class StatsHolder(Protocol):
    """Anything with a name and a method."""

    name: str
    method: str


CachedResponseTimes = namedtuple(
    "CachedResponseTimes", ["response_times", "num_requests", "num_none_requests"]
)


class StatsError:
    """One kind of failure and how often it happened."""

    def __init__(
        self,
        method: str,
        name: str,
        error: Exception | str | None,
        occurrences: int = 0,
        first_seen: float | None = None,
        last_seen: float | None = None,
    ):
        self.method = method
        self.name = name
        self.error = error
        self.occurrences = occurrences
        self.first_seen = first_seen
        self.last_seen = last_seen

    @classmethod
    def parse_error(cls, error: Exception | str | None) -> str:
        """The error as text, without the memory address of an object in it."""
        return _engine.error_text(error)

    @classmethod
    def create_key(cls, method: str, name: str, error: Exception | str | None) -> str:
        """What tells this kind of failure from others."""
        text = f"{method}.{name}.{cls.parse_error(error)!r}"
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def occurred(self) -> None:
        """Counts one more, now."""
        self.occurrences += 1
        self.last_seen = time.time()
        if self.first_seen is None:
            self.first_seen = self.last_seen

    def to_name(self) -> str:
        """Method, name and error for people; a file's own message stands without its wrapper."""
        if isinstance(self.error, CatchResponseError):
            error = self.error.args[0]
        else:
            text = self.error if isinstance(self.error, str) else repr(self.error)
            error = _engine.readable_error(text)
        return f"{self.method} {self.name}: {error}"

    def serialize(self) -> StatsErrorDict:
        """The failure as a dict with the error as text."""
        return self.to_dict()

    @classmethod
    def unserialize(cls, data: StatsErrorDict) -> StatsError:
        """A failure from a dict."""
        seen = data.get("first_seen"), data.get("last_seen")
        return cls(data["method"], data["name"], data["error"], data["occurrences"], *seen)

    def to_dict(self):
        """The failure as a dict with the error as text."""
        return {
            "name": self.name,
            "method": self.method,
            "error": self.parse_error(self.error),
            "occurrences": self.occurrences,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
        }
