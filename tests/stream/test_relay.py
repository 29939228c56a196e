"""The relay: every event once, in the order of its partition, however often it is stopped."""

import io
import random
import shutil
import time
from datetime import UTC, datetime
from typing import Any

import fastavro
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from msgspec import structs

from journey.bootstrap import Workspace
from journey.clock import SimulatedClock
from journey.importing import import_file
from journey.ports import Draft
from journey.sample import write_jsonl
from journey.settings import Settings
from journey.stream import kafka, wire
from journey.stream import relay as relaying
from journey.stream.registry import OwnRegistry
from journey.stream.relay import Relay
from journey.workspace import make
from schemas.envelope import decode, encode
from schemas.errors import IntegrityError, StreamError, WorkspaceBusy, WorkspaceError
from schemas.events import SHIPPED, MessageReceived
from schemas.fact import Touchpoint
from schemas.times import SECOND
from tests.cli.runner import JOURNEY, run, running
from tests.golden.values import ENVELOPE
from tests.stream.broker import prepared

KEY = b"k" * 32
START = datetime(2024, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("relay")
    with (folder / "sample.jsonl").open("wb") as out:
        write_jsonl(out, customers=60, days=30, seed=3, start=START)
    make(folder / "w", with_key=False)
    with Workspace(folder / "w", Settings(master_key=KEY)) as opened:
        import_file(opened, "jsonl", str(folder / "sample.jsonl"))
    return folder / "w"


def stored(workspace):
    """By partition, what the log has."""
    with Workspace(workspace, Settings(master_key=KEY)) as opened:
        log = opened.log
        return {p: [body for _, body, _ in log.stored(p)] for p in range(log.partitions)}


def received(broker, topic, partitions=64):
    """By partition, all messages of a topic."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker.address,
            "group.id": "test",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    found: dict[Any, list[Any]] = {partition: [] for partition in range(partitions)}
    ends = {}
    for partition in found:
        ends[partition] = consumer.get_watermark_offsets(TopicPartition(topic, partition))[1]
    missing = {p: end for p, end in ends.items() if end}
    consumer.assign([TopicPartition(topic, p, 0) for p in missing])
    while missing:
        message: Any = consumer.poll(30)
        assert message is not None
        assert message.error() is None
        partition = message.partition()
        found[partition].append(message)
        if message.offset() + 1 == missing[partition]:
            del missing[partition]
    consumer.close()
    return found


def events(messages):
    """The stored events in the blocks of a partition, in order."""
    return [event for message in messages for event in wire.unpack(message.value()).events]


def relay(workspace, broker):
    return Relay(workspace / "log.db", broker.address, OwnRegistry())


def test_blocks_hold_the_whole_log(workspace, broker):
    with relay(workspace, broker) as one:
        assert one.publish() == sum(map(len, stored(workspace).values()))
        assert one.publish() == 0
    found = received(broker, wire.LOG)
    assert {p: events(messages) for p, messages in found.items()} == stored(workspace)


def test_everybody_reads_touchpoints_with_the_schema_alone(workspace, broker):
    with relay(workspace, broker) as one:
        one.publish()
    schemas = {
        OwnRegistry().id_of("", wire.full_schema(t.TYPE)): fastavro.parse_schema(
            wire.full_schema(t.TYPE)
        )
        for t in SHIPPED
        if wire.is_public(t.TYPE)
    }
    for partition, messages in received(broker, wire.TOUCHPOINTS).items():
        log = [decode(body) for body in stored(workspace)[partition]]
        public = [event for event in log if wire.is_public(event.type)]
        assert len(messages) == len(public)
        for message, event in zip(messages, public, strict=True):
            schema_id, body = wire.unframed(message.value())
            told = io.BytesIO(body)
            record: Any = fastavro.schemaless_reader(told, schemas[schema_id])
            assert told.read() == b""
            assert message.key() == event.customer_id == record["customer_id"]
            assert (record["event_id"], record["type"]) == (event.event_id, event.type)
            assert record["sealed"] == event.sealed
            assert record["occurred_at"].tzinfo is not None
            assert "text" not in record
            assert "identities" not in record


def test_every_touchpoint_is_public_and_its_record_has_no_personal_field():
    for fact in SHIPPED:
        if issubclass(fact, Touchpoint):
            assert wire.is_public(fact.TYPE)
            fields = wire.full_schema(fact.TYPE)["fields"]
            assert not [f["name"] for f in fields if f.get("personal")]
            assert len({f["name"] for f in fields}) == len(fields)


def test_a_relay_goes_on_where_the_broker_says(workspace, broker, monkeypatch):
    """Stopped after any round, and in the middle of one: acknowledged, but not noted yet."""
    monkeypatch.setattr(relaying, "ROUND_EVENTS", 100)
    whole = stored(workspace)
    with relay(workspace, broker) as one:
        sent = []
        real = one._delivery.acknowledged

        def stop():
            real()
            sent.append(1)
            if len(sent) == 3:
                raise KeyboardInterrupt

        monkeypatch.setattr(one._delivery, "acknowledged", stop)
        with pytest.raises(KeyboardInterrupt):
            one.publish()
    for _ in range(2):
        with relay(workspace, broker) as again:
            again.publish()
            again.beat()
    found = received(broker, wire.LOG)
    assert {p: events(messages) for p, messages in found.items()} == whole
    public = {p: sum(wire.is_public(decode(b).type) for b in of) for p, of in whole.items()}
    assert {p: len(m) for p, m in received(broker, wire.TOUCHPOINTS).items()} == public


@pytest.mark.parametrize("lost", [wire.LOG, wire.TOUCHPOINTS])
def test_a_lost_topic_is_filled_again(workspace, broker, lost):
    with relay(workspace, broker) as one:
        one.publish()
        one.beat()
    heard = {p: len(m) for p, m in received(broker, wire.TOUCHPOINTS).items()}
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.delete_topics([lost], operation_timeout=30)[lost].result()
    for _ in range(2):
        with relay(workspace, broker) as again:
            again.publish()
    found = received(broker, wire.LOG)
    assert {p: events(messages) for p, messages in found.items()} == stored(workspace)
    assert {p: len(m) for p, m in received(broker, wire.TOUCHPOINTS).items()} == heard


def test_an_older_log_that_went_on_is_refused(broker, tmp_path):
    """Restored from a backup, and longer than Kafka's by now."""
    workspace, more = growing(tmp_path / "w")
    with workspace:
        more(2)
        shutil.copytree(tmp_path / "w", tmp_path / "older")
        more(1)
        with relay(tmp_path / "w", broker) as one:
            one.publish()
    clock = SimulatedClock(1_800_000_000 * SECOND)
    with Workspace(tmp_path / "older", Settings(master_key=KEY), clock) as older:
        older.log.append([said(person, clock.now() + n) for n in range(9) for person in range(10)])
    with pytest.raises(IntegrityError, match="went on"):
        relay(tmp_path / "older", broker)


def said(person, at):
    """A message of somebody."""
    return Draft(
        source="desk",
        message_id=f"{at}-{person}",
        fact=MessageReceived(channel="chat", direction="inbound"),
        occurred_at=at,
        identities={"user_id": [f"u-{person}"]},
    )


def growing(folder):
    """A workspace whose log gets a message of each of ten people at a time, a second apart."""
    make(folder, with_key=False)
    clock = SimulatedClock(1_700_000_000 * SECOND)
    workspace = Workspace(folder, Settings(master_key=KEY), clock)

    def more(times):
        for _ in range(times):
            clock.put(clock.now() + SECOND)
            workspace.log.append([said(person, clock.now()) for person in range(10)])

    return workspace, more


def hold_the_watermarks(found):
    """Nothing that follows a block was recorded before its watermark."""
    assert any(len(messages) > 2 for messages in found.values())
    for messages in found.values():
        watermark = 0
        for message in messages:
            block = wire.unpack(message.value())
            for event in block.events:
                assert decode(event).recorded_at >= watermark
            assert block.watermark >= watermark
            watermark = block.watermark


def test_no_event_comes_after_a_watermark_that_is_later(broker, tmp_path, monkeypatch):
    monkeypatch.setattr(wire, "BLOCK_EVENTS", 2)
    workspace, more = growing(tmp_path / "w")
    with workspace:
        more(9)
        with relay(tmp_path / "w", broker) as one:
            one.publish()
            more(3)
            assert not one.beat(), "the log has events that Kafka has not"
            one.publish()
            assert not one.beat(), "nobody promised a time: an import may be under way"
            workspace.log.now()
            assert one.beat()
            more(1)
            one.publish()
    hold_the_watermarks(received(broker, wire.LOG))


def test_a_beat_tells_every_partition_the_time_once(broker, tmp_path):
    workspace, more = growing(tmp_path / "w")
    with workspace:
        more(1)
        with relay(tmp_path / "w", broker) as one:
            one.publish()
            promised = workspace.log.now()
            assert one.beat()
            assert not one.beat(), "time stood still"
    for messages in received(broker, wire.LOG).values():
        block = wire.unpack(messages[-1].value())
        assert (block.events, block.watermark) == ([], promised)


def beats(broker):
    """How many beats the first partition has."""
    messages = received(broker, wire.LOG)[0]
    return sum(not wire.unpack(message.value()).events for message in messages)


def test_kafka_forgets_beats_that_later_ones_replaced_and_nothing_else(
    broker, tmp_path, monkeypatch
):
    monkeypatch.setattr(wire, "BLOCK_EVENTS", 2)
    soon = {"segment.ms": "500", "min.compaction.lag.ms": "0", "min.cleanable.dirty.ratio": "0.01"}
    monkeypatch.setattr(kafka, "REPLACING", kafka.REPLACING | soon)
    workspace, more = growing(tmp_path / "w")
    with workspace:
        more(1)
        with relay(tmp_path / "w", broker) as one:
            for _ in range(6):
                more(2)
                one.publish()
                workspace.log.now()
                assert one.beat()
                time.sleep(0.6)  # so that the next one begins a segment
            until = time.monotonic() + 90
            while (left := beats(broker)) == 6 and time.monotonic() < until:
                time.sleep(1)
            assert 0 < left < 6, "the broker's cleaner had time enough"
        with relay(tmp_path / "w", broker) as again:
            assert again.publish() == 0
        whole = {
            p: [body for _, body, _ in workspace.log.stored(p)]
            for p in range(workspace.log.partitions)
        }
    found = received(broker, wire.LOG)
    assert {p: events(messages) for p, messages in found.items()} == whole


def test_blocks_are_small_enough():
    stored = encode(structs.replace(ENVELOPE, payload=b"x" * 10_000))
    rows = [(n, stored) for n in range(1, 2_001)]
    blocks = wire.blocks(3, rows)
    assert [row for b in blocks for row in zip(b.positions, b.events, strict=True)] == rows
    assert all(len(wire.pack(block)) < 1_048_576 for block in blocks)
    assert all(len(block.events) <= wire.BLOCK_EVENTS for block in blocks)
    assert wire.unpack(wire.pack(blocks[0])) == blocks[0]


def test_a_second_relay_of_one_log_is_refused(workspace, broker):
    with relay(workspace, broker), pytest.raises(WorkspaceBusy, match="relays it already"):
        relay(workspace, broker)


def test_another_log_and_an_older_one_are_refused(workspace, broker, tmp_path, monkeypatch):
    with relay(workspace, broker) as one:
        one.publish()
        one.beat()
    with monkeypatch.context() as older, pytest.raises(IntegrityError, match="up to position"):
        older.setattr(Relay, "_last_position", lambda self: 3)
        relay(workspace, broker)
    make(tmp_path / "other", with_key=False)
    with Workspace(tmp_path / "other", Settings(master_key=KEY)) as opened:
        opened.log.publish(opened.configuration)
    with pytest.raises(IntegrityError, match="another log"):
        relay(tmp_path / "other", broker)


def test_a_broker_that_is_not_there_and_an_empty_log_are_named(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr(kafka, "WAIT_S", 1.0)
    with pytest.raises(StreamError, match="JOURNEY_KAFKA"):
        Relay(workspace / "log.db", "127.0.0.1:9", OwnRegistry())
    make(tmp_path / "empty", with_key=False)
    with Workspace(tmp_path / "empty", Settings(master_key=KEY)):
        pass
    with pytest.raises(WorkspaceError, match="no events yet"):
        Relay(tmp_path / "empty" / "log.db", "127.0.0.1:9", OwnRegistry())


def test_topics_of_another_shape_are_refused(workspace, broker):
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.create_topics([NewTopic(wire.LOG, 3)])[wire.LOG].result()
    with pytest.raises(StreamError, match="3 partitions, the log 64"):
        relay(workspace, broker)


def command(workspace, broker):
    return [*JOURNEY, "relay", "--once", "--workspace", str(workspace)], {
        "JOURNEY_KAFKA": f"kafka://{broker.address}"
    }


def test_the_command_publishes_once(workspace, broker):
    events = sum(map(len, stored(workspace).values()))
    arguments, env = command(workspace, broker)
    for told in (f"Published {events:,} events.", "Published 0 events."):
        ran = run(*arguments, env=env)
        assert (ran.code, ran.err) == (0, "")
        assert ran.text.strip() == told


def test_kills_of_relay_and_broker_lose_and_double_nothing(workspace, tmp_path, full_size):
    """At random moments the relay dies, and half of the time the broker as well."""
    whole = stored(workspace)
    broker = prepared(tmp_path / "kafka")
    chance = random.Random(7)
    arguments, env = command(workspace, broker)
    for _ in range(30 if full_size else 3):
        with broker.running() as server, running(*arguments, env=env) as relay:
            time.sleep(chance.uniform(0.6, 2.0))
            if chance.random() < 0.5:
                server.kill()
            relay.process.kill()
    with broker.running():
        ran = run(*arguments, env=env)
        assert ran.code == 0, ran.err
        found = received(broker, wire.LOG)
        assert {p: events(messages) for p, messages in found.items()} == whole
        public = {p: [b for b in of if wire.is_public(decode(b).type)] for p, of in whole.items()}
        heard = received(broker, wire.TOUCHPOINTS)
        assert {p: len(m) for p, m in heard.items()} == {p: len(b) for p, b in public.items()}
