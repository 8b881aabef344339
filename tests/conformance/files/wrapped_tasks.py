"""A decorator around @task that uses functools.wraps keeps the task mark and the tags."""

import functools

from locust import HttpUser, constant, tag, task


def logged(function):
    @functools.wraps(function)
    def wrapper(self):
        print("enter", function.__name__)
        result = function(self)
        print("leave", function.__name__)
        return result

    return wrapper


class Wrapped(HttpUser):
    wait_time = constant(0)
    done = 0

    @logged
    @tag("x")
    @task
    def visit(self):
        self.client.get("/status/200", name="visit")
        self.done += 1
        if self.done == 3:
            self.environment.runner.quit()


print(
    [t.__name__ for t in Wrapped.tasks],
    Wrapped.visit.locust_task_weight,
    Wrapped.visit.locust_tag_set,
)
