"""A user of the vector database Qdrant, through qdrant-client.

In: `url`, `collection_name` and more on the user class. Out: a request of type qdrant per call,
named after the call. Errors are in the returned dict and in the statistics, never raised.
"""

from typing import Any

from qdrant_client import QdrantClient
from qdrant_client.models import VectorParams

from gatecrash.guest.timed import fire_outcome, outcome
from locust import User, events


class QdrantLocustClient:
    """Calls on one collection; each returns a dict with `success`, `response_time` and more."""

    def __init__(self, url, collection_name, api_key=None, timeout=60, **kwargs):
        self.url = url
        self.collection_name = collection_name
        self.api_key = api_key
        self.timeout = timeout
        self.client = QdrantClient(url=url, api_key=api_key, timeout=timeout, **kwargs)

    def close(self):
        """Closes the connection."""
        self.client.close()

    def create_collection(self, vectors_config, **kwargs):
        """Makes the collection unless it exists."""
        if not self.client.collection_exists(collection_name=self.collection_name):
            self.client.create_collection(
                collection_name=self.collection_name, vectors_config=vectors_config, **kwargs
            )

    def upsert(self, points):
        """Adds or replaces points."""
        return outcome(
            lambda: self.client.upsert(collection_name=self.collection_name, points=points)
        )

    def search(self, query, limit=10, query_filter=None, search_params=None, with_payload=True):
        """The nearest points; none is no success."""
        return outcome(
            lambda: self.client.query_points(
                collection_name=self.collection_name,
                query=query,
                limit=limit,
                query_filter=query_filter,
                search_params=search_params,
                with_payload=with_payload,
            ),
            is_empty=lambda found: len(found.points) == 0,
        )

    def scroll(self, scroll_filter=None, limit=10, with_payload=True):
        """A page of points and, as `next_offset`, where the next one begins; none is no success."""
        told = outcome(
            lambda: self.client.scroll(
                collection_name=self.collection_name,
                scroll_filter=scroll_filter,
                limit=limit,
                with_payload=with_payload,
            ),
            is_empty=lambda page: len(page[0]) == 0,
        )
        if "result" in told:
            told["result"], told["next_offset"] = told["result"]
        return told

    def delete(self, points_selector):
        """Removes points."""
        return outcome(
            lambda: self.client.delete(
                collection_name=self.collection_name, points_selector=points_selector
            )
        )


class QdrantUser(User):
    """A user with a `QdrantLocustClient` as its client, whose own methods are counted."""

    abstract = True
    url: str = "http://localhost:6333"
    api_key: str | None = None
    collection_name: str | None = None
    timeout: int = 60
    """Seconds."""
    vectors_config: VectorParams | None = None
    """If set, the collection is made when the user is."""
    client_kwargs: dict | None = None
    collection_kwargs: dict | None = None

    def __init__(self, environment):
        super().__init__(environment)
        if self.collection_name is None:
            raise ValueError("'collection_name' must be provided for QdrantUser")
        self.client_type = "qdrant"
        self.client = QdrantLocustClient(
            url=self.url,
            api_key=self.api_key,
            collection_name=self.collection_name,
            timeout=self.timeout,
            **(self.client_kwargs or {}),
        )
        if self.vectors_config is not None:
            self.client.create_collection(
                vectors_config=self.vectors_config, **(self.collection_kwargs or {})
            )

    @staticmethod
    def _fire_event(request_type: str, name: str, result: dict[str, Any]):
        fire_outcome(events.request, request_type, name, result)

    def upsert(self, points):
        """`client.upsert`, counted."""
        return self._counted("upsert", self.client.upsert(points))

    def search(self, query, limit=10, query_filter=None, search_params=None, with_payload=True):
        """`client.search`, counted."""
        told = self.client.search(query, limit, query_filter, search_params, with_payload)
        return self._counted("search", told)

    def scroll(self, scroll_filter=None, limit=10, with_payload=True):
        """`client.scroll`, counted."""
        return self._counted("scroll", self.client.scroll(scroll_filter, limit, with_payload))

    def delete(self, points_selector):
        """`client.delete`, counted."""
        return self._counted("delete", self.client.delete(points_selector))

    def _counted(self, name: str, told: dict) -> dict:
        self._fire_event(self.client_type, name, told)
        return told

    def on_stop(self):
        """Closes the client."""
        self.client.close()
