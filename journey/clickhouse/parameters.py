"""Parameters of named queries: what a caller may give, checked, and as the engine reads it.

Values reach the engine as server-side parameters only, never as part of a statement. The engine
parses each as one field of a tab-separated file, so a tab, a line end or a backslash in it has to
be escaped; ``None``, lists of strings and aware datetimes do not survive and are not sent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import msgspec

from projections.configuration import durations
from schemas.errors import UsageError
from schemas.times import EARLIEST, LATEST, Instant, instant, moment, parse_rfc3339

Value = str | int | float | datetime


class Sort(StrEnum):
    """What a parameter takes. Times are bound as aware datetimes in UTC.

    Sorts that name something are held against what occurs, see ``journey.clickhouse.known``.
    """

    WORD = "word"
    TEXT = "text"
    ACTIVITY = "activity"
    ACTIVITIES = "activities"  # with commas between
    STEPS = "steps"  # activities of a funnel
    BRAND = "brand"
    CHANNEL = "channel"
    COSTS = "costs"  # of channels, as a JSON object
    CURRENCY = "currency"
    CUSTOMER = "customer"  # an id; where there is a log, ``journey.answers`` finds it by identity
    DESIGN = "design"  # steps of a designed journey
    METRIC = "metric"
    PAIN = "pain"
    PERSONA = "persona"
    PROPERTY = "property"
    PURPOSE = "purpose"
    SEGMENT = "segment"  # of customers, by what the parameter segments says
    STAGE = "stage"
    STEP = "step"  # of a path: one activity, or several with | between
    TOPIC = "topic"
    TRIGGER = "trigger"
    TYPE = "type"
    VERDICT = "verdict"
    TIME = "time"
    NUMBER = "number"
    INTEGER = "integer"
    COUNT = "count"  # an integer from 0, such as a limit
    POSITIVE = "positive"  # an integer from 1, such as a number of days
    DURATION = "duration"  # as journey.toml has it, such as 1 h 30 min; bound in whole seconds


TYPES: dict[Sort, str] = {
    Sort.TIME: "DateTime64(6,'UTC')",
    Sort.NUMBER: "Float64",
    Sort.INTEGER: "Int64",
    Sort.COUNT: "UInt32",
    Sort.POSITIVE: "UInt32",
    Sort.DURATION: "Int64",
}
TEXTS = frozenset(Sort) - TYPES.keys()
TYPES |= dict.fromkeys(TEXTS, "String")
STEPS = (2, 9)  # of a funnel: each takes one of ten bits, and what ends an attempt the first
TIMES: dict[str, Instant] = {"earliest": EARLIEST, "latest": LATEST}
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\b": "\\b", "\f": "\\f"}
)
_RANGES: dict[Sort, tuple[int, int]] = {  # from the first, to before the second
    Sort.INTEGER: (-(2**63), 2**63),
    Sort.COUNT: (0, 2**32),
    Sort.POSITIVE: (1, 2**32),
}


class Parameter(NamedTuple):
    """One parameter of a named query.

    Args:
        default: as text; ``None`` if it has to be given.
        choices: the only words allowed; empty if any.
    """

    name: str
    sort: Sort
    default: str | None
    choices: tuple[str, ...]
    about: str

    def read(self, given: Any) -> Value:
        """The value for a query; ``None``, and empty text where that is no value, mean the default.

        Raises:
            UsageError: missing, or not of this sort.
        """
        is_text = self.sort in TEXTS and not self.choices
        if self.default is None:  # what has to be given is no empty text, but for one of no brand
            is_text = self.sort in (Sort.SEGMENT, Sort.STEPS, Sort.DESIGN)
        if given is None or (given == "" and not is_text):
            if self.default is None:
                raise UsageError(
                    f"The parameter {self.name} is missing: give it, a {self.sort.value}."
                )
            given = self.default
        return _READERS[self.sort](self, given)


def tsv(value: Value) -> str:
    """A bound value as chDB reads it."""
    match value:
        case str():
            return value.translate(_ESCAPES)
        case datetime():
            return moment(instant(value)).strftime("%Y-%m-%d %H:%M:%S.%f")
        case _:
            return repr(value)


def _refused(parameter: Parameter, given: Any, want: str) -> UsageError:
    shown = repr(given)
    if len(shown) > 60:
        shown = shown[:60] + "…"
    return UsageError(f"{shown} does not fit the parameter {parameter.name}: give {want}.")


def _text(parameter: Parameter, given: Any) -> str:
    if not isinstance(given, str):
        raise _refused(parameter, given, "text")
    try:
        given.encode()
    except UnicodeEncodeError:
        raise _refused(parameter, given, "text that is valid Unicode") from None
    if parameter.choices and given not in parameter.choices:
        raise _refused(parameter, given, "one of " + ", ".join(parameter.choices))
    return given


def _time(parameter: Parameter, given: Any) -> datetime:
    want = "a time with its zone, such as 2026-01-31T00:00:00Z"
    try:
        match given:
            case str():
                at = TIMES[given] if given in TIMES else parse_rfc3339(given)
            case datetime():
                at = instant(given)
            case _:
                raise _refused(parameter, given, want)
    except (ValueError, OverflowError):
        raise _refused(parameter, given, want) from None
    if not EARLIEST <= at <= LATEST:
        raise _refused(parameter, given, "a time from 1900 to 2200")
    return moment(at)


def _steps(parameter: Parameter, given: Any) -> str:
    """Steps of a funnel as they were written, if they can be walked."""
    told = _text(parameter, given)
    least, most = STEPS
    steps = [step.strip() for step in told.split(",")]
    if not least <= len(steps) <= most:
        raise _refused(parameter, given, f"{least} to {most} activities with commas between")
    _all_named(parameter, given, (step.rstrip("?") for step in steps))
    if steps[0].endswith("?"):
        raise _refused(parameter, given, "a first step that has to be taken, without its ?")
    return told


def _design(parameter: Parameter, given: Any) -> str:
    """Steps of a designed journey as they were written, each of which has a name."""
    told = _text(parameter, given)
    _all_named(parameter, given, (bare(step) for step in told.split(",")))
    return told


def _step(parameter: Parameter, given: Any) -> str:
    told = _text(parameter, given)
    if told:
        _all_named(parameter, given, [told])
    return told


def _all_named(parameter: Parameter, given: Any, steps: Iterable[str]) -> None:
    if any(not name.strip() for step in steps for name in step.split("|")):
        raise _refused(
            parameter, given, "an activity for every step, without a comma or | too many"
        )


def bare(step: str) -> str:
    """A step of a designed journey without the sign that tells how often it may be taken."""
    step = step.strip()
    return step[:-1] if step.endswith(("?", "+", "*")) else step


def _costs(parameter: Parameter, given: Any) -> str:
    told = _text(parameter, given) or "{}"
    want = 'a JSON object of what a contact costs on each channel, such as {"phone": 6.5}'
    try:
        msgspec.json.decode(told, type=dict[str, Annotated[float, msgspec.Meta(ge=0)]])
    except msgspec.MsgspecError:
        raise _refused(parameter, given, want) from None
    return told


def _duration(parameter: Parameter, given: Any) -> int:
    want = "a duration, such as 7 d, 1 h 30 min, or a number of seconds"
    number = durations.seconds(given) if isinstance(given, str) else given
    if number is None and given.strip().isdecimal():
        number = int(given)
    if isinstance(number, bool) or not isinstance(number, int):
        raise _refused(parameter, given, want)
    if not 0 <= number <= durations.SECONDS_MAX:
        raise _refused(parameter, given, f"{want}, from 0 to 100 years")
    return number


def _number(parameter: Parameter, given: Any) -> float:
    want = "a number, such as 0.5"
    if isinstance(given, bool) or not isinstance(given, (int, float, str)):
        raise _refused(parameter, given, want)
    try:
        number = float(given)
    except (ValueError, OverflowError):
        raise _refused(parameter, given, want) from None
    if not math.isfinite(number):
        raise _refused(parameter, given, want)
    return number


def _integer(parameter: Parameter, given: Any) -> int:
    lowest, end = _RANGES[parameter.sort]
    want = f"a whole number from {lowest} to {end - 1}"
    if isinstance(given, bool) or not isinstance(given, (int, str)):
        raise _refused(parameter, given, want)
    try:
        number = int(given)
    except ValueError:
        raise _refused(parameter, given, want) from None
    if not lowest <= number < end:
        raise _refused(parameter, given, want)
    return number


_READERS: dict[Sort, Callable[[Parameter, Any], Value]] = {
    **dict.fromkeys(TEXTS, _text),
    Sort.STEPS: _steps,
    Sort.DESIGN: _design,
    Sort.STEP: _step,
    Sort.COSTS: _costs,
    Sort.DURATION: _duration,
    Sort.TIME: _time,
    Sort.NUMBER: _number,
    Sort.INTEGER: _integer,
    Sort.COUNT: _integer,
    Sort.POSITIVE: _integer,
}
