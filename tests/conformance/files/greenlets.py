"""Greenlets of the file's own: from on_start, from init, in pools, killed in on_stop; they may
fire requests."""

import gevent
from gevent.event import Event
from gevent.pool import Pool

from locust import HttpUser, constant, events, task
from locust.runners import STATE_RUNNING


@events.init.add_listener
def watch(environment, **kw):
    gevent.spawn(watcher, environment)


def watcher(environment):
    while environment.runner.state != STATE_RUNNING:
        gevent.sleep(0.02)
    print("watcher saw it running")


class Spawning(HttpUser):
    wait_time = constant(0)

    def on_start(self):
        self.done = Event()
        self.background = gevent.spawn(self.poll)

    def on_stop(self):
        self.background.kill()
        print("background dead", self.background.dead)

    def poll(self):
        while True:
            self.client.get("/status/200", name="background")
            self.done.set()
            gevent.sleep(60)

    @task
    def pool(self):
        self.done.wait(5)
        gevent.sleep(0.1)
        pool = Pool(4)
        for number in range(8):
            pool.spawn(self.client.get, f"/status/20{number % 5}", name="pooled")
        pool.join()
        jobs = [gevent.spawn(self.client.get, "/status/200", name="joined") for _ in range(3)]
        gevent.joinall(jobs)
        print([job.value.status_code for job in jobs])
        with gevent.Timeout(0.2, False):
            self.client.get("/delay/3000", name="cut off")
        print("after the timeout", self.client.get("/status/200", name="after").status_code)
        gevent.sleep(0.05)
        self.environment.runner.quit()
