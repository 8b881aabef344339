"""Every way in which the target can misbehave; each is a request, and the user goes on after it."""

from locust import FastHttpUser, HttpUser, task

FAULTS = (
    *("short-body", "reset", "bad-chunk", "header-flood"),
    *("no-answer", "close-before-answer", "slow-body"),
)
PATIENCE_S = 0.5


def visit_all(client, **options):
    for fault in FAULTS:
        response = client.get(f"/fault/{fault}", name=fault, **options)
        print(fault, response.status_code)
    print("goes on", client.get("/status/200", name="after").status_code)


class Faulty(HttpUser):
    @task
    def visit(self):
        visit_all(self.client, timeout=PATIENCE_S)
        self.environment.runner.quit()


class FaultyFast(FastHttpUser):
    network_timeout = PATIENCE_S

    @task
    def visit(self):
        visit_all(self.client)
        self.environment.runner.quit()
