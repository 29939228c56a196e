"""Histories are read of those customers alone who may matter, and nobody else is forgotten."""

import json
from pathlib import Path

import pytest

from journey import histories as module
from journey.bootstrap import Workspace
from journey.histories import histories
from journey.importing import import_file
from journey.settings import Settings
from journey.workspace import make

# Who, type.
STORY = [
    ("ann", "order-placed"),
    ("bo", "page-viewed"),
    ("ann", "page-viewed"),
    ("cy", "loan-asked"),
    ("bo", "order-delivered"),
]


@pytest.fixture
def workspace(tmp_path: Path):
    make(tmp_path / "w", with_key=True)
    lines = [
        {"id": f"m-{n}", "source": "shop", "type": what, "time": f"2024-03-01T08:00:0{n}Z",
         "channel": "web", "identities": {"email": f"{who}@example.com"}}
        for n, (who, what) in enumerate(STORY)
    ]  # fmt: skip
    (tmp_path / "e.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with Workspace(tmp_path / "w", Settings()) as opened:
        import_file(opened, "jsonl", str(tmp_path / "e.jsonl"))
        yield opened


def told(workspace: Workspace, *types: str) -> list[tuple[list[str], int]]:
    found = histories(workspace, types)
    return sorted(([e.type.partition(".")[0] for e in events], n) for _, events, n in found)


@pytest.mark.parametrize("together", [1, 2, 500])
def test_all_are_read_where_anything_may_matter(workspace, monkeypatch, together):
    monkeypatch.setattr(module, "READ_TOGETHER", together)
    assert told(workspace) == [
        (["custom"], 1),
        (["order-placed", "page-viewed"], 2),
        (["page-viewed", "order-delivered"], 2),
    ]


def test_those_with_such_an_event_are_read_whole_and_the_others_are_counted(workspace):
    assert told(workspace, "order-placed") == [
        ([], 1),
        ([], 2),
        (["order-placed", "page-viewed"], 2),
    ]
    assert told(workspace, "order") == [([], 1), ([], 2), ([], 2)]  # a part of a name is no name


def test_positions_of_types_are_those_of_the_log_in_order(workspace):
    named = [(at, e.type.partition(".")[0]) for at, e in workspace.log.read(0, 1_000)]
    for types in ({"page-viewed"}, {"page-viewed", "custom"}, {"order-delivered"}, {"nothing"}):
        found = list(workspace.log.of_types(types))
        assert found == [at for at, name in named if name in types]
