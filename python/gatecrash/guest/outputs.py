"""What a run tells: tables on the console, CSV files, JSON.

In: options. Out: files and lines, written by the engine's reporter on a thread of its own once a
second, so that users' code that computes delays none of them. This file only says what is wanted.
"""

from __future__ import annotations

import os

from gatecrash import _engine
from locust import stats


class Outputs:
    """The outputs of one run; making it opens the files, so a bad path shows at once."""

    def __init__(self, environment, options):
        self.environment = environment
        self.options = options
        self.reporter = _reporter(environment, options)

    def start(self) -> None:
        """Begins to report."""
        self.reporter.start()

    def finish(self) -> None:
        """Writes what comes at the end: JSON and the final tables."""
        runner_stats = self.environment.runner.stats
        if self.options.json:
            stats.print_stats_json(runner_stats)
        if self.options.json_file:
            os.makedirs(os.path.dirname(self.options.json_file) or ".", exist_ok=True)
            stats.save_stats_json(runner_stats, self.options.json_file)
        else:
            stats.print_stats(runner_stats, current=False)
            stats.print_percentile_stats(runner_stats)
            stats.print_error_report(runner_stats)

    def close(self) -> None:
        """Writes the files for the last time and closes them."""
        self.reporter.close()


def _reporter(environment, options):
    """The engine's reporter, told what this run wants. The one place that knows its arguments."""
    if options.csv_prefix:
        os.makedirs(os.path.dirname(options.csv_prefix) or ".", exist_ok=True)
    return _engine.Reporter(
        environment.stats,
        csv_prefix=options.csv_prefix,
        full_history=options.stats_history_enabled,
        percentiles=stats.PERCENTILES_TO_REPORT,
        console_interval_s=stats.CONSOLE_STATS_INTERVAL_SEC,
        tables=not options.only_summary,
        run_time_s=options.run_time,
        user_count=lambda: environment.runner.user_count,
    )
