"""Tasks in order of declaration, weights as repeats, a nested set, base class first, going
round."""

from locust import HttpUser, SequentialTaskSet, constant, task


class Steps(SequentialTaskSet):
    @task
    def first(self):
        print("first")
        self.client.get("/status/200", name="first")

    @task(2)
    def second(self):
        print("second")

    @task
    class Within(SequentialTaskSet):
        @task
        def inside(self):
            print("inside")

        @task
        def leave(self):
            self.interrupt(reschedule=True)

    @task
    def third(self):
        print("third")


class More(Steps):
    rounds = 0

    @task
    def fourth(self):
        print("fourth")
        More.rounds += 1
        if More.rounds == 2:
            self.user.environment.runner.quit()


class Sequential(HttpUser):
    wait_time = constant(0)
    tasks = [More]
