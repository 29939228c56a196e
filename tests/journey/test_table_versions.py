"""A table of a raised version is built beside the old one, and then takes its place."""

import json

import pytest

from journey import answers
from journey.audit.export import export
from journey.audit.rebuild import rebuild
from journey.audit.workspace import verify_workspace
from journey.bootstrap import Workspace
from journey.clickhouse.address import Address
from journey.importing import import_file, redrive
from journey.sample import generate
from journey.settings import Settings
from journey.workspace import make
from projections.tables import STAGES, TABLES
from schemas.errors import WorkspaceError
from tests.replay.tampering import START

KEY = b"k" * 32
RAISED = tuple(
    table._replace(version=STAGES.version + 1) if table is STAGES else table for table in TABLES
)


class Killed(BaseException):
    """As a kill: nothing may catch it."""


@pytest.fixture(params=["chdb", "server"])
def settings(request):
    if request.param == "chdb":
        return Settings(master_key=KEY)
    return Settings(master_key=KEY, clickhouse=Address(request.getfixturevalue("database")))


@pytest.fixture
def folder(tmp_path, settings):
    folder, file = tmp_path / "workspace", tmp_path / "told.jsonl"
    told = generate(customers=8, days=30, seed=2, start=START)
    file.write_text("\n".join(json.dumps(line) for line in told))
    make(folder, with_key=False)
    with Workspace(folder, settings) as workspace:
        import_file(workspace, "jsonl", str(file))
    return folder


def physical(workspace):
    return {n for n in workspace.analytics._existing() if "__v" in n}


def shown(workspace):
    return answers.table(workspace, "stages")


def test_questions_are_answered_from_the_old_until_the_new_is_whole(folder, settings):
    with Workspace(folder, settings) as workspace:
        before, old = shown(workspace), physical(workspace)
        assert before.num_rows > 0
    with Workspace(folder, settings, tables=RAISED) as workspace:
        assert workspace.is_outdated
        assert shown(workspace).equals(before)
        assert physical(workspace) == old, "a question makes nothing"
        seen = []
        rebuild(workspace, lambda _: seen.append(shown(workspace)))
        assert seen
        assert all(rows.equals(before) for rows in seen)
        assert shown(workspace).equals(before)
        assert physical(workspace) == {f"{t.name}__v{t.version + (t is STAGES)}_g2" for t in TABLES}
        assert verify_workspace(workspace).findings == []
    with Workspace(folder, settings, tables=RAISED) as workspace:
        assert shown(workspace).equals(before)


def test_a_kill_in_the_middle_leaves_the_old(folder, settings):
    def die(_):
        raise Killed

    with Workspace(folder, settings) as workspace:
        before, old = shown(workspace), physical(workspace)
    with Workspace(folder, settings, tables=RAISED) as workspace, pytest.raises(Killed):
        rebuild(workspace, die)
    with Workspace(folder, settings, tables=RAISED) as workspace:
        assert workspace.is_outdated
        assert shown(workspace).equals(before)
        rebuild(workspace)
        assert shown(workspace).equals(before)
        assert verify_workspace(workspace).findings == []
        assert not physical(workspace) & old
        (rows,) = workspace.analytics.ask("SELECT count() AS n FROM stages")["n"].to_pylist()
        assert rows == before.num_rows


def test_who_still_has_the_older_version_goes_on_with_the_old(folder, settings):
    with Workspace(folder, settings, tables=RAISED) as workspace:
        shown(workspace)
    with Workspace(folder, settings) as workspace:
        assert not workspace.is_outdated
        assert verify_workspace(workspace).findings == []


def test_the_tables_switch_even_if_the_process_dies_between_states_and_views(
    folder, settings, monkeypatch
):
    with Workspace(folder, settings) as workspace:
        before = shown(workspace)
    with Workspace(folder, settings, tables=RAISED) as workspace:
        tables = workspace.analytics

        def die(*_):
            raise Killed

        monkeypatch.setattr(tables, "prepare", die)
        with pytest.raises(Killed):
            rebuild(workspace)
    with Workspace(folder, settings, tables=RAISED) as workspace:
        assert not workspace.is_outdated
        assert shown(workspace).equals(before)
        assert verify_workspace(workspace).findings == []


def test_what_would_fold_is_refused_before_anything_is_appended(folder, settings, tmp_path):
    file = tmp_path / "more.jsonl"
    file.write_text(
        '{"id":"new","source":"desk","type":"page-viewed","time":"2024-03-05T09:00:00Z",'
        '"identities":{"email":"new@example.com"}}'
    )
    with Workspace(folder, settings, tables=RAISED) as workspace:
        last = workspace.log.last_position()
        for act in (
            lambda: import_file(workspace, "jsonl", str(file)),
            lambda: redrive(workspace),
            lambda: verify_workspace(workspace),
            lambda: workspace.catch_up(),
        ):
            with pytest.raises(WorkspaceError, match="journey rebuild"):
                act()
        assert workspace.log.last_position() == last
        rebuild(workspace)
        assert import_file(workspace, "jsonl", str(file)).appended == 1
        export(workspace, tmp_path / "log.avro")
