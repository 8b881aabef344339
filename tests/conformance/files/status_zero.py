"""A refused connection is a response with status 0, empty, and one failure of a known wording."""

from locust import FastHttpUser, HttpUser, constant, events, task

GONE = "http://127.0.0.1:1/gone"


@events.request.add_listener
def heard(name, exception, response, response_length, url, **kw):
    print(
        name,
        type(exception).__name__,
        getattr(exception, "args", None),
        response.status_code,
        response_length,
        url,
    )


class Refused(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        response = self.client.get(GONE + "?x=1")
        print(response.status_code, response.content, repr(response.text))
        for ask in (bool, lambda response: response.ok):
            try:
                print(ask(response))
            except Exception as error:
                print("asking raises", type(error).__name__)
        print(
            type(response).__name__,
            type(response.error).__name__,
            response.request.method,
            response.request.url,
        )
        try:
            response.raise_for_status()
        except Exception as error:
            print(type(error).__name__)
        with self.client.get(GONE, name="caught", catch_response=True) as response:
            print("inside", response.status_code)
        with self.client.get(GONE, name="forgiven", catch_response=True) as response:
            response.success()
        self.environment.runner.quit()


class FastRefused(FastHttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        response = self.client.get(GONE + "?x=1")
        print(response.status_code, response.content, response.text, response.headers)
        print(
            type(response).__name__,
            type(response.error).__name__,
            response.request.method,
            response.request.url,
        )
        with self.client.get(GONE, name="caught", catch_response=True) as response:
            print("inside", response.status_code)
        with self.client.get(GONE, name="forgiven", catch_response=True) as response:
            response.success()
        self.environment.runner.quit()
