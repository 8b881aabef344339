"""Exceptions of Locust's API. Nothing here decides what they do: see `user/task.py`."""


class LocustError(Exception):
    """Base of errors in how the API is used."""


class ResponseError(Exception):
    """A response that must count as a failure, raised inside a `catch_response` block."""


class CatchResponseError(Exception):
    """What `response.failure("text")` turns its text into."""


class MissingWaitTimeError(LocustError):
    """Neither the user nor the TaskSet says how long to wait between tasks."""


class InterruptTaskSet(Exception):
    """Leaves the running TaskSet.

    With `reschedule` the parent picks its next task at once, without it the parent waits first.
    """

    def __init__(self, reschedule=True):
        self.reschedule = reschedule


class StopTest(Exception):
    """Ends the whole run when raised while users are made; in a task it ends that user."""


class StopUser(Exception):
    """Ends the user that raises it; its `on_stop` still runs."""


class RescheduleTask(Exception):
    """Leaves the task early, as `return` would: the wait comes next."""


class RescheduleTaskImmediately(Exception):
    """Leaves the task early and goes on to the next one without a wait."""


class RPCError(Exception):
    """A fault in the connection between nodes."""


class RPCSendError(Exception):
    """A message to another node could not be sent."""


class RPCReceiveError(Exception):
    """A message from another node could not be read; `addr` is the sender, if known."""

    def __init__(self, *args: object, addr=None) -> None:
        super().__init__(*args)
        self.addr = addr


class RunnerAlreadyExistsError(Exception):
    """An Environment can have one runner only."""
