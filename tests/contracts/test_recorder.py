"""The library's own recorder cases hold for ours, in a file and in memory.

Left out are its `test_performance` and `test_concurrent_throughput`: they assert nothing and print
rates, which `benchmarks/` measures; and its `optional_test_insert_subscribe`: a recorder on SQLite
has no subscriptions, here as there, and the engine reads by position.
"""

from abc import ABC
from itertools import count

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)

from journey.log.recorder import LogDatastore, LogRecorder

MEASURES = ("test_performance", "test_concurrent_throughput")  # and promises nothing
_numbers = count()


def without_measures(case: type) -> type:
    """The library's case without what only measures, so that it is not collected at all."""
    left_out = {name: None for name in MEASURES if hasattr(case, name)}
    assert left_out
    return type(case.__name__, (case, ABC), left_out | {"__test__": False})


class OnOurs:
    """Makes our recorder for a library case; each test has a database of its own."""

    in_memory = False

    @pytest.fixture(autouse=True)
    def _database(self, tmp_path):
        self.datastore = LogDatastore(
            ":memory:" if self.in_memory else str(tmp_path / "log.sqlite")
        )
        yield
        self.datastore.close()

    def create_recorder(self) -> LogRecorder:
        recorder = LogRecorder(self.datastore)
        recorder.create_table()
        return recorder

    def new_originator_id(self) -> str:
        return f"p-{next(_numbers):03d}"  # streams are partitions, not UUIDs


class TestApplicationRecorder(OnOurs, without_measures(ApplicationRecorderTestCase)):  # type: ignore[misc]
    __test__ = True


class TestApplicationRecorderInMemory(TestApplicationRecorder):
    in_memory = True


class TestProcessRecorder(OnOurs, without_measures(ProcessRecorderTestCase)):  # type: ignore[misc]
    __test__ = True


class TestProcessRecorderInMemory(TestProcessRecorder):
    in_memory = True


class TestTrackingRecorder(OnOurs, TrackingRecorderTestCase):
    pass


class TestNonInterleaving(OnOurs, NonInterleavingNotificationIDsBaseCase):
    pass


class TestNonInterleavingInMemory(TestNonInterleaving):
    in_memory = True


class TestOurAdditions(OnOurs):
    """Ids, leaves and positions, which the library's cases do not know."""

    def events(self, *offsets: int) -> list[StoredEvent]:
        return [StoredEvent("p-000", offset, "topic", b"state") for offset in offsets]

    def test_an_id_is_taken_once(self):
        recorder = self.create_recorder()

        def insert(position, offset, event_id):
            with self.datastore.transaction(commit=True) as cursor:
                row = (position, "p-000", offset, "topic", b"state", event_id, b"leaf")
                recorder.insert(cursor, [row])

        insert(1, 0, b"a")
        insert(2, 1, b"b")
        for position, offset, event_id in ((3, 2, b"a"), (3, 1, b"c"), (2, 2, b"c")):
            with pytest.raises(IntegrityError):
                insert(position, offset, event_id)
        assert recorder.max_notification_id() == 2

    def test_one_bad_event_keeps_out_all(self):
        recorder = self.create_recorder()
        with pytest.raises(IntegrityError):
            recorder.insert_events(self.events(0, 1, 0))
        assert recorder.select_notifications(start=None, limit=10) == []

    def test_positions_are_returned_and_kept_by_a_backup(self, tmp_path):
        recorder = self.create_recorder()
        assert recorder.insert_events(self.events(0, 1)) == [1, 2]
        assert recorder.insert_events(self.events(2)) == [3]
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT position, originator_version FROM stored_events")
            kept = [tuple(row) for row in cursor.fetchall()]
        with self.datastore.get_connection(commit=False) as connection:
            connection.cursor().execute("VACUUM INTO ?", (str(tmp_path / "backup.sqlite"),))
        backup = LogDatastore(str(tmp_path / "backup.sqlite"))
        with backup.transaction(commit=False) as cursor:
            cursor.execute("SELECT position, originator_version FROM stored_events")
            assert [tuple(row) for row in cursor.fetchall()] == kept == [(1, 0), (2, 1), (3, 2)]
        backup.close()


def test_nothing_else_is_left_out():
    """When a new version of the library has new cases, somebody must look."""
    ran = [TestApplicationRecorder, TestProcessRecorder]
    for ours, theirs in zip(
        ran, [ApplicationRecorderTestCase, ProcessRecorderTestCase], strict=True
    ):
        names = {n for n in dir(theirs) if "test_" in n and callable(getattr(theirs, n))}
        missing = {n for n in names if getattr(ours, n, None) is None}
        assert missing == names & set(MEASURES)
        optional = {n for n in names if n.startswith("optional_")}
        assert optional <= {"optional_test_insert_subscribe"}
