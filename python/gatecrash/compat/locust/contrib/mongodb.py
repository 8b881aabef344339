"""A user of MongoDB, through pymongo.

In: `conn_string` and `db_name` on the user class. Out: a request of type MONGODB, named QUERY, for
each `self.client.execute_query`.
"""

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from gatecrash.guest.timed import timed
from locust import User, events


class MongoDBClient(MongoClient):
    """pymongo's client with one database and queries that are counted."""

    def __init__(self, conn_string, db_name):
        super().__init__(conn_string)
        self.db = self[db_name]

    def execute_query(self, collection_name, query):
        """Runs a query and fetches all that it finds; errors of pymongo are counted, not raised."""
        collection = self.db[collection_name]
        # find() asks the server for nothing until its documents are taken.
        done = timed(lambda: list(collection.find(query)), PyMongoError)
        events.request.fire(
            request_type="MONGODB",
            name="QUERY",
            response_time=int(done.response_time_ms),
            response_length=0,
            exception=done.error,
        )


class MongoDBUser(User):
    """A user with a `MongoDBClient` as its client."""

    abstract = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.client = MongoDBClient(conn_string=self.conn_string, db_name=self.db_name)

    def on_stop(self):
        """Closes the client."""
        self.client.close()
