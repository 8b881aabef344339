"""sys.exit() in a task, with the CODE that the environment says: a number, a text, or nothing."""

import os
import sys

from locust import HttpUser, task

CODE = os.environ["CODE"]


class Leaving(HttpUser):
    @task
    def visit(self):
        self.client.get("/status/200")
        if CODE == "nothing":
            sys.exit()
        sys.exit(int(CODE) if CODE.isdigit() else CODE)
