"""Every method of the client, then the end: names, types and counts of a plain file."""

from locust import HttpUser, constant, task


class Methods(HttpUser):
    wait_time = constant(0)

    @task
    def all_of_them(self):
        for call in (
            self.client.get,
            self.client.post,
            self.client.put,
            self.client.patch,
            self.client.delete,
        ):
            response = call("/status/200")
            print(response.request.method, response.status_code, response.text)
        print("HEAD", self.client.head("/status/200").status_code)
        print("OPTIONS", self.client.options("/status/200").status_code)
        print("lower", self.client.request("get", "/status/200").status_code)
        print("custom", self.client.request("PURGE", "/status/200").status_code)
        self.environment.runner.quit()
