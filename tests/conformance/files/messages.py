"""register_message and send_message within one process."""

import re

from locust import User, constant, events, task


def greeted(environment, msg, **kw):
    print("message", msg.type, msg.data, msg.node_id, environment is not None)


def slowly(environment, msg, **kw):
    import gevent

    gevent.sleep(0.05)
    print("slowly", msg.data)


@events.init.add_listener
def register(environment, runner, **kw):
    runner.register_message("greet", greeted)
    runner.register_message("slow", slowly, concurrent=True)
    try:
        runner.register_message("greet", greeted)
    except Exception as error:
        print(type(error).__name__)
    print(
        runner.worker_index,
        runner.worker_count,
        re.fullmatch(r".+_[0-9a-f]{32}", runner.client_id) is not None,
    )


class Sender(User):
    wait_time = constant(0)

    @task
    def send(self):
        runner = self.environment.runner
        runner.send_message("greet", {"users": [1, 2]})
        runner.send_message("slow", 5)
        print("sent")
        runner.send_message("greet")
        runner.send_message("nobody listens", 1)
        import gevent

        gevent.sleep(0.15)
        runner.quit()
