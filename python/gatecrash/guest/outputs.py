"""What a run tells: tables and a progress line on the console, CSV files, JSON.

In: options, and Locust's constants whenever they change. Out: files and lines, written by the
engine's reporter on a thread of its own, so that users' code that computes delays none of them.
This file only says what is wanted.
"""

from __future__ import annotations

import logging
import os
import sys

import gevent

from gatecrash import _engine
from gatecrash.guest.account import Account
from gatecrash.guest.rate import REPORT_WIDTH
from gatecrash.guest.stopping import close_books
from locust import stats

logger = logging.getLogger("locust.main")

UPDATE_INTERVAL_S = 0.25
"""How old the number of users, or a changed constant, may be in what is told."""


class Outputs:
    """The outputs of one run; making it tries the files, so a bad path shows at once."""

    def __init__(self, environment, options, account: Account):
        self._environment = environment
        self._account = account
        self._options = options
        # Whoever has rearranged the tables' logger wants them through it, not past it.
        self._straight = _tables_logger_is_untouched()
        self._reporter = self._open()
        self._try_json_file()

    def _open(self) -> _engine.Reporter:
        options = self._options
        prefix = options.csv_prefix
        try:
            if prefix:
                os.makedirs(os.path.dirname(prefix) or ".", exist_ok=True)
            return _engine.Reporter(
                self._environment.stats._engine,
                csv_prefix=prefix,
                full_history=options.stats_history_enabled,
                percentiles=stats.PERCENTILES_TO_REPORT,
                tables=self._straight and not options.only_summary,
                color="NO_COLOR" not in os.environ,
                run_time_s=options.run_time,
            )
        except OSError as error:
            logger.error(f"The files of --csv {prefix} cannot be written: {error}")
            sys.exit(1)

    def _try_json_file(self) -> None:
        """The file is only written at the end, and must not be there before."""
        if not self._options.json_file:
            return
        path = f"{self._options.json_file}.json"
        try:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            was_there = os.path.exists(path)
            open(path, "a").close()
            if not was_there:
                os.remove(path)
        except OSError as error:
            logger.error(f"The file of --json-file {path} cannot be written: {error}")
            sys.exit(1)

    def start(self) -> None:
        """Begins to tell."""
        self._update()
        self._reporter.start()
        gevent.spawn(self._keep_up_to_date)
        if not self._straight and not self._options.only_summary:
            gevent.spawn(stats.stats_printer(self._environment.stats))
        if sys.stderr.isatty():
            self._make_room_for_log_lines()

    def _keep_up_to_date(self) -> None:
        while True:
            gevent.sleep(UPDATE_INTERVAL_S)
            self._update()

    def _update(self) -> None:
        self._reporter.update(
            users=self._environment.runner.user_count,
            percentiles=stats.PERCENTILES_TO_REPORT,
            rounding=stats.current_rounding(),
            name_width=stats.STATS_NAME_WIDTH,
            type_width=stats.STATS_TYPE_WIDTH,
            table_interval_s=stats.CONSOLE_STATS_INTERVAL_SEC,
            csv_interval_s=stats.CSV_STATS_INTERVAL_SEC,
        )

    def _make_room_for_log_lines(self) -> None:
        """Takes the progress line away before anything is logged over it."""
        loggers = [logging.getLogger(name) for name in (None, "locust", "locust.stats_logger")]
        for handler in {handler for each in loggers for handler in each.handlers}:
            handler.addFilter(lambda _record: self._reporter.erase_line() or True)

    def finish(self) -> None:
        """Writes what comes at the end: JSON and the final tables."""
        self._update()
        self._reporter.quiet()
        counted = self._environment.runner.stats
        if self._options.json:
            stats.print_stats_json(counted)
        if self._options.json_file:
            stats.save_stats_json(counted, self._options.json_file)
        else:
            stats.print_stats(counted, current=False)
            stats.print_percentile_stats(counted)
            stats.print_error_report(counted)
        beside = self._beside_locusts(counted)
        verdicts = self._account.lines(REPORT_WIDTH, self._has_color())
        gap = [""] if beside and verdicts else []
        for line in [*beside, *gap, *verdicts]:
            stats.console_logger.info(line)

    def _beside_locusts(self, counted) -> list[str]:
        """What Locust's tables do not know: executions at a rate, measures of streams."""
        load = self._environment.runner.rate_load
        if load is not None:
            return load.report(color=self._has_color())
        return counted._engine.measure_table(REPORT_WIDTH, self._has_color())

    def _has_color(self) -> bool:
        return sys.stderr.isatty() and "NO_COLOR" not in os.environ

    def cut_short(self) -> None:
        """Completes the files as they are now; gives way to nobody."""
        self._reporter.quiet()
        logger.warning("Ending at once: no more tables, the CSV files hold what was counted.")
        close_books()
        self._reporter.close()

    def close(self) -> None:
        """Writes the files for the last time and closes them."""
        self._reporter.close()


def _tables_logger_is_untouched() -> bool:
    """Whether the logger of tables is as `setup_logging` makes it."""
    tables = stats.console_logger
    return (
        [handler.name for handler in tables.handlers] == ["console_plain", "log_reader"]
        and tables.isEnabledFor(logging.INFO)
        and not tables.propagate
        and not tables.filters
    )
