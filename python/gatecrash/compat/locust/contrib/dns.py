"""A user that asks name servers, through dnspython.

In: `self.client.udp(message, "1.1.1.1")` or any other function of `dns.query`. Out: a request of
type DNS, named after the function or by `name=`, that fails without an answer.
"""

import time
from collections.abc import Callable

import dns.query
from dns.exception import DNSException
from dns.message import Message

from gatecrash.guest.timed import timed
from locust import User
from locust.exception import LocustError


class DNSClient:
    """`dns.query`, with each call counted."""

    def __init__(self, request_event):
        self.request_event = request_event

    def __getattr__(self, function_name) -> Callable[..., Message | None]:
        function = getattr(dns.query, function_name)

        def query(message: Message, *args, name=None, **kwargs) -> Message | None:
            start_time = time.time()
            done = timed(lambda: function(message, *args, **kwargs), DNSException)
            error = done.error
            if error is None and not done.result.answer:
                error = LocustError("No answer in DNS response")
            self.request_event.fire(
                request_type="DNS",
                name=name or function_name,
                start_time=start_time,
                response_time=done.response_time_ms,
                response_length=0,
                response=done.result,
                context={},
                exception=error,
            )
            return done.result

        return query


class DNSUser(User):
    """A user with a `DNSClient` as its client."""

    abstract = True

    def __init__(self, environment):
        super().__init__(environment)
        self.client = DNSClient(environment.events.request)
