"""Numbers of known samples: buckets, percentiles, medians, means, None times, resets. Nothing is
sent."""

from locust import User, constant, events, task

TIMES = [
    0,
    0.5,
    1.5,
    2.5,
    99.4,
    99.5,
    100,
    104.9,
    105,
    115,
    999,
    1049.9,
    1050,
    1150,
    6034,
    9949,
    10499,
    10500,
    123456.789,
]


def fire(name, time, error=None, length=10):
    events.request.fire(
        request_type="X", name=name, response_time=time, response_length=length, exception=error
    )


def show(entry):
    print(
        entry.name,
        entry.num_requests,
        entry.num_none_requests,
        entry.num_failures,
        entry.fail_ratio,
    )
    print(
        " ",
        entry.min_response_time,
        entry.max_response_time,
        entry.total_response_time,
        entry.avg_response_time,
    )
    print(
        " ",
        entry.median_response_time,
        entry.avg_content_length,
        dict(sorted(entry.response_times.items())),
    )
    quantiles = (0, 0.01, 0.25, 0.5, 0.66, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)
    print(" ", [entry.get_response_time_percentile(q) for q in quantiles])


class Firing(User):
    wait_time = constant(0)

    @task
    def fire_all(self):
        stats = self.environment.stats
        for time in TIMES:
            fire("all", time)
        for time in range(1, 11):
            fire("ten", time)
        fire("single", 6034)
        fire("none", None)
        fire("some none", None)
        fire("some none", 5)
        fire("failed", 5, ValueError("one"))
        fire("failed", 5, "a text")
        fire("failed", 5, KeyError("k"))
        fire("failed", 5, ValueError("one"))
        for name in ("all", "ten", "single", "none", "some none", "failed"):
            show(stats.get(name, "X"))
        show(stats.total)
        for error in stats.errors.values():
            print(error.name, error.error, error.occurrences)
        self.environment.runner.quit()
