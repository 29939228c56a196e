"""What every `Analytics` promises about how sure figures of care are: as plain Python has it."""

import math
import random
import statistics
from typing import Any

import pytest
from scipy import stats

from journey.metrics.intervals import median_ranks
from projections.tables import CONTACTS, CONVERSATIONS, RESOLUTIONS, TOUCHPOINTS, TURNS
from schemas.times import DAY, HOUR, SECOND, moment, rfc3339
from tests.contracts.analytics_metrics import PERSONAS, Told, named, split
from tests.contracts.analytics_rows import T0, block, row

BY = ["none", "brand", "channel", "agent", "team", "topic", "persona", "day", "week", "month"]
SOME = ["none", "topic", "persona", "week"]  # of those, where the way to groups is the same


def where(draw: random.Random) -> Told:
    return {
        "brand": draw.choice("ab"),
        "channel": draw.choice(["chat", "email", "phone"]),
        "agent": draw.choice(["", "kim", "lee"]),
        "team": draw.choice(["", "north"]),
        "topic": draw.choice(["", "refund", "delivery"]),
    }


def random_rows(draw: random.Random, n: int) -> dict[Any, list[Any]]:
    """Conversations, their contacts, turns and verdicts, each with values of its own."""
    made: dict[Any, list[Any]] = {CONVERSATIONS: [], CONTACTS: [], TURNS: [], RESOLUTIONS: []}
    for k in range(n):
        opened = T0 + draw.randrange(70 * 24) * HOUR
        key = {"customer_id": f"{k % 90:032x}", "conversation_id": f"{k:032x}"}
        held = {"personas": draw.choice(PERSONAS)}
        ended = draw.choice([None, opened + round(draw.lognormvariate(9, 2)) * SECOND])
        told = key | where(draw) | held | {"opened_at": opened}
        status = {"status": "open" if ended is None else "resolved", "resolved_at": ended}
        status["resolved_by"] = "" if ended is None else draw.choice(["stated", "implied"])
        replied = draw.choice([None, 3600.0, round(draw.lognormvariate(7, 2), 3)])
        made[CONVERSATIONS].append(
            row(
                CONVERSATIONS,
                first_response_s=replied,
                resolution_s=None if ended is None else (ended - opened) / SECOND,
                **told,
                **status,
            )
        )
        verdict = draw.choice(["first_contact", "second_contact", "repeat", "unresolved"])
        verdict = "undecided" if draw.random() < 0.2 else verdict
        assumed = verdict == "repeat" and draw.random() < 0.5
        made[RESOLUTIONS].append(row(RESOLUTIONS, verdict=verdict, is_assumed=assumed, **told))
        parts = [round(draw.uniform(0, 600), 3) for _ in range(3)]
        has = draw.random() < 0.7
        names = ("talk_s", "hold_s", "wrap_up_s")
        times = dict(zip(names, parts, strict=True)) | {"handle_s": sum(parts)} if has else {}
        place = {"began_at": opened, "contact_id": f"{k:032x}"}
        made[CONTACTS].append(row(CONTACTS, **key, **where(draw), **held, **place, **times))
        due = draw.choice([None, opened + draw.choice([60, 3600, 86400]) * SECOND])
        outcome = draw.choice(["open", "overdue", "answered", "closed"])
        waited = draw.choice([60.0, 3600.0, round(draw.lognormvariate(7, 2), 3)])
        ends = None if outcome in ("open", "overdue") else opened + round(waited * SECOND)
        made[TURNS].append(
            row(
                TURNS,
                turn_id=f"{k:032x}",
                due_at=due,
                outcome=outcome,
                ended_at=ends,
                waited_s=waited if outcome == "answered" else None,
                **told,
            )
        )
    return made


def bounds(hits: int, n: int) -> Any:
    found = stats.binomtest(hits, n).proportion_ci(method="wilson")
    return pytest.approx((found.low, found.high))


def ends(answer: Told, name: str) -> tuple[Any, Any]:
    return answer[f"{name}_low"], answer[f"{name}_high"]


def assert_times(answer: Told, values: list[float]) -> None:
    """The mean, the median and their intervals."""
    n = len(values)
    if not n:
        assert answer["mean_s"] is answer["median_s"] is answer["median_s_low"] is None
        return
    assert answer["mean_s"] == pytest.approx(math.fsum(values) / n)
    assert answer["median_s"] == pytest.approx(statistics.median(values))
    if n > 1:
        sd = statistics.stdev(values)
        assert answer["sd_s"] == pytest.approx(sd, abs=2e-3)
        half = stats.t.ppf(0.975, n - 1) * sd / math.sqrt(n)
        mean = answer["mean_s"]
        low = max(mean - half, 0.0)  # a time is never below nothing
        assert ends(answer, "mean_s") == pytest.approx((low, mean + half), abs=0.05)
    else:
        assert answer["sd_s"] is answer["mean_s_low"] is None
    if n < 6:
        assert ends(answer, "median_s") == (None, None)
    else:
        low, high = median_ranks(n) or (0, 0)
        ordered = sorted(values)
        assert ends(answer, "median_s") == (ordered[low - 1], ordered[high - 1])


class IntervalsContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.fixture
    def care(self, ready) -> dict[Any, list[Told]]:
        made = random_rows(random.Random(21), 300)
        made[TOUCHPOINTS] = [row(TOUCHPOINTS, customer_id="z", occurred_at=T0 + 40 * DAY)]
        for table, rows in made.items():
            ready.insert(block(table, rows), 1)
        return {table: named(table, rows) for table, rows in made.items()}

    @pytest.mark.parametrize("by", SOME)
    def test_first_responses_with_their_intervals(self, ready, care, by):
        given = [c for c in care[CONVERSATIONS] if c["first_response_s"] is not None]
        expected = split([c | {"answered_at": c["opened_at"]} for c in given], by)
        found = ready.query("first-response", {"by": by}).to_pylist()
        assert [each.get(by, "") for each in found] == list(expected)
        for each, rows in zip(found, expected.values(), strict=True):
            values = [r["first_response_s"] for r in rows]
            assert each["n"] == len(values)
            assert_times(each, values)
            hits = sum(v <= 3600 for v in values)
            assert ends(each, "share_within_1h") == bounds(hits, len(values))

    @pytest.mark.parametrize("by", SOME)
    def test_resolution_times_with_their_intervals(self, ready, care, by):
        expected = split([c | {"answered_at": c["opened_at"]} for c in care[CONVERSATIONS]], by)
        found = ready.query("resolution", {"by": by}).to_pylist()
        assert [each.get(by, "") for each in found] == list(expected)
        for each, rows in zip(found, expected.values(), strict=True):
            took = [(r["resolved_at"] - r["opened_at"]) / SECOND for r in rows if r["resolved_at"]]
            assert (each["n"], each["resolved"]) == (len(rows), len(took))
            assert_times(each, took)
            assert ends(each, "share_open") == bounds(len(rows) - len(took), len(rows))

    @pytest.mark.parametrize("by", SOME)
    def test_handle_times_of_contacts(self, ready, care, by):
        given = [
            c | {"answered_at": c["began_at"]} for c in care[CONTACTS] if c["handle_s"] is not None
        ]
        expected = split(given, by)
        found = ready.query("handle-time", {"by": by}).to_pylist()
        assert [each.get(by, "") for each in found] == list(expected)
        for each, rows in zip(found, expected.values(), strict=True):
            assert each["n"] == len(rows)
            assert_times(each, [r["handle_s"] for r in rows])

    @pytest.mark.parametrize("by", BY)
    def test_first_contact_resolution_leaves_out_what_nobody_knows_yet(self, ready, care, by):
        expected = split([c | {"answered_at": c["opened_at"]} for c in care[RESOLUTIONS]], by)
        found = ready.query("fcr", {"by": by}).to_pylist()
        assert [each.get(by, "") for each in found] == list(expected)
        for each, rows in zip(found, expected.values(), strict=True):
            verdicts = [r["verdict"] for r in rows]
            for name in ("first_contact", "second_contact", "repeat", "unresolved", "undecided"):
                assert each[name] == verdicts.count(name)
            n, hits = len(verdicts) - each["undecided"], each["first_contact"]
            assert (each["n"], each["of"]) == (n, len(care[RESOLUTIONS]))
            assert each["repeat_assumed"] == sum(r["is_assumed"] for r in rows)
            if n:
                assert each["fcr"] == pytest.approx(hits / n)
                assert ends(each, "fcr") == bounds(hits, n)
            resolved = n - each["unresolved"]
            assert each["resolved"] == resolved
            if resolved:
                assert each["fcr_of_resolved"] == pytest.approx(hits / resolved)

    @pytest.mark.parametrize("by", SOME)
    def test_response_rate_is_of_turns_whose_expectation_has_passed(self, ready, care, by):
        given = [
            t | {"answered_at": t["opened_at"]}
            for t in care[TURNS]
            if t["due_at"]
            and (
                t["outcome"] in ("answered", "overdue")
                or (t["outcome"] == "closed" and t["ended_at"] > t["due_at"])
            )
        ]
        expected = split(given, by)
        found = ready.query("response-rate", {"by": by}).to_pylist()
        assert [each.get(by, "") for each in found] == list(expected)
        for each, rows in zip(found, expected.values(), strict=True):
            n, answered = len(rows), [r for r in rows if r["outcome"] == "answered"]
            in_time = sum(r["ended_at"] <= r["due_at"] for r in answered)
            soon = sum(r["waited_s"] <= 3600 for r in answered)
            assert (each["n"], each["answered"]) == (n, len(answered))
            assert ends(each, "share_answered") == bounds(len(answered), n)
            assert ends(each, "share_in_time") == bounds(in_time, n)
            assert ends(each, "share_within_1h") == bounds(soon, n)

    def test_only_the_conversations_asked_for(self, ready, care):
        since, until = T0 + 10 * DAY, T0 + 60 * DAY
        asked = {"since": rfc3339(since), "until": rfc3339(until), "brand": "a"}
        rows = [
            r
            for r in care[RESOLUTIONS]
            if since <= r["opened_at"] < until
            and (r["brand"], r["channel"]) == ("a", "chat")
            and "young" in r["personas"]
        ]
        [found] = ready.query("fcr", asked | {"channel": "chat", "persona": "young"}).to_pylist()
        assert found["of"] == len(rows) > 0
        assert found["first_at"] == moment(min(r["opened_at"] for r in rows))
