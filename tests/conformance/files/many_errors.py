"""How failures are grouped: by text, addresses hidden, exception types kept apart."""

from locust import HttpUser, constant, task


class Thing:
    pass


class Grouping(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        for number in range(4):
            with self.client.get("/status/200", name="objects", catch_response=True) as response:
                response.failure(f"got {Thing()}")
            with self.client.get("/status/200", name="numbers", catch_response=True) as response:
                response.failure(f"number {number % 2}")
            with self.client.get("/status/200", name="types", catch_response=True) as response:
                response.failure((ValueError if number % 2 else KeyError)("same"))
            self.client.get(f"/status/40{number}?n={number}", name="by status")
            self.client.get(f"/status/50{number % 2}")
        with self.client.get("/status/200", name="long", catch_response=True) as response:
            response.failure("long " * 60)
        with self.client.get("/status/200", name="lines", catch_response=True) as response:
            response.failure("two\nlines and 'quotes' \"both\" ü")
        self.environment.runner.quit()
