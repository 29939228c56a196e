"""The journey map and the comparison of rules, held against a second telling of the same log."""

import json
import random
from collections import Counter, defaultdict
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pytest

from journey import answers
from journey.bootstrap import Workspace
from journey.comparing import compare_stage_rules
from journey.config.file import parse
from journey.importing import import_file
from journey.journey_map import Column, differences, journey_map
from journey.settings import from_environment
from journey.workspace import make
from schemas.errors import ConfigurationError, NotFound
from schemas.times import DAY, parse_rfc3339

START = "2024-01-01T00:00:00Z"
TYPES = ("page-viewed", "product-viewed", "order-placed", "order-delivered", "survey-answered")
LAPSES = parse('[stages]\nlapse = "10 d"').rules
MAPS = """
[map.everybody.consideration]
goal = "Find what fits."
channels = ["web", "store"]
touchpoints = ["article-viewed"]
dwell_max = "1 h"
"""


def written(path: Path) -> Path:
    """Forty customers who do things at random over half a year."""
    chance = random.Random(5)
    lines = []
    for n in range(600):
        type_, who = chance.choice(TYPES), chance.randrange(40)
        told: dict[str, Any] = {
            "id": f"m-{n}",
            "source": "shop",
            "type": type_,
            "time": f"2024-0{chance.randrange(1, 7)}-{chance.randrange(1, 29):02}T08:00:0{n % 10}Z",
            "channel": chance.choice(("web", "app")),
            "identities": {"email": f"c{who}@example.com"},
        }
        if type_ == "survey-answered":
            score = chance.randrange(1, 6)
            told["properties"] = {"survey": "csat", "score": score, "scale_min": 1, "scale_max": 5}
        lines.append(json.dumps(told))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    make(folder / "w", with_key=True)
    with Workspace(folder / "w", from_environment()) as opened:
        import_file(opened, "jsonl", str(written(folder / "e.jsonl")), lambda _: None)
        yield opened


def tables(workspace):
    """Touchpoints and stays as plain rows."""
    touches = answers.table(workspace, "touchpoints").to_pylist()
    return touches, answers.table(workspace, "stages").to_pylist()


def stage_at(stays, touch):
    own = [
        s
        for s in stays
        if s["customer_id"] == touch["customer_id"] and s["entered_at"] <= touch["occurred_at"]
    ]
    return max(own, key=lambda s: s["ordinal"])["stage"]


def test_the_map_counts_each_touchpoint_in_the_stage_it_was_in_or_entered(workspace):
    touches, stays = tables(workspace)
    expected = Counter((stage_at(stays, t), t["channel"], t["type"]) for t in touches)
    told = answers.query(workspace, "journey-map", {})
    assert {(r["stage"], r["channel"], r["type"]): r["n"] for r in told} == expected
    assert sum(r["n"] for r in told) == 600


def test_emotion_is_the_mean_of_customers_means_and_hidden_below_five(workspace):
    touches, stays = tables(workspace)
    felt: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for touch in touches:
        if touch["type"] == "survey-answered":
            before = [
                s
                for s in stays
                if s["customer_id"] == touch["customer_id"]
                and s["entered_at"] <= touch["occurred_at"]
                and s["cause_event_id"] != touch["event_id"]
            ]
            stage = max(before, key=lambda s: s["ordinal"])["stage"] if before else "awareness"
            felt[stage][touch["customer_id"]].append((touch["score"] - 3) / 2)
    told = {r["stage"]: r for r in answers.query(workspace, "journey-emotion", {})}
    assert told.keys() == felt.keys()
    shown = 0
    for stage, customers in felt.items():
        assert told[stage]["n"] == len(customers)
        if len(customers) < 5:
            assert told[stage]["emotion"] is None
        else:
            shown += 1
            mean = fmean(fmean(own) for own in customers.values())
            assert told[stage]["emotion"] == pytest.approx(mean, abs=1e-5)
    assert shown >= 2


def test_the_map_has_a_column_for_each_stage_and_tells_what_is_otherwise_than_designed(workspace):
    found = journey_map(workspace, parse(MAPS).maps)
    assert [c.stage for c in found.columns][:2] == ["awareness", "consideration"]
    column = found.columns[1]
    assert column.goal == "Find what fits."
    assert column.differs[:3] == [
        "store is not used.",
        "Used besides: app.",
        "article-viewed does not happen.",
    ]
    assert "at most 1 h is meant" in column.differs[3]
    assert found.columns[0].differs == []
    _, stays = tables(workspace)
    dwells = [s["dwell_s"] for s in stays if s["stage"] == "consideration" and s["left_at"]]
    assert column.median_dwell_s == pytest.approx(median(dwells))
    of = {s["customer_id"] for s in stays if s["stage"] == "consideration"}
    assert column.customers == len(of)


def test_the_map_tells_what_was_suffered_in_each_stage_and_where_to_improve(workspace):
    pains = answers.table(workspace, "pains").to_pylist()
    found = journey_map(workspace, parse(MAPS).maps)
    felt: dict[str, Counter[str]] = defaultdict(Counter)
    for pain in pains:
        felt[pain["stage"]][pain["kind"]] += 1
    assert {c.stage: Counter({p["kind"]: p["n"] for p in c.pains}) for c in found.columns} == {
        c.stage: felt[c.stage] for c in found.columns
    }
    column = next(c for c in found.columns if c.pains)
    worst = column.pains[0]
    assert column.improve[0].startswith(f"low score: hits {worst['customers']} customer")
    assert found.columns[1].improve[-4:] == found.columns[1].differs
    hit = {p["customer_id"] for p in pains if p["stage"] == column.stage}
    assert worst["customers"] == len(hit)
    app = journey_map(workspace, {}, where={"channel": "app"})
    assert sum(p["n"] for c in app.columns for p in c.pains) == sum(
        p["channel"] == "app" for p in pains
    )


def test_a_persona_that_nobody_configured_is_refused(workspace):
    with pytest.raises(NotFound, match="No persona is called 'x'"):
        journey_map(workspace, {}, persona="x")
    assert answers.query(workspace, "journey-map", {"persona": "x"}) == []
    assert answers.query(workspace, "journey-dwell", {"persona": "x"}) == []


def test_a_stage_to_which_nobody_comes_is_told():
    plan = parse(MAPS).maps["everybody"]["consideration"]
    assert differences(plan, Column("x", 0, [], [], "", None, 0, None, [])) == ["Nobody came here."]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[map.them.usage]", r"line 1, map.them: is no persona"),
        ("[map.everybody.use]", r"map.everybody.use: is no stage .did you mean usage"),
        ('[map.everybody.usage]\ngaol = "x"', r"line 2, .*gaol: is unknown .did you mean goal"),
    ],
)
def test_what_is_wrong_with_a_designed_map_is_told_with_its_place(text, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        parse(text)


# --- other rules over the same history --------------------------------------------------------


def test_the_same_rules_make_no_difference(workspace):
    folded: list[int] = []
    found = compare_stage_rules(workspace, parse("").rules, folded.append)
    assert (found.customers, sum(folded)) == (40, 40)
    assert (found.differing, found.differing_now, found.examples) == (0, 0, [])
    _, stays = tables(workspace)
    assert {f.stage: f.entered_old for f in found.figures} == {
        f.stage: sum(s["stage"] == f.stage for s in stays) for f in found.figures
    }
    for figure in found.figures:
        ended = [s["dwell_s"] for s in stays if s["stage"] == figure.stage and s["left_at"]]
        assert figure.median_old_s == (median(ended) if ended else None)


def test_other_rules_are_told_by_who_goes_another_way(workspace):
    found = compare_stage_rules(workspace, LAPSES)
    touches, _ = tables(workspace)
    times = defaultdict(list)
    for touch in touches:
        times[touch["customer_id"]].append(touch["occurred_at"])
    until = int(workspace.store.progress()["meaning"])
    assert until > parse_rfc3339(START) + 400 * DAY
    # Whoever is silent for ten days lapses once more under the shorter time; everybody did at last.
    assert found.differing == len(times)
    lapsed = next(f for f in found.figures if f.stage == "lapsed")
    assert lapsed.entered_new > lapsed.entered_old
    assert len(found.examples) == 20
    assert {example.new[-1] for example in found.examples} == {"lapsed"}
