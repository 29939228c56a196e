"""Action plans: what is read of them, a figure before and since, and what is overdue."""

import json
import re
from typing import Any

import pytest
from scipy import stats

from journey.bootstrap import Workspace
from journey.clock import SimulatedClock
from journey.config.file import parse
from journey.importing import import_file
from journey.planning import planned
from journey.settings import from_environment
from journey.workspace import make
from schemas.errors import ConfigurationError, NotFound
from schemas.times import parse_rfc3339
from tests.cli.runner import ROOT, journey

PLAN = """
[plans.happier]
metric = "csat"
column = "share"
parameters = { channel = "survey" }
goal = 0.6
direction = "up"
since = 2024-03-11
by = 2024-03-19

[[plans.happier.actions]]
name = "Two more at noon"
owner = "kim"
due = 2024-03-14

[[plans.happier.actions]]
name = "A page of answers"
owner = "lee"
due = 2024-03-12
done = 2024-03-13

[[plans.happier.actions]]
name = "Train"
owner = "kim"
due = 2024-03-12
action = "A1"
"""
# day of March 2024 -> scores on 1 to 5
SCORES = {
    1: [5, 5],
    4: [1, 2],
    6: [1, 4],
    10: [2],
    11: [5, 4],
    14: [4, 1],
    15: [5],
    19: [5],
    20: [1],
}
EVENTS = [
    ("action-opened", 2, {"action": "A1", "name": "Train", "metric": "csat", "responsible": "kim",
                          "due_at": "2024-03-12T00:00:00Z"}),
    ("action-done", 13, {"action": "A1"}),
    ("action-opened", 3, {"action": "A2", "name": "Say sorry", "metric": "csat",
                          "responsible": "max", "due_at": "2024-03-13T00:00:00Z"}),
    ("action-opened", 3, {"action": "A3", "name": "Clean up", "metric": "tidiness",
                          "due_at": "2024-03-05T00:00:00Z"}),
    ("action-opened", 3, {"action": "A4", "name": "Later", "metric": "happier"}),
]  # fmt: skip


def lines() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for type_, day, properties in EVENTS:
        told: dict[str, Any] = {
            "type": type_,
            "time": f"2024-03-{day:02}T09:00:00Z",
            "brand": "acme",
        }
        made.append(told | {"properties": properties})
    for day, scores in SCORES.items():
        for score in scores:
            told = {"type": "survey-answered", "time": f"2024-03-{day:02}T10:00:00Z"}
            told |= {"channel": "survey", "identities": {"email": f"c{len(made)}@example.com"}}
            rated = {"survey": "csat", "score": score, "scale_min": 1, "scale_max": 5}
            made.append(told | {"properties": rated})
    return [{"id": f"m-{n}", "source": "desk"} | told for n, told in enumerate(made)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plans")
    make(folder / "w", with_key=True)
    (folder / "w" / "journey.toml").write_text(PLAN, encoding="utf-8")
    file = folder / "e.jsonl"
    file.write_text("\n".join(map(json.dumps, lines())) + "\n", encoding="utf-8")
    with Workspace(folder / "w", from_environment()) as workspace:
        counts = import_file(workspace, "jsonl", str(file), lambda _: None)
        assert counts.appended == len(lines())
    return folder / "w"


def standing(folder, now: str, toml: str = PLAN, name: str = ""):
    with Workspace(folder, from_environment()) as workspace:
        workspace.clock = SimulatedClock(parse_rfc3339(now))
        return planned(workspace, parse(toml).plans, name)


def test_a_running_plan_is_held_against_as_long_before_it(folder):
    found = standing(folder, "2024-03-16T00:00:00Z")
    [plan] = found.plans
    before, after = plan.before, plan.after
    # Five days: 6 to 10 March with 1, 4 and 2; 11 to 15 March with 5, 4, 4, 1 and 5.
    assert (before.since, before.until) == ("2024-03-06T00:00:00Z", "2024-03-11T00:00:00Z")
    assert (before.n, before.value) == (3, pytest.approx(1 / 3))
    assert (after.since, after.until) == ("2024-03-11T00:00:00Z", "2024-03-16T00:00:00Z")
    assert (after.n, after.value) == (5, 0.8)
    ends = stats.binomtest(4, 5).proportion_ci(method="wilson")
    assert (after.low, after.high) == pytest.approx((ends.low, ends.high))
    assert after.low is not None and after.low < 0.6 < 0.8
    assert (plan.state, plan.is_sure, plan.note) == ("met", False, "")


def test_what_comes_after_the_last_day_is_not_in_it(folder):
    [plan] = standing(folder, "2024-04-30T00:00:00Z").plans
    assert (plan.after.until, plan.after.n) == ("2024-03-20T00:00:00Z", 6)
    assert (plan.before.since, plan.before.n) == ("2024-03-02T00:00:00Z", 5)
    higher = PLAN.replace("goal = 0.6", "goal = 0.9")
    assert standing(folder, "2024-04-30T00:00:00Z", higher).plans[0].state == "missed"
    assert standing(folder, "2024-03-16T00:00:00Z", higher).plans[0].state == "running"
    lower = PLAN.replace("goal = 0.6", "goal = 0.95").replace('"up"', '"down"')
    [met] = standing(folder, "2024-03-16T00:00:00Z", lower).plans
    assert met.state == "met"


def test_a_plan_that_has_not_begun_and_one_without_a_figure(folder):
    [ahead] = standing(folder, "2024-03-08T00:00:00Z").plans
    assert (ahead.state, ahead.after.value) == ("not begun", None)
    assert (ahead.before.since, ahead.before.until) == (
        "2024-03-02T00:00:00Z",
        "2024-03-08T00:00:00Z",
    )
    [far] = standing(folder, "2024-02-01T00:00:00Z").plans
    assert (far.state, far.before.value, far.after.value, far.note) == ("not begun", None, None, "")
    nobody = PLAN.replace('"survey"', '"fax"')
    [unknown] = standing(folder, "2024-03-16T00:00:00Z", nobody).plans
    assert (unknown.state, unknown.after.value, unknown.after.n) == ("unknown", None, None)
    assert unknown.note.startswith("The parameter channel: no channel 'fax' occurs here")
    rows = PLAN.replace('"csat"\ncolumn = "share"', '"journey-dwell"\ncolumn = "customers"')
    rows = rows.replace('parameters = { channel = "survey" }\n', "")
    [several] = standing(folder, "2024-03-16T00:00:00Z", rows).plans
    assert (several.state, several.after.value) == ("unknown", None)
    assert several.note == "journey-dwell has 2 rows: narrow it by parameters, of persona"


def test_overdue_actions_come_first_from_the_file_and_from_events(folder):
    found = standing(folder, "2024-03-15T00:00:00Z")
    assert [(t.plan, t.name, t.due[:10], t.source) for t in found.overdue] == [
        ("", "Clean up", "2024-03-05", "events"),
        ("happier", "Say sorry", "2024-03-13", "events"),
        ("happier", "Two more at noon", "2024-03-14", "journey.toml"),
    ]
    [plan] = found.plans
    told = [(t.name, t.owner, t.done, t.is_overdue) for t in plan.actions]
    assert told == [
        ("Say sorry", "max", "", True),
        ("Two more at noon", "kim", "", True),
        ("Later", "", "", False),
        ("A page of answers", "lee", "2024-03-13", False),
        ("Train", "kim", "2024-03-13T09:00:00Z", False),  # done, as an event says
    ]
    assert [t.name for t in found.others] == ["Clean up"]
    # On its last day an action is not overdue.
    earlier = standing(folder, "2024-03-14T23:59:59Z")
    assert "Two more at noon" not in [t.name for t in earlier.overdue]


def test_one_plan_by_name(folder):
    found = standing(folder, "2024-03-15T00:00:00Z", name="happier")
    assert (len(found.plans), found.others) == (1, [])
    assert [t.name for t in found.overdue] == ["Say sorry", "Two more at noon"]
    with pytest.raises(NotFound, match=r"No plan is called 'x'; there are happier\."):
        standing(folder, "2024-03-15T00:00:00Z", name="x")


def test_the_command_tells_it(folder):
    shown = journey("plans", "--workspace", folder)
    assert shown.code == 0
    assert shown.text.index("Overdue") < shown.text.index("Plans")
    assert "at least 60.0%" in shown.text
    assert "83.3%" in shown.text


@pytest.mark.parametrize(
    ("was", "is_", "complaint"),
    [
        ('"csat"', '"cstat"', r"line 3, plans.happier.metric: .*did you mean csat"),
        ('"csat"', '"actions"', r"line 3, .*metric: actions takes no since and until"),
        ('"share"', '"shares"', r"line 4, plans.happier.column: is no figure of csat: .*share"),
        ('"share"', '"first_at"', r"line 4, .*is no figure"),
        ("channel =", "canal =", r"line 5, plans.happier.parameters: .*no parameter 'canal'"),
        ('channel = "survey"', 'since = "x"', r"line 5, .*parameters.since: is not to be given"),
        ("goal = 0.6", 'goal = "x"', r"line 6, plans.happier.goal: is wrong: write a duration"),
        ('"up"', '"more"', r"line 7, .*direction: .*one of"),
        ("by = 2024-03-19", "by = 2024-03-01", r"line 9, .*by: lies before since 2024-03-11"),
        ("by = 2024-03-19", "by = 9999-12-31", r"line 9, .*by: is too far away"),
        ('owner = "lee"', 'ower = "lee"', r"line 16, .*actions.1: owner is missing"),
        ('due = 2024-03-14', 'due = "soon"', r"line 14, .*due: is wrong: write a date"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_plan_is_told_with_its_place(was, is_, complaint):
    assert was in PLAN
    with pytest.raises(ConfigurationError, match=complaint):
        parse(PLAN.replace(was, is_))


def test_a_goal_of_seconds_may_have_units():
    assert parse(PLAN.replace("goal = 0.6", 'goal = "1 h"')).plans["happier"].goal == 3600
    assert parse(PLAN.replace("goal = 0.6", "goal = 40")).plans["happier"].goal == 40


def test_the_page_is_right_about_its_plans():
    page = (ROOT / "docs" / "plans.md").read_text(encoding="utf-8")
    told = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    config = parse("\n".join(told))
    assert config.plans.keys() == {"faster-messaging", "happier"}
    assert config.watches["slow-chat"].column == "share_within_1h"  # the count of them is no share
    ends = stats.binomtest(46, 50).proportion_ci(method="wilson")
    assert f"from {ends.low:.1%} to {ends.high:.1%}".replace("%", "") in page.replace(" %", "")
