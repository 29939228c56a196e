"""Which signs an event shows, as the configuration's rules say.

The rules are put together once, by type of event: most events have no rule at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar, cast

from projections.configuration.stages import SignRule, StageRules
from schemas.events import SHIPPED, Custom, MessageReceived, ReviewPosted, SurveyAnswered
from schemas.fact import Fact, Touchpoint
from schemas.times import SECOND, Instant

T = TypeVar("T")

BY_NAME: dict[str, type[Fact]] = {fact.TYPE.partition(".")[0]: fact for fact in SHIPPED}


class Named(NamedTuple):
    """A rule under its name, durations in microseconds."""

    sign: str
    rule: SignRule
    again_within: Instant
    after: Instant
    is_plain: bool  # whether nothing but the type is asked for


class Signs:
    """All signs of a configuration, found by the type of an event."""

    def __init__(self, rules: StageRules) -> None:
        self._shown: dict[type[Fact] | str, list[Named]] = {}
        self._called_off: dict[type[Fact] | str, list[str]] = {}
        for name, rule in rules.all_signs.items():
            plain = SignRule(
                events=rule.events,
                again_within=rule.again_within,
                after=rule.after,
                unless=rule.unless,
            )
            named = Named(
                name, rule, rule.again_within * SECOND, rule.after * SECOND, rule == plain
            )
            for kind in _kinds(rule.events):
                self._shown.setdefault(kind, []).append(named)
            for kind in _kinds(rule.unless):
                self._called_off.setdefault(kind, []).append(name)

    def of(self, fact: Fact) -> Sequence[Named]:
        """The rules that may hold of an event, in their order."""
        return _of(self._shown, fact)

    def called_off_by(self, fact: Fact) -> Sequence[str]:
        """The signs that wait no longer after an event."""
        return _of(self._called_off, fact)


def _of(table: Mapping[type[Fact] | str, Sequence[T]], fact: Fact) -> Sequence[T]:
    found = table.get(type(fact), ())
    if type(fact) is Custom:
        return [*found, *table.get(fact.declared or fact.name, ())]
    return found


def holds(rule: SignRule, fact: Fact) -> bool:
    """Whether all that a rule says of one event is so; its type is known to fit."""
    touch = cast(Touchpoint, fact)
    if rule.direction and touch.direction != rule.direction:
        return False
    if rule.channels and touch.channel not in rule.channels:
        return False
    if rule.is_question and not (isinstance(fact, MessageReceived) and fact.is_question):
        return False
    if rule.survey and not (isinstance(fact, SurveyAnswered) and fact.survey == rule.survey):
        return False
    return _is_between(rule, fact)


def _is_between(rule: SignRule, fact: Fact) -> bool:
    if rule.share_at_least <= 0 and rule.share_at_most >= 1:
        return True
    if isinstance(fact, SurveyAnswered):
        share = fact.share_of_scale
    elif isinstance(fact, ReviewPosted) and fact.stars_max:
        share = fact.stars / fact.stars_max
    else:
        return False
    return rule.share_at_least <= share <= rule.share_at_most


def _kinds(names: Iterable[str]) -> Iterable[type[Fact] | str]:
    for name in names:
        yield BY_NAME.get(name, name)
