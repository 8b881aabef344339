"""Weights, a weight of nothing, fixed counts and abstract classes: who is started, in which
order."""

from locust import User, constant, events, task

started = []


class Base(User):
    abstract = True
    wait_time = constant(100)

    def on_start(self):
        started.append(type(self).__name__)

    @task
    def idle(self):
        pass


class Physician(Base):
    weight = 5


class Nurse(Base):
    weight = 2.5


class Admin(Base):
    weight = 0.1


class Auditor(Base):
    fixed_count = 2


class Never(Base):
    weight = 0


@events.spawning_complete.add_listener
def complete(user_count, **kw):
    import gevent

    gevent.spawn_later(0.1, finish, user_count)


def finish(user_count):
    print(user_count, started)
    print(dict(sorted(runner.user_classes_count.items())), runner.target_user_count)
    print(sorted(cls.__name__ for cls in runner.user_classes))
    runner.quit()


@events.init.add_listener
def keep(environment, **kw):
    global runner
    runner = environment.runner
