"""What each command answers with ``--json``: stable keys, taken from the types that are printed.

A path is a key, with ``.`` between keys of nested objects and ``[]`` behind a list. Below a path
that ends in ``.*`` the keys are data: reasons, tables, columns, an event's own fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from journey.answers import Moment, StatusAnswer
from journey.audit.export import Exported
from journey.audit.rebuild import Rebuilt
from journey.audit.verify import Report
from journey.card import Card
from journey.config.events import EventType
from journey.config.keys import Change
from journey.config.names import Doubt
from journey.config.published import Entry as Configured
from journey.config.published import Shown
from journey.conforming import Conformance
from journey.enforcing import Enforced
from journey.engine.store import Correction
from journey.exporting import ExportedTable
from journey.importing import Counts
from journey.ingest.quarantine import Entry
from journey.journey_map import JourneyMap
from journey.mining.ocel import ExportedObjects
from journey.mining.xes import ExportedCases
from journey.outreach.approving import Approval, Waiting
from journey.outreach.box import Item
from journey.outreach.explaining import Explained
from journey.outreach.pausing import Listed, Paused
from journey.planning import Planned
from journey.previewing import Preview, WhyNot
from journey.retiring import Retirement
from journey.rewatching import Rewatched
from journey.sample.files import Generated
from journey.tail import Arrival
from journey.trying import Checked
from journey.watching import Watched
from replay.stages import StageComparison

ROWS = list[dict[str, Any]]
NAMELESS = "query (without a name)"
OF_A_WATCH = "trigger preview (of a watch)"
# A command that answers otherwise at times -> when, and under which name
OTHERWISE = {"query": ("without a name", NAMELESS), "trigger preview": ("of a watch", OF_A_WATCH)}


class Question(msgspec.Struct):
    """A named query as the list of them tells it."""

    name: str
    about: str
    parameters: list[str]
    columns: list[str]


class Contract(msgspec.Struct):
    """One released contract."""

    type: str
    about: str


class Break(msgspec.Struct):
    """Where an event of one version could not be read by another."""

    type: str
    field: str
    reason: str


def _fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {name: hints[name] for name in kind.__struct_fields__}


# command, without "journey" -> its answer: key -> type
SHAPES: dict[str, dict[str, Any]] = {
    "init": {"workspace": str, "made": bool},
    "demo": {
        "counts": Counts,
        "status": StatusAnswer,
        "answers": dict[str, Any],
        "verified": bool,
    },
    "generate": _fields(Generated),
    "import": _fields(Counts),
    "mapping check": _fields(Checked),
    "status": _fields(StatusAnswer),
    "find": {"customers": list[str]},
    "timeline": {"moments": list[Moment]},
    "customer": _fields(Card),
    "map": _fields(JourneyMap),
    "conformance": _fields(Conformance),
    "channels": {"rows": ROWS},
    "channels retire": _fields(Retirement),
    "plans": _fields(Planned),
    "report": {"file": str, "bytes": int, "sections": list[str], "pictures": int},
    "watch": {"watches": list[Watched]},
    "stages compare": _fields(StageComparison),
    "tail": _fields(Arrival),
    "query": {"rows": ROWS},
    NAMELESS: {"queries": list[Question]},
    "sql": {"rows": ROWS},
    "config check": {
        "file": str,
        "events": int,
        "in_force": int,
        "differs": bool,
        "doubts": list[Doubt],
    },
    "config show": {
        "file": str,
        "in_force": int,
        "differs": bool,
        "values": list[Shown],
        "events": list[EventType],
    },
    "config diff": {"was": str, "now": str, "changes": list[Change]},
    "config publish": _fields(Enforced),
    "config log": {"configurations": list[Configured]},
    "schema list": {"contracts": list[Contract], "declared": list[EventType]},
    "schema check": {"types": int, "contracts": int, "breaks": list[Break]},
    "decisions": {"decisions": ROWS},
    "explain": _fields(Explained),
    "outbox": {"items": list[Item]},
    "approvals": {"approvals": list[Waiting]},
    "approvals approve": _fields(Approval),
    "trigger list": {"triggers": list[Listed]},
    "trigger pause": _fields(Paused),
    "trigger resume": _fields(Paused),
    "trigger check": {"triggers": int, "doubts": list[Doubt]},
    "trigger preview": _fields(Preview),
    OF_A_WATCH: _fields(Rewatched),
    "why-not": _fields(WhyNot),
    "corrections": {"corrections": list[Correction]},
    "verify": _fields(Report) | {"clean": bool},
    "rebuild": _fields(Rebuilt),
    "export": _fields(Exported),
    "export-table": _fields(ExportedTable),
    "export-xes": _fields(ExportedCases),
    "export-ocel": _fields(ExportedObjects),
    "quarantine list": {"entries": list[Entry]},
    "quarantine redrive": _fields(Counts),
}


def paths(shape: Any, at: str = "") -> Iterator[str]:
    """Every key of an answer, dotted, in the order in which it is printed."""
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        shape = _fields(shape)
    if isinstance(shape, dict):
        for name, kind in shape.items():
            yield from paths(kind, f"{at}.{name}" if at else name)
        return
    origin, inner = get_origin(shape), get_args(shape)
    if origin is dict:
        yield f"{at}.*"
    elif origin is list:
        yield from paths(inner[0], f"{at}[]")
    elif origin is UnionType:  # of a type and None
        yield from paths(inner[0], at)
    else:
        yield at
