"""What every `Analytics` promises about metrics: the same figures as plain Python, from rows."""

import math
import random
import statistics
from datetime import timedelta
from typing import Any

import pytest
from scipy import stats

from projections.tables import CONVERSATIONS, SCORES, TENURES, TOUCHPOINTS, Row, Table
from projections.tables import PERSONAS as HELD
from schemas.times import DAY, HOUR, moment, rfc3339
from tests.contracts.analytics_rows import T0, block, row, touch

AGENTS, TOPICS = ["", "kim", "lee"], ["", "refund", "delivery"]
PERSONAS: list[list[str]] = [[], ["young"], ["frequent"], ["frequent", "young"]]
GRADES = {"nps": "promoter passive detractor", "csat": "satisfied unsatisfied", "ces": "easy hard"}
BY = ["none", "persona", "stage", "channel", "brand", "agent", "team", "topic"]
BY += ["day", "week", "month"]

Told = dict[str, Any]  # a row by its column names


def named(table: Table, rows: list[Row]) -> list[Told]:
    return [dict(zip(table.names, each, strict=True)) for each in rows]


def random_scores(draw: random.Random, n: int) -> list[Row]:
    """Answers of a few customers over ten weeks, some at equal times."""
    made = []
    for k in range(n):
        metric = draw.choice(list(GRADES))
        made.append(
            row(
                SCORES,
                customer_id=f"{draw.randrange(n // 3):032x}",
                answered_at=T0 + draw.randrange(70 * 4) * 6 * HOUR,
                event_id=f"{k:032x}",
                sequence=draw.randrange(2),
                metric=metric,
                value=draw.choice([1.0, 2.5, 4.0, 4.2, 5.0]),
                grade=draw.choice(GRADES[metric].split()),
                stage=draw.choice(["usage", "loyalty"]),
                channel=draw.choice(["survey", "email"]),
                brand=draw.choice("ab"),
                agent=draw.choice(AGENTS),
                team=draw.choice(["", "north"]),
                topic=draw.choice(TOPICS),
                personas=draw.choice(PERSONAS),
            )
        )
    return made


def groups(told: Told, by: str, at: str = "answered_at") -> list[str]:
    """The groups that a row belongs to."""
    day = moment(told[at]).date()
    match by:
        case "none":
            return [""]
        case "persona":
            return told["personas"] or [""]
        case "day":
            return [str(day)]
        case "week":
            return [str(day - timedelta(days=day.weekday()))]
        case "month":
            return [str(day.replace(day=1))]
    return [told[by]]


def latest(rows: list[Told], by: str) -> list[Told]:
    """Each customer's latest answer, in each period where time splits the answer."""
    found: dict[Any, Told] = {}
    for each in rows:
        period = groups(each, by)[0] if by in ("day", "week", "month") else ""
        key = (each["customer_id"], period)
        order = (each["answered_at"], each["sequence"], each["event_id"])
        if key not in found or order > found[key]["order"]:
            found[key] = {**each, "order": order}
    return list(found.values())


def split(rows: list[Told], by: str) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for each in rows:
        for group in groups(each, by):
            found.setdefault(group, []).append(each)
    return dict(sorted(found.items()))


def random_tenures(draw: random.Random, n: int) -> list[Row]:
    """Up to three spans of each of ``n`` customers in 200 days, one after the other."""
    made = []
    for who in range(n):
        cuts = sorted(draw.sample(range(400), draw.choice([2, 4, 6])))
        for k, (began, ended) in enumerate(zip(cuts[::2], cuts[1::2], strict=True)):
            lasts = ended == cuts[-1] and draw.random() < 0.4
            made.append(
                row(
                    TENURES,
                    customer_id=f"{who:032x}",
                    began_at=T0 + began * 12 * HOUR,
                    ordinal=k + 1,
                    kind=draw.choice(["orders", "subscription"]),
                    brand=draw.choice("ab"),
                    channel=draw.choice(["web", "store"]),
                    ended_at=None if lasts else T0 + ended * 12 * HOUR,
                    ended_by="" if lasts else draw.choice(["cancelled", "not_renewed", "lapsed"]),
                )
            )
    return made


def periods(by: str, since: int, until: int) -> list[tuple[str, int, int]]:
    """The periods that a span of time is cut into: what they are called, start, end."""
    if by not in ("day", "week", "month"):
        return [("", since, until)]
    marks: dict[str, list[int]] = {}
    for at in range(since, until, HOUR):
        [label] = groups({"at": at}, by, "at")
        marks.setdefault(label, []).append(at)
    return [(label, at[0], at[-1] + HOUR) for label, at in marks.items()]


class MetricsContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.fixture
    def answers(self, ready) -> list[Told]:
        made = random_scores(random.Random(11), 400)
        ready.insert(block(SCORES, made), 1)
        return named(SCORES, made)

    @pytest.mark.parametrize("by", BY)
    def test_nps_is_of_each_customers_latest_answer(self, ready, answers, by):
        given = [a for a in answers if a["metric"] == "nps"]
        counted = latest(given, by)
        found = ready.query("nps", {"by": by}).to_pylist()
        expected = split(counted, by)
        assert [each.get(by, "") for each in found] == list(expected)
        for each, rows in zip(found, expected.values(), strict=True):
            counts = [
                sum(r["grade"] == g for r in rows) for g in ("promoter", "passive", "detractor")
            ]
            assert [each["promoters"], each["passives"], each["detractors"]] == counts
            assert each["n"] == len(rows)
            assert each["of"] == len(counted)
            assert each["nps"] == pytest.approx(100 * (counts[0] - counts[2]) / len(rows))
            assert each["nps_low"] <= each["nps"] <= each["nps_high"]
            assert each["first_at"] == moment(min(r["answered_at"] for r in rows))
            assert each["last_at"] == moment(max(r["answered_at"] for r in rows))
        if by == "none":
            assert found[0]["answers"] == len(given)

    @pytest.mark.parametrize("by", BY)
    @pytest.mark.parametrize(("metric", "hit"), [("csat", "satisfied"), ("ces", "easy")])
    def test_shares_and_means_of_answers(self, ready, answers, metric, hit, by):
        given = [a for a in answers if a["metric"] == metric]
        found = ready.query(metric, {"by": by}).to_pylist()
        expected = split(given, by)
        assert [each.get(by, "") for each in found] == list(expected)
        for each, rows in zip(found, expected.values(), strict=True):
            values, hits = [r["value"] for r in rows], sum(r["grade"] == hit for r in rows)
            n = len(values)
            assert (each["n"], each[hit], each["of"]) == (n, hits, len(given))
            assert each["customers"] == len({r["customer_id"] for r in rows})
            assert each["share"] == pytest.approx(hits / n)
            assert each["mean"] == pytest.approx(math.fsum(values) / n)
            wilson = stats.binomtest(hits, n).proportion_ci(method="wilson")
            assert (each["share_low"], each["share_high"]) == pytest.approx(
                (wilson.low, wilson.high)
            )
            if n == 1:
                assert each["sd"] is each["mean_low"] is each["mean_high"] is None
                continue
            sd = statistics.stdev(values)
            assert each["sd"] == pytest.approx(sd, abs=1e-6)
            if sd:
                t = stats.t.interval(0.95, n - 1, loc=each["mean"], scale=sd / math.sqrt(n))
                assert (each["mean_low"], each["mean_high"]) == pytest.approx(t, rel=1e-6)

    @pytest.mark.parametrize("metric", list(GRADES))
    def test_only_what_is_asked_for(self, ready, answers, metric):
        since, until = T0 + 20 * DAY, T0 + 50 * DAY
        given = [
            a
            for a in answers
            if a["metric"] == metric
            and since <= a["answered_at"] < until
            and (a["brand"], a["channel"]) == ("a", "email")
            and "young" in a["personas"]
        ]
        rows = latest(given, "none") if metric == "nps" else given
        asked = {"since": rfc3339(since), "until": rfc3339(until)}
        asked |= {"brand": "a", "channel": "email", "persona": "young"}
        [found] = ready.query(metric, asked).to_pylist()
        assert found["n"] == len(rows) > 0
        assert found["first_at"] == moment(min(r["answered_at"] for r in rows))

    def test_an_answers_channel_is_that_of_the_conversation_it_is_about(self, ready):
        talks = [("1" * 32, "chat"), ("2" * 32, "email")]
        told = [row(CONVERSATIONS, conversation_id=i, channel=c, opened_at=T0) for i, c in talks]
        ready.insert(block(CONVERSATIONS, told), 1)
        about = ["1" * 32, "1" * 32, "2" * 32, "", "9" * 32]  # nothing, and what is not known
        for k, (metric, grades) in enumerate(GRADES.items()):
            rows = [
                row(
                    SCORES,
                    customer_id=f"{n:032x}",
                    event_id=f"{k}{n:031x}",
                    answered_at=T0,
                    metric=metric,
                    grade=grades.split()[0],
                    channel="survey",
                    conversation_id=conversation,
                )
                for n, conversation in enumerate(about)
            ]
            ready.insert(block(SCORES, rows), 1)
            found = ready.query(metric, {"by": "channel"}).to_pylist()
            assert {r["channel"]: r["n"] for r in found} == {"chat": 2, "email": 1, "survey": 2}
            [chat] = ready.query(metric, {"by": "agent", "channel": "chat"}).to_pylist()
            assert chat["n"] == 2
            [survey] = ready.query(metric, {"channel": "survey"}).to_pylist()
            assert survey["n"] == 2

    def test_churn_and_worth_by_the_personas_that_customers_held(self, ready):
        people = {"old": "1" * 32, "both": "2" * 32, "new": "3" * 32, "none": "4" * 32}
        start = T0 + 40 * DAY
        spans = [
            ("old", "keen", T0, start),  # no more at the start itself
            ("both", "keen", T0, None),
            ("both", "rich", start, None),
            ("new", "rich", start + 1, None),
        ]
        rows = [
            row(HELD, customer_id=people[who], persona=name, since=since, until=until)
            for who, name, since, until in spans
        ]
        ready.insert(block(HELD, rows), 1)
        made = [
            row(TENURES, customer_id=who, began_at=T0 + DAY, ordinal=1, kind="orders",
                ended_at=start + DAY if who == people["both"] else None,
                ended_by="lapsed" if who == people["both"] else "")
            for who in people.values()
        ]  # fmt: skip
        ready.insert(block(TENURES, made), 1)
        span = {"since": rfc3339(start), "until": rfc3339(start + 30 * DAY)}
        found = ready.query("churn-rate", {"by": "persona", **span}).to_pylist()
        assert {r["persona"]: (r["n"], r["lost"]) for r in found} == {
            "": (3, 0),
            "keen": (1, 1),
            "rich": (1, 1),
        }
        paid = [
            touch(n, customer_id=who, type="order-placed", amount=10.0 * (n + 1), currency="EUR")
            for n, who in enumerate(people.values())
        ]
        ready.insert(block(TOUCHPOINTS, paid), 1)
        worth = ready.query("clv", {"by": "persona"}).to_pylist()
        assert {r["persona"]: (r["n"], r["revenue"]) for r in worth} == {
            "": (2, 50.0),
            "keen": (1, 20.0),
            "rich": (2, 50.0),
        }

    @pytest.mark.parametrize("by", ["none", "kind", "brand", "channel", "day", "week", "month"])
    def test_churn_is_of_those_who_were_there_at_the_start(self, ready, by):
        made = random_tenures(random.Random(3), 120)
        ready.insert(block(TENURES, made), 1)
        since, until = T0 + 40 * DAY + 6 * HOUR, T0 + 130 * DAY
        found = ready.query(
            "churn-rate", {"by": by, "since": rfc3339(since), "until": rfc3339(until)}
        )
        expected: dict[str, Told] = {}
        people: dict[str, list[Told]] = {}
        for each in named(TENURES, made):
            people.setdefault(each["customer_id"], []).append(each)

        def there(spans: list[Told], at: int) -> Told | None:
            for s in spans:
                if s["began_at"] < at and (s["ended_at"] is None or s["ended_at"] >= at):
                    return s
            return None

        for label, start, end in periods(by, since, until):
            for spans in people.values():
                first = there(spans, start)
                if first is None:
                    continue
                told = expected.setdefault(
                    label or first.get(by, ""),
                    dict.fromkeys(
                        ("n", "lost", "cancelled", "not_renewed", "lapsed", "returned"), 0
                    )
                    | {"starts_at": moment(start), "ends_at": moment(end)},
                )
                told["n"] += 1
                if first["ended_at"] is None or first["ended_at"] >= end:
                    continue
                if there(spans, end):
                    told["returned"] += 1
                else:
                    told["lost"] += 1
                    told[first["ended_by"]] += 1
        assert sum(told["returned"] for told in expected.values()) > 0 or by == "day"
        answers = found.to_pylist()
        assert [each.get(by, "") for each in answers] == sorted(expected)
        for each in answers:
            told = expected[each.pop(by, "")]
            ends = each.pop("rate_low"), each.pop("rate_high")
            wilson = stats.binomtest(told["lost"], told["n"]).proportion_ci(method="wilson")
            assert ends == pytest.approx((wilson.low, wilson.high))
            assert each == told | {"rate": pytest.approx(told["lost"] / told["n"])}
