"""What workers decide, on its way to the log: each to its own log, for as long as it takes."""

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from journey.settings import Settings
from journey.stream import kafka, wire
from journey.stream.acts import Inbox, Sender
from journey.stream.recording import Recording
from journey.workspace import Folder, make
from projections.projection import Act
from schemas.errors import StreamError
from schemas.events import OutreachDecided

PARTITIONS = 4


@pytest.fixture
def topics(broker):
    admin = AdminClient(kafka.client(broker.address))
    kafka.make_topics(admin, {wire.ACTS: PARTITIONS, wire.QUARANTINE: 1})


def decided(n):
    return Act(bytes([n]) * 16, n, OutreachDecided(cause=bytes([n]) * 16))


def waiting(inbox, broker):
    """All that waits, up to where the topic ends at this moment."""
    ends = kafka.ends(AdminClient(kafka.client(broker.address)), wire.ACTS, PARTITIONS)
    found = []
    while any(inbox._read.get(partition, 0) < end for partition, end in ends.items()):
        found += inbox.waiting(0.2)
    return found


@pytest.mark.usefixtures("topics")
def test_more_decisions_than_may_wait_at_once_all_arrive(broker, monkeypatch):
    whole = kafka.producer
    monkeypatch.setattr(
        kafka, "producer", lambda *given: whole(*given) | {"queue.buffering.max.messages": 10}
    )
    sent = [decided(n) for n in range(200)]
    Sender(broker.address, "many").acts(0, sent)
    inbox = Inbox(broker.address, "many", PARTITIONS)
    assert waiting(inbox, broker) == sent
    inbox.close()


@pytest.mark.usefixtures("topics")
def test_decisions_of_another_log_are_not_recorded(broker):
    Sender(broker.address, "other").acts(0, [decided(1)])
    Sender(broker.address, "one").acts(0, [decided(2)])
    Sender(broker.address, "other").acts(0, [decided(3)])
    inbox = Inbox(broker.address, "one", PARTITIONS)
    assert waiting(inbox, broker) == [decided(2)]
    inbox.recorded()
    inbox.close()
    again = Inbox(broker.address, "one", PARTITIONS)
    assert again.waiting(5.0) == []
    again.close()


@pytest.mark.usefixtures("topics")
def test_what_is_no_decision_is_named(broker):
    producer = Producer({"bootstrap.servers": broker.address})
    producer.produce(wire.ACTS, b"poison", partition=1)
    assert producer.flush(30) == 0
    inbox = Inbox(broker.address, "one", PARTITIONS)
    with pytest.raises(StreamError, match=r"Message 0 of partition 1 .* is no decision"):
        waiting(inbox, broker)
    inbox.close()


@pytest.mark.usefixtures("topics")
def test_a_relay_begins_while_an_import_owns_the_workspace(broker, tmp_path):
    make(tmp_path / "w", with_key=True, workers=True)
    Sender(broker.address, "one").acts(2, [decided(1)])
    settings = Settings(kafka=broker.address)
    with Folder(tmp_path / "w"), Recording(tmp_path / "w", settings, "one", PARTITIONS) as one:
        one.go_on(5.0)
    inbox = Inbox(broker.address, "one", PARTITIONS)
    assert waiting(inbox, broker) == [decided(1)], "it waits on Kafka"
    inbox.close()
