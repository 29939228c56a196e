"""Topics are made once, whoever makes them at the same time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from confluent_kafka.admin import AdminClient

from journey.stream import kafka, wire
from schemas.errors import StreamError

AT_ONCE = 6
WANTED = {wire.LOG: 64, wire.TOUCHPOINTS: 64, wire.ACTS: 64, wire.QUARANTINE: 1}


def test_who_makes_topics_at_the_same_time_as_others_finds_them_made(broker):
    admins = [AdminClient(kafka.client(broker.address)) for _ in range(AT_ONCE)]
    begun = Barrier(AT_ONCE, timeout=60)

    def make(admin):
        begun.wait()
        kafka.make_topics(admin, WANTED)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for made in [pool.submit(make, admin) for admin in admins]:
            made.result(timeout=60)
    assert WANTED.items() <= kafka.shapes(admins[0]).items()


def test_a_topic_of_another_shape_is_refused(broker):
    admin = AdminClient(kafka.client(broker.address))
    kafka.make_topics(admin, {wire.ACTS: 3})
    with pytest.raises(StreamError, match="has 3 partitions, the log 4"):
        kafka.make_topics(admin, {wire.ACTS: 4})
