"""Calls of Segment through the command line: made-up ones, and the specification's if there."""

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journey.bootstrap import Workspace
from journey.ingest.importers import importer
from journey.ingest.source import Source
from journey.settings import Settings
from schemas.fact import Touchpoint
from schemas.times import parse_rfc3339
from tests.acceptance.test_bad_input import MEASURED, MEMORY_KIB_MAX
from tests.cli.runner import answer, init, journey, run
from tests.leaves import lost

MADE_UP = Path(__file__).parent.parent / "fixtures" / "segment.json"
SPECIFICATION = "segment_spec/payload_examples.json"


def opened(folder: Path) -> dict[str, Touchpoint]:
    """Every touchpoint of the log with its personal fields, by its message's id."""
    found = {}
    with Workspace(folder, Settings()) as workspace:
        after = 0
        while read := workspace.log.read(after, 1_000):
            after = read[-1][0]
            for _, event in read:
                fact = workspace.log.open(event).recorded.fact
                if isinstance(fact, Touchpoint) and isinstance(fact.message_id, str):
                    found[fact.message_id] = fact
    return found


@pytest.fixture(scope="module")
def examples(shared_data: Path) -> list[dict[str, Any]]:
    """The specification's examples: payloads that are valid, and texts that are none."""
    file = shared_data / SPECIFICATION
    if not file.is_file():
        pytest.skip(f"missing: {SPECIFICATION} of the shared data sets")
    pages = json.loads(file.read_bytes())
    return [each for examples in pages.values() for each in examples]


@pytest.fixture(scope="module")
def specified(
    examples: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[list[Any], Path]]:
    """The payloads, and a workspace into which all examples were imported."""
    folder = tmp_path_factory.mktemp("segment")
    workspace, file = init(folder / "w"), folder / "examples.jsonl"
    valid = [each["payload"] for each in examples if each["valid_json"]]
    broken = [each["payload"] for each in examples if not each["valid_json"]]
    # A broken example spreads over lines: put on one, it is no better and no worse JSON.
    lines = [json.dumps(each) for each in valid] + [" ".join(b.split("\n")) for b in broken]
    file.write_text("\n".join(lines))
    told = answer("import", "segment", file, "--workspace", workspace)
    assert (len(valid), len(broken)) == (109, 6)
    assert (told["read"], told["differing"]) == (115, 0)
    assert told["appended"] + told["duplicates"] == 109
    assert told["reasons"] == {"bad-json": 6}
    again = answer("import", "segment", file, "--workspace", workspace)
    assert (again["appended"], again["duplicates"], again["differing"]) == (0, 109, 0)
    yield valid, workspace


def test_every_value_of_the_specifications_examples_comes_back(
    specified: tuple[list[Any], Path],
) -> None:
    payloads, workspace = specified
    facts = list(opened(workspace).values())
    whole: set[int] = set()
    for payload in payloads:
        homes = [i for i, fact in enumerate(facts) if lost(payload, fact) == []]
        assert homes, f"no event has all of {payload}"
        whole.update(homes)
    assert whole == set(range(len(facts)))  # and each event is some payload's


def test_the_specifications_examples_are_what_they_are_called(
    specified: tuple[list[Any], Path],
) -> None:
    kinds = Counter(type(fact).__name__ for fact in opened(specified[1]).values())
    for name in ("OrderPlaced", "Unsubscribed", "MessageReceived", "MessageSent", "PageViewed"):
        assert kinds[name]
    assert answer("verify", "--workspace", specified[1])["clean"]


def test_the_invalid_examples_are_kept_with_the_reason(specified: tuple[list[Any], Path]) -> None:
    entries = answer("quarantine", "list", "--workspace", specified[1])["entries"]
    assert len(entries) == 6
    for each in entries:
        assert (each["importer"], each["code"], each["count"]) == ("segment", "bad-json", 2)
        assert each["reason"].startswith("The record is not JSON (")


@pytest.mark.parametrize("joint", [",\n", ",", "\n"])
def test_broken_examples_cost_only_themselves_as_they_stand(
    examples: list[dict[str, Any]], joint: str
) -> None:
    """Spread over lines as the specification has them, in an array or one behind the other."""
    told = [
        json.dumps(e["payload"], indent=1) if e["valid_json"] else e["payload"] for e in examples
    ]
    data = joint.join(told) if joint == "\n" else f"[{joint.join(told)}]"
    now = parse_rfc3339("2024-06-01T00:00:00Z")
    items = list(importer("segment").read(Source([data.encode()]), now))
    assert sum(len(item.drafts) for item in items) == 109
    assert [r.code for item in items for r in item.rejected] == ["bad-json"] * 6


def test_made_up_calls_arrive_in_any_form_once(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    told = json.loads(MADE_UP.read_bytes())
    first = answer("import", "segment", MADE_UP, *at)
    assert (first["read"], first["appended"], first["quarantined"]) == (len(told),) * 2 + (0,)
    forms = {
        "lines": "\n".join(map(json.dumps, told)).encode(),
        "batch": json.dumps({"batch": told}).encode(),
        "packed.gz": gzip.compress(MADE_UP.read_bytes()),
    }
    for name, data in forms.items():
        (tmp_path / name).write_bytes(data)
        again = answer("import", "segment", tmp_path / name, *at)
        assert (again["duplicates"], again["quarantined"]) == (len(told), 0)
    moments = answer("timeline", "ann@example.com", *at)["moments"]
    types = [moment["type"] for moment in moments]
    assert types[:4] == ["page-viewed", "traits-stated", "product-viewed", "cart-changed"]
    assert {"order-placed", "message-received", "message-sent", "outreach-opened"} <= set(types)
    rows = answer("query", "first-response", "by=channel", *at)["rows"]
    assert [(row["channel"], row["median_s"]) for row in rows] == [("chat", 90.0)]


def test_a_message_that_is_sent_again_is_a_duplicate(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    stamps = ("sentAt", "receivedAt", "timestamp")
    first = json.loads(MADE_UP.read_bytes())[0]
    second = first | {name: first[name].replace("09:00:00", "09:00:07") for name in stamps}
    other = second | {"originalTimestamp": second["sentAt"]}
    lines = "\n".join(map(json.dumps, (first, second, other))).encode()
    told = answer("import", "segment", "-", *at, stdin=lines)
    assert (told["appended"], told["duplicates"], told["differing"]) == (1, 1, 1)


def test_bad_payloads_cost_only_themselves(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    good = {"type": "track", "event": "A", "userId": "u", "timestamp": "2024-05-01T00:00:00Z"}
    good_lines = [json.dumps(good | {"messageId": f"m-{n}"}).encode() for n in range(3)]
    lines = {
        "bad-json": b'{"type": "track", ',
        "not-utf8": good_lines[0].replace(b'"A"', b'"\xff"'),
        "not-an-object": b"42",
        "unknown-call": b'{"type": "charge"}',
        "no-time-zone": good_lines[0].replace(b"00Z", b"00"),
        "too-deep": good_lines[0][:-1] + b', "a": ' + b"[" * 10**5 + b"]" * 10**5 + b"}",
        "record-too-long": good_lines[0][:-1] + b', "a": "' + b"a" * 30_000_000 + b'"}',
        "told-differently": good_lines[0].replace(b'"A"', b'"B"'),
    }
    file, peak = tmp_path / "broken.jsonl", tmp_path / "peak"
    file.write_bytes(b"\r\n".join([*good_lines, b"", *lines.values()]))
    load = ("import", "segment", str(file), "--workspace", str(at[1]), "--json")
    ran = run(sys.executable, "-c", MEASURED, str(peak), *load)
    assert ran.code == 0, ran.err
    assert ran.json["reasons"] == dict.fromkeys(lines, 1)
    assert ran.json["appended"] == 3
    assert int(peak.read_text()) < MEMORY_KIB_MAX
    entries = answer("quarantine", "list", *at)["entries"]
    assert {each["code"] for each in entries} == set(lines)
    for each in entries:
        shown = journey("quarantine", "show", str(each["id"]), *at)
        assert shown.out.rstrip(b"\r") == lines[each["code"]]


def test_an_array_that_is_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    data = MADE_UP.read_bytes()
    told = answer("import", "segment", "-", *at, stdin=data[: len(data) // 2])
    assert told["appended"] > 0
    assert told["reasons"] == {"truncated-array": 1}
    told = answer("import", "segment", "-", *at, stdin=gzip.compress(data)[:-20])
    assert set(told["reasons"]) <= {"truncated-gzip"}
