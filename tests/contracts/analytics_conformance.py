"""What every `Analytics` promises of conformance: a token game played by hand gives the same."""

import random
import re
from collections import Counter
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

import pytest

from journey.metrics.intervals import Moments, welch
from projections.tables import PAINS, PERSONAS, TOUCHPOINTS
from schemas.times import DAY, SECOND, rfc3339
from tests.contracts.analytics_paths import Event, Histories, histories, paths, rows
from tests.contracts.analytics_rows import T0, block, row, touch

PAGE = Path(__file__).resolve().parents[2] / "docs" / "paths.md"
DESIGNS = ["a,b,c", "a,b?,c", "a?,b?,c?", "a+,b*,c|d", "a,b,a,c", "a|b,b|c+,d?", "d,no,x", "a*"]


class Step(NamedTuple):
    names: set[str]
    is_optional: bool
    repeats: bool


class Game(NamedTuple):
    """How one case went: ``left`` is the step that was due (0: none) and what came instead."""

    consumed: int
    missing: int
    left: tuple[int, str] | None


def steps_of(design: str) -> list[Step]:
    found = []
    for told in design.split(","):
        name = told.strip().rstrip("?+*")
        sign = told.strip()[len(name) :]
        found.append(Step(set(name.split("|")), sign in ("?", "*"), sign in ("+", "*")))
    return found


def play(names: list[str], steps: list[Step], others: str = "pass") -> Game | None:
    """Each place is an integer: 0 before the first step, ``k`` behind the k-th."""
    tokens = [0]
    consumed = missing = 0
    left: tuple[int, str] | None = None

    def token_for(target: int) -> int | None:
        """The nearest token that can get to a place by optional steps."""
        for place in range(target, -1, -1):
            if place in tokens:
                return place
            if place == 0 or not steps[place - 1].is_optional:
                return None
        return None

    def due() -> int:
        later = [k + 1 for k in range(max(tokens), len(steps)) if not steps[k].is_optional]
        return later[0] if later else 0

    if not any(name in step.names for step in steps for name in names):
        return None
    for name in names:
        able = [k for k, step in enumerate(steps) if name in step.names]
        if not able:
            if others == "leave":
                left = left or (due(), name)
            continue
        # the first that can be taken for the first time or again
        for k in able:
            place = token_for(k)
            if place is not None:
                tokens.remove(place)
                tokens.append(k + 1)
                consumed += k - place + 1
                break
            if steps[k].repeats and k + 1 in tokens:
                consumed += 1
                break
        else:
            left = left or (due(), name)
            tokens.append(able[0] + 1)
            consumed += 1
            missing += 1
    place = token_for(len(steps))
    if place is None:
        left = left or (due(), "(ended)")
        missing += 1
        consumed += 1
    else:
        consumed += len(steps) - place + 1
        # with a token for each that was missing, as many remain
        assert len(tokens) - 1 == missing
    return Game(consumed, missing, left)


def near(design: str, seed: int, customers: int = 150) -> Histories:
    """Histories that go nearly as designed: now and then a step lacks, comes twice or elsewhere."""
    draw = random.Random(seed)
    told: Histories = {}
    for customer in range(customers):
        names = [draw.choice(sorted(step.names)) for step in steps_of(design)]
        for _ in range(draw.randrange(3)):
            place = draw.randrange(len(names) + 1)
            names[place : place + draw.randrange(2)] = draw.choices("abcdx", k=draw.randrange(2))
        told[f"{customer:032x}"] = [
            # Some of one time: the sequence alone tells their order.
            Event(T0 + n // 2 * SECOND, n, name, "web", "")
            for n, name in enumerate(names or ["x"])
        ]
    return told


class ConformanceContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.mark.parametrize("others", ["pass", "leave"])
    @pytest.mark.parametrize("design", DESIGNS)
    @pytest.mark.parametrize("kind", ["near", "any"])
    def test_replay_against_a_game_by_hand(self, ready, kind, design, others):
        told = near(design, seed=14) if kind == "near" else histories(seed=13)
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        costs = {
            customer: (int(customer, 16) % 7) * 1.25 for customer in told if int(customer, 16) % 3
        }
        ready.insert(
            block(
                PAINS,
                [
                    row(PAINS, customer_id=customer, began_at=T0 + n, pain_id=f"{n}", cost=cost / 2)
                    for customer, cost in costs.items()
                    for n in range(2)
                ],
            ),
            1,
        )
        cases = "customer" if kind == "near" else "session"
        given = {"steps": design, "cases": cases, "gap": "2 s", "others": others}
        steps = steps_of(design)
        games = [
            (customer, play([e.activity for e in events], steps, others))
            for customer, events in paths(told, cases, 2 * SECOND)
        ]
        played = [(customer, game) for customer, game in games if game]
        (found,) = ready.query("conformance", given, {"activity": ["no"]}).to_pylist()
        assert found["n"] == len(played)
        assert found["elsewhere"] == len(games) - len(played)
        if not played:
            return
        consumed, missing = (sum(getattr(g, n) for _, g in played) for n in ("consumed", "missing"))
        assert (found["consumed"], found["missing"]) == (consumed, missing)
        assert found["fitness"] == pytest.approx(1 - missing / consumed)
        assert found["mean_fitness"] == pytest.approx(
            mean(1 - g.missing / g.consumed for _, g in played), abs=1e-6
        )
        fitting = sum(not g.left for _, g in played)
        assert (found["fitting"], found["share"]) == (fitting, fitting / len(played))
        gone = {customer for customer, g in played if g.left}
        kept = {customer for customer, _ in played} - gone
        assert (found["customers"], found["kept"], found["left"]) == (
            len(kept | gone),
            len(kept),
            len(gone),
        )
        groups = {
            name: [costs.get(customer, 0) for customer in sorted(who)]
            for name, who in (("kept", kept), ("left", gone))
        }
        moments = {}
        for name, each in groups.items():
            moments[name] = Moments(
                mean(each) if each else None, stdev(each) if len(each) > 1 else None, len(each)
            )
            assert found[f"cost_{name}"] == pytest.approx(moments[name].mean)
            assert found[f"sd_{name}"] == pytest.approx(moments[name].sd)
        ends = welch(moments["left"], moments["kept"])
        assert found["cost_difference_low"] == (ends and pytest.approx(ends.low))
        self.leaves(ready, given, played, groups["left"], sorted(gone))

    def leaves(self, ready, given, played, costs, gone):
        """Where they left: the same step, and the same came instead."""
        cost = dict(zip(gone, costs, strict=True))
        left = [(customer, game.left) for customer, game in played if game.left]
        expected = Counter(place for _, place in left)
        found = ready.query("conformance-leaves", given, {"activity": ["no"]}).to_pylist()
        assert {(f["step"], f["came"]): f["n"] for f in found} == expected
        design = given["steps"].split(",")
        for f in found:
            who = {customer for customer, place in left if place == (f["step"], f["came"])}
            assert f["customers"] == len(who)
            assert f["share"] == f["n"] / len(played)
            assert f["due"] == (design[f["step"] - 1] if f["step"] else "(end)")
            assert f["cost"] == pytest.approx(mean(cost[customer] for customer in who))

    def test_only_customers_of_a_persona(self, ready):
        told = near("a,b", seed=15)
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        some = sorted(told)[::3]
        held = [row(PERSONAS, customer_id=c, since=T0 - DAY, persona="regular") for c in some]
        ready.insert(block(PERSONAS, [*held, *((*h[:2], "other", *h[3:]) for h in held[:2])]), 1)
        given = {"steps": "a,b", "persona": "regular"}
        (found,) = ready.query("conformance", given).to_pylist()
        assert found["n"] + found["elsewhere"] == len(some)

    def test_the_worked_example_of_conformance(self, ready):
        """`docs/paths.md` has four journeys, what each takes and lacks, and the answer."""
        text = PAGE.read_text(encoding="utf-8").partition("## conformance")[2]
        text = text.partition("\n## ")[0]
        design = re.findall(r'conformance steps="([^"]+)"', text)[0]
        line = r"^\| (\w+) \| ([\w, -]+) \| (\d+) \| (\d+) \| ([\d.]+) \| (.*)\|$"
        told = re.findall(line, text, re.MULTILINE)
        assert len(told) == 4
        steps = [step.strip(" ?") for step in design.split(",")]
        made = [touch(9, event_id=n, occurred_at=T0 - DAY, activity=n) for n in steps]
        ready.insert(block(TOUCHPOINTS, made), 1)  # each occurs, long before
        for n, (_, names, consumed, missing, fitness, where) in enumerate(told):
            made = [
                touch(n, event_id=f"{k}", occurred_at=T0 + n * DAY + k, activity=name)
                for k, name in enumerate(names.split(", "))
            ]
            ready.insert(block(TOUCHPOINTS, made), 1)
            given = {"steps": design, "since": rfc3339(T0 + n * DAY)}
            (found,) = ready.query("conformance", given).to_pylist()
            assert (found["n"], found["consumed"], found["missing"]) == (
                1,
                int(consumed),
                int(missing),
            )
            assert f"{found['fitness']:.3f}" == fitness
            left = ready.query("conformance-leaves", given).to_pylist()
            shown = re.findall(r"`(.+?)` was due, `(.+?)` came", where)
            assert shown == [(each["due"], each["came"]) for each in left]
        (found,) = ready.query("conformance", {"steps": design, "since": rfc3339(T0)}).to_pylist()
        for name in ("fitness", "mean_fitness", "share"):
            assert f"`{name}` is {found[name]:.3f}" in text
