"""One partition's fold: what fails, comes twice or from elsewhere loses and doubles nothing."""

import pytest
from msgspec import structs

from journey.config.file import parse
from journey.stream import wire
from journey.stream.kafka import LAST, NAMED
from journey.stream.partition import Message, PartitionFold, PartitionStore
from projections.configuration import document
from schemas.codec import Codec
from schemas.envelope import encode
from schemas.errors import StreamError, WorkspaceError
from schemas.events import ConfigurationPublished, MessageReceived
from tests.golden.values import ENVELOPE
from tests.properties.gallery import GALLERY
from tests.properties.test_workers import LOG, Sent, Workers, hold, topic
from tests.properties.world import RULES, lived


class Failing(Sent):
    """Refuses once, as when Kafka does not acknowledge."""

    def __init__(self):
        super().__init__()
        self.refusals = 0

    def acts(self, partition, acts):
        if self.refusals < 1:
            self.refusals += 1
            raise StreamError("not acknowledged")
        super().acts(partition, acts)


def test_a_step_that_failed_is_taken_again_as_a_whole():
    refusals = 0
    for plot in GALLERY.values():
        with lived(plot, lives_once=True) as world:
            sent = Failing()
            workers = Workers(sent)
            for partition, told in topic(world).items():
                for message in told:
                    try:
                        workers.folds[partition].take(message)
                    except StreamError:
                        workers.folds[partition].take(message)
            workers.publish()
            hold(workers, world)
            workers.close()
            refusals += sent.refusals
    assert refusals


CHAT = MessageReceived(channel="chat")


def stored(offset, type_=MessageReceived.TYPE, fact=CHAT):
    event_id, payload = offset.to_bytes(16), Codec().encode(fact)[0]
    return encode(
        structs.replace(
            ENVELOPE,
            partition=3,
            offset=offset,
            event_id=event_id,
            type=type_,
            payload=payload,
            sealed=b"",
        )
    )


def told(n, *events):
    """Message ``n`` with these events, whose positions follow their offsets."""
    rows = [(100 + offset, body) for offset, body in events]
    positions, bodies = [p for p, _ in rows], [body for _, body in rows]
    block = wire.Block(3, ENVELOPE.recorded_at, positions, bodies)
    return Message(n, {NAMED: LOG, LAST: str(events[-1][0])}, wire.pack(block))


@pytest.fixture
def sent():
    return Sent()


@pytest.fixture
def fold(sent):
    found = PartitionFold(3, LOG, PartitionStore(":memory:"), sent, RULES)
    yield found
    found.close()


@pytest.mark.parametrize("unreadable", [0, 1, 2])
def test_an_unreadable_event_that_comes_twice_counts_once(fold, sent, unreadable):
    types = [MessageReceived.TYPE] * 3
    types[unreadable] = "unheard-of.v1"
    events = [(offset, stored(offset, type_)) for offset, type_ in enumerate(types)]
    assert fold.take(told(0, *events)) == 2
    assert fold.take(told(1, *events)) == 0
    assert fold.take(told(2, (3, stored(3)), (4, stored(4)))) == 2
    assert sent.refused == [events[unreadable][1]]


TRIGGER = """
[triggers.call]
action = "open_action"
start = { events = ["order-cancelled"] }
steps = [{ text = "Call them" }]
"""


def rules(text):
    return document(parse(text).rules)


def published(number, text):
    fact = ConfigurationPublished(number=number, document=rules(text))
    return stored(number, fact.TYPE, fact)


def test_what_triggers_do_may_change_under_way_and_what_states_rest_on_may_not(sent):
    fold = PartitionFold(3, LOG, PartitionStore(":memory:"), sent, rules(TRIGGER), 1)
    paused = TRIGGER.replace("steps", "paused = true\nsteps")
    assert fold.take(told(0, (0, stored(0)), (1, published(1, TRIGGER)))) == 2
    assert fold.take(told(1, (2, published(2, paused)), (3, stored(3)))) == 2
    with pytest.raises(WorkspaceError, match="Configuration 4 was published"):
        fold.take(told(2, (4, published(4, TRIGGER + '[stages]\nlapse = "2 d"'))))
    fold.close()


def test_a_topic_that_was_made_again_is_noticed(fold):
    assert fold.take(told(0, (0, stored(0)))) == 1
    assert fold.take(told(1, (1, stored(1)))) == 1
    assert fold.take(told(0, (0, stored(0)))) == 0
    assert fold.take(told(1, (1, stored(1)))) == 0
    with pytest.raises(StreamError, match="made again"):
        fold.take(told(1, (1, stored(1)), (2, stored(2))))
