"""Triggers that start by a watch: when a crossing alerts, waits, ends, and what is told of it."""

import json

import pytest

from journey import answers
from journey.audit.rebuild import rebuild
from journey.audit.workspace import verify_workspace
from journey.bootstrap import Workspace
from journey.clock import SimulatedClock
from journey.config.file import parse
from journey.enforcing import enforce
from journey.importing import import_file
from journey.outreach.box import outbox
from journey.outreach.explaining import explain
from journey.outreach.pausing import pause, triggers
from journey.settings import from_environment
from journey.watching import not_in_force, watched
from journey.workspace import make
from schemas.errors import ConfigurationError
from schemas.times import parse_rfc3339
from tests.journey.test_planning import lines
from tests.journey.test_watching import BAD_DAY, GOOD_DAY, WATCH

ALERT = """
[triggers.tell]
about = "Tell the team"
action = "alert_team"
start = { watch = "angry" }
steps = [{ text = "Customers are angry", team = "care" }]
again_after = "7 d"
owner = "kim"
"""
AGAIN = "2024-03-12T00:00:00Z"  # 5, 4, 4, 1 and 5 are not there yet: bad


def opened(folder, text=WATCH + ALERT):
    """A workspace of seven answers, with this journey.toml in force."""
    make(folder, with_key=True)
    (folder / "journey.toml").write_text(text, encoding="utf-8")
    file = folder.parent / "e.jsonl"
    told = [line for line in lines() if line["type"] == "survey-answered"]
    file.write_text("\n".join(map(json.dumps, told)) + "\n", encoding="utf-8")
    workspace = Workspace(folder, from_environment())
    import_file(workspace, "jsonl", str(file), lambda _: None)
    return workspace


@pytest.fixture
def workspace(tmp_path):
    with opened(tmp_path / "w") as found:
        yield found


def look(workspace, now, toml=WATCH):
    """One look: its state, and trigger and verdict of all that came of it."""
    workspace.clock = SimulatedClock(parse_rfc3339(now))
    [found] = watched(workspace, parse(toml).watches)
    return found.state, [(told.trigger, told.verdict) for told in found.told]


def decisions(workspace):
    return answers.query(workspace, "decision-list", {})


def test_a_crossing_alerts_once(workspace):
    assert look(workspace, BAD_DAY) == ("bad", [("tell", "decided")])
    assert look(workspace, BAD_DAY) == ("bad", [])
    assert look(workspace, AGAIN) == ("bad", [])
    [row] = decisions(workspace)
    assert (row["trigger"], row["action"], row["verdict"]) == ("tell", "alert_team", "decided")
    assert (row["customer_id"], row["reason"]) == (
        "",
        "Customers are angry: csat share 0.2, below 0.6",
    )
