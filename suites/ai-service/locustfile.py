"""People who ask an assistant, have invoices checked and look for projects.

Run it against the target of the same name, see README.md:

    locust -f locustfile.py --headless -u 50 -r 2.5 -t 10m -H http://127.0.0.1:8002

With GATECRASH_QUICK=1 they do not think between two tasks, so that a few seconds tell something.
"""

from __future__ import annotations

import csv
import logging
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

from locust import HttpUser, constant_throughput, events, task
from locust.env import Environment

QUICK = os.environ.get("GATECRASH_QUICK") == "1"

P95_MAX_MS = 300 if QUICK else 5000
FAILURES_MAX = 0.01
CACHE_HITS_MIN = 0.5 if QUICK else 0.7

KEY = os.environ.get("AI_API_KEY", "gatecrash-test-key")
SKILLS = ["design", "java", "python", "rust", "sql"]
END_MARK = b"event: done"

with (Path(__file__).parent / "data" / "questions.csv").open(encoding="utf-8") as file:
    QUESTIONS = [row["text"] for row in csv.DictReader(file)]

logger = logging.getLogger("ai-service")

# What answers tell beside their status: from the cache or not, and refusals of the breaker.
told: Counter[str] = Counter()


class Person(HttpUser):
    """Does something three times a minute."""

    wait_time = constant_throughput(4 if QUICK else 0.05)

    def on_start(self) -> None:
        """Show the key with everything that follows."""
        self.client.headers["X-API-Key"] = KEY

    @task(3)
    def chat(self) -> None:
        """An answer as a whole, which may come from the cache."""
        question = {"message": random.choice(QUESTIONS)}
        with self.client.post("/chat", json=question, catch_response=True) as response:
            if response.status_code == 200 and not response.json().get("response"):
                response.failure("an answer without a response")

    @task(2)
    def stream(self) -> None:
        """An answer token by token. Its own time ends with the head, so the whole is told too."""
        question = {"message": random.choice(QUESTIONS)}
        began = time.perf_counter()
        with self.client.post(
            "/chat/stream", json=question, stream=True, catch_response=True
        ) as response:
            if response.status_code != 200:
                return
            lines = [line for line in response.iter_lines() if line]
            tokens = sum(line.startswith(b"data: token") for line in lines)
            if tokens == 0 or END_MARK not in lines:
                response.failure(f"the stream ended after {tokens} tokens, without its end mark")
                return
        events.request.fire(
            request_type="SSE",
            name="/chat/stream, whole",
            response_time=(time.perf_counter() - began) * 1000,
            response_length=sum(map(len, lines)),
            exception=None,
            context={},
        )

    @task(1)
    def invoice(self) -> None:
        """An invoice that adds up."""
        net = random.randint(1, 99) * 1000
        vat = net * 19 // 100
        document = {
            "kind": 33,
            "folio": random.randint(1, 99999),
            "issuer": "76192083-9",
            "receiver": "12345678-5",
            "items": [{"name": "work", "quantity": 1, "unit_price": net}],
            "net": net,
            "vat": vat,
            "total": net + vat,
        }
        with self.client.post("/dte/validate", json=document, catch_response=True) as response:
            if response.status_code == 200 and response.json()["valid"] is not True:
                response.failure(f"not valid: {response.json()['errors']}")

    @task(1)
    def projects(self) -> None:
        """Projects for somebody with two skills."""
        wanted = {"skills": random.sample(SKILLS, 2), "limit": 5}
        with self.client.post("/projects/match", json=wanted, catch_response=True) as response:
            if response.status_code == 200 and not response.json()["matches"]:
                response.failure("no project matches")

    @task(1)
    def health(self) -> None:
        """How the service says that it fares."""
        self.client.get("/health")


@events.request.add_listener
def count_what_is_told(response: Any = None, **_: Any) -> None:
    """Every request passes here, also one without an answer."""
    headers = getattr(response, "headers", None) or {}
    if cache := headers.get("X-Cache"):
        told[cache] += 1
    if headers.get("X-Circuit-Breaker") == "open" and response.status_code == 503:
        told["refused by the breaker"] += 1


@events.quitting.add_listener
def check_objectives(environment: Environment, **_: Any) -> None:
    """The run is good if it was quick, hardly anything failed, and the cache did its work."""
    logger.info("told by answers: %s", dict(sorted(told.items())))
    stats = environment.stats
    broken = [
        f"{entry.method} {entry.name}: P95 is {p95:.0f} ms, at most {P95_MAX_MS} ms are allowed"
        for entry in stats.entries.values()
        if (p95 := entry.get_response_time_percentile(0.95)) > P95_MAX_MS
    ]
    if stats.total.num_requests == 0:
        broken.append("there was no request")
    elif stats.total.fail_ratio >= FAILURES_MAX:
        broken.append(f"{stats.total.fail_ratio:.2%} failed, less than {FAILURES_MAX:.0%} may")
    if told["refused by the breaker"]:
        broken.append(f"the breaker refused {told['refused by the breaker']} requests")
    hits, misses = told["HIT"], told["MISS"] + told["BYPASS"]
    if hits <= CACHE_HITS_MIN * (hits + misses):
        broken.append(f"{hits} of {hits + misses} chats came from the cache")
    for reason in broken:
        logger.error("objective broken: %s", reason)
    environment.process_exit_code = 1 if broken else 0
