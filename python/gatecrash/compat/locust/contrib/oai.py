"""A user of OpenAI's API, through the openai package.

In: the key in the variable OPENAI_API_KEY. Out: a request per HTTP request of the client, named by
its path, whose response length is the number of tokens that came out.
"""

import os
import time
from collections.abc import Generator
from contextlib import contextmanager

import httpx
from openai import OpenAI

from locust.user import User

if "OPENAI_API_KEY" not in os.environ:
    raise Exception("You need to set OPENAI_API_KEY env var to use OpenAIUser")


class OpenAIClient(OpenAI):
    """openai's client, with each of its HTTP requests counted."""

    def __init__(self, request_event, user, *args, **kwargs):
        self.request_name = None
        self.user = user
        self._request_event = request_event
        hooks = {"request": [self._on_request], "response": [self._on_response]}
        super().__init__(*args, **kwargs, http_client=httpx.Client(event_hooks=hooks))

    @staticmethod
    def _on_request(request: httpx.Request) -> None:
        request.start_time = time.time()
        request.start_perf_counter = time.perf_counter()

    def _on_response(self, response: httpx.Response) -> None:
        response.read()
        request = response.request
        response_time = (time.perf_counter() - request.start_perf_counter) * 1000
        error = None
        try:
            response.raise_for_status()
        except httpx.HTTPStatusError as raised:
            error = raised
        self._request_event.fire(
            request_type=request.method,
            name=self.request_name or response.url.path,
            context={},
            response=response,
            exception=error,
            start_time=request.start_time,
            response_time=response_time,
            response_length=_output_tokens(response),
            url=response.url,
        )

    @contextmanager
    def rename_request(self, name: str) -> Generator[None]:
        """Gives the requests in a with-block a name."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None


def _output_tokens(response: httpx.Response) -> int:
    """The usage that the answer tells; 0 when it is an error or no JSON."""
    try:
        return response.json().get("usage", {}).get("output_tokens", 0)
    except (ValueError, AttributeError):
        return 0


class OpenAIUser(User):
    """A user with an `OpenAIClient` as its client."""

    abstract = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.client = OpenAIClient(self.environment.events.request, user=self)
