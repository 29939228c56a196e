"""``journey export-xes``: the touchpoints as XES, the XML of process mining (IEEE 1849).

Each case is a trace. Attributes have the names of our own columns; what XES has a name for has
that one. Nothing personal is in it, see ``attributes``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast
from xml.sax.saxutils import escape

import msgspec

from journey.bootstrap import Workspace
from journey.files import packed, whole_file
from journey.mining.attributes import Value, told
from journey.mining.cases import Activity, By, Case, activity_of, cases
from schemas.fact import Touchpoint
from schemas.recorded import Recorded
from schemas.times import moment

LOG = "journey"
HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<extension name="Identity" prefix="identity" uri="http://www.xes-standard.org/identity.xesext"/>
<classifier name="Activity" keys="concept:name"/>
<string key="concept:name" value="{LOG}"/>
"""
TAIL = "</log>\n"
ESCAPED = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}  # else they become spaces
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ExportedCases(msgspec.Struct, frozen=True):
    """What was written.

    Args:
        left_out: touchpoints that belong to no case: those of no conversation.
    """

    file: str
    cases: int
    events: int
    left_out: int
    bytes: int


def export_xes(
    workspace: Workspace,
    file: Path,
    *,
    by: By = By.CUSTOMER,
    activity: Activity = Activity.TYPE,
    after_each: Callable[[int], None] = lambda _: None,
) -> ExportedCases:
    """Write all touchpoints; the engine has caught up.

    Args:
        file: packed with gzip if it ends in ``.gz``.
        by: what a trace is.
        activity: what an event is called.
        after_each: told how many touchpoints more were looked at.

    Raises:
        UsageError: the file cannot be written.
    """
    traces = events = looked_at = 0

    def looked(n: int) -> None:
        nonlocal looked_at
        looked_at += n
        after_each(n)

    with whole_file(file) as out, packed(file, out) as inner:
        inner.write(HEAD.encode())
        for case in cases(workspace, by, looked):
            inner.write("".join(_trace(case, by, activity)).encode())
            traces += 1
            events += len(case.events)
        inner.write(TAIL.encode())
    return ExportedCases(str(file), traces, events, looked_at - events, file.stat().st_size)


def _trace(case: Case, by: By, activity: Activity) -> Iterator[str]:
    yield "<trace>\n"
    yield _attribute("concept:name", case.id)
    if by is not By.CUSTOMER:
        yield _attribute("customer", case.customer)
    for event in case.events:
        yield "<event>\n"
        for key, value in _members(event, activity):
            yield _attribute(key, value)
        yield "</event>\n"
    yield "</trace>\n"


def _members(event: Recorded, activity: Activity) -> Iterator[tuple[str, Value]]:
    fact = cast(Touchpoint, event.fact)
    yield "concept:name", activity_of(event, activity)
    yield "time:timestamp", moment(event.occurred_at)
    # A text, though XES has ids: many readers, pm4py among them, know of texts alone.
    yield "identity:id", event.event_id.hex()
    if fact.actor:
        yield "org:resource", fact.actor
    if fact.team:
        yield "org:group", fact.team
    yield "type", event.type.partition(".")[0]
    yield "source", event.source
    if fact.conversation:
        yield "conversation", fact.conversation.hex()
    for attribute, value in told(event):
        yield attribute.name, value


def _attribute(key: str, value: Value) -> str:
    tag, text = _written(value)
    return f'<{tag} key="{key}" value="{text}"/>\n'


def _written(value: Value) -> tuple[str, str]:
    match value:
        case bool():
            return "boolean", "true" if value else "false"
        case int():
            return "int", str(value)
        case float():
            return "float", repr(value)
        case Decimal():
            return "float", f"{value:f}"
        case datetime():
            return "date", value.astimezone(UTC).isoformat(timespec="microseconds")
    return "string", escape(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", value), ESCAPED)
