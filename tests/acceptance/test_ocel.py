"""OCEL through the command line: once, flat in memory, and safe from what JSON can do."""

import gzip
import json
import sys
from pathlib import Path

from tests.acceptance.test_bad_input import MEASURED, MEMORY_KIB_MAX
from tests.cli.runner import answer, assert_one_sentence, init, journey, run

LAMPS = Path(__file__).parent.parent / "fixtures" / "lamps.ocel.json"


def test_events_arrive_once_and_with_their_customers(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    first = answer("import", "ocel", LAMPS, *at)
    reasons = {"no-customer": 1, "unknown-object": 1, "bad-time": 1, "told-differently": 1}
    assert (first["read"], first["appended"], first["duplicates"]) == (10, 5, 1)
    assert first["reasons"] == reasons
    again = answer("import", "ocel", "-", *at, stdin=gzip.compress(LAMPS.read_bytes()))
    assert (again["appended"], again["duplicates"], again["reasons"]) == (0, 6, reasons)
    moments = answer("timeline", "ann", *at)["moments"]
    assert [m["type"] for m in moments] == ["order-placed", "custom", "message-sent", "custom"]
    assert [m["fact"].get("name", "") for m in moments] == ["", "Lamp packed", "", "Lamp sent"]
    assert moments[2]["fact"]["actor"] == "bo"
    assert answer("find", "A-1001", *at)["customers"] == answer("find", "ann", *at)["customers"]
    assert answer("quarantine", "redrive", *at)["appended"] == 0
    assert answer("verify", *at)["clean"]


def test_another_source_is_another_log(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    first = answer("import", "ocel", LAMPS, *at)
    other = answer("import", "ocel", LAMPS, "--source", "shop-b", *at)
    assert (other["appended"], other["duplicates"]) == (first["appended"], first["duplicates"])


def test_a_large_file_is_never_held_as_a_whole(tmp_path: Path) -> None:
    """200 MB, of which the events come first and have to wait for their objects."""
    workspace, file, peak = init(tmp_path / "w"), tmp_path / "large.json", tmp_path / "peak"
    with file.open("w") as out:
        out.write('{"events": [')
        for n in range(250):
            event = {
                "id": f"e-{n}",
                "type": "A",
                "time": "2024-05-01T12:00:00Z",
                "relationships": [{"objectId": f"c-{n % 9}", "qualifier": "of"}],
                "attributes": [{"name": f"a-{m}", "value": "x" * 90_000} for m in range(9)],
            }
            out.write(json.dumps(event) + ",\n")
        out.write('{"id": "' + "x" * 40_000_000 + '"}], "objects": [')
        out.write(",".join(json.dumps({"id": f"c-{n}", "type": "customer"}) for n in range(9)))
        out.write("]}")
    load = ("import", "ocel", str(file), "--workspace", str(workspace), "--json")
    ran = run(sys.executable, "-c", MEASURED, str(peak), *load)
    assert ran.code == 0, ran.err
    assert (ran.json["appended"], ran.json["reasons"]) == (250, {"record-too-long": 1})
    assert int(peak.read_text()) < MEMORY_KIB_MAX


def test_options_are_for_those_who_take_them(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    ran = journey("import", "jsonl", "-", "--customer-type", "x", *at, stdin=b"{}")
    assert_one_sentence(ran, 2, "jsonl takes no --customer-type", "it is for ocel")
    assert_one_sentence(journey("import", "ocel", "-", *at, stdin=b"<log/>"), 2, "no OCEL")
