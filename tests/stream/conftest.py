"""One broker for all tests of a process; each test deletes its topics."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AdminClient

from tests.stream.broker import Broker, prepared


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = prepared(tmp_path_factory.mktemp("kafka"))
    with broker.running():
        yield broker


@pytest.fixture
def broker(running: Broker) -> Iterator[Broker]:
    """The broker, without topics of ours."""
    yield running
    admin = AdminClient({"bootstrap.servers": running.address})
    known = admin.list_topics(timeout=30).topics
    ours = [topic for topic in known if topic.startswith("journey.")]
    for done in admin.delete_topics(ours, operation_timeout=30).values() if ours else []:
        done.result(timeout=60)
