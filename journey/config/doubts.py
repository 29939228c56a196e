"""What a configuration of triggers may say, and hardly means: told before it is published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations

from journey.config.facts_never_told import doubts_about_facts
from journey.config.file import Config
from journey.config.names import Doubt, doubts_about_names
from journey.config.texts_too_long import doubts_about_lengths
from projections.configuration import Configuration
from projections.configuration.personas import NUMBERS, Condition
from projections.configuration.triggers import MESSAGE, Start, Trigger
from projections.outreach.clocks import awake_at
from schemas import zones
from schemas.times import DAY, Instant

# What a message of this engine becomes once it is sent, whichever trigger it is of.
OF_MESSAGES = frozenset(
    f"outreach-{what}" for what in ("sent", "delivered", "opened", "clicked", "bounced")
)
OF_CONTACTS = "over_contacted"  # the pain of too many messages
OF_EVERYBODY = frozenset(("page-viewed", "message-received", "product-viewed"))
# Numbers that begin at 0: at least so many is no condition.
FROM_ZERO = frozenset(NUMBERS) - {"revenue", "score"}


def doubts(config: Config, today: date, now: Instant) -> list[Doubt]:
    """All of them: names, circles, audiences, texts, facts, zones and reviews."""
    rules = config.rules
    return [
        *doubts_about_names(config),
        *_circles(rules),
        *_audiences(rules),
        *doubts_about_lengths(rules),
        *doubts_about_facts(config),
        *_zones(rules, now),
        *_reviews(rules, today),
    ]


def _circles(rules: Configuration) -> Iterator[Doubt]:
    """Triggers that are started by what they send, or by what each other sends."""
    listening = [
        name
        for name, trigger in rules.triggers.items()
        if trigger.action == MESSAGE
        and (OF_MESSAGES.intersection(trigger.start.events) or trigger.start.pain == OF_CONTACTS)
    ]
    for name in listening:
        yield Doubt(f"triggers.{name}.start", "is started by messages, its own among them")
    for one, other in combinations(listening, 2):
        told = f"and {other} start each other: each sends what starts the other"
        yield Doubt(f"triggers.{one}", told)


def _audiences(rules: Configuration) -> Iterator[Doubt]:
    for name, trigger in rules.triggers.items():
        if trigger.when is not None and holds_always(trigger.when):
            yield Doubt(f"triggers.{name}.when", "holds for everybody: it is no condition")
        elif trigger.when is None and _is_for_everybody(trigger, rules):
            what = ", ".join(trigger.start.events) or f"the stage {trigger.start.stage}"
            told = f"would reach everybody by {what} alone: give it a condition or channels"
            yield Doubt(f"triggers.{name}.start", told)


def _is_for_everybody(trigger: Trigger, rules: Configuration) -> bool:
    start = trigger.start
    if trigger.action != MESSAGE:
        return False
    if start.stage:
        return start.stage == rules.stages.path[0] and not start.after
    plain = Start(events=start.events, direction=start.direction)
    return start == plain and not OF_EVERYBODY.isdisjoint(start.events)


def holds_always(condition: Condition) -> bool:
    """Whether a condition holds whatever is known of a customer."""
    own = True
    if condition.fact:
        is_floor = condition.at_least is not None and condition.at_least <= 0
        is_free = condition.is_ is None and not condition.one_of and condition.at_most is None
        own = condition.fact in FROM_ZERO and is_floor and is_free
    if condition.any:
        own = own and any(holds_always(each) for each in condition.any)
    return own and not condition.not_ and all(holds_always(each) for each in condition.all)


def _zones(rules: Configuration, now: Instant) -> Iterator[Doubt]:
    """Zones of which at any time some are asleep: what is for the unknown never goes out."""
    told = rules.outreach
    where = [zones.zone(name) for name in told.zones if name in zones.names()]
    for season in (now, now + 182 * DAY):
        at, ends = season, season + DAY
        while at < ends:
            later = awake_at(at, told.quiet_from, told.quiet_until, where)
            if later == at:
                break
            at = later
        else:
            wrong = "are never awake together in one half of the year: who has no zone gets nothing"
            yield Doubt("outreach.zones", wrong)
            return


def _reviews(rules: Configuration, today: date) -> Iterator[Doubt]:
    days = rules.outreach.review_every // 86400
    for name, trigger in rules.triggers.items():
        if trigger.action != MESSAGE:
            continue
        place = f"triggers.{name}.reviewed_on"
        if trigger.reviewed_on is None:
            yield Doubt(place, f"is not told: it would never stop, though unseen for {days} days")
        elif (today - trigger.reviewed_on).days > days:
            told = f"is more than {days} days ago: nothing of it goes out until it is reviewed"
            yield Doubt(place, told)
