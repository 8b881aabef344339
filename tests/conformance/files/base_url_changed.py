"""base_url and host changed while running; absolute URLs; trailing and missing slashes are
joined as text."""

import os

from locust import FastHttpUser, HttpUser, constant, task


class Moving(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        target = os.environ["TARGET"]
        self.client.base_url = "http://127.0.0.1:1"
        print(self.client.get("/status/200", name="before").status_code)
        self.client.base_url = target
        print(self.client.get("/status/200", name="after").status_code)
        self.host = "http://ignored.invalid"
        print(self.client.get("/status/200", name="after").status_code)
        self.client.base_url = target + "/status"
        print(
            self.client.get("/204").status_code, self.client.get(target + "/status/201").status_code
        )
        print(self.client.get(target.upper().replace("HTTP", "HTTP") + "/status/202").status_code)
        self.client.base_url = target + "/"
        try:
            print(self.client.get("/status/200", name="two slashes").status_code)
        except ValueError as error:
            print(type(error).__name__, error)
        print(self.client.get("status/200").status_code)
        self.environment.runner.quit()


class MovingFast(FastHttpUser):
    wait_time = constant(0)
    visit = Moving.visit
    tasks = [visit]
