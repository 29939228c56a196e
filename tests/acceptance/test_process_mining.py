"""Logs of process mining leave, are understood by pm4py, and come back the same.

pm4py reads what we wrote and counts; it writes the log again, which is imported into a fresh
workspace and exported once more. Held against each other: cases, events, times and how often one
activity directly follows another. Beside them stands what is counted here from the source itself,
by code that knows nothing of ours.
"""

import csv
import gzip
import json
import random
import tomllib
from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree

from journey.bootstrap import Workspace
from journey.settings import Settings
from tests.cli.runner import ROOT, answer, init, run

TOOL = ROOT / "tests" / "pm4py_tool.py"
MAPPING = ROOT / "docs" / "mappings" / "ecom.toml"
CUSTOMER = "customer"
ODD = 'Lamp "no. 1" <lit> & hot \N{LATIN SMALL LETTER U WITH DIAERESIS}'

Cases = dict[str, list[tuple[str, datetime]]]
Follows = Counter[tuple[str, str]]


class Source(NamedTuple):
    """What is imported first.

    Args:
        load: arguments of ``journey import``.
        follows: counted from the source; None where it has no order of its own.
        activity: what events are called.
    """

    name: str
    load: tuple[str | Path, ...]
    follows: Follows | None
    activity: str


class Trip(NamedTuple):
    """There and back."""

    source: Source
    form: str
    workspace: Path
    told: Any
    tool_types: dict[str, int]
    ours: Cases
    tool: Cases
    tool_follows: Follows
    back: Cases


def follows_of(cases: Cases) -> Follows:
    return Counter((a, b) for each in cases.values() for (a, _), (b, _) in pairwise(each))


def _made_up(folder: Path) -> Source:
    """Three hundred events: most share their time with others, some names are hard to write."""
    draw = random.Random(7)
    lines: list[dict[str, Any]] = []
    activities = ["page-viewed", "message-received", "message-sent", "order-placed", ODD, "a\tb\nc"]
    for number in range(300):
        who, second = f"u-{draw.randrange(8)}", draw.randrange(20)
        told: dict[str, Any] = {
            "id": f"m-{number}",
            "source": "made-up",
            "type": draw.choice(activities),
            "time": f"2024-05-01T12:00:{second:02d}Z",
            "identities": {"user_id": who},
            "conversation": f"c-{who}" if draw.random() < 0.5 else None,
            "properties": {"tags": ["a", "b"]},
        }
        lines.append(told)
    lines += [dict(lines[0], id=f"same-{n}", type=("one", "two")[n % 2]) for n in range(1001)]
    file = folder / "made-up.jsonl"
    file.write_text("".join(json.dumps(told) + "\n" for told in lines))
    cases: Cases = defaultdict(list)
    for told in sorted(lines, key=lambda told: told["time"]):  # stable: else as in the file
        at = datetime.fromisoformat(told["time"])
        cases[told["identities"]["user_id"]].append((told["type"], at))
    return Source("made-up", ("jsonl", file), follows_of(cases), "type")


def _ecom(shared: Path) -> Source:
    file = shared / "ecom" / "ecom.csv.gz"
    if not file.is_file():
        pytest.skip(f"missing: {file}")
    types = tomllib.loads(MAPPING.read_text())["fields"]["type"]["values"]
    with gzip.open(file, "rt", newline="") as text:
        rows = list(csv.DictReader(text))
    cases: Cases = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["timestamp"]):
        at = datetime.fromisoformat(row["timestamp"])
        cases[row["user_id"]].append((_called(row["event"], types), at))
    load = ("csv", file, "--mapping", MAPPING)
    return Source("ecom", load, follows_of(cases), "name")


def _called(event: str, types: dict[str, str]) -> str:
    """These types have no name of their own, so their events go by the type."""
    nameless = ("searched", "checkout-started", "order-placed", "payment-failed")
    return types[event] if types[event] in nameless else event


def _twitter_care(shared: Path) -> Source:
    file = shared / "twitter_care" / "conversations.json"
    if not file.is_file():
        pytest.skip(f"missing: {file}")
    return Source("twitter_care", ("twitter-care", file), None, "type")


@pytest.fixture(scope="module", params=["made-up", "ecom", "twitter_care"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Source:
    if request.param == "made-up":
        return _made_up(tmp_path_factory.mktemp("made-up"))
    shared: Path = request.getfixturevalue("shared_data")
    return _ecom(shared) if request.param == "ecom" else _twitter_care(shared)


@pytest.fixture(scope="module", params=["xes", "ocel"])
def trip(
    request: pytest.FixtureRequest,
    source: Source,
    pm4py: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Trip:
    form, folder = request.param, tmp_path_factory.mktemp("trip")
    end = "xes" if form == "xes" else "json"
    first, second = init(folder / "first"), init(folder / "second")
    answer("import", *source.load, "--workspace", first)
    log, again = folder / f"log.{end}", folder / f"again.{end}"
    command = (f"export-{form}", "--activity", source.activity)
    told = answer(command[0], log, *command[1:], "--workspace", first)
    found = folder / "answer.json"
    ran = run(str(pm4py), str(TOOL), form, str(log), str(again), str(found))
    assert ran.code == 0, ran.err
    tool = json.loads(found.read_text(encoding="utf-8"))
    counts = answer("import", form, again, "--workspace", second)
    assert (counts["appended"], counts["quarantined"]) == (counts["read"], 0)
    last = folder / f"last.{end}"
    answer(command[0], last, *command[1:], "--workspace", second)
    read = read_xes if form == "xes" else _read_ocel
    return Trip(
        source,
        form,
        first,
        told,
        tool["types"],
        read(log),
        {c: [(a, datetime.fromisoformat(at)) for a, at in e] for c, e in tool["cases"].items()},
        Counter({(a, b): n for a, b, n in tool["follows"]}),
        _renamed(read(last), second, list(read(log))),
    )


def read_xes(file: Path) -> Cases:
    cases: Cases = {}
    for trace in ElementTree.parse(file).getroot().iter("{http://www.xes-standard.org/}trace"):
        name = _told(trace)["concept:name"]
        events = [_told(each) for each in trace if each.tag.endswith("event")]
        told = [(e["concept:name"], datetime.fromisoformat(e["time:timestamp"])) for e in events]
        assert name not in cases
        cases[name] = told
    return cases


def _told(element: Element) -> dict[str, str]:
    return {each.attrib["key"]: each.attrib["value"] for each in element if "key" in each.attrib}


def _read_ocel(file: Path) -> Cases:
    told = json.loads(file.read_text(encoding="utf-8"))
    types = {each["id"]: each["type"] for each in told["objects"]}
    assert set(types.values()) <= {each["name"] for each in told["objectTypes"]}
    assert {e["type"] for e in told["events"]} == {each["name"] for each in told["eventTypes"]}
    cases: Cases = {}
    for event in told["events"]:
        (whose,) = [
            r["objectId"] for r in event["relationships"] if types[r["objectId"]] == CUSTOMER
        ]
        at = datetime.fromisoformat(event["time"])
        cases.setdefault(whose, []).append((event["type"], at))
    return cases


def _renamed(cases: Cases, workspace: Path, names: list[str]) -> Cases:
    """The same under the names of the cases that they were imported from."""
    with Workspace(workspace, Settings()) as opened:
        now = {name: opened.log.find(name) for name in names}
    assert all(len(found) == 1 for found in now.values())
    old = {found[0].hex(): name for name, found in now.items()}
    return {old[name.removeprefix(f"{CUSTOMER}:")]: events for name, events in cases.items()}


def test_the_tool_reads_the_same_cases_events_and_times(trip: Trip) -> None:
    assert trip.tool == trip.ours
    assert sum(map(len, trip.ours.values())) == trip.told["events"]


def test_the_tool_finds_the_same_objects(trip: Trip) -> None:
    if trip.form == "ocel":
        assert trip.tool_types == {name: n for name, n in trip.told["objects"].items() if n}
        assert trip.tool_types[CUSTOMER] == len(trip.ours)


def test_the_tables_have_as_many(trip: Trip) -> None:
    query = "SELECT customer_id, occurred_at FROM touchpoints"
    rows = answer("sql", query, "--workspace", trip.workspace)["rows"]
    times = Counter(
        (row["customer_id"], datetime.fromisoformat(row["occurred_at"])) for row in rows
    )
    told = trip.ours.items()
    assert times == Counter((c.removeprefix("customer:"), at) for c, each in told for _, at in each)


def test_what_directly_follows_what_is_counted_alike(trip: Trip) -> None:
    assert follows_of(trip.ours) == trip.tool_follows
    if trip.source.follows is not None:
        assert trip.tool_follows == trip.source.follows


def test_what_comes_back_is_the_same(trip: Trip) -> None:
    assert trip.back == trip.ours
    assert follows_of(trip.back) == trip.tool_follows


def test_the_shop_is_as_others_counted_it(trip: Trip) -> None:
    if trip.source.name != "ecom":
        return
    path = ROOT.parent / "shared" / "data" / "expected" / "cdnow_and_ecom.json"
    expected = json.loads(path.read_text())["ecom"]["dfg_top20"]
    types = tomllib.loads(MAPPING.read_text())["fields"]["type"]["values"]
    assert len(expected) == 20
    for each in expected:
        pair = _called(each["from"], types), _called(each["to"], types)
        assert trip.tool_follows[pair] == each["count"]
