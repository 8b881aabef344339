"""Users of other protocols, on stand-ins for the packages that they are made of."""

import csv
import sys
from types import ModuleType, SimpleNamespace

import pytest

from locust import events


@pytest.fixture
def counted(make_environment):
    """The arguments of every request event, without times."""
    seen = []

    def listen(**request):
        assert request["response_time"] >= 0
        seen.append(request)

    events.request.add_listener(listen)
    yield seen
    events.request.remove_listener(listen)


@pytest.fixture
def package(monkeypatch):
    """Puts a stand-in module in place, and makes `locust.contrib` modules load anew."""

    def put(name: str, **members) -> ModuleType:
        module = ModuleType(name)
        module.__path__ = []
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
        parent, _, child = name.rpartition(".")
        if parent in sys.modules:
            monkeypatch.setattr(sys.modules[parent], child, module, raising=False)
        return module

    loaded = set(sys.modules)
    yield put
    for name in set(sys.modules) - loaded:
        if name.startswith("locust.contrib."):
            del sys.modules[name]


def fail(*_args, **_kwargs):
    raise FAULT


class Fault(Exception):
    pass


FAULT = Fault("fault")


def told(request, *names):
    return tuple(request.get(name) for name in names)


WHAT = ("request_type", "name", "response_length", "exception")


def test_mongodb(package, counted, make_environment):
    class MongoClient(dict):
        def __init__(self, conn_string):
            super().__init__(db={"rows": SimpleNamespace(find=lambda query: fetched)})

        def close(self):
            closed.append(1)

    def rows():
        fetched_rows.append(1)
        yield 1

    package("pymongo", MongoClient=MongoClient)
    package("pymongo.errors", PyMongoError=Fault)
    from locust.contrib.mongodb import MongoDBUser

    class U(MongoDBUser):
        conn_string, db_name = "mongodb://", "db"

    closed, fetched_rows, fetched = [], [], rows()
    user = U(make_environment())
    user.client.execute_query("rows", {})
    assert fetched_rows, "the documents were not fetched"
    user.client.db["rows"].find = fail
    user.client.execute_query("rows", {})
    assert [told(each, *WHAT) for each in counted] == [
        ("MONGODB", "QUERY", 0, None),
        ("MONGODB", "QUERY", 0, FAULT),
    ]
    user.on_stop()
    assert closed


def test_postgres(package, counted, make_environment):
    connection = SimpleNamespace(execute=lambda query: None, close=lambda: None)
    package("psycopg", connect=lambda conn_string: connection)
    from locust.contrib.postgres import PostgresUser

    class U(PostgresUser):
        conn_string = "postgres://"

    user = U(make_environment())
    user.client.execute_query("SELECT 1")
    connection.execute = fail
    user.client.execute_query("SELECT 1")
    assert [told(each, *WHAT) for each in counted] == [
        ("postgres_success", "execute_query", 0, None),
        ("postgres_failure", "execute_query", 0, FAULT),
    ]


def test_dns(package, make_environment):
    answers = {"full": ["1.2.3.4"], "empty": []}

    def udp(message, where):
        return SimpleNamespace(answer=answers[message])

    package("dns")
    package("dns.query", udp=udp, tcp=fail)
    package("dns.exception", DNSException=Fault)
    package("dns.message", Message=object)
    from locust.contrib.dns import DNSUser

    seen = []
    environment = make_environment()
    environment.events.request.add_listener(lambda **request: seen.append(request))
    client = DNSUser(environment).client
    assert client.udp("full", "127.0.0.1").answer == ["1.2.3.4"]
    client.udp("empty", "127.0.0.1", name="nothing")
    assert client.tcp("full", "127.0.0.1") is None
    assert [told(each, *WHAT)[:3] for each in seen] == [
        ("DNS", "udp", 0),
        ("DNS", "nothing", 0),
        ("DNS", "tcp", 0),
    ]
    assert seen[0]["exception"] is None and seen[2]["exception"] is FAULT
    assert str(seen[1]["exception"]) == "No answer in DNS response"
    with pytest.raises(AttributeError):
        client.no_such_function  # noqa: B018


def test_qdrant(package, counted, make_environment):
    class QdrantClient:
        def __init__(self, **arguments):
            self.upsert = lambda **_: "upserted"
            self.query_points = lambda **_: SimpleNamespace(points=[])
            self.scroll = lambda **_: (["point"], "next")
            self.delete = fail

    package("qdrant_client", QdrantClient=QdrantClient)
    package("qdrant_client.models", VectorParams=object)
    from locust.contrib.qdrant import QdrantUser

    class U(QdrantUser):
        collection_name = "c"

    with pytest.raises(ValueError, match="'collection_name' must be provided"):
        QdrantUser(make_environment())
    user = U(make_environment())
    assert user.upsert([])["result"] == "upserted"
    found = user.search([1.0])
    assert (found["success"], found["empty"]) == (False, True)
    page = user.scroll()
    assert (page["success"], page["result"], page["next_offset"]) == (True, ["point"], "next")
    assert user.delete([])["exception"] is FAULT
    assert [told(each, *WHAT) for each in counted] == [
        ("qdrant", "upsert", 0, None),
        ("qdrant", "search", 0, None),
        ("qdrant", "scroll", 0, None),
        ("qdrant", "delete", 0, FAULT),
    ]


def test_milvus(package, counted, make_environment):
    class MilvusClient:
        def __init__(self, **arguments):
            self.arguments = arguments
            self.insert = lambda collection, data: data
            self.search = lambda **_: [[{"id": 1}, {"id": 2}, {"id": 9}, {"id": 4}]]
            self.query = lambda **_: []
            self.delete = fail

    for name in ("grpc", "grpc.experimental"):
        package(name)
    package("grpc.experimental.gevent", init_gevent=lambda: None)
    package("pymilvus", CollectionSchema=object, MilvusClient=MilvusClient)
    package("pymilvus.milvus_client", IndexParams=object)
    from locust.contrib.milvus import MilvusUser

    user = MilvusUser(make_environment(), collection_name="c")
    user.insert([1])
    found = user.search(
        [[1]], "vector", limit=4, calculate_recall=True, ground_truth=[1, 2, 3, 4, 5]
    )
    assert found["recall"] == 0.75
    assert user.query("id > 0")["success"] is False
    assert user.delete("id > 0")["exception"] is FAULT
    assert [told(each, *WHAT) for each in counted] == [
        ("milvus", "insert", 0, None),
        ("milvus", "search", 0, None),
        ("milvus", "recall", 0, None),
        ("milvus", "query", 0, None),
        ("milvus", "delete", 0, FAULT),
    ]
    assert counted[2]["response_time"] == 75


@pytest.mark.parametrize(
    ("results", "truth", "limit", "recall"),
    [
        ([{"id": 1}], [1, 2], 2, 0.5),
        ([[{"id": 1}, {"id": 2}]], [2, 1], None, 1.0),
        ([[{"id": 1}]], [1], 2, 0.0),
        ([], [1], None, 0.0),
        (None, [1], 1, 0.0),
    ],
)
def test_recall(package, results, truth, limit, recall):
    for name in ("grpc", "grpc.experimental"):
        package(name)
    package("grpc.experimental.gevent", init_gevent=lambda: None)
    package("pymilvus", CollectionSchema=object, MilvusClient=object)
    package("pymilvus.milvus_client", IndexParams=object)
    from locust.contrib.milvus import MilvusV2Client

    assert MilvusV2Client.get_recall(results, truth, limit) == recall


class Paho:
    """The part of paho's client that ours builds upon."""

    def __init__(self, *args, client_id, protocol, **kwargs):
        self.sent = []

    def publish(self, topic, payload, qos, retain, properties):
        self.sent.append(topic)
        return SimpleNamespace(rc=0 if topic != "lost" else 4, mid=len(self.sent))

    def subscribe(self, topic, qos, options, properties):
        return (4, None) if topic == "lost" else (0, 7)


def test_mqtt(package, make_environment):
    package("paho")
    package("paho.mqtt")
    package(
        "paho.mqtt.client",
        Client=Paho,
        MQTTv311=4,
        MQTTv5=5,
        MQTT_ERR_SUCCESS=0,
        PayloadType=object,
    )
    from locust.contrib.mqtt import MqttClient

    seen = []
    environment = make_environment()
    environment.events.request.add_listener(lambda **request: seen.append(request))
    client = MqttClient(environment=environment)
    assert client.client_id.startswith("locust-") and len(client.client_id) == 23
    client.on_connect(client, None, {}, 0)
    client.on_connect(client, None, {}, 5)
    client.publish("t", b"12345", qos=1)
    client.on_publish(client, None, 1)
    client.on_publish(client, None, 99)
    client.publish("lost", "12")
    for granted in ([1], [128]):
        client.subscribe([("t", 1)], qos=1)
        client.on_subscribe(client, None, 7, granted)
    client.subscribe("lost")
    client.on_disconnect(client, None, 0)
    assert [(*told(each, *WHAT)[:3], str(each["exception"])) for each in seen] == [
        ("MQTT", "connect", 0, "None"),
        ("MQTT", "connect", 0, "5"),
        ("MQTT", "publish:1:t", 5, "None"),
        ("MQTT", "publish", 0, "Could not find message data for mid '99' in _on_publish_cb."),
        ("MQTT", "publish:0:lost", 0, "4"),
        ("MQTT", "subscribe:1:t", 0, "None"),
        (
            "MQTT",
            "subscribe:1:t",
            0,
            "Broker returned an error response during subscription: [128]",
        ),
        ("MQTT", "subscribe:0:lost", 0, "4"),
        ("MQTT", "disconnect", 0, "None"),
    ]


def test_csv_request_logger(make_environment, tmp_path):
    from locust.contrib.csv_request_logger import CSV_COLUMNS, CsvRequestLogger

    environment = make_environment()
    path = tmp_path / "requests.csv"
    CsvRequestLogger(str(path)).register(environment)
    common = {"request_type": "GET", "name": "/", "response_length": 3, "context": {}}
    answer = SimpleNamespace(status_code=404)
    environment.events.request.fire(
        **common, response_time=1.239, exception=ValueError("bad"), response=answer, start_time=1.5
    )
    environment.events.request.fire(**common, response_time=None, exception=None, start_time=2)
    environment.events.quitting.fire(environment=environment)
    environment.events.request.fire(**common, response_time=1, exception=None)
    rows = list(csv.reader(path.open(newline="")))
    assert rows == [
        list(CSV_COLUMNS),
        ["1.5", "GET", "/", "1.24", "3", "404", "bad"],
        ["2", "GET", "/", "", "3", "0", ""],
    ]
