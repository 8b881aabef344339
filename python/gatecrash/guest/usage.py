"""Reading what this process costs: CPU and memory, every few seconds.

In: the kernel's own accounts of the process. Out: the runner's `current_*` attributes, the
`usage_monitor` event, and a warning when the process is too busy to give the load asked for.
"""

from __future__ import annotations

import logging
import os
import resource
import time
from typing import NoReturn

import gevent

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def monitor(runner) -> NoReturn:
    """Reads for as long as the runner lives."""
    from locust import runners

    events = runner.environment.events
    environment = runner.environment
    reading = _cpu_and_clock()
    while True:
        gevent.sleep(runners.CPU_MONITOR_INTERVAL)
        before, reading = reading, _cpu_and_clock()
        cpu = 100 * (reading[0] - before[0]) / max(reading[1] - before[1], 1e-6)
        runner.current_cpu_usage = cpu
        runner.current_memory_usage = memory_bytes()
        if cpu > runners.CPU_WARNING_THRESHOLD:
            events.cpu_warning.fire(environment=environment, cpu_usage=cpu)
            _warn_once(runner, runners.CPU_WARNING_THRESHOLD)
        events.usage_monitor.fire(
            environment=environment, cpu_usage=cpu, memory_usage=runner.current_memory_usage
        )


def _warn_once(runner, threshold: float) -> None:
    if not runner.cpu_warning_emitted:
        logging.warning(
            f"CPU usage above {threshold}%! This may constrain your throughput. "
            "Response times stay true, but users start their next task later than they should."
        )
        runner.cpu_warning_emitted = True


def _cpu_and_clock() -> tuple[float, float]:
    """CPU seconds that all threads of this process have used, and the time of the reading."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, time.monotonic()


def memory_bytes() -> int:
    """Resident memory of this process."""
    with open("/proc/self/statm", encoding="ascii") as accounts:
        return int(accounts.read().split()[1]) * PAGE_BYTES
