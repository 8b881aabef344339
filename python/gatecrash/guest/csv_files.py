"""Statistics as CSV: rows for any writer, and the four files of a run.

In: an Environment. Out: rows, or files that a greenlet keeps up to date. A run of the command line
does not need this: there the engine's reporter writes the same files on a thread of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gevent

from gatecrash import _engine
from gatecrash.guest.stats_types import CSVWriter, StatsError
from locust.util.date import format_utc_timestamp

if TYPE_CHECKING:
    from locust.env import Environment
    from locust.stats import StatsEntry


class StatsCSV:
    """Rows of statistics for any CSV writer."""

    def __init__(self, environment: Environment, percentiles_to_report: list[float]) -> None:
        self.environment = environment
        self.percentiles_to_report = percentiles_to_report
        self.percentiles_na = ["N/A"] * len(percentiles_to_report)
        self.requests_csv_columns = [
            *("Type", "Name", "Request Count", "Failure Count"),
            *("Median Response Time", "Average Response Time"),
            *("Min Response Time", "Max Response Time"),
            *("Average Content Size", "Requests/s", "Failures/s"),
            *_engine.percent_labels(percentiles_to_report),
        ]
        self.failures_columns = [
            *("Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"),
        ]
        self.exceptions_columns = ["Count", "Message", "Traceback", "Nodes"]

    def requests_csv(self, csv_writer: CSVWriter) -> None:
        """Writes a row for each entry and one for all, below their header."""
        csv_writer.writerow(self.requests_csv_columns)
        stats = self.environment.stats
        entries = [stats.entries[key] for key in sorted(stats.entries)]
        for entry in [*entries, stats.total]:
            csv_writer.writerow(self._requests_row(entry))

    def _requests_row(self, entry: StatsEntry) -> list:
        return [
            entry.method,
            entry.name,
            entry.num_requests,
            entry.num_failures,
            entry.median_response_time,
            entry.avg_response_time,
            entry.min_response_time or 0,
            entry.max_response_time,
            entry.avg_content_length,
            entry.total_rps,
            entry.total_fail_per_sec,
            *self._percentile_fields(entry),
        ]

    def _percentile_fields(self, entry: StatsEntry) -> list:
        if not entry.num_requests:
            return self.percentiles_na
        return [int(entry.get_response_time_percentile(p)) for p in self.percentiles_to_report]

    def failures_csv(self, csv_writer: CSVWriter) -> None:
        """Writes a row for each kind of failure, below their header."""
        csv_writer.writerow(self.failures_columns)
        for _, failure in sorted(self.environment.stats.errors.items()):
            seen = failure.first_seen, failure.last_seen
            shown = ["" if at is None else format_utc_timestamp(at) for at in seen]
            error = StatsError.parse_error(failure.error)
            row = [failure.method, failure.name, error, failure.occurrences, *shown]
            csv_writer.writerow(row)

    def exceptions_csv(self, csv_writer: CSVWriter) -> None:
        """Writes a row for each kind of exception, below their header."""
        csv_writer.writerow(self.exceptions_columns)
        runner = self.environment.runner
        for group in runner.exceptions.values() if runner else ():
            nodes = ", ".join(group["nodes"])
            csv_writer.writerow([group["count"], group["msg"], group["traceback"], nodes])

    def close_files(self) -> None:
        """There are none."""


class StatsCSVFileWriter(StatsCSV):
    """The four CSV files of a run, kept up to date by a greenlet that calls this object."""

    def __init__(
        self,
        environment: Environment,
        percentiles_to_report: list[float],
        base_filepath: str,
        full_history: bool = False,
    ):
        super().__init__(environment, percentiles_to_report)
        self.base_filepath = base_filepath
        self.full_history = full_history
        self._files = _engine.CsvWriter(
            environment.stats._engine, base_filepath, full_history, percentiles_to_report
        )

    def __call__(self) -> None:
        self.stats_writer()

    def stats_writer(self) -> None:
        """Brings all files up to date every `CSV_STATS_INTERVAL_SEC`; never returns."""
        from locust import stats  # which imports this file

        while True:
            self._files.write(*self._state())
            gevent.sleep(stats.CSV_STATS_INTERVAL_SEC)

    def _state(self) -> tuple[int, list[float], Any]:
        from locust.stats import current_rounding  # which imports this file

        runner = self.environment.runner
        users = runner.user_count if runner else 0
        return users, self.percentiles_to_report, current_rounding()

    def close_files(self) -> None:
        """Writes the last state and closes the files."""
        self._files.close(*self._state())

    def requests_flush(self) -> None:
        """Nothing to do, here and below: what is written is not held back."""

    def stats_history_flush(self) -> None: ...

    def failures_flush(self) -> None: ...

    def exceptions_flush(self) -> None: ...

    def stats_history_file_name(self) -> str:
        """Where the history is."""
        return self.base_filepath + "_stats_history.csv"
