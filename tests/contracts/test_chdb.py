"""chDB keeps the promises of `Analytics`, in memory and in a folder, and through a kill."""

import multiprocessing
import os
import signal
import sys

import pytest

from journey.clickhouse.chdb_adapter import ChdbAnalytics
from projections.columns import to_arrow
from projections.tables import TABLES, TOUCHPOINTS
from schemas.errors import WorkspaceBusy, WorkspaceError
from tests.cli.runner import run
from tests.contracts.analytics import AnalyticsContract, TablesContract
from tests.contracts.analytics_rows import block, touch
from tests.contracts.kept import Kept

# The engine does not survive a fork.
SPAWN = multiprocessing.get_context("spawn")
ROUNDS, ROWS = 5, 1000
WAIT_S = 60
ODD = "analytics & more %20"  # a folder's name


class TestInMemory(TablesContract):
    @pytest.fixture
    def analytics(self):
        made = ChdbAnalytics(None)
        yield made
        made.close()

    @pytest.fixture(scope="class")
    @classmethod
    def kept(cls):
        made = Kept(lambda: ChdbAnalytics(None))
        yield made
        made.close()

    def test_two_in_memory_do_not_see_each_other(self, ready):
        other = ChdbAnalytics(None)
        try:
            other.prepare(TABLES, 1)
            ready.insert(block(TOUCHPOINTS, [touch(1)]), 1)
            assert other.rows(TOUCHPOINTS).num_rows == 0
            assert ready.rows(TOUCHPOINTS).num_rows == 1
        finally:
            other.close()


class TestInAFolder(AnalyticsContract):
    @pytest.fixture
    def analytics(self, nothing_open, tmp_path):
        made = ChdbAnalytics(tmp_path / ODD)
        yield made
        made.close()

    @pytest.fixture(scope="class")
    @classmethod
    def kept(cls, tmp_path_factory):
        made = Kept(lambda: ChdbAnalytics(tmp_path_factory.mktemp("kept") / ODD))
        yield made
        made.close()

    @pytest.fixture
    def nothing_open(self, kept):
        """For whoever opens a folder: a process may have one open."""
        kept.close()

    @pytest.mark.usefixtures("nothing_open")
    def test_rows_are_there_after_opening_again(self, tmp_path):
        for n in range(3):
            analytics = ChdbAnalytics(tmp_path)
            analytics.prepare(TABLES, 1)
            assert analytics.rows(TOUCHPOINTS).num_rows == n
            analytics.insert(block(TOUCHPOINTS, [touch(n)]), 1)
            analytics.close()

    def test_a_folder_that_this_process_has_open_is_busy(self, tmp_path, analytics):
        analytics.prepare(TABLES, 1)
        with pytest.raises(WorkspaceBusy, match=f"process {os.getpid()}:"):
            ChdbAnalytics(tmp_path / ODD)
        with pytest.raises(WorkspaceBusy, match="this one"):
            ChdbAnalytics(tmp_path / "other")
        with pytest.raises(WorkspaceBusy, match="this one"):
            ChdbAnalytics(None)
        assert analytics.rows(TOUCHPOINTS).num_rows == 0

    @pytest.mark.usefixtures("nothing_open")
    def test_a_folder_that_another_process_has_open_is_busy(self, tmp_path):
        opened, finish = SPAWN.Event(), SPAWN.Event()
        child = SPAWN.Process(target=hold, args=(tmp_path, opened, finish))
        child.start()
        try:
            assert opened.wait(WAIT_S)
            with pytest.raises(WorkspaceBusy, match=f"process {child.pid}:"):
                ChdbAnalytics(tmp_path)
        finally:
            finish.set()
            child.join(WAIT_S)
        assert child.exitcode == 0
        ChdbAnalytics(tmp_path).close()

    @pytest.mark.usefixtures("nothing_open")
    def test_a_folder_that_cannot_be_named_is_refused(self, tmp_path):
        with pytest.raises(WorkspaceError, match="question mark"):
            ChdbAnalytics(tmp_path / "what?")

    def test_a_question_about_many_rows_is_shared_by_two_threads(self, ready):
        """The engine lowers their number when it thinks that memory is short."""
        asked = "EXPLAIN PIPELINE SELECT sum(number) FROM numbers_mt(10000000)"
        told = ready._select(asked, {})["explain"].to_pylist()
        assert any(line.strip().startswith("Resize 2") for line in told), told

    @pytest.mark.usefixtures("nothing_open")
    def test_what_was_acknowledged_is_there_after_a_kill(self, tmp_path):
        ours, theirs = SPAWN.Pipe(duplex=False)
        child = SPAWN.Process(target=insert_and_die, args=(tmp_path, theirs))
        child.start()
        theirs.close()
        acknowledged = []
        try:
            while ours.poll(WAIT_S):
                acknowledged.append(ours.recv())
        except EOFError:
            pass
        child.join(WAIT_S)
        assert child.exitcode == -signal.SIGKILL
        assert acknowledged == list(range(ROUNDS))
        analytics = ChdbAnalytics(tmp_path)
        analytics.prepare(TABLES, 1)
        expected = [touch(n) for n in range(ROUNDS * ROWS)]
        assert analytics.rows(TOUCHPOINTS).equals(to_arrow(TOUCHPOINTS, expected))
        analytics.close()


def hold(folder, opened, finish) -> None:
    """Keep a folder open until told to finish."""
    analytics = ChdbAnalytics(folder)
    opened.set()
    finish.wait(WAIT_S)
    analytics.close()


def insert_and_die(folder, acknowledge) -> None:
    """Insert, acknowledge each block, and end without closing anything."""
    analytics = ChdbAnalytics(folder)
    analytics.prepare(TABLES, 1)
    for n in range(ROUNDS):
        rows = [touch(place) for place in range(n * ROWS, (n + 1) * ROWS)]
        analytics.insert(block(TOUCHPOINTS, rows), 1)
        acknowledge.send(n)
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_engine_is_loaded_only_when_it_is_needed():
    code = (
        "import sys, journey.clickhouse.chdb_adapter\n"
        "assert not [name for name in sys.modules if name.startswith('chdb')]"
    )
    ran = run(sys.executable, "-c", code)
    assert ran.code == 0, ran.err


def test_signal_handlers_stay_as_they_were():
    """The engine's own hang the process when it crashes. A fresh process: pytest has some too."""
    code = (
        "import signal\n"
        "from journey.clickhouse.chdb_adapter import ChdbAnalytics\n"
        "def told(*_): raise SystemExit(3)\n"
        "signal.signal(signal.SIGTERM, told)\n"
        "analytics = ChdbAnalytics(None)\n"
        "analytics.execute('SELECT 1')\n"
        "import pathlib\n"
        "status = pathlib.Path('/proc/self/status')\n"
        "if status.exists():\n"
        "    text = status.read_text().partition('SigCgt:')[2].split()[0]\n"
        "    caught = {n for n in range(1, 32) if int(text, 16) >> n - 1 & 1}\n"
        "    assert caught == {signal.SIGINT, signal.SIGTERM}, caught\n"
        "signal.raise_signal(signal.SIGTERM)\n"
    )
    ended = run(sys.executable, "-c", code, env={"PYTHONFAULTHANDLER": ""})  # which has some too
    assert ended.code == 3, ended.err
