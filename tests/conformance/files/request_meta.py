"""request_meta overwritten inside the block is what gets recorded."""

from locust import FastHttpUser, HttpUser, constant, events, task


@events.request.add_listener
def heard(request_type, name, response_time, response_length, context, **kw):
    print("heard", request_type, name, response_time, response_length, context)


class Rewriting(HttpUser):
    wait_time = constant(0)
    client_kind = "requests"

    @task
    def visit(self):
        with self.client.get("/status/200", name="a", catch_response=True) as response:
            print(sorted(response.request_meta), response.request_meta["name"])
            response.request_meta["response_time"] = 1234.5
            response.request_meta["name"] = "renamed"
            response.request_meta["request_type"] = "RPC"
            response.request_meta["response_length"] = 77
            response.request_meta["context"] = {"new": 1}
        entry = self.environment.stats.get("renamed", "RPC")
        print(
            entry.num_requests,
            entry.min_response_time,
            entry.total_content_length,
            entry.median_response_time,
        )
        print(self.environment.stats.get("a", "GET").num_requests)
        self.environment.runner.quit()


class RewritingFast(FastHttpUser):
    wait_time = constant(0)
    visit = Rewriting.visit
    tasks = [visit]
