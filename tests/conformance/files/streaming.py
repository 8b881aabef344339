"""stream=True: lines, chunks, a body never read, a with-block; and FastHttpUser's iter_lines."""

from locust import FastHttpUser, HttpUser, constant, events, task


@events.request.add_listener
def heard(name, response_length, exception, **kw):
    print("heard", name, response_length, exception)


class Streaming(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        response = self.client.get("/stream/5", stream=True, name="lines")
        print([line for line in response.iter_lines()])
        response = self.client.get("/stream/5", stream=True, name="decoded lines")
        print(list(response.iter_lines(decode_unicode=True))[-1])
        response = self.client.get("/stream/50", stream=True, name="chunks")
        print(sum(len(chunk) for chunk in response.iter_content(64)))
        response = self.client.get("/stream/50", stream=True, name="late content")
        print(len(response.content), len(response.text))
        self.client.get("/stream/5", stream=True, name="never read")
        with self.client.get(
            "/stream/5", stream=True, name="block", catch_response=True
        ) as response:
            print(next(response.iter_lines()))
            response.success()
        response = self.client.get("/stream/5", stream=True, name="raw")
        print(response.raw.read(6))
        response.close()
        print(self.client.get("/status/200", name="after").status_code)
        self.environment.runner.quit()


class StreamingFast(FastHttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        print(list(self.client.iter_lines("/stream/3", name="iter_lines")))
        response = self.client.get("/stream/5", stream=True, name="stream")
        print(sum(len(chunk) for chunk in response.iter_content(8)))
        print(self.client.get("/status/200", name="after").status_code)
        self.environment.runner.quit()
