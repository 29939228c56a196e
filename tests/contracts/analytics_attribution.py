"""What every `Analytics` promises of attribution: nothing is lost or made, and shares are right."""

import re
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from projections.tables import TOUCHPOINTS
from schemas.times import DAY, parse_rfc3339, rfc3339
from tests.contracts.analytics_paths import Event, Histories, histories
from tests.contracts.analytics_rows import T0, block, touch

PAGE = Path(__file__).resolve().parents[2] / "docs" / "paths.md"
MODELS = ("first", "last", "linear", "decay", "position")
MICROS = 1_000_000
DAY_S = 86_400


class Asked(NamedTuple):
    outcome: str = "d"
    model: str = "linear"
    by: str = "channel"
    window: int = 30 * DAY_S
    half_life: int = 7 * DAY_S
    shared: str = "yes"
    since: int = 0


def weights(model: str, ages: list[int], half_life_s: int) -> list[float | Fraction]:
    """Of touchpoints in their order; `ages` in microseconds before the outcome."""
    n = len(ages)
    match model:
        case "first":
            return [Fraction(k == 0) for k in range(n)]
        case "last":
            return [Fraction(k == n - 1) for k in range(n)]
        case "decay":
            return [2 ** -(age / (half_life_s * MICROS)) for age in ages]
        case "position" if n > 2:
            between = Fraction(1, 5) / (n - 2)
            return [Fraction(2, 5), *[between] * (n - 2), Fraction(2, 5)]
    return [Fraction(1)] * n


def attributed(told: Histories, amounts: dict[Event, float], asked: Asked):
    """What is owed to each label: credit, value, its outcomes; outcomes in all."""
    credit: dict[str, float] = defaultdict(float)
    value: dict[str, float] = defaultdict(float)
    touched: dict[str, int] = defaultdict(int)
    total = 0
    for events in told.values():
        previous = -1
        for n, event in enumerate(events):
            if event.activity != asked.outcome:
                continue
            start = previous + 1 if asked.shared == "no" else 0
            previous = n
            if event.at < asked.since:
                continue
            total += 1
            before = [
                e
                for e in events[start:n]
                if e.activity != asked.outcome and e.at >= event.at - asked.window * MICROS
            ]
            ages = [event.at - e.at for e in before]
            given = weights(asked.model, ages, asked.half_life)
            labels = [getattr(e, asked.by) for e in before] or ["(none)"]
            given = given or [1]
            for label, weight in zip(labels, given, strict=True):
                credit[label] += float(weight / sum(given))
                value[label] += amounts.get(event, 0) * float(weight / sum(given))
            for label in set(labels):
                touched[label] += 1
    return credit, value, touched, total


def priced(told: Histories) -> tuple[list[tuple[Any, ...]], dict[Event, float]]:
    """Rows in which some outcomes have an amount, and the amounts in the usual currency."""
    made: list[tuple[Any, ...]] = []
    amounts: dict[Event, float] = {}
    for customer, events in told.items():
        for n, event in enumerate(events):
            amount = None if event.sequence % 5 == 0 else (event.sequence % 9973) / 100
            currency = "" if amount is None else "JPY" if event.sequence % 7 == 0 else "EUR"
            if amount is not None and currency == "EUR":
                amounts[event] = amount
            made.append(
                touch(
                    0,
                    customer_id=customer,
                    event_id=f"{n:032x}",
                    occurred_at=event.at,
                    sequence=event.sequence,
                    activity=event.activity,
                    channel=event.channel,
                    amount=amount,
                    currency=currency,
                )
            )
    return made, amounts


class AttributionContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.mark.parametrize("model", MODELS)
    @pytest.mark.parametrize("by", ["channel", "activity"])
    @pytest.mark.parametrize(
        "asked",
        [
            Asked(),
            Asked(window=3 * DAY_S, half_life=DAY_S // 2),
            Asked(shared="no", since=T0 + 6 * DAY),
            Asked(window=0),
        ],
        ids=["all", "short", "new", "moment"],
    )
    def test_credits_against_python(self, ready, asked, by, model):
        told = histories(seed=12, unit=DAY)
        made, amounts = priced(told)
        ready.insert(block(TOUCHPOINTS, made), 1)
        asked = asked._replace(model=model, by=by)
        given = asked._asdict() | {"since": rfc3339(asked.since) if asked.since else ""}
        found = {f[by]: f for f in ready.query("attribution", given).to_pylist()}
        credit, value, touched, total = attributed(told, amounts, asked)
        assert found.keys() == credit.keys()
        assert sum(round(f["credit"] * MICROS) for f in found.values()) == total * MICROS
        cents = sum(round(f["value"] * MICROS) for f in found.values())
        assert cents == round(sum(value.values()) * MICROS)
        for name, f in found.items():
            assert f["outcomes"] == touched[name]
            # each outcome is cut after whole millionths, at both ends of each share
            off = 2 * sum(len(events) for events in told.values()) / MICROS
            assert f["credit"] == pytest.approx(credit[name], abs=off)
            assert f["value"] == pytest.approx(value[name], abs=off)
            assert f["share"] == pytest.approx(f["credit"] / total)
            assert f["currency"] == "EUR"

    def test_40_20_40_are_whole_shares(self, ready):
        names = ["a", "b", "c", "x", "d"]
        rows = [
            touch(1, event_id=f"{n}", occurred_at=T0 + n, activity=name)
            for n, name in enumerate(names)
        ]
        ready.insert(block(TOUCHPOINTS, rows), 1)
        given = {"outcome": "d", "model": "position", "by": "activity"}
        found = ready.query("attribution", given).to_pylist()
        assert {f["activity"]: f["credit"] for f in found} == {
            "a": 0.4,
            "b": 0.1,
            "c": 0.1,
            "x": 0.4,
        }

    def test_only_what_belongs_to_a_campaign_is_owed_to_one(self, ready):
        told: list[dict[str, Any]] = [
            {"activity": "outreach-clicked", "campaign": "spring"},
            {"activity": "home"},
            {
                "activity": "came",
                "property_names": ["campaign", "campaign"],
                "property_values": ["may", "other"],
            },
            {"activity": "outreach-opened", "campaign": "spring", "direction": "outbound"},
            {"activity": "d"},
        ]
        rows = [
            touch(1, event_id=f"{n}", occurred_at=T0 + n, **values) for n, values in enumerate(told)
        ]
        ready.insert(block(TOUCHPOINTS, rows), 1)
        given = {"outcome": "d", "by": "campaign"}
        found = ready.query("attribution", given).to_pylist()
        assert {f["campaign"]: (f["credit"], f["outcomes"]) for f in found} == {
            "spring": (0.666667, 1),
            "may": (0.333333, 1),
        }
        sent = ready.query("attribution", given | {"direction": "outbound"}).to_pylist()
        assert {f["campaign"]: f["credit"] for f in sent} == {"spring": 1}
        other = ready.query("attribution", given | {"touches": "home, came"}).to_pylist()
        assert {f["campaign"]: f["credit"] for f in other} == {"may": 1}

    @pytest.mark.parametrize("model", MODELS)
    def test_the_worked_example_of_the_page(self, ready, model):
        """`docs/paths.md` has a table of events, and one of what each model makes of them."""
        text = PAGE.read_text(encoding="utf-8").partition("## attribution")[2].partition("\n## ")[0]
        events = re.findall(
            r"^\| (2026-\S+) \| `(\S+)` \| (\S+) \| ([\d.]*) ?\|$", text, re.MULTILINE
        )
        shown, *lines = re.findall(r"^\| (?:model|`\w+`) \| (.+) \|$", text, re.MULTILINE)[-6:]
        line = lines[MODELS.index(model)]
        rows = [
            touch(
                1,
                event_id=f"{n:032x}",
                occurred_at=parse_rfc3339(at),
                activity=activity,
                channel=channel,
                amount=float(amount) if amount else None,
                currency="EUR" if amount else "",
            )
            for n, (at, activity, channel, amount) in enumerate(events)
        ]
        assert len(rows) >= 5
        ready.insert(block(TOUCHPOINTS, rows), 1)
        found = {
            f["channel"]: f"{f['credit']:.6f} = {f['value']:.2f}"
            for f in ready.query("attribution", {"model": model}).to_pylist()
        }
        assert dict(zip(shown.split(" | "), line.split(" | "), strict=True)) == found
