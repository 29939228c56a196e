"""XES through the command line: once, flat in memory, and safe from what XML can do."""

import gzip
import sys
from pathlib import Path

from tests.acceptance.test_bad_input import MEASURED, MEMORY_KIB_MAX
from tests.cli.runner import answer, assert_one_sentence, init, journey, run

REPAIRS = Path(__file__).parent.parent / "fixtures" / "repairs.xes"


def test_traces_are_customers_and_events_arrive_once(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    first = answer("import", "xes", REPAIRS, *at)
    assert (first["read"], first["appended"]) == (6, 4)
    assert first["reasons"] == {"empty-trace": 1, "missing-field": 1}
    packed = gzip.compress(REPAIRS.read_bytes())
    again = answer("import", "xes", "-", *at, stdin=packed)
    assert (again["appended"], again["duplicates"], again["quarantined"]) == (0, 4, 2)
    assert answer("status", *at)["customers"] == 2
    moments = answer("timeline", "customer-1", *at)["moments"]
    assert [m["type"] for m in moments] == ["custom", "custom", "order-delivered"]
    assert answer("quarantine", "redrive", *at)["reasons"] == {"bad-xml": 1, "missing-field": 1}
    assert answer("verify", *at)["clean"]


def test_a_bomb_is_kept_and_never_goes_off(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 30))
    bomb = f'<!DOCTYPE log [<!ENTITY e0 "bang">{entities}]><log><string key="&e29;"/></log>'
    assert answer("import", "xes", "-", *at, stdin=bomb.encode())["reasons"] == {"forbidden-xml": 1}
    (entry,) = answer("quarantine", "list", *at)["entries"]
    assert journey("quarantine", "show", str(entry["id"]), *at).out == bomb.encode()


def test_a_large_file_is_never_held_as_a_whole(tmp_path: Path) -> None:
    workspace, file, peak = init(tmp_path / "w"), tmp_path / "large.xes", tmp_path / "peak"
    padding = b"<!--" + b"x" * 900_000 + b"-->"
    text = REPAIRS.read_bytes()
    head, _, body = text.partition(b"\t<trace>")
    body = b"\t<trace>" + body.removesuffix(b"</log>\n")
    with file.open("wb") as out:
        out.write(head)
        for number in range(60):
            out.write(body.replace(b"customer-", b"customer-%d-" % number).replace(b"e-2", b""))
            out.write(padding)
        out.write(b'<string key="endless" value="' + b"x" * 40_000_000)
    load = ("import", "xes", str(file), "--workspace", str(workspace), "--json")
    ran = run(sys.executable, "-c", MEASURED, str(peak), *load)
    assert ran.code == 0, ran.err
    assert ran.json["reasons"]["record-too-long"] == 1
    assert ran.json["appended"] == 60 * 3 + 1  # one has the same id in all
    assert int(peak.read_text()) < MEMORY_KIB_MAX


def test_what_is_no_xes_is_a_wrong_use(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    assert_one_sentence(journey("import", "xes", "-", *at, stdin=b"{}"), 2, "no XES")
