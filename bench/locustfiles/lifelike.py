"""What a team's file looks like: weighted tasks, names, headers, JSON, checks, a listener."""

import random

from locust import HttpUser, events, task

slow = 0


@events.request.add_listener
def count_slow(response_time, exception, **kwargs):
    global slow
    if exception is None and response_time > 500:
        slow += 1


class Clinician(HttpUser):
    headers = {"Authorization": "Bearer 0123456789abcdef", "Accept": "application/json"}

    @task(5)
    def view(self):
        number = random.randint(1, 1000)
        response = self.client.get(
            f"/encounters/encounter-{number}", headers=self.headers, name="/encounters/[id]"
        )
        assert response.json()["patient"]["id"] == "patient-42"

    @task(3)
    def browse(self):
        page = {"page": random.randint(1, 50), "page_size": 20}
        with self.client.get(
            "/encounters",
            params=page,
            headers=self.headers,
            name="/encounters?page",
            catch_response=True,
        ) as response:
            if response.json()["total"] < 1:
                response.failure("no encounters")

    @task(2)
    def create(self):
        encounter = {"patient": f"patient-{random.randint(1, 100)}", "status": "planned"}
        response = self.client.post("/encounters", json=encounter, headers=self.headers)
        assert response.status_code == 201
