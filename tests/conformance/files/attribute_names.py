"""Names that collide with the API in the wild: attributes and tasks called like methods of the
library."""

from locust import HttpUser, TaskSet, constant, task
from locust import User as LocustUser


class User:
    """A plain class of the file's own, beside the library's."""


class Colliding(HttpUser):
    wait_time = constant(0)

    def on_start(self):
        self.token = "t"
        self.headers = {"X-Token": self.token}
        self.users = [1, 2]
        self.name = "n"
        self.id = 5
        self.state = "own"
        self.session = self.client
        self.request = lambda path: self.client.get(path, headers=self.headers, name="own request")

    @task
    class Flow(TaskSet):
        def on_start(self):
            self.headers = self.user.headers
            self.name = "set"

        @task
        def request(self):
            self.get()

        def get(self):
            print(
                self.user.request("/status/200").status_code,
                self.user.state,
                self.user.id,
                self.name,
            )
            self.user.environment.runner.quit()


print(issubclass(Colliding, LocustUser), issubclass(User, LocustUser))
