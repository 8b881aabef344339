"""What a with-block decides: success, failure, exceptions inside, the last word, and errors left
alone."""

from locust import HttpUser, constant, task
from locust.exception import CatchResponseError, ResponseError


class Catching(HttpUser):
    wait_time = constant(0)

    @task
    def blocks(self):
        get = self.client.get
        with get("/status/200", name="ok", catch_response=True):
            pass
        with get("/status/404", name="left alone", catch_response=True):
            pass
        with get("/status/404", name="forgiven", catch_response=True) as response:
            response.success()
        with get("/status/200", name="text", catch_response=True) as response:
            response.failure("not what I wanted")
        with get("/status/200", name="exception", catch_response=True) as response:
            response.failure(ValueError("bad value"))
        with get("/status/200", name="object", catch_response=True) as response:
            response.failure({"status": 1})
        with get("/status/200", name="last word", catch_response=True) as response:
            response.failure("first")
            response.success()
        with get("/status/200", name="last word 2", catch_response=True) as response:
            response.success()
            response.failure("second")
        with get("/status/200", name="response error", catch_response=True):
            raise ResponseError("raised")
        try:
            with get("/status/200", name="catch error", catch_response=True):
                raise CatchResponseError("raised too")
        except CatchResponseError as error:
            print("propagated", error)
        with get("/status/503", name="raise_for_status", catch_response=True) as response:
            try:
                response.raise_for_status()
            except Exception as error:
                print(type(error).__name__, error)
        try:
            with get("/status/200", name="never reported", catch_response=True):
                raise KeyError("inside")
        except KeyError as error:
            print("propagated", error)
        try:
            with get("/status/200", name="reported and raised", catch_response=True) as response:
                response.failure("decided before")
                raise KeyError("inside")
        except KeyError as error:
            print("propagated", error)
        self.environment.runner.quit()
