"""A user of the vector database Milvus, through pymilvus.

In: arguments of `MilvusUser`. Out: a request of type milvus per call, named after the call, and one
named recall whose "time" is the recall in percent. Errors are in the returned dict and in the
statistics, never raised.
"""

from abc import ABC, abstractmethod
from typing import Any

import grpc.experimental.gevent as grpc_gevent

# Before the first channel: gRPC's own threads must give way to gevent's hub.
grpc_gevent.init_gevent()

from pymilvus import CollectionSchema, MilvusClient  # noqa: E402
from pymilvus.milvus_client import IndexParams  # noqa: E402

from gatecrash.guest.timed import fire_outcome, outcome  # noqa: E402
from locust import User, events  # noqa: E402


class BaseClient(ABC):
    """What a client of a vector database offers; calls return a dict with `success` and more."""

    @abstractmethod
    def close(self) -> None:
        """Closes the connection."""

    @abstractmethod
    def create_collection(self, schema, index_params, **kwargs) -> None:
        """Makes the collection."""

    @abstractmethod
    def insert(self, data) -> dict[str, Any]:
        """Adds entities."""

    @abstractmethod
    def upsert(self, data) -> dict[str, Any]:
        """Adds or replaces entities."""

    @abstractmethod
    def search(
        self,
        data,
        anns_field,
        limit,
        filter="",
        search_params=None,
        output_fields=None,
        calculate_recall=False,
        ground_truth=None,
    ) -> dict[str, Any]:
        """The nearest entities; none is no success."""

    @abstractmethod
    def hybrid_search(self, reqs, ranker, limit, output_fields=None) -> dict[str, Any]:
        """The nearest entities by several searches; none is no success."""

    @abstractmethod
    def query(self, filter, output_fields=None) -> dict[str, Any]:
        """Entities by an expression; none is no success."""

    @abstractmethod
    def delete(self, filter) -> dict[str, Any]:
        """Removes entities."""


class MilvusV2Client(BaseClient):
    """Calls on one collection through pymilvus's `MilvusClient`."""

    def __init__(self, uri, collection_name, token="root:Milvus", db_name="default", timeout=60):
        self.uri = uri
        self.collection_name = collection_name
        self.token = token
        self.db_name = db_name
        self.timeout = timeout
        self.client = MilvusClient(uri=uri, token=token, db_name=db_name, timeout=timeout)

    def close(self):
        """Closes the connection."""
        self.client.close()

    def create_collection(self, schema, index_params, **kwargs):
        """Makes the collection."""
        self.client.create_collection(
            collection_name=self.collection_name,
            schema=schema,
            index_params=index_params,
            **kwargs,
        )

    def insert(self, data):
        """Adds entities."""
        return outcome(lambda: self.client.insert(self.collection_name, data))

    def upsert(self, data):
        """Adds or replaces entities."""
        return outcome(lambda: self.client.upsert(self.collection_name, data))

    def search(
        self,
        data,
        anns_field,
        limit,
        filter="",
        search_params=None,
        output_fields=None,
        calculate_recall=False,
        ground_truth=None,
    ):
        """The nearest entities; with `calculate_recall` the dict has `recall`, from 0 to 1."""
        told = outcome(
            lambda: self.client.search(
                collection_name=self.collection_name,
                data=data,
                anns_field=anns_field,
                filter=filter,
                limit=limit,
                search_params=search_params,
                output_fields=output_fields or ["id"],
            ),
            is_empty=_no_hits,
        )
        if told["success"] and calculate_recall and ground_truth is not None:
            told["recall"] = self.get_recall(told["result"], ground_truth, limit)
        return told

    def hybrid_search(self, reqs, ranker, limit, output_fields=None):
        """The nearest entities by several searches; none is no success."""
        return outcome(
            lambda: self.client.hybrid_search(
                collection_name=self.collection_name,
                reqs=reqs,
                ranker=ranker,
                limit=limit,
                output_fields=output_fields or ["id"],
                timeout=self.timeout,
            ),
            is_empty=_no_hits,
        )

    @staticmethod
    def get_recall(search_results, ground_truth, limit=None):
        """The share of the first `limit` true neighbours that the first search found.

        0.0 when the results cannot be read or the truth is shorter than `limit`.
        """
        try:
            hits = search_results[0] if isinstance(search_results[0], list) else search_results
            found = [hit.get("id") for hit in hits]
            limit = len(found) if limit is None else limit
            truth = set(ground_truth[:limit])
            if len(ground_truth) < limit:
                return 0.0
            return len(truth & set(found)) / len(truth)
        except (TypeError, LookupError, AttributeError, ZeroDivisionError):
            return 0.0

    def query(self, filter, output_fields=None):
        """Entities by an expression; none is no success."""
        return outcome(
            lambda: self.client.query(
                collection_name=self.collection_name,
                filter=filter,
                output_fields=output_fields or ["id"],
            ),
            is_empty=lambda rows: len(rows) == 0,
        )

    def delete(self, filter):
        """Removes entities."""
        return outcome(
            lambda: self.client.delete(collection_name=self.collection_name, filter=filter)
        )


def _no_hits(result) -> bool:
    return all(len(hits) == 0 for hits in result)


class MilvusUser(User):
    """A user with a `MilvusV2Client` as its client, whose own methods are counted."""

    abstract = True

    def __init__(
        self,
        environment,
        uri: str = "http://localhost:19530",
        token: str = "root:Milvus",
        collection_name: str = "test_collection",
        db_name: str = "default",
        timeout: int = 60,
        schema: CollectionSchema | None = None,
        index_params: IndexParams | None = None,
        **kwargs,
    ):
        """With a `schema` the collection is made; `kwargs` are arguments of that."""
        super().__init__(environment)
        for name, value in (("uri", uri), ("collection_name", collection_name)):
            if value is None:
                raise ValueError(f"'{name}' must be provided for MilvusUser")
        self.client_type = "milvus"
        self.client = MilvusV2Client(uri, collection_name, token, db_name, timeout)
        if schema is not None:
            self.client.create_collection(schema=schema, index_params=index_params, **kwargs)

    @staticmethod
    def _fire_event(request_type: str, name: str, result: dict[str, Any]):
        fire_outcome(events.request, request_type, name, result)

    @staticmethod
    def _fire_recall_event(request_type: str, name: str, result: dict[str, Any]):
        events.request.fire(
            request_type=request_type,
            name=name,
            response_time=int(result.get("recall", 0.0) * 100),
            response_length=result.get("retrieved_count", 0),
            exception=result.get("exception"),
        )

    def insert(self, data):
        """`client.insert`, counted."""
        return self._counted("insert", self.client.insert(data))

    def upsert(self, data):
        """`client.upsert`, counted."""
        return self._counted("upsert", self.client.upsert(data))

    def search(
        self,
        data,
        anns_field,
        limit,
        filter="",
        search_params=None,
        output_fields=None,
        calculate_recall=False,
        ground_truth=None,
    ):
        """`client.search`, counted, and its recall if that was asked for."""
        told = self.client.search(
            data,
            anns_field,
            limit,
            filter=filter,
            search_params=search_params,
            output_fields=output_fields,
            calculate_recall=calculate_recall,
            ground_truth=ground_truth,
        )
        self._counted("search", told)
        if calculate_recall and "recall" in told:
            self._fire_recall_event(self.client_type, "recall", told)
        return told

    def hybrid_search(self, reqs, ranker, limit, output_fields=None):
        """`client.hybrid_search`, counted."""
        told = self.client.hybrid_search(reqs, ranker, limit, output_fields)
        return self._counted("hybrid_search", told)

    def query(self, filter, output_fields=None):
        """`client.query`, counted."""
        return self._counted("query", self.client.query(filter, output_fields))

    def delete(self, filter):
        """`client.delete`, counted."""
        return self._counted("delete", self.client.delete(filter))

    def _counted(self, name: str, told: dict) -> dict:
        self._fire_event(self.client_type, name, told)
        return told

    def on_stop(self):
        """Closes the client."""
        self.client.close()
