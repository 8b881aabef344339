"""Own attributes on environment, runner, client, user and events stay where they were put."""

from locust import HttpUser, constant, events, task


@events.init.add_listener
def hang(environment, runner, web_ui, **kw):
    environment.pool = ["token"]
    runner.marker = "runner"
    environment.events.mine = "hook"
    print(web_ui, runner is environment.runner, environment.events is events)


@events.test_start.add_listener
def read(environment, **kw):
    environment.pool.append("second")
    print(environment.pool, environment.runner.marker, environment.events.mine)


class Open(HttpUser):
    wait_time = constant(0)

    def on_start(self):
        self.token = self.environment.pool.pop()
        self.client.keep_alive = 3
        self.client.headers = {"X-Own": "plain dict"}
        self.client.base_path_override = "/v2"

    @task
    def visit(self):
        response = self.client.get("/echo", name="echo")
        sent = {name.lower(): value for name, value in response.json()["headers"]}
        print(
            self.token,
            self.client.keep_alive,
            self.client.base_path_override,
            sent.get("x-own"),
            sorted(sent),
        )
        print(self.environment.pool, self.environment.runner.marker)
        self.environment.runner.quit()
