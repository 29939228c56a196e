"""Ids of schemas, by one suite over both registries; and a reader who has nothing of ours."""

import copy
from contextlib import closing
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from journey.stream import wire
from journey.stream.registry import ConfluentRegistry, OwnRegistry
from journey.stream.relay import Relay
from schemas.envelope import decode
from schemas.errors import StreamError
from tests.stream.registry_server import registry
from tests.stream.test_relay import stored, workspace

ORDER = "order-placed.v2"
PAGE = "page-viewed.v1"
__all__ = ["workspace"]  # a fixture


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with registry(tmp_path_factory.mktemp("registry")) as url:
        yield url


class RegistryContract:
    def make(self, url):
        raise NotImplementedError

    def id_of(self, url, type_, schema=None):
        with closing(self.make(url)) as one:
            return one.id_of(wire.subject(type_), schema or wire.full_schema(type_))

    def test_a_schema_has_one_id_whoever_asks(self, server):
        assert self.id_of(server, ORDER) == self.id_of(server, ORDER)

    def test_two_schemas_have_two(self, server):
        assert self.id_of(server, ORDER) != self.id_of(server, PAGE)

    def test_an_id_fits_the_wire_format(self, server):
        schema_id = self.id_of(server, ORDER)
        assert wire.unframed(wire.framed(schema_id, b"body")) == (schema_id, b"body")


class TestOwn(RegistryContract):
    def make(self, url):
        return OwnRegistry()

    def test_ids_never_change(self):
        assert OwnRegistry().id_of("", {"type": "record", "name": "A", "fields": []}) == 698218839


class TestConfluent(RegistryContract):
    def make(self, url):
        return ConfluentRegistry(url)

    def test_a_schema_that_readers_could_not_read_is_refused(self, server):
        self.id_of(server, ORDER)
        other = copy.deepcopy(wire.full_schema(ORDER))
        other["fields"].append({"name": "must", "type": "string"})
        with pytest.raises(StreamError, match="409"):
            self.id_of(server, ORDER, other)

    def test_a_registry_that_is_not_there_is_named(self):
        with pytest.raises(StreamError, match="JOURNEY_REGISTRY"):
            self.id_of("http://127.0.0.1:9", ORDER)


def test_a_plain_consumer_with_the_registrys_client_reads_touchpoints(workspace, broker, server):
    with (
        closing(ConfluentRegistry(server)) as known,
        Relay(workspace / "log.db", broker.address, known) as relay,
    ):
        relay.publish()
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "everybody"})
    places = {p: TopicPartition(wire.TOUCHPOINTS, p, 0) for p in range(64)}
    left = sum(consumer.get_watermark_offsets(place)[1] for place in places.values())
    consumer.assign(list(places.values()))
    told: list[tuple[bytes, str, str]] = []
    with SchemaRegistryClient({"url": server}) as client:
        read = AvroDeserializer(client)
        of = SerializationContext(wire.TOUCHPOINTS, MessageField.VALUE)
        while len(told) < left:
            message = consumer.poll(30)
            assert message is not None
            record: Any = read(message.value(), of)
            told.append((record["event_id"], record["type"], record["channel"]))
    consumer.close()
    events = [decode(body) for of in stored(workspace).values() for body in of]
    public = [event for event in events if wire.is_public(event.type)]
    assert {t[:2] for t in told} == {(event.event_id, event.type) for event in public}
    assert len(told) == len(public)
    assert {channel for *_, channel in told} > {"web"}
