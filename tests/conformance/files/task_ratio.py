"""Classes with weights and nested sets, for the tables of ratios."""

from locust import HttpUser, TaskSet, task


class Browser(HttpUser):
    weight = 3

    @task(3)
    def index(self):
        pass

    @task
    class Forum(TaskSet):
        @task(2)
        def read(self):
            pass

        @task
        def write(self):
            pass


class Bot(HttpUser):
    fixed_count = 1

    @task
    def crawl(self):
        pass
