"""A CSV file with one line per request.

In: request events. Out: a file with the columns below, begun anew when the logger is registered
and closed when the process quits::

    CsvRequestLogger("requests.csv").register(environment)   # in an `init` listener
"""

import csv
import logging
import time
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from locust.env import Environment

logger = logging.getLogger(__name__)

CSV_COLUMNS = (
    "timestamp",
    "request_type",
    "name",
    "response_time_ms",
    "response_length",
    "status_code",
    "exception",
)
"""timestamp: when the request was sent, epoch seconds; status_code: 0 without an HTTP answer."""


class CsvRequestLogger:
    """Writes the file; `flush_interval` is how many lines may wait before they reach the disk."""

    def __init__(self, filepath: str, *, flush_interval: int = 1) -> None:
        self.filepath = filepath
        self.flush_interval = max(1, flush_interval)
        self._filehandle: TextIO | None = None
        self._writer: Any = None
        self._pending = 0

    def register(self, environment: "Environment") -> None:
        """Begins the file and listens; OSError when the file cannot be written."""
        self._open()
        environment.events.request.add_listener(self._on_request)
        environment.events.quitting.add_listener(self._on_quitting)
        logger.debug("CsvRequestLogger: writing per-request log to %s", self.filepath)

    def close(self) -> None:
        """Closes the file; may be called again."""
        if self._filehandle is not None:
            self._filehandle.close()
            logger.debug("CsvRequestLogger: closed %s", self.filepath)
        self._filehandle = self._writer = None
        self._pending = 0

    def _open(self) -> None:
        self.close()
        self._filehandle = open(self.filepath, "w", newline="", encoding="utf-8")  # noqa: SIM115
        self._writer = csv.writer(self._filehandle)
        self._writer.writerow(CSV_COLUMNS)
        self._filehandle.flush()

    def _on_request(
        self,
        *,
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int,
        exception: Any = None,
        response: Any = None,
        start_time: float | None = None,
        context: Any = None,
        **kwargs: Any,
    ) -> None:
        if self._writer is None:
            return
        sent_at = time.time() if start_time is None else start_time
        self._writer.writerow(
            (
                round(sent_at, 6),
                request_type,
                name,
                "" if response_time is None else round(response_time, 2),
                response_length,
                _status_code(response, exception),
                "" if exception is None else str(exception),
            )
        )
        self._pending += 1
        if self._pending >= self.flush_interval:
            self._filehandle.flush()
            self._pending = 0

    def _on_quitting(self, **kwargs: Any) -> None:
        self.close()


def _status_code(response: Any, exception: Any) -> int:
    """The HTTP status of a response, 0 for anything that has none."""
    try:
        return int(response.status_code)
    except (AttributeError, TypeError, ValueError):
        return 0
