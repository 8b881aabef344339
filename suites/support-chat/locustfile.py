"""Customers of a support chat, from one to fifty at the same time.

It plays the scenarios of plan.yaml one after the other and ends by itself; see README.md:

    locust -f locustfile.py --headless
"""

from __future__ import annotations

import csv
import itertools
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from locust import HttpUser, LoadTestShape, between, constant, events, task
from locust.env import Environment
from locust.exception import StopUser

HOST = os.environ.get("SUPPORT_CHAT", "http://127.0.0.1:8003")
QUICK = os.environ.get("GATECRASH_QUICK") == "1"

USD_PER_ANSWER = 0.06
ANSWERS_PER_MONTH = 30 * 1000
MEAN_HIT_RATE_MIN = 0.70
MEAN_HIT_RATE_FEW_QUESTIONS = 0.85
SPEED_UP_MIN = 5
GRADES_MS = {"excellent": 3_000, "good": 5_000, "acceptable": 10_000}

logger = logging.getLogger("support-chat")


@dataclass
class Scenario:
    """A number of users with so many questions each, what must hold, and what came of it."""

    name: str
    users: int
    questions: int
    success_acceptable: float
    average_max_ms: float
    hit_rate_min: float
    left: int = 0
    failed: int = 0
    all_ms: list[float] = field(default_factory=list)
    hits_ms: list[float] = field(default_factory=list)
    misses_ms: list[float] = field(default_factory=list)

    @property
    def success_rate(self) -> float:
        return 1 - self.failed / len(self.all_ms)

    @property
    def hit_rate(self) -> float:
        return len(self.hits_ms) / max(1, len(self.hits_ms) + len(self.misses_ms))


SUCCESS_TARGET = 0.95
SCENARIOS = [
    Scenario("single", 1, 5, 0.95, 200 if QUICK else 3_000, 0.50),
    Scenario("light", 5, 4, 0.95, 200 if QUICK else 4_000, 0.70),
    Scenario("medium", 10, 3, 0.95, 200 if QUICK else 5_000, 0.75),
    Scenario("heavy", 20, 3, 0.90, 200 if QUICK else 10_000, 0.80),
    Scenario("stress", 50, 2, 0.80, 200 if QUICK else 30_000, 0.85),
]


def read_questions() -> Iterator[str]:
    """The questions in the order in which they were asked, and again from the start."""
    with (Path(__file__).parent / "questions.csv").open(encoding="utf-8") as file:
        return itertools.cycle([row["text"] for row in csv.DictReader(file)])


questions = read_questions()


class Scenarios(LoadTestShape):
    """One scenario after the other, each until its last user is done."""

    current: Scenario | None = None
    coming = iter(SCENARIOS)

    def tick(self) -> tuple[int, float] | None:
        """How many users there are, and how many start per second."""
        if self.current is None or self.current.left == 0:
            Scenarios.current = next(self.coming, None)
            if self.current is None:
                return None
            self.current.left = self.current.users
        return self.current.users, self.current.users


class Customer(HttpUser):
    """Asks so many questions, and leaves."""

    host = HOST
    wait_time = constant(0) if QUICK else between(1, 3)

    def on_start(self) -> None:
        self.scenario = Scenarios.current
        self.asked = 0

    @task
    def ask(self) -> None:
        name = f"/chat {self.scenario.name}"
        body = {"message": next(questions)}
        with self.client.post("/chat", json=body, name=name, catch_response=True) as response:
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")
            elif not response.json().get("answer"):
                response.failure("there is no answer in it")
        self.asked += 1
        if self.asked == self.scenario.questions:
            self.scenario.left -= 1
            raise StopUser


@events.test_start.add_listener
def empty_the_cache(environment: Environment, **_: Any) -> None:
    """Runs can be compared where each begins with an empty cache."""
    answer = requests.post(f"{environment.host or HOST}/admin/cache", timeout=10)
    if answer.status_code >= 400:
        logger.warning("the cache is not empty: status %s", answer.status_code)


@events.request.add_listener
def count(response_time: float, response: Any, exception: Any, **_: Any) -> None:
    """Counts an answer where it belongs, as its X-Cache says."""
    scenario = Scenarios.current
    scenario.all_ms.append(response_time)
    scenario.failed += exception is not None
    told = getattr(response, "headers", {}).get("X-Cache")
    if told == "HIT":
        scenario.hits_ms.append(response_time)
    elif told is not None:
        scenario.misses_ms.append(response_time)


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def judge(scenario: Scenario) -> Iterator[str]:
    """What does not hold in a scenario; the log has what it came to."""
    average_ms = mean(scenario.all_ms)
    grade = next((word for word, most in GRADES_MS.items() if average_ms < most), "poor")
    cost = len(scenario.misses_ms) / len(scenario.all_ms) * USD_PER_ANSWER
    logger.info(
        "%s: %d of %d answered, %.0f ms on average (%s), %.1f %% from the cache, "
        "%.2f USD per month (%.2f USD without the cache)",
        scenario.name,
        len(scenario.all_ms) - scenario.failed,
        len(scenario.all_ms),
        average_ms,
        grade,
        100 * scenario.hit_rate,
        cost * ANSWERS_PER_MONTH,
        USD_PER_ANSWER * ANSWERS_PER_MONTH,
    )
    if scenario.success_rate < scenario.success_acceptable:
        yield f"{scenario.success_rate:.1%} succeeded, {scenario.success_acceptable:.0%} must"
    elif scenario.success_rate < SUCCESS_TARGET:
        logger.warning("%s: only %.1f %% succeeded", scenario.name, 100 * scenario.success_rate)
    if average_ms >= scenario.average_max_ms:
        yield f"{average_ms:.0f} ms on average, less than {scenario.average_max_ms:.0f} ms may be"
    if scenario.hit_rate <= scenario.hit_rate_min:
        yield f"{scenario.hit_rate:.1%} from the cache, more than {scenario.hit_rate_min:.0%} must"


def judge_all() -> Iterator[str]:
    """What does not hold across the scenarios."""
    hit_rate = mean([scenario.hit_rate for scenario in SCENARIOS])
    if hit_rate <= MEAN_HIT_RATE_MIN:
        yield f"{hit_rate:.1%} from the cache in the mean, more than {MEAN_HIT_RATE_MIN:.0%} must"
    elif hit_rate > MEAN_HIT_RATE_FEW_QUESTIONS:
        logger.warning("%.1f %% from the cache: few distinct questions", 100 * hit_rate)
    hit_ms = mean([mean(scenario.hits_ms) for scenario in SCENARIOS if scenario.hits_ms])
    miss_ms = mean([mean(scenario.misses_ms) for scenario in SCENARIOS if scenario.misses_ms])
    logger.info("%.1f ms from the cache, %.1f ms from the model", hit_ms, miss_ms)
    if not hit_ms or miss_ms <= SPEED_UP_MIN * hit_ms:
        yield f"answers from the cache are not {SPEED_UP_MIN} times as quick as the model's"


@events.quitting.add_listener
def check_objectives(environment: Environment, **_: Any) -> None:
    """The run is good if everything holds in every scenario."""
    broken = []
    for scenario in SCENARIOS:
        if scenario.all_ms:
            broken += [f"{scenario.name}: {reason}" for reason in judge(scenario)]
        else:
            broken.append(f"{scenario.name}: there was no request")
    broken += judge_all()
    for reason in broken:
        logger.error("objective broken: %s", reason)
    environment.process_exit_code = 1 if broken else 0
