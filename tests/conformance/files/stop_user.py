"""StopUser from a task, from on_start and from a nested set: on_stop runs at every level, the
run goes on."""

import gevent

from locust import TaskSet, User, task
from locust.exception import StopUser

gone = []


class Base(User):
    abstract = True
    fixed_count = 1

    def on_stop(self):
        gone.append(type(self).__name__)
        if len(gone) == 3:
            print(sorted(gone))
            gevent.spawn(self.environment.runner.quit)


class InOnStart(Base):
    def on_start(self):
        raise StopUser()

    @task
    def never(self):
        print("unexpected")


class InTask(Base):
    @task
    def leave(self):
        raise StopUser("enough")


class InNested(Base):
    @task
    class Deep(TaskSet):
        def on_stop(self):
            print("nested on_stop")

        @task
        def leave(self):
            raise StopUser()
