"""Statistics of a run, as live views on the numbers that the engine keeps.

In: requests that were judged in Python (plain ones the engine counts by itself). Out: entries per
name and method, failures, tables, CSV and JSON. No number is kept here: every attribute asks the
engine, so it is never behind. The constants below may be assigned by locustfiles; they, and a
function put in the place of `bucket_response_time`, are looked at each time they are needed.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import gevent

from gatecrash import _engine
from gatecrash.guest.csv_files import StatsCSV as StatsCSV
from gatecrash.guest.csv_files import StatsCSVFileWriter as StatsCSVFileWriter
from gatecrash.guest.later import not_there_yet
from gatecrash.guest.stats_types import CachedResponseTimes as CachedResponseTimes
from gatecrash.guest.stats_types import CSVWriter as CSVWriter
from gatecrash.guest.stats_types import StatsBaseDict as StatsBaseDict
from gatecrash.guest.stats_types import (
    StatsEntryDict,
    StatsError,
    StatsErrorDict,
    StatsHolder,
)
from locust.util.date import format_utc_timestamp
from locust.util.rounding import proper_round

if TYPE_CHECKING:
    from types import FrameType

    from locust.event import Events
    from locust.runners import Runner

console_logger = logging.getLogger("locust.stats_logger")
logger = logging.getLogger(__name__)

CONSOLE_STATS_INTERVAL_SEC = 2
"""Seconds between two tables on the console."""
HISTORY_STATS_INTERVAL_SEC = 5
"""Seconds between two points of the history that charts are drawn from."""
CSV_STATS_INTERVAL_SEC = 1
"""Seconds between two states of the CSV files."""
CSV_STATS_FLUSH_INTERVAL_SEC = 5
"""Without effect: every state of the CSV files is written through at once."""
CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW = 10
"""Seconds that count as "now" in current percentiles."""
PERCENTILES_TO_REPORT = [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0]
PERCENTILES_TO_STATISTICS = [0.95, 0.99]
PERCENTILES_TO_CHART = [0.5, 0.95]
STATS_TYPE_WIDTH = 8
STATS_AUTORESIZE = True
"""Whether the width of the name follows the terminal's; set to False to keep one of your own."""

MOST_CHART_PERCENTILES = 6


def _terminal_name_width() -> int:
    try:
        return max(min(os.get_terminal_size()[0] - 80, 80), 0)
    except OSError:
        # Not a terminal: there is room.
        return 80


STATS_NAME_WIDTH = _terminal_name_width()


def resize_handler(signum: int, frame: FrameType | None):
    """Follows the terminal's width."""
    global STATS_NAME_WIDTH
    if STATS_AUTORESIZE:
        STATS_NAME_WIDTH = _terminal_name_width()


try:
    signal.signal(signal.SIGWINCH, resize_handler)
except (AttributeError, ValueError):
    # A system without this signal, or a thread that may not ask for it.
    pass


S = TypeVar("S", bound=StatsHolder)


class RequestStatsAdditionError(Exception):
    """Kept for files that import it; nothing raises it."""


def bucket_response_time(response_time: int | float) -> int:
    """Rounds a time in ms to two digits above 100 ms and to whole ms below, ties to even."""
    if response_time < 100:
        return round(response_time)
    digits = 1 if response_time < 1000 else 2 if response_time < 10_000 else 3
    return int(round(response_time, -digits))


_own_bucket_response_time = bucket_response_time
_assigned_rounding: tuple[Callable, _engine.Rounding] | None = None


def current_rounding() -> _engine.Rounding | None:
    """The rounding in force as the engine takes it: None for Locust's own."""
    global _assigned_rounding
    if bucket_response_time is _own_bucket_response_time:
        return None
    if _assigned_rounding is None or _assigned_rounding[0] is not bucket_response_time:
        _assigned_rounding = bucket_response_time, _engine.Rounding(bucket_response_time)
    return _assigned_rounding[1]


def get_readable_percentiles(percentile_list: list[float]) -> list[str]:
    """Shares as percents: `50%` for 0.5."""
    return _engine.percent_labels(percentile_list)


def calculate_response_time_percentile(
    response_times: dict[int, int], num_requests: int, percent: float
) -> int:
    """The time in ms that a share (0 to 1) of `num_requests` kept within; 0 without times."""
    within = int(num_requests * percent)
    longer = 0
    for response_time in sorted(response_times, reverse=True):
        longer += response_times[response_time]
        if num_requests - longer <= within:
            return response_time
    return 0


def diff_response_time_dicts(latest: dict[int, int], old: dict[int, int]) -> dict[int, int]:
    """What `latest` has more than `old`; times with nothing new are left out."""
    new = {time: count - old.get(time, 0) for time, count in latest.items()}
    return {time: count for time, count in new.items() if count}


def avg(values: list[float | int]) -> float:
    """The mean; 0.0 of nothing."""
    return sum(values, 0.0) / max(len(values), 1)


class EntriesDict(Mapping):
    """The entries by (name, method). Asking for one by `[...]` makes it; `get` does not."""

    def __init__(self, request_stats):
        self.request_stats = request_stats

    def __getitem__(self, key):
        return self.request_stats._entry(*key)

    def get(self, key, default=None):
        return self[key] if key in self else default

    def __contains__(self, key):
        return isinstance(key, tuple) and self.request_stats._engine.has(*map(str, key))

    def __iter__(self):
        return iter(self.request_stats._engine.keys())

    def __len__(self):
        return len(self.request_stats._engine.keys())

    def __repr__(self):
        return repr(dict(self))


class RequestStats:
    """The statistics of one Environment, in users as `self.environment.stats`."""

    def __init__(self, use_response_times_cache=True) -> None:
        self.use_response_times_cache = use_response_times_cache
        self._engine = _engine.Stats()
        self._engine.keep_window(CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW)
        self.entries: Mapping[tuple[str, str], StatsEntry] = EntriesDict(self)
        self.total = StatsEntry._of(self, "Aggregated", "", self._engine.total())
        self.history: list[dict] = []

    def _entry(self, name, method) -> StatsEntry:
        return StatsEntry._of(self, name, method, self._engine.entry(name, method))

    @property
    def errors(self) -> dict[str, StatsError]:
        """The kinds of failures by their key, as they are now; `errors = {}` forgets them."""
        errors = (StatsError(*failure) for failure in self._engine.failures())
        return {StatsError.create_key(e.method, e.name, e.error): e for e in errors}

    @errors.setter
    def errors(self, errors: dict) -> None:
        if errors:
            raise ValueError("failures can be forgotten (errors = {}), and added by log_error()")
        self._engine.clear_failures()

    @property
    def num_requests(self):
        return self.total.num_requests

    @property
    def num_none_requests(self):
        return self.total.num_none_requests

    @property
    def num_failures(self):
        return self.total.num_failures

    @property
    def last_request_timestamp(self):
        return self.total.last_request_timestamp

    @property
    def start_time(self):
        return self.total.start_time

    def log_request(self, method: str, name: str, response_time: int, content_length: int) -> None:
        """Counts one request; its time in ms may be None."""
        self._engine.record(method, name, response_time, content_length)

    def log_error(self, method: str, name: str, error: Exception | str | None) -> None:
        """Counts one failure; the request itself is counted by `log_request`."""
        self._engine.fail(method, name, error)

    def log_exception(self, key: int, msg: str, traceback: str, node_id: str) -> None:
        """Counts an exception of user code, for the files; same traceback, same row."""
        self._engine.exception(msg, traceback, node_id)

    def get(self, name: str, method: str) -> StatsEntry:
        """The entry of that name and method; there is one from now on."""
        return self.entries[(name, method)]

    def reset_all(self) -> None:
        """Sets all numbers to zero; the entries stay."""
        self._engine.reset()
        self.history = []

    def clear_all(self) -> None:
        """Forgets all entries, failures and exceptions."""
        self._engine.clear()
        self._engine.clear_exceptions()
        self.history = []

    def serialize_stats(self) -> list[StatsEntryDict]:
        """All used entries as dicts; their numbers start again from zero."""
        used = [e for e in self.entries.values() if e.num_requests or e.num_failures]
        return [entry.get_stripped_report() for entry in used]

    def serialize_errors(self) -> dict[str, StatsErrorDict]:
        """All kinds of failures as dicts, by their key."""
        return {key: error.serialize() for key, error in self.errors.items()}


def _number(name: str, doc: str) -> property:
    return property(lambda self: getattr(self._entry, name), doc=doc)


class StatsEntry:
    """One row of the statistics: a live view on an entry of the run, or one of its own."""

    def __init__(
        self,
        stats: RequestStats,
        name: str,
        method: str,
        use_response_times_cache: bool = False,
    ):
        books = getattr(stats, "_engine", None) or _engine.Stats()
        self._bind(stats, name, method, _engine.Entry(books, name, method))
        self.use_response_times_cache = use_response_times_cache

    @classmethod
    def _of(cls, stats: RequestStats, name: str, method: str, entry) -> StatsEntry:
        view = cls.__new__(cls)
        view._bind(stats, name, method, entry)
        view.use_response_times_cache = stats.use_response_times_cache
        return view

    def _bind(self, stats: RequestStats, name: str, method: str, entry) -> None:
        self.stats = stats
        self.name = name
        self.method = method
        self._entry = entry

    num_requests = _number("num_requests", "Finished requests, failed ones included.")
    num_none_requests = _number("num_none_requests", "Requests without a response time.")
    num_failures = _number("num_failures", "Failures.")
    total_response_time = _number("total_response_time", "Sum of all response times, ms.")
    min_response_time = _number("min_response_time", "Shortest time, ms; None before the first.")
    max_response_time = _number("max_response_time", "Longest time, ms.")
    total_content_length = _number("total_content_length", "Sum of all lengths, bytes.")
    start_time = _number("start_time", "When counting began, seconds since 1970.")
    last_request_timestamp = _number("last_request_timestamp", "The last request, likewise.")

    @property
    def num_reqs_per_sec(self) -> dict[int, int]:
        """Requests by second since 1970; 0 for any other."""
        return defaultdict(int, self._entry.num_reqs_per_sec)

    @property
    def num_fail_per_sec(self) -> dict[int, int]:
        """Failures by second since 1970; 0 for any other."""
        return defaultdict(int, self._entry.num_fail_per_sec)

    @property
    def response_times(self) -> dict[int, int]:
        """Requests by rounded response time in ms; 0 for any other."""
        return defaultdict(int, self._entry.response_times(current_rounding()))

    @property
    def fail_ratio(self) -> float:
        return self._entry.fail_ratio

    @property
    def avg_response_time(self) -> float:
        return self._entry.avg_response_time

    @property
    def median_response_time(self) -> int:
        return self._entry.median(current_rounding())

    @property
    def current_rps(self) -> float:
        return self._entry.current_rps

    @property
    def current_fail_per_sec(self):
        return self._entry.current_fail_per_sec

    @property
    def total_rps(self):
        return self._entry.total_rps

    @property
    def total_fail_per_sec(self):
        return self._entry.total_fail_per_sec

    @property
    def avg_content_length(self):
        return self._entry.avg_content_length

    def log(self, response_time: int, content_length: int) -> None:
        """Counts a request in this entry alone."""
        self._entry.log(response_time, content_length)

    def log_error(self, error: Exception | str | None) -> None:
        """Counts a failure in this entry alone."""
        self._entry.log_error()

    def reset(self):
        """Sets all numbers of this entry to zero."""
        self._entry.reset()

    def extend(self, other: StatsEntry) -> None:
        """Adds the numbers of another entry."""
        self._entry.extend(other._entry)

    def serialize(self) -> StatsEntryDict:
        """The entry as a dict."""
        return {key: getattr(self, key) for key in _KEYS}

    @classmethod
    def unserialize(cls, data: StatsEntryDict, stats: RequestStats) -> StatsEntry:
        """An entry of its own from a dict."""
        entry = cls(stats, data["name"], data["method"])
        numbers = {key: value for key, value in data.items() if key in _KEYS[2:]}
        for key in ("response_times", "num_reqs_per_sec", "num_fail_per_sec"):
            if key in numbers:
                numbers[key] = list(numbers[key].items())
        entry._entry.restore(**numbers)
        return entry

    def get_stripped_report(self) -> StatsEntryDict:
        """The entry as a dict; its numbers start again from zero."""
        taken = self._of(self.stats, self.name, self.method, self._entry.take())
        return taken.serialize()

    def to_string(self, current=True) -> str:
        """The entry's row of the table, with the rates of the last seconds or of the whole run."""
        return self._entry.request_row(
            current, STATS_NAME_WIDTH, STATS_TYPE_WIDTH, current_rounding()
        )

    def __str__(self) -> str:
        return self.to_string(current=True)

    def get_response_time_percentile(self, percent: float) -> int:
        """The time in ms that a share (0 to 1) of all requests kept within; 0 without any."""
        return self._entry.percentile(percent, current_rounding())

    def get_current_response_time_percentile(self, percent: float) -> int | None:
        """The same for the last seconds; None when nothing happened in them."""
        if not self.use_response_times_cache:
            raise ValueError(
                "current percentiles are only kept where use_response_times_cache is True"
            )
        window = CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW
        return self._entry.current_percentile(percent, window, current_rounding())

    def percentile(self) -> str:
        """The entry's row of the table of percentiles; ValueError before the first request."""
        if not self.num_requests:
            raise ValueError(f"{self.method} {self.name} has no requests to take percentiles of")
        return self._entry.percentile_row(
            PERCENTILES_TO_REPORT, STATS_NAME_WIDTH, STATS_TYPE_WIDTH, current_rounding()
        )

    def to_dict(self, escape_string_values=False) -> dict[str, int | float | str]:
        """The numbers that the page and the reports show."""
        minimum = self.min_response_time
        return {
            "method": self.method,
            "name": self.name,
            "num_requests": self.num_requests,
            "num_failures": self.num_failures,
            "min_response_time": 0 if minimum is None else proper_round(minimum),
            "max_response_time": proper_round(self.max_response_time),
            "current_rps": self.current_rps,
            "current_fail_per_sec": self.current_fail_per_sec,
            "avg_response_time": self.avg_response_time,
            "median_response_time": self.median_response_time,
            "total_rps": self.total_rps,
            "total_fail_per_sec": self.total_fail_per_sec,
            **{
                f"response_time_percentile_{share}": self.get_response_time_percentile(share)
                for share in PERCENTILES_TO_STATISTICS
            },
            "avg_content_length": self.avg_content_length,
        }


_KEYS = list(StatsEntryDict.__annotations__)
"""The keys of an entry as a dict, `name` and `method` first."""


class StatsRecorder:
    """The listener by which a runner counts requests.

    `shard` tells the engine that it may count plain ones by itself while nobody else listens.
    """

    def __init__(self, stats: RequestStats):
        self.shard = stats._engine.shard
        self._record = stats._engine.record

    def __call__(
        self, request_type, name, response_time, response_length, exception=None, **kwargs
    ):
        self._record(request_type, name, response_time, response_length, exception)


def setup_distributed_stats_event_listeners(events: Events, stats: RequestStats) -> None:
    """Not there yet: raises NotImplementedError."""
    raise not_there_yet("Sending statistics between processes")


def sort_stats(stats: dict[Any, S]) -> list[S]:
    """The values in the order of their keys."""
    return [stats[key] for key in sorted(stats.keys())]


def _log_lines(lines: list[str]) -> None:
    for line in lines:
        console_logger.info(line)


def print_stats(stats: RequestStats, current=True) -> None:
    """Logs the table of requests and an empty line."""
    _log_lines([*get_stats_summary(stats, current), ""])


def print_percentile_stats(stats: RequestStats) -> None:
    """Logs the table of percentiles and an empty line."""
    _log_lines([*get_percentile_stats_summary(stats), ""])


def print_error_report(stats: RequestStats) -> None:
    """Logs the report of errors, if there are any."""
    if stats.errors:
        _log_lines(get_error_report_summary(stats))


def get_stats_summary(stats: RequestStats, current=True) -> list[str]:
    """Lines of the table of requests, with the rates of the last seconds or of the whole run."""
    return stats._engine.request_table(
        current, STATS_NAME_WIDTH, STATS_TYPE_WIDTH, current_rounding()
    )


def get_percentile_stats_summary(stats: RequestStats) -> list[str]:
    """Lines of the table of percentiles."""
    return stats._engine.percentile_table(
        PERCENTILES_TO_REPORT, STATS_NAME_WIDTH, STATS_TYPE_WIDTH, current_rounding()
    )


def get_error_report_summary(stats) -> list[str]:
    """Lines of the report of errors."""
    return stats._engine.error_report(STATS_NAME_WIDTH)


def print_stats_json(stats: RequestStats) -> None:
    """Prints all used entries as JSON on stdout."""
    print(stats._engine.json(current_rounding()))


def save_stats_json(stats: RequestStats, filename: str) -> None:
    """Writes all used entries as JSON to `filename` and `.json`."""
    with open(f"{filename}.json", "w") as file:
        file.write(stats._engine.json(current_rounding()))


def stats_printer(stats: RequestStats) -> Callable[[], None]:
    """A function that logs the table of requests every few seconds, for a greenlet."""

    def print_forever() -> None:
        while True:
            print_stats(stats)
            gevent.sleep(CONSOLE_STATS_INTERVAL_SEC)

    return print_forever


def update_stats_history(runner: Runner, timestamp: str | None = None) -> None:
    """Adds a point to the history that charts are drawn from."""
    total = runner.stats.total
    timestamp = timestamp or format_utc_timestamp(time.time())
    point: dict[str, Any] = {
        f"response_time_percentile_{share}": [
            timestamp,
            total.get_current_response_time_percentile(share) or 0,
        ]
        for share in PERCENTILES_TO_CHART
    }
    point["current_rps"] = [timestamp, total.current_rps]
    point["current_fail_per_sec"] = [timestamp, total.current_fail_per_sec]
    point["total_avg_response_time"] = [timestamp, proper_round(total.avg_response_time, digits=2)]
    point["user_count"] = [timestamp, runner.user_count or 0]
    point["time"] = timestamp
    runner.stats.history.append(point)


def stats_history(runner: Runner) -> None:
    """Adds a point to the history every few seconds while a run goes on, for a greenlet."""
    while runner.stats.total.use_response_times_cache:
        if runner.state not in ("ready", "stopped"):
            update_stats_history(runner)
        gevent.sleep(HISTORY_STATS_INTERVAL_SEC)


def _is_between_0_and_1(share: Any) -> bool:
    try:
        return 0 < float(share) < 1
    except ValueError:
        return False


def validate_stats_configuration() -> None:
    """Ends the process with 1 when percentiles that a file assigned cannot be shown."""
    if len(PERCENTILES_TO_CHART) > MOST_CHART_PERCENTILES:
        sys.stderr.write(
            f"stats.PERCENTILES_TO_CHART holds {len(PERCENTILES_TO_CHART)} percentiles; "
            f"a chart shows at most {MOST_CHART_PERCENTILES}\n"
        )
        sys.exit(1)
    for name in ("PERCENTILES_TO_CHART", "PERCENTILES_TO_STATISTICS"):
        for share in globals()[name]:
            if not _is_between_0_and_1(share):
                sys.stderr.write(
                    f"stats.{name} holds {share!r}; a percentile is a number between 0 and 1, "
                    "such as 0.95\n"
                )
                sys.exit(1)
