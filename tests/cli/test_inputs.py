"""Ways in and out: standard input, gzip, odd folders, pipes, Ctrl-C."""

import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from journey.importing import APPEND_DRAFTS
from tests.cli.runner import (
    JOURNEY,
    answer,
    assert_one_sentence,
    init,
    journey,
    run,
    running,
)

CARE = Path(__file__).parent.parent / "fixtures" / "twitter_care.json"


def lines(n: int) -> bytes:
    told = (
        {
            "id": f"m-{i}",
            "source": "desk",
            "type": "message-received",
            "time": "2024-03-01T08:00:00Z",
            "identities": {"email": f"p{i % 50}@example.com"},
        }
        for i in range(n)
    )
    return b"".join(json.dumps(each).encode() + b"\n" for each in told)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its path has what paths may have."""
    return init(tmp_path_factory.mktemp("in") / "Müller & Söhne #1 (50 %)" / "日本")


def test_standard_input_a_file_and_gzip_say_the_same(workspace: Path, tmp_path: Path) -> None:
    at, data = ("--workspace", workspace), lines(20)
    plain, packed = tmp_path / "plain.jsonl", tmp_path / "packed"
    plain.write_bytes(data)
    packed.write_bytes(gzip.compress(data))
    told = answer("import", "jsonl", "-", *at, stdin=data)
    assert (told["read"], told["appended"]) == (20, 20)
    for file in (plain, packed):
        assert answer("import", "jsonl", file, *at)["duplicates"] == 20
    assert answer("import", "jsonl", "-", *at, stdin=gzip.compress(data))["duplicates"] == 20


def test_an_empty_input_is_read_and_has_nothing(workspace: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    at = ("--workspace", workspace)
    assert answer("import", "jsonl", empty, *at)["read"] == 0
    assert answer("import", "jsonl", "-", *at)["read"] == 0
    ran = journey("import", "twitter-care", empty, *at)
    assert_one_sentence(ran, 2, "not a JSON array")


def test_an_odd_path_serves_for_everything(workspace: Path) -> None:
    at = ("--workspace", workspace)
    answer("import", "twitter-care", CARE, *at)
    file = workspace.parent / "lög 1.avro"
    assert answer("export", file, *at)["file"] == str(file)
    assert answer("verify", *at)["clean"]
    assert answer("status", "--workspace", workspace)["workspace"] == str(workspace)
    assert run(sys.executable, "-m", "replay", "verify", str(file)).code == 0


def test_a_pipe_gets_tables_at_full_width(workspace: Path) -> None:
    answer("import", "twitter-care", CARE, "--workspace", workspace)
    narrow = {"COLUMNS": "40", "TERM": "dumb"}
    ran = journey("query", "first-response", "by=brand", "--workspace", workspace, env=narrow)
    assert ran.code == 0
    rows = [line for line in ran.text.splitlines() if line.startswith("│")]
    assert [row.split("│")[1].strip() for row in rows] == ["Alpha", "Beta", "Gamma"]
    assert "share_within_1h" in ran.text
    assert "…" not in ran.text
    assert "\x1b" not in ran.text  # no colours either


def test_a_reader_that_has_enough_is_no_error_to_talk_about(workspace: Path) -> None:
    with running(*JOURNEY, "query", "--json", stdout=subprocess.PIPE) as child:
        assert child.process.stdout
        child.process.stdout.close()
        child.process.wait()
        assert "Traceback" not in child.err


# As root, rights of files count for nothing unless the right to overlook them is given up.
WITHOUT_OVERRIDE = """
import ctypes, os, sys
if os.geteuid() == 0:
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
os.execv(sys.executable, [sys.executable, "-c", *sys.argv[1:]])
"""


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    folder = init(tmp_path / "w")
    mode = 0o555
    files = [folder, *folder.iterdir()]
    for file in files:
        file.chmod(mode)
    probe = f"import os; os.open({str(folder / 'probe')!r}, os.O_WRONLY | os.O_CREAT)"
    if run(sys.executable, "-c", WITHOUT_OVERRIDE, probe).code == 0:
        pytest.skip("this user may write into read-only folders")
    yield folder
    for file in files:
        file.chmod(0o755)


def test_a_read_only_folder_is_refused(read_only: Path) -> None:
    script = JOURNEY[2]
    for command in (["status"], ["import", "jsonl", "-"]):
        ran = run(
            *(sys.executable, "-c", WITHOUT_OVERRIDE, script, *command),
            *("--workspace", str(read_only)),
        )
        assert_one_sentence(ran, 4, "writ")
    made = ("init", "--workspace", str(read_only / "inner"))
    ran = run(sys.executable, "-c", WITHOUT_OVERRIDE, script, *made)
    assert_one_sentence(ran, 4, "cannot be made", "name another")


def test_ctrl_c_in_the_middle_of_an_import_loses_nothing(tmp_path: Path) -> None:
    folder, n = init(tmp_path / "w"), 3 * APPEND_DRAFTS
    data = lines(n)
    load = ("import", "jsonl", "-", "--workspace", str(folder))
    with running(*JOURNEY, *load, stdin=subprocess.PIPE) as child:
        assert child.process.stdin
        half = data[: len(data) // 2]
        child.process.stdin.write(half)
        child.process.stdin.flush()  # and left open: the import waits for more
        _wait_for_events(folder)
        os.kill(child.process.pid, signal.SIGINT)
        assert child.process.wait() == 130
        told = child.err
    assert "Traceback" not in told
    assert "run the same command again" in told
    again = json.loads(journey(*load, "--json", stdin=data).out)
    assert (again["read"], again["quarantined"]) == (n, 0)
    assert again["duplicates"] >= APPEND_DRAFTS
    assert again["appended"] == n - again["duplicates"]
    status = answer("status", "--workspace", folder)
    assert (status["events"], status["customers"]) == (n, 50)
    assert answer("verify", "--workspace", folder)["clean"]


def _wait_for_events(folder: Path, wait_s: float = 60) -> None:
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        if (folder / "log.db").exists():
            log = sqlite3.connect(f"file:{folder / 'log.db'}?mode=ro", uri=True, timeout=5)
            try:
                query = "SELECT COUNT(*) FROM stored_events WHERE topic = 'message-received.v2'"
                if log.execute(query).fetchone()[0] >= APPEND_DRAFTS:
                    return
            except sqlite3.OperationalError:
                pass  # its tables are still being made
            finally:
                log.close()
        time.sleep(0.05)
    pytest.fail("no batch was appended in time")
