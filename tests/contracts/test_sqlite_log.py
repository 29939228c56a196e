"""The log on SQLite keeps the promises of `EventLog`, in a file and in memory."""

import pytest

from tests.contracts.event_log import EventLogContract
from tests.contracts.event_log_durable import DurableLogContract
from tests.controls import Opening


class TestInMemory(EventLogContract):
    @pytest.fixture
    def opening(self):
        made = Opening(None)
        yield made
        made.close()


class TestInAFile(DurableLogContract):
    @pytest.fixture
    def opening(self, tmp_path):
        made = Opening(tmp_path)
        yield made
        made.close()
