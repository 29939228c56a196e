"""The end of a channel: asked what if, announced, retired."""

import json
from typing import Any

import pytest

from journey.bootstrap import Workspace
from journey.importing import import_file
from journey.retiring import Retirement, retirement
from journey.settings import from_environment
from journey.workspace import make
from schemas.errors import NeverSeen, UsageError
from tests.cli.runner import journey

ENDS = """
[channels.fax]
unit_cost = 4.0
announced_at = 2024-03-10
retired_at = 2024-03-20
instead = "chat"
"""
# who writes where, on which days of March 2024
STORY = {
    "ann": [(1, "fax"), (12, "fax"), (25, "chat")],
    "bo": [(2, "fax"), (22, "fax")],
    "cy": [(3, "email"), (13, "email")],
    "dee": [(5, "email"), (15, "fax")],
}


def line(who: str, day: int, channel: str) -> str:
    told: dict[str, Any] = {
        "id": f"m-{who}-{day}",
        "source": "desk",
        "type": "message-received",
        "time": f"2024-03-{day:02}T08:00:00Z",
        "channel": channel,
        "conversation": f"c-{who}-{day}",
        "topic": f"t-{day}",
        "identities": {"email": f"{who}@example.com"},
        "properties": {"text": "Where is it?"},
    }
    return json.dumps(told)


def opened(folder, toml: str) -> Workspace:
    make(folder / "w", with_key=True)
    (folder / "w" / "journey.toml").write_text(toml, encoding="utf-8")
    lines = [line(who, *each) for who, told in STORY.items() for each in told]
    (folder / "e.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    workspace = Workspace(folder / "w", from_environment())
    import_file(workspace, "jsonl", str(folder / "e.jsonl"), lambda _: None)
    return workspace


@pytest.fixture(scope="module")
def ended(tmp_path_factory) -> Retirement:
    with opened(tmp_path_factory.mktemp("ended"), ENDS) as workspace:
        return retirement(workspace, "fax", is_what_if=False)


def test_its_phases_tell_who_still_used_it(ended):
    assert (ended.phase, ended.instead, ended.hit) == ("retired", "chat", 3)
    told = [(p.phase, p.since, p.until, p.contacts, p.customers) for p in ended.phases]
    announced, retired = "2024-03-10T00:00:00Z", "2024-03-20T00:00:00Z"
    assert told == [
        ("served", "", announced, 2, 2),
        ("announced", announced, retired, 2, 2),
        ("retired", retired, "", 1, 1),
    ]


def test_the_pain_that_followed_is_told_beside_those_who_never_used_it(ended):
    followed = {r["kind"]: r for r in ended.followed}
    first = ended.followed[0]
    assert first["kind"] == "retired_channel"
    # Ann and Dee wrote once it was announced, Bo once it was retired.
    assert (first["n"], first["customers"], first["n_before"]) == (3, 3, 0)
    waited = followed["unanswered"]
    # Of users Ann and Bo; Cy and Dee came before, and not on fax.
    assert (waited["users"], waited["of_others"]) == (2, 2)
    assert (waited["customers_before"], waited["others_before"]) == (2, 2)
    assert (waited["customers"], waited["others"]) == (2, 2)


def test_a_channel_that_is_retired_at_once_has_no_phase_between(tmp_path):
    at_once = ENDS.replace("2024-03-20", "2024-03-10")
    with opened(tmp_path, at_once) as workspace:
        found = retirement(workspace, "fax", is_what_if=True)
    assert [(p.phase, p.contacts) for p in found.phases] == [("served", 2), ("retired", 3)]
    # Both days are one: whoever writes then writes to a channel that is gone.
    assert (found.phase, found.followed[0]["kind"]) == ("retired", "retired_channel")


def test_what_if_of_a_channel_that_stays(tmp_path):
    with opened(tmp_path, "") as workspace:
        found = retirement(workspace, "email", is_what_if=True)
        assert (found.phase, found.hit, found.phases, found.followed) == ("served", 2, [], [])
        told = {r["alternative"]: r["customers"] for r in found.alternatives}
        assert told == {"": 1, "fax": 1}
        since = {"since": "2024-03-06T00:00:00Z"}
        assert retirement(workspace, "email", is_what_if=True, span=since).hit == 1
        with pytest.raises(UsageError, match=r"not to end: ask --what-if, or write announced_at"):
            retirement(workspace, "email", is_what_if=False)
        with pytest.raises(NeverSeen, match=r"no channel 'emil' occurs .*did you mean email\?"):
            retirement(workspace, "emil", is_what_if=True)
    shown = journey("channels", "retire", "email", "--what-if", "--workspace", tmp_path / "w")
    assert "email: served. Customers hit: 2." in shown.text
    compared = journey("channels", "--channel", "fax", "--workspace", tmp_path / "w").text
    assert "fax" in compared
    assert "email" not in compared
