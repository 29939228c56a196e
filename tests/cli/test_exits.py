"""Refusals, provoked for real: the right exit code, one sentence with the remedy, no traceback.

Codes 11 and 12 have no case here: no command lets such an error out today.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.runner import answer, assert_one_sentence, init, journey, running

LINE = {
    "id": "m-1",
    "source": "desk",
    "type": "message-received",
    "time": "2024-03-01T08:00:00Z",
    "identities": {"email": "ann@example.com"},
}
KEY, OTHER_KEY = "ab" * 32, "cd" * 32


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two touchpoints. Tests that spoil it take a copy."""
    folder = init(tmp_path_factory.mktemp("exits") / "w")
    other = LINE | {"id": "m-2", "identities": {"email": "bob@example.com"}}
    lines = b"\n".join(json.dumps(line).encode() for line in (LINE, other))
    assert answer("import", "jsonl", "-", "--workspace", folder, stdin=lines)["appended"] == 2
    return folder


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "copy", symlinks=True))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["status", "--nope"], ["--nope", "journey status -h"]),
        (["nonsense"], ["nonsense", "journey -h"]),
        (["import", "word", "x"], ["jsonl", "twitter-care", "journey import -h"]),
        (["import", "jsonl"], ["FILE"]),
        (["timeline", "x", "--limit", "0"], ["--limit"]),
        (["demo", "--customers", "-1"], ["--customers"]),
        (["query", "stages", "channel"], ["'channel'", "name=value"]),
        (["query", "first-response", "colour=red"], ["'colour'", "brand"]),
        (["query", "first-response", "by=colour"], ["'colour'", "brand, channel"]),
        (["decisions", "colour=red"], ["'colour'", "trigger"]),
        (["import", "jsonl", "."], ["Is a directory", "readable file"]),
        (["export", "no/such/folder/log.avro"], ["folder that exists"]),
    ],
)
def test_2_wrong_use(original: Path, arguments: list[str], words: list[str]) -> None:
    ran = journey(*arguments, env={"JOURNEY_WORKSPACE": str(original)})
    assert_one_sentence(ran, 2, *words)
    assert ran.out == b""


def test_2_live_only_into_an_empty_workspace(original: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(LINE))
    ran = journey("import", "jsonl", file, "--live", "--workspace", original)
    assert_one_sentence(ran, 2, "has a log already", "new workspace")


def test_2_no_sample_is_mixed_with_real_data(copy: Path) -> None:
    assert_one_sentence(journey("demo", "--workspace", copy), 2, "name another folder")
    assert answer("status", "--workspace", copy)["events"] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "jsonl", "missing.jsonl"], ["missing.jsonl", "check the path"]),
        (["query", "first-respons"], ["did you mean first-response?"]),
        (["timeline", "nobody@example.com"], ["nobody@example.com", "give a handle"]),
        (["explain", "00000000"], ["'journey decisions'"]),
        (["quarantine", "show", "7"], ["7", "list"]),
    ],
)
def test_3_what_does_not_exist(original: Path, arguments: list[str], words: list[str]) -> None:
    ran = journey(*arguments, "--workspace", original)
    assert_one_sentence(ran, 3, *words)


def test_4_no_workspace(tmp_path: Path) -> None:
    assert_one_sentence(journey("status", cwd=tmp_path), 4, "journey-data", "journey init")
    (tmp_path / "letter.txt").write_text("Dear Ann")
    ran = journey("init", "--workspace", tmp_path)
    assert_one_sentence(ran, 4, "not empty", "new folder")
    ran = journey("init", "--workspace", tmp_path / "letter.txt")
    assert_one_sentence(ran, 4, "name another")


@pytest.fixture
def owner(original: Path) -> Iterator[int]:
    """Another process that has the workspace open."""
    script = (
        "import sys; from pathlib import Path; from journey.workspace import Folder\n"
        "folder = Folder(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(original)]
    with running(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.process.stdout
        assert child.process.stdout.readline() == b"open\n"
        yield child.process.pid


def test_5_a_second_process(original: Path, owner: int) -> None:
    ran = journey("status", "--workspace", original)
    assert_one_sentence(ran, 5, f"process {owner}", "wait")


def test_6_a_newer_workspace(copy: Path) -> None:
    (copy / "workspace.json").write_text('{"format": 99}')
    assert_one_sentence(journey("status", "--workspace", copy), 6, "99", "upgrade journey-engine")


def test_7_a_clock_that_went_back(copy: Path) -> None:
    tomorrow = (time.time_ns() // 1000) + 86_400_000_000
    with sqlite3.connect(copy / "log.db") as log:
        log.execute("INSERT OR REPLACE INTO log_facts VALUES ('floor', ?)", (tomorrow,))
    log.close()
    ran = journey("import", "jsonl", "-", "--workspace", copy, stdin=json.dumps(LINE).encode())
    assert_one_sentence(ran, 7, "clock", "set the machine's clock right")


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("JOURNEY_WORKSPAC", "x", "Unknown setting JOURNEY_WORKSPAC"),
        ("JOURNEY_MASTER_KEY", "secret", "64 hexadecimal digits"),
        ("JOURNEY_MASTER_KEY", OTHER_KEY, "master.key"),
    ],
)
def test_8_a_wrong_setting(original: Path, name: str, value: str, word: str) -> None:
    ran = journey("status", "--workspace", original, env={name: value})
    assert_one_sentence(ran, 8, word)
    assert value not in ran.err or name != "JOURNEY_MASTER_KEY"


def test_8_another_master_key_doubles_nothing(tmp_path: Path) -> None:
    folder = init(tmp_path / "w", env={"JOURNEY_MASTER_KEY": KEY})
    assert not (folder / "master.key").exists()
    load, line = ("import", "jsonl", "-", "--workspace", folder), json.dumps(LINE).encode()
    assert answer(*load, stdin=line, env={"JOURNEY_MASTER_KEY": KEY})["appended"] == 1
    ran = journey(*load, stdin=line, env={"JOURNEY_MASTER_KEY": OTHER_KEY})
    assert_one_sentence(ran, 8, "not the one", "JOURNEY_MASTER_KEY")
    assert_one_sentence(journey(*load, stdin=line), 4, "master.key", "JOURNEY_MASTER_KEY")
    assert answer(*load, stdin=line, env={"JOURNEY_MASTER_KEY": KEY})["duplicates"] == 1


@pytest.mark.parametrize(
    ("file", "remedy"),
    [
        ("log.db", "restore it from a backup"),
        ("keys.db", "restore it from a backup"),
        ("quarantine.db", "restore it from a backup"),
        ("state.db", "journey rebuild"),
    ],
)
def test_9_a_damaged_database(copy: Path, file: str, remedy: str) -> None:
    (copy / file).write_bytes(b"no database" * 1000)
    assert_one_sentence(journey("status", "--workspace", copy), 9, file, remedy)


def test_9_states_that_do_not_open_can_be_rebuilt(copy: Path) -> None:
    for file in copy.glob("state.db*"):
        file.unlink()
    at = ("--workspace", copy)
    assert answer("rebuild", *at)["customers"] == 2
    assert answer("verify", *at)["clean"]


def test_9_a_log_that_is_older_than_its_states(copy: Path) -> None:
    for file in copy.glob("log.db*"):
        file.unlink()
    ran = journey("import", "jsonl", "-", "--workspace", copy, stdin=json.dumps(LINE).encode())
    assert_one_sentence(ran, 9, "log.db", "restore the newest log.db")


def test_9_and_1_one_event_whose_bytes_were_changed(copy: Path) -> None:
    with sqlite3.connect(copy / "log.db") as log:
        first = "SELECT MIN(position) FROM stored_events WHERE topic = 'message-received.v2'"
        query = f"SELECT position, state FROM stored_events WHERE position = ({first})"
        position, state = log.execute(query).fetchone()
        changed = bytes(state[:40]) + b"\xff\xff" + bytes(state[42:])
        change = "UPDATE stored_events SET state = ? WHERE position = ?"
        log.execute(change, (changed, position))
    log.close()
    ran = journey("timeline", "ann@example.com", "--workspace", copy)
    assert_one_sentence(ran, 9, "damaged", "verify")
    verified = journey("verify", "--workspace", copy)
    assert (verified.code, verified.err) == (1, "")
    assert "bytes: " in verified.text


def test_10_tables_that_clickhouse_cannot_open(copy: Path) -> None:
    for file in (copy / "tables" / "store").rglob("*.sql"):
        file.write_bytes(b"\xff\xfe no statement")
    ran = journey("query", "stages", "--workspace", copy)
    assert ran.code == 10
    assert "Traceback" not in ran.err
    # ClickHouse itself writes to standard error before; the last line is ours.
    assert ran.err.splitlines()[-1].endswith(".")


def test_a_refusal_comes_before_any_answer(tmp_path: Path) -> None:
    ran = journey("status", "--json", "--workspace", tmp_path)
    assert (ran.code, ran.out) == (4, b"")
