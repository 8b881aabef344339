"""Contexts of user and call, merged; None-safe listeners; contexts of failures."""

from locust import FastHttpUser, HttpUser, constant, events, task


@events.request.add_listener
def heard(name, context, **kw):
    print(name, context)


class Context(HttpUser):
    wait_time = constant(0)

    def context(self):
        return {"user": "u", "both": "user"}

    @task
    def visit(self):
        self.client.get("/status/200", name="none")
        self.client.get("/status/200", name="own", context={"both": "call", "n": 1})
        self.client.get("/status/404", name="failed", context={"n": 2})
        with self.client.get(
            "/status/200", name="block", context={"n": 3}, catch_response=True
        ) as response:
            response.request_meta["context"]["added"] = True
        self.environment.runner.quit()


class ContextFast(FastHttpUser):
    wait_time = constant(0)
    context = Context.context
    visit = Context.visit
    tasks = [visit]
