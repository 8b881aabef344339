"""A user of PostgreSQL, through psycopg 3.

In: `conn_string` on the user class. Out: a request of type postgres_success or postgres_failure,
named execute_query, for each `self.client.execute_query`.
"""

import psycopg

from gatecrash.guest.timed import timed
from locust import User, events


class PostgresClient:
    """One connection whose queries are counted."""

    def __init__(self, conn_string):
        self.connection = psycopg.connect(conn_string)

    def execute_query(self, query):
        """Runs a query; what it raises is counted and goes no further."""
        done = timed(lambda: self.connection.execute(query))
        events.request.fire(
            request_type="postgres_failure" if done.error else "postgres_success",
            name="execute_query",
            response_time=int(done.response_time_ms),
            response_length=0,
            exception=done.error,
        )

    def close(self):
        """Closes the connection."""
        self.connection.close()


class PostgresUser(User):
    """A user with a `PostgresClient` as its client."""

    abstract = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.client = PostgresClient(conn_string=self.conn_string)

    def on_stop(self):
        """Closes the client."""
        self.client.close()
