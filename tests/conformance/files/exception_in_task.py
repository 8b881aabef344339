"""An exception in a task: user_error, the log, the exceptions, exit code 1; the loop goes on."""

from locust import User, constant, events, task


@events.user_error.add_listener
def heard(user_instance, exception, tb, **kw):
    print(type(user_instance).__name__, repr(exception), tb.tb_next is not None)


class Failing(User):
    wait_time = constant(0)
    done = 0

    @task
    def fail(self):
        self.done += 1
        if self.done == 4:
            for entry in self.environment.runner.exceptions.values():
                print(
                    entry["count"],
                    entry["msg"],
                    sorted(entry["nodes"]),
                    type(entry["traceback"]).__name__,
                )
            self.environment.runner.quit()
        raise ValueError(f"number {self.done % 2}")
