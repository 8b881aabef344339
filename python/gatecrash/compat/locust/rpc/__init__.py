"""Messages between nodes."""

from locust.rpc import zmqrpc as rpc
from locust.rpc.protocol import Message

__all__ = ["Message", "rpc"]
