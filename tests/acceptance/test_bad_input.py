"""Bad input: read to its end, the good is in, the bad in quarantine, and nothing is lost."""

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.acceptance.broken import BAD, LONG, OPENER, REPLY, Generated, generate, truncated_gzip
from tests.cli.runner import answer, init, journey, run

MEMORY_KIB_MAX = 700 * 1024

# VmHWM is this program's own peak; ru_maxrss would begin with that of the process that started it.
MEASURED = """
import atexit, resource, sys
from pathlib import Path
def note():
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    peak = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    kib = peak[0] if peak else str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    Path(sys.argv[1]).write_text(kib)
atexit.register(note)
from journey.cli import main
main(sys.argv[2:])
"""


class Fed(NamedTuple):
    """The broken file in a workspace, imported twice."""

    source: Generated
    workspace: Path
    first: Any
    second: Any
    peak_kib: int
    entries: list[dict[str, Any]]


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Fed:
    folder = tmp_path_factory.mktemp("broken")
    source, workspace, peak = generate(folder), init(folder / "workspace"), folder / "peak"
    load = ("import", "jsonl", str(source.file), "--workspace", str(workspace), "--json")
    first = run(sys.executable, "-c", MEASURED, str(peak), *load)
    assert first.code == 0, first.err
    entries = answer("quarantine", "list", "--workspace", workspace)["entries"]
    second = journey(*load)
    return Fed(source, workspace, first.json, second.json, int(peak.read_text()), entries)


def test_good_lines_are_in_and_the_counts_add_up(fed: Fed) -> None:
    source, first = fed.source, fed.first
    assert first["read"] == first["appended"] + first["duplicates"] + first["quarantined"]
    assert (first["appended"], first["duplicates"]) == (source.appended, source.duplicates)
    assert (first["quarantined"], first["differing"]) == (source.quarantined, 1)
    assert first["reasons"] == source.reasons
    told = answer("status", "--workspace", fed.workspace)
    assert (told["events"], told["quarantined"]) == (source.appended, source.quarantined)


def test_a_repeat_adds_nothing(fed: Fed) -> None:
    assert fed.second["appended"] == 0
    assert fed.second["duplicates"] == fed.source.appended + fed.source.duplicates
    for name in ("read", "quarantined", "differing", "reasons"):
        assert fed.second[name] == fed.first[name]


def test_a_string_of_50_mb_is_never_held_as_a_whole(fed: Fed) -> None:
    assert fed.source.file.stat().st_size > LONG
    assert fed.peak_kib < MEMORY_KIB_MAX


def test_each_bad_line_is_listed_with_line_reason_and_length(fed: Fed) -> None:
    found = {each["line"]: (each["code"], each["length"]) for each in fed.entries}
    assert found == {n: (code, len(line)) for n, (code, line) in fed.source.lines.items()}
    for each in fed.entries:
        assert (each["importer"], each["file"], each["count"]) == ("jsonl", "broken.jsonl", 1)
        assert each["status"] == "open"
        assert each["reason"].endswith(".")
        assert not re.search(r"person\d", each["reason"])  # nothing of the data


@pytest.mark.parametrize("code", ["bad-json", "not-utf8", "record-too-long", "told-differently"])
def test_show_gives_the_exact_bytes(fed: Fed, code: str) -> None:
    shown = [each for each in fed.entries if each["code"] == code][-1]
    ran = journey("quarantine", "show", str(shown["id"]), "--workspace", fed.workspace)
    assert ran.code == 0
    assert ran.out == BAD[code][-1] + b"\r"


def test_nothing_of_the_bytes_lies_on_disk_in_clear(fed: Fed) -> None:
    for file in fed.workspace.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"person17" not in content
            assert b"Where is my parcel" not in content
            assert b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" not in content


def test_the_table_for_people_shows_every_line(fed: Fed) -> None:
    ran = journey("quarantine", "list", "--workspace", fed.workspace)
    assert ran.code == 0
    for code in BAD:
        assert code in ran.text


def test_redrive_takes_what_became_acceptable_and_leaves_the_rest(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    stays = BAD["no-time-zone"][0]
    first = answer("import", "jsonl", "-", *at, stdin=REPLY + b"\n" + stays + b"\n")
    assert first["reasons"] == {"nobody": 1, "no-time-zone": 1}
    again = answer("quarantine", "redrive", *at)
    assert (again["appended"], again["quarantined"]) == (0, 2)
    assert again["reasons"] == first["reasons"]

    assert answer("import", "jsonl", "-", *at, stdin=OPENER)["appended"] == 1
    third = answer("quarantine", "redrive", *at)
    assert (third["read"], third["appended"], third["quarantined"]) == (2, 1, 1)
    assert third["reasons"] == {"no-time-zone": 1}
    left = answer("quarantine", "list", *at)["entries"]
    assert [each["code"] for each in left] == ["no-time-zone"]
    shown = journey("quarantine", "show", str(left[0]["id"]), *at)
    assert shown.out == stays

    fourth = answer("quarantine", "redrive", *at)
    assert (fourth["read"], fourth["appended"], fourth["quarantined"]) == (1, 0, 1)
    moments = answer("timeline", "person31@example.com", *at)["moments"]
    assert [m["type"] for m in moments] == ["message-received", "message-sent"]
    assert answer("verify", *at)["clean"]


def test_redrive_of_a_long_record_keeps_within_memory(fed: Fed, tmp_path: Path) -> None:
    peak = tmp_path / "peak"
    ran = run(
        *(sys.executable, "-c", MEASURED, str(peak)),
        *("quarantine", "redrive", "--workspace", str(fed.workspace), "--json"),
    )
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert (told["appended"], told["quarantined"]) == (0, fed.source.quarantined)
    assert int(peak.read_text()) < MEMORY_KIB_MAX


def test_of_truncated_gzip_every_whole_line_is_in(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    file, whole = truncated_gzip(tmp_path)
    assert 100 < whole < 900
    for appended, duplicates in ((whole, 0), (0, whole)):
        told = answer("import", "jsonl", file, *at)
        assert (told["appended"], told["duplicates"]) == (appended, duplicates)
        assert told["reasons"] == {"truncated-gzip": 1}
        assert told["read"] == whole + 1
    (entry,) = answer("quarantine", "list", *at)["entries"]
    assert (entry["line"], entry["count"]) == (whole + 1, 2)
