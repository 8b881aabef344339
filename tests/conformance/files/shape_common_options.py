"""A shape that uses -u, -r and -t through the runner."""

from locust import LoadTestShape, User, constant, task


class Common(LoadTestShape):
    use_common_options = True

    def tick(self):
        options = self.runner.environment.parsed_options
        print(options.num_users, options.spawn_rate, options.run_time)
        print(self.runner.stats.total.num_requests, self.runner.state)
        return None


class Idle(User):
    wait_time = constant(100)

    @task
    def idle(self):
        pass
