"""Two classes for choosing on the command line, with attributes for --config-users."""

from locust import User, constant, events, task


class First(User):
    """The first."""

    weight = 3
    wait_time = constant(100)
    greeting = "hello"

    def on_start(self):
        print(type(self).__name__, self.greeting, self.host)

    @task(4)
    def idle(self):
        pass

    @task
    def rare(self):
        pass


class Second(First):
    weight = 1
    greeting = "hi"


@events.test_start.add_listener
def show(environment, **kw):
    for cls in environment.user_classes:
        print(cls.__name__, cls.weight, cls.fixed_count, [t.__name__ for t in cls.tasks])
    print(sorted(environment.user_classes_by_name), environment.available_user_classes is None)


@events.spawning_complete.add_listener
def complete(user_count, **kw):
    import gevent

    gevent.spawn_later(0.1, runner.quit)


@events.init.add_listener
def keep(environment, **kw):
    global runner
    runner = environment.runner
