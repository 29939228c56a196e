"""``journey export-xes``, ``export-ocel``: whose events, in which order, and nothing personal."""

import gzip
import json
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree

from journey.bootstrap import Workspace
from journey.mining import ocel, xes
from journey.mining.attributes import attributes
from journey.mining.cases import By
from journey.settings import Settings
from schemas.derive import schema_of
from schemas.events import SHIPPED
from schemas.fact import PERSONAL, Touchpoint
from tests.cli.runner import answer, assert_one_sentence, init, journey

SECRET = "s3cret"  # in every value that is personal, and in no other
NAMESPACE = "{http://www.xes-standard.org/}"


def line(name: str, who: str, time: str = "12:00:00", **more: Any) -> dict[str, Any]:
    told = {
        "id": f"{name}-{SECRET}",
        "source": "desk",
        "type": "page-viewed",
        "time": f"2024-05-01T{time}Z",
        "identities": {"user_id": f"{who}-{SECRET}"},
    }
    return told | more


ORDER = {"order_id": f"A-{SECRET}", "amount": "19.90", "currency": "EUR"}
LINES = [
    line("m-1", "ann", properties={"name": "home", "url": f"https://x/{SECRET}", "x": SECRET}),
    line("m-2", "ann", type="order-placed", properties=ORDER),
    line("m-3", "ann", type="order-delivered", properties={"order_id": ORDER["order_id"]}),
    line("m-4", "bo", "11:00:00", type="order-placed", properties=ORDER),
    line("m-5", "ann", type="z", conversation=f"c-{SECRET}", actor={"kind": "bot", "id": "b-1"}),
    line(
        "m-6",
        "ann",
        type="message-received",
        conversation=f"c-{SECRET}",
        channel="email",
        brand='<Müller> & "Söhne"\t\x01\ud7ff',
        properties={"text": f"{SECRET}?", "tags": ["a", "b"], "correlation_id": SECRET},
    ),
    line(
        "m-7",
        "cem",
        "09:00:00.000001",
        type="survey-answered",
        properties={"survey": "nps", "score": 0},
    ),
    line("m-8", "dan", "10:00:00", identities={"anonymous": f"dan-{SECRET}"}),
    line(
        "m-9",
        "dan",
        "10:30:00",
        identities={"anonymous": f"dan-{SECRET}", "user_id": f"ann-{SECRET}"},
        actor={"kind": "human", "id": "dora", "team": "lamps"},
        direction="outbound",
        type="message-sent",
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = init(tmp_path_factory.mktemp("logs") / "w")
    data = b"".join(json.dumps(told).encode() + b"\n" for told in LINES)
    counts = answer("import", "jsonl", "-", "--workspace", folder, stdin=data)
    assert counts["appended"] == len(LINES)
    return folder


def traces(data: bytes) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for trace in ElementTree.fromstring(data).iter(f"{NAMESPACE}trace"):
        found[told(trace)["concept:name"]] = [told(e) for e in trace.iter(f"{NAMESPACE}event")]
    return found


def told(element: Element) -> dict[str, str]:
    return {each.attrib["key"]: each.attrib["value"] for each in element if "key" in each.attrib}


def test_traces_are_customers_in_the_order_of_meaning(folder: Path, tmp_path: Path) -> None:
    counts = answer("export-xes", tmp_path / "log.xes", "--workspace", folder)
    assert (counts["cases"], counts["events"], counts["left_out"]) == (3, 9, 0)
    found = traces((tmp_path / "log.xes").read_bytes())
    each = {len(events): [e["concept:name"] for e in events] for events in found.values()}
    # m-8 and m-9 are of a visitor who turned out to be Ann; equal times stand as in the file.
    ann = ["page-viewed", "message-sent", "page-viewed", "order-placed", "order-delivered", "z"]
    assert each[7] == [*ann, "message-received"]
    (nps,) = [e for events in found.values() for e in events if e["type"] == "survey-answered"]
    assert (nps["score"], nps["scale_max"]) == ("0.0", "10.0")
    assert nps["time:timestamp"] == "2024-05-01T09:00:00.000001+00:00"
    assert {len(e["identity:id"]) for events in found.values() for e in events} == {32}
    (who,) = answer("find", f"ann-{SECRET}", "--workspace", folder)["customers"]
    sent, mail = found[who][1], found[who][-1]
    assert (sent["org:resource"], sent["org:group"], sent["direction"]) == (
        "dora",
        "lamps",
        "outbound",
    )
    assert (mail["brand"], mail["tags"]) == (
        '<Müller> & "Söhne"\t\N{REPLACEMENT CHARACTER}\ud7ff',
        "a, b",
    )
    assert (found[who][3]["amount"], found[who][3]["currency"]) == ("19.9", "EUR")


def test_names_may_be_the_activities(folder: Path, tmp_path: Path) -> None:
    answer("export-xes", tmp_path / "log.xes", "--activity", "name", "--workspace", folder)
    found = traces((tmp_path / "log.xes").read_bytes()).values()
    names = {e["concept:name"] for events in found for e in events}
    assert {"home", "z", "order-placed"} <= names


def test_conversations_may_be_the_cases(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.xes.gz"
    counts = answer("export-xes", file, "--case", "conversation", "--workspace", folder)
    assert (counts["cases"], counts["events"], counts["left_out"]) == (1, 2, 7)
    ((case, events),) = traces(gzip.decompress(file.read_bytes())).items()
    assert [e["concept:name"] for e in events] == ["z", "message-received"]
    assert {e["conversation"] for e in events} == {case}
    ran = journey("export-xes", file, "--case", "conversation", "--workspace", folder)
    assert "7 touchpoints belong to no conversation" in ran.text


def test_objects_take_part_in_events(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.json.gz"
    counts = answer("export-ocel", file, "--workspace", folder)
    objects = {"customer": 3, "conversation": 1, "order": 2, "agent": 2, "product": 0}
    assert (counts["events"], counts["objects"]) == (9, objects)
    found = json.loads(gzip.decompress(file.read_bytes()))
    assert [e["name"] for e in found["objectTypes"]] == [
        "customer",
        "conversation",
        "order",
        "agent",
    ]
    related = {each["id"]: each["relationships"] for each in found["objects"]}
    assert len(related) == len(found["objects"]) == 8
    placed = [e for e in found["events"] if e["type"] == "order-placed"]
    of = [{r["qualifier"]: r["objectId"] for r in e["relationships"]} for e in placed]
    assert of[0]["about"] != of[1]["about"]  # one number, two customers
    for each in of:
        assert related[each["about"]] == [{"objectId": each["customer"], "qualifier": "belongs to"}]
    ((delivered),) = [e for e in found["events"] if e["type"] == "order-delivered"]
    assert delivered["relationships"][1]["objectId"] in {each["about"] for each in of}
    kinds = {
        t["name"]: {a["name"]: a["type"] for a in t["attributes"]} for t in found["eventTypes"]
    }
    for event in found["events"]:
        assert {a["name"] for a in event["attributes"]} <= kinds[event["type"]].keys()
    assert kinds["order-placed"]["amount"] == "float"
    assert {a["name"]: a["value"] for a in placed[0]["attributes"]}["amount"] == 19.9
    (bot,) = [r for e in found["events"] for r in e["relationships"] if r["qualifier"] == "bot"]
    assert bot["objectId"] == "agent:b-1"


@pytest.mark.parametrize("command", ["export-xes", "export-ocel"])
def test_nothing_personal_leaves(folder: Path, tmp_path: Path, command: str) -> None:
    for options in (("--activity", "name"), ("--activity", "type")):
        answer(command, tmp_path / "log", *options, "--workspace", folder)
        data = (tmp_path / "log").read_bytes()
        assert b"page-viewed" in data
        assert SECRET.encode() not in data


def test_no_type_tells_a_personal_field() -> None:
    for fact in SHIPPED:
        if issubclass(fact, Touchpoint):
            sealed = {f["name"] for f in schema_of(fact)["fields"] if f.get(PERSONAL)}
            told = {each.name for each in attributes(fact)}
            assert "message_id" in sealed
            assert not sealed & told
            assert {"channel", "direction", "topic", "tags"} <= told


@pytest.mark.parametrize("command", ["export-xes", "export-ocel"])
def test_an_empty_log_is_a_log(tmp_path: Path, command: str) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    assert answer(command, tmp_path / "log", *at)["events"] == 0
    data = (tmp_path / "log").read_bytes()
    if command == "export-xes":
        assert traces(data) == {}
    else:
        assert json.loads(data) == {
            "objectTypes": [],
            "eventTypes": [],
            "objects": [],
            "events": [],
        }


@pytest.mark.parametrize("command", ["export-xes", "export-ocel"])
def test_a_file_that_cannot_be_written_is_refused(
    folder: Path, tmp_path: Path, command: str
) -> None:
    ran = journey(command, tmp_path / "none" / "log", "--workspace", folder)
    assert_one_sentence(ran, 2, "cannot be written", "folder that exists")


def test_progress_counts_every_touchpoint(folder: Path, tmp_path: Path) -> None:
    seen: list[int] = []
    with Workspace(folder, Settings()) as opened:
        xes.export_xes(opened, tmp_path / "log", by=By.CONVERSATION, after_each=seen.append)
        ocel.export_ocel(opened, tmp_path / "log", after_each=seen.append)
    assert sum(seen) == 2 * len(LINES)
