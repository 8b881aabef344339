"""Names of versions long gone fail loudly; others are silently meaningless."""

import locust
from locust import TaskSet, User, events, task

for name in ("HttpLocust", "Locust"):
    try:
        type("Old", (getattr(locust, name),), {})
    except ImportError as error:
        print(name, str(error).split(",")[0])
for name in ("request_success", "request_failure", "hatch_complete", "locust_error"):
    print(name, hasattr(events, name))
print(
    hasattr(locust, "seq_task"),
    hasattr(locust, "web"),
    hasattr(locust, "between"),
    locust.__version__,
)
try:
    type("OldSet", (User,), {"task_set": TaskSet})
except ImportError as error:
    print("task_set", error)


class Old(User):
    min_wait = 5
    max_wait = 9
    stop_timeout = 3
    done = 0

    def on_stop(self):
        print("on_stop", self.done)

    def on_quit(self):
        print("unexpected")

    def teardown(self):
        print("unexpected")

    @task
    def visit(self):
        print("wait", self.wait_time())
        self.environment.runner.quit()
