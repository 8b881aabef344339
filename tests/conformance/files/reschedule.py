"""The exceptions that steer the task loop: with and without a wait."""

from locust import TaskSet, User, constant, task
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately


class Steering(User):
    wait_time = constant(0)

    @task
    class Steps(TaskSet):
        step = 0

        def wait(self):
            print("waits")
            super().wait()

        @task
        def next(self):
            Steering.Steps.step += 1
            print("step", self.step)
            if self.step == 1:
                raise RescheduleTask()
            if self.step == 2:
                raise RescheduleTaskImmediately()
            if self.step == 3:
                self.schedule_task(Steering.Steps.extra)
                self.schedule_task(Steering.Steps.early, first=True)
            if self.step == 4:
                raise InterruptTaskSet(reschedule=False)
            if self.step == 5:
                self.user.environment.runner.quit()

        def extra(self):
            print("extra")

        def early(self):
            print("early")
