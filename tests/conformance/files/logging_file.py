"""The file's own logging at each level, and basicConfig that comes too late."""

import logging

from locust import User, constant, task

logging.basicConfig(level=logging.DEBUG, format="OWN %(message)s")
log = logging.getLogger("my.module")


class Logging(User):
    wait_time = constant(0)

    @task
    def speak(self):
        log.debug("debug")
        log.info("info %s", 1)
        log.warning("warning\nin two lines")
        log.error("error", exc_info=ValueError("why"))
        print("printed")
        self.environment.runner.quit()
