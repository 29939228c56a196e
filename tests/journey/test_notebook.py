"""``journey.open``: what a notebook reads, with and without an owner beside it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import journey
from journey.bootstrap import Workspace
from journey.notebook import View
from journey.settings import Settings
from projections.tables import BY_NAME, TABLES
from schemas.errors import NotFound, UsageError, WorkspaceBusy, WorkspaceError
from tests.cli.runner import ROOT, answer, init, run, running

PAGE = ROOT / "docs" / "notebooks.md"
HEAVY = ("chdb", "eventsourcing", "msgspec", "pyarrow", "rich", "sqlite3", "typing")
OWNER = (
    "import sys; from pathlib import Path; from journey.workspace import Folder\n"
    "folder = Folder(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workspace of the usual name in it."""
    place = tmp_path_factory.mktemp("notebook")
    answer("generate", place / "sample.jsonl", "--customers", "200", "--days", "60")
    folder = init(place / "journey-data")
    answer("import", "jsonl", place / "sample.jsonl", "--workspace", folder)
    return place


@pytest.fixture
def view(place: Path) -> Iterator[View]:
    with journey.open(place / "journey-data") as opened:
        yield opened


@pytest.fixture
def owner(place: Path) -> Iterator[int]:
    """Another process that has the workspace open."""
    command = [sys.executable, "-c", OWNER, str(place / "journey-data")]
    with running(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.process.stdout
        assert child.process.stdout.readline() == b"open\n"
        yield child.process.pid


def test_it_says_what_the_commands_say(place: Path, view: View) -> None:
    at = ("--workspace", place / "journey-data")
    [customer] = view.find("u-000003")
    assert [customer] == answer("find", "u-000003", *at)["customers"]
    told = [json.loads(json.dumps(m.fact)) for m in view.timeline(customer)]
    moments = answer("timeline", customer, *at)["moments"]
    assert told == [moment["fact"] for moment in moments]
    assert [m.event_id for m in view.timeline("u-000003", limit=2)] == [
        moment["event_id"] for moment in moments[-2:]
    ]
    rows = view.query("first-response", by="channel").to_pylist()
    assert rows == answer("query", "first-response", "by=channel", *at)["rows"]


def test_a_picture_holds_what_the_query_answers(view: View) -> None:
    figure = view.plot("first-response", by="channel")
    rows = view.query("first-response", by="channel").to_pylist()
    median = next(trace for trace in figure.data if trace.name.startswith("half"))
    assert list(median.x) == [max(row["median_s"], 1.0) for row in rows]
    assert "first human reply" in figure.layout.title.text
    with pytest.raises(UsageError, match="pains has no picture"):
        view.plot("pains")
    with pytest.raises(NotFound, match="did you mean funnel"):
        view.plot("funel", steps="a,b")
    with pytest.raises(UsageError, match="steps is missing"):
        view.plot("funnel")


def test_a_state_agrees_with_the_tables(view: View) -> None:
    latest = view.table("stages").to_pandas().groupby("customer_id").last()
    for customer, stage in list(latest.stage.items())[:5]:
        state = view.state(str(customer))
        assert (state["customer_id"], state["stages"]["stage"]) == (customer, stage)


@pytest.mark.parametrize("name", [table.name for table in TABLES])
def test_every_table_is_there(view: View, name: str) -> None:
    table = view.table(name)
    assert table.column_names == list(BY_NAME[name].names)
    assert len(table.to_pandas()) == table.num_rows


def test_what_is_not_there_is_said(view: View) -> None:
    with pytest.raises(NotFound, match="touchpoints, conversations"):
        view.table("touchpoint")
    with pytest.raises(NotFound, match="first-response"):
        view.query("first-respons")
    with pytest.raises(UsageError, match="colour"):
        view.query("first-response", colour="red")
    with pytest.raises(NotFound, match="nobody@example"):
        view.timeline("nobody@example.com")
    assert view.find("nobody@example.com") == []


@pytest.mark.parametrize("how", ["here", "in another process"])
def test_beside_an_owner(place: Path, view: View, how: str, request: pytest.FixtureRequest) -> None:
    def ask() -> None:
        [customer] = view.find("u-000003")
        assert len(view.timeline(customer)) > 1
        assert view.state(customer)["stages"]["stage"]
        for refused in (lambda: view.table("stages"), lambda: view.query("stages")):
            with pytest.raises(WorkspaceBusy, match=r"in use by process \d+"):
                refused()

    if how == "here":
        with Workspace(place / "journey-data", Settings()):
            ask()
    else:
        request.getfixturevalue("owner")
        ask()


def test_reading_changes_nothing_and_keeps_nobody_out(place: Path, view: View) -> None:
    folder = place / "journey-data"

    def held() -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in folder.glob("*.*") if file.is_file()}

    before = held()
    [customer] = view.find("u-000003")
    view.timeline(customer)
    view.state(customer)
    after = held()
    assert {name: after[name] for name in before} == before
    more = [name for name in after.keys() - before.keys() if not name.endswith("-shm")]
    assert not any(after[name] for name in more), "a write-ahead log has content"
    assert answer("verify", "--workspace", folder)["clean"]


def test_what_comes_meanwhile_is_seen(tmp_path: Path) -> None:
    folder = init(tmp_path / "w")
    line = {
        "source": "desk",
        "type": "message-received",
        "time": "2024-03-01T08:00:00Z",
        "identities": {"email": "ann@example.com"},
    }
    view = journey.open(folder)
    with pytest.raises(WorkspaceError, match="journey import"):
        view.find("ann@example.com")
    for n in (1, 2):
        told = json.dumps(line | {"id": f"m-{n}"}).encode()
        answer("import", "jsonl", "-", "--workspace", folder, stdin=told)
        assert len(view.timeline("ann@example.com")) == n
    answer("rebuild", "--workspace", folder)  # the states are another file now
    assert len(view.timeline("ann@example.com")) == 2
    assert view.table("touchpoints").num_rows == 2


def test_closed_is_closed(place: Path) -> None:
    view = journey.open(place / "journey-data")
    view.close()
    with pytest.raises(UsageError, match="open it again"):
        view.find("u-000003")


def test_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="journey init"):
        journey.open(tmp_path)


def test_importing_it_loads_nothing() -> None:
    code = f"import sys, journey; print([m for m in {HEAVY} if m in sys.modules])"
    ran = run(sys.executable, "-S", "-c", code)
    assert (ran.code, ran.text.strip()) == (0, "[]"), ran.err


def test_the_page_runs(place: Path) -> None:
    blocks = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) > 5
    ran = run(sys.executable, "-c", "".join(blocks), cwd=place)
    assert (ran.code, ran.err) == (0, "")
    assert "Name: count" in ran.text
