"""The sockets of distributed runs, which Gatecrash does not have yet: making one says so."""

from gatecrash.guest.later import not_there_yet


class BaseSocket:
    """A socket between nodes."""

    def __init__(self, sock_type, ipv4_only):
        raise not_there_yet("A connection between nodes")


class Server(BaseSocket):
    """The master's socket."""

    def __init__(self, host, port):
        raise not_there_yet("The master's socket")


class Client(BaseSocket):
    """A worker's socket."""

    def __init__(self, host, port, identity):
        raise not_there_yet("A worker's socket")
