"""A user of MQTT brokers, through paho-mqtt.

In: `host`, `port` and more on the user class. Out: requests of type MQTT: `connect`, `disconnect`,
`publish:<qos>:<topic>` and `subscribe:<qos>:<topic>`, timed from the call to the broker's answer.
"""

from __future__ import annotations

import random
import selectors
import string
import time
import typing
from contextlib import suppress

import paho.mqtt.client as mqtt

from locust import User

if typing.TYPE_CHECKING:
    from paho.mqtt.client import MQTTMessageInfo
    from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
    from paho.mqtt.properties import Properties
    from paho.mqtt.subscribeoptions import SubscribeOptions

    from locust.env import Environment

REQUEST_TYPE = "MQTT"

SUBACK_FAILURE = 0x80
"""The answer of a broker that refuses a subscription (MQTT 3.1.1, section 3.9.3)."""

CLIENT_ID_LENGTH = 16
"""With `locust-` in front this fits the 23 characters that every broker must take."""


def _generate_random_id(length: int, alphabet: str = string.digits + string.ascii_letters):
    return "".join(random.choices(alphabet, k=length))


def _generate_mqtt_event_name(event_type: str, qos: int, topic: str):
    return f"{event_type}:{qos}:{topic}"


class PublishedMessageContext(typing.NamedTuple):
    """A message that the broker has not acknowledged yet."""

    qos: int
    topic: str
    start_time: float
    payload_size: int


class SubscribeContext(typing.NamedTuple):
    """A subscription that the broker has not acknowledged yet."""

    qos: int
    topic: str
    start_time: float


class MqttClient(mqtt.Client):
    """paho's client, with what it does counted.

    `use_loop_selectors` waits by selectors instead of select(), which ends at descriptor 1024.
    """

    def __init__(
        self,
        *args,
        environment: Environment,
        client_id: str | None = None,
        protocol: MQTTProtocolVersion = mqtt.MQTTv311,
        use_loop_selectors: bool = False,
        **kwargs,
    ):
        # Made here even where the broker would give one: nobody could ask for that one.
        client_id = client_id or f"locust-{_generate_random_id(CLIENT_ID_LENGTH)}"
        super().__init__(*args, client_id=client_id, protocol=protocol, **kwargs)
        self.environment = environment
        self.client_id = client_id
        self._use_loop_selectors = use_loop_selectors
        self._publish_requests: dict[int, PublishedMessageContext] = {}
        self._subscribe_requests: dict[int, SubscribeContext] = {}
        self.on_publish = self._on_publish_cb
        if protocol == mqtt.MQTTv5:
            self.on_connect = self._on_connect_cb_v5
            self.on_disconnect = self._on_disconnect_cb_v5
            self.on_subscribe = self._on_subscribe_cb_v5
        else:
            self.on_connect = self._on_connect_cb_v3x
            self.on_disconnect = self._on_disconnect_cb_v3x
            self.on_subscribe = self._on_subscribe_cb_v3x

    def _generate_event_name(self, event_type: str, qos: int, topic: str):
        """The name of a request; override it to group topics."""
        return _generate_mqtt_event_name(event_type, qos, topic)

    def _count(self, name: str, error=None, since: float | None = None, length=0, **context):
        self.environment.events.request.fire(
            request_type=REQUEST_TYPE,
            name=name,
            response_time=0 if since is None else (time.time() - since) * 1000,
            response_length=length,
            exception=error,
            context={"client_id": self.client_id, **context},
        )

    def _count_unknown(self, event_type: str, mid: int) -> None:
        error = AssertionError(
            f"Could not find message data for mid '{mid}' in _on_{event_type}_cb."
        )
        self._count(event_type, error, mid=mid)

    def _on_publish_cb(self, client: mqtt.Client, userdata: typing.Any, mid: int):
        sent = self._publish_requests.pop(mid, None)
        if sent is None:
            self._count_unknown("publish", mid)
            return
        self._count(
            self._generate_event_name("publish", sent.qos, sent.topic),
            since=sent.start_time,
            length=sent.payload_size,
            **sent._asdict(),
        )

    def _on_subscribe_cb_v3x(
        self, client: mqtt.Client, userdata: typing.Any, mid: int, granted_qos: list[int]
    ):
        asked = self._subscribe_requests.pop(mid, None)
        if asked is None:
            self._count_unknown("subscribe", mid)
            return
        error = None
        if SUBACK_FAILURE in granted_qos:
            error = AssertionError(
                f"Broker returned an error response during subscription: {granted_qos}"
            )
        self._count(
            self._generate_event_name("subscribe", asked.qos, asked.topic),
            error,
            since=asked.start_time,
            **asked._asdict(),
        )

    def _on_subscribe_cb_v5(self, client, userdata, mid, reason_codes, properties) -> None:
        granted = [code.value for code in reason_codes]
        self._on_subscribe_cb_v3x(client, userdata, mid, granted)

    def _on_disconnect_cb_v3x(self, client, userdata, rc):
        self._count("disconnect", None if rc == 0 else rc)

    def _on_disconnect_cb_v5(self, client, userdata, disconnect_flags, reasoncode, properties):
        self._count("disconnect", None if reasoncode == 0 else reasoncode)

    def _on_connect_cb_v3x(self, client, userdata, flags, rc):
        self._count("connect", None if rc == 0 else Exception(str(rc)))

    def _on_connect_cb_v5(self, client, userdata, connect_flags, reasoncode, properties):
        self._on_connect_cb_v3x(client, userdata, {}, reasoncode)

    def _loop(self, timeout: float = 1.0) -> MQTTErrorCode:
        if self._use_loop_selectors:
            return self._loop_selectors(timeout)
        return super()._loop(timeout)

    def _loop_selectors(self, timeout: float = 1.0) -> MQTTErrorCode:
        """One round of paho's loop: waits for the sockets, then reads and writes what is due."""
        if timeout < 0.0:
            raise ValueError("Invalid timeout.")
        # Bytes that TLS has read already make no socket readable.
        pending = self._sock.pending() if hasattr(self._sock, "pending") else 0
        try:
            ready = self._wait_for_sockets(0.0 if pending else timeout)
        except (TypeError, ValueError):
            # paho has dropped the socket meanwhile.
            return mqtt.MQTT_ERR_CONN_LOST
        except Exception:
            return mqtt.MQTT_ERR_UNKNOWN
        readable = {fileobj for fileobj, mask in ready if mask & selectors.EVENT_READ}
        writable = {fileobj for fileobj, mask in ready if mask & selectors.EVENT_WRITE}
        if pending or self._sock in readable:
            result = self.loop_read()
            if result or self._sock is None:
                return result
        if self._sockpairR is not None and self._sockpairR in readable:
            # Somebody published meanwhile: take the wake-up and write at once.
            with suppress(BlockingIOError):
                self._sockpairR.recv(10_000)
            writable.add(self._sock)
        if self._sock in writable:
            result = self.loop_write()
            if result or self._sock is None:
                return result
        return self.loop_misc()

    def _wait_for_sockets(self, timeout: float) -> list[tuple]:
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out_packet else 0)
        with selectors.DefaultSelector() as selector:
            selector.register(self._sock, wanted)
            if self._sockpairR is not None:
                selector.register(self._sockpairR, selectors.EVENT_READ)
            return [(key.fileobj, mask) for key, mask in selector.select(timeout)]

    def publish(
        self,
        topic: str,
        payload: mqtt.PayloadType | None = None,
        qos: int = 0,
        retain: bool = False,
        properties: Properties | None = None,
    ) -> MQTTMessageInfo:
        """Publishes a message; counted when the broker has it, or at once if it cannot be sent."""
        countable = payload and not isinstance(payload, int | float)
        sent = PublishedMessageContext(qos, topic, time.time(), len(payload) if countable else 0)
        info = super().publish(topic, payload, qos, retain, properties)
        if info.rc == mqtt.MQTT_ERR_SUCCESS:
            self._publish_requests[info.mid] = sent
        else:
            name = self._generate_event_name("publish", qos, topic)
            self._count(name, info.rc, **sent._asdict())
        return info

    def subscribe(
        self,
        topic: str
        | tuple[str, int]
        | tuple[str, SubscribeOptions]
        | list[tuple[str, int]]
        | list[tuple[str, SubscribeOptions]],
        qos: int = 0,
        options: SubscribeOptions | None = None,
        properties: Properties | None = None,
    ) -> tuple[MQTTErrorCode, int | None]:
        """Subscribes; counted when the broker agrees, or at once when it cannot be asked."""
        first_topic = topic if isinstance(topic, str) else topic[0][0]
        asked = SubscribeContext(qos, first_topic, time.time())
        result, mid = super().subscribe(topic, qos, options, properties)
        if result == mqtt.MQTT_ERR_SUCCESS and mid is not None:
            self._subscribe_requests[mid] = asked
            return result, mid
        name = self._generate_event_name("subscribe", qos, first_topic)
        if result == mqtt.MQTT_ERR_SUCCESS:
            self._count(name, since=asked.start_time, **asked._asdict())
        else:
            self._count(name, result, **asked._asdict())
        return result, mid


class MqttUser(User):
    """A user with an `MqttClient` as its client; it connects when the user is made."""

    abstract = True
    host = "localhost"
    port = 1883
    transport = "tcp"
    """Or `websockets`."""
    ws_path = "/mqtt"
    tls_context = None
    client_cls: type[MqttClient] = MqttClient
    client_id = None
    username = None
    password = None
    protocol = mqtt.MQTTv311
    use_loop_selectors: bool = False

    def __init__(self, environment: Environment):
        super().__init__(environment)
        self.client: MqttClient = self.client_cls(
            environment=self.environment,
            transport=self.transport,
            client_id=self.client_id,
            protocol=self.protocol,
            use_loop_selectors=self.use_loop_selectors,
        )
        if self.tls_context:
            self.client.tls_set_context(self.tls_context)
        if self.transport == "websockets" and self.ws_path:
            self.client.ws_set_options(path=self.ws_path)
        if self.username and self.password:
            self.client.username_pw_set(username=self.username, password=self.password)
        self.client.connect_async(host=self.host, port=self.port)
        self.client.loop_start()
