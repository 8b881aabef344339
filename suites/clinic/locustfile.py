"""A working day at the clinic: physicians at work, some of them dictating, wards that hear of each
other, and now and then an administrator.

Run it against the target of the same name, see README.md:

    locust -f locustfile.py --headless -u 100 -r 20 -t 20s -H http://127.0.0.1:8000
"""

from __future__ import annotations

import itertools
import logging
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from locust import HttpUser, between, events, tag, task
from locust.env import Environment
from locust.exception import StopUser

try:
    from gatecrash import WebSocketUser
except ImportError:
    # Locust itself has no WebSockets: the wards are left out.
    WebSocketUser = None

# As in the plan: a machine that tries things out has other work, too.
P95_MAX_MS = 300.0 if os.environ.get("GATECRASH_QUICK") == "1" else 100.0
ERRORS_MAX = 0.01

ENCOUNTERS = 1000
PATIENTS = 2000
PHYSICIANS = 1000
ADMINS = 10
STATUSES = ["scheduled", "in-progress", "completed", "cancelled"]
PERIODS = ["day", "week", "month", "quarter"]
REASONS = ["cough", "back pain", "follow-up", "vaccination"]
RECORDING = Path(__file__).with_name("dictation.wav")
CHUNK_BYTES = 4000  # half a second of speech
WARDS = 1000
NURSES = 10  # in a ward
NAMES = ["ad", "fischer", "gar", "noor", "sil", "zhang"]

logger = logging.getLogger("clinic")

# How many answers there were of each status, as the listener below counts them.
answers: Counter[int] = Counter()


class ClinicUser(HttpUser):
    """Someone with an account; who it is, the subclasses say."""

    abstract = True
    role: str
    accounts: itertools.cycle[int]

    def on_start(self) -> None:
        """Log in, and send the token with everything that follows."""
        name = f"{self.role}-{next(self.accounts)}"
        credentials = {
            "grant_type": "password",
            "tenant_id": "clinic",
            "username": name,
            "password": f"{name}-secret",
        }
        response = self.client.post("/auth/token", json=credentials)
        if response.status_code != 200:
            logger.error("%s cannot log in: status %s", name, response.status_code)
            raise StopUser
        token = response.json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def get_known(self, path: str, name: str, **expected: Any) -> None:
        """Get one of many things. Some are absent: 404 is a right answer, the wrong thing is not."""
        with self.client.get(path, name=name, catch_response=True) as response:
            if response.status_code == 404:
                response.success()
            elif response.status_code == 200:
                wrong = {key for key, value in expected.items() if response.json()[key] != value}
                if wrong:
                    response.failure(f"another {', '.join(sorted(wrong))} than asked for")


class Physician(ClinicUser):
    """What every physician does, in the proportions of a day."""

    abstract = True
    role = "physician"
    accounts = itertools.cycle(range(1, PHYSICIANS + 1))

    @tag("read")
    @task(10)
    def list_encounters(self) -> None:
        params = {"page": random.randint(1, 10), "page_size": 20, "status": random.choice(STATUSES)}
        self.client.get("/encounters", params=params, name="/encounters")

    @tag("read")
    @task(5)
    def view_encounter(self) -> None:
        encounter = f"encounter-{random.randint(1, ENCOUNTERS)}"
        self.get_known(f"/encounters/{encounter}", "/encounters/[id]", id=encounter)

    @tag("write")
    @task(3)
    def create_encounter(self) -> None:
        encounter = {
            "patient_id": f"patient-{random.randint(1, PATIENTS)}",
            "reason": random.choice(REASONS),
        }
        with self.client.post(
            "/encounters", json=encounter, name="/encounters", catch_response=True
        ) as response:
            if response.status_code != 201:
                response.failure(f"not created: status {response.status_code}")

    @tag("read")
    @task(2)
    def read_note(self) -> None:
        encounter = f"encounter-{random.randint(1, ENCOUNTERS)}"
        self.get_known(f"/soap/{encounter}", "/soap/[id]", encounter_id=encounter)

    @tag("read")
    @task(2)
    def dashboard(self) -> None:
        period = random.choice(PERIODS)
        self.client.get(f"/dashboard/metrics?period={period}", name="/dashboard/metrics")

    @tag("read")
    @task(1)
    def search_patients(self) -> None:
        params = {"q": random.choice(NAMES), "limit": 20}
        self.client.get("/patients/search", params=params, name="/patients/search")


class NormalPhysician(Physician):
    """Reads and thinks."""

    weight = 5
    wait_time = between(1, 3)


class PowerPhysician(Physician):
    """Knows the keyboard shortcuts."""

    weight = 1
    wait_time = between(0.2, 0.6)


class Dictation(ClinicUser):
    """Dictates: the recording is on its way while it is made, so nobody knows its length."""

    weight = 0.3
    wait_time = between(5, 15)
    role = "physician"
    accounts = itertools.cycle(range(1, PHYSICIANS + 1))

    def recording(self) -> Iterator[bytes]:
        """The pieces of a recording; `requests` sends a chunk for each."""
        with RECORDING.open("rb") as recording:
            while piece := recording.read(CHUNK_BYTES):
                yield piece

    @tag("write")
    @task
    def dictate(self) -> None:
        headers = {"Content-Type": "audio/wav"}
        with self.client.post(
            "/transcriptions", data=self.recording(), headers=headers, catch_response=True
        ) as response:
            if response.status_code != 201 or not response.json()["chunked"]:
                response.failure(f"not transcribed: status {response.status_code}")


class Admin(ClinicUser):
    """Looks in from time to time."""

    weight = 0.1
    wait_time = between(2, 5)
    role = "admin"
    accounts = itertools.cycle(range(1, ADMINS + 1))

    @tag("admin")
    @task(2)
    def admin_dashboard(self) -> None:
        self.client.get("/admin/dashboard")

    @tag("admin")
    @task(1)
    def audit_logs(self) -> None:
        params = {"limit": 50, "days": random.choice([1, 7, 30])}
        self.client.get("/admin/audit/logs", params=params, name="/admin/audit/logs")


if WebSocketUser is not None:

    class Ward(WebSocketUser):
        """Tells the others of its ward what is new, and hears it from them."""

        weight = 1
        wait_time = between(5, 15)
        numbers = itertools.count(1)

        def on_start(self) -> None:
            self.number = next(self.numbers)
            self.updates = itertools.count(1)
            room = f"ward-{self.number // NURSES % WARDS}"
            self.socket = self.client.connect(f"/ws/broadcast?room={room}", name="channel")

        def on_stop(self) -> None:
            self.socket.close()

        @tag("write")
        @task
        def tell(self) -> None:
            update = f"{self.number}/{next(self.updates)}"
            message = {"nurse": self.number, "update": update}
            self.socket.ask(message, f'"{update}"', name="update")


@events.request.add_listener
def count_answer(response: Any = None, **_: Any) -> None:
    """Every request passes here, also one without an answer (status 0)."""
    answers[getattr(response, "status_code", 0) or 0] += 1


@events.quitting.add_listener
def check_objectives(environment: Environment, **_: Any) -> None:
    """The run is good if every name was quick enough and nearly nothing failed."""
    logger.info("answers by status: %s", dict(sorted(answers.items())))
    stats = environment.stats
    broken = [
        f"{entry.method} {entry.name}: P95 is {p95:.0f} ms, at most {P95_MAX_MS:.0f} ms are allowed"
        for entry in stats.entries.values()
        if (p95 := entry.get_response_time_percentile(0.95)) >= P95_MAX_MS
    ]
    if stats.total.num_requests == 0:
        broken.append("there was no request")
    elif stats.total.fail_ratio >= ERRORS_MAX:
        broken.append(f"{stats.total.fail_ratio:.2%} failed, less than {ERRORS_MAX:.0%} may")
    for reason in broken:
        logger.error("objective broken: %s", reason)
    environment.process_exit_code = 1 if broken else 0
