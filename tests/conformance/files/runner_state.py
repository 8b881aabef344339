"""What the runner says about itself in each phase, and starting and stopping it from the file."""

import gevent

from locust import User, constant, events, task
from locust.runners import LocalRunner, MasterRunner, Runner, WorkerRunner


def show(where, runner):
    print(
        where, runner.state, runner.user_count, runner.target_user_count, runner.user_classes_count
    )


@events.init.add_listener
def init(environment, runner, **kw):
    print(
        isinstance(runner, LocalRunner),
        isinstance(runner, Runner),
        isinstance(runner, (MasterRunner, WorkerRunner)),
    )
    show("init", runner)
    environment.events.test_stop.add_listener(
        lambda environment: show("test_stop", environment.runner)
    )
    environment.events.test_start.add_listener(
        lambda environment: show("test_start", environment.runner)
    )


class Stating(User):
    wait_time = constant(100)

    def on_start(self):
        self.environment.marker = getattr(self.environment, "marker", 0) + 1

    @task
    def visit(self):
        if self.environment.marker == 1:
            gevent.spawn(self.control, self.environment.runner)

    @staticmethod
    def control(runner):
        gevent.sleep(0.1)
        show("running", runner)
        runner.start(3, 100)
        gevent.sleep(0.3)
        show("three", runner)
        runner.start(1, 100, wait=True)
        gevent.sleep(0.3)
        show("one", runner)
        users = runner.spawn_users({"Stating": 2})
        gevent.sleep(0.1)
        print(len(users), runner.user_count)
        runner.stop_users({"Stating": 1})
        print(runner.user_count)
        runner.stop()
        show("stopped", runner)
        runner.quit()
