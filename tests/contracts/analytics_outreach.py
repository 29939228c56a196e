"""What every `Analytics` promises about outreach: the same figures as plain Python."""

import random
from collections import Counter
from typing import Any

import pytest

from journey.metrics.intervals import newcombe, wilson
from projections.outreach.guardrails import GUARDRAILS
from projections.tables import CONTACTS, DECISIONS, PERSONAS, TENURES, TOUCHPOINTS, Row, Table
from schemas.errors import NeverSeen
from schemas.times import DAY, HOUR, moment
from tests.contracts.analytics_metrics import Told, named
from tests.contracts.analytics_rows import T0, block, row

NAMES = list(GUARDRAILS)
PEOPLE = 300
WITHIN, LAST = 14 * DAY, T0 + 90 * DAY


def decision(n: int, draw: random.Random) -> Row:
    """A decision that may be: up to one guardrail all passed, behind it none was asked."""
    at = T0 + draw.randrange(80 * 24) * HOUR
    by = draw.choice([*NAMES, *["holdout"] * 6, *[""] * 6])
    verdict = "held" if by in ("facts", "quiet_hours") else "suppressed" if by else "decided"
    place = NAMES.index(by) if by else len(NAMES)
    verdicts = ["passed"] * place + [verdict] * bool(by)
    verdicts += ["not_asked"] * (len(NAMES) - len(verdicts))
    drawn = verdicts[NAMES.index("holdout")]
    told: dict[str, Any] = {
        "customer_id": f"{draw.randrange(PEOPLE):032x}",
        "decision_id": f"{n:032x}",
        "decided_at": at,
        "trigger": draw.choice(["offer", "rescue"]),
        "action": draw.choice(["message_customer"] * 9 + ["alert_team"]),
        "verdict": verdict,
        "channel": draw.choice(["email", "sms"]) if not by else "",
        "purpose": draw.choice(["marketing", "service"]),
        "brand": draw.choice("ab"),
        "guardrails": NAMES,
        "verdicts": verdicts,
        "grounds": [""] * len(NAMES),
        "group": {"passed": "treated", "suppressed": "holdout"}.get(drawn, ""),
        "is_dry": draw.random() < 0.1,
    }
    return row(DECISIONS, **told)


def made(draw: random.Random) -> dict[Table, list[Row]]:
    rows: dict[Table, list[Row]] = {
        DECISIONS: [decision(n, draw) for n in range(900)],
        TOUCHPOINTS: [row(TOUCHPOINTS, customer_id="z", occurred_at=LAST)],
        CONTACTS: [],
        TENURES: [],
        PERSONAS: [],
    }
    for n in range(PEOPLE):
        who = f"{n:032x}"
        for k in range(draw.randrange(4)):
            at = T0 + draw.randrange(90) * DAY
            type_ = draw.choice(["order-placed", "page-viewed"])
            rows[TOUCHPOINTS].append(
                row(TOUCHPOINTS, customer_id=who, event_id=f"{n}/{k}", occurred_at=at, type=type_,
                    activity=type_)
            )  # fmt: skip
            rows[CONTACTS].append(
                row(CONTACTS, customer_id=who, contact_id=f"{n}/{k}", began_at=at + 3 * DAY)
            )
        began = T0 + draw.randrange(-30, 60) * DAY
        ended = draw.choice([None, began + draw.randrange(1, 60) * DAY])
        rows[TENURES].append(
            row(TENURES, customer_id=who, began_at=began, ordinal=1, ended_at=ended)
        )
        for persona in ("asker", "loyal"):
            if draw.random() < 0.5:
                since = T0 + draw.randrange(60) * DAY
                until = draw.choice([None, since + 20 * DAY])
                rows[PERSONAS].append(
                    row(PERSONAS, customer_id=who, since=since, persona=persona, until=until)
                )
    return rows


def messages(told: dict[Table, list[Told]]) -> list[Told]:
    return [d for d in told[DECISIONS] if d["action"] == "message_customer"]


def decided_by(d: Told) -> str:
    found = zip(d["guardrails"], d["verdicts"], strict=True)
    return next((g for g, v in found if v not in ("passed", "not_asked")), "")


def personas_of(told: dict[Table, list[Told]], d: Told) -> list[str]:
    held = [
        p["persona"]
        for p in told[PERSONAS]
        if p["customer_id"] == d["customer_id"]
        and p["since"] <= d["decided_at"]
        and (p["until"] is None or p["until"] > d["decided_at"])
    ]
    return held or [""]


def effects(told: dict[Table, list[Told]], by: str) -> dict[tuple[str, str], Counter[str]]:
    """Treated, held out, pending and hits, by group and measure."""
    first: dict[tuple[str, str], Told] = {}
    for d in sorted(messages(told), key=lambda d: (d["decided_at"], d["decision_id"])):
        if d["group"]:
            first.setdefault((d[by] if by != "none" else "", d["customer_id"]), d)
    found: dict[tuple[str, str], Counter[str]] = {}
    for (grouped, who), d in first.items():
        at, end = d["decided_at"], d["decided_at"] + WITHIN
        own = {t: [r for r in rows if r["customer_id"] == who] for t, rows in told.items()}
        live = [t for t in own[TENURES] if t["began_at"] <= at <= (t["ended_at"] or LAST * 2)]
        hits = {
            "conversion": any(
                t["activity"] == "order-placed" and at <= t["occurred_at"] < end
                for t in own[TOUCHPOINTS]
            ),
            "contact": any(at <= c["began_at"] < end for c in own[CONTACTS]),
            "churn": any(t["ended_at"] is not None and t["ended_at"] < end for t in live),
        }
        for measure, is_hit in hits.items():
            counts = found.setdefault((grouped, measure), Counter())
            if measure == "churn" and not live:
                continue
            if end > LAST:
                counts["pending"] += 1
                continue
            counts[d["group"]] += 1
            counts[f"hits_{d['group']}"] += is_hit
    return found


class OutreachContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.fixture
    def outreach(self, ready):
        rows = made(random.Random(7))
        for table, those in rows.items():
            ready.insert(block(table, those), 1)
        return ready, {table: named(table, those) for table, those in rows.items()}

    @pytest.mark.parametrize(
        "by", ["none", "trigger", "channel", "purpose", "verdict", "guardrail", "brand", "persona"]
    )
    def test_outreach_by_what_came_of_it(self, outreach, by):
        ready, told = outreach
        groups: dict[str, list[Told]] = {}
        for d in messages(told):
            keys = [decided_by(d)] if by == "guardrail" else [d.get(by, "")]
            for key in personas_of(told, d) if by == "persona" else keys:
                groups.setdefault(key, []).append(d)
        found = {r.pop(by, ""): r for r in ready.query("outreach", {"by": by}).to_pylist()}
        assert len(found) == len(groups) > (by != "none")
        for key, those in groups.items():
            verdicts = Counter(d["verdict"] for d in those)
            assert found[key] == {
                "n": len(those),
                "customers": len({d["customer_id"] for d in those}),
                "decided": verdicts["decided"],
                "suppressed": verdicts["suppressed"],
                "held": verdicts["held"],
                "ended": 0,
                "holdout": sum(decided_by(d) == "holdout" for d in those),
                "dry_run": sum(d["verdict"] == "decided" and d["is_dry"] for d in those),
            }

    def test_what_each_guardrail_held_back(self, outreach):
        ready, told = outreach
        rows = ready.query("outreach-verdicts", {"trigger": "offer"}).to_pylist()
        assert [r["guardrail"] for r in rows] == NAMES
        those = [d for d in messages(told) if d["trigger"] == "offer"]
        left = len(those)
        for each in rows:
            kept = [d for d in those if decided_by(d) == each["guardrail"]]
            assert each["asked"] == left
            assert each["kept"] == len(kept) == each["suppressed"] + each["held"]
            assert each["passed"] == left - len(kept)
            assert each["customers"] == len({d["customer_id"] for d in kept})
            ends = wilson(len(kept), left)
            assert ends is not None
            assert (each["share_low"], each["share_high"]) == pytest.approx(ends)
            left -= len(kept)
        with pytest.raises(NeverSeen, match=r"no trigger 'offr' occurs here.*did you mean offer"):
            ready.query("outreach-verdicts", {"trigger": "offr"})

    @pytest.mark.parametrize("by", ["none", "trigger", "brand"])
    def test_the_effect_against_the_holdout(self, outreach, by):
        ready, told = outreach
        want = effects(told, by)
        found = ready.query("outreach-effect", {"by": by}).to_pylist()
        assert {(r.get(by, ""), r["measure"]) for r in found} == want.keys()
        assert [r["measure"] for r in found][:3] == ["conversion", "contact", "churn"]
        for each in found:
            counts = want[each.get(by, ""), each["measure"]]
            hits = counts["hits_treated"], counts["hits_holdout"]
            assert (each["treated"], each["holdout"]) == (counts["treated"], counts["holdout"])
            assert each["pending"] == counts["pending"]
            assert (each["hits_treated"], each["hits_holdout"]) == hits
            assert min(each["treated"], each["holdout"]) > 0
            shares = hits[0] / each["treated"], hits[1] / each["holdout"]
            assert each["difference"] == pytest.approx(shares[0] - shares[1])
            ends = newcombe(hits[0], each["treated"], hits[1], each["holdout"])
            assert ends is not None
            assert (each["difference_low"], each["difference_high"]) == pytest.approx(ends)
        assert all(
            sum(r[n] for r in found) > 0 for n in ("pending", "hits_treated", "hits_holdout")
        )

    def test_the_outbox_is_what_was_decided_in_the_order_of_recording(self, ready):
        rows = [
            row(DECISIONS, customer_id=f"{n}", decision_id=f"{n:032x}", verdict=verdict,
                action=action, trigger="offer", decided_at=T0, recorded_at=T0 + at, is_dry=n == 1)
            for n, (verdict, action, at) in enumerate([
                ("decided", "message_customer", 9), ("decided", "message_customer", 3),
                ("held", "message_customer", 1), ("decided", "alert_team", 5),
            ])
        ]  # fmt: skip
        figure = row(DECISIONS, customer_id="b", decision_id="f" * 32, verdict="decided",
                     action="open_action", trigger="slow", decided_at=T0, recorded_at=T0 + 99,
                     matter="watch:slow@2026-01-01T00:00:00Z")  # fmt: skip
        ready.insert(block(DECISIONS, [*rows, figure]), 1)
        [slow] = ready.query("outbox", {"trigger": "slow"}).to_pylist()
        assert slow["customer_id"] == ""  # of many
        found = ready.query("outbox", {"trigger": "offer"}).to_pylist()
        assert [(r["customer_id"], r["is_dry"]) for r in found] == [("1", 1), ("3", 0), ("0", 0)]
        assert found[0]["recorded_at"] == moment(T0 + 3)
        only = ready.query("outbox", {"action": "alert_team"}).to_pylist()
        assert [r["customer_id"] for r in only] == ["3"]

    def test_customers_are_known_from_the_hour_in_which_they_were_heard_of(self, ready):
        times = {"a": [5, 0], "b": [59], "c": [61, 300], "d": [200]}  # minutes
        rows = [
            row(TOUCHPOINTS, customer_id=who, event_id=f"{who}{n}", occurred_at=T0 - DAY,
                recorded_at=T0 + n * HOUR // 60)
            for who, told in times.items() for n in told
        ]  # fmt: skip
        ready.insert(block(TOUCHPOINTS, rows), 1)
        found = ready.query("known-customers", {}).to_pylist()
        assert [(r["hour"], r["n"], r["known"]) for r in found] == [
            (moment(T0), 2, 2),
            (moment(T0 + HOUR), 1, 3),
            (moment(T0 + 3 * HOUR), 1, 4),
        ]
