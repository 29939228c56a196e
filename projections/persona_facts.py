"""What is known of a customer, as far as the rules of some persona ask for it.

A condition's fact becomes a key, and a note that keeps the key's value up to date. A fact that no
rule asks for costs nothing. Personas tell events by when they happened, triggers by when they were
recorded: what is told late never takes the place of what happened after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, cast

import msgspec

from projections.configuration.personas import EVENTS, SCORE, STAGE, TRAIT, WORDS, Condition, Value
from projections.signs import ContactBegan, Sign, StageEntered
from projections.stage_signs import BY_NAME
from projections.touchpoints import type_of
from projections.trait_words import words_of
from schemas.events import (
    Custom,
    MessageReceived,
    OrderPlaced,
    PreferenceStated,
    Refunded,
    SubscriptionRenewed,
    SubscriptionStarted,
    SurveyAnswered,
    TraitsStated,
)
from schemas.fact import Fact, Touchpoint
from schemas.recorded import Recorded
from schemas.times import DAY, Instant

LANGUAGES_MAX = 8  # a state stays small; the last ones are remembered
MICROS = 1_000_000
ENDLESS = 1e15  # beyond every number that a rule asks for


class Known(msgspec.Struct, array_like=True):
    """What is known of one customer, by key; of what was stated, ``times`` has when."""

    numbers: dict[str, float] = {}
    words: dict[str, list[str]] = {}
    times: dict[str, Instant] = {}


Note = Callable[[Known, Recorded], None]
Hear = Callable[[Known, Sign], None]


class Source(NamedTuple):
    """Where a fact comes from.

    Args:
        events: the types that tell it; None: all.
        note: takes one of them in.
        sign: the sign that tells it, in place of events.
        hear: takes it in.
    """

    key: str
    events: tuple[type[Fact], ...] | None = ()
    note: Note | None = None
    sign: type[Sign] | None = None
    hear: Hear | None = None


def key_of(asked: Condition) -> str:
    """What a condition's fact is kept under."""
    return "\n".join((asked.fact, asked.name, asked.channel, asked.topic)).rstrip("\n")


def source_of(asked: Condition) -> Source:
    """Where the fact of a condition comes from."""
    return SOURCES[asked.fact](key_of(asked), asked)


def _is_newest(known: Known, key: str, at: Instant) -> bool:
    """Whether nothing later is known under a key; takes note of the time."""
    newest = at >= known.times.get(key, at)
    if newest:
        known.times[key] = at
    return newest


# --- numbers ----------------------------------------------------------------------------------


def _is_about(asked: Condition, told: Any) -> bool:
    """Whether an event or a sign is where, and about what, the condition says."""
    if asked.channel and told.channel != asked.channel:
        return False
    return not asked.topic or told.topic == asked.topic


def _add(known: Known, key: str, amount: float = 1) -> None:
    known.numbers[key] = known.numbers.get(key, 0.0) + amount


def _touches(key: str, asked: Condition) -> Source:
    def note(known: Known, event: Recorded) -> None:
        fact = cast(Touchpoint, event.fact)
        if fact.direction == "inbound" and _is_about(asked, fact):
            _add(known, key)

    return Source(key, None, note)


def _orders(key: str, asked: Condition) -> Source:
    def note(known: Known, event: Recorded) -> None:
        if _is_about(asked, event.fact):
            _add(known, key)

    return Source(key, (OrderPlaced,), note)


def _questions(key: str, asked: Condition) -> Source:
    def note(known: Known, event: Recorded) -> None:
        fact = cast(MessageReceived, event.fact)
        if fact.is_question and _is_about(asked, fact):
            _add(known, key)

    return Source(key, (MessageReceived,), note)


def _revenue(key: str, asked: Condition) -> Source:
    def note(known: Known, event: Recorded) -> None:
        fact: Any = event.fact
        if _is_about(asked, fact):
            # Kept in whole millionths: they add up the same in any order.
            sign = -1 if isinstance(fact, Refunded) else 1
            _add(known, key, sign * fact.amount_micros)

    return Source(key, (OrderPlaced, SubscriptionStarted, SubscriptionRenewed, Refunded), note)


def _events(key: str, asked: Condition) -> Source:
    def note(known: Known, event: Recorded) -> None:
        fact = event.fact
        is_it = asked.name in (type_of(event), fact.name if isinstance(fact, Custom) else "")
        if is_it and _is_about(asked, fact):
            _add(known, key)

    return Source(key, (BY_NAME.get(asked.name, Custom),), note)


def _score(key: str, asked: Condition) -> Source:
    def note(known: Known, event: Recorded) -> None:
        fact = cast(SurveyAnswered, event.fact)
        if fact.survey == asked.name and _is_newest(known, key, event.occurred_at):
            known.numbers[key] = fact.share_of_scale

    return Source(key, (SurveyAnswered,), note)


def _contacts(key: str, asked: Condition) -> Source:
    def hear(known: Known, sign: Sign) -> None:
        if _is_about(asked, sign):
            _add(known, key)

    return Source(key, sign=ContactBegan, hear=hear)


# --- words ------------------------------------------------------------------------------------


def _trait(key: str, asked: Condition) -> Source:
    def note(known: Known, event: Recorded) -> None:
        told = cast(TraitsStated, event.fact).facts
        if asked.name in told and _is_newest(known, key, event.occurred_at):
            known.words[key] = words_of(told[asked.name])

    return Source(key, (TraitsStated,), note)


def _stage(key: str, asked: Condition) -> Source:
    def hear(known: Known, sign: Sign) -> None:
        known.words[key] = [cast(StageEntered, sign).stage]

    return Source(key, sign=StageEntered, hear=hear)


def _stated(field: str) -> Callable[[str, Condition], Source]:
    def source(key: str, asked: Condition) -> Source:
        def note(known: Known, event: Recorded) -> None:
            told = getattr(event.fact, field)
            if told and _is_newest(known, key, event.occurred_at):
                known.words[key] = [told]

        return Source(key, (PreferenceStated,), note)

    return source


def _language(key: str, asked: Condition) -> Source:
    """The languages that the customer writes in or asks for, the last ones."""

    def note(known: Known, event: Recorded) -> None:
        told = cast(MessageReceived, event.fact).language
        words = known.words.setdefault(key, [])
        if told and told in words:
            words.remove(told)
        if told:
            words.append(told)
            del words[:-LANGUAGES_MAX]

    return Source(key, (PreferenceStated, MessageReceived), note)


# --- times ------------------------------------------------------------------------------------


def _first_touch(key: str, asked: Condition) -> Source:
    def note(known: Known, event: Recorded) -> None:
        known.times[key] = min(known.times.get(key, event.occurred_at), event.occurred_at)

    return Source(key, None, note)


def _last_touch(key: str, asked: Condition) -> Source:
    def note(known: Known, event: Recorded) -> None:
        if cast(Touchpoint, event.fact).direction == "inbound":
            _is_newest(known, key, event.occurred_at)

    return Source(key, None, note)


def _last_order(key: str, asked: Condition) -> Source:
    def note(known: Known, event: Recorded) -> None:
        _is_newest(known, key, event.occurred_at)

    return Source(key, (OrderPlaced,), note)


def _in_stage(key: str, asked: Condition) -> Source:
    def hear(known: Known, sign: Sign) -> None:
        known.times[key] = sign.at

    return Source(key, sign=StageEntered, hear=hear)


SOURCES: dict[str, Callable[[str, Condition], Source]] = {
    TRAIT: _trait,
    STAGE: _stage,
    "language": _language,
    "timezone": _stated("timezone"),
    "preferred_channel": _stated("on_channel"),
    "touches": _touches,
    "contacts": _contacts,
    "questions": _questions,
    "orders": _orders,
    "revenue": _revenue,
    EVENTS: _events,
    SCORE: _score,
    "days_since_first_touch": _first_touch,
    "days_since_last_touch": _last_touch,
    "days_since_last_order": _last_order,
    "days_in_stage": _in_stage,
}


# --- whether it holds -------------------------------------------------------------------------

Rule = Callable[[Known, Instant], bool]


def rule_of(condition: Condition) -> Rule:
    """Whether a condition holds of what is known at a time, put together once."""
    tests = [_leaf(condition)] if condition.fact else []
    tests += [rule_of(part) for part in condition.all]
    some = [rule_of(part) for part in condition.any]
    none = [rule_of(part) for part in condition.not_]

    def holds(known: Known, at: Instant) -> bool:
        for test in tests:
            if not test(known, at):
                return False
        if some and not any(test(known, at) for test in some):
            return False
        return not any(test(known, at) for test in none)

    return tests[0] if len(tests) == 1 and not some and not none else holds


def _leaf(asked: Condition) -> Rule:
    key = key_of(asked)
    low = -ENDLESS if asked.at_least is None else asked.at_least
    high = ENDLESS if asked.at_most is None else asked.at_most
    wanted = [*asked.one_of, *([] if asked.is_ is None else [asked.is_])]
    if asked.fact.startswith("days_"):
        soonest, latest = round(low * DAY), round(high * DAY)

        def is_long_ago(known: Known, at: Instant) -> bool:
            since = known.times.get(key)
            return since is not None and soonest <= at - since <= latest

        return is_long_ago
    is_limited = asked.at_least is not None or asked.at_most is not None
    if asked.fact in WORDS:
        texts = {_text(value) for value in wanted}

        def is_word(known: Known, at: Instant) -> bool:
            told = known.words.get(key, ())
            if texts and texts.isdisjoint(told):
                return False
            return not is_limited or any(low <= n <= high for n in _numbers(told))

        return is_word
    scale = MICROS if asked.fact == "revenue" else 1
    missing = None if asked.fact == SCORE else 0.0

    def is_number(known: Known, at: Instant) -> bool:
        told = known.numbers.get(key, missing)
        if told is None or not low * scale <= told <= high * scale:
            return False
        return not wanted or any(told == value * scale for value in wanted if _is_number(value))

    return is_number


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Value) -> str:
    """A value as a trait in clear is spelled."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:g}" if value == int(value) else str(value)


def _numbers(told: Iterable[str]) -> Iterable[float]:
    for text in told:
        try:
            yield float(text)
        except ValueError:
            continue
