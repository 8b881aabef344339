"""Writes the golden files of this folder with the help of real Locust.

Each scenario is fed to Locust's own statistics under a clock of ours; what Locust
then prints and writes goes into the folder of the scenario, beside `samples.tsv`,
the same input for the Rust tests. Run it with a Python that has Locust 2.47.0:

    python crates/report/tests/golden/generate.py

One thing is changed on the way: the response times in the JSON are sorted, since a
histogram does not know in which order they first occurred. And one is left out: the
current percentiles of an endpoint in its first seconds, where Locust has nothing to
subtract yet and shows 0, and we show what happened. Times above a second keep away
from the middle between two rounded times: within a thousandth of it, a histogram of
three digits may round to the other side.
"""

import csv
import io
import json
import os
import random
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"

import locust.stats as ls  # noqa: E402
from locust.exception import CatchResponseError  # noqa: E402

HERE = Path(__file__).parent
START = 1_700_000_000.25


class Clock:
    now = START


time.time = lambda: Clock.now


class Scenario:
    """Locust's statistics, the log of what went in, and a folder."""

    def __init__(self, name):
        self.folder = HERE / name
        self.folder.mkdir(exist_ok=True)
        Clock.now = START
        self.stats = ls.RequestStats()
        self.exceptions = {}
        self.lines = [f"start\t{START!r}"]

    def request(self, at, method, name, ms, length=0, error=None):
        Clock.now = START + at
        self.stats.log_request(method, name, ms, length)
        self.log("request", Clock.now, method, name, ms, length)
        if error is not None:
            self.stats.log_error(method, name, error)
            text = error if isinstance(error, str) else repr(error)
            self.log("error", Clock.now, method, name, text)

    def exception(self, message, traceback, nodes):
        for node in nodes:
            row = self.exceptions.setdefault(
                traceback, {"count": 0, "msg": message, "traceback": traceback, "nodes": []}
            )
            row["count"] += 1
            if node not in row["nodes"]:
                row["nodes"].append(node)
            self.log("exception", message, traceback, node)

    def log(self, *fields):
        escaped = [
            str(f)
            .replace("\\", "\\\\")
            .replace("\n", "\\n")
            .replace("\r", "\\r")
            .replace("\t", "\\t")
            for f in fields
        ]
        self.lines.append("\t".join(escaped))

    def write(self, at, users):
        Clock.now = START + at
        self.log("end", Clock.now, users)
        self.put("samples.tsv", "\n".join(self.lines) + "\n")
        for width in (80, 20, 0):
            ls.STATS_NAME_WIDTH = width
            self.put(f"current-{width}.txt", text_of(ls.get_stats_summary(self.stats, True)))
            self.put(f"total-{width}.txt", text_of(ls.get_stats_summary(self.stats, False)))
            self.put(
                f"percentiles-{width}.txt", text_of(ls.get_percentile_stats_summary(self.stats))
            )
            self.put(f"errors-{width}.txt", text_of(ls.get_error_report_summary(self.stats)))
        runner = SimpleNamespace(user_count=users, exceptions=self.exceptions)
        environment = SimpleNamespace(stats=self.stats, runner=runner)
        with tempfile.TemporaryDirectory() as folder:
            writer = ls.StatsCSVFileWriter(environment, ls.PERCENTILES_TO_REPORT, f"{folder}/run")
            self.put("stats.csv", csv_of(writer.requests_csv))
            self.put("failures.csv", csv_of(writer.failures_csv))
            self.put("exceptions.csv", csv_of(writer.exceptions_csv))
            for name, full in (("history.csv", False), ("full_history.csv", True)):
                if full and at < ls.CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW:
                    continue
                writer.full_history = full
                header = csv_of(lambda out: out.writerow(writer.stats_history_csv_columns))
                rows = csv_of(lambda out: writer._stats_history_data_rows(out, Clock.now))
                self.put(name, header + rows)
        self.put("entries.json", json_of(self.stats))

    def put(self, name, text):
        (self.folder / name).write_bytes(text.encode())


def text_of(lines):
    return "\n".join(lines) + "\n"


def csv_of(write):
    out = io.StringIO(newline="")
    write(csv.writer(out))
    return out.getvalue()


def json_of(stats):
    entries = stats.serialize_stats()
    for entry in entries:
        entry["response_times"] = dict(sorted(entry["response_times"].items()))
    return json.dumps(entries, indent=4) + "\n"


def mixed():
    """Several endpoints, all forms of times and texts, more than the window of time."""
    s = Scenario("mixed")
    numbers = random.Random(7)
    odd = 'with, "quotes" and\nlines, ü and 🦀'
    s.request(0.2, "GET", "/slow", 6035.0, 1, OSError("no 'luck', \"none\""))
    s.request(0.2, "GET", "/ties", 105, 1)
    for ms in (0.5, 1.5, 2.5, 115, 125, 1050, 1150, 9950, 10500, 11500.0, 60500):
        s.request(0.25, "GET", "/ties", ms, 1)
    for tick in range(500):
        at = 0.4 + tick / 17
        s.request(at, "GET", "/list", round(numbers.uniform(0.2, 90), 1), numbers.randrange(5000))
        s.request(at, "POST", "/list", int(round(numbers.lognormvariate(5, 1.2), -1)) or 1, 17)
        if tick % 3 == 0:
            fault = ConnectionRefusedError(111, "Connection refused") if tick % 2 else None
            s.request(
                at, "GET", "/view/[id]", round(numbers.uniform(1000, 30000), -3) + 7.5, 0, fault
            )
        if tick % 7 == 0:
            s.request(
                at,
                "WSR",
                odd,
                None,
                3,
                CatchResponseError('it\'s "bad"\n\ttruly') if tick % 4 else None,
            )
        if tick % 11 == 0:
            s.request(at, "GET", "/a/name/that/is/longer/than/any/column/" + "x" * 60, 0.0)
        if tick % 50 == 0:
            s.request(at, "GET", "/view/[id]", 20, 0, CatchResponseError(f"took {tick} ms"))
            s.request(at, "GET", "/view/[id]", 20, 0, f"plain text {tick}")
    s.exception("boom", 'Traceback:\n  File "x", line 1\nboom\n', ["local"])
    s.exception("bang, bang", "Traceback:\nbang\n", ["local", "worker_1", "local"])
    s.write(30.1, 12)


def empty():
    """Nothing happened."""
    Scenario("empty").write(3.0, 0)


def young():
    """Two requests in the first second, whose rates are all zero still."""
    s = Scenario("young")
    s.request(0.1, "GET", "/", 12.345678901234567, 100)
    s.request(0.3, "GET", "/", 1e-05, 100, ValueError("<object at 0x7f12ab>"))
    s.write(0.5, 1)


if __name__ == "__main__":
    for scenario in (mixed, empty, young):
        scenario()
