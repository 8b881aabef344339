"""User classes that live in another module."""

from locust import HttpUser, task


class Shared(HttpUser):
    @task
    def visit(self):
        print("shared", type(self).__module__, type(self).fullname())
        self.client.get("/status/200", name="shared")
        self.environment.runner.quit()


class SharedBase(HttpUser):
    abstract = True
