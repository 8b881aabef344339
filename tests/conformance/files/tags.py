"""Tags on tasks, on sets and on nested sets; which tasks remain is decided on the command line."""

from locust import HttpUser, TaskSet, constant, events, tag, task


class Tagged(HttpUser):
    wait_time = constant(0)

    @tag("a")
    @task
    def only_a(self):
        pass

    @task
    @tag("a", "b")
    def both(self):
        pass

    @tag("c")
    @task
    class Sub(TaskSet):
        @task
        def leaf(self):
            pass

        @tag("a")
        @task
        def leaf_a(self):
            pass

    @task
    def plain(self):
        pass

    def on_start(self):
        print("left", [t.__name__ for t in self.tasks])
        print("left in the set", [t.__name__ for t in Tagged.Sub.tasks])
        self.environment.runner.quit()


@events.test_start.add_listener
def show(environment, **kw):
    print(
        sorted(environment.parsed_options.tags or []),
        sorted(environment.parsed_options.exclude_tags or []),
    )


try:
    tag()
except Exception as error:
    print(type(error).__name__, error)
