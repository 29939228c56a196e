"""What every `Analytics` promises about questions of paths: the same answers as plain Python."""

import random
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from projections.tables import TOUCHPOINTS
from schemas.errors import UsageError
from schemas.times import DAY, SECOND, moment
from tests.contracts.analytics_queries import percentile
from tests.contracts.analytics_rows import T0, block, touch


class Event(NamedTuple):
    at: int
    sequence: int
    activity: str
    channel: str
    conversation: str


Histories = dict[str, list[Event]]


def histories(seed: int, customers: int = 120, ticks: int = 25, unit: int = SECOND) -> Histories:
    """Few activities in few places of time, so that much is equal and much repeats."""
    draw = random.Random(seed)
    return {
        f"{customer:032x}": sorted(
            Event(
                T0 + draw.randrange(ticks) * unit,
                draw.randrange(-(2**62), 2**62),
                draw.choice("abcdx"),
                draw.choice(["web", "app"]),
                draw.choice(["", f"{customer:031x}1", f"{customer:031x}2"]),
            )
            for _ in range(draw.randrange(1, 14))
        )
        for customer in range(customers)
    }


def rows(told: Histories) -> list[tuple[Any, ...]]:
    made = [
        touch(
            0,
            customer_id=customer,
            event_id=f"{n:032x}",
            occurred_at=event.at,
            sequence=event.sequence,
            activity=event.activity,
            channel=event.channel,
            conversation_id=event.conversation,
        )
        for customer, events in told.items()
        for n, event in enumerate(events)
    ]
    random.Random(1).shuffle(made)
    return made


# --- funnel: every attempt is walked by itself --------------------------------------------------


def attempts_of(events: list[Event], steps: list[str], window: int, ends: set[str], once: bool):
    """For each attempt in its order: step -> how long it took, of those that it came to."""
    wanted = [set(step.rstrip("?").split("|")) for step in steps]
    starts = [n for n, e in enumerate(events) if e.activity in wanted[0] - ends]
    for start in starts[:1] if once else starts:
        came = {0: start}
        for k in range(1, len(steps)):
            for before in range(k - 1, -1, -1):
                if before in came:
                    for n in range(came[before] + 1, len(events)):
                        if events[n].activity in ends or events[n].at > events[start].at + window:
                            break
                        if events[n].activity in wanted[k]:
                            came[k] = min(n, came.get(k, n))
                            break
                if not steps[before].endswith("?"):
                    break
        yield {k: (events[n].at - events[start].at) / SECOND for k, n in came.items()}


def funnel(told: Histories, steps: list[str], window: int, ends: set[str], once: bool):
    took: dict[int, list[float]] = {k: [] for k in range(len(steps))}
    for events in told.values():
        first: dict[int, float] = {}
        for came in attempts_of(events, steps, window, ends, once):
            first = came | first
        for k, seconds in first.items():
            took[k].append(seconds)
    return took


def paths(told: Histories, cases: str, gap: int) -> list[tuple[str, list[Event]]]:
    found = []
    for customer, events in told.items():
        parts: dict[Any, list[Event]] = defaultdict(list)
        session = 0
        for n, event in enumerate(events):
            session += n > 0 and event.at - events[n - 1].at > gap
            key = {"customer": 0, "session": session, "conversation": event.conversation}[cases]
            if key != "":
                parts[key].append(event)
        found += [(customer, part) for part in parts.values()]
    return found


class PathsContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.mark.parametrize("once", [False, True], ids=["every", "first"])
    @pytest.mark.parametrize("window", [0, 3, 9])
    @pytest.mark.parametrize(
        ("steps", "ends"),
        [
            ("a,b", ""),
            ("a,b,c", ""),
            ("a,a,a", ""),
            ("a,b?,c", ""),
            ("a,b?,c?,d", "x"),
            ("a|b,b|c,c,d", "x"),
            ("x,a", "x"),
            ("a,nowhere", ""),
        ],
    )
    def test_funnels_against_attempts_one_by_one(self, ready, steps, ends, window, once):
        told = histories(seed=len(steps))
        told["f" * 32] = [Event(T0, 0, "nowhere", "web", "")]  # of somebody who does nothing else
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        given = {
            "steps": steps,
            "window": window,
            "exclude": ends,
            "attempts": "first" if once else "every",
        }
        found = ready.query("funnel", given).to_pylist()
        limit = window * SECOND if window else 10**18
        expected = funnel(told, steps.split(","), limit, set(ends.split(",")) - {""}, once)
        if not expected[0]:
            assert found == []
            return
        for k, each in enumerate(found):
            took = expected[k]
            assert (each["step"], each["customers"]) == (k + 1, len(took))
            assert each["share"] == len(took) / len(expected[0])
            if took:
                assert each["median_s"] == pytest.approx(percentile(took, 0.5))
                assert each["p90_s"] == pytest.approx(percentile(took, 0.9))
            else:
                assert (each["median_s"], each["p90_s"]) == (None, None)
        assert len(found) == len(expected)

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ({"steps": "a"}, "2 to 9 activities with commas between"),
            ({"steps": ",".join("abcdeabcde")}, "2 to 9 activities with commas between"),
            ({"steps": ""}, "2 to 9 activities"),
            ({"steps": "a,,b"}, "an activity for every step"),
            ({"steps": "a,b|"}, "an activity for every step"),
            ({"steps": "a?,b"}, "a first step that has to be taken"),
            ({"steps": "a,b", "window": -5}, "from 0 to 100 years"),
            ({"steps": "a,b", "window": "-7 d"}, "a duration, such as 7 d"),
            ({"steps": "a,b", "window": "7 days"}, "a duration, such as 7 d"),
            ({"steps": "a,b", "window": 1.5}, "a duration, such as 7 d"),
            ({"steps": "a,b", "window": True}, "a duration, such as 7 d"),
        ],
    )
    def test_funnels_that_cannot_be_walked_are_refused(self, ready, given, why):
        with pytest.raises(UsageError, match=why):
            ready.query("funnel", given)

    def test_windows_are_durations(self, ready):
        told = {
            "a" * 32: [Event(T0, 0, "a", "web", ""), Event(T0 + 5400 * SECOND, 1, "b", "web", "")]
        }
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        for window, came in [("1 h 30 min", 1), ("5400", 1), (5400, 1), ("89 min", 0), ("0", 1)]:
            found = ready.query("funnel", {"steps": "a,b", "window": window}).to_pylist()
            assert [each["customers"] for each in found] == [1, came]

    def test_a_path_of_more_steps_than_anything_has_is_no_fault(self, ready):
        ready.insert(block(TOUCHPOINTS, [touch(1, activity="a")]), 1)
        for query in ("step-matrix", "top-paths", "flow"):
            found = ready.query(query, {"length": 2**32 - 1, "limit": 2})
            assert found["n"].to_pylist()[0] == 1

    def test_nine_steps_and_the_same_step_again(self, ready):
        names = "abcdabcdd"
        told = {"a" * 32: [Event(T0 + n, n, name, "web", "") for n, name in enumerate(names)]}
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        found = ready.query("funnel", {"steps": ",".join(names)})
        assert found["customers"].to_pylist() == [1] * 9

    @pytest.mark.parametrize("cases", ["customer", "session", "conversation"])
    def test_what_follows_what_against_python(self, ready, cases):
        told = histories(seed=3)
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        given = {"cases": cases, "gap": "2 s", "limit": 100}
        whole = paths(told, cases, 2 * SECOND)
        follows = Counter(
            (a.activity, b.activity) for _, events in whole for a, b in pairwise(events)
        )
        leaving = Counter(a.activity for _, events in whole for a in events[:-1])
        found = ready.query("directly-follows", given).to_pylist()
        assert {(f["from"], f["to"]): f["n"] for f in found} == follows
        for each in found:
            assert each["share"] == each["n"] / leaving[each["from"]]
        matrix = ready.query("step-matrix", given | {"length": 4}).to_pylist()
        at_step = Counter(
            (n + 1, events[n].activity if n < len(events) else "(ended)")
            for _, events in whole
            for n in range(4)
        )
        assert {(m["step"], m["activity"]): m["n"] for m in matrix} == at_step
        (sessions,) = ready.query("sessions", {"cases": cases, "gap": "2 s"}).to_pylist()
        assert sessions["n"] == len(whole)
        assert sessions["median_events"] == percentile([len(e) for _, e in whole], 0.5)

    @pytest.mark.parametrize("repeats", ["keep", "merge"])
    def test_top_paths_against_python(self, ready, repeats):
        told = histories(seed=4)
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        expected: Counter[str] = Counter()
        for events in told.values():
            names = [e.activity for e in events]
            if repeats == "merge":
                names = [n for i, n in enumerate(names) if not i or n != names[i - 1]]
            expected[" > ".join(names[:3]) + (" > …" if len(names) > 3 else "")] += 1
        found = ready.query("top-paths", {"length": 3, "limit": 1000, "repeats": repeats})
        assert {f["path"]: f["n"] for f in found.to_pylist()} == expected

    @pytest.mark.parametrize("counts", ["in", "since"])
    @pytest.mark.parametrize("begins", ["once", "every"])
    @pytest.mark.parametrize("period", ["day", "week", "month"])
    def test_retention_against_python(self, ready, period, begins, counts):
        told = histories(seed=5, ticks=80, unit=DAY)
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        cohorts: dict[date, list[set[int]]] = defaultdict(list)
        for events in told.values():
            starts = {first_day(e.at, period) for e in events if e.activity == "a"}
            there = {first_day(e.at, period) for e in events if e.activity == "b"}
            for start in sorted(starts)[: 1 if begins == "once" else None]:
                after = {distance(start, day, period) for day in there if day >= start}
                if counts == "since" and after:
                    after = set(range(max(after) + 1))
                cohorts[start].append(after)
        expected = {
            (cohort, k): (len(each), sum(k in after for after in each))
            for cohort, each in cohorts.items()
            for k in set().union(*each)
        }
        given = {"period": period, "first": "a", "again": "b", "begins": begins, "counts": counts}
        found = ready.query("retention", given).to_pylist()
        assert {(f["cohort"], f["after"]): (f["size"], f["customers"]) for f in found} == expected

    @pytest.mark.parametrize("period", ["day", "week", "month"])
    def test_lifecycle_against_python(self, ready, period):
        told = histories(seed=6, ticks=300, unit=DAY)
        ready.insert(block(TOUCHPOINTS, rows(told)), 1)
        there = [{first_day(e.at, period) for e in events} for events in told.values()]
        last = max(max(days) for days in there)
        expected: dict[date, Counter[str]] = defaultdict(Counter)
        for days in there:
            day, away = min(days), 0
            while day <= last:
                if day in days:
                    state = "new" if day == min(days) else WAS_AWAY.get(away, "resurrected")
                    away = 0
                else:
                    away += 1
                    state = "at_risk" if away == 1 else "dormant"
                expected[day][state] += 1
                day = following(day, period)
        for each in ready.query("lifecycle", {"period": period}).to_pylist():
            assert {k: v for k, v in each.items() if k != "period" and v} == expected.pop(
                each["period"]
            )
        assert not expected


WAS_AWAY = {0: "current", 1: "reactivated"}


def first_day(at: int, period: str) -> date:
    day = moment(at).date()
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def following(day: date, period: str) -> date:
    days = {"day": 1, "week": 7, "month": 31}[period]
    return first_day((day - date(1970, 1, 1)).days * DAY + days * DAY, period)


def distance(start: date, day: date, period: str) -> int:
    if period == "month":
        return (day.year - start.year) * 12 + day.month - start.month
    return (day - start).days // (7 if period == "week" else 1)
