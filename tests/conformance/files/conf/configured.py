"""Shows what the options became, wherever they came from."""

import gevent

from locust import User, constant, events, task


@events.init.add_listener
def show(environment, **kw):
    options = environment.parsed_options
    print(options.num_users, options.spawn_rate, options.run_time, options.host, options.headless)
    print(
        options.loglevel,
        options.only_summary,
        options.stop_timeout,
        options.exit_code_on_error,
        options.exclude_tags,
    )
    print(environment.host, environment.stop_timeout, options.locustfile)

    gevent.spawn_later(2.5, environment.runner.quit)


class Configured(User):
    wait_time = constant(100)

    @task
    def visit(self):
        print("visited")
