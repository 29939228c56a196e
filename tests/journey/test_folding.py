"""A large import folds in a second process: the same meaning, and nothing lost when that ends."""

import os
import signal
import time
from datetime import UTC, datetime
from functools import partial

import pytest

from journey import folding, importing
from journey.audit import rebuild as rebuilding
from journey.audit.workspace import verify_workspace
from journey.bootstrap import Workspace
from journey.clickhouse.analytics import SqlAnalytics
from journey.clock import SimulatedClock, SystemClock
from journey.engine import engine
from journey.engine.beside import EngineBeside
from journey.ports import Draft
from journey.sample import write_jsonl
from journey.settings import Settings
from journey.workspace import make
from projections.configuration import Configuration, document
from projections.configuration.stages import StageRules
from projections.tables import CONVERSATIONS, DECISIONS, STAGES
from schemas.errors import WorkspaceBusy, WorkspaceError
from schemas.events import MessageReceived
from schemas.times import DAY, SECOND

KEY = b"k" * 32
ANN = {"email": ["ann@example.com"]}
ANNS_RETURN = (
    b'{"id":"back","source":"desk","type":"page-viewed","time":"2024-03-05T09:00:00Z",'
    b'"identities":{"email":"ann@example.com"}}\n'
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample") / "sample.jsonl"
    with path.open("wb") as out:
        write_jsonl(out, customers=200, days=60, seed=5, start=datetime(2024, 3, 2, tzinfo=UTC))
        out.write(ANNS_RETURN)
    return path


@pytest.fixture
def followers(monkeypatch):
    """Split after the first batch; the second processes that were started."""
    started = []

    class Noted(EngineBeside):
        def __init__(self, log, task):
            super().__init__(log, task)
            started.append(self._process)

    monkeypatch.setattr(folding, "EngineBeside", Noted)
    monkeypatch.setattr(folding, "LARGE_EVENTS", 1)
    monkeypatch.setattr(importing, "APPEND_DRAFTS", 500)
    return started


def opened(folder, *, fault=None, clock=None):
    make(folder, with_key=False)
    return Workspace(folder, Settings(master_key=KEY, fault=fault), clock)


def held(workspace):
    """What must not depend on who folded."""
    assert verify_workspace(workspace).findings == []
    tables = [workspace.analytics.rows(t).to_pylist() for t in (CONVERSATIONS, STAGES)]
    events = workspace.log.read(0, 100_000)
    return tables, [(e.event_id, workspace.store.positions(e.customer_id)) for _, e in events]


@pytest.fixture(scope="module")
def alone(file, tmp_path_factory):
    with opened(tmp_path_factory.mktemp("alone") / "w") as workspace:
        importing.import_file(workspace, "jsonl", str(file))
        return held(workspace)


def test_a_second_process_folds_the_same(file, alone, followers, tmp_path):
    with opened(tmp_path / "w") as workspace:
        counts = importing.import_file(workspace, "jsonl", str(file))
        assert (counts.read, counts.quarantined) == (counts.appended, 0)
        (process,) = followers
        assert process.exitcode == 0
        assert held(workspace) == alone


def test_what_the_second_process_decides_is_recorded_once(file, followers, tmp_path):
    """Ann waits since days; that she comes back in the import lets her clock run out first."""
    folder, then = tmp_path / "w", SystemClock().now() - 5 * DAY
    said = MessageReceived(identities=ANN, channel="email", direction="inbound")
    draft = Draft(source="desk", message_id="ask", fact=said, occurred_at=then, identities=ANN)
    with opened(folder, clock=SimulatedClock(then)) as workspace:
        workspace.log.append([draft])
        workspace.engine.catch_up(hold=True)
    with opened(folder) as workspace:
        importing.import_file(workspace, "jsonl", str(file))
        assert len(followers) == 1
        (decision,) = workspace.analytics.rows(DECISIONS).to_pylist()
        assert decision["trigger"] == "unanswered"
        assert verify_workspace(workspace).findings == []


@pytest.mark.parametrize("point", ["before-state-commit", "after-state-commit"])
def test_when_the_second_process_is_killed_the_command_says_so_and_a_repeat_mends(
    file, alone, followers, tmp_path, point
):
    folder = tmp_path / "w"
    with (
        opened(folder) as workspace,
        pytest.MonkeyPatch.context() as patch,
        pytest.raises(WorkspaceError, match=r"ended early .*nothing is lost"),
    ):
        patch.setattr(workspace, "fault", (point, 0))
        importing.import_file(workspace, "jsonl", str(file))
    assert followers[0].exitcode == -signal.SIGKILL
    with opened(folder) as workspace:
        counts = importing.import_file(workspace, "jsonl", str(file))
        assert counts.duplicates > 0
        assert held(workspace) == alone


def test_an_error_over_there_is_raised_here(file, followers, tmp_path):
    with opened(tmp_path / "w") as workspace:
        folder = folding.Folding(workspace)
        with pytest.raises(WorkspaceError, match="other rules"), folder:
            assert workspace.engine.checkpoint == 0
            workspace.log.append(
                [Draft(source="s", message_id="1", fact=MessageReceived(), occurred_at=1,
                       identities=ANN)]
            )  # fmt: skip
            other = StageRules(lapse=DAY // SECOND)
            workspace.log.publish(document(Configuration(stages=other)))
            folder.go_on()
            folder.go_on()


def test_the_folder_stays_locked_until_the_second_process_is_gone(followers, tmp_path):
    folder = tmp_path / "w"
    with opened(folder) as workspace:
        folding_ = folding.Folding(workspace)
        for message_id in ("1", "2"):
            draft = Draft(
                source="s",
                message_id=message_id,
                fact=MessageReceived(),
                occurred_at=1,
                identities=ANN,
            )
            workspace.log.append([draft])
            folding_.go_on()
        (process,), beside = followers, folding_._beside
        assert beside is not None
        beside.tell(10**9)  # so that it folds the second one at once, and has surely started
        deadline = time.monotonic() + 60
        while workspace.store.progress()["checkpoint"] < workspace.log.last_position():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        workspace.folder.close()  # as when this process dies, but the other one does not notice
        os.kill(process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(WorkspaceBusy):
                opened(folder)
        finally:
            beside.stop()  # a stopped process would be waited for in vain
        opened(folder).close()
        workspace.folder.lock = os.open(os.devnull, os.O_RDONLY)  # for the end of the `with`


def test_months_are_in_one_piece_after_an_import_and_a_rebuild(file, followers, tmp_path):
    with opened(tmp_path / "w") as workspace, pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqlAnalytics.settle, "__defaults__", (1,))  # so few rows are left otherwise
        patch.setattr(engine, "FLUSH_ROWS", 1)
        patch.setattr(rebuilding, "Engine", partial(engine.Engine, batch=200))
        importing.import_file(workspace, "jsonl", str(file))
        assert workspace.analytics._unsettled(1) == []
        rebuilding.rebuild(workspace)
        assert workspace.analytics._unsettled(1) == []
