"""Three requests that succeed; the plainest run there is."""

from locust import HttpUser, constant, task


class Plain(HttpUser):
    wait_time = constant(0)
    done = 0

    @task
    def visit(self):
        self.client.get("/status/200")
        self.done += 1
        if self.done == 3:
            self.environment.runner.quit()
