"""``journey tail``: the latest events as they come, beside whoever writes them."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from journey.settings import Settings
from journey.tail import tail
from journey.workspace import Folder
from tests.cli.runner import (
    JOURNEY,
    answer,
    assert_one_sentence,
    init,
    journey,
    running,
)


def lines(*numbers: int) -> bytes:
    told = (
        {
            "id": f"m-{n}",
            "source": "desk",
            "type": "message-received",
            "time": "2024-03-01T08:00:00Z",
            "channel": "email",
            "identities": {"email": f"p{n}@example.com"},
            "properties": {"text": f"Number {n},\nin two lines and {'very ' * 50}long?"},
        }
        for n in numbers
    )
    return b"".join(json.dumps(each).encode() + b"\n" for each in told)


def feed(folder: Path, *numbers: int) -> None:
    answer("import", "jsonl", "-", "--workspace", folder, stdin=lines(*numbers))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return init(tmp_path / "w")


def test_one_line_an_event(folder: Path) -> None:
    feed(folder, *range(1, 6))
    ran = journey("tail", "--latest", "3", "--workspace", folder)
    assert (ran.code, ran.err) == (0, "")
    told = ran.text.splitlines()
    assert [line.split("Number ")[1][0] for line in told] == ["3", "4", "5"]
    for line in told:
        assert line.startswith("2024-03-01T08:00:00Z ")
        assert " message-received " in line
        assert len(line) < 200 and line.endswith("…")


def test_json_lines_say_where_and_whose(folder: Path) -> None:
    feed(folder, 1, 2)
    ran = journey("tail", "--json", "--workspace", folder)
    told = [json.loads(line) for line in ran.text.splitlines()]
    assert [event["fact"]["message_id"] for event in told[-2:]] == ["m-1", "m-2"]
    positions = [event["position"] for event in told]
    assert positions == sorted(positions)
    [customer] = answer("find", "p2@example.com", "--workspace", folder)["customers"]
    assert told[-1]["customer_id"] == customer


def test_a_configuration_is_told_once(folder: Path) -> None:
    feed(folder, 1)
    events = list(tail(folder, Settings(), latest=1_000, follow=False))
    types = [event.type for event in events]
    assert types == ["configuration-published", "message-received"]


def test_an_empty_log_and_no_workspace(folder: Path, tmp_path: Path) -> None:
    ran = journey("tail", "--workspace", folder)
    assert (ran.code, ran.out, ran.err) == (0, b"", "")
    assert_one_sentence(journey("tail", "--workspace", tmp_path / "x"), 4, "journey init")


def test_it_answers_beside_an_owner(folder: Path) -> None:
    feed(folder, 1)
    with Folder(folder):
        ran = journey("tail", "--latest", "1", "--workspace", folder)
    assert (ran.code, len(ran.text.splitlines())) == (0, 1)


def test_following_misses_nothing_and_repeats_nothing(folder: Path) -> None:
    rounds = iter([range(1, 4), range(4, 5), range(5, 5), range(5, 9)])

    class Enough(Exception):
        pass

    def pause() -> None:
        numbers = next(rounds, None)
        if numbers is None:
            raise Enough
        feed(folder, *numbers)

    told = []
    with pytest.raises(Enough):
        for event in tail(folder, Settings(), latest=5, follow=True, pause=pause):
            told.append(event)
    sent = [event.fact["message_id"] for event in told if event.type == "message-received"]
    assert sent == [f"m-{n}" for n in range(1, 9)]
    positions = [event.position for event in told]
    assert positions == sorted(set(positions))


def test_follow_tells_while_an_import_writes(folder: Path) -> None:
    """Both run at once: the import waits for more input while its first events are told."""
    feed(folder, 0)
    follow = [*JOURNEY, "tail", "--follow", "--latest", "1", "--json", "--workspace", str(folder)]
    load = [*JOURNEY, "import", "jsonl", "-", "--workspace", str(folder)]
    with (
        running(*follow, stdout=subprocess.PIPE) as tailing,
        running(*load, stdin=subprocess.PIPE) as importing,
    ):
        following, loading = tailing.process, importing.process
        assert following.stdout and loading.stdin
        assert json.loads(following.stdout.readline())["fact"]["message_id"] == "m-0"
        loading.stdin.write(lines(*range(1, 5_200)))
        loading.stdin.flush()  # and left open: the import owns the workspace meanwhile
        for n in range(1, 4_000):
            assert json.loads(following.stdout.readline())["fact"]["message_id"] == f"m-{n}"
        assert loading.poll() is None
        loading.stdin.close()
        assert loading.wait() == 0, importing.err
        time.sleep(0.1)
        os.kill(following.pid, signal.SIGINT)
        following.stdout.read()
        assert following.wait() == 0
        assert tailing.err == ""
