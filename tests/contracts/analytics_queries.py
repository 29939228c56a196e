"""What every `Analytics` promises about named queries: the same figures as plain Python."""

import math
import random
from datetime import date
from typing import Any

import pytest

from journey.clickhouse import queries
from projections.tables import BRAND_EVENTS, CONVERSATIONS, DECISIONS, STAGES, TOUCHPOINTS, TURNS
from schemas.errors import NotFound, UsageError
from schemas.times import DAY, HOUR, SECOND, moment, rfc3339
from tests.contracts.analytics_rows import NASTY, T0, block, row, touch


def percentile(values: list[float], share: float) -> float:
    """By linear interpolation between closest ranks (Hyndman and Fan, type 7)."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


class QueriesContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.mark.parametrize("name", queries.names())
    def test_every_query_answers_on_empty_tables(self, ready, name):
        query = queries.named(name)
        choices = next((p.choices for p in query.parameters if p.name == "by"), ("none",))
        for by in choices:
            times = {"since": rfc3339(T0), "until": rfc3339(T0 + DAY), "steps": "any, any"}
            missing = [p.name for p in query.parameters if p.default is None]
            needed = {name: times.get(name, "any") for name in missing}
            given = needed | ({"by": by} if len(choices) > 1 else {})
            found = ready.query(name, given, {"customer_id": ["any"]})
            assert "grouped" not in found.column_names
            assert (by in found.column_names) == (by != "none")
            expected = 1 if query.is_one_row and by == "none" else 0
            assert found.num_rows == expected
            for each in found.to_pylist():
                assert set(each.values()) <= {0, None}

    def test_unknown_queries_and_parameters_are_named_with_the_nearest(self, ready):
        with pytest.raises(NotFound, match="did you mean first-response"):
            ready.query("first_response", {})
        with pytest.raises(UsageError, match=r"did you mean brand.*: use one of by, hours, brand"):
            ready.query("first-response", {"brnd": "x"})
        with pytest.raises(UsageError, match="one of none, brand, channel"):
            ready.query("first-response", {"by": "brand, (SELECT 1)"})

    @pytest.mark.parametrize("given", ["2026-01-01", "yesterday", "2026-01-01T00:00:00", 5, "1e9"])
    def test_times_need_a_zone(self, ready, given):
        with pytest.raises(UsageError, match="a time with its zone"):
            ready.query("first-response", {"since": given})

    @pytest.mark.parametrize("until", ["2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z"])
    def test_an_empty_span_is_refused(self, ready, until):
        with pytest.raises(UsageError, match="Nothing lies between since and until"):
            ready.query("volume", {"since": "2026-01-01T00:00:00Z", "until": until})

    def test_what_must_be_positive_is_not_zero(self, ready):
        with pytest.raises(UsageError, match="a whole number from 1"):
            ready.query("pain-ranking", {"days": 0})

    @pytest.mark.parametrize("text", [text for text in NASTY if text])
    def test_a_parameter_is_a_value_and_nothing_else(self, ready, text):
        rows = [touch(n, brand=brand) for n, brand in enumerate(NASTY)]
        ready.insert(block(TOUCHPOINTS, rows), 1)
        assert ready.query("volume", {"brand": text})["n"].to_pylist() == [1]
        with pytest.raises(UsageError, match=r"no brand .* occurs here") as told:
            ready.query("volume", {"brand": text + "x"})
        assert str(told.value).isprintable()
        assert ready.rows(TOUCHPOINTS).num_rows == len(NASTY)

    def test_since_is_included_and_until_is_not(self, ready):
        ready.insert(block(TOUCHPOINTS, [touch(n) for n in range(10)]), 1)
        given = {"since": rfc3339(T0 + 3), "until": rfc3339(T0 + 5)}
        assert ready.query("volume", given)["n"].to_pylist() == [2]
        given = {"since": "2026-01-01T01:00:00.000003+01:00", "until": ""}
        assert ready.query("volume", given)["n"].to_pylist() == [7]

    @pytest.mark.parametrize("by", ["none", "brand", "channel"])
    def test_first_responses_against_python(self, ready, by):
        draw = random.Random(5)
        rows = [
            row(
                CONVERSATIONS,
                customer_id=f"{n:032x}",
                opened_at=T0 + n * HOUR,
                conversation_id=f"{n:032x}",
                brand=draw.choice("ab"),
                channel=draw.choice(["mail", "twitter", "web"]),
                first_response_s=draw.choice([None, 3600.0, draw.lognormvariate(7, 2)]),
            )
            for n in range(997)
        ]
        for start in range(0, len(rows), 100):
            ready.insert(block(CONVERSATIONS, rows[start : start + 100]), 1)
        names = CONVERSATIONS.names
        groups: dict[str, list[float]] = {}
        for each in rows:
            given = dict(zip(names, each, strict=True))
            if given["first_response_s"] is not None:
                groups.setdefault(given.get(by, ""), []).append(given["first_response_s"])
        found = ready.query("first-response", {"by": by}).to_pylist()
        assert [each.get(by, "") for each in found] == sorted(groups)
        for answer in found:
            values = groups[answer.pop(by, "")]
            within = sum(value <= 3600 for value in values)
            expected = {
                "n": len(values),
                "min_s": min(values),
                "p25_s": percentile(values, 0.25),
                "median_s": percentile(values, 0.5),
                "p75_s": percentile(values, 0.75),
                "p90_s": percentile(values, 0.9),
                "p95_s": percentile(values, 0.95),
                "max_s": max(values),
                "mean_s": math.fsum(values) / len(values),
                "within_1h": within,
                "share_within_1h": within / len(values),
            }
            assert {n: answer[n] for n in expected} == pytest.approx(expected, rel=1e-9)

    def test_next_responses_weigh_conversations_by_their_replies(self, ready):
        given = [("1", 10.0), ("2", 49.0), ("2", 50.0), ("2", 51.0)]
        rows = [
            row(TURNS, customer_id=customer, turn_id=f"{n}", response="next", waited_s=waited)
            for n, (customer, waited) in enumerate(given)
        ]
        rows.append(row(TURNS, customer_id="2", turn_id="9", response="first", waited_s=900.0))
        ready.insert(block(TURNS, rows), 1)
        [found] = ready.query("next-response", {}).to_pylist()
        assert found == {
            "conversations": 2,
            "n": 4,
            "mean_s": 40.0,
            "median_of_means_s": 30.0,
            "p90_of_means_s": 46.0,
            "max_of_means_s": 50.0,
            "within_1h": 4,
            "share_within_1h": 1.0,
        }

    def test_conversations_and_how_they_ended(self, ready):
        ends = [("resolved", "stated", 100), ("resolved", "implied", 300), ("open", "", None)]
        rows = [
            row(
                CONVERSATIONS,
                customer_id=f"{n // 2}",
                opened_at=T0,
                conversation_id=f"{n}",
                status=status,
                resolved_by=by,
                resolved_at=None if after is None else T0 + after * SECOND,
                resolution_s=after,
                reopened=n,
                turns=2,
                turns_answered=1 if n else 0,
                messages_in=3,
            )
            for n, (status, by, after) in enumerate(ends)
        ]
        ready.insert(block(CONVERSATIONS, rows), 1)
        [found] = ready.query("resolution", {}).to_pylist()
        assert (found["n"], found["stated"], found["implied"], found["still_open"]) == (3, 1, 1, 1)
        assert found["share_open"] == pytest.approx(1 / 3)
        assert (found["median_s"], found["p90_s"], found["mean_s"]) == (200.0, 280.0, 200.0)
        assert (found["reopened"], found["share_reopened"]) == (2, pytest.approx(2 / 3))
        [found] = ready.query("conversations", {}).to_pylist()
        assert (found["n"], found["customers"], found["messages_in"]) == (3, 2, 9)
        assert found["share_answered"] == pytest.approx(2 / 6)
        by = ready.query("conversations", {"by": "status"}).to_pylist()
        assert [(each["status"], each["n"]) for each in by] == [("open", 1), ("resolved", 2)]

    def test_stages(self, ready):
        path = [("a", "", 0, 10.0), ("b", "a", 10, 30.0), ("a", "b", 40, None)]
        rows = [
            row(
                STAGES,
                customer_id=customer,
                entered_at=T0 + at * SECOND,
                ordinal=ordinal,
                stage=stage,
                previous=previous,
                dwell_s=dwell,
                left_at=None if dwell is None else T0 + int(at + dwell) * SECOND,
            )
            for customer in ("01", "02")
            for ordinal, (stage, previous, at, dwell) in enumerate(path, 1)
        ]
        rows.append(row(STAGES, customer_id="03", entered_at=T0, ordinal=1, stage="b"))
        ready.insert(block(STAGES, rows), 1)
        now = ready.query("stages", {}).to_pylist()
        assert [(each["stage"], each["n"]) for each in now] == [("a", 2), ("b", 1)]
        assert math.fsum(each["share"] for each in now) == pytest.approx(1)
        assert ready.query("stage-flow", {}).to_pylist() == [
            {"from": "a", "to": "b", "n": 2, "customers": 2, "median_dwell_s": 10.0},
            {"from": "b", "to": "a", "n": 2, "customers": 2, "median_dwell_s": 30.0},
        ]
        dwell = ready.query("stage-dwell", {}).to_pylist()
        assert [(e["stage"], e["entered"], e["n"], e["median_s"]) for e in dwell] == [
            ("a", 4, 2, 10.0),
            ("b", 3, 2, 30.0),
        ]

    def test_touchpoints_orders_and_surveys_over_time(self, ready):
        order = {"type": "order-placed", "currency": "EUR", "brand": "b"}
        rows = [
            *(touch(n, amount=0.1, **order) for n in range(3)),
            touch(3, amount=5.0, occurred_at=T0 + 40 * DAY, **order | {"currency": "USD"}),
            *(touch(n, type="survey-answered", name="nps", score=float(n)) for n in (4, 5, 9)),
        ]
        ready.insert(block(TOUCHPOINTS, rows), 1)
        assert ready.query("orders", {}).to_pylist() == [
            {"month": date(2026, 1, 1), "currency": "EUR", "n": 3, "customers": 3, "revenue": 0.3},
            {"month": date(2026, 2, 1), "currency": "USD", "n": 1, "customers": 1, "revenue": 5.0},
        ]
        [survey] = ready.query("surveys", {}).to_pylist()
        assert (survey["name"], survey["n"], survey["mean_score"]) == ("nps", 3, 6.0)
        assert (survey["median_score"], survey["max_score"]) == (5.0, 9.0)
        assert ready.query("customers", {})["customers"].to_pylist() == [6, 1]
        weeks = ready.query("volume", {"per": "week", "by": "type"}).to_pylist()
        assert [(each["period"], each["type"], each["n"]) for each in weeks] == [
            (date(2025, 12, 29), "order-placed", 3),
            (date(2025, 12, 29), "survey-answered", 3),
            (date(2026, 2, 9), "order-placed", 1),
        ]

    def test_decisions_by_day(self, ready):
        rows = [
            row(DECISIONS, customer_id="01", decided_at=T0 + n * DAY, verdict=verdict)
            for n, verdict in enumerate(("decided", "suppressed", "held"))
        ]
        ready.insert(block(DECISIONS, rows), 1)
        found = ready.query("decisions", {"by": "day"}).to_pylist()
        assert [each["day"] for each in found] == ["2026-01-01", "2026-01-02", "2026-01-03"]
        [found] = ready.query("decisions", {}).to_pylist()
        expected = {"n": 3, "customers": 1, "decided": 1, "suppressed": 1, "held": 1}
        assert found == expected

    def test_events_by_property(self, ready):
        told = [
            (1, ["branch", "product", "product"], ["north", "car", "home"]),
            (1, ["branch"], ["north"]),
            (2, ["branch", "product"], ["so\tuth", "car"]),
            (3, [], []),
        ]
        rows = [
            touch(
                who,
                event_id=f"{n:032x}",
                type="loan-asked",
                channel="web" if n < 2 else "app",
                property_names=names,
                property_values=values,
            )
            for n, (who, names, values) in enumerate(told)
        ]
        rows.append(touch(9, type="other", property_names=["branch"], property_values=["west"]))
        ready.insert(block(TOUCHPOINTS, rows), 1)
        asked = {"type": "loan-asked", "property": "branch"}
        assert ready.query("events-by-property", asked).to_pylist() == [
            {"value": "north", "n": 2, "customers": 1, "share": 0.5},
            {"value": "", "n": 1, "customers": 1, "share": 0.25},
            {"value": "so\tuth", "n": 1, "customers": 1, "share": 0.25},
        ]
        asked = {"type": "loan-asked", "property": "product", "by": "channel"}
        assert ready.query("events-by-property", asked).to_pylist() == [
            {"channel": "app", "value": "", "n": 1, "customers": 1, "share": 0.5},
            {"channel": "app", "value": "car", "n": 1, "customers": 1, "share": 0.5},
            {"channel": "web", "value": "", "n": 1, "customers": 1, "share": 0.5},
            {"channel": "web", "value": "car", "n": 1, "customers": 1, "share": 0.5},
            {"channel": "web", "value": "home", "n": 1, "customers": 1, "share": 0.5},
        ]
        by_month = ready.query("events-by-property", asked | {"by": "month"})
        assert set(by_month["month"].to_pylist()) == {"2026-01-01"}

    def test_listening(self, ready):
        told: list[tuple[str, dict[str, Any]]] = [
            ("post-published", {}),
            ("mention-observed", {"subject": "own", "sentiment": 0.5}),
            ("mention-observed", {"subject": "own"}),
            ("mention-observed", {"subject": "competitor", "sentiment": -0.2, "brand": "b"}),
            ("action-opened", {"item": "a"}),
        ]
        rows = [brand_event(n, type=type_, **values) for n, (type_, values) in enumerate(told)]
        ready.insert(block(BRAND_EVENTS, rows), 1)
        (day,) = ready.query("listening", {}).to_pylist()
        assert str(day.pop("period")) == "2026-01-01"
        assert day.pop("share_own") == pytest.approx(2 / 3)
        assert day == {"posts": 1, "mentions": 3, "rated": 2, "mean_sentiment": 0.15}
        by_brand = ready.query("listening", {"by": "brand", "per": "week"}).to_pylist()
        assert [(row["brand"], row["mentions"], row["share_own"]) for row in by_brand] == [
            ("", 2, 1.0),
            ("b", 1, 0.0),
        ]
        (by_subject,) = ready.query("listening", {"by": "subject", "brand": "b"}).to_pylist()
        assert (by_subject["subject"], by_subject["mean_sentiment"]) == ("competitor", -0.2)

    def test_actions(self, ready):
        told: list[tuple[int, str, dict[str, Any]]] = [
            (1, "action-opened", {"item": "a", "name": "first", "due_at": T0 + 50}),
            (2, "action-opened", {"item": "a", "name": "second", "due_at": T0 + 60}),
            (3, "action-done", {"item": "a"}),
            (4, "action-opened", {"item": "b", "name": "open", "due_at": T0 + 90}),
            (5, "action-opened", {"item": "c"}),
            (6, "action-done", {"item": "d", "brand": "b"}),
            (7, "mention-observed", {"item": "a"}),
        ]
        rows = [brand_event(n, type=type_, **values) for n, type_, values in told]
        ready.insert(block(BRAND_EVENTS, rows), 1)

        def asked(**given):
            found = ready.query("actions", given).to_pylist()
            return [(row["action"], row["name"], row["due_at"], row["done_at"]) for row in found]

        at = {n: moment(T0 + n) for n in (3, 6, 60, 90)}
        assert asked() == [
            ("a", "second", at[60], at[3]),
            ("b", "open", at[90], None),
            ("c", "", None, None),
            ("d", "", None, at[6]),
        ]
        assert [row[0] for row in asked(status="open")] == ["b", "c"]
        assert [row[0] for row in asked(status="done", brand="b")] == ["d"]
        assert [row[0] for row in asked(due_before=rfc3339(T0 + 90))] == ["a"]


def brand_event(n: int, **values: Any) -> tuple[Any, ...]:
    given = {"brand_id": f"{n:032x}", "event_id": f"{n:032x}", "occurred_at": T0 + n} | values
    return row(BRAND_EVENTS, **given)
