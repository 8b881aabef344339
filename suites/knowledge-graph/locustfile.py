"""People at a knowledge graph: they ask, have texts read, and narrow down what they found.

Run it against the target of the same name, see README.md:

    locust -f locustfile.py --headless -u 50 -r 25 -t 2m
"""

from __future__ import annotations

import csv
import logging
import os
import random
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from locust import HttpUser, constant_throughput, events, tag, task
from locust.env import Environment

# Endpoints, and what their percentiles must stay below, in milliseconds.
SLO_MS = {
    "/retrieve": {50: 300, 95: 900, 99: 1500},
    "/extract/*": {50: 800, 95: 2000, 99: 3000},
    "/facets/generate": {50: 600, 95: 1800, 99: 2500},
    "/health": {50: 10, 95: 50, 99: 100},
}
ERRORS_MAX = 0.01
# A short run on a busy machine tells less: so much longer may it take there.
SLACK, SLACK_MS = (3, 100) if os.environ.get("GATECRASH_QUICK") == "1" else (1, 0)

DATA = Path(__file__).parent / "data"

logger = logging.getLogger("knowledge-graph")


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file beside this one."""
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


TOPICS = rows("topics.csv")
NOTES = rows("notes.csv")


class GraphUser(HttpUser):
    """Someone who does one thing a second."""

    abstract = True
    host = os.environ.get("KG_HOST") or "http://127.0.0.1:8010"
    wait_time = constant_throughput(1)

    def ask(self, path: str, body: dict[str, Any], needed: str) -> None:
        """Post, and look whether the answer has what is needed."""
        with self.client.post(path, json=body, catch_response=True) as response:
            if response.status_code == 200 and not response.json().get(needed):
                response.failure(f"no {needed} in the answer")


class Researcher(GraphUser):
    """Asks questions, in the proportions of what people are after."""

    weight = 7

    def retrieve(self, intent: str, question: str) -> None:
        query = question.format(**random.choice(TOPICS))
        self.ask("/retrieve", {"query": query, "intent": intent, "topK": 20}, "results")

    @tag("retrieve")
    @task(40)
    def endpoint(self) -> None:
        self.retrieve("endpoint", "Which endpoint changes a {resource} in {service}?")

    @tag("retrieve")
    @task(25)
    def parameter(self) -> None:
        self.retrieve("parameter", "Which parameters does /{service}/{resource}s take?")

    @tag("retrieve")
    @task(15)
    def example(self) -> None:
        self.retrieve("example", "Show me a call for a {resource} of {service}")

    @tag("retrieve")
    @task(10)
    def concept(self) -> None:
        self.retrieve("concept", "What is a {resource} in {service}?")

    @tag("retrieve")
    @task(10)
    def error(self) -> None:
        self.retrieve("error", "Why does {service} refuse my {resource}?")


class Extractor(GraphUser):
    """Has texts read."""

    weight = 2

    @tag("extract")
    @task
    def entities(self) -> None:
        self.ask("/extract/entities", random.choice(NOTES), "items")

    @tag("extract")
    @task
    def relations(self) -> None:
        self.ask("/extract/relations", random.choice(NOTES), "kind")

    @tag("extract")
    @task
    def terms(self) -> None:
        self.ask("/extract/terms", random.choice(NOTES), "items")


class Curator(GraphUser):
    """Narrows down what there is, and looks whether all is well."""

    weight = 1

    @tag("facets")
    @task(5)
    def facets(self) -> None:
        query = "{resource} {service}".format(**random.choice(TOPICS))
        self.ask("/facets/generate", {"query": query}, "matches")

    @tag("health")
    @task(1)
    def health(self) -> None:
        self.client.get("/health")


def too_slow(entry: Any) -> list[str]:
    """What an endpoint promises and does not keep."""
    limits = next((limits for row, limits in SLO_MS.items() if fnmatch(entry.name, row)), {})
    broken = []
    for percent, most_ms in limits.items():
        allowed_ms = most_ms * SLACK + SLACK_MS
        took_ms = entry.get_response_time_percentile(percent / 100)
        if took_ms >= allowed_ms:
            broken.append(
                f"{entry.name}: P{percent} is {took_ms:.0f} ms, at most {allowed_ms} ms are allowed"
            )
    return broken


@events.quitting.add_listener
def check_objectives(environment: Environment, **_: Any) -> None:
    """The run is good if every endpoint kept its promise and nearly nothing failed."""
    stats = environment.stats
    broken = [reason for entry in stats.entries.values() for reason in too_slow(entry)]
    if stats.total.num_requests == 0:
        broken.append("there was no request")
    elif stats.total.fail_ratio >= ERRORS_MAX:
        broken.append(f"{stats.total.fail_ratio:.2%} failed, less than {ERRORS_MAX:.0%} may")
    for reason in broken:
        logger.error("objective broken: %s", reason)
    environment.process_exit_code = 1 if broken else 0
