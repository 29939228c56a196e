"""What every `Analytics` promises about care: the figures that plain Python makes of rows."""

import math
import random
from collections import defaultdict
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from journey.config.file import parse
from projections.configuration import document
from projections.fold import Out, fold_meaning, run_meaning
from projections.rulebook import Rulebook
from projections.signs import PersonasChanged
from projections.tables import ASSIGNMENTS, BY_NAME, CONTACTS, CONVERSATIONS, KEY_OF, TURNS
from schemas.events import CallAbandoned, CallAnswered, CallEnded, CallQueued
from schemas.times import HOUR, SECOND, rfc3339
from tests.contracts.analytics_rows import T0, block, row
from tests.projections.story import (
    Story,
    accepted,
    asks,
    assigned,
    at,
    bot,
    call,
    offered,
    replies,
    resolved,
)

CARE = (CONVERSATIONS, TURNS, CONTACTS, ASSIGNMENTS)
LATER = at(days=400)
OFFICE = parse(
    '[calendars.all]\nzone = "Europe/Berlin"\n'
    + "".join(f'hours.{day} = ["09:00-17:00"]\n' for day in ("mon", "tue", "wed", "thu", "fri"))
).rules
SIX = ["none", "brand", "channel", "team", "agent", "topic", "persona"]


def story(draw: random.Random, number: int) -> Story:
    """One customer's care: messages, bots, calls, offers, in any order, now and then resolved."""
    told, hours = Story(number.to_bytes(16)), draw.random() * 5_000
    for n in range(draw.randint(1, 4)):
        key = (1_000 * number + n + 1).to_bytes(16)
        where: dict[str, Any] = {"brand": draw.choice("ab"), "conversation": key}
        for _ in range(draw.randint(1, 12)):
            channel = draw.choice(["chat", "email", "social"])
            agent, team = draw.choice([("kim", "one"), ("lee", "two"), ("", "")])
            fact = draw.choice(
                [
                    asks(channel=channel, topic=draw.choice(["", "", "parcel"]), **where),
                    asks(channel=channel, intent=draw.choice(["thanks", "question"]), **where),
                    asks(channel=channel, urgency=draw.choice(["", "high"]), **where),
                    replies(agent, channel=channel, team=team, **where),
                    replies(agent, channel=channel, team=team, **where),
                    bot(channel=channel, resolving=draw.random() < 0.3, **where),
                    assigned(agent, team=team, **where),
                    resolved(**where),
                    call(CallQueued, queue=draw.choice("qr"), **where),
                    call(CallAnswered, actor=agent, actor_kind="human", **where),
                    call(CallAbandoned, **where),
                    call(CallEnded, talk_s=draw.choice([0, 60.5]), wrap_up_s=9, **where),
                    offered("email", **where),
                    accepted("email", **where),
                ]
            )
            told.tell(fact, at(hours))
            hours += draw.choice([0, 0.02, 0.5, 5, 26, 100]) * draw.random()
    return told


@cache
def care() -> dict[str, list[tuple[Any, ...]]]:
    """The rows of many customers, each of whom holds personas before anything happens."""
    draw, book = random.Random(7), Rulebook(document(OFFICE))
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for number in range(1, 200):
        state, out, told = book.initial(), Out([], []), story(draw, number)
        held = PersonasChanged(at=0, personas=draw.choice([(), ("new",), ("new", "rich")]))
        for name, hear in book.meaning.hearing(PersonasChanged):
            hear(getattr(state, name), held, told.customer)
        for event in sorted(told.events, key=lambda e: e.order):
            fold_meaning(book, state, event, told.customer, out)
        run_meaning(book, state, LATER, told.customer, out)
        current = {(c.table, KEY_OF[c.table](c.row)): c.row for c in out.rows}
        for (table, _), each in current.items():
            found[table].append(each)
    return found


def told(table: str) -> list[dict[str, Any]]:
    names = BY_NAME[table].names
    return [dict(zip(names, each, strict=True)) for each in care()[table]]


def groups(rows: list[dict[str, Any]], by: str, names: dict[str, str] | None = None) -> Any:
    found = defaultdict(list)
    for each in rows:
        if by == "persona":
            keys = each["personas"] or [""]
        else:
            keys = [""] if by == "none" else [each[(names or {}).get(by, by)]]
        for key in keys:
            found[key].append(each)
    return sorted(found.items())


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


class CareContract:
    """Part of the contract; `ready` has generation 1 of all tables."""

    @pytest.fixture
    def cared(self, ready):
        for table in CARE:
            ready.insert(block(table, care()[table.name]), 1)
        return ready

    def agrees(self, ready, query, by, expected, **given):
        found = ready.query(query, {"by": by} | given).to_pylist()
        assert [each.get(by, "") for each in found] == [key for key, _ in expected]
        for answer, (_, figures) in zip(found, expected, strict=True):
            assert {name: answer[name] for name in figures} == pytest.approx(figures, rel=1e-9)

    @pytest.mark.parametrize("by", SIX)
    def test_care_is_told_as_python_tells_it(self, cared, by):
        talks, turns, calls = told("conversations"), told("turns"), told("contacts")
        for hours, suffix in (("clock", "s"), ("business", "business_s")):
            self.first_responses(cared, by, talks, hours, f"first_response_{suffix}")
            self.next_responses(cared, by, turns, hours, f"waited_{suffix}")
            self.rates(cared, by, turns, hours, f"waited_{suffix}")
            self.resolutions(cared, by, talks, hours, f"resolution_{suffix}")
        self.contacts_to_resolutions(cared, by, talks)
        self.deflections(cared, by, talks)
        self.queues(cared, by, calls)
        self.handling(cared, by, calls)

    def first_responses(self, ready, by, talks, hours, name):
        names = {"agent": "first_response_agent", "team": "first_response_team"}
        rows = [each for each in talks if each["first_response_s"] is not None]
        expected = [
            (
                key,
                {
                    "n": len(own),
                    "mean_s": mean([each[name] for each in own]),
                    "median_s": percentile([each[name] for each in own], 0.5),
                    "within_1h": sum(each[name] <= 3600 for each in own),
                },
            )
            for key, own in groups(rows, by, names)
        ]
        assert len(rows) > 100
        self.agrees(ready, "first-response", by, expected, hours=hours)

    def next_responses(self, ready, by, turns, hours, name):
        expected = []
        for key, own in groups([each for each in turns if each["response"] == "next"], by):
            talks = defaultdict(list)
            for each in own:
                talks[each["conversation_id"]].append(each[name])
            figures = {
                "conversations": len(talks),
                "n": len(own),
                "mean_s": mean([each[name] for each in own]),
                "p90_of_means_s": percentile([mean(times) for times in talks.values()], 0.9),
                "within_1h": sum(each[name] <= 3600 for each in own),
            }
            expected.append((key, figures))
        self.agrees(ready, "next-response", by, expected, hours=hours)

    def rates(self, ready, by, turns, hours, name):
        passed = [
            each
            for each in turns
            if each["due_at"] is not None
            and (
                each["outcome"] in ("answered", "overdue")
                or (each["outcome"] == "closed" and each["ended_at"] > each["due_at"])
            )
        ]
        expected = []
        for key, own in groups(passed, by):
            answered = [each for each in own if each["outcome"] == "answered"]
            figures = {
                "n": len(own),
                "answered": len(answered),
                "share_answered": len(answered) / len(own),
                "in_time": sum(each["ended_at"] <= each["due_at"] for each in answered),
                "waiting": sum(each["outcome"] == "overdue" for each in own),
                "within_1h": sum(each[name] <= 3600 for each in answered),
            }
            expected.append((key, figures))
        self.agrees(ready, "response-rate", by, expected, hours=hours)

    def resolutions(self, ready, by, talks, hours, name):
        expected = [
            (
                key,
                {
                    "n": len(own),
                    "still_open": sum(each["status"] == "open" for each in own),
                    "mean_s": mean([each[name] for each in own if each[name] is not None]),
                    "reopened": sum(each["reopened"] > 0 for each in own),
                },
            )
            for key, own in groups(talks, by)
        ]
        self.agrees(ready, "resolution", by, expected, hours=hours)

    def contacts_to_resolutions(self, ready, by, talks):
        rows = [each for each in talks if each["contacts_to_resolution"]]
        expected = [
            (
                key,
                {
                    "n": len(own),
                    "per_resolution": mean([each["contacts_to_resolution"] for each in own]),
                    "in_one": sum(each["contacts_to_resolution"] == 1 for each in own),
                    "most": max(each["contacts_to_resolution"] for each in own),
                },
            )
            for key, own in groups(rows, by)
        ]
        self.agrees(ready, "contacts-per-resolution", by, expected)

    def deflections(self, ready, by, talks):
        expected = [
            (
                key,
                {
                    "n": sum(each["deflections_offered"] > 0 for each in own),
                    "offered": sum(each["deflections_offered"] for each in own),
                    "moves": sum(each["moves"] for each in own),
                    "moves_invited": sum(each["moves_invited"] for each in own),
                },
            )
            for key, own in groups(talks, by)
        ]
        self.agrees(ready, "deflection", by, expected)

    def queues(self, ready, by, calls):
        rows = [each for each in calls if each["queue_s"] is not None]
        expected = [
            (
                key,
                {
                    "n": len(own),
                    "abandoned": sum(each["phase"] == "abandoned" for each in own),
                    "mean_s": mean([each["queue_s"] for each in own]),
                    "max_s": max(each["queue_s"] for each in own),
                },
            )
            for key, own in groups(rows, by)
        ]
        self.agrees(ready, "queue-time", by, expected)

    def handling(self, ready, by, calls):
        rows = [each for each in calls if each["handle_s"] is not None]
        expected = [
            (
                key,
                {
                    "n": len(own),
                    "mean_s": mean([each["handle_s"] for each in own]),
                    "talk_s": mean([each["talk_s"] for each in own]),
                    "wrap_up_s": mean([each["wrap_up_s"] for each in own]),
                },
            )
            for key, own in groups(rows, by)
        ]
        self.agrees(ready, "handle-time", by, expected)

    def test_what_is_told_adds_up(self, cared):
        """Turns and contacts, counted alone, are what conversations say they had."""
        talks = told("conversations")
        [following] = cared.query("next-response", {}).to_pylist()
        assert following["n"] == sum(each["next_response_n"] for each in talks)
        times = [e["next_response_s"] * e["next_response_n"] for e in talks if e["next_response_n"]]
        assert following["mean_s"] == pytest.approx(math.fsum(times) / following["n"])
        turns, contacts = told("turns"), told("contacts")
        assert len(turns) == sum(each["turns"] for each in talks)
        answered = sum(each["outcome"] == "answered" for each in turns)
        assert answered == sum(each["turns_answered"] for each in talks)
        due = sum(each["due_at"] is not None for each in turns)
        assert due == sum(each["turns_due"] for each in talks) < len(turns)
        late = [e for e in turns if e["due_at"] and (e["ended_at"] or LATER) > e["due_at"]]
        assert len(late) == sum(each["turns_overdue"] for each in talks) > 100
        assert len(contacts) == sum(each["contacts"] for each in talks)
        assert sum(e["is_call"] for e in contacts) == sum(e["calls"] for e in talks) > 100
        for name in ("queue_s", "talk_s", "hold_s", "wrap_up_s", "handle_s"):
            sums = [math.fsum(e[name] or 0 for e in rows) for rows in (contacts, talks)]
            assert sums[0] == pytest.approx(sums[1])
        assert all(e["first_response_business_s"] <= e["first_response_s"] for e in talks
                   if e["first_response_s"] is not None)  # fmt: skip

    def test_turns_that_are_due_later_do_not_count_yet(self, cared):
        turns = [e for e in told("turns") if e["due_at"] and e["outcome"] == "answered"]
        now = sorted(each["due_at"] for each in turns)[len(turns) // 2]
        [found] = cared.query("response-rate", {"now": rfc3339(now)}).to_pylist()
        assert found["answered"] == sum(each["due_at"] <= now for each in turns)

    @pytest.mark.parametrize("by", ["agent", "team", "brand", "channel"])
    def test_concurrency_against_a_count_at_every_border(self, cared, by):
        spans = told("assignments")
        known = max(max(e["assigned_at"], e["ended_at"] or 0) for e in spans)
        expected = []
        for key, own in groups(spans, by):
            pairs = [(e["assigned_at"], e["ended_at"] or known) for e in own]
            pairs = [(start, end) for start, end in pairs if start < end]
            borders = sorted({border for pair in pairs for border in pair})
            most = busy = 0
            for start, end in pairwise(borders):
                n = sum(pair[0] <= start and end <= pair[1] for pair in pairs)
                most, busy = max(most, n), busy + (end - start) * (n > 0)
            assigned_ = sum(end - start for start, end in pairs)
            figures = {
                "assigned_s": assigned_ / SECOND,
                "busy_s": busy / SECOND,
                "mean_open": assigned_ / busy,
                "max_open": most,
            }
            expected.append((key, figures))
        self.agrees(cared, "agent-concurrency", by, expected)

    def test_concurrency_by_hand(self, ready):
        """Two hours of one, of which one hour of two; looked at from the middle of the first."""
        spans = [("x", 0, 2), ("y", 1, None), ("z", 5, 5)]
        rows = [
            row(
                ASSIGNMENTS,
                customer_id=name,
                conversation_id=name,
                agent="kim",
                assigned_at=T0 + start * HOUR,
                ended_at=None if end is None else T0 + end * HOUR,
            )
            for name, start, end in spans
        ]
        ready.insert(block(ASSIGNMENTS, rows), 1)
        window = {"since": rfc3339(T0 + HOUR // 2), "until": rfc3339(T0 + 3 * HOUR)}
        [found] = ready.query("agent-concurrency", window).to_pylist()
        assert found == {
            "agent": "kim",
            "conversations": 2,
            "assigned_s": 1.5 * 3600 + 2 * 3600,
            "busy_s": 2.5 * 3600,
            "mean_open": 1.4,
            "max_open": 2,
        }
        [found] = ready.query("agent-concurrency", {}).to_pylist()
        assert found["assigned_s"] == 6 * 3600  # what lasts, lasts as far as anything is known
