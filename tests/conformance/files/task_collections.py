"""`tasks` as list, dict, pairs, on base and subclass, and a re-decorated override that is added,
not replaced; tasks of a mixin that is no user are not found."""

from locust import TaskSet, User, task


def f(user):
    pass


def g(user):
    pass


class AsList(User):
    tasks = [f, g, f]


class AsDict(User):
    tasks = {f: 2, g: 1}


class AsPairs(User):
    tasks = [(f, 3), (g, 1)]


class Base(User):
    abstract = True

    @task
    def once(self):
        pass

    @task(2)
    def twice(self):
        pass


class Override(Base):
    @task
    def once(self):
        pass

    def twice(self):
        pass


class Mixed(Base):
    tasks = {f: 1}

    @task
    class Nested(TaskSet):
        @task
        def inner(self):
            pass


class Mixin:
    @task
    def of_no_user(self):
        pass


class WithMixin(Mixin, Base):
    pass


for cls in (WithMixin, AsList, AsDict, AsPairs, Base, Override, Mixed):
    print(cls.__name__, [t.__name__ for t in cls.tasks], cls.abstract)
