"""``import --live``: time comes to whatever is due, so what meaning starts comes in time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from journey.answers import query
from journey.bootstrap import Workspace
from journey.importing import import_live
from journey.outreach.box import outbox
from journey.settings import Settings
from journey.simulating import STEP
from journey.workspace import make
from schemas.events import OutreachDecided
from schemas.recorded import Recorded
from schemas.times import HOUR, MINUTE, SECOND, Instant, parse_rfc3339, rfc3339

NOON = parse_rfc3339("2026-03-02T12:00:00Z")
RULES = """
[outreach]
quiet_from = 00:00:00
quiet_until = 00:00:00

[triggers.still-there]
action = "open_action"
start = { stage = "purchase", after = "95 min" }
steps = [{ text = "Look" }, { text = "Look again", after = "10 min" }]

[triggers.waits]
action = "alert_team"
start = { pain = "unanswered" }
steps = [{ text = "Look" }]
"""


def line(n: int, kind: str, at: Instant, who: str, **properties: Any) -> dict[str, Any]:
    return {
        "id": f"m-{n}",
        "source": "shop",
        "type": kind,
        "time": rfc3339(at),
        "identities": {"email": f"{who}@x.example"},
        "channel": "chat",
        "direction": "inbound",
        "actor": {"kind": "customer"},
        "properties": properties,
    }


def lived(
    folder: Path, lines: list[dict[str, Any]], rules: str = RULES
) -> list[tuple[Recorded, OutreachDecided]]:
    """What came of a file, in the order of the log."""
    make(folder / "w", with_key=True)
    (folder / "w" / "journey.toml").write_text(rules, encoding="utf-8")
    file = folder / "told.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    import_live(folder / "w", Settings(), "jsonl", str(file))
    with Workspace(folder / "w", Settings()) as workspace:
        events = [event for _, event in workspace.log.read(0, 9_999)]
    found = [(e, e.fact) for e in events if isinstance(e.fact, OutreachDecided)]
    return [(event, fact) for event, fact in found if fact.trigger != "unanswered"]


def test_a_start_is_recorded_when_it_is_due_though_nothing_else_happens(tmp_path: Path) -> None:
    found = lived(
        tmp_path,
        [
            line(1, "order-placed", NOON, "ann", order_id="o-1"),
            line(2, "message-received", NOON + HOUR, "ben", text="Where is it?"),
            line(3, "page-viewed", NOON + 12 * HOUR, "cem", name="home"),
        ],
    )
    told = [(f.trigger, f.verdict, f.step, f.decided_at) for _, f in found]
    waits, stays = NOON + HOUR + 2 * MINUTE, NOON + 95 * MINUTE
    assert told == [
        ("waits", "started", 0, waits),
        ("waits", "decided", 0, waits + 1),  # recorded as soon as time is past it
        ("still-there", "started", 0, stays),
        ("still-there", "decided", 0, stays + 1),
        ("still-there", "decided", 1, stays + 1 + 10 * MINUTE),
    ]
    assert [event.recorded_at - event.occurred_at for event, _ in found[:4]] == [1, 0, 1, 0]


@pytest.mark.parametrize("exactly", [True, False])
def test_somebody_may_do_something_in_between(tmp_path: Path, exactly: bool) -> None:
    """All that was due by then has happened and stands in the tables, and nothing else has."""
    make(tmp_path / "w", with_key=True)
    (tmp_path / "w" / "journey.toml").write_text(RULES, encoding="utf-8")
    hours = range(-1, 3)
    lines = [line(h, "order-placed", NOON + h * HOUR, f"p{h}", order_id=f"o-{h}") for h in hours]
    file = tmp_path / "told.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    seen: list[tuple[Instant, int, list[str]]] = []

    def look(workspace: Workspace) -> None:
        told = query(workspace, "volume", {})
        waits = [item.decided_at for item in outbox(workspace)]
        seen.append((workspace.clock.now(), sum(row["n"] for row in told), waits[::-1]))

    moments = {NOON + 2 * HOUR: look, NOON + 35 * MINUTE + 1: look, NOON + 35 * MINUTE: look}
    counts = import_live(
        tmp_path / "w", Settings(), "jsonl", str(file), exactly=exactly, meanwhile=moments
    )
    assert counts.appended == len(lines)
    first = [NOON + 35 * MINUTE + 1, NOON + 45 * MINUTE + 1]
    second = [at + HOUR for at in first]
    assert seen == [
        (NOON + 35 * MINUTE, 2, []),
        (NOON + 35 * MINUTE + 1, 2, [rfc3339(at) for at in first[:1]]),
        (NOON + 2 * HOUR, 3, [rfc3339(at) for at in first + second]),
    ]


def test_in_dense_traffic_a_start_comes_a_step_late_at_most(tmp_path: Path) -> None:
    lines = [
        line(n, kind, NOON + n * 10 * SECOND, f"p{n % 41}", **told)
        for n in range(2_000)
        for kind, told in [
            ("message-received", {"text": "Where is it?"})
            if n % 100 == 7
            else ("page-viewed", {"name": "home"})
        ]
    ]
    starts = [event for event, fact in lived(tmp_path, lines) if fact.verdict == "started"]
    assert len(starts) == 20
    assert max(event.recorded_at - event.occurred_at for event in starts) <= STEP + 1


def test_each_unanswered_question_of_a_conversation_starts_what_may_come_again(
    tmp_path: Path,
) -> None:
    """What time finds names the question: the second pain was taken for the first, and dropped."""
    of_one = {"conversation": "c-1"}
    asks = {"text": "Where is it?"}
    answer = line(2, "message-sent", NOON + HOUR, "ann", text="On its way.") | of_one
    answer |= {"direction": "outbound", "actor": {"kind": "human", "id": "kim"}}
    lines = [
        line(1, "message-received", NOON, "ann", **asks) | of_one,
        answer,
        line(3, "message-received", NOON + 2 * HOUR, "ann", **asks) | of_one,
        line(4, "page-viewed", NOON + 12 * HOUR, "cem", name="home"),
    ]
    again = RULES.replace(
        'start = { pain = "unanswered" }', 'start = { pain = "unanswered" }\nagain = "again"'
    )
    again = again.replace(
        'steps = [{ text = "Look" }]', 'steps = [{ text = "Look" }, { text = "Do" }]'
    )
    found = lived(tmp_path, lines, again)
    starts = [NOON + 2 * MINUTE, NOON + 2 * HOUR + 2 * MINUTE]
    told = [(f.verdict, f.step, f.decided_at) for _, f in found]
    assert told == [
        (verdict, step, at + late)
        for at in starts
        for verdict, step, late in [("started", 0, 0), ("decided", 0, 1), ("decided", 1, 1)]
    ]
    assert len({f.cause for _, f in found}) == 2
    assert all(f.cause for _, f in found)
