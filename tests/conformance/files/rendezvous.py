"""All users meet at spawning_complete, which fires once per ramp, before any of them goes on."""

import gevent
from gevent.lock import Semaphore

from locust import HttpUser, constant, events, task

everyone = Semaphore()
everyone.acquire()
arrived = []


@events.init.add_listener
def install(environment, **kw):
    @environment.events.spawning_complete.add_listener
    def on_spawned(user_count, **kw):
        print("spawned", user_count, len(arrived))
        everyone.release()


class Meeting(HttpUser):
    wait_time = constant(0)

    def on_start(self):
        arrived.append(self)
        everyone.wait()

    @task
    def visit(self):
        self.client.get("/status/200", name="together")
        arrived.pop()
        if not arrived:
            gevent.spawn(self.environment.runner.quit)
        gevent.sleep(60)
