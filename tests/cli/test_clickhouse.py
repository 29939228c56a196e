"""A workspace whose tables are on a server: the same answers, and no tables in the folder."""

import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from journey.audit.rebuild import rebuild
from journey.audit.workspace import verify_workspace
from journey.bootstrap import Workspace
from journey.clickhouse import queries
from journey.clickhouse.address import Address
from journey.sample import write_jsonl
from journey.settings import Settings
from projections.tables import TABLES
from schemas.errors import WorkspaceError
from tests.cli.runner import answer, assert_one_sentence, init, journey, run
from tests.clickhouse_server import ask
from tests.controls import draft

KEY = {"JOURNEY_MASTER_KEY": "ab" * 32}
MASTER_KEY = bytes.fromhex(KEY["JOURNEY_MASTER_KEY"])
IN_FOLDER = Settings(master_key=MASTER_KEY)
START = datetime(2024, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small sample, and a workspace that lived through it, its tables in chDB."""
    folder = tmp_path_factory.mktemp("local")
    file = folder / "sample.jsonl"
    with file.open("wb") as out:
        write_jsonl(out, customers=40, days=60, seed=3, start=START)
    workspace = init(folder / "w", KEY)
    answer("import", "jsonl", file, "--live", "--workspace", workspace, env=KEY)
    return file, workspace


def answers(workspace: Workspace) -> dict[str, object]:
    """All that can be asked, and all rows."""
    known = {"since": "2020-01-01T00:00:00Z", "until": "2030-01-01T00:00:00Z", "channel": "web"}
    known |= {"type": "page-viewed", "one": "web", "steps": "product-viewed,order-placed"}
    first = "SELECT min(customer_id) AS customer FROM scores"
    known["customer"] = workspace.analytics.ask(first)["customer"][0].as_py()
    needed = {
        name: {
            p.name: known.get(p.name, "any")
            for p in queries.named(name).parameters
            if p.default is None
        }
        for name in queries.names()
    }
    found = {n: workspace.analytics.query(n, given).to_pylist() for n, given in needed.items()}
    return found | {t.name: workspace.analytics.rows(t).to_pylist() for t in TABLES}


def test_the_tables_move_to_a_server_and_back(local, database, tmp_path):
    folder = Path(shutil.copytree(local[1], tmp_path / "w", symlinks=True))
    on_server = Settings(master_key=MASTER_KEY, clickhouse=Address(database))
    with Workspace(folder, IN_FOLDER) as workspace:
        expected = answers(workspace)
        assert len(workspace.analytics.rows(TABLES[0])) > 200
    for settings in (on_server, IN_FOLDER):
        for _ in range(2):  # trying again does not make it so
            with (
                Workspace(folder, settings) as workspace,
                pytest.raises(WorkspaceError, match=r"journey rebuild.*JOURNEY_CLICKHOUSE"),
            ):
                answers(workspace)
        with Workspace(folder, settings) as workspace:
            rebuild(workspace)
            assert answers(workspace) == expected
        with Workspace(folder, settings) as workspace:
            assert verify_workspace(workspace).is_clean
            assert answers(workspace) == expected
    with Workspace(folder, on_server) as workspace:  # what was there is old
        rebuild(workspace)
        assert workspace.store.progress()["generation"] == 4
        assert verify_workspace(workspace).is_clean


def lose_states(folder: Path, _: Settings) -> None:
    for file in folder.glob("state.db*"):
        file.unlink()


def put_back_after_a_rebuild(folder: Path, settings: Settings) -> None:
    with put_back(folder), Workspace(folder, settings) as workspace:
        rebuild(workspace)


def put_back_after_more(folder: Path, settings: Settings) -> None:
    with put_back(folder), Workspace(folder, settings) as workspace:
        workspace.log.append([draft("one more")])
        workspace.engine.advance()
        workspace.engine.flush()


@contextmanager
def put_back(folder: Path) -> Iterator[None]:
    """The folder is afterwards as it was before."""
    backup = folder.with_name("backup")
    shutil.copytree(folder, backup, symlinks=True)
    yield
    shutil.rmtree(folder)
    backup.rename(folder)


@pytest.mark.parametrize("change", [lose_states, put_back_after_a_rebuild, put_back_after_more])
def test_states_that_do_not_go_with_the_tables_are_noticed(local, database, tmp_path, change):
    folder = Path(shutil.copytree(local[1], tmp_path / "w", symlinks=True))
    settings = Settings(master_key=MASTER_KEY, clickhouse=Address(database))
    lose_states(folder, settings)
    with Workspace(folder, settings) as workspace:  # makes all of it again, in generation 1
        assert verify_workspace(workspace).is_clean
    change(folder, settings)
    with (
        Workspace(folder, settings) as workspace,
        pytest.raises(WorkspaceError, match="do not go with the states"),
    ):
        answers(workspace)
    with Workspace(folder, settings) as workspace:
        rebuild(workspace)
        assert verify_workspace(workspace).is_clean


def test_a_workspace_that_begins_on_a_server(local, database, tmp_path):
    file, other = local
    env = KEY | {"JOURNEY_CLICKHOUSE": database}
    folder = init(tmp_path / "w", env)
    at = ("--workspace", folder)
    assert answer("import", "jsonl", file, "--live", *at, env=env)["appended"] > 200
    assert answer("verify", *at, env=env)["clean"]
    query = ("query", "first-response", "by=channel")
    expected = answer(*query, "--workspace", other, env=KEY)
    assert answer(*query, *at, env=env) == expected
    assert answer("import", "jsonl", file, *at, env=env)["appended"] == 0
    assert answer("rebuild", *at, env=env)["generation"] == 2
    assert answer("verify", *at, env=env)["clean"]
    assert answer(*query, *at, env=env) == expected
    answer("export", tmp_path / "log.avro", *at, env=env)
    proved = run(sys.executable, "-m", "replay", "verify", str(tmp_path / "log.avro"))
    assert proved.code == 0, proved.err
    assert not (folder / "tables").exists()
    password = unquote(urlsplit(database).password or "").encode()
    assert not [f for f in folder.iterdir() if f.is_file() and password in f.read_bytes()]


def test_a_kill_after_an_insert_stores_no_row_twice(local, database, tmp_path):
    env = KEY | {"JOURNEY_CLICKHOUSE": database}
    folder = init(tmp_path / "w", env)
    fault = {"JOURNEY_TEST_FAULT": "after-insert:1"}
    killed = journey("import", "jsonl", local[0], "--workspace", folder, env=env | fault)
    assert killed.code == -signal.SIGKILL, killed.err

    def stored() -> dict[str, int]:
        names = [f"{table.name}__v{table.version}_g1" for table in TABLES]
        counts = {name: ask(database, f"SELECT count() FROM {name}")[0][0] for name in names}
        return {name: n for name, n in counts.items() if n}

    before = stored()
    assert len(before) == 2
    assert answer("verify", "--workspace", folder, env=env)["clean"]
    after = stored()
    assert len(after) > 2
    assert {name: after[name] for name in before} == before


def test_two_workspaces_do_not_share_a_database(local, database, tmp_path):
    env = KEY | {"JOURNEY_CLICKHOUSE": database}
    for name in ("first", "second"):
        init(tmp_path / name, env)
    assert journey("query", "stages", "--workspace", tmp_path / "first", env=env).code == 0
    ran = journey("query", "stages", "--workspace", tmp_path / "second", env=env)
    assert_one_sentence(ran, 4, "another workspace", "name another database")


def test_a_server_that_is_not_there(local, tmp_path):
    env = KEY | {"JOURNEY_CLICKHOUSE": "clickhouse://u:hidden@127.0.0.1:1/d"}
    folder = Path(shutil.copytree(local[1], tmp_path / "w", symlinks=True))
    ran = journey("query", "stages", "--workspace", folder, env=env)
    assert_one_sentence(ran, 10, "127.0.0.1:1", "cannot be reached", "JOURNEY_CLICKHOUSE")
    assert "hidden" not in ran.err


def test_an_address_that_is_none(local):
    env = KEY | {"JOURNEY_CLICKHOUSE": "clickhouse://u:hidden/1@h/d"}
    ran = journey("status", "--workspace", local[1], env=env)
    assert_one_sentence(ran, 8, "JOURNEY_CLICKHOUSE", "%2F for /")
    assert "hidden" not in ran.err
