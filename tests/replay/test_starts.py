"""Given the record that a finding began a trigger, then it is proved by what was known by then."""

from __future__ import annotations

import msgspec
import pytest

from journey.config.file import parse
from projections.configuration import document
from projections.fold import findings
from projections.projection import act_id
from projections.rulebook import Rulebook
from replay.findings import Kind
from replay.starts import compare_starts
from schemas.events import CancellationAsked, OutreachDecided, ProductViewed
from schemas.recorded import Recorded
from tests.projections.feed import Feed
from tests.projections.story import ANN, Story, asks, at, event_id, in_force, page

RULES = parse("""
[triggers.rescue]
action = "open_action"
start = { stage = "at_risk" }
steps = [{ text = "Call" }]

[triggers.stuck]
action = "alert_team"
start = { stage = "at_risk", after = "1 h" }
steps = [{ text = "Still at risk" }]
""").rules
WAITS = """
[triggers.waits]
action = "alert_team"
start = { pain = "unanswered" }
steps = [{ text = "Look" }]
"""
BOOK = Rulebook(document(RULES))


def told() -> Story:
    """Somebody who asks to cancel, and both starts that come of it, as the engine records them."""
    story = Story()
    story.tell(page(), at(0))
    story.tell(CancellationAsked(channel="web", direction="inbound"), at(1))
    for act in findings(BOOK, ANN, story.events, at(3)):
        record = story.tell(act.fact, act.occurred_at, recorded=max(act.occurred_at, at(1)))
        story.events[-1] = msgspec.structs.replace(record, event_id=act_id(act.fact))
    return story


def wrong(events: list[Recorded]) -> list[tuple[str, str]]:
    found = [*compare_starts(ANN, in_force(RULES), events)]
    assert all(one.kind is Kind.DECISION for one in found)
    return [(one.where, one.expected) for one in found]


def test_what_was_found_is_found_again():
    story = told()
    starts = [e.fact for e in story.events if isinstance(e.fact, OutreachDecided)]
    assert [(f.trigger, f.verdict, f.decided_at) for f in starts] == [
        ("rescue", "started", at(1)),
        ("stuck", "started", at(2)),
    ]
    assert wrong(story.events) == []


def test_a_late_event_changes_the_finding_and_not_its_proof():
    story = told()
    story.tell(ProductViewed(channel="web", direction="inbound"), at(0.5), recorded=at(9))
    assert wrong(story.events) == []


def test_what_time_found_and_named_no_cause_for_is_still_proved():
    """As logs have it that were written before decision 55."""
    rules = parse(WAITS).rules
    story, book = Story(), Rulebook(document(rules))
    story.tell(asks(), at(0))
    (act,) = findings(book, ANN, story.events, at(9))
    assert act.fact.cause == story.events[0].event_id
    for fact in (act.fact, msgspec.structs.replace(act.fact, cause=b"")):
        record = story.tell(fact, act.occurred_at)
        events = [story.events[0], msgspec.structs.replace(record, event_id=act_id(fact))]
        assert [*compare_starts(ANN, in_force(rules), events)] == []


@pytest.mark.parametrize("left_out", [0, 1])
def test_a_start_without_what_showed_it_is_told(left_out):
    events = told().events
    without = events[:left_out] + events[left_out + 1 :]
    nothing = "nothing that starts it"
    assert wrong(without) == ([] if left_out == 0 else [("rescue", nothing), ("stuck", nothing)])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trigger", "other"),
        ("cause", b"x" * 16),
        ("reason", "Because."),
        ("decided_at", at(1, micros=1)),
    ],
)
def test_a_start_that_says_something_else_is_told(field, value):
    *before, rescue, stuck = told().events
    changed = msgspec.structs.replace(rescue.fact, **{field: value})
    forged = msgspec.structs.replace(rescue, fact=changed)
    assert len(wrong([*before, forged, stuck])) == 1


def test_a_start_is_recorded_whether_or_not_something_late_comes_with_it():
    """What arrives in one piece and what arrives in two begin the same."""
    assert begun(together=True) == begun(together=False) == [("rescue", event_id(3))]


def begun(*, together: bool) -> list[tuple[str, bytes]]:
    """What starts of somebody who is at risk, and of whom an earlier page is told only then."""
    feed, story = Feed(BOOK), Story()
    story.tell(page(), at(0))
    story.tell(page(), at(0.9))
    feed.take(story.events)
    risk = story.tell(CancellationAsked(channel="web", direction="inbound"), at(1))
    late = story.tell(page(), at(0.5), recorded=at(1))
    for part in [[risk, late]] if together else [[risk], [late]]:
        feed.take(part)
    return [(a.fact.trigger, a.fact.cause) for a in feed.acts if a.fact.verdict == "started"]
