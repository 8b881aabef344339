"""Reading the statistics while running, in test_stop and in quitting: they are complete and
live."""

from locust import HttpUser, constant, events, task


def show(where, stats):
    total = stats.total
    print(
        where,
        total.num_requests,
        total.num_failures,
        round(total.fail_ratio, 3),
        total.name,
        repr(total.method),
    )
    for key in sorted(stats.entries):
        entry = stats.entries[key]
        print(" ", key, entry.num_requests, entry.num_failures, entry.name, entry.method)
    print(
        " ",
        stats.num_requests,
        stats.num_failures,
        len(stats.errors),
        stats.start_time <= stats.last_request_timestamp,
    )
    for error in stats.errors.values():
        print(" ", error.method, error.name, error.error, error.occurrences, error.to_name())


@events.test_stop.add_listener
def stopped(environment, **kw):
    show("test_stop", environment.stats)


@events.quitting.add_listener
def quitting(environment, **kw):
    stats = environment.runner.stats
    show("quitting", stats)
    print(
        stats.total.get_response_time_percentile(0.95) > 0,
        stats.total.total_rps > 0,
        stats is environment.stats,
    )
    print(stats.total.avg_response_time > 0, stats.total.median_response_time > 0)
    missing = stats.get("never", "GET")
    print(
        missing.num_requests,
        missing.get_response_time_percentile(0.5),
        missing.fail_ratio,
        missing.min_response_time,
    )
    print(stats.entries.get(("nothing", "GET")), missing.get_current_response_time_percentile(0.5))
    print(
        missing.avg_response_time,
        missing.median_response_time,
        missing.total_rps,
        missing.current_rps,
    )


class Reading(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        stats = self.environment.stats
        for number in range(3):
            self.client.get("/status/200", name="good")
            print(stats.get("good", "GET").num_requests, stats.total.num_requests)
        self.client.get("/status/500", name="bad")
        self.client.get("/status/500", name="bad")
        entry = stats.entries[("bad", "GET")]
        print(entry.num_failures, entry.fail_ratio, sorted(entry.to_dict()))
        print(
            sum(entry.response_times.values()),
            sum(entry.num_reqs_per_sec.values()),
            sum(entry.num_fail_per_sec.values()),
        )
        stats.log_request("LOG", "by hand", 12.5, 100)
        stats.log_error("LOG", "by hand", ValueError("x"))
        logged = stats.get("by hand", "LOG")
        print(
            logged.num_requests,
            logged.num_failures,
            logged.min_response_time,
            logged.max_response_time,
        )
        print(logged.response_times, logged.avg_content_length, logged.total_response_time)
        self.environment.runner.quit()
