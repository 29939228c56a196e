"""What every `Analytics` promises about pains: the same figures as plain Python, from rows."""

import random
import re
from collections import defaultdict
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import pytest

from projections.pains.kinds import Kind
from projections.tables import BRAND_EVENTS, CONTACTS, PAINS, STAGES, TOUCHPOINTS, Row
from schemas.times import DAY, HOUR, rfc3339
from tests.contracts.analytics_metrics import Told, named
from tests.contracts.analytics_rows import T0, block, row

KINDS = ["unanswered", "low_score", "delivery_late", "refund_wait"]
# A stage is named as one likes: who is lost is told by what moved them there.
STAYS = [
    ("usage", "delivered"),
    ("loyalty", "renewal"),
    ("gone", "silence"),
    ("lapsed", "low_csat"),
    ("over", "subscription_ended"),
]
PUBLIC = ("social", "community", "review")
SPAN = 30 * DAY
LAST = T0 + 200 * DAY


def random_pains(draw: random.Random, n: int) -> list[Row]:
    return [
        row(
            PAINS,
            customer_id=f"{draw.randrange(60):032x}",
            began_at=T0 + draw.randrange(200 * 4) * 6 * HOUR,
            pain_id=f"{k:032x}",
            kind=draw.choice(KINDS),
            severity=draw.randint(1, 4),
            stage=draw.choice(["usage", "loyalty"]),
            channel=draw.choice(["social", "email"]),
            brand=draw.choice("ab"),
            personas=draw.choice([[], ["young"], ["frequent", "young"]]),
            extra_contacts=draw.randrange(3),
            contacts_cost=draw.choice([0.0, 2.5]),
            refunds=draw.choice([0.0, 10.25]),
            cost=draw.choice([0.0, 12.75]),
            currency=draw.choice(["", "EUR", "JPY"]),
            ended_at=draw.choice([None, LAST]),
        )
        for k in range(n)
    ]


def random_stays(draw: random.Random) -> list[Row]:
    made = []
    for who in range(90):
        cuts = sorted(draw.sample(range(400), 3))
        for k, entered in enumerate(cuts):
            left = None if k == 2 else T0 + cuts[k + 1] * 12 * HOUR
            stage, cause = draw.choice(STAYS)
            made.append(
                row(
                    STAGES,
                    customer_id=f"{who:032x}",
                    entered_at=T0 + entered * 12 * HOUR,
                    ordinal=k + 1,
                    stage=stage,
                    cause=cause,
                    left_at=left,
                )
            )
    return made


def random_touches(draw: random.Random) -> list[Row]:
    types = ["refunded", "unfollowed", "subscription-cancelled", "page-viewed", "reacted"]
    made = [
        row(
            TOUCHPOINTS,
            customer_id=f"{draw.randrange(90):032x}",
            event_id=f"{k:032x}",
            occurred_at=T0 + draw.randrange(200 * 12) * 2 * HOUR,
            type=draw.choice(types),
            direction="inbound",
            topic=draw.choice(["", "bill"]),
            tags=draw.choice([[], ["late"], ["late", "late"]]),
        )
        for k in range(150)
    ]
    return [*made, row(TOUCHPOINTS, customer_id="0" * 32, event_id="f" * 32, occurred_at=LAST)]


def random_contacts(draw: random.Random) -> list[Row]:
    return [
        row(
            CONTACTS,
            customer_id=f"{draw.randrange(90):032x}",
            began_at=T0 + draw.randrange(400) * 12 * HOUR,
            contact_id=f"{k:032x}",
        )
        for k in range(200)
    ]


class World:
    """Rows of all tables that the ranking looks at."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        self.made = {
            PAINS: random_pains(draw, 200),
            STAGES: random_stays(draw),
            TOUCHPOINTS: random_touches(draw),
            CONTACTS: random_contacts(draw),
        }
        self.pains, self.stays, self.touches, self.contacts = (
            named(table, made) for table, made in self.made.items()
        )
        self.bad: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for stay in self.stays:
            if stay["cause"] in ("silence", "subscription_ended"):
                self.bad[stay["customer_id"]].append((stay["entered_at"], "churned"))
        what = {"refunded": "refunded", "unfollowed": "unfollowed"}
        what["subscription-cancelled"] = "churned"
        for touch in self.touches:
            if touch["type"] in what:
                told = touch["occurred_at"], what[touch["type"]]
                self.bad[touch["customer_id"]].append(told)
        for pain in self.pains:
            if pain["kind"] == "low_score" and pain["channel"] in PUBLIC:
                self.bad[pain["customer_id"]].append((pain["began_at"], "complained"))

    def after(self, who: str, since: int, kind: str) -> set[str]:
        """What of the bad things came to somebody within 30 days."""
        found = {what for at, what in self.bad[who] if since < at <= since + SPAN}
        return found - {"refunded"} if kind == "refund_wait" else found

    def spans(self, stage: str, but: set[str], kind: str) -> tuple[int, int]:
        """The spans of 30 days in a stage of everybody but some, and those with something bad."""
        n = bad = 0
        for stay in self.stays:
            if stay["stage"] != stage or stay["customer_id"] in but:
                continue
            for start in self.after_contacts(stay) if kind == "unanswered" else in_time(stay):
                if start + SPAN <= LAST:
                    n, bad = n + 1, bad + bool(self.after(stay["customer_id"], start, kind))
        return n, bad

    def after_contacts(self, stay: Told) -> list[int]:
        """The first contact of a stay, if there is one: who left by it was still there."""
        theirs = [c for c in self.contacts if c["customer_id"] == stay["customer_id"]]
        left = LAST if stay["left_at"] is None else stay["left_at"]
        return sorted(c["began_at"] for c in theirs if stay["entered_at"] <= c["began_at"] <= left)[
            :1
        ]

    def expected(self, pains: list[Told]) -> Told:
        """The row of one kind and group."""
        kind = pains[0]["kind"]
        by_stage: dict[str, dict[str, int]] = defaultdict(dict)
        for pain in sorted(pains, key=lambda p: p["began_at"]):
            by_stage[pain["stage"]].setdefault(pain["customer_id"], pain["began_at"])
        hit, bad, others, weighted, weights = 0, list[set[str]](), 0, 0.0, 0
        for stage, people in by_stage.items():
            over = {who: at for who, at in people.items() if at + SPAN <= LAST}
            hit += len(over)
            bad += [self.after(who, at, kind) for who, at in over.items()]
            n, with_bad = self.spans(stage, set(people), kind)
            others += n
            if n:
                weights += len(over)
                weighted += len(over) * with_bad / n
        customers, followed = len({p["customer_id"] for p in pains}), sum(map(bool, bad))
        severity = sum(p["severity"] for p in pains) / len(pains)
        rate, rate_others = followed / hit, weighted / weights
        return {
            "n": len(pains),
            "customers": customers,
            "severity": pytest.approx(severity),
            "hit": hit,
            "followed": followed,
            **{
                what: sum(what in found for found in bad)
                for what in ("churned", "refunded", "complained", "unfollowed")
            },
            "rate": pytest.approx(rate),
            "others": others,
            "rate_others": pytest.approx(rate_others),
            "what_followed": pytest.approx(rate - rate_others),
            "score": pytest.approx(customers * severity * (rate - rate_others)),
            "cost": cost_of(pains),
        }


def in_time(stay: Told) -> Iterable[int]:
    """When each span of 30 days of a stay begins."""
    left = LAST if stay["left_at"] is None else stay["left_at"]
    return range(stay["entered_at"], left, SPAN)


def cost_of(pains: list[Told]) -> Any:
    """What these cost together; nothing, where that would be two currencies in one sum."""
    is_mixed = len({p["currency"] for p in pains if p["currency"]}) > 1
    return None if is_mixed else pytest.approx(sum(p["cost"] for p in pains))


def grouped(pains: list[Told], by: str) -> dict[tuple[str, str], list[Told]]:
    found: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for pain in pains:
        groups = {"none": [""], "persona": pain["personas"] or [""]}.get(by) or [pain[by]]
        for group in groups:
            found[pain["kind"], group].append(pain)
    return found


class PainsContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.fixture
    def world(self, ready) -> World:
        world = World(4)
        for table, made in world.made.items():
            ready.insert(block(table, made), 1)
        return world

    @pytest.mark.parametrize("by", ["none", "stage", "persona", "channel"])
    def test_pains_are_ranked_with_all_pieces_shown(self, ready, world, by):
        expected = {key: world.expected(of) for key, of in grouped(world.pains, by).items()}
        found = ready.query("pain-ranking", {"by": by}).to_pylist()
        scores = [row["score"] for row in found]
        assert scores == sorted(scores, reverse=True)
        told = {(row.pop("kind"), row.pop(by, "")): row for row in found}
        assert told == expected
        assert all(row["others"] and row["hit"] for row in told.values())

    def test_whom_only_a_contact_could_hit_is_held_against_others_after_a_contact(self):
        sql = (files("journey.clickhouse") / "queries" / "pain-ranking.sql").read_text()
        [listed] = re.findall(r"\[([^]]*)\] AS of_contacts", sql)
        anyhow = {"low_score", "over_contacted", "payment_failed", "checkout_abandoned"}
        anyhow |= {"search_no_result", "delivery_late", "refund_wait"}
        assert {*re.findall(r"'(\w+)'", listed)} == {*map(str, Kind)} - anyhow

    def test_silence_long_after_a_contact_speaks_for_nobody(self, ready):
        """Everybody asks once, half of them wait too long, and nobody is heard of again."""
        people = [f"{n:032x}" for n in range(1, 41)]
        stays = [
            row(STAGES, customer_id=who, entered_at=T0, stage="usage", left_at=T0 + 180 * DAY)
            for who in people
        ]
        stays += [
            row(STAGES, customer_id=who, entered_at=T0 + 180 * DAY, stage="gone", cause="silence")
            for who in people
        ]
        came = [row(CONTACTS, customer_id=who, began_at=T0) for who in people]
        waited = [
            row(PAINS, customer_id=who, began_at=T0 + HOUR, kind="slow_response", stage="usage")
            for who in people[::2]
        ]
        last = row(TOUCHPOINTS, customer_id="0" * 32, occurred_at=LAST)
        for table, made in {
            STAGES: stays,
            CONTACTS: came,
            PAINS: waited,
            TOUCHPOINTS: [last],
        }.items():
            ready.insert(block(table, made), 1)
        [found] = ready.query("pain-ranking", {}).to_pylist()
        assert (found["hit"], found["others"]) == (20, 20)
        assert (found["rate"], found["rate_others"], found["what_followed"]) == (0, 0, 0)

    @pytest.mark.parametrize("by", ["none", "persona", "brand"])
    def test_what_pains_cost(self, ready, world, by):
        found = ready.query("pain-cost", {"by": by}).to_pylist()
        told = {(row.pop("kind"), row.pop(by, ""), row.pop("currency")): row for row in found}
        expected: dict[tuple[str, str, str], list[Told]] = defaultdict(list)
        for (kind, group), pains in grouped(world.pains, by).items():
            for pain in pains:
                expected[kind, group, pain["currency"]].append(pain)
        assert told.keys() == expected.keys()
        for key, pains in expected.items():
            row = told[key]
            assert (row["n"], row["extra_contacts"]) == (
                len(pains),
                sum(p["extra_contacts"] for p in pains),
            )
            for name in ("contacts_cost", "refunds", "cost"):
                assert row[name] == pytest.approx(sum(p[name] for p in pains))

    @pytest.mark.parametrize(
        "asked", [{}, {"persona": "frequent"}, {"brand": "a", "channel": "email"}, {"since": 80}]
    )
    def test_the_pains_of_each_stage_are_ranked_by_whom_they_hit_and_how_hard(
        self, ready, world, asked
    ):
        since = T0 + asked.get("since", 0) * DAY
        persona = asked.get("persona")
        felt: dict[tuple[str, str], list[Told]] = defaultdict(list)
        for pain in world.pains:
            same = all(pain[n] == asked[n] for n in ("brand", "channel") if n in asked)
            if same and pain["began_at"] >= since and persona in (None, *pain["personas"]):
                felt[pain["stage"], pain["kind"]].append(pain)
        given = {**asked, "since": rfc3339(since)}
        found = ready.query("journey-pains", given).to_pylist()
        assert {(r["stage"], r["kind"]) for r in found} == felt.keys() != set()
        for each in found:
            pains = felt[each["stage"], each["kind"]]
            customers = len({p["customer_id"] for p in pains})
            severity = sum(p["severity"] for p in pains) / len(pains)
            assert (each["n"], each["customers"]) == (len(pains), customers)
            assert each["severity"] == pytest.approx(severity)
            assert each["weight"] == pytest.approx(customers * severity)
            assert each["cost"] == cost_of(pains)
        assert found == sorted(found, key=lambda r: (r["stage"], -r["weight"], r["kind"]))

    def test_pains_one_by_one(self, ready, world):
        asked = {"kind": "low_score", "persona": "frequent", "status": "open", "limit": 1000}
        found = ready.query("pains", asked).to_pylist()
        expected = [
            p["pain_id"]
            for p in sorted(world.pains, key=lambda p: (-p["began_at"], p["pain_id"]))
            if p["kind"] == "low_score" and "frequent" in p["personas"] and p["ended_at"] is None
        ]
        assert [row["pain_id"] for row in found] == expected != []

    @pytest.mark.parametrize(
        ("name", "group", "asked"),
        [
            ("pain-trend", "kind", {}),
            ("pain-trend", "stage", {"by": "stage"}),
            ("topic-trend", "topic", {}),
            ("tag-trend", "tag", {}),
            ("volume-trend", "type", {"by": "type"}),
            ("volume-trend", "type", {"by": "type", "given": "time"}),
        ],
    )
    def test_trends_count_customers_in_each_period(self, ready, world, name, group, asked):
        found = ready.query(name, {"per": "week", "baseline": 4, **asked}).to_pylist()
        seen: dict[tuple[Any, str], set[str]] = defaultdict(set)
        touches = [t for t in world.touches if t["direction"] == "inbound"]
        for each in world.pains if name == "pain-trend" else touches:
            names = {"topic": [each.get("topic")], "tag": each.get("tags", [])}.get(group)
            at = each["began_at"] if name == "pain-trend" else each["occurred_at"]
            for value in [each[group]] if names is None else names:
                if value:
                    seen[(at // DAY + 3) // 7, value].add(each["customer_id"])
        counted = {
            ((row["period"].toordinal() - 719_163 + 3) // 7, row[group]): row["n"] for row in found
        }
        assert {k: n for k, n in counted.items() if n} == {k: len(v) for k, v in seen.items()}
        assert any(row["expected"] is not None for row in found)

    def test_share_of_voice_and_engagement(self, ready):
        def of_brand(n: int, kind: str, **more: Any) -> Row:
            told = {"brand_id": f"{n:032x}", "event_id": f"{n:032x}", "occurred_at": T0 + n}
            return row(BRAND_EVENTS, **told, type=kind, channel="social", **more)

        made = [of_brand(n, "mention-observed", subject="own", sentiment=0.5) for n in range(3)]
        told = {"subject": "competitor", "competitor": "acme"}
        made.append(of_brand(3, "mention-observed", sentiment=None, **told))
        made += [of_brand(n, "post-published", followers=4000.0) for n in (4, 5)]
        ready.insert(block(BRAND_EVENTS, made), 1)
        touches = [
            row(
                TOUCHPOINTS,
                customer_id=f"{n:032x}",
                event_id=f"{n:032x}",
                occurred_at=T0 + n,
                channel="social",
                type=("reacted", "commented", "shared", "page-viewed")[n % 4],
            )
            for n in range(10)
        ]
        ready.insert(block(TOUCHPOINTS, touches), 1)
        shares = ready.query("share-of-voice", {}).to_pylist()
        told_ = [(s["whose"], s["n"], s["share"], s["mean_sentiment"]) for s in shares]
        assert told_ == [("acme", 1, 0.25, None), ("own", 3, 0.75, 0.5)]
        (engaged,) = ready.query("engagement", {}).to_pylist()
        assert (engaged["posts"], engaged["engagements"], engaged["per_post"]) == (2, 8, 4)
        assert engaged["per_1000_followers"] == 1

    def test_spikes_of_mentions(self, ready):
        made, n = [], 0
        for day in range(20):
            for _ in range(30 if day == 15 else 5):
                n += 1
                told: dict[str, Any] = {
                    "brand_id": f"{n:032x}",
                    "event_id": f"{n:032x}",
                    "subject": "own",
                }
                told |= {"type": "mention-observed", "sentiment": -0.8 if day == 15 else 0.8}
                made.append(row(BRAND_EVENTS, occurred_at=T0 + day * DAY + n, **told))
        ready.insert(block(BRAND_EVENTS, made), 1)
        for by, group in (("subject", "own"), ("tone", "bad")):
            found = ready.query("mention-trend", {"per": "day", "by": by}).to_pylist()
            alarms = [(str(r["period"]), r[by]) for r in found if r["trend"] == "up"]
            assert alarms == [(rfc3339(T0 + 15 * DAY)[:10], group)]
