"""A workspace of every released format opens, is upgraded, proves itself, and goes on."""

import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from journey import upgrade as upgrading
from journey.audit.export import export
from journey.audit.rebuild import rebuild
from journey.audit.workspace import verify_workspace
from journey.beside import beside
from journey.bootstrap import Workspace
from journey.importing import import_file
from journey.ingest.quarantine import Status
from journey.log.sqlite_log import SqliteEventLog
from journey.upgrade import STEPS, upgrade
from journey.workspace import FORMAT, Files, Folder
from projections.tables import TOUCHPOINTS
from replay.file import verify_file
from schemas.errors import WorkspaceNewer
from tests.golden.make_workspace import FOLDER, SETTINGS, line

FORMATS = sorted(int(path.name.removeprefix("format-").split(".")[0]) for path in FOLDER.iterdir())
ANN, VISITOR = {"email": "ann@example.com"}, {"anonymous": "visitor-1"}


@pytest.fixture(params=FORMATS)
def folder(request, tmp_path):
    return unpacked(request.param, tmp_path)


def unpacked(format_, tmp_path):
    folder = tmp_path / "workspace"
    with tarfile.open(FOLDER / f"format-{format_}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    for file in folder.glob("*.db"):  # they were packed as one file each
        with closing(sqlite3.connect(file)) as db:
            db.execute("PRAGMA journal_mode=WAL")
    return folder


def expected(folder):
    return json.loads((folder / "expected.json").read_text())


def leaves(log: SqliteEventLog) -> list[str]:
    return [leaf.hex() for n in range(log.partitions) for *_, leaf in log.stored(n)]


def test_every_format_is_kept():
    assert list(range(1, FORMAT + 1)) == FORMATS, "python -m tests.golden.make_workspace"
    assert set(STEPS) == set(range(2, FORMAT + 1)), "a format without a step to it"


def test_it_opens_with_all_that_was_said(folder):
    told = expected(folder)
    with Workspace(folder, SETTINGS) as workspace:
        assert workspace.log.last_position() == told["events"]
        assert leaves(workspace.log) == told["leaves"]
        found = {v: [c.hex() for c in workspace.log.find(v)] for v in told["found"]}
        assert found == told["found"]
        entries = workspace.quarantine.entries(Status.OPEN)
        assert {entry.code for entry in entries} == {"names-nobody", "bad-json", "told-differently"}
        assert all(workspace.quarantine.bytes_of(e.id) for e in entries)
        texts = [
            getattr(opened.recorded.fact, "text", None)
            for _, opened in workspace.log.read_opened(0, 1_000)
        ]
        assert "Where is it?" in texts
    assert Files(folder).format == FORMAT


def test_it_is_clean_once_it_is_rebuilt(folder, tmp_path):
    with Workspace(folder, SETTINGS) as workspace:
        before = len(list(workspace.store.corrections(100)))
        rebuild(workspace)
        report = verify_workspace(workspace)
        touchpoints = sum(e.is_touchpoint for _, e in workspace.log.read(0, 1_000))
        assert (report.findings, report.rows["touchpoints"]) == ([], touchpoints)
        assert len(list(workspace.store.corrections(100))) == before > 0
        export(workspace, tmp_path / "log.avro")
    with (tmp_path / "log.avro").open("rb") as file:
        assert verify_file(file).findings == []


def test_it_goes_on(folder, tmp_path):
    more = tmp_path / "more.jsonl"
    more.write_text(
        "\n".join(
            (
                line(20, "message-received", "01T08:00:00", ANN, channel="email",
                     properties={"text": "Hi"}),  # told before
                line(40, "page-viewed", "09T08:00:00", VISITOR),
                line(41, "identity-unlinked", "09T09:00:00", ANN, properties={"removed": VISITOR}),
                line(42, "page-viewed", "09T10:00:00", VISITOR),
            )
        )
    )  # fmt: skip
    with Workspace(folder, SETTINGS) as workspace:
        rebuild(workspace)
        counts = import_file(workspace, "jsonl", str(more))
        assert (counts.appended, counts.duplicates) == (3, 1)
        assert verify_workspace(workspace).findings == []
        (ann,), (visitor,) = (workspace.log.find(v) for v in ("ann@example.com", "visitor-1"))
        rows = workspace.analytics.rows(TOUCHPOINTS)["customer_id"].to_pylist()
        assert rows.count(visitor.hex()) == 4, "three of before, and one since"
        assert rows.count(ann.hex()) > 4


def test_who_only_reads_needs_no_upgrade(folder):
    before = Files(folder).format
    with beside(Files(folder), SETTINGS) as opened:
        assert [c.hex() for c in opened.log.find("visitor-1")] == expected(folder)["found"][
            "visitor-1"
        ]
    assert Files(folder).format == before


# --- steps ---------------------------------------------------------------------------------------


def merges(folder):
    with (
        Workspace(folder, SETTINGS) as workspace,
        workspace.log._datastore.transaction(commit=False) as cursor,
    ):
        cursor.execute("SELECT customer_id, into_id, parent_id FROM merges ORDER BY 1")
        return [tuple(row) for row in cursor.fetchall()]


def test_merges_learn_of_their_chains(tmp_path):
    found = merges(unpacked(1, tmp_path))
    into = {customer: parent for customer, _, parent in found}
    assert len(found) == 3
    assert any(parent != today for _, today, parent in found), "the sample has a chain"
    for customer, today, _ in found:
        while customer in into:
            customer = into[customer]
        assert customer == today


@pytest.mark.parametrize("dies", ["before it is noted", "in the middle"])
def test_a_kill_during_an_upgrade_costs_nothing(tmp_path, monkeypatch, dies):
    folder = unpacked(1, tmp_path)
    whole = merges(unpacked(1, tmp_path / "other"))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if dies == "in the middle":
            patched.setattr(upgrading, "recorded", killed)
        else:
            patched.setattr(Folder, "note_format", killed)
        with Folder(folder) as locked, pytest.raises(KeyboardInterrupt):
            upgrade(locked)
    assert Files(folder).format == 1
    assert merges(folder) == whole


def test_a_newer_one_is_refused(folder):
    marker = folder / "workspace.json"
    told = msgspec.json.decode(marker.read_bytes())
    marker.write_bytes(msgspec.json.encode(told | {"format": FORMAT + 1}))
    before = {path: path.read_bytes() for path in Path(folder).iterdir()}
    with pytest.raises(WorkspaceNewer):
        Workspace(folder, SETTINGS)
    assert {path: path.read_bytes() for path in Path(folder).iterdir()} == before
