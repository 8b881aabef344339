"""Users that keep one connection each and mostly rest: what does a user weigh?"""

from locust import HttpUser, constant, task


class Resting(HttpUser):
    wait_time = constant(4)

    @task
    def index(self):
        self.client.get("/")
