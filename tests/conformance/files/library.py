"""Environment and runner used as a library: a script without the command line."""

import os

import gevent

from locust import HttpUser, constant, events, task
from locust.env import Environment
from locust.log import setup_logging
from locust.stats import stats_history, stats_printer

setup_logging("INFO")


class FromCode(HttpUser):
    host = os.environ["TARGET"]
    wait_time = constant(60)

    @task
    def visit(self):
        self.client.get("/status/200", name="visit")


environment = Environment(user_classes=[FromCode], events=events)
runner = environment.create_local_runner()
try:
    environment.create_local_runner()
except Exception as error:
    print(type(error).__name__)
environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
heard = []
environment.events.request.add_listener(lambda name, **kw: heard.append(name))
print(type(runner).__name__, runner.state, runner.user_count, environment.web_ui, environment.host)
gevent.spawn(stats_printer(environment.stats))
gevent.spawn(stats_history, runner)
runner.start(3, spawn_rate=10)
runner.spawning_greenlet.join()
gevent.sleep(0.3)
print(runner.state, runner.user_count, runner.target_user_count, heard)
print(len(list(runner.user_greenlets)), runner.user_classes_count)
gevent.spawn_later(0.2, runner.quit)
runner.greenlet.join()
print(runner.state, runner.user_count)
print(environment.stats.total.num_requests, environment.stats.get("visit", "GET").num_requests)
print(Environment().events is events, Environment(host="http://h").host)
