"""The envelope of a message between nodes.

In and out: `type`, `data`, `node_id`. Putting it on the wire belongs to distributed runs, which
Gatecrash does not have yet: `serialize` and `unserialize` say so.
"""

from __future__ import annotations

from gatecrash.guest.later import not_there_yet


class Message:
    """What a listener registered with `register_message` gets."""

    def __init__(self, message_type, data, node_id):
        self.type = message_type
        self.data = data
        self.node_id = node_id

    def __repr__(self):
        return f"<Message {self.type}:{self.node_id}>"

    def serialize(self):
        """The message's bytes on the wire."""
        raise not_there_yet("Sending messages to other nodes")

    @classmethod
    def unserialize(cls, data):
        """A message from its bytes on the wire."""
        raise not_there_yet("Receiving messages from other nodes")
