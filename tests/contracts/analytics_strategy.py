"""What every `Analytics` promises about channels, outreach and one customer, from rows."""

import json
import math
import random
import statistics
from typing import Any

import pytest
from scipy import stats

from projections.tables import (
    CONTACTS,
    CONVERSATIONS,
    DECISIONS,
    PAINS,
    RESOLUTIONS,
    SCORES,
    TENURES,
    TOUCHPOINTS,
    TURNS,
)
from schemas.errors import UsageError
from schemas.times import DAY, HOUR, moment, rfc3339
from tests.contracts.analytics_intervals import random_rows
from tests.contracts.analytics_metrics import Told, groups, named, random_scores
from tests.contracts.analytics_rows import T0, block, row


class StrategyContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.mark.parametrize("by", ["none", "topic", "brand", "month"])
    def test_channels_are_held_against_each_other(self, ready, by):
        draw = random.Random(8)
        made = random_rows(draw, 250)
        talks = [c[2] for c in made[RESOLUTIONS]]
        made[SCORES] = [
            row(SCORES, **(told | {"conversation_id": draw.choice([*talks[:40], ""])}))
            for told in named(SCORES, random_scores(draw, 150))
        ]
        made[TOUCHPOINTS] = [row(TOUCHPOINTS, customer_id="z", occurred_at=T0 + 90 * DAY)]
        for table, rows in made.items():
            ready.insert(block(table, rows), 1)
        told = {table: named(table, rows) for table, rows in made.items()}
        began_on = {c["conversation_id"]: c["channel"] for c in told[CONVERSATIONS]}
        expected: dict[tuple[str, str], Told] = {}

        def add(channel: str, each: Told, at: str, **counts: Any) -> None:
            [group] = groups(each, by, at)
            into = expected.setdefault((channel, group), {"waits": [], "who": set()})
            into["waits"] += counts.pop("waits", [])
            into["who"] |= counts.pop("who", set())
            for name, count in counts.items():
                into[name] = into.get(name, 0) + count

        for c in told[CONTACTS]:
            add(c["channel"], c, "began_at", contacts=1, who={c["customer_id"]})
        for t in told[TURNS]:
            due = t["due_at"]
            if due is None or (t["outcome"] == "closed" and t["ended_at"] <= due):
                continue
            waits = [] if t["waited_s"] is None else [t["waited_s"]]
            answered = t["outcome"] == "answered"
            add(t["channel"], t, "opened_at", turns=1, answered=answered, waits=waits)
        for r in told[RESOLUTIONS]:
            if r["verdict"] != "undecided":
                first = r["verdict"] == "first_contact"
                add(r["channel"], r, "opened_at", judged=1, first_contact=first)
        for s in told[SCORES]:
            if s["metric"] == "csat":
                channel = began_on.get(s["conversation_id"]) or s["channel"]
                satisfied = s["grade"] == "satisfied"
                add(channel, s, "answered_at", csat_n=1, satisfied=satisfied)
        asked = {"by": by, "costs": json.dumps({"phone": 6.5, "chat": 2})}
        found = ready.query("channels", asked).to_pylist()
        assert [(e["channel"], e.get(by, "")) for e in found] == sorted(expected)
        for each in found:
            want = expected[each["channel"], each.get(by, "")]
            names = ("contacts", "turns", "answered", "judged", "first_contact", "csat_n")
            assert [each[n] for n in names] == [want.get(n, 0) for n in names]
            assert each["satisfied"] == want.get("satisfied", 0)
            assert each["customers"] == len(want["who"])
            if want["waits"]:
                assert each["median_wait_s"] == pytest.approx(statistics.median(want["waits"]))
            unit = {"phone": 6.5, "chat": 2.0}.get(each["channel"])
            assert each["unit_cost"] == unit
            assert each["cost"] == (None if unit is None else unit * each["contacts"])
            for rate, hits, n in (
                ("response_rate", "answered", "turns"),
                ("fcr", "first_contact", "judged"),
                ("csat", "satisfied", "csat_n"),
            ):
                if each[n]:
                    assert each[rate] == pytest.approx(each[hits] / each[n])
                    ci = stats.binomtest(each[hits], each[n]).proportion_ci(method="wilson")
                    assert (each[f"{rate}_low"], each[f"{rate}_high"]) == pytest.approx(
                        (ci.low, ci.high)
                    )
                else:
                    assert each[rate] is each[f"{rate}_low"] is None

    def test_whom_a_retired_channel_would_hit(self, ready):
        used = {
            "a": ["fax", "email", "email", "chat"],
            "b": ["fax", "fax"],
            "c": ["fax", "chat", "email"],  # used as often: the first by name
            "d": ["email"],
            "e": ["fax", "email"],
        }
        contacts = [
            row(CONTACTS, customer_id=who, began_at=T0 + k * DAY, contact_id=f"{who}{k}",
                channel=channel, topic="refund" if channel == "fax" else "other")
            for who, channels in used.items()
            for k, channel in enumerate(channels)
        ]  # fmt: skip
        pays = [row(TENURES, customer_id=who, began_at=T0, ordinal=1) for who in "abd"]
        last = row(TOUCHPOINTS, customer_id="z", occurred_at=T0 + 30 * DAY + HOUR)
        ready.insert(block(CONTACTS, contacts), 1)
        ready.insert(block(TENURES, pays), 1)
        ready.insert(block(TOUCHPOINTS, [last]), 1)
        found = ready.query("channel-retire", {"channel": "fax"}).to_pylist()
        names = ("alternative", "customers", "hit", "contacts", "only_here", "paying", "recent")
        assert [tuple(e[n] for n in names) for e in found] == [
            ("email", 2, 4, 2, 0, 1, 0),
            ("", 1, 4, 2, 1, 1, 1),
            ("chat", 1, 4, 1, 0, 0, 0),
        ]
        assert {e["topics"] for e in found} == {"refund"}
        assert [e["share"] for e in found] == [0.5, 0.25, 0.25]

    def test_the_pain_that_followed_the_end_of_a_channel(self, ready):
        draw = random.Random(11)
        contacts, pains = [], []
        for n in range(300):
            at = T0 + draw.randrange(100 * 24) * HOUR
            contacts.append(
                row(CONTACTS, customer_id=f"{draw.randrange(70):032x}", began_at=at,
                    contact_id=f"{n:032x}", channel=draw.choice(["fax", "email", "chat", "chat"]))
            )  # fmt: skip
            channel = draw.choice(["fax", "chat"])
            pains.append(
                row(PAINS, customer_id=f"{draw.randrange(80):032x}", pain_id=f"{n:032x}",
                    began_at=T0 + draw.randrange(100 * 24) * HOUR, severity=1,
                    kind=draw.choice(["retired_channel", "unanswered", "low_score"]),
                    channel=channel, cost=draw.choice([0.0, 2.75]),
                    currency={"fax": "EUR", "chat": "JPY"}[channel] if n % 9 else "")
            )  # fmt: skip
        since, last = T0 + 60 * DAY, T0 + 90 * DAY
        ready.insert(block(CONTACTS, contacts), 1)
        ready.insert(block(PAINS, pains), 1)
        newest = row(TOUCHPOINTS, customer_id="z", occurred_at=last)
        ready.insert(block(TOUCHPOINTS, [newest]), 1)
        came: dict[str, set[str]] = {}
        for c in named(CONTACTS, contacts):
            if c["began_at"] < since:
                came.setdefault(c["customer_id"], set()).add(c["channel"])
        users = {who for who, channels in came.items() if "fax" in channels}
        others = came.keys() - users
        asked = {"channel": "fax", "since": rfc3339(since)}
        found = ready.query("channel-pains", asked).to_pylist()
        assert found[0]["kind"] == "retired_channel"
        assert len(found) == 3
        mixed = set()
        for each in found:
            of = [p for p in named(PAINS, pains) if p["kind"] == each["kind"]]
            if each["kind"] == "retired_channel":
                of = theirs = [p for p in of if p["channel"] == "fax"]
                beside = []
            else:
                theirs = [p for p in of if p["customer_id"] in users]
                beside = [p for p in of if p["customer_id"] in others]
            after = [p for p in theirs if since <= p["began_at"] <= last]
            before = [p for p in theirs if 2 * since - last <= p["began_at"] < since]
            assert (each["n"], each["n_before"]) == (len(after), len(before))
            assert each["customers"] == len({p["customer_id"] for p in after})
            assert each["customers_before"] == len({p["customer_id"] for p in before})
            assert (each["users"], each["of_others"]) == (len(users), len(others))
            cost = pytest.approx(math.fsum(p["cost"] for p in after))
            is_mixed = {"EUR", "JPY"} <= {p["currency"] for p in after}
            assert each["cost"] == (None if is_mixed else cost)
            mixed.add(is_mixed)
            hit = {p["customer_id"] for p in beside if since <= p["began_at"] <= last}
            assert each["others"] == len(hit)
            hit = {p["customer_id"] for p in beside if 2 * since - last <= p["began_at"] < since}
            assert each["others_before"] == len(hit)
        assert mixed == {False, True}

    def test_effort_saved_against_the_holdout(self, ready):
        draw, decisions, contacts = random.Random(5), [], []
        counts: dict[bool, list[int]] = {True: [], False: []}
        for n in range(200):
            who, at = f"{n:032x}", T0 + draw.randrange(40) * DAY
            out = draw.random() < 0.3
            verdict = "suppressed" if out else draw.choice(["decided", "suppressed", "held"])
            for k in range(draw.choice([1, 1, 2])):
                decisions.append(
                    row(DECISIONS, customer_id=who, decision_id=f"{n}/{k}", verdict=verdict,
                        decided_at=at + k * DAY, action="message_customer", trigger="rescue",
                        group="holdout" if out else "treated")
                )  # fmt: skip
            made = [at + draw.randrange(-5, 20) * DAY for _ in range(draw.randrange(4))]
            contacts += [
                row(CONTACTS, customer_id=who, began_at=t, contact_id=f"{n}/{k}")
                for k, t in enumerate(made)
            ]
            if at + 14 * DAY <= T0 + 50 * DAY:
                counts[out].append(sum(at <= t < at + 14 * DAY for t in made))
        alert = row(DECISIONS, customer_id="z", decision_id="z", action="alert_team", decided_at=T0)
        ready.insert(block(DECISIONS, [*decisions, alert]), 1)
        ready.insert(block(CONTACTS, contacts), 1)
        last = row(TOUCHPOINTS, customer_id="z", occurred_at=T0 + 50 * DAY)
        ready.insert(block(TOUCHPOINTS, [last]), 1)
        [found] = ready.query("effort-saved", {"trigger": "rescue"}).to_pylist()
        treated, holdout = counts[False], counts[True]
        assert (found["treated"], found["holdout"]) == (len(treated), len(holdout))
        assert found["pending"] == 200 - len(treated) - len(holdout) > 0
        difference = math.fsum(holdout) / len(holdout) - math.fsum(treated) / len(treated)
        assert found["difference"] == pytest.approx(difference)
        assert found["saved"] == pytest.approx(difference * len(treated))
        test = stats.ttest_ind(holdout, treated, equal_var=False).confidence_interval(0.95)
        ends = found["difference_low"], found["difference_high"]
        assert ends == pytest.approx((test.low, test.high), rel=1e-6)
        [none] = ready.query(
            "effort-saved", {"trigger": "other"}, {"trigger": ["other"]}
        ).to_pylist()
        assert (none["n"], none["saved"]) == (0, None)

    def test_one_customers_scores_over_time(self, ready):
        made = random_scores(random.Random(9), 300)
        ready.insert(block(SCORES, made), 1)
        who = f"{7:032x}"
        mine = sorted(
            (s for s in named(SCORES, made) if s["customer_id"] == who),
            key=lambda s: (s["answered_at"], s["sequence"], s["event_id"]),
        )
        found = ready.query("customer-scores", {"customer": who}).to_pylist()
        assert len(found) == len(mine) > 1
        before: dict[str, list[float]] = {}
        for each, told in zip(found, mine, strict=True):
            earlier = before.setdefault(told["metric"], [])
            change = told["value"] - earlier[-1] if earlier else None
            earlier.append(told["value"])
            assert each["answered_at"] == moment(told["answered_at"])
            assert each["change"] == (None if change is None else pytest.approx(change))
            assert each["mean"] == pytest.approx(math.fsum(earlier) / len(earlier))
            assert each["personas"] == ", ".join(told["personas"])
            same = ("metric", "value", "grade", "channel", "agent", "topic", "stage")
            assert [each[n] for n in same] == [told[n] for n in same]
        with pytest.raises(UsageError, match="customer is missing"):
            ready.query("customer-scores", {"customer": ""})
