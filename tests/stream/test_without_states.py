"""Where workers fold, the workspace has no states: what needs them is refused, never told wrong."""

import json

import pytest

from tests.cli.runner import assert_one_sentence, journey

USABLE = 4  # exit code: the folder cannot be used for this


@pytest.fixture
def workspace(tmp_path):
    head = {"id": "1", "source": "desk", "type": "message-received", "channel": "chat"}
    line = head | {"time": "2024-03-02T10:00:00Z", "identities": {"user_id": ["ann"]}}
    (tmp_path / "one.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    folder = tmp_path / "w"
    assert journey("init", "--workers", "--workspace", folder).code == 0
    ran = journey("import", "jsonl", tmp_path / "one.jsonl", "--workspace", folder)
    assert (ran.code, ran.err) == (0, "")
    return folder


@pytest.mark.parametrize(
    "asked",
    [
        ["timeline", "ann"],
        ["corrections"],
        ["rebuild"],
        ["export", "log.avro"],
        ["export-xes", "log.xes"],
    ],
    ids=lambda asked: asked[0],
)
def test_what_needs_states_is_refused(workspace, asked):
    ran = journey(*asked, "--workspace", workspace, cwd=workspace.parent)
    assert_one_sentence(ran, USABLE, "orkers fold")
    assert sorted(path.name for path in workspace.parent.iterdir()) == ["one.jsonl", "w"]
