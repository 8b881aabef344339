"""Readers of the record store, and people who ask the triage desk.

Run it against the targets `records` and `triage`, see README.md:

    locust -f locustfile.py RecordsReader --headless -u 10 -r 10 -t 1m

or with one of the presets of configs/, which says who, how many, how fast and how long:

    RECORDS_CONFIG=configs/db_api_10rps.json locust -f locustfile.py --headless
"""

from __future__ import annotations

import csv
import json
import os
import random
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from locust import HttpUser, constant_throughput, events, task

PATIENTS = 2000
PAGES = 100
# The model takes up to seven minutes, and the queue is before it.
TRIAGE_TIMEOUT_S = 660

QUICK_RUN_TIME = "1s"
QUICK_USERS = 10
QUICK_RATE_PER_S = 50.0

with (Path(__file__).parent / "messages.csv").open(newline="") as lines:
    MESSAGES = [row["text"] for row in csv.DictReader(lines)]


class Preset:
    """How many users there are and what they do together, as a file of configs/ has it."""

    def __init__(self, environ: dict[str, str]) -> None:
        path = environ.get("RECORDS_CONFIG")
        self.values: dict[str, Any] = json.loads(Path(path).read_text()) if path else {}
        rate, _, per = self.values.get("rate", "").partition("/")
        if rate and per != "s":
            raise SystemExit(f"{path}: the rate must be as 10/s, not {self.values['rate']}")
        self.users = int(self.values.get("users", 1))
        # Without a preset each user does one task per second.
        self.rate_per_s = float(rate) if rate else float(self.users)
        if path and environ.get("QUICK"):
            self.users = min(self.users, QUICK_USERS)
            self.rate_per_s = min(self.rate_per_s, QUICK_RATE_PER_S)
            self.values.update(users=self.users, run_time=QUICK_RUN_TIME)

    def options(self) -> dict[str, Any]:
        """What it says in the place of options that nobody gives: by their attributes."""
        places = {"users": "num_users"}
        known = ("users", "spawn_rate", "run_time", "user_classes")
        return {places.get(key, key): self.values[key] for key in known if key in self.values}

    def host(self, variable: str, default: str) -> str:
        """Where an API is: the environment says it, or the preset."""
        return os.environ.get(variable) or self.values.get("host", default)


preset = Preset(dict(os.environ))


@events.init_command_line_parser.add_listener
def take_preset(parser: ArgumentParser) -> None:
    """Options on the command line still win."""
    parser.set_defaults(**preset.options())


class ApiUser(HttpUser):
    """Keeps its part of the preset's rate, and looks at what comes back."""

    abstract = True
    wait_time = constant_throughput(preset.rate_per_s / preset.users)

    def check(self, method: str, path: str, *, has: tuple[str, ...], **options: Any) -> None:
        """One request; an answer without these keys is a failure, and so is another status."""
        expected = options.pop("expected", {})
        with self.client.request(method, path, catch_response=True, **options) as response:
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")
                return
            try:
                body = response.json()
            except ValueError:
                response.failure("no JSON")
                return
            missing = [key for key in has if key not in body]
            wrong = [key for key, value in expected.items() if body.get(key) != value]
            if missing or wrong:
                response.failure(f"without {missing}, wrong {wrong}")


def any_mrn() -> str:
    return f"MRN-{random.randint(1, PATIENTS):06}"


class RecordsReader(ApiUser):
    """Opens patients at a desk: mostly the summary."""

    host = preset.host("RECORDS_HOST", "http://127.0.0.1:8001")

    @task(8)
    def summary(self) -> None:
        mrn = any_mrn()
        self.check(
            "GET",
            f"/patients/{mrn}/summary",
            name="/patients/[mrn]/summary",
            has=("name", "encounters", "claims", "documents"),
            expected={"mrn": mrn},
        )

    @task(3)
    def patient(self) -> None:
        mrn = any_mrn()
        has = ("name", "birth_date")
        path = f"/patients/{mrn}"
        self.check("GET", path, name="/patients/[mrn]", has=has, expected={"mrn": mrn})

    @task(2)
    def patients(self) -> None:
        self.list_page("/patients", {"page": random.randint(1, PAGES)})

    @task(2)
    def encounters(self) -> None:
        self.list_page("/encounters", {"page": random.randint(1, PAGES)})

    @task(2)
    def claims(self) -> None:
        self.list_page("/claims", {"mrn": any_mrn()})

    @task(2)
    def documents(self) -> None:
        self.list_page("/documents", {"mrn": any_mrn()})

    @task(1)
    def health(self) -> None:
        self.check("GET", "/health", has=("patients",), expected={"status": "ok"})

    def list_page(self, path: str, params: dict[str, Any]) -> None:
        self.check("GET", path, name=path, params=params, has=("items", "total"))


class TriageAsker(ApiUser):
    """Asks, and waits for the answer as long as it takes."""

    host = preset.host("TRIAGE_HOST", "http://127.0.0.1:8002")

    @task
    def ask(self) -> None:
        self.check(
            "POST",
            "/triage",
            json={"message": random.choice(MESSAGES)},
            timeout=TRIAGE_TIMEOUT_S,
            has=("response", "trace_id", "urgency", "queue"),
        )
